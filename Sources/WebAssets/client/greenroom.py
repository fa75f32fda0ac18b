"""Greenroom's client for programs: bots, AI partners, experimenters' scripts, tests. Python 3.11 and PyPI's `websockets`.

It reconnects by itself; examples/echo.py is a whole program. It has no WebRTC: of peers it says that it reaches none.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

EVERYONE = 255  # the address of all others at once
ORDERED, LATEST, TICK, MISSING = 0, 1, 2, 0xFFFF  # kinds of messages; what stands in a bundle in place of a length
EVENTS_MAX = 1024  # kept for a program that does not read; then the server is not read either
RETRY_S, RETRY_MAX_S, RETURN_S, GIVE_UP_S = 0.25, 8.0, 20.0, 300.0
PASSING = {"draining", "room_full", "rate_limited", "timeout", "internal"}  # errors that a later attempt may mend by itself
JSON = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A binary message of another player. One that is `latest` may be one of several of which the others were dropped."""
    sender: int
    payload: bytes
    latest: bool = False


@dataclass(frozen=True)
class Tick:
    """The inputs of all players, None for one who sent nothing; for those in `repeated` an older one stands once more."""
    number: int
    inputs: list[bytes | None]
    repeated: frozenset[int] = frozenset()


class Failed(Exception):
    """An error that leaves nothing to go on with."""
    def __init__(self, code: str, message: str):
        super().__init__(f"{code}: {message}")
        self.code = code


class Session:
    """One subject on its way from the waiting room to the end of its game, to be used by `async with`. `server` is the
    matchmaker's ws: or wss: address, `fields` are others of `join`: `token`, `attributes`, `party`, `resume`."""
    def __init__(self, server: str, scene: str, subject: str, seat: JSON | None = None, **fields: Any):
        self.play: JSON = {}        # the `play` message; empty before PLAYING
        self.ended: JSON = {}       # the last word; empty before it
        self._url = server and server.rstrip("/") + "/v1/join"
        self._join = {"type": "join", "scene": scene, "subject": subject, **fields}
        self._take(seat or {})
        self._inside, self._began = asyncio.Event(), asyncio.Event()
        self._events: asyncio.Queue = asyncio.Queue()
        self._barriers: dict[str, asyncio.Future] = {}
        self._received, self._tick, self._start_s = 0, 0, 0.0
        self._heard_s, self._tries, self._finish = monotonic(), 0, None

    async def __aenter__(self) -> "Session":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def __aiter__(self) -> AsyncIterator[Message | Tick | JSON]:
        """What happens: messages, ticks, and all else as the server's JSON, `ended` last. To be read by one loop at a time."""
        while (event := await self._events.get()) is not None:
            yield event
        self._events.put_nowait(None)
        await self._task

    async def started(self) -> JSON:
        """Waits until play begins, its countdown included, and gives the `play` message: `seed`, `transport`, …"""
        await self._began.wait()
        if not self.play:
            await self._task
            raise Failed("ended", f"it ended before play: {self.ended}")
        await asyncio.sleep(self._start_s - monotonic())
        return self.play

    async def send(self, to: int, payload: bytes, latest: bool = False) -> None:
        """Sends to one player or to `EVERYONE`; waits while the connection is away."""
        await self._send(bytes([LATEST if latest else ORDERED, to]) + payload)

    async def tick(self, payload: bytes, number: int = 0) -> None:
        """Sends this player's input for a tick; 0 is the next one."""
        await self._send(bytes([TICK, EVERYONE]) + number.to_bytes(4) + payload)

    async def ready(self, barrier: str) -> JSON:
        """Says that it is ready, and waits for the others: gives the `go` message."""
        if self._task.done():
            raise Failed("ended", "the session has ended")
        future = self._barriers.setdefault(barrier, asyncio.Future())
        await self.say("ready", barrier=barrier)
        return await future

    async def finish(self, result: JSON | None = None) -> None:
        """Says that this player's game is over; it has ended when all have finished."""
        self._finish = {} if result is None else {"result": result}
        await self.say("finish", **self._finish)

    async def say(self, type: str, **fields: Any) -> None:
        """Any other message of the client protocol: `leave`, `exclude`, `episodeDone`, `resetDone`, `visibility`, …"""
        await self._send(json.dumps({"type": type, **fields}))

    async def until_ended(self) -> JSON:
        """Reads over what still happens, and gives the last word: `reason`, `completionCode`, …"""
        async for _ in self:
            pass
        return self.ended

    async def _send(self, data: str | bytes) -> None:
        while not self._task.done():
            await self._inside.wait()
            with suppress(ConnectionClosed):
                return await self._socket.send(data)
            await asyncio.sleep(0.01)

    async def _answer(self, type: str, **fields: Any) -> None:
        """To a question of the server's, while its connection is there: who waited here for the next one would wait for himself."""
        with suppress(ConnectionClosed):
            await self._socket.send(json.dumps({"type": type, **fields}))

    async def _run(self) -> None:
        try:
            while not self.ended:
                if await self._visit():
                    continue
                lost_s = monotonic() - self._heard_s
                if lost_s > GIVE_UP_S:
                    raise Failed("unreachable", "no server has answered for long")
                if lost_s > RETURN_S and self._url:
                    self._forget()
                await asyncio.sleep(min(RETRY_S * 2**self._tries, RETRY_MAX_S) * random.uniform(0.5, 1.0))
                self._tries += 1
        finally:
            self._forget()
            self._began.set()
            self._inside.set()
            self._events.put_nowait(None)

    async def _visit(self) -> bool:
        """One connection, to its end: whether another one is due at once."""
        seat, first, socket, error = self._seat, self._join, None, Failed("internal", "the connection was closed")
        if seat:
            first = {"type": "enter", "session": seat["session"], "ticket": seat["ticket"],
                     "received": self._received, "tick": self._tick}
        with suppress(OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
            async with connect(seat.get("url", self._url), open_timeout=10, close_timeout=2) as socket:
                self._socket = socket
                await socket.send(json.dumps(first))
                async for data in socket:
                    event = json.loads(data) if isinstance(data, str) else self._binary(data)
                    if isinstance(event, dict) and event["type"] == "error":
                        error = Failed(event["code"], event["message"])
                    elif isinstance(event, dict):
                        await self._hear(event)
                    self._events.put_nowait(event)
                    while self._events.qsize() >= EVENTS_MAX:
                        await asyncio.sleep(0.01)
        self._inside.clear()
        code = socket.close_code if socket else 1006
        if seat and code == 4001:
            raise Failed("superseded", "another connection has entered with the same ticket")
        if seat and error.code in ("bad_ticket", "session_ended") and self._url:
            self._forget()
        elif error.code not in PASSING and (code >= 4000 or code == 1009):
            raise error
        return self._seat is not seat or bool(self.ended)

    def _take(self, seat: JSON) -> None:
        """The `matched` message, as long as its session lives."""
        self._seat, self.session, self.role, self.treatment = seat, seat.get("session"), seat.get("role"), seat.get("treatment")
        self.player, self.players = seat.get("player", -1), seat.get("players", 0)

    def _forget(self) -> None:
        """The session is over, or out of reach."""
        self._seat, self._finish, self._received, self._tick = {}, None, 0, 0
        self._began.clear()
        for future in self._barriers.values():
            if not future.done():
                future.set_exception(Failed("ended", "the session has ended"))
        self._barriers.clear()

    def _binary(self, frame: bytes) -> Message | Tick:
        kind, sender, payload = frame[0], frame[1], frame[2:]
        if kind != TICK:
            self._received += kind == ORDERED
            return Message(sender, payload, kind == LATEST)
        self._tick, at, inputs, repeated = int.from_bytes(payload[:4]), 4, [], set()
        while at < len(payload):
            head = int.from_bytes(payload[at:at + 2])
            size = 0 if head == MISSING else head & 0x7FFF
            if size < head < MISSING:
                repeated.add(len(inputs))
            inputs.append(None if head == MISSING else payload[at + 2:at + 2 + size])
            at += 2 + size
        return Tick(self._tick, inputs, frozenset(repeated))

    async def _hear(self, message: JSON) -> None:
        self._heard_s, self._tries = monotonic(), 0
        match message:
            case {"type": "waiting" | "entered"}:
                self.session, self._join["resume"] = message["session"], message.get("resume", self._join.get("resume"))
                self._inside.set()
            case {"type": "confirm"}:
                await self._answer("confirm")
            case {"type": "matched", "session": session}:
                if session != self._seat.get("session"):
                    self._forget()
                    self.play = {}
                self._take(message)
            case {"type": "clock", "sample": sample}:
                await self._answer("clock", sample=sample, clientMs=monotonic() * 1000)
            case {"type": "validate", "peers": peers} | {"type": "retry", "peer": int() as peers}:
                for peer in [peers] if isinstance(peers, int) else peers:
                    await self._answer("validationFailed", peer=peer, attempt=message.get("attempt", 1), detail="no WebRTC")
            case {"type": "play" | "start"}:
                self._start_s = message.get("startAtMs", monotonic() * 1000 + message.get("startsInMs", 0)) / 1000
                if self.play and message["type"] == "play":
                    self._repeating = asyncio.create_task(self._repeat())
                self.play = self.play or message
                self._began.set()
            case {"type": "go", "barrier": barrier} if barrier in self._barriers:
                if not (future := self._barriers.pop(barrier)).done():
                    future.set_result(message)
            case {"type": "ended", "requeued": True, "resume": resume}:
                self._forget()
                self._join["resume"] = resume
            case {"type": "ended"}:
                self.ended = message

    async def _repeat(self) -> None:
        """What was lost with a connection. The `go` of a barrier that opened meanwhile follows `play`, and comes first."""
        await asyncio.sleep(1)
        if self._finish is not None:
            await self.say("finish", **self._finish)
        for barrier in list(self._barriers):
            await self.say("ready", barrier=barrier)


join = Session


def sit(seat: JSON) -> Session:
    """Plays on in the seat of a lost player, where `seat` is what the coordinator has answered to `POST …/seat`."""
    return Session("", "", "", seat)
