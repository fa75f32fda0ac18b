"""A player whose socket is open and is not read: what waits for it is bounded, and the others are never delayed."""

import asyncio
import socket
import time
import urllib.parse

import pytest
from players import ALL, LATEST, ORDERED, Line, finish, match
from processes import get

BODY = bytes(1000)


def scene(count, slow_reader):
    return {
        "id": "game", "groupSize": count, "validatePeers": False, "identity": "open", "reconnectGrace": "30s",
        "relay": {"messagesPerSecond": 100_000, "bytesPerSecond": 900_000_000, "backlogMax": 65_536, "slowReader": slow_reader},
    }


async def begin(servers, count):
    """A game whose first player has a small buffer in its kernel, so that its backlog grows soon."""
    players = await match(servers, "game", count)
    for player in players[1:]:
        await player.enter()
    slow = players[0]
    url = urllib.parse.urlsplit(slow.match["url"])
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect((url.hostname, url.port))
    slow.game = await Line.open(slow.match["url"], sock=plain, max_queue=None)
    await slow.game.send("enter", session=slow.session, ticket=slow.match["ticket"])
    await asyncio.gather(*(player.until_play() for player in players))
    slow.game.socket.transport.pause_reading()
    return players


def counter(servers, name):
    text = get(f"{servers.coordinator.http}/metrics")[1]
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


async def flood(sender, others, kind, until, most=40_000):
    """Sends numbered messages to all until the condition holds. Gives how many, and the longest that one took to the others."""
    longest, sent = 0.0, 0
    while not until() and sent < most:
        sent_at = time.monotonic()
        burst = range(sent, sent + 50)
        for number in burst:
            await sender.send_binary(ALL, number.to_bytes(4, "big") + BODY, kind)
        sent = burst.stop
        for other in others:
            for number in burst:
                message = await other.game.until_binary()
                assert message[2:6] == number.to_bytes(4, "big"), "the others miss nothing"
            longest = max(longest, time.monotonic() - sent_at)
        await asyncio.sleep(0)
    return sent, longest


@pytest.mark.parametrize("count", [2, 8])
async def test_a_slow_reader_is_disconnected_and_comes_back(make_servers, count):
    servers = await asyncio.to_thread(make_servers(scenes=[scene(count, "disconnect")]).start)
    slow, sender, *others = await begin(servers, count)
    gone = asyncio.ensure_future(sender.game.until("peerDisconnected", timeout_s=60))
    sent, longest = await flood(sender, others, ORDERED, gone.done)
    assert (await gone)["player"] == slow.index and sent < 40_000
    assert longest < 5, f"a burst took {longest} s to the others"
    assert counter(servers, "greenroom_slow_readers_total") == 1

    # Who reads on finds all that was on its way, in order, and then why it was closed.
    slow.game.socket.transport.resume_reading()
    received = 0
    while (message := await slow.game.next()) is not None:
        if isinstance(message, bytes):
            assert message[2:6] == received.to_bytes(4, "big")
            received += 1
    assert slow.game.closed_as == 4002
    entered = await slow.enter(received=received)
    await slow.until_play()
    await sender.game.until("peerReconnected", player=slow.index)
    number = received + entered.get("missed", 0)
    while number < sent:
        assert (await slow.game.until_binary())[2:6] == number.to_bytes(4, "big")
        number += 1
    await finish([slow, sender, *others])


@pytest.mark.parametrize("count", [2, 8])
async def test_only_the_latest_are_dropped_for_one_who_reads_slowly(make_servers, count):
    servers = await asyncio.to_thread(make_servers(scenes=[scene(count, "dropLatest")]).start)
    slow, sender, *others = await begin(servers, count)
    for number in range(5):
        await sender.send_binary(slow.index, bytes([number]), ORDERED)
    began = time.monotonic()
    sent, longest = await flood(
        sender, others, LATEST, lambda: time.monotonic() > began + 2 and counter(servers, "greenroom_latest_dropped_total") > 500,
        most=400_000)
    assert sent < 400_000 and longest < 5
    for number in range(5, 10):
        await sender.send_binary(slow.index, bytes([number]), ORDERED)
    await asyncio.sleep(0.3)
    assert counter(servers, "greenroom_slow_readers_total") == 0
    slow.game.socket.transport.resume_reading()
    ordered, latest = [], []
    while len(ordered) < 10:
        message = await slow.game.until_binary()
        if message[0] == ORDERED:
            ordered.append(message[2])
        else:
            latest.append(int.from_bytes(message[2:6], "big"))
    assert ordered == list(range(10))
    assert latest == sorted(set(latest)) and latest[-1] == sent - 1 and len(latest) < sent
    assert not any(message["type"] == "peerDisconnected" for message in sender.game.heard if isinstance(message, dict))
    await finish([slow, sender, *others])
