"""An experiment: plays the part that it was given, under the condition that its session was given. In a trust game the trustor
sends some of ten coins, which triple on their way, and the trustee sends some back.

    python partner.py ws://127.0.0.1:8080 trust-game ai-1
"""

import asyncio
import sys

import greenroom

COINS = 10


async def main(server: str, scene: str, subject: str, **fields: object) -> str:
    async with greenroom.join(server, scene, subject, **fields) as game:
        await game.started()
        share = {"fair": 0.5, "selfish": 0.1}.get(game.treatment or "", 0.3)
        if game.role == "trustor":
            await game.send(greenroom.EVERYONE, bytes([COINS // 2]))
        async for event in game:
            match event:
                case greenroom.Message(sender, coins) if game.role == "trustor":
                    await game.finish({"earned": COINS - COINS // 2 + coins[0], "treatment": game.treatment})
                case greenroom.Message(sender, coins):
                    back = round(3 * coins[0] * share)
                    await game.send(sender, bytes([back]))
                    await game.finish({"earned": 3 * coins[0] - back, "treatment": game.treatment})
        return game.ended["reason"]


if __name__ == "__main__":
    print(asyncio.run(main(*sys.argv[1:])))
