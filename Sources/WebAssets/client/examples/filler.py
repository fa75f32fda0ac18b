"""A bot that waits until a scene's rule of bots gives it a seat that no person came for, plays along, and waits again.

    python filler.py ws://127.0.0.1:8080 quick-game filler-1 [GAMES]
"""

import asyncio
import sys

import greenroom


async def main(server: str, scene: str, subject: str, games: str = "0") -> str:
    played, reason = 0, ""
    while played < int(games) or games == "0":
        async with greenroom.join(server, scene, subject, attributes={"role": "bot"}) as game:
            try:
                await game.started()
            except greenroom.Failed:
                continue                            # nobody needed it for as long as one may wait here
            await game.finish({"moves": 0})         # one that waits for nobody holds up nobody
            reason = (await game.until_ended())["reason"]
            played += 1
    return reason


if __name__ == "__main__":
    print(asyncio.run(main(*sys.argv[1:])))
