"""A link's way through somebody who can cut it, hold it up and swallow it, for one direction or for both.

`up` is from the coordinator to the matchmaker, `down` is back. It runs in a thread of its own, so that it is as quick
whatever the tests do; all that is public may be called from any thread.
"""

import asyncio
import collections
import contextlib
import threading
import time

from processes import free_ports
from protocol_peer import KINDS

NAMES = {number: name for name, number in KINDS.items()}
DIRECTIONS = ("up", "down")


class Pair:
    """One link: the connection to its coordinator, and the one to the matchmaker."""

    def __init__(self, coordinator, matchmaker):
        self.coordinator, self.matchmaker = coordinator, matchmaker
        # Nothing is passed on any more. An end that was not cut stays as it is and hears nothing, not even an answer
        # to its own hanging up.
        self.is_cut = False


class LinkProxy:
    """Listens on `address` and passes on to `target`, a host and a port.

    `on_frame(direction, name, session)` is called in the proxy's thread before a frame is passed on; what it does to
    the link or to others is done before that. The session is that of messages that begin with one.
    """

    def __init__(self, target):
        self.target = target
        self.port = free_ports()
        self.address = f"127.0.0.1:{self.port}"
        self.on_frame = None
        # When it was first passed on of each hand-off that its coordinator has it, by session and attempt: with `accepted`, or
        # with `holding` in an inventory, where the other was lost.
        self.accepted = {}
        # How many times the end of each session was passed on.
        self.ended = collections.Counter()
        self.pairs = []
        self.refuses = False
        self.loop = asyncio.new_event_loop()
        self.gates = {}
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        assert started.wait(10), "the proxy does not start"

    # --- What a network does ---

    def cut(self, *ends):
        """Breaks the connection: both ends see it, or only the `coordinator`'s or the `matchmaker`'s. What has not
        been passed on is lost. An end that has not seen it does so at the next cut of both."""
        self._do(lambda: self._cut(ends))

    def hold(self, *directions):
        """Bytes, and news of a close, wait from now on."""
        self._do(lambda: [self.gates[each].clear() for each in directions or DIRECTIONS])

    def release(self):
        """What was held goes on its way, in order."""
        self._do(lambda: [gate.set() for gate in self.gates.values()])

    def heal_from_loss(self):
        """The network is back, and has forgotten the connections of before: what was held is lost."""
        def heal():
            self._cut(())
            for gate in self.gates.values():
                gate.set()
        self._do(heal)

    def refuse(self, refuses=True):
        """Nobody can dial from now on, or again."""
        def change():
            self.refuses = refuses
        self._do(change)

    def close(self):
        def stop():
            self.listener.close()
            self._cut(())
            for gate in self.gates.values():
                gate.set()
            self.loop.call_later(0.05, self.loop.stop)
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(stop)
            self.thread.join(10)

    # --- In the proxy's thread ---

    def _do(self, act):
        """Runs `act` in the proxy's thread and waits for it; there itself, at once."""
        if threading.current_thread() is self.thread:
            act()
            return
        done = threading.Event()

        def run():
            act()
            done.set()
        self.loop.call_soon_threadsafe(run)
        assert done.wait(10), "the proxy does not answer"

    def _cut(self, ends=()):
        for pair in self.pairs:
            pair.is_cut = True
            for end in ends or ("coordinator", "matchmaker"):
                getattr(pair, end).transport.abort()

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        for each in DIRECTIONS:
            self.gates[each] = asyncio.Event()
            self.gates[each].set()

        async def start():
            self.listener = await asyncio.start_server(self._link, "127.0.0.1", self.port)
            started.set()
        self.loop.run_until_complete(start())
        self.loop.run_forever()

    async def _link(self, reader, writer):
        if self.refuses:
            return writer.transport.abort()
        try:
            up_reader, up_writer = await asyncio.open_connection(*self.target)
        except OSError:
            return writer.transport.abort()
        pair = Pair(writer, up_writer)
        self.pairs.append(pair)
        await asyncio.gather(
            self._pass(reader, up_writer, "up", pair), self._pass(up_reader, writer, "down", pair))
        # An end that hears nothing is kept until it is closed: a writer that nobody holds would close it.
        await asyncio.gather(writer.wait_closed(), up_writer.wait_closed(), return_exceptions=True)
        self.pairs.remove(pair)

    async def _pass(self, reader, writer, direction, pair):
        gate = self.gates[direction]
        with contextlib.suppress(OSError):
            buffer = b""
            while data := await reader.read(65536):
                buffer += data
                while len(buffer) >= 6 and len(buffer) >= (size := 4 + int.from_bytes(buffer[:4], "big")):
                    frame, buffer = buffer[:size], buffer[size:]
                    await gate.wait()
                    name, at = NAMES.get(frame[5]), 12
                    if name == "holding":
                        at += 1  # behind the state
                    session = frame[at:at + 16].hex()
                    if self.on_frame and not pair.is_cut:
                        self.on_frame(direction, name, session)
                    if pair.is_cut or writer.transport.is_closing():
                        return
                    if name in ("accepted", "holding"):
                        about = session, int.from_bytes(frame[at + 16:at + 20], "big")
                        self.accepted.setdefault(about, time.monotonic())
                    elif name == "ended":
                        self.ended[session] += 1
                    writer.write(frame)
                await writer.drain()
        await gate.wait()
        if not pair.is_cut:
            writer.close()
