"""What an administrator, or an experiment's backend, does over HTTP with the token."""

import asyncio
import json
import signal
import urllib.error
import urllib.request

import pytest
from players import Player, finish, match, playing
from processes import eventually
from rawsocket import Raw

TOKEN = "a-token-of-the-administrator's"


def ask(server, path, method="GET", body=None, token=TOKEN, type="application/json"):
    """Status and JSON of a request; what is no JSON as text."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = ({"Authorization": f"Bearer {token}"} if token else {}) | ({"Content-Type": type} if data and type else {})
    request = urllib.request.Request(server.http + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


@pytest.fixture
def servers(make_servers, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    options = ["--admin-token-file", file]
    return make_servers(matchmaker_options=options, coordinator_options=options).start()


async def test_a_session_is_shown_at_both_servers_from_the_room_to_the_end(servers):
    ann = Player(servers)
    room = (await ann.join("duo-relay"))["session"]
    status, shown = ask(servers.matchmaker, f"/v1/sessions/{room}")
    assert status == 200 and shown == {
        "session": room, "scene": "duo-relay", "state": "waiting", "members": 1, "cancelling": False}
    await ann.closes()
    players = await playing(servers, "duo-relay")
    path = f"/v1/sessions/{players[0].session}"
    status, shown = ask(servers.coordinator, path)
    assert status == 200 and shown["state"] == "playing" and shown["attempt"] == 1
    assert shown["players"] == [
        {"player": each.index, "subject": each.subject, "presence": "connected", "finished": False} for each in players]
    status, shown = ask(servers.matchmaker, path)
    assert status == 200 and shown["members"] == 2 and shown["coordinator"] == "node-1"
    await finish(players)
    for server in servers.live:
        status, shown = ask(server, path)
        assert status == 200 and shown["state"] == "ended" and shown["reason"] == "completed", server.name


async def test_the_coordinator_cancels_at_once_and_a_repeat_says_the_same(servers):
    players = await playing(servers, "duo-relay")
    path = f"/v1/sessions/{players[0].session}/cancel"
    for _ in range(2):
        status, ended = ask(servers.coordinator, path, "POST", {"reason": "a fire alarm"})
        assert status == 200 and (ended["state"], ended["reason"]) == ("ended", "cancelled")
    for player in players:
        assert not (await player.ended("cancelled"))["requeued"]
    [entry, _] = eventually(
        lambda: found if len(found := servers.coordinator.log("administration", act="cancel")) == 2 else None, "both are logged")
    assert entry["session"] == players[0].session and entry["reason"] == "a fire alarm" and entry["client"] == "127.0.0.1"
    assert 'greenroom_administration_requests_total{act="cancel",status="200"} 2' in servers.coordinator.get("/metrics")[1]


async def test_the_matchmaker_cancels_a_room_at_once_and_asks_for_a_game(servers):
    ann = Player(servers)
    room = (await ann.join("duo-relay"))["session"]
    status, ended = ask(servers.matchmaker, f"/v1/sessions/{room}/cancel", "POST")
    assert status == 200 and ended["reason"] == "cancelled"
    await ann.room.until("ended", reason="cancelled")
    players = await playing(servers, "duo-relay")
    path = f"/v1/sessions/{players[0].session}"
    # The players may hear that play has begun before the matchmaker does.
    eventually(lambda: ask(servers.matchmaker, path)[1]["state"] == "playing", "the matchmaker has heard of it")
    status, asked = ask(servers.matchmaker, path + "/cancel", "POST", {})
    assert status == 202 and asked["cancelling"] and asked["state"] == "playing"
    for player in players:
        await player.ended("cancelled")
    # It may be repeated whenever one does not know.
    assert ask(servers.matchmaker, path + "/cancel", "POST")[1]["reason"] == "cancelled"


async def test_a_cancel_that_a_crash_swallows_is_repeated_safely(servers):
    players = await playing(servers, "duo-relay")
    path = f"/v1/sessions/{players[0].session}"
    servers.coordinator.signal(signal.SIGSTOP)
    assert ask(servers.matchmaker, path + "/cancel", "POST")[0] == 202
    # Whatever was on its way to the coordinator, it has not taken it; of the wish nothing is on disk.
    servers.matchmaker.kill()
    servers.start_matchmaker().until_alive()
    status, shown = ask(servers.matchmaker, path)
    assert status == 200 and not shown["cancelling"], shown
    assert ask(servers.matchmaker, path + "/cancel", "POST")[0] == 202
    servers.coordinator.signal(signal.SIGCONT)
    for player in players:
        await player.ended("cancelled")
    eventually(lambda: ask(servers.matchmaker, path)[1].get("reason") == "cancelled", "the matchmaker knows of the end")
    assert ask(servers.matchmaker, path + "/cancel", "POST")[0] == 200


async def test_an_excluded_player_is_blamed_and_told_and_the_reason_is_logged(servers):
    players = await playing(servers, "quartet-relay", 4)
    path = f"/v1/sessions/{players[0].session}/players/2/exclude"
    status, ended = ask(servers.coordinator, path, "POST", {"reason": "wrote insults"})
    assert status == 200 and [each["blamed"] for each in ended["players"]] == [False, False, True, False]
    for player in players:
        await player.ended("player_excluded")
    [entry] = eventually(lambda: servers.coordinator.log("excluded"), "the exclusion is logged")
    assert entry["by"] == "administrator" and entry["reason"] == "wrote insults" and entry["player"] == 2
    assert ask(servers.coordinator, path, "POST", {"reason": "wrote insults"})[0] == 200
    other = f"/v1/sessions/{players[0].session}/players/1/exclude"
    assert ask(servers.coordinator, other, "POST", {"reason": "too"})[0] == 409
    assert 'greenroom_exclusions_total{by="administrator"} 1' in servers.coordinator.get("/metrics")[1]


async def test_before_play_the_others_of_an_excluded_player_go_back_to_the_queue(servers):
    ann, ben = await match(servers, "duo-relay", 2)
    await ann.enter()
    path = f"/v1/sessions/{ann.session}/players/{ben.index}/exclude"
    assert ask(servers.coordinator, path, "POST", {"reason": "no consent"})[0] == 200
    assert (await ann.ended("player_excluded"))["requeued"]


async def test_what_is_asked_wrongly_is_refused_with_a_reason_and_changes_nothing(servers):
    players = await playing(servers, "duo-relay")
    path = f"/v1/sessions/{players[0].session}"
    unknown = "/v1/sessions/" + "0" * 32
    exclude = path + "/players/0/exclude"
    cases = [
        (401, ("GET", path, None, None)), (403, ("GET", path, None, TOKEN + "x")), (403, ("GET", path, None, TOKEN[:-1])),
        (401, ("POST", path + "/cancel", {}, None)), (403, ("POST", unknown + "/cancel", {}, "x")),
        (404, ("GET", unknown, None, TOKEN)), (404, ("GET", "/v1/sessions/none", None, TOKEN)),
        (404, ("POST", unknown + "/cancel", {}, TOKEN)), (404, ("POST", path + "/players/2/exclude", {"reason": "x"}, TOKEN)),
        (405, ("POST", path, {}, TOKEN)), (405, ("GET", exclude, None, TOKEN)), (405, ("DELETE", path, None, TOKEN)),
        (400, ("POST", exclude, {}, TOKEN)), (400, ("POST", exclude, {"reason": 7}, TOKEN)), (400, ("POST", exclude, b"{", TOKEN)),
        (413, ("POST", exclude, b"x" * 5000, TOKEN)), (409, ("POST", path + "/players/0/seat", None, TOKEN)),
    ]
    for wanted, (method, where, body, token) in cases:
        status, answer = ask(servers.coordinator, where, method, body, token)
        assert status == wanted and {"error", "message"} == answer.keys(), (wanted, method, where, status, answer)
    assert ask(servers.coordinator, exclude, "POST", {"reason": "x"}, type="text/plain")[0] == 415
    assert ask(servers.matchmaker, exclude, "POST", {"reason": "x"})[0] == 404
    await finish(players)
    eventually(lambda: len(servers.coordinator.log("administration_refused")) >= 10, "refusals are logged")
    for server in servers.live:
        assert TOKEN not in server.text()


async def test_a_body_arrives_in_pieces_and_in_time_or_not_at_all(make_servers, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    options = ["--admin-token-file", file, "--request-timeout", "2s"]
    servers = make_servers(matchmaker_options=options, coordinator_options=options).start()
    ann = Player(servers)
    room = (await ann.join("duo-relay"))["session"]
    body = json.dumps({"reason": "x" * 200}).encode()
    head = (f"POST /v1/sessions/{room}/cancel HTTP/1.1\r\nHost: x\r\nAuthorization: bearer {TOKEN}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", servers.matchmaker.port)
    writer.write(head + body[:50])
    assert (await asyncio.wait_for(reader.read(), 9)).startswith(b"HTTP/1.1 408 ")
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", servers.matchmaker.port)
    for piece in [head[:30], head[30:], body[:7], body[7:]]:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.02)
    assert (await asyncio.wait_for(reader.read(), 9)).startswith(b"HTTP/1.1 200 ")
    writer.close()
    await ann.room.until("ended", reason="cancelled")


async def test_without_a_token_there_is_nothing_to_ask(make_servers):
    servers = make_servers().start()
    players = await playing(servers, "duo-relay")
    for server in servers.live:
        for token in (TOKEN, None):
            assert ask(server, f"/v1/sessions/{players[0].session}", token=token) == (404, "not found\n")
        assert ask(server, f"/v1/sessions/{players[0].session}/cancel", "POST")[0] == 404
    await finish(players)


def test_a_token_that_is_too_short_or_readable_by_all_is_spoken_of_at_start(make_servers, tmp_path):
    servers = make_servers()
    short, open_to_all = tmp_path / "short", tmp_path / "open"
    short.write_text("fifteen bytes..")
    open_to_all.write_text(TOKEN)
    open_to_all.chmod(0o644)
    refused = servers.start_matchmaker("--admin-token-file", short)
    assert refused.wait() == 2 and refused.said("shorter than 16 bytes")
    warned = servers.start_matchmaker("--admin-token-file", open_to_all)
    warned.until_alive()
    eventually(lambda: warned.said("every user may read it"), "it is warned of")
