"""A proven link that is damaged, cut or held up by what lies between the two processes."""

import asyncio
import contextlib
import os

import pytest
from players import ALL, ORDERED, Player, finish, playing
from processes import eventually, free_ports
from test_bad_link import link_address


class Middle:
    """Stands between a coordinator and its matchmaker, and passes on what it is told to."""

    def __init__(self):
        self.harm = None
        self.harmed = asyncio.Event()
        self.links = 0
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.writers = []

    async def start(self, servers):
        self.target = link_address(servers)
        self.port = free_ports()
        self.listener = await asyncio.start_server(self._link, "127.0.0.1", self.port)
        self.address = f"127.0.0.1:{self.port}"

    async def _link(self, reader, writer):
        self.links += 1
        up_reader, up_writer = await asyncio.open_connection(*self.target)
        self.writers += [writer, up_writer]
        await asyncio.gather(self._pass(reader, up_writer, "up"), self._pass(up_reader, writer, "down"))

    async def _pass(self, reader, writer, direction):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self.flowing.wait()
                if self.harm and self.harm[0] == direction:
                    harm, self.harm = self.harm[1], None
                    data = harm(data)
                    self.harmed.set()
                writer.write(data)
                await writer.drain()
        writer.close()

    def cut(self):
        for writer in self.writers:
            writer.transport.abort()
        self.writers = []

    def close(self):
        self.listener.close()
        self.cut()


@pytest.fixture
def tcp_servers(make_servers):
    return make_servers(
        tcp=True, matchmaker_options=["--link-grace", "8s", "--link-margin", "500ms", "--ping-interval", "200ms"])


@contextlib.asynccontextmanager
async def joined(servers):
    """A matchmaker and a coordinator with somebody between them."""
    middle = Middle()
    servers.start_matchmaker().until_alive()
    await middle.start(servers)
    servers.start_coordinator(link=middle.address)
    await asyncio.to_thread(servers.until_ready)
    try:
        yield middle
        await asyncio.to_thread(servers.until_empty)
    finally:
        middle.close()


async def relinked(servers, middle, links):
    """The link has been made anew, and both sides hold the same."""
    await asyncio.to_thread(eventually, lambda: middle.links >= links and servers.links_up() == 1, "a new link")
    await asyncio.to_thread(servers.until_ready)


HARMS = {
    "garbage": lambda data: os.urandom(300),
    "a flipped bit": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "a giant length": lambda data: b"\xff\xff\xff\xff" + data,
    # Of the first frame: of two that came along together half would be a whole one, and no damage.
    "half a frame too much": lambda data: data + data[: (4 + int.from_bytes(data[:4], "big")) // 2],
    "a piece missing": lambda data: data[1:],
}


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS.keys())
async def test_damage_on_a_proven_link_is_seen_and_the_game_goes_on(tcp_servers, harm, direction):
    async with joined(tcp_servers) as middle:
        ann, ben = await playing(tcp_servers, "duo-relay")
        pids = [each.pid for each in tcp_servers.live]
        middle.harm = direction, harm
        await asyncio.wait_for(middle.harmed.wait(), 5)
        await ann.send_binary(ALL, b"meanwhile")
        assert await ben.game.until_binary() == bytes([ORDERED, ann.index]) + b"meanwhile"
        await relinked(tcp_servers, middle, 2)
        await asyncio.to_thread(
            eventually, lambda: tcp_servers.matchmaker.state()["sessions"]["playing"] == 1, "both sides hold the game")
        await finish([ann, ben])
        await finish(await playing(tcp_servers, "duo-relay"))
        assert [each.pid for each in tcp_servers.live] == pids


async def test_a_link_that_is_cut_again_and_again_loses_no_game(tcp_servers):
    async with joined(tcp_servers) as middle:
        for round_ in range(5):
            ann, ben = await playing(tcp_servers, "duo-relay")
            middle.cut()
            await relinked(tcp_servers, middle, round_ + 2)
            await finish([ann, ben])
            outcomes = tcp_servers.matchmaker.outcomes(ann.session)
            assert [each["reason"] for each in outcomes] == ["completed"], "one outcome, once"


async def test_an_end_while_the_link_is_cut_arrives_later(tcp_servers):
    async with joined(tcp_servers) as middle:
        ann, ben = await playing(tcp_servers, "duo-relay")
        middle.flowing.clear()
        for player in (ann, ben):
            await player.game.send("finish")
        # While the link seems up nobody is told before the matchmaker has it.
        await ann.game.silence(0.5)
        middle.flowing.set()
        for player in (ann, ben):
            await player.ended("completed")


async def test_a_link_that_hangs_for_longer_than_the_grace_ends_the_game_on_both_sides_alike(tcp_servers):
    async with joined(tcp_servers) as middle:
        ann, ben = await playing(tcp_servers, "duo-relay")
        middle.flowing.clear()
        ends = [await player.game.until("ended", 30) for player in (ann, ben)]
        assert {end["reason"] for end in ends} <= {"coordinator_lost", "cancelled", "shutdown"}
        await asyncio.to_thread(
            eventually, lambda: tcp_servers.matchmaker.outcomes(ann.session), "an outcome")
        middle.flowing.set()
        middle.cut()
        await relinked(tcp_servers, middle, 2)
        again = [Player(tcp_servers, player.subject) for player in (ann, ben)]
        for player in again:
            await player.join("duo-relay")
        await asyncio.gather(*(player.matched() for player in again))
        await asyncio.gather(*(player.enter() for player in again))
        await asyncio.gather(*(player.until_play() for player in again))
        await finish(again)
