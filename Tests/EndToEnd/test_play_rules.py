"""Scenes' rules of play between real servers: pauses, barriers, episodes, limits of the relay, and what a return cannot bring back."""

import asyncio
import time

import pytest
from players import ALL, ORDERED, TICK, finish, playing
from processes import eventually
from test_losses import recorded

THREE = {"id": "table", "groupSize": 3, "identity": "open", "reconnectGrace": "10s", "absence": {"loss": "empty"}}


def start(make_servers, **rules):
    return asyncio.to_thread(make_servers(scenes=[{**THREE, **rules}]).start)


def phases(servers):
    return {name: count for name, count in servers.coordinator.state()["phases"].items() if count}


async def until_phase(servers, phase):
    await asyncio.to_thread(eventually, lambda: phases(servers) == {phase: 1}, f"the game is {phase}")


def number(message):
    assert message[0] == TICK
    return int.from_bytes(message[2:6], "big")


async def test_play_stands_still_while_one_is_away_and_goes_on_in_step(make_servers):
    servers = await start(
        make_servers, absence={"loss": "empty", "pauses": True}, ticks={"interval": "20ms"}, barrierTimeout="1s")
    players = ann, ben, cem = await playing(servers, "table", 3)
    await ann.game.send("ready", barrier="b")
    seen = number(await cem.game.until_binary())
    await cem.game.drop()
    for player in (ann, ben):
        await player.game.until("peerDisconnected", player=2)
        await player.game.until("paused", player=2)
    # Neither ticks nor the barrier's second go on, however long it takes.
    await ann.game.silence(1.5)
    assert phases(servers) == {"active": 1}
    last = max(number(message) for message in ann.game.heard if isinstance(message, bytes))
    entered = await cem.enter(tick=seen)
    assert "missedTicks" not in entered
    await cem.game.until("resumed")
    for player in (ann, ben):
        await player.game.until("resumed")
        assert number(await player.game.until_binary()) == last + 1, "from where they stood"
    for player in (ben, cem):
        await player.game.send("ready", barrier="b")
    for player in players:
        await player.game.until("go", barrier="b")
    bundles = [message for message in cem.game.heard if isinstance(message, bytes)]
    assert [number(message) for message in bundles] == list(range(seen + 1, seen + 1 + len(bundles)))
    await finish(players)


async def test_a_barrier_opens_without_those_who_do_not_come(make_servers):
    servers = await start(make_servers, barriers={"missing": "open", "countdown": "300ms"}, barrierTimeout="500ms")
    players = ann, ben, cem = await playing(servers, "table", 3)
    began = time.monotonic()
    await ann.game.send("ready", barrier="b")
    for player in players:
        go = await player.game.until("go", barrier="b")
        assert go["missing"] == [1, 2] and go["startsInMs"] == 300
    assert time.monotonic() - began > 0.4
    await finish(players)
    [outcome] = recorded(servers, ann.session)
    assert "losses" not in outcome and not any(each["isBlamed"] for each in outcome["players"])


async def test_who_is_not_at_a_barrier_in_time_is_lost_where_the_scene_says_so(make_servers):
    servers = await start(make_servers, barriers={"missing": "lose"}, barrierTimeout="500ms")
    ann, ben, cem = await playing(servers, "table", 3)
    for player in (ann, ben):
        await player.game.send("ready", barrier="b")
    await cem.ended("barrier_timeout")
    for player in (ann, ben):
        await player.game.expect("playerLost", player=2, reason="barrier_timeout", seat="empty")
        assert (await player.game.expect("go", barrier="b"))["missing"] == [2]
    await finish([ann, ben])
    [outcome] = recorded(servers, ann.session)
    assert outcome["reason"] == "completed"
    assert outcome["losses"] == [{"player": 2, "reason": "barrier_timeout", "text": ""}]


async def test_episodes_end_with_their_time_and_who_does_not_get_ready_is_lost(make_servers):
    servers = await start(
        make_servers, start={"countdown": "700ms"}, barriers={"missing": "lose"},
        episodes={"count": 2, "timeout": "1s", "resetTimeout": "1s"})
    players = ann, ben, cem = await playing(servers, "table", 3)
    await until_phase(servers, "inactive")
    for player in players:
        episode = await player.game.until("episode")
        assert (episode["episode"], episode["of"]) == (1, 2) and 0 < episode["startsInMs"] <= 700 and episode["deadlineMs"] <= 1700
    await until_phase(servers, "active")
    # Two say that it is done, and its time ends it.
    for player in (ann, ben):
        await player.game.send("episodeDone")
    for player in players:
        assert (await player.game.expect("reset"))["episode"] == 2
    await until_phase(servers, "resetting")
    for player in (ann, ben):
        await player.game.send("resetDone")
    await cem.ended("barrier_timeout")
    for player in (ann, ben):
        await player.game.expect("playerLost", player=2)
        assert (await player.game.expect("episode"))["episode"] == 2
    await until_phase(servers, "active")
    # Said by all it is over before its time.
    for player in (ann, ben):
        await player.game.send("episodeDone", episode=2)
    for player in (ann, ben):
        await player.game.expect("done")
    await until_phase(servers, "done")
    await finish([ann, ben])
    assert recorded(servers, ann.session)[0]["losses"] == [{"player": 2, "reason": "barrier_timeout", "text": ""}]
    assert phases(servers) == {}


async def test_who_sends_too_much_is_refused_told_once_and_hinders_nobody(make_servers):
    servers = await start(
        make_servers, relay={"messagesPerSecond": 5, "bytesPerSecond": 100_000, "backlogMax": 65_536})
    players = ann, ben, cem = await playing(servers, "table", 3)
    began = time.monotonic()
    for index in range(200):
        await ann.send_binary(ALL, bytes([index]))
    error = await ann.game.expect("error", code="rate_limited")
    assert error["message"]
    await cem.send_binary(ALL, b"me too")
    heard = []
    while (message := await ben.game.until_binary()) != bytes([ORDERED, 2]) + b"me too":
        heard.append(message[2])
    # Two seconds' worth at once, and five more for each second that it took to read the rest.
    most = 10 + 5 * (time.monotonic() - began)
    assert heard[:10] == list(range(10)) and 10 <= len(heard) <= most + 1 and heard == sorted(heard)
    assert await ann.game.until_binary() == bytes([ORDERED, 2]) + b"me too"
    complaints = sum(isinstance(each, dict) and each["type"] == "error" for each in ann.game.heard)
    assert complaints <= 1 + (time.monotonic() - began), "once a second at most"
    metrics = servers.coordinator.get("/metrics")[1]
    assert f"greenroom_relay_refused_total {200 - len(heard)}\n" in metrics
    await finish(players)


async def test_who_missed_more_messages_than_are_kept_is_told_how_many_are_lost(make_servers):
    servers = await start(make_servers)
    players = ann, ben, cem = await playing(servers, "table", 3)
    await ben.send_binary(0, b"before")
    await ann.game.until_binary()
    await ann.game.drop()
    await ben.game.until("peerDisconnected")
    for index in range(300):
        await ben.send_binary(ALL, index.to_bytes(2, "big") + bytes(1000))
    for index in range(300):
        assert (await cem.game.until_binary())[2:4] == index.to_bytes(2, "big")
    entered = await ann.enter(received=1)
    # 128 KiB are kept, or an eighth less.
    assert 300 - 131 <= entered["missed"] <= 300 - 112
    await ann.until_play()
    for index in range(entered["missed"], 300):
        assert (await ann.game.until_binary())[2:4] == index.to_bytes(2, "big")
    await ben.send_binary(ALL, b"after")
    assert (await ann.game.until_binary())[2:] == b"after"
    [entry] = eventually(lambda: servers.coordinator.log("replay_incomplete"), "the gap is logged")
    assert entry["player"] == 0 and entry["missed"] == entered["missed"]
    await finish(players)
