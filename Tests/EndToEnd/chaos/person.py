"""One person with a browser: joins, enters, plays, comes back after a lost connection, and writes down what was told.

Nothing here checks anything but time: on every open connection something must be heard before a deadline. Whether what
was told agrees with what the servers hold is found out afterwards, from the diary.
"""

import asyncio
import contextlib
import json
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

UNREACHABLE = (OSError, EOFError, TimeoutError, WebSocketException)
# The oldest tickets are tried no more.
TICKETS_MAX = 3
# How long an answer to one of those is waited for: the coordinator may be stopped, and wake up meanwhile.
PROBE_S = 3.0


class Deadlines:
    """How long one may hear nothing, in seconds; generous, since other things run on the machine as well."""

    def __init__(self, lease=2.5, matched=25.0, begun=12.0, over=20.0, open=10.0):
        # Beside the time that the matchmaker itself names, since it may be away for a while.
        self.lease, self.matched, self.begun, self.over, self.open = lease, matched, begun, over, open


class Talk:
    """A WebSocket of one person: all that is said on it goes into the diary. `where` is "join" or "play"."""

    def __init__(self, person, where, socket):
        self.person, self.where, self.socket = person, where, socket

    @classmethod
    async def open(cls, person, where, url):
        """None when nobody answers."""
        try:
            socket = await connect(
                url, open_timeout=person.deadlines.open, close_timeout=1, compression=None, ping_interval=None,
                proxy=None, max_queue=None)
        except UNREACHABLE as error:
            person.note("unreachable", where=where, why=type(error).__name__)
            return None
        return cls(person, where, socket)

    async def say(self, type, **fields):
        with contextlib.suppress(ConnectionClosed):
            await self.socket.send(json.dumps({"type": type, **fields}))

    async def raw(self, data):
        with contextlib.suppress(ConnectionClosed):
            await self.socket.send(data)

    async def next(self, within_s):
        """The next message; None when closed. Hearing nothing in time is written down, and counts as closed."""
        try:
            async with asyncio.timeout(within_s):
                message = await self.socket.recv()
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            self.person.note("closed", where=self.where, code=code)
            return None
        except TimeoutError:
            self.person.note("stranded", where=self.where, after_s=within_s, session=self.person.session)
            await self.drop()
            return None
        if isinstance(message, str):
            message = json.loads(message)
            self.person.note("told", where=self.where, message={k: v for k, v in message.items() if k != "iceServers"})
        return message

    async def drop(self):
        """Gone without a word."""
        self.socket.transport.abort()
        with contextlib.suppress(*UNREACHABLE):
            await self.socket.wait_closed()

    async def close(self):
        with contextlib.suppress(*UNREACHABLE):
            await self.socket.close()


class Person:
    def __init__(self, matchmaker, scene, subject, diary, deadlines=None):
        self.matchmaker, self.scene, self.subject, self.diary = matchmaker, scene, subject, diary
        self.deadlines = deadlines or Deadlines()
        self.resume = self.match = self.room = self.game = None
        # The last `waiting`, while in a room; and whether nobody should begin anything more.
        self.waiting = None
        self.has_confirmed = False
        self.is_closing_time = lambda: False
        self.tickets = []
        self.probes = set()
        self.received = 0

    @property
    def session(self):
        return self.match and self.match["session"]

    def note(self, did, **fields):
        self.diary.note(self.subject, did, **fields)

    # --- The waiting room ---

    async def open_room(self):
        """Says `join`; None when the matchmaker cannot be reached."""
        talk = await Talk.open(self, "join", self.matchmaker + "/v1/join")
        if talk:
            self.note("join", resumes=self.resume is not None)
            proof = {"resume": self.resume} if self.resume else {}
            await talk.say("join", scene=self.scene, subject=self.subject, **proof)
        return talk

    async def until_matched(self, on_waiting=None):
        """Joins, again and again when the matchmaker is away, until matched; None when the room was left or ended.

        `on_waiting(message)` may do as it likes with `room`; when it gives something true, that is the end of it.
        """
        self.match, self.game, self.waiting = None, None, None
        began = time.monotonic()
        while True:
            self.room = await self.open_room()
            if self.room is None:
                if time.monotonic() > began + self.deadlines.over:
                    self.note("stranded", where="join", after_s=self.deadlines.over, session=None)
                    return None
                await asyncio.sleep(0.1)
                continue
            within_s = self.deadlines.open
            while (message := await self.room.next(within_s)) is not None:
                match message["type"]:
                    case "waiting":
                        self.resume = message["resume"]
                        self.waiting = message
                        within_s = max(message["timeoutMs"] / 1000, self.deadlines.lease) + self.deadlines.matched
                        if self.is_closing_time():
                            await self.go_home()
                        elif on_waiting and await on_waiting(message):
                            return None
                    case "confirm":
                        if await self.asked():
                            return None
                    case "matched":
                        self._matched(message)
                        await self.room.close()
                        return message
                    case "ended":
                        self.waiting = None
                        await self.room.close()
                        return None
                    case "error" if self.has_confirmed and message["code"] == "wrong_state":
                        # Another one had gone by then, and nothing was to be confirmed any more.
                        self.has_confirmed = False
                    case "error":
                        await self.room.close()
                        await asyncio.sleep(0.3)
                        return None
            await asyncio.sleep(0.05)

    async def asked(self):
        """Whether it is still there; something true ends the waiting."""
        self.has_confirmed = True
        await self.room.say("confirm")

    async def go_home(self):
        """At closing time one who waits for others to come leaves; one whose group is complete plays that game."""
        if self.waiting and self.room and self.waiting["players"] < self.waiting["needed"]:
            await self.room.say("leave")

    def _matched(self, message):
        self.match, self.waiting = message, None
        known = [each["ticket"] for each in self.tickets]
        for older in self.tickets:
            if older["session"] != message["session"]:
                self.probes.add(asyncio.create_task(self._probe(older)))
        if message["ticket"] not in known:
            self.received = 0
            self.tickets = [*self.tickets, message][-TICKETS_MAX:]

    async def _probe(self, older):
        """While one session is live the ticket of no other may open anything."""
        asked = time.monotonic()
        answer = "unreachable"
        try:
            async with asyncio.timeout(PROBE_S + 2), connect(
                    older["url"], compression=None, ping_interval=None, proxy=None, close_timeout=1) as socket:
                await socket.send(json.dumps(
                    {"type": "enter", "session": older["session"], "ticket": older["ticket"]}))
                answer = "silence"
                message = json.loads(await asyncio.wait_for(socket.recv(), PROBE_S))
                answer = message.get("code") or message.get("reason") or message["type"]
        except UNREACHABLE:
            pass
        self.note("probed", older=older["session"], newer=self.session, answer=answer, asked=round(asked, 4))

    async def probed(self):
        """All attempts with old tickets have been answered, or given up."""
        await asyncio.gather(*self.probes)

    # --- The game ---

    async def open_game(self):
        """Says `enter`; None when the coordinator cannot be reached."""
        talk = await Talk.open(self, "play", self.match["url"])
        if talk:
            self.note("enter", session=self.session)
            await talk.say(
                "enter", session=self.session, ticket=self.match["ticket"], received=self.received)
        return talk

    async def take_part(self, on_message=None, play=None, tries=3):
        """Enters and goes along until the end, and gives what was said last: `ended`, an error, or None after some
        tries in vain, when only the matchmaker can tell.

        `on_message(message)` may end it by giving something true, which is returned. `play(game)` plays.
        """
        playing = None
        try:
            for _ in range(tries):
                self.game = await self.open_game()
                if self.game is None:
                    await asyncio.sleep(0.2)
                    continue
                within_s = self.deadlines.begun
                while (message := await self.game.next(within_s)) is not None:
                    if isinstance(message, bytes):
                        self.received += message[0] == 0
                        message = {"type": "binary", "from": message[1], "data": message[2:]}
                    if on_message and (end := await on_message(message)):
                        return end
                    match message["type"]:
                        case "entered":
                            self.seats = [each["player"] for each in message["players"]]
                        case "validate":
                            for peer in message["peers"]:
                                await self.game.say("validated", peer=peer)
                        case "play":
                            within_s = self.deadlines.over
                            if play:
                                if playing:
                                    playing.cancel()
                                playing = asyncio.create_task(play(self.game))
                        case "ended":
                            self.resume = message["resume"]
                            await self.game.close()
                            return message
                        case "error" if message["code"] in ("session_ended", "bad_ticket"):
                            await self.game.close()
                            return message
                await asyncio.sleep(0.05)
            return None
        finally:
            if playing:
                playing.cancel()


async def finish(game):
    await game.say("finish", result={})


async def play_through(person):
    """Matched, entered, told: until a game has been played to its end."""
    for _ in range(10):
        if await person.until_matched():
            end = await person.take_part(play=finish)
            if end and end.get("reason") == "completed":
                return await person.probed()
    person.note("failed", why="no game came to its end in ten")
