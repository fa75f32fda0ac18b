"""A coordinator that stalls during the hand-off, and wakes up when others have gone on without it."""

import asyncio
import os
import random
import signal

import pytest
from diary import Diary
from person import Deadlines, Person, finish, play_through
from processes import eventually

TRIES = 100
SCENE = "pair"


class Sleeper:
    """Stops a node as soon as an `assign` is on its way to it, of one of these sessions where they are given."""

    def __init__(self, stage, index=0, only=None):
        self.stage, self.node, self.proxy, self.only = stage, stage.nodes[index], stage.proxies[index], only
        self.caught, self.sessions = 0, set()
        self.proxy.on_frame = self._saw

    def _saw(self, direction, name, session):
        if (direction, name) == ("down", "assign") and (self.only is None or session in self.only):
            if self.caught == 0:
                os.kill(self.node.pid, signal.SIGSTOP)
            self.caught += 1
            self.sessions.add(session)

    async def sleep(self, stall_s):
        """From the first `assign` on for `stall_s`; gives how many were caught."""
        await self.until_asleep()
        self.stage.say(f"stopped at an assign, for {stall_s} s: {self.node.pid}")
        # The length of a stall is what is tried here, so it is slept through.
        await asyncio.sleep(stall_s)
        return self.wake()

    async def until_asleep(self):
        await asyncio.to_thread(eventually, lambda: self.caught, "a session is handed over", 20)

    def wake(self):
        self.proxy.on_frame = None
        self.stage.wake(self.node)
        return self.caught


def taken_back(stage):
    return sum(record["attempt"] > 1 for record in stage.journal.records() if record["kind"] == "journalMatched")


async def test_a_coordinator_that_stalls_in_the_hand_off_makes_no_twin_sessions(make_stage, figure):
    """Nearly all sessions are on their way to node-1 when it is stopped: they are taken back by another attempt once
    its lease is over, and carried out if it wakes up before. It wakes up around that moment, with every `assign` still
    to be read."""
    seed = random.randrange(1 << 32)
    stalls = [0.4, 0.95, 1.05, 1.2, 1.3, 1.35, 1.5, 1.7, 2.0]
    random.Random(seed).shuffle(stalls)
    stage = await asyncio.to_thread(make_stage, grace_s=1.0, margin_s=0.3, capacities=[10_000, 50])
    stage.say(f"seed {seed}")
    diary = Diary(stage.diary("people"))
    tries = rounds = 0
    while tries < TRIES:
        people = [
            Person(stage.matchmaker.ws, SCENE, f"r{rounds}-{number}", diary, Deadlines(lease=1.3))
            for number in range(24)]
        sleeper = Sleeper(stage)
        games = [asyncio.create_task(play_through(person)) for person in people]
        tries += await sleeper.sleep(stalls[rounds % len(stalls)])
        async with asyncio.timeout(80):
            await asyncio.gather(*games)
        await asyncio.to_thread(eventually, lambda: stage.servers.links_up() == 2, "node-1 is linked again")
        rounds += 1
    diary.close()
    await asyncio.to_thread(stage.finish)
    assert taken_back(stage) > 0
    figure(f"0 twin sessions in {tries} hand-offs to a stopped coordinator, {taken_back(stage)} of them taken back")


async def test_an_accept_of_an_attempt_that_is_no_more_makes_no_twin_sessions(make_stage, figure):
    """The lease is long, so it is the time for an answer (5 s) that takes the sessions back. They go to node-2, which
    stops as well: so what node-1 accepts when it wakes up is an attempt that is no more, while the new one waits."""
    stage = await asyncio.to_thread(make_stage, grace_s=15.0, margin_s=1.0, capacities=[10_000, 200])
    diary = Diary(stage.diary("people"))
    people = [Person(stage.matchmaker.ws, SCENE, f"p{number}", diary, Deadlines(lease=16)) for number in range(60)]
    first = Sleeper(stage)
    second = Sleeper(stage, 1, only=first.sessions)
    games = [asyncio.create_task(play_through(person)) for person in people]
    await first.until_asleep()
    # Whoever was not caught has gone to node-2.
    await asyncio.to_thread(
        eventually, lambda: sum(each.match is not None for each in people) == 2 * (30 - first.caught), "the others are matched")
    await asyncio.to_thread(eventually, lambda: second.caught == first.caught, "all are handed to node-2 instead", 20)
    tries = first.wake()
    await asyncio.to_thread(eventually, lambda: len(stage.proxies[0].accepted) == tries, "node-1 answers at last")
    second.wake()
    async with asyncio.timeout(80):
        await asyncio.gather(*games)
    diary.close()
    await asyncio.to_thread(stage.finish)
    assert tries == taken_back(stage) > 20
    figure(f"0 twin sessions in {tries} hand-offs whose first attempt was accepted while the second was on its way")


@pytest.mark.parametrize("stall_s", [1.6, 3.0])
async def test_one_who_plays_on_a_coordinator_that_stalls_past_its_lease_is_never_in_two_games(
        make_stage, figure, stall_s):
    """Everyone reloads as soon as node-1 has stopped, is matched elsewhere when its lease is over, and knocks at the
    old game's door with the old ticket while node-1 wakes up."""
    stage = await asyncio.to_thread(make_stage, grace_s=1.0, margin_s=0.3, capacities=[10_000, 200])
    diary = Diary(stage.diary("people"))
    people = [Person(stage.matchmaker.ws, SCENE, f"p{number}", diary, Deadlines(lease=1.3)) for number in range(60)]
    begun = asyncio.Semaphore(0)
    stopped = asyncio.Event()

    async def play(person):
        async def until_stopped(message):
            if message["type"] == "play":
                begun.release()
                await stopped.wait()
                return "reload"
        assert await person.until_matched()
        where = person.match["url"]
        assert await person.take_part(on_message=until_stopped) == "reload"
        if where.startswith(stage.nodes[0].ws):
            older = person.game
            await play_through(person)
            await older.drop()
            return True
        # The others' games are not concerned.
        await person.take_part(play=finish)

    games = [asyncio.create_task(play(person)) for person in people]
    for _ in people:
        await asyncio.wait_for(begun.acquire(), 20)
    stage.stall(stage.nodes[0])
    stopped.set()
    await asyncio.sleep(stall_s)
    stage.wake(stage.nodes[0])
    async with asyncio.timeout(80):
        moved = sum(bool(each) for each in await asyncio.gather(*games))
    diary.close()
    await asyncio.to_thread(stage.finish)
    knocks = [entry["answer"] for entry in stage.entries() if entry["did"] == "probed"]
    assert moved > 50 and len(knocks) >= moved
    figure(f"0 of {len(knocks)} old tickets opened a game on a coordinator that stalled for {stall_s} s "
           f"({', '.join(f'{knocks.count(each)} {each}' for each in sorted(set(knocks)))})")
