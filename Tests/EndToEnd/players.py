"""Players over PyPI's `websockets`: a client that shares no code with the servers."""

import asyncio
import contextlib
import itertools
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

ANSWER_S = 20.0
ORDERED, LATEST, TICK, ALL = 0, 1, 2, 255
names = (f"subject-{number}" for number in itertools.count(1))


class Line:
    """One WebSocket; messages are read in order, and closing is a result, not an exception."""

    def __init__(self, socket):
        self.socket = socket
        # What has been read so far, JSON as objects and binary as bytes.
        self.heard = []

    @classmethod
    async def open(cls, url, **options):
        return cls(await connect(url, open_timeout=ANSWER_S, close_timeout=2, **options))

    async def send(self, type, **fields):
        await self.socket.send(json.dumps({"type": type, **fields}))

    async def raw(self, data):
        await self.socket.send(data)

    async def next(self, timeout_s=ANSWER_S, with_clocks=False):
        """The next message, JSON as an object, binary as bytes; None when the connection is closed. Few tests have a clock to tell of."""
        while True:
            try:
                message = await asyncio.wait_for(self.socket.recv(), timeout_s)
            except ConnectionClosed:
                return None
            except TimeoutError:
                raise AssertionError(f"nothing was heard for {timeout_s} s; so far: {self.heard}") from None
            message = json.loads(message) if isinstance(message, str) else message
            if with_clocks or not (isinstance(message, dict) and message["type"] == "clock"):
                break
        self.heard.append(message)
        return message

    async def until(self, type, timeout_s=ANSWER_S, **fields):
        """Reads on to the next message of a type with these fields, over others."""
        async with asyncio.timeout(timeout_s):
            while True:
                message = await self.next(timeout_s)
                assert message is not None, f"closed ({self.closed_as}) before {type} {fields}; heard: {self.heard}"
                if isinstance(message, dict) and message["type"] == type and fields.items() <= message.items():
                    return message

    async def expect(self, type, **fields):
        """The very next message is of this type and has these fields."""
        message = await self.next()
        assert isinstance(message, dict) and message["type"] == type and fields.items() <= message.items(), (
            f"wanted {type} {fields}; heard: {self.heard}, closed: {self.closed_as}")
        return message

    async def until_binary(self, timeout_s=ANSWER_S):
        async with asyncio.timeout(timeout_s):
            while not isinstance(message := await self.next(timeout_s), bytes):
                assert message is not None, f"closed ({self.closed_as}) before binary; heard: {self.heard}"
            return message

    async def silence(self, for_s=0.2):
        """Nothing comes for this long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                while isinstance(message := await self.socket.recv(), str) and json.loads(message)["type"] == "clock":
                    pass
            raise AssertionError(f"unexpected: {message}")

    async def closes(self, *codes, timeout_s=ANSWER_S):
        """Reads to the end, which must be a close with one of these codes."""
        async with asyncio.timeout(timeout_s):
            while await self.next(timeout_s) is not None:
                pass
        assert self.closed_as in codes, f"closed with {self.closed_as}, not {codes}; heard: {self.heard}"

    @property
    def closed_as(self):
        return self.socket.close_code

    async def close(self):
        await self.socket.close()

    async def drop(self):
        """The connection is gone without a word, as when a page crashes."""
        self.socket.transport.abort()
        await self.socket.wait_closed()


class Player:
    """One person: a line to the matchmaker, then a line to the coordinator."""

    def __init__(self, servers, subject=None):
        self.servers, self.subject = servers, subject or next(names)
        self.room = self.game = self.match = self.resume = self.entered = self.play = None

    async def join(self, scene, **fields):
        """Joins and hears `waiting`."""
        await self.ask_to_join(scene, **fields)
        waiting = await self.room.until("waiting")
        self.resume = waiting["resume"]
        return waiting

    async def ask_to_join(self, scene, **fields):
        """Joins; one whose game lives may hear `matched` at once."""
        self.room = await Line.open(self.servers.matchmaker.ws + "/v1/join")
        await self.room.send("join", scene=scene, subject=self.subject, **fields)

    async def matched(self, timeout_s=ANSWER_S):
        """Waits for the match, and for the close that follows it."""
        self.match = await self.room.until("matched", timeout_s)
        await self.room.closes(1000)
        return self.match

    @property
    def index(self):
        return self.match["player"]

    @property
    def session(self):
        return self.match["session"]

    async def enter(self, **fields):
        self.game = await Line.open(self.match["url"])
        await self.game.send("enter", session=self.match["session"], ticket=self.match["ticket"], **fields)
        self.entered = await self.game.until("entered")
        return self.entered

    async def until_play(self, timeout_s=ANSWER_S):
        self.play = await self.game.until("play", timeout_s)
        return self.play

    async def send_binary(self, to, payload, kind=ORDERED):
        await self.game.raw(bytes([kind, to]) + payload)

    async def ended(self, reason, timeout_s=ANSWER_S):
        """Hears `ended` with this reason in the game, then a close with 1000."""
        message = await self.game.until("ended", timeout_s)
        assert message["reason"] == reason, f"{self.subject} heard {message}"
        await self.game.closes(1000)
        return message

    async def closes(self):
        for line in (self.room, self.game):
            if line:
                await line.close()


async def match(servers, scene, count, prefix=None):
    """Joins `count` fresh players and matches them; they come in the order of their player index."""
    players = [Player(servers, prefix and f"{prefix}{number}") for number in range(count)]
    for player in players:
        await player.join(scene)
    await asyncio.gather(*(player.matched() for player in players))
    return sorted(players, key=lambda player: player.index)


async def validate(players):
    """All pairs exchange signals and report each other as reached."""
    for player in players:
        asked = await player.game.until("validate")
        assert sorted(asked["peers"]) == [other.index for other in players if other is not player]
        for peer in asked["offerTo"]:
            await player.game.send("signal", to=peer, data={"offer": player.index})
    for player in players:
        for peer in players:
            if peer is not player:
                await player.game.send("validated", peer=peer.index, rttMs=1.5)


async def playing(servers, scene, count=2, prefix=None):
    """A game of fresh players that has reached PLAYING."""
    players = await match(servers, scene, count, prefix)
    await asyncio.gather(*(player.enter() for player in players))
    if scene in ("duo", "quartet"):
        await validate(players)
    await asyncio.gather(*(player.until_play() for player in players))
    return players


async def finish(players):
    for player in players:
        await player.game.send("finish", result={"score": player.index})
    return await asyncio.gather(*(player.ended("completed") for player in players))


async def part(*players):
    """Those who are matched with each other enter, and leave: nothing of their session stays, to which servers would say goodbye."""
    await asyncio.gather(*(player.enter() for player in players))
    await players[0].game.send("leave")
    await asyncio.gather(*(player.game.closes(1000) for player in players))


@contextlib.asynccontextmanager
async def bystanders(servers):
    """Two players whose game goes on during the block, message by message, and is finished after it in good order."""
    ann, ben = await playing(servers, "duo-relay")
    counts = [0, 0]

    async def talk(me, you, index):
        while True:
            await me.send_binary(you.index, counts[index].to_bytes(4, "big"))
            assert await me.game.until_binary() == bytes([ORDERED, you.index]) + counts[index].to_bytes(4, "big")
            counts[index] += 1
            await asyncio.sleep(0.01)

    talking = asyncio.gather(talk(ann, ben, 0), talk(ben, ann, 1))
    try:
        yield
        before = list(counts)
        async with asyncio.timeout(ANSWER_S):
            while not talking.done() and (counts[0] < before[0] + 5 or counts[1] < before[1] + 5):
                await asyncio.sleep(0.01)
        assert not talking.done(), f"the bystanders were disturbed: {talking.exception()}"
    finally:
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
    await finish([ann, ben])
