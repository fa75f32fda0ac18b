"""Plays two-player relay games through a running deployment, all at once, and looks at what it leaves behind.

    check-play.py MATCHMAKER COORDINATORS GAMES      for example: check-play.py 127.0.0.1:8080 3 30

It knows the matchmaker's address alone; everything else it is told, as a browser would be.
"""

import asyncio
import collections
import json
import os
import sys
import time
import urllib.request
from urllib.parse import urlsplit

import websockets

DEADLINE_S = 60


def state(address):
    with urllib.request.urlopen(f"http://{address}/v1/state", timeout=5) as answer:
        return json.load(answer)


async def heard(socket):
    """The next message but questions for the clock, which need no answer."""
    while True:
        said = await socket.recv()
        if not isinstance(said, str) or json.loads(said)["type"] != "clock":
            return said


async def message(socket, wanted, passing=()):
    """The next JSON message of the wanted type; only those types may come before it."""
    while True:
        text = await heard(socket)
        assert isinstance(text, str), f"binary while waiting for {wanted}"
        fields = json.loads(text)
        if fields["type"] == wanted:
            return fields
        assert fields["type"] in passing, f"{fields} while waiting for {wanted}"


async def play(matchmaker, subject, playing, go):
    """One player from join to ended. Gives the session, and the address of the coordinator that carried it."""
    async with websockets.connect(f"ws://{matchmaker}/v1/join") as socket:
        await socket.send(json.dumps({"type": "join", "scene": "duo-relay", "subject": subject}))
        matched = await message(socket, "matched", passing=["waiting"])
        await socket.wait_closed()
        assert socket.close_code == 1000, f"closed with {socket.close_code} after matched"
    async with websockets.connect(matched["url"]) as socket:
        enter = {"type": "enter", "session": matched["session"], "ticket": matched["ticket"]}
        await socket.send(json.dumps(enter))
        await message(socket, "entered")
        started = await message(socket, "play", passing=["entered", "peerReconnected"])
        assert started["transport"] == "relay", started
        playing.append(matched["session"])
        # Nobody moves before everybody plays, so that all sessions live at once and the load has to be shared.
        await go.wait()
        sent = f"from {matched['player']}".encode()
        await socket.send(bytes([0, 255]) + sent)
        received = await heard(socket)
        other = 1 - matched["player"]
        assert received == bytes([0, other]) + f"from {other}".encode(), received
        await socket.send(json.dumps({"type": "finish"}))
        ended = await message(socket, "ended")
        assert ended["reason"] == "completed" and ended["completionCode"] == "DONE-2", ended
        assert ended["requeued"] is False, ended
        await socket.wait_closed()
        assert socket.close_code == 1000, f"closed with {socket.close_code} after ended"
    return matched["session"], urlsplit(matched["url"]).netloc


async def play_all(matchmaker, coordinators, games):
    run = os.urandom(4).hex()
    playing, go = [], asyncio.Event()
    players = [
        asyncio.create_task(play(matchmaker, f"check-{run}-{index}", playing, go)) for index in range(2 * games)
    ]
    while len(playing) < len(players):
        for player in players:
            if player.done():
                player.result()
                raise AssertionError("a player was through before all played")
        await asyncio.sleep(0.05)
    assert state(matchmaker)["sessions"]["playing"] == games, state(matchmaker)["sessions"]
    go.set()
    results = await asyncio.gather(*players)

    sizes = collections.Counter(session for session, _ in results)
    assert len(sizes) == games and set(sizes.values()) == {2}, f"not {games} sessions of two: {sizes}"
    shares = collections.Counter(dict(results).values())
    print(f"{games} games completed:", ", ".join(f"{count} by {where}" for where, count in sorted(shares.items())))
    assert len(shares) == coordinators, f"only {len(shares)} of {coordinators} coordinators had games"
    # They are alike and all sessions lived at once, so none may have much more than its part.
    assert min(shares.values()) * coordinators >= games // 2, "the games were not shared fairly"
    return sorted(shares)


def wait_empty(addresses):
    """Every table of every process must come to 0, all of them in the same look."""
    deadline = time.monotonic() + 10
    while True:
        states = {address: state(address) for address in addresses}
        left = {
            f"{address} {name}": count
            for address, told in states.items()
            for kind in ("tables", "sessions")
            for name, count in told[kind].items()
            if count
        }
        if not left:
            break
        assert time.monotonic() < deadline, f"not empty: {left}"
        time.sleep(0.1)
    for address, told in states.items():
        assert told["tables"], f"{address} shows no tables"
        print(f"{told['role']} {told['nodeId']} at {address}: {len(told['tables'])} tables, all empty")
    nodes = {told["nodeId"] for told in states.values()}
    assert len(nodes) == len(addresses), f"several addresses lead to one process: {nodes}"


def main():
    matchmaker, coordinators, games = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    links = state(matchmaker)["links"]
    assert len(links) == coordinators, f"{len(links)} links instead of {coordinators}: {links}"
    addresses = asyncio.run(asyncio.wait_for(play_all(matchmaker, coordinators, games), DEADLINE_S))
    wait_empty([matchmaker, *addresses])


if __name__ == "__main__":
    main()
