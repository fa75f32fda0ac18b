"""The executables as a person meets them: help, mistakes, starting and stopping."""

import asyncio
import contextlib
import json
import os
import pathlib
import signal

import pytest
from players import Line, Player, playing
from processes import Process, eventually, free_ports, get, program

PROGRAMS = ["matchmaker", "coordinator", "greenroom"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_help_and_version(name):
    for option in ("--help", "--version"):
        done = program(name, option)
        assert done.returncode == 0 and done.stderr == ""
        assert name in done.stdout
    text = program(name, "--help").stdout
    assert max(map(len, text.splitlines())) <= 100
    wanted = "--port" if name == "greenroom" else "--listen"
    assert wanted in text


def mistake(done, *words):
    assert done.returncode == 2, done
    assert done.stdout == "" and done.stderr.count("\n") == 1, f"one clear line, not {done.stderr!r}"
    assert done.stderr.startswith(done.args[0].name + ": ")
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_wrong_option_is_one_clear_line(name):
    mistake(program(name, "--no-such-option"), "--no-such-option")
    mistake(program(name, "stray"), "stray")
    number = "--port" if name == "greenroom" else "--listen"
    mistake(program(name, number), number)
    mistake(program(name, number, "x"), number, "x")


def test_a_misspelled_option_is_met_with_the_right_one():
    mistake(program("matchmaker", "--lisen", "127.0.0.1:1"), "--listen")


@pytest.mark.parametrize("where", ["203.0.113.7:18080", "unix:/no/such/folder/socket"])
@pytest.mark.parametrize("name", ["matchmaker", "coordinator"])
def test_where_one_cannot_listen_is_named(name, where):
    more = ["--public-url", "ws://example.org/v1/play"] if name == "coordinator" else []
    mistake(program(name, "--listen", where, *more), f"cannot listen on {where}: ")


@pytest.mark.parametrize("name", ["matchmaker", "coordinator"])
def test_a_wrong_variable_is_one_clear_line(name):
    mistake(program(name, environment={"GREENROOM_LISTEN": "nowhere"}), "GREENROOM_LISTEN", "nowhere")


FILES = {
    "is not there": None, "is empty": "", "is no JSON": '{"listen": ', "is a list": "[]",
    "has an unknown key": '{"lissten": "127.0.0.1:1"}', "has a wrong type": '{"listen": 5}',
    "has a scene without size": '{"scenes": [{"id": "a"}]}',
    "has a scene of size 0": '{"scenes": [{"id": "a", "groupSize": 0}]}',
    "has a giant scene": '{"scenes": [{"id": "a", "groupSize": 99999999999999999999}]}',
    "has an unknown key in a scene": '{"scenes": [{"id": "a", "groupSize": 2, "grupSize": 3}]}',
    "has a scene twice": '{"scenes": [{"id": "a", "groupSize": 2}, {"id": "a", "groupSize": 2}]}',
    "has a wrong duration": '{"scenes": [{"id": "a", "groupSize": 2, "waitTimeout": "soon"}]}',
    "has no scenes": '{"scenes": []}', "has a nameless scene": '{"scenes": [{"id": "", "groupSize": 2}]}',
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_a_wrong_file_is_one_clear_line(tmp_path, text):
    file = tmp_path / "config.json"
    if text is not None:
        file.write_text(text)
    mistake(program("matchmaker", "--config", "config.json", folder=tmp_path), "config.json")


def test_a_flag_goes_before_the_environment_and_that_before_the_file(tmp_path):
    ports = [free_ports() for _ in range(3)]
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"listen": f"127.0.0.1:{ports[0]}", "linkListen": f"unix:{tmp_path}/link"}))
    sources = [
        (["--config", file], {}, ports[0]),
        (["--config", file], {"GREENROOM_LISTEN": f"127.0.0.1:{ports[1]}"}, ports[1]),
        (["--config", file, "--listen", f"127.0.0.1:{ports[2]}"], {"GREENROOM_LISTEN": f"127.0.0.1:{ports[1]}"}, ports[2]),
    ]
    for arguments, environment, port in sources:
        process = Process("matchmaker", arguments, environment)
        try:
            eventually(lambda: get(f"http://127.0.0.1:{port}/healthz")[0] == 200, process.text)
            process.signal(signal.SIGTERM)
            assert process.wait() == 0
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_both_cleanly_and_players_hear_of_it(servers, number):
    servers.must_be_empty = False
    ann, ben = await playing(servers, "duo-relay")
    carl = Player(servers)
    await carl.join("duo")
    for each in servers.live:
        each.signal(number)
    for line in (ann.game, ben.game, carl.room):
        while (message := await line.next()) is not None:
            if message["type"] == "ended":
                assert message["reason"] == "shutdown"
        assert line.closed_as in (1000, 1001, 1012)
    for each in servers.all:
        assert await asyncio.to_thread(each.wait) == 0, each.text()


@pytest.mark.parametrize("role", ["matchmaker", "coordinator"])
async def test_either_can_be_stopped_alone(servers, role):
    servers.must_be_empty = False
    ann, ben = await playing(servers, "duo-relay")
    server = getattr(servers, role)
    server.signal(signal.SIGTERM)
    assert await asyncio.to_thread(server.wait) == 0
    for player in (ann, ben):
        if role == "coordinator":
            assert (await player.game.until("ended"))["reason"] == "shutdown"
    if role == "coordinator":
        await asyncio.to_thread(servers.until_empty)


def start_greenroom(folder, *arguments, port=None):
    port = port or free_ports(2)
    process = Process("greenroom", ["--port", port, *arguments], cwd=folder)
    for offset in (0, 1):
        eventually(
            lambda: process.alive and get(f"http://127.0.0.1:{port + offset}/readyz")[0] == 200, process.text, 20)
    eventually(lambda: process.said(f"http://127.0.0.1:{port}/"), process.text)
    return process, port


def children(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # A thread may end while it is looked at.
            found += map(int, (task / "children").read_text().split())
    return found


def is_gone(pid):
    """No such process, or one that has ended and only waits to be collected by whoever inherited it."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_greenroom_starts_two_processes_prints_the_page_and_stops_both(tmp_path, number):
    process, port = start_greenroom(tmp_path)
    try:
        roles = [json.loads(get(f"http://127.0.0.1:{port + offset}/v1/state")[1])["role"] for offset in (0, 1)]
        assert roles == ["matchmaker", "coordinator"]
        status, page = get(f"http://127.0.0.1:{port}/")
        assert status == 200 and "<html" in page.lower()
        servers = children(process.pid)
        assert len(servers) >= 1
        process.signal(number)
        assert process.wait() == 0
        for pid in servers:
            eventually(lambda: is_gone(pid), f"the server {pid} is gone")
    finally:
        process.kill()


def test_greenroom_can_be_stopped_while_it_starts(tmp_path):
    port = free_ports(2)
    process = Process("greenroom", ["--port", port], cwd=tmp_path)
    try:
        eventually(lambda: process.said("started"), process.text)
        process.signal(signal.SIGINT)
        assert process.wait() == 0
        assert not process.said("did not get ready")
    finally:
        process.kill()


def test_two_greenrooms_run_beside_each_other(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    running = [start_greenroom(tmp_path / "a")[0], start_greenroom(tmp_path / "b")[0]]
    try:
        for process in running:
            process.signal(signal.SIGINT)
        assert [process.wait() for process in running] == [0, 0]
    finally:
        for process in running:
            process.kill()


async def test_greenroom_plays_a_game(tmp_path):
    from types import SimpleNamespace

    from players import finish

    process, port = start_greenroom(tmp_path)
    try:
        where = SimpleNamespace(matchmaker=SimpleNamespace(ws=f"ws://127.0.0.1:{port}"))
        for scene, count in (("duo", 2), ("duo-relay", 2), ("quartet", 4), ("quartet-relay", 4)):
            await finish(await playing(where, scene, count))
        line = await Line.open(f"ws://127.0.0.1:{port}/v1/join")
        await line.close()
        process.signal(signal.SIGINT)
        assert process.wait() == 0
    finally:
        process.kill()


def test_greenroom_on_a_port_in_use_says_so_and_announces_nothing(tmp_path):
    # The port before the two is nobody else's meanwhile.
    first, port = start_greenroom(tmp_path, port=free_ports(3) + 1)
    try:
        for taken in (port, port - 1):
            done = program("greenroom", "--port", taken, timeout_s=20)
            assert done.returncode == 1
            assert "is in use" in done.stderr and "has ended by itself" in done.stderr
            assert "is running" not in done.stderr
        assert get(f"http://127.0.0.1:{port}/readyz")[0] == 200
    finally:
        first.kill()


def test_the_servers_do_not_outlive_a_greenroom_that_was_killed(tmp_path):
    process, _ = start_greenroom(tmp_path)
    servers = children(process.pid)
    assert len(servers) == 2
    process.signal(signal.SIGKILL)
    for pid in servers:
        eventually(lambda: is_gone(pid), f"the server {pid} is gone", 5)


def test_a_signal_stops_greenroom_before_it_is_ready(tmp_path):
    process = Process("greenroom", ["--port", free_ports(2)], cwd=tmp_path)
    eventually(lambda: children(process.pid), "a server has been started")
    servers = children(process.pid)
    process.signal(signal.SIGINT)
    assert process.wait() == 0, process.text()
    assert "in time" not in process.text()
    for pid in servers:
        eventually(lambda: is_gone(pid), f"the server {pid} is gone")


def test_a_second_signal_stops_greenroom_at_once(tmp_path):
    process, _ = start_greenroom(tmp_path)
    servers = children(process.pid)
    for pid in servers:
        os.kill(pid, signal.SIGSTOP)
    process.signal(signal.SIGINT)
    with pytest.raises(AssertionError):
        eventually(lambda: not process.alive, "greenroom waits for its servers", 0.5)
    process.signal(signal.SIGINT)
    eventually(lambda: not process.alive, process.text, 3)
    assert process.wait() == 1
    for pid in servers:
        eventually(lambda: is_gone(pid), f"the server {pid} is gone")
