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
        # Cut at one end; the other stays as it is and hears nothing.
        self.is_half_open = False


class LinkProxy:
    """Listens on `address` and passes on to `target`, a host and a port.

    `on_frame(direction, name)` is called in the proxy's thread before a frame is passed on; what it does to the link
    or to others is done before that.
    """

    def __init__(self, target):
        self.target = target
        self.port = free_ports()
        self.address = f"127.0.0.1:{self.port}"
        self.on_frame = None
        # When each hand-off's `accepted` was passed on first, by session and attempt.
        self.accepted = {}
        # How many frames of each name were passed on in each direction.
        self.passed = collections.Counter()
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
        """Breaks the connection: both ends see it, or only the `coordinator`'s or the `matchmaker`'s."""
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
            pair.is_half_open = len(ends) == 1
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
                    name = NAMES.get(frame[5])
                    if self.on_frame:
                        self.on_frame(direction, name)
                    if writer.transport.is_closing():
                        return
                    if name == "accepted":
                        about = frame[12:28].hex(), int.from_bytes(frame[28:32], "big")
                        self.accepted.setdefault(about, time.monotonic())
                    self.passed[direction, name] += 1
                    writer.write(frame)
                await writer.drain()
        if not pair.is_half_open:
            await gate.wait()
            writer.close()
