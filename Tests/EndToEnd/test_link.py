"""The two processes find each other: in any order, over any transport, and only when they share the secret."""

import asyncio
import socket

import pytest
from players import Player, finish, match, playing
from processes import eventually, program

SECRET, OTHER = "correct horse battery staple", "wrong donkey battery staple"


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
@pytest.mark.parametrize("first", ["matchmaker", "coordinator"])
async def test_they_can_be_started_in_either_order(make_servers, tcp, first):
    servers = make_servers(tcp=tcp)
    if first == "matchmaker":
        servers.start_matchmaker().until_alive()
        assert servers.matchmaker.get("/readyz")[0] == 503, "without a coordinator nobody can be matched"
        servers.start_coordinator()
    else:
        servers.start_coordinator().until_alive()
        assert servers.coordinator.get("/readyz")[0] == 503
        servers.start_matchmaker()
    servers.until_ready()
    await finish(await playing(servers, "duo"))


async def test_players_may_wait_before_the_first_coordinator_comes(make_servers):
    servers = make_servers()
    servers.start_matchmaker().until_alive()
    ann, ben = Player(servers), Player(servers)
    await ann.join("duo-relay")
    await ben.join("duo-relay")
    await ann.room.until("waiting", players=2)
    await ann.room.silence(0.3)
    servers.start_coordinator()
    players = [ann, ben]
    await asyncio.gather(*(player.matched() for player in players))
    await asyncio.gather(*(player.enter() for player in players))
    await asyncio.gather(*(player.until_play() for player in players))
    await finish(players)


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
async def test_with_the_same_secret_they_work_together(make_servers, tcp):
    servers = make_servers(tcp=tcp, secret=SECRET).start()
    await finish(await playing(servers, "duo-relay"))
    for each in servers.all:
        assert SECRET not in each.text()


@pytest.mark.parametrize("matchmaker, coordinator", [(SECRET, OTHER), (SECRET, None), (None, SECRET)],
                         ids=["different", "coordinator has none", "matchmaker has none"])
async def test_with_different_secrets_neither_takes_the_other_and_both_say_so(make_servers, matchmaker, coordinator):
    servers = make_servers(tcp=True)
    servers.start_matchmaker(secret=matchmaker).until_alive()
    servers.start_coordinator(secret=coordinator).until_alive()

    def refused(server):
        return any(entry["level"] in ("warning", "error") and "link" in entry["event"] for entry in server.log())

    for server in servers.live:
        await asyncio.to_thread(eventually, lambda: refused(server), lambda: f"a refusal in the log of {server.name}")
    assert all(server.get("/readyz")[0] == 503 for server in servers.live)
    assert servers.links_up() == 0
    for server in servers.live:
        assert SECRET not in server.text() and OTHER not in server.text()


async def test_a_secret_may_come_from_a_file(make_servers, tmp_path):
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    servers = make_servers(tcp=True)
    servers.start_matchmaker("--secret-file", file).until_alive()
    servers.start_coordinator("--secret-file", file)
    servers.until_ready()
    await finish(await playing(servers, "duo-relay"))


def test_a_link_that_strangers_can_reach_needs_a_secret():
    for name, option in (("matchmaker", "--link-listen"), ("coordinator", "--link")):
        done = program(name, option, "0.0.0.0:29999" if name == "matchmaker" else "192.0.2.1:29999")
        assert done.returncode == 2 and "secret" in done.stderr and done.stderr.count("\n") == 1


async def test_a_second_coordinator_gets_its_share(make_servers):
    servers = make_servers().start(coordinators=2)
    pairs = [await playing(servers, "duo-relay") for _ in range(10)]
    urls = [pair[0].match["url"] for pair in pairs]
    shares = [urls.count(each.ws + "/v1/play") for each in servers.coordinators]
    assert sum(shares) == 10 and min(shares) >= 4, f"shares {shares}"
    assert [each.state()["sessions"]["playing"] for each in servers.coordinators] == shares
    # The last players may hear that play has begun before the matchmaker does.
    eventually(lambda: servers.matchmaker.state()["sessions"]["playing"] == 10, "the matchmaker knows of all")
    for pair in pairs:
        await finish(pair)


async def test_one_that_comes_later_gets_the_next_sessions(make_servers):
    servers = make_servers().start()
    first = [await playing(servers, "duo-relay") for _ in range(3)]
    servers.start_coordinator()
    await asyncio.to_thread(servers.until_ready, 2)
    second = [await playing(servers, "duo-relay") for _ in range(3)]
    assert {pair[0].match["url"] for pair in second} == {servers.coordinators[1].ws + "/v1/play"}
    for pair in first + second:
        await finish(pair)


async def test_nothing_is_handed_to_one_that_is_full(make_servers):
    servers = make_servers()
    servers.start_matchmaker().until_alive()
    servers.start_coordinator("--capacity", 1)
    servers.until_ready()
    first = await playing(servers, "duo-relay")
    waiting = [Player(servers), Player(servers)]
    for player in waiting:
        await player.join("duo-relay")
    await waiting[1].room.silence(0.5)
    await finish(first)
    await asyncio.gather(*(player.matched() for player in waiting))
    await asyncio.gather(*(player.enter() for player in waiting))
    await asyncio.gather(*(player.until_play() for player in waiting))
    await finish(waiting)


async def test_a_public_url_is_what_players_are_told(make_servers):
    servers = make_servers()
    servers.start_matchmaker().until_alive()
    servers.start_coordinator("--public-url", "wss://play.example.org/one/v1/play")
    servers.until_ready()
    ann, ben = await match(servers, "duo-relay", 2)
    assert ann.match["url"] == ben.match["url"] == "wss://play.example.org/one/v1/play"
    for player in (ann, ben):
        player.match["url"] = servers.coordinator.ws + "/v1/play"
        await player.enter()
    for player in (ann, ben):
        await player.until_play()
    await finish([ann, ben])


async def test_a_second_process_with_the_same_name_is_refused_while_the_first_lives(make_servers):
    servers = make_servers().start()
    pair = await playing(servers, "duo-relay")
    twin = servers.start_coordinator(node="node-1", data="twin")
    twin.until_alive()
    await asyncio.sleep(1.5)
    assert twin.get("/readyz")[0] == 503
    assert servers.coordinator.get("/readyz")[0] == 200
    await finish(pair)
    await finish(await playing(servers, "duo-relay"))
    twin.kill()


def test_a_data_folder_serves_one_process_at_a_time(make_servers):
    servers = make_servers().start()
    done = program("coordinator", "--listen", "127.0.0.1:0", "--link", servers.link, "--data-dir", servers.folder / "node-1")
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done
    assert servers.coordinator.get("/readyz")[0] == 200


def test_a_socket_file_left_by_a_killed_matchmaker_is_no_obstacle(make_servers):
    servers = make_servers().start()
    servers.matchmaker.kill()
    assert (servers.folder / "link").exists()
    servers.start_matchmaker().until_alive()
    servers.until_ready()


def test_a_file_that_is_no_socket_is_left_alone(make_servers):
    servers = make_servers()
    (servers.folder / "link").write_text("precious")
    done = program("matchmaker", "--link-listen", servers.link, "--listen", "127.0.0.1:0")
    assert done.returncode != 0 and done.stderr
    assert (servers.folder / "link").read_text() == "precious"


def test_a_port_in_use_is_said_in_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = program("matchmaker", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--link-listen", "127.0.0.1:0")
    assert done.returncode != 0 and "in use" in done.stderr
