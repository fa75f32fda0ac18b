"""SIGHUP: the scenes are read again while people wait and play."""

import asyncio
import json
import os
import pty
import signal

from players import Line, Player, finish, playing
from processes import BINARIES, Process, eventually, free_ports, get
from test_programs import children, is_gone, program

DUO = {"id": "duo-relay", "groupSize": 2, "completionCodes": {"completed": "OLD", "cancelled": "GONE"}}
TRIO = {"id": "trio", "groupSize": 3}


class Scenes:
    """A matchmaker with a file of these scenes, and one coordinator."""

    def __init__(self, make_servers, *scenes):
        self.servers = make_servers(scenes=list(scenes)).start()
        self.file = self.servers.folder / "greenroom.json"

    @property
    def matchmaker(self):
        return self.servers.matchmaker

    def count(self, result):
        line = next(line for line in self.matchmaker.get("/metrics")[1].splitlines()
                    if line.startswith(f'greenroom_reloads_total{{result="{result}"}}'))
        return float(line.split()[-1])

    def reload(self, result, said, text=None):
        """Writes the file, if there is something to write, sends the signal, and waits for what comes of it."""
        if text is not None:
            self.file.write_text(text if isinstance(text, str) else json.dumps({"scenes": text}))
        before = self.count(result)
        self.matchmaker.signal(signal.SIGHUP)
        eventually(lambda: self.count(result) == before + 1, lambda: f"{result}\n{self.matchmaker.text()}")
        eventually(lambda: self.matchmaker.said(said), lambda: f"{said!r} in\n{self.matchmaker.text()}")

    def names(self):
        return [scene["id"] for scene in self.matchmaker.state()["scenes"]]


async def test_a_good_file_counts_from_the_next_match_on(make_servers):
    scenes = Scenes(make_servers, DUO)
    servers = scenes.servers
    old = await playing(servers, "duo-relay")
    new = {**DUO, "completionCodes": {"completed": "NEW"}}
    scenes.reload("applied", '"changed":"duo-relay"', [new, TRIO])
    assert scenes.names() == ["duo-relay", "trio"]
    assert {end["completionCode"] for end in await finish(old)} == {"OLD"}
    assert {end["completionCode"] for end in await finish(await playing(servers, "duo-relay"))} == {"NEW"}
    await finish(await playing(servers, "trio", 3))


async def test_a_bad_file_changes_nothing_and_is_named_to_the_column(make_servers):
    scenes = Scenes(make_servers, DUO)
    servers = scenes.servers
    ann = Player(servers)
    await ann.join("duo-relay")
    bad = '{"scenes": [\n {"id": "duo-relay",\n  "groupSize": 0}]}'
    scenes.reload("failed", f"{scenes.file}:3:16: scenes[0].groupSize (scene \\\"duo-relay\\\"): 0 is not between", bad)
    scenes.reload("failed", 'expected a value', '{"scenes": ')
    scenes.reload("failed", 'unknown key', '{"scense": []}')
    scenes.file.unlink()
    scenes.reload("failed", "No such file or directory")
    os.mkfifo(scenes.file)
    scenes.reload("failed", "but the file ends")
    scenes.file.unlink()
    assert scenes.names() == ["duo-relay"]
    await ann.room.silence()
    ben = Player(servers)
    await ben.join("duo-relay")
    await asyncio.gather(ann.matched(), ben.matched())
    for player in (ann, ben):
        await player.enter()
    assert {end["completionCode"] for end in await finish([ann, ben])} == {"OLD"}
    scenes.reload("applied", '"reloaded"', [DUO])


async def test_who_waits_in_a_removed_scene_is_told(make_servers):
    scenes = Scenes(make_servers, DUO, TRIO)
    servers = scenes.servers
    ann, cid = Player(servers), Player(servers)
    await ann.join("duo-relay")
    await cid.join("trio")
    scenes.reload("applied", '"removed":"duo-relay"', [TRIO])
    ended = await ann.room.until("ended")
    assert (ended["reason"], ended["completionCode"]) == ("cancelled", "GONE")
    await ann.room.closes(1000)
    late = await Line.open(servers.matchmaker.ws + "/v1/join")
    await late.send("join", scene="duo-relay", subject="late", resume=ann.resume)
    assert (await late.until("error"))["code"] == "unknown_scene"
    await cid.room.silence()
    scenes.reload("applied", '"added":"duo-relay"', [DUO, TRIO])
    await finish(await playing(servers, "duo-relay"))
    await cid.room.send("leave")
    await cid.room.until("ended", reason="player_left")


async def test_a_group_of_another_size_is_formed_of_those_who_wait(make_servers):
    scenes = Scenes(make_servers, {**TRIO, "groupSize": 4})
    servers = scenes.servers
    players = [Player(servers) for _ in range(3)]
    left = [(await player.join("trio"))["timeoutMs"] for player in players]
    scenes.reload("applied", '"changed":"trio"', [{**TRIO, "groupSize": 5, "waitTimeout": "1s"}])
    for player, before in zip(players, left):
        waiting = await player.room.until("waiting", needed=5)
        assert before - 60_000 < waiting["timeoutMs"] <= before, "a deadline stays"
    scenes.reload("applied", '"changed":"trio"', [TRIO])
    await asyncio.gather(*(player.matched() for player in players))
    await asyncio.gather(*(player.enter() for player in players))
    await finish(players)


async def test_a_changed_plan_of_treatments_goes_on_behind_what_has_been_given(make_servers):
    def plan(*treatments, **more):
        return [{**DUO, "treatments": {"seed": 5, "list": list(treatments), **more}}]

    def treated():
        return scenes.matchmaker.state()["scenes"][0].get("treated")

    async def game():
        players = await playing(servers, "duo-relay")
        await finish(players)
        return players[0].match.get("treatment")

    calm, loud, mute = {"name": "calm", "quota": 2}, {"name": "loud", "quota": 2}, {"name": "mute", "quota": 1}
    scenes = Scenes(make_servers, *plan(calm, loud))
    servers = scenes.servers
    assert {await game(), await game()} == {"calm", "loud"}
    running = await playing(servers, "duo-relay")
    third = running[0].match["treatment"]
    other = ({"calm", "loud"} - {third}).pop()

    scenes.reload("applied", '"changed":"duo-relay"', plan(calm, loud, mute))
    assert treated() == {third: 2, other: 1, "mute": 0}
    assert {await game(), await game()} == {other, "mute"}
    line = await Line.open(servers.matchmaker.ws + "/v1/join")
    await line.send("join", scene="duo-relay", subject="late")
    assert (await line.until("error"))["code"] == "scene_closed"
    await line.close()
    await finish(running)
    assert servers.matchmaker.outcomes(running[0].session)[0]["treatment"] == third, "it keeps what it began with"

    scenes.reload("applied", '"changed":"duo-relay"', plan(calm, loud, mute, closesWhenFull=False))
    assert await game() is None
    scenes.reload("applied", '"changed":"duo-relay"', [DUO])
    assert await game() is None and not treated(), "a plan that is taken out is forgotten"
    scenes.reload("applied", '"changed":"duo-relay"', plan(calm, loud))
    assert treated() == {"calm": 0, "loud": 0}
    assert await game() in ("calm", "loud")


async def test_other_options_are_named_and_need_a_restart(make_servers):
    scenes = Scenes(make_servers, DUO)
    text = json.dumps({"scenes": [DUO, TRIO], "linkGrace": "20s", "idleTimeout": "2m"})
    scenes.reload("applied", '"options":"idleTimeout,linkGrace"', text)
    assert scenes.names() == ["duo-relay", "trio"]
    scenes.reload("failed", "linkGrace", '{"scenes": [], "linkGrace": "soon"}')


async def test_the_state_shows_what_a_scene_asks_for(make_servers):
    rules = {"skill": {"attribute": "elo", "steps": [{"after": 0, "width": "any"}]}, "encounters": "never"}
    scenes = Scenes(make_servers, {**DUO, "rules": rules, "confirmTimeout": "20s", "open": False})
    duo = scenes.matchmaker.state()["scenes"][0]
    assert duo["rules"] == ["skill", "encounters"] and duo["confirm"] is True and duo["open"] is False
    assert duo["waiting"] == 0 and duo["treatments"] == 0


async def test_a_coordinator_reloads_nothing_and_goes_on(servers):
    ann, ben = await playing(servers, "duo-relay")
    servers.coordinator.signal(signal.SIGHUP)
    eventually(lambda: servers.coordinator.said("reload_skipped"), servers.coordinator.text)
    await finish([ann, ben])
    assert 'greenroom_reloads_total{result="nothing"} 1' in servers.coordinator.get("/metrics")[1]


async def test_a_matchmaker_without_a_file_has_nothing_to_reload(servers):
    servers.matchmaker.signal(signal.SIGHUP)
    eventually(lambda: servers.matchmaker.said("reload_skipped"), servers.matchmaker.text)
    await finish(await playing(servers, "duo-relay"))


def start_greenroom(folder, *scenes):
    file = folder / "scenes.json"
    file.write_text(json.dumps({"scenes": scenes}))
    port = free_ports(2)
    process = Process("greenroom", ["--port", port, "--config", file], cwd=folder)
    eventually(lambda: process.said(f"http://127.0.0.1:{port}/"), process.text, 20)
    return process, port, file


def test_greenroom_passes_the_signal_on(tmp_path):
    process, port, file = start_greenroom(tmp_path, DUO)
    try:
        def names():
            return [scene["id"] for scene in json.loads(get(f"http://127.0.0.1:{port}/v1/state")[1])["scenes"]]

        assert names() == ["duo-relay"]
        file.write_text(json.dumps({"scenes": [TRIO]}))
        process.signal(signal.SIGHUP)
        eventually(lambda: names() == ["trio"], process.text)
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
    finally:
        process.kill()


def test_greenroom_says_what_is_wrong_with_its_file(tmp_path):
    (tmp_path / "scenes.json").write_text('{"scenes": [{"id": "a"}]}')
    done = program("greenroom", "--port", free_ports(2), "--config", "scenes.json", folder=tmp_path, timeout_s=20)
    assert done.returncode == 1
    assert 'scenes.json:1:13: scenes[0] (scene "a"): lacks "groupSize"' in done.stderr


def test_a_terminal_that_closes_stops_greenroom_and_its_servers(tmp_path):
    port = free_ports(2)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execv(BINARIES / "greenroom", ["greenroom", "--port", str(port)])
    try:
        eventually(lambda: get(f"http://127.0.0.1:{port + 1}/readyz")[0] == 200, "greenroom is ready", 20)
        servers = children(pid)
        assert len(servers) == 2
        os.kill(pid, signal.SIGHUP)
        eventually(lambda: not is_gone(pid), "it goes on")
        os.close(terminal)
        for each in servers:
            eventually(lambda: is_gone(each), f"the server {each} is gone")
    finally:
        if not is_gone(pid):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
