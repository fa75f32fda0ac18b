"""Relay: sends back whatever the others send, until they have left or finished.

    python echo.py ws://127.0.0.1:8080 duo-relay echo-bot
"""

import asyncio
import sys

import greenroom


async def main(server: str, scene: str, subject: str) -> str:
    async with greenroom.join(server, scene, subject) as game:
        await game.started()
        echoed = 0
        async for event in game:
            match event:
                case greenroom.Message(sender, b"bye"):
                    await game.finish({"echoed": echoed})
                case greenroom.Message(sender, payload):
                    await game.send(sender, payload)
                    echoed += 1
        return game.ended["reason"]


if __name__ == "__main__":
    print(asyncio.run(main(*sys.argv[1:])))
