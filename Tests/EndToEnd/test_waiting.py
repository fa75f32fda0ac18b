"""What those who wait are told, and what is recorded of them."""

import asyncio

import pytest
from players import Line, Player, match
from processes import eventually

SCENE = {"groupSize": 2, "validatePeers": False}


def fates(servers, subject):
    """What became of a subject's joins, in order."""
    return [line["fate"] for line in servers.matchmaker.log("join_fate", subject=subject)]


def until_fates(servers, player, *wanted):
    eventually(
        lambda: fates(servers, player.subject) == list(wanted),
        lambda: f"{player.subject} has {fates(servers, player.subject)}, not {wanted}")


def metric(servers, line):
    for each in servers.matchmaker.get("/metrics")[1].splitlines():
        if each.startswith(line + " "):
            return float(each.rsplit(" ", 1)[1])
    return None


async def test_every_join_has_one_fate_in_the_log_and_in_the_metrics(make_servers):
    servers = make_servers(scenes=[{**SCENE, "id": "two"}, {**SCENE, "id": "brief", "waitTimeout": "1s"}]).start()
    assert metric(servers, 'greenroom_join_fates_total{scene="two",fate="matched"}') == 0
    ann, ben = await match(servers, "two", 2)
    until_fates(servers, ann, "matched")
    until_fates(servers, ben, "matched")
    late, gone, left, again = (Player(servers) for _ in range(4))
    await late.join("brief")
    await gone.join("two")
    await gone.room.drop()
    until_fates(servers, gone, "disconnected")
    await left.join("two")
    await left.room.send("leave")
    await left.room.closes(1000)
    until_fates(servers, left, "left")
    await again.join("two")
    first = again.room
    await again.join("two", resume=again.resume)
    await first.closes(1000)
    until_fates(servers, again, "superseded")
    line = await Line.open(servers.matchmaker.ws + "/v1/join")
    await line.send("join", scene="two", subject=again.subject)
    await line.closes(4018)
    until_fates(servers, again, "superseded", "refused")
    await again.room.close()
    until_fates(servers, again, "superseded", "refused", "disconnected")
    await late.room.until("ended", reason="wait_timeout")
    until_fates(servers, late, "timed_out")
    waited = servers.matchmaker.log("join_fate", subject=late.subject)[0]
    assert 900 < waited["waited_ms"] < 4000 and waited["scene"] == "brief"
    assert metric(servers, 'greenroom_join_fates_total{scene="two",fate="matched"}') == 2
    assert metric(servers, 'greenroom_join_fates_total{scene="two",fate="disconnected"}') == 2
    assert metric(servers, 'greenroom_join_fates_total{scene="brief",fate="timed_out"}') == 1
    assert metric(servers, 'greenroom_join_wait_seconds_count{scene="two"}') == 6, "refusals have not waited"
    servers.must_be_empty = False
