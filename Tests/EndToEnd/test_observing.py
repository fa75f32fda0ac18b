"""What an operator sees: logs, metrics, health and state."""

import asyncio
import json
import shutil
import subprocess

import pytest
from players import Player, finish, match, playing
from processes import eventually
from rawsocket import Raw


async def test_every_transition_is_logged_with_session_scene_states_and_reason(servers):
    ann, ben = await playing(servers, "duo")
    await finish([ann, ben])
    servers.until_empty()
    wanted = {
        "matchmaker": [("waiting", "matched"), ("matched", "validating"), ("validating", "playing"), ("playing", "ended")],
        "coordinator": [("matched", "validating"), ("validating", "playing"), ("playing", "ended")],
    }
    for server in servers.live:
        def changes():
            return [(e["from"], e["to"]) for e in server.log("transition", session=ann.session)]

        eventually(lambda: changes() == wanted[server.name], lambda: f"{server.name} logged {changes()}")
        for entry in server.log("transition", session=ann.session):
            assert entry["scene"] == "duo" and entry["level"] == "info" and entry["time"]
            assert entry.get("reason") == ("completed" if entry["to"] == "ended" else None)
    assert not any(server.log("illegal_transition") for server in servers.live)


async def test_without_validation_a_session_goes_straight_to_play(servers):
    ann, ben = await playing(servers, "duo-relay")
    await ann.game.send("leave")
    for player in (ann, ben):
        await player.ended("player_left")
    servers.until_empty()
    for server in servers.live:
        def changes():
            return [(e["from"], e["to"], e.get("reason")) for e in server.log("transition", session=ann.session)][-2:]

        wanted = [("matched", "playing", None), ("playing", "ended", "player_left")]
        eventually(lambda: changes() == wanted, lambda: f"{server.name} logged {changes()}")


async def test_every_line_of_the_log_is_one_object(servers):
    await finish(await playing(servers, "duo-relay"))
    ann = Player(servers, 'quote " back \\ tab \u2028 \U0001f600')
    await ann.join("duo")
    await ann.closes()
    servers.until_empty()
    for server in servers.live:
        assert server.stderr
        for line in list(server.stderr):
            entry = json.loads(line)
            assert {"time", "level", "event"} <= entry.keys()


async def test_tickets_and_resumes_never_reach_the_log(servers):
    players = await playing(servers, "duo-relay")
    await finish(players)
    servers.until_empty()
    for server in servers.live:
        for player in players:
            assert player.match["ticket"] not in server.text() and player.resume not in server.text()


def test_health_and_readiness(servers):
    for server in servers.live:
        assert server.get("/healthz")[0] == 200
        assert server.get("/readyz")[0] == 200
        assert server.get("/nowhere")[0] == 404


async def test_the_state_has_the_agreed_shape(servers):
    ann = Player(servers)
    await ann.join("quartet")
    pair = await playing(servers, "duo")
    # The players may hear that play has begun before the matchmaker does.
    eventually(lambda: servers.matchmaker.state()["sessions"]["playing"] == 1, "the matchmaker knows of the game")
    matchmaker, coordinator = servers.matchmaker.state(), servers.coordinator.state()
    for state, role in ((matchmaker, "matchmaker"), (coordinator, "coordinator")):
        assert state["role"] == role
        assert all(isinstance(state[name], str) and state[name] for name in ("nodeId", "incarnation", "version"))
        for group in ("sessions", "tables", "expiring"):
            assert all(isinstance(size, int) and size >= 0 for size in state[group].values())
        assert {"validating", "playing"} <= state["sessions"].keys()
        assert isinstance(state["links"], list) and len(state["links"]) == 1
    assert matchmaker["sessions"]["waiting"] == 1
    assert matchmaker["sessions"]["playing"] == coordinator["sessions"]["playing"] == 1
    assert {"duo", "duo-relay", "quartet", "quartet-relay"} <= {scene["id"] for scene in matchmaker["scenes"]}
    assert coordinator["nodeId"] == "node-1" and matchmaker["links"][0]["nodeId"] == "node-1"
    assert all(sum(state["tables"].values()) > 0 for state in (matchmaker, coordinator))
    await ann.closes()
    await finish(pair)


def values(text):
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            found[name] = float(value)
    return found


async def test_the_metrics_are_well_formed_and_count(servers):
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: it is in Debian's package prometheus"
    before = [values(server.get("/metrics")[1]) for server in servers.live]
    await finish(await playing(servers, "duo"))
    servers.until_empty()
    decided = 0
    for server, old in zip(servers.live, before):
        status, text = server.get("/metrics")
        assert status == 200
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        new = values(text)
        name = 'greenroom_sessions_ended_total{reason="completed"}'
        assert new[name] == old.get(name, 0) + 1
        name = 'greenroom_exits_total{cause="completed"}'
        decided += new[name] - old.get(name, 0)
        assert new["greenroom_illegal_transitions_total"] == 0
        with Raw.to(server) as raw:
            raw.request("/metrics")
            assert raw.head()[1]["content-type"].startswith("text/plain; version=0.0.4")
    assert decided == 1, "both repeat the reason, one has decided"


async def test_reading_the_state_counts_as_nothing(servers):
    for _ in range(20):
        assert servers.left() == {}


def test_a_head_request_has_no_body_and_other_methods_are_refused(servers):
    for server in servers.live:
        with Raw.to(server) as raw:
            raw.request("/healthz", method="HEAD")
            status, headers = raw.head()
            assert status == 200
            raw.request("/healthz")
            assert raw.head()[0] == 200, "nothing came between the two answers"
        with Raw.to(server) as raw:
            raw.request("/healthz", method="DELETE")
            assert raw.head()[0] in (404, 405)


async def test_why_a_group_was_put_together_is_logged_and_shown(servers):
    players = await match(servers, "duo-relay", 2)
    eventually(lambda: servers.matchmaker.log("formed", session=players[0].session), servers.matchmaker.text)
    (line,) = servers.matchmaker.log("formed", session=players[0].session)
    scene = next(scene for scene in servers.matchmaker.state()["scenes"] if scene["id"] == "duo-relay")
    shown = scene["recentMatches"][-1]
    assert shown["session"] == players[0].session and shown["why"] == line["why"]
    assert line["why"].startswith("2 of 2: first come first served; the longest wait was "), line
    assert line["scene"] == "duo-relay" and line["subjects"].split(",") == [player.subject for player in players]
    for player in players:
        await player.enter()
    await finish(players)


async def test_rooms_and_hand_offs_are_visible_while_they_last(servers):
    players = await match(servers, "duo-relay", 2)
    assert servers.coordinator.state()["sessions"]["matched"] == 1
    with Raw.to(servers.coordinator) as raw:
        page = raw.get("/metrics")[1]
    text = page.decode() if isinstance(page, bytes) else page
    assert 'greenroom_sessions{state="matched"} 1\n' in text and 'greenroom_table_entries{table="sessions"} 1\n' in text
    await asyncio.gather(*(player.enter() for player in players))
    await asyncio.gather(*(player.until_play() for player in players))
    assert servers.coordinator.state()["sessions"]["matched"] == 0
    await finish(players)


@pytest.mark.parametrize("path", ["/", "/greenroom.js"])
def test_the_matchmaker_serves_the_demo(servers, path):
    with Raw.to(servers.matchmaker) as raw:
        status, body = raw.get(path)
        assert status == 200 and len(body) > 200
