"""Credentials for TURN servers: a real coturn gives allocations for those that the coordinator hands out, and for no others."""

import asyncio
import base64
import hashlib
import hmac
import time

from players import Player
from processes import eventually
from stun import allocate
from turnserver import SECRET


def scene(port, **more):
    servers = [{"urls": "stun:127.0.0.1:1"}, {"urls": [f"turn:127.0.0.1:{port}?transport=udp"]},
               {"urls": "turn:elsewhere.example.org", "username": "own", "credential": "word"}]
    return {"id": "direct", "groupSize": 2, "validatePeers": True, "identity": "open", "iceServers": servers, **more}


async def validating(servers):
    players = [Player(servers) for _ in range(2)]
    for player in players:
        await player.join("direct")
    for player in players:
        await player.matched()
        await player.enter()
    return players, [await player.game.until("validate") for player in players]


def start(make_servers, tmp_path, coturn, *options):
    file = tmp_path / "turn-secret"
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    return make_servers(scenes=[scene(coturn.port)], coordinator_options=["--turn-secret-file", file, *options]).start()


async def leave(players):
    for player in players:
        await player.game.send("leave")
    for player in players:
        await player.game.closes(1000)


async def test_each_player_is_given_credentials_that_coturn_takes(make_servers, tmp_path, coturn):
    servers = start(make_servers, tmp_path, coturn, "--turn-lifetime", "60s")
    players, tasks = await validating(servers)
    given = [task["iceServers"][1] for task in tasks]
    assert given[0]["username"] != given[1]["username"]
    for player, entry in zip(players, given, strict=True):
        until, tag = entry["username"].split(":")
        assert 50 <= int(until) - time.time() <= 61
        assert tag == f"{player.session}-{player.index}"
        kind, port = allocate(coturn.port, entry["username"], entry["credential"])
        assert kind == "port" and 33000 <= port <= 33999
    # Another's name does not go with one's own password, and no name can be made up.
    assert allocate(coturn.port, given[0]["username"], given[1]["credential"]) == ("error", 401)
    assert allocate(coturn.port, f"{int(time.time()) + 600}:anyone", given[0]["credential"]) == ("error", 401)
    for task in tasks:
        assert task["iceServers"][0] == {"urls": "stun:127.0.0.1:1"}
        assert task["iceServers"][2] == {"urls": "turn:elsewhere.example.org", "username": "own", "credential": "word"}
    # A further attempt comes with new ones.
    await asyncio.sleep(1.1)
    await players[0].game.send("validationFailed", peer=1)
    retry = await players[0].game.until("retry")
    fresh = retry["iceServers"][1]
    assert fresh["username"] != given[0]["username"]
    assert allocate(coturn.port, fresh["username"], fresh["credential"])[0] == "port"
    await leave(players)


async def test_a_credential_whose_time_is_over_is_refused(coturn):
    username = f"{int(time.time()) - 5}:late"
    code = hmac.new(SECRET.encode(), username.encode(), hashlib.sha1).digest()
    assert allocate(coturn.port, username, base64.b64encode(code).decode()) == ("error", 401)
    username = f"{int(time.time()) + 5}:early"
    code = hmac.new(SECRET.encode(), username.encode(), hashlib.sha1).digest()
    assert allocate(coturn.port, username, base64.b64encode(code).decode())[0] == "port"
    wrong = hmac.new(b"another secret", username.encode(), hashlib.sha1).digest()
    assert allocate(coturn.port, username, base64.b64encode(wrong).decode()) == ("error", 401)


async def test_without_a_secret_nobody_is_given_anything(make_servers):
    servers = make_servers(scenes=[scene(9)]).start()
    players, tasks = await validating(servers)
    for task in tasks:
        assert task["iceServers"] == scene(9)["iceServers"]
    await leave(players)


async def test_a_secret_that_all_may_read_is_warned_of(make_servers, tmp_path):
    file = tmp_path / "open-secret"
    file.write_text(SECRET)
    file.chmod(0o644)
    servers = make_servers(scenes=[scene(9)], coordinator_options=["--turn-secret-file", file]).start()
    eventually(lambda: servers.coordinator.said("every user may read it", "open-secret"), servers.coordinator.text)
    assert SECRET not in servers.coordinator.text()
