"""Ticks: a world that all compute alike from the same inputs. Everyone steps by what it was given; all end at the same place.

    python lockstep.py ws://127.0.0.1:8080 lockstep walker-1
"""

import asyncio
import random
import sys

import greenroom

TICKS = 40


async def main(server: str, scene: str, subject: str) -> str:
    async with greenroom.join(server, scene, subject) as game:
        play = await game.started()
        seeded = random.Random(play["seed"])        # the same for all, as long as all ask it in the same order
        places = [seeded.randrange(100) for _ in range(game.players)]
        await game.tick(b"+")
        async for event in game:
            match event:
                case greenroom.Tick(number, inputs) if number <= TICKS:
                    for player, said in enumerate(inputs):
                        places[player] += {b"+": 1, b"-": -1}.get(said, 0)
                    await game.tick(random.choice([b"+", b"-"]))
                    if number == TICKS:
                        await game.finish({"places": places})
        return game.ended["reason"]


if __name__ == "__main__":
    print(asyncio.run(main(*sys.argv[1:])))
