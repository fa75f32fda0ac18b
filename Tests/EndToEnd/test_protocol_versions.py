"""Peers of both versions of the session protocol, each beside a real server of the latest."""

import asyncio
import contextlib

import pytest
from players import Line
from processes import eventually
from protocol_peer import SECRET, Peer, about, assignment, extensions, frame, port_of
from protocol_reading import decode

TREATMENT, ROLES = "high stakes", ["proposer", "responder"]


@contextlib.asynccontextmanager
async def matchmaker(servers, version):
    """A matchmaker in Python that picks this version, and the link of a real coordinator to it."""
    links = asyncio.Queue()
    server = await asyncio.start_server(lambda *streams: links.put_nowait(Peer(*streams)), "127.0.0.1", port_of(servers))
    async with server:
        coordinator = servers.start_coordinator()
        peer = await asyncio.wait_for(links.get(), 10)
        said = await peer.welcome(SECRET.encode(), version)
        assert (said["versionMin"], said["versionMax"]) == (1, 2)
        await peer.expect("inventoryEnd")
        yield peer, coordinator
        await peer.close()


async def pongs(peer, kind):
    """Answers pings until a message of this kind."""
    while True:
        raw, message = await peer.next()
        assert message is not None
        if message["kind"] == kind:
            return raw, message
        assert message["kind"] in ("ping", "state"), message
        if message["kind"] == "ping":
            peer.send(frame("pong", message["sentAtMs"].to_bytes(8, "big")))


async def logged(server, event):
    """The lines of an event, once there is one."""
    await asyncio.to_thread(eventually, lambda: server.log(event), f"{event} is logged")
    return server.log(event)


async def enter(coordinator, session, ticket):
    line = await Line.open(f"ws://127.0.0.1:{coordinator.port}/v1/play")
    await line.send("enter", session=session.hex(), ticket=ticket.hex())
    return line, await line.until("entered")


@pytest.mark.parametrize("version", [1, 2])
async def test_a_coordinator_serves_an_older_matchmaker_and_one_of_its_own_version(make_servers, version):
    servers = make_servers(tcp=True, secret=SECRET)
    # The peer forgets all that it was told.
    servers.must_be_empty = False
    async with matchmaker(servers, version) as (peer, coordinator):
        session = bytes(range(16))
        body, tickets = assignment(session, ["ann", "ben"])
        is_extended = version == 2
        peer.send(frame("assign", body + extensions(TREATMENT, ROLES), flags=1) if is_extended else frame("assign", body))
        await pongs(peer, "accepted")
        lines = []
        for player, ticket in enumerate(tickets):
            line, entered = await enter(coordinator, session, ticket)
            lines.append(line)
            wanted = (TREATMENT, ROLES[player]) if is_extended else (None, None)
            assert (entered.get("treatment"), entered.get("role")) == wanted
        for line in lines:
            await line.until("play")
            await line.send("finish")
        raw, ended = await pongs(peer, "ended")
        assert raw[6] == (1 if is_extended else 0)
        assert ended.get("treatment") == (TREATMENT if is_extended else None)
        assert [each["role"] for each in ended.get("roles", [])] == (ROLES if is_extended else [])
        peer.send(frame("endedAck", about(ended)))
        for line in lines:
            await line.until("ended", reason="completed")
    (said,) = await logged(coordinator, "link_up")
    assert said["protocol"] == version
    _, journal = await asyncio.to_thread(decode, "--journal", servers.folder / "node-1/journal")
    assert journal[0].get("treatment") == (TREATMENT if is_extended else None)


async def test_on_a_link_of_version_1_the_flag_of_version_2_is_refused_loudly(make_servers):
    servers = make_servers(tcp=True, secret=SECRET)
    async with matchmaker(servers, 1) as (peer, coordinator):
        body, _ = assignment(bytes(16), ["ann", "ben"])
        peer.send(frame("assign", body + extensions(TREATMENT, ROLES), flags=1))
        _, reject = await pongs(peer, "reject")
        assert reject["code"] == "malformed" and reject["detail"] == "unknown flags 1"


async def test_what_must_be_understood_and_is_not_is_refused_as_unsupported(make_servers):
    servers = make_servers(tcp=True, secret=SECRET)
    async with matchmaker(servers, 2) as (peer, coordinator):
        body, _ = assignment(bytes(16), ["ann", "ben"])
        peer.send(frame("assign", body + bytes([1, 128, 0, 0]), flags=1))
        _, refused = await pongs(peer, "refused")
        assert refused["reason"] == "unsupported"


@pytest.mark.parametrize("versions", [(1, 1), (1, 2), (2, 9)])
async def test_a_matchmaker_speaks_the_greatest_version_that_its_coordinator_knows(make_servers, versions):
    servers = make_servers(tcp=True, secret=SECRET)
    servers.start_matchmaker().until_alive()
    peer = await Peer.dial(("127.0.0.1", port_of(servers)))
    assert (await peer.shake_hands(SECRET.encode(), versions=versions))["kind"] == "welcome"
    (proven,) = await logged(servers.matchmaker, "link_proven")
    assert proven["protocol"] == min(2, versions[1])
    peer.send(frame("inventoryEnd"))
    # A session of which only this coordinator knows: taken on with what it says, and its end recorded.
    body, _ = assignment(bytes(range(16)), ["ann", "ben"])
    if versions[1] >= 2:
        outcome = bytes(range(16)) + bytes([0, 0, 0, 1]) + b"\0\x09duo-relay" + bytes([1, 4, 0]) + bytes(8) + bytes([2])
        for subject in (b"ann", b"ben"):
            outcome += b"\0\3" + subject + bytes([0, 0, 1, 0, 0])
        peer.send(frame("ended", outcome + bytes(2) + extensions(TREATMENT, ROLES), flags=1))
        await peer.expect("endedAck")
        (said,) = await logged(servers.matchmaker, "outcome")
        assert said["treatment"] == TREATMENT and said["roles"] == "ann=proposer,ben=responder"
    else:
        peer.send(frame("holding", bytes([4]) + body + extensions(TREATMENT, ROLES), flags=1))
        _, reject = await peer.expect("reject")
        assert reject["code"] == "malformed"
    await peer.close()
