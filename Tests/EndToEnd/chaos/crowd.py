"""Hundreds of people, in processes of their own: `crowd.py` is a worker that lives them, `Crowd` is a test's hold on it.

A worker reads one JSON object, then a word a line: `act` lets everyone say something in the game, `finish` ends all
games, `close` lets everyone come to an end. It prints a JSON object with its counts whenever they have changed.
"""

import asyncio
import collections
import contextlib
import json
import pathlib
import random
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))

from diary import Diary  # noqa: E402
from person import Deadlines, Person  # noqa: E402
from processes import eventually  # noqa: E402


class Crowd:
    """`kind` is a class of this file by its name; `count` of them share out to `workers` processes."""

    def __init__(self, stage, kind, count, workers=2, name="people", **options):
        share = -(-count // workers)
        self.counts = [collections.Counter() for _ in range(workers)]
        self.processes = []
        for number in range(workers):
            process = subprocess.Popen(
                [sys.executable, HERE / "crowd.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self._say(process, json.dumps({
                "kind": kind, "count": min(share, count - share * number), "prefix": f"{name}-{number}-",
                "diary": str(stage.diary(f"{name}-{number}")), "matchmaker": stage.matchmaker.ws,
                "deadlines": {"lease": stage.grace_s + stage.margin_s}, **options}))
            threading.Thread(target=self._read, args=(process, number), daemon=True).start()
            self.processes.append(process)

    def _read(self, process, number):
        for line in process.stdout:
            self.counts[number] = collections.Counter(json.loads(line))

    @staticmethod
    def _say(process, line):
        # One whose people have all gone listens no more.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(line + "\n")
            process.stdin.flush()

    def say(self, word):
        for process in self.processes:
            self._say(process, word)

    @property
    def count(self):
        return sum(self.counts, collections.Counter())

    def until(self, what, number, within_s=60.0):
        """Waits until this has been counted so often, in all."""
        def check():
            assert all(process.poll() in (None, 0) for process in self.processes), "a worker has failed"
            return self.count[what] >= number
        eventually(check, lambda: f"{what} has reached {number}: {dict(self.count)}", within_s)

    def close(self, within_s=60.0):
        """Lets everyone come to an end; their diaries are whole then."""
        self.say("close")
        for process in self.processes:
            try:
                assert process.wait(within_s) == 0, "a worker has failed"
            except subprocess.TimeoutExpired:
                raise AssertionError(f"people are still there after {within_s} s: {dict(self.count)}") from None

    def dispose(self):
        for process in self.processes:
            process.kill()
            process.wait()


class Member(Person):
    """What all kinds have: their worker, and a chance of their own."""

    def __init__(self, worker, *arguments):
        super().__init__(*arguments)
        self.worker = worker
        self.is_closing_time = lambda: worker.is_closing
        self.chance = random.Random(f"{worker.seed} {self.subject}")

    def count(self, what):
        self.worker.count(what)

    async def alive(self):
        """Lives, and writes down what should not have happened."""
        try:
            await self.live()
            await self.probed()
        except Exception as error:  # noqa: BLE001, whatever it is belongs into the diary
            self.note("failed", why=repr(error))
        self.count("gone")


class Guest(Member):
    """Joins one game, says something when asked to, finishes when asked to, and goes when told. Counts `playing`,
    `heard`, `finished` and `lost`: one who was told anything else, or lost a connection."""

    async def live(self):
        async def play(game):
            self.count("playing")
            await self.worker.acting.wait()
            await game.raw(bytes([0, 255]) + b"still there")
            await self.worker.finishing.wait()
            await game.say("finish", result={})

        async def on_message(message):
            if message["type"] == "binary":
                self.count("heard")

        assert await self.until_matched()
        end = await self.take_part(on_message, play, tries=1)
        if end and end.get("reason") == "completed":
            self.count("finished")
        else:
            self.count("lost")


class Regular(Member):
    """Plays one game after the other. A game that is lost leads back to the matchmaker, with what is held as proof.
    Counts `games` and, by reason, how they ended."""

    async def live(self):
        async def play(game):
            self.count("playing")
            await self.worker.finishing.wait()
            await game.say("finish", result={})

        async def on_message(message):
            if message["type"] == "binary":
                self.count("heard")

        while not self.worker.is_closing:
            if not await self.until_matched():
                continue
            self.count("matched")
            end = await self.take_part(on_message, play, tries=1)
            self.count(end["reason"] if end and end["type"] == "ended" else "no word")


class Worker:
    def __init__(self, options):
        self.options = options
        self.seed = options.get("seed", 0)
        self.counts, self.reported = collections.Counter(), collections.Counter()
        self.acting, self.finishing = asyncio.Event(), asyncio.Event()
        self.is_closing = False
        self.people = []

    def count(self, what):
        self.counts[what] += 1

    async def report(self):
        while True:
            if self.counts != self.reported:
                self.reported = collections.Counter(self.counts)
                print(json.dumps(self.counts), flush=True)
            await asyncio.sleep(0.05)

    def hear(self, word):
        match word:
            case "act":
                self.acting.set()
            case "finish":
                self.finishing.set()
            case "close" | "":
                self.is_closing = True
                self.finishing.set()
                self.acting.set()
                self.going = [asyncio.create_task(person.go_home()) for person in self.people]

    async def run(self):
        loop, options = asyncio.get_running_loop(), self.options

        def listen():
            # An end of the input is an end of the test.
            for line in sys.stdin:
                loop.call_soon_threadsafe(self.hear, line.strip())
            loop.call_soon_threadsafe(self.hear, "close")
        threading.Thread(target=listen, daemon=True).start()
        diary = Diary(options["diary"])
        reporting = asyncio.create_task(self.report())
        scenes, kind = options.get("scenes", ["pair"]), kinds()[options["kind"]]
        self.people = [
            kind(self, options["matchmaker"], scenes[number % len(scenes)], f"{options['prefix']}{number}", diary,
                 Deadlines(**options["deadlines"]))
            for number in range(options["count"])]
        gate = asyncio.Semaphore(options.get("at_once", 100))
        await asyncio.gather(*(self.enter(person, gate) for person in self.people))
        diary.close()
        reporting.cancel()
        print(json.dumps(self.counts), flush=True)

    async def enter(self, person, gate):
        """Not all at the same moment."""
        async with gate:
            living = asyncio.create_task(person.alive())
            await asyncio.sleep(self.options.get("apart_s", 0.02))
        await living


def kinds():
    from roamer import Roamer
    return {"Guest": Guest, "Regular": Regular, "Roamer": Roamer}


if __name__ == "__main__":
    sys.modules["crowd"] = sys.modules["__main__"]
    asyncio.run(Worker(json.loads(sys.stdin.readline())).run())
