"""Who may connect: origins, proxies, limits by address and subject; and how far away clients are."""

import asyncio
import json
import signal

import pytest
from players import ANSWER_S, Line, Player
from processes import eventually
from proxies import ReverseProxy
from test_admission import logged, refused
from websockets.exceptions import InvalidStatus

PAGE = "https://lab.example.org"


def metric(server, name):
    return next(float(line.split()[-1]) for line in server.get("/metrics")[1].splitlines() if line.startswith(name + " "))


async def upgrade(url, **options):
    """The status of a handshake: 101 when it opens."""
    try:
        line = await Line.open(url, **options)
    except InvalidStatus as refusal:
        return refusal.response.status_code, refusal.response.body.decode()
    await line.close()
    return 101, ""


async def test_pages_of_other_origins_hear_403_at_both_servers(make_servers):
    options = ["--allowed-origins", f"{PAGE},http://localhost:3000"]
    servers = make_servers(matchmaker_options=options, coordinator_options=options).start()
    for server, path in ((servers.matchmaker, "/v1/join"), (servers.coordinator, "/v1/play")):
        url = server.ws + path
        assert await upgrade(url, origin=PAGE) == (101, "")
        assert (await upgrade(url, origin="http://localhost:3000"))[0] == 101
        assert (await upgrade(url))[0] == 101, "programs have no origin"
        for other in (PAGE + ":8443", "http://lab.example.org", "https://evil.example", "null"):
            status, body = await upgrade(url, origin=other)
            assert status == 403 and "origin_refused" in body
            assert logged(server, "upgrade_refused", why="origin", origin=other, client="127.0.0.1")
        assert metric(server, 'greenroom_upgrades_refused_total{reason="origin"}') == 4


async def joins(servers, scene, **options):
    """What a join from a page hears: `waiting`, or the code of an error."""
    player = Player(servers)
    player.room = await Line.open(servers.matchmaker.ws + "/v1/join", **options)
    await player.room.send("join", scene=scene, subject=player.subject)
    message = await player.room.next()
    if message["type"] == "waiting":
        await player.closes()
        return "waiting"
    await player.room.closes(4020)
    return message["code"]


async def test_a_scenes_own_origins_count_in_place_of_the_servers(make_servers):
    lab, pool = {"id": "lab", "groupSize": 2, "origins": ["https://other.example"]}, {"id": "pool", "groupSize": 2}
    servers = make_servers(scenes=[lab, pool], matchmaker_options=["--allowed-origins", PAGE]).start()
    other = "https://other.example"
    assert await joins(servers, "lab", origin=other) == "waiting"
    assert await joins(servers, "lab", origin=PAGE) == "origin_refused"
    assert await joins(servers, "pool", origin=PAGE) == "waiting"
    assert await joins(servers, "pool", origin=other) == "origin_refused"
    assert await joins(servers, "lab") == "waiting", "programs have no origin"
    assert (await upgrade(servers.matchmaker.ws + "/v1/join", origin="https://evil.example"))[0] == 403
    assert refused(servers.matchmaker, "origin") == 2
    assert logged(servers.matchmaker, "join_refused", why="origin", scene="lab")

    # A reload opens the scene to another page and takes the first one's right away.
    file = servers.folder / "greenroom.json"
    file.write_text(json.dumps({"scenes": [{**lab, "origins": [PAGE]}, pool]}))
    servers.matchmaker.signal(signal.SIGHUP)
    assert logged(servers.matchmaker, "reloaded", changed="lab")
    assert await joins(servers, "lab", origin=PAGE) == "waiting"
    assert (await upgrade(servers.matchmaker.ws + "/v1/join", origin=other))[0] == 403
    file.write_text(json.dumps({"scenes": [{**lab, "origins": ["other.example"]}, pool]}))
    servers.matchmaker.signal(signal.SIGHUP)
    (line,) = logged(servers.matchmaker, "reload_failed")
    assert 'origins[0] (scene "lab"): "other.example" is neither' in line["why"]
    assert await joins(servers, "lab", origin=PAGE) == "waiting"


async def test_one_address_has_so_many_connections_at_once(make_servers):
    servers = make_servers(matchmaker_options=["--connections-per-address", "2"]).start()
    url = servers.matchmaker.ws + "/v1/join"
    lines = [await Line.open(url) for _ in range(2)]
    status, body = await upgrade(url)
    assert status == 429 and "rate_limited" in body
    assert servers.matchmaker.state()["tables"]["addresses"] == 1
    await lines.pop().close()
    eventually(lambda: servers.matchmaker.state()["tables"]["webSockets"] == 1, "it has gone")
    assert (await upgrade(url))[0] == 101
    await lines.pop().close()


async def rate_limited(servers, words, url=None, subject="late", resume=None, **options):
    line = await Line.open((url or servers.matchmaker.ws) + "/v1/join", **options)
    await line.send("join", scene="duo", subject=subject, **({"resume": resume} if resume else {}))
    error = await line.expect("error", code="rate_limited")
    assert words in error["message"] and "try again in" in error["message"]
    await line.closes(4021)


async def test_one_address_joins_so_often(make_servers):
    servers = make_servers(matchmaker_options=["--joins-per-address", "1", "--joins-per-address-burst", "3"]).start()
    for _ in range(3):
        player = Player(servers)
        await player.join("duo")
        await player.closes()
    await rate_limited(servers, "from this address")
    assert refused(servers.matchmaker, "rate_address") == 1
    assert logged(servers.matchmaker, "join_refused", why="rate_address", client="127.0.0.1")
    assert servers.matchmaker.state()["expiring"]["joinsByAddress"] == 1


async def test_one_subject_joins_so_often(make_servers):
    servers = make_servers(matchmaker_options=["--joins-per-subject", "1", "--joins-per-subject-burst", "2"]).start()
    for _ in range(2):
        player = Player(servers, "ann")
        await player.join("duo")
        await player.closes()
    await rate_limited(servers, "of this subject", subject="ann")
    assert refused(servers.matchmaker, "rate_subject") == 1
    bob = Player(servers, "bob")
    await bob.join("duo")
    await bob.closes()


async def test_nobody_uses_up_the_joins_of_one_who_shows_its_place(make_servers):
    options = ["--joins-per-subject", "1", "--joins-per-subject-burst", "2"]
    servers = make_servers(scenes=[{"id": "duo", "groupSize": 2}], matchmaker_options=options).start()
    ann = Player(servers, "ann")
    first = await ann.join("duo")
    stranger = await Line.open(servers.matchmaker.ws + "/v1/join")
    await stranger.send("join", scene="duo", subject="ann")
    await stranger.closes(4018)
    await rate_limited(servers, "of this subject", subject="ann")
    await rate_limited(servers, "of this subject", subject="ann", resume=first["resume"][:-4] + "AAAA")
    old = ann.room
    assert (await ann.join("duo", resume=ann.resume))["session"] == first["session"], "her reload finds her place"
    await old.until("ended", reason="superseded")
    await ann.closes()


async def test_joins_that_are_said_again_on_one_connection_count_too(make_servers):
    servers = make_servers(matchmaker_options=[
        "--joins-per-subject", "1", "--joins-per-subject-burst", "3", "--joins-per-address", "1", "--joins-per-address-burst", "5"]).start()
    for names, why in ((("ann", "bob", "cid", "dan"), "rate_subject"), (("eve", "fay"), "rate_address")):
        line = await Line.open(servers.matchmaker.ws + "/v1/join")
        for name in names:
            await line.send("join", scene="duo", subject=name)
        await line.expect("waiting")
        for _ in names[2:]:
            await line.expect("error", code="wrong_state")
        await line.expect("error", code="rate_limited")
        await line.closes(4021)
        assert logged(servers.matchmaker, "join_refused", why=why, subject=names[-1])


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_behind_a_trusted_proxy_each_client_counts_by_its_own_address(make_servers, header):
    servers = make_servers(matchmaker_options=[
        "--joins-per-address", "1", "--joins-per-address-burst", "1", "--trusted-proxies", "127.0.0.2,127.0.0.3",
        "--proxy-header", header.lower()]).start()
    port = servers.matchmaker.port
    async with (
        ReverseProxy(port, header, "127.0.0.2", client="192.0.2.1") as first,
        ReverseProxy(port, header, "127.0.0.2", client="192.0.2.2") as second,
        ReverseProxy(port, header, "127.0.0.9", client="192.0.2.3") as stranger,
    ):
        for proxy in (first, second, stranger):
            player = Player(servers)
            player.room = await Line.open(proxy.ws + "/v1/join")
            await player.room.send("join", scene="duo", subject=player.subject)
            await player.room.until("waiting")
            await player.closes()
        # A client's own header changes nothing: the proxy's word stands behind it.
        forged = {header: "for=198.51.100.1" if header == "Forwarded" else "198.51.100.1"}
        await rate_limited(servers, "from this address", first.ws, additional_headers=forged)
        assert logged(servers.matchmaker, "join_refused", client="192.0.2.1")
        # Nor does that of a proxy that nobody trusts: its own address counts.
        await rate_limited(servers, "from this address", stranger.ws, additional_headers=forged)
        assert logged(servers.matchmaker, "join_refused", client="127.0.0.9")
        # Two proxies behind each other.
        async with ReverseProxy(first.port, header, "127.0.0.1", client="192.0.2.2") as outer:
            first.client = "127.0.0.3"
            await rate_limited(servers, "from this address", outer.ws)
            assert logged(servers.matchmaker, "join_refused", client="192.0.2.2")


async def test_a_trusted_proxy_that_talks_nonsense_is_logged_and_counts_itself(make_servers):
    servers = make_servers(matchmaker_options=[
        "--joins-per-address", "1", "--joins-per-address-burst", "1", "--trusted-proxies", "127.0.0.2"]).start()
    async with ReverseProxy(servers.matchmaker.port, source="127.0.0.2", client="somebody") as proxy:
        player = Player(servers)
        player.room = await Line.open(proxy.ws + "/v1/join")
        await player.room.send("join", scene="duo", subject=player.subject)
        await player.room.until("waiting")
        await player.closes()
        await rate_limited(servers, "from this address", proxy.ws)
    assert logged(servers.matchmaker, "proxy_header_unreadable", header="somebody")
    assert logged(servers.matchmaker, "join_refused", client="127.0.0.2")
    assert metric(servers.matchmaker, "greenroom_proxy_headers_unreadable_total") == 2


async def test_the_way_to_each_client_is_measured_and_a_sleeper_is_given_up(make_servers):
    servers = make_servers(matchmaker_options=["--round-trip-interval", "50ms", "--idle-timeout", "1s"]).start()
    awake, asleep = Player(servers), Player(servers)
    await awake.join("quartet")
    await asleep.join("quartet")
    count = "greenroom_client_round_trip_seconds_count"
    async with asyncio.timeout(ANSWER_S):
        # Pongs are sent by this loop, which must not be held up.
        while metric(servers.matchmaker, count) < 2:
            await asyncio.sleep(0.02)
    # A laptop that sleeps: the connection stands, and nothing is answered.
    asleep.room.socket.transport.pause_reading()
    message = await awake.room.until("waiting", players=1)
    assert message["needed"] == 4
    before = metric(servers.matchmaker, count)
    async with asyncio.timeout(ANSWER_S):
        while metric(servers.matchmaker, count) == before:
            await asyncio.sleep(0.02)
    await awake.closes()
    await asleep.room.drop()
