"""Barriers and episodes: a guess in each round, told to all, and a break between rounds in which all get ready anew.

    python rounds.py ws://127.0.0.1:8080 rounds guesser-1
"""

import asyncio
import random
import sys

import greenroom


async def main(server: str, scene: str, subject: str) -> str:
    async with greenroom.join(server, scene, subject) as game:
        await game.started()
        rounds, guesses = 0, {}
        async for event in game:
            match event:
                case {"type": "episode"}:
                    rounds, guesses = rounds + 1, {}
                    await game.send(greenroom.EVERYONE, bytes([random.randrange(10)]))
                case greenroom.Message(sender, guess):
                    guesses[sender] = guess[0]
                    if len(guesses) == game.players - 1:
                        await game.say("episodeDone")
                case {"type": "reset"}:
                    await game.say("resetDone")
                case {"type": "done"}:
                    await game.ready("debriefing")
                    await game.finish({"rounds": rounds})
        return game.ended["reason"]


if __name__ == "__main__":
    print(asyncio.run(main(*sys.argv[1:])))
