"""Strangers on the link between the two processes: garbage, halves, giants, and silence."""

import asyncio
import os
import struct

import pytest
from players import bystanders, finish, playing
from rawsocket import Raw
from test_bad_messages import undisturbed

NOISE = {
    "random bytes": os.urandom(5000),
    "text": b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "zeros": bytes(4096),
    "a giant length": struct.pack("!I", 0xFFFFFFFF) + b"\x01\x01\x00\x00" + bytes(64),
    "a length of zero": struct.pack("!I", 0) + bytes(64),
    "an unknown version": struct.pack("!I", 32) + b"\xff\x01\x00\x00" + bytes(28),
    "an unknown kind": struct.pack("!I", 32) + b"\x01\xff\x00\x00" + bytes(28),
    "unknown flags": struct.pack("!I", 32) + b"\x01\x01\xff\x00" + bytes(28),
    "reserved bits": struct.pack("!I", 32) + b"\x01\x01\x00\x01" + bytes(28),
    "a wrong checksum": struct.pack("!I", 32) + b"\x01\x01\x00\x00" + bytes(28),
}


def link_address(servers):
    if servers.link.startswith("unix:"):
        return servers.link.removeprefix("unix:")
    host, port = servers.link.split(":")
    return host, int(port)


@pytest.fixture(params=["unix", "tcp"])
def linked(request, make_servers):
    return make_servers(tcp=request.param == "tcp").start()


@pytest.mark.parametrize("data", NOISE.values(), ids=NOISE.keys())
async def test_garbage_on_the_link_is_refused_and_the_real_link_stays(linked, data):
    def attack():
        with Raw(link_address(linked)) as raw:
            raw.send(data)
            raw.until_closed()

    async def block():
        await asyncio.to_thread(attack)
        assert linked.links_up() == 1
        # New games are still handed over.
        await finish(await playing(linked, "duo-relay"))

    await undisturbed(linked, block)


async def test_half_a_frame_and_silence_on_the_link_are_given_up(linked):
    def attack(data):
        with Raw(link_address(linked)) as raw:
            raw.send(data)
            raw.until_closed()

    async def block():
        halves = [b"", b"\x00", struct.pack("!I", 200) + b"\x01\x01"]
        await asyncio.gather(*(asyncio.to_thread(attack, half) for half in halves))
        assert linked.links_up() == 1

    await undisturbed(linked, block)


async def test_a_link_that_ends_at_once_is_nothing_special(linked):
    def attack():
        for _ in range(100):
            Raw(link_address(linked)).socket.close()

    async def block():
        await asyncio.to_thread(attack)
        assert linked.links_up() == 1

    await undisturbed(linked, block)


async def test_a_coordinator_that_dials_a_stranger_hears_garbage_and_lives(make_servers):
    """A coordinator whose matchmaker's address answers nonsense goes on dialling, and takes the real one when it is there."""
    servers = make_servers(tcp=True)
    host, port = link_address(servers)

    async def stranger(reader, writer):
        writer.write(os.urandom(3000))
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(stranger, host, port)
    coordinator = servers.start_coordinator()
    await asyncio.to_thread(coordinator.until_alive)
    await asyncio.sleep(1)
    assert coordinator.alive and coordinator.get("/readyz")[0] == 503
    listener.close()
    await listener.wait_closed()
    await asyncio.to_thread(lambda: (servers.start_matchmaker().until_alive(), servers.until_ready()))
    async with bystanders(servers):
        pass
