"""greenroom.py and its examples, as a person gets them: from the matchmaker, run as programs of their own."""

import asyncio
import base64
import hashlib
import json
import re
import sys

import pytest
from examples import fetch, library
from players import ANSWER_S, Player
from processes import eventually
from programs import readme, script
from rawsocket import CLOSE, GUID, TEXT

SCENES = [
    {"id": "relayed", "groupSize": 2, "identity": "open"},
    {"id": "four", "groupSize": 4, "identity": "open"},
    {"id": "peers", "groupSize": 2, "identity": "open", "validatePeers": True, "onValidationFailure": "relay"},
    {"id": "lockstep", "groupSize": 3, "identity": "open", "ticks": {"interval": "20ms", "inputMax": 4}},
    {"id": "rounds", "groupSize": 3, "identity": "open",
     "episodes": {"count": 3, "timeout": "20s", "resetTimeout": "5s"}},
    {"id": "trust-game", "groupSize": 2, "identity": "open",
     "rules": {"roles": {"attribute": "role", "seats": [{"role": "trustor", "count": 1}, {"role": "trustee", "count": 1}]}},
     "treatments": {"seed": 1, "list": [{"name": "fair"}, {"name": "selfish"}]}},
    {"id": "quick-game", "groupSize": 2, "identity": "open", "rules": {"bots": {"after": "300ms", "playersMin": 1}}},
]


@pytest.fixture
def servers(make_servers):
    return make_servers(scenes=SCENES).start()


@pytest.fixture
def folder(servers, tmp_path):
    """A folder with what the matchmaker serves."""
    examples = (f"examples/{each}.py" for each in ("echo", "lockstep", "rounds", "partner", "filler"))
    fetch(servers, tmp_path, "greenroom.py", *examples)
    return tmp_path


@pytest.fixture
def greenroom(servers, folder):
    return library(servers, folder)


async def run(folder, servers, example, *arguments):
    """An example as a program, to its end: what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, f"{example}.py", servers.matchmaker.ws, *arguments, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        out, errors = await asyncio.wait_for(process.communicate(), 40)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0 and not errors, errors.decode()
    return out.decode().strip()


async def test_the_script_of_the_readme_works_as_it_stands(make_servers, tmp_path):
    servers = make_servers().start()
    with script(tmp_path, readme("python", "asyncio.run(main())", **{"ws://127.0.0.1:8080": servers.matchmaker.ws})) as bot:
        ann = Player(servers, "ann")
        await ann.join("duo-relay")
        await ann.matched(30)
        await ann.enter()
        await ann.until_play()
        await ann.send_binary(255, b"anybody there?")
        assert await ann.game.until_binary() == bytes([0, 1 - ann.index]) + b"anybody there?"
        await ann.game.send("finish")
        await ann.ended("completed")
        assert await asyncio.to_thread(bot.said) == "completed None None"


async def test_echo_answers_each_message_and_finishes_when_it_is_told(servers, folder):
    bot = asyncio.create_task(run(folder, servers, "echo", "relayed", "echo-bot"))
    ann = Player(servers, "ann")
    await ann.join("relayed")
    await ann.matched(30)
    await ann.enter()
    await ann.until_play()
    other = 1 - ann.index
    for payload in (b"one", b"two", bytes(1000)):
        await ann.send_binary(other, payload)
        assert await ann.game.until_binary() == bytes([0, other]) + payload
    await ann.send_binary(255, b"bye")
    await ann.game.send("finish")
    await ann.ended("completed")
    assert await bot == "completed"


async def test_lockstep_bots_compute_the_same_and_finish(servers, folder):
    bots = (run(folder, servers, "lockstep", "lockstep", f"walker-{number}") for number in range(3))
    assert await asyncio.gather(*bots) == ["completed"] * 3


async def test_rounds_are_played_to_the_last_and_debriefed(servers, folder):
    bots = (run(folder, servers, "rounds", "rounds", f"guesser-{number}") for number in range(3))
    assert await asyncio.gather(*bots) == ["completed"] * 3


async def test_two_partners_play_their_roles_under_their_treatment(servers, folder):
    bots = (run(folder, servers, "partner", "trust-game", f"ai-{number}") for number in range(2))
    assert await asyncio.gather(*bots) == ["completed"] * 2
    [entry] = eventually(lambda: servers.matchmaker.log("treatment"), "the treatment is logged")
    assert entry["treatment"] in ("fair", "selfish")


async def test_a_filler_takes_the_seat_that_nobody_came_for(servers, folder):
    bot = asyncio.create_task(run(folder, servers, "filler", "quick-game", "filler-1", "1"))
    ann = Player(servers, "ann")
    await ann.join("quick-game")
    await ann.matched(30)
    await ann.enter()
    await ann.until_play()
    await ann.game.send("finish")
    await ann.ended("completed")
    assert await bot == "completed"


async def test_a_program_plays_on_behind_a_break_and_misses_nothing(servers, greenroom):
    ann = Player(servers, "ann")
    await ann.join("relayed")
    async with greenroom.join(servers.matchmaker.ws, "relayed", "bot") as game:
        await ann.matched()
        await ann.enter()
        await game.started()
        heard = []

        async def listen():
            async for event in game:
                if isinstance(event, greenroom.Message):
                    heard.append(event.payload)
                    if len(heard) in (20, 40):
                        game._socket.transport.abort()
                    if len(heard) == 60:
                        await game.finish({"heard": 60})

        listening = asyncio.create_task(listen())
        for number in range(60):
            await ann.send_binary(255, bytes([number]))
            await asyncio.sleep(0.005)
        await ann.game.send("finish")
        await asyncio.wait_for(listening, 20)
        assert heard == [bytes([number]) for number in range(60)]
        assert game.ended["reason"] == "completed"
    await ann.ended("completed")


async def test_a_question_that_comes_along_with_the_end_holds_nobody_up(servers, greenroom):
    """By the time that it could be answered the connection is closed."""
    def frame(**message):
        data = json.dumps(message).encode()
        return bytes([0x80 | TEXT, len(data)]) + data

    async def serve(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = re.search(r"Sec-WebSocket-Key: (\S+)", head)[1]
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        writer.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        await reader.read(1)
        writer.write(frame(type="clock", sample=1, serverMs=1) + frame(type="ended", reason="cancelled", requeued=False)
                     + bytes([0x80 | CLOSE, 2, 0x03, 0xE8]))
        while await reader.read(4096):
            pass
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with greenroom.join(f"ws://127.0.0.1:{port}", "relayed", "bot") as game:
            assert (await asyncio.wait_for(game.until_ended(), ANSWER_S))["reason"] == "cancelled"


async def test_a_program_goes_by_relay_where_peers_are_validated(servers, greenroom):
    async def play(subject):
        async with greenroom.join(servers.matchmaker.ws, "peers", subject) as game:
            assert (await game.started())["transport"] == "relay"
            await game.ready("both")
            await game.finish()
            return (await game.until_ended())["reason"]

    assert await asyncio.gather(play("a"), play("b")) == ["completed"] * 2


async def test_a_program_is_put_back_and_plays_with_another(servers, greenroom):
    async with greenroom.join(servers.matchmaker.ws, "relayed", "bot") as game:
        ann = Player(servers, "ann")
        await ann.join("relayed")
        await ann.matched()
        await ann.enter()
        # Before all are inside, or at the latest then.
        await ann.game.send("leave")
        events = []

        async def reading():
            async for event in game:
                events.append(event)
                if isinstance(event, dict) and event["type"] == "ended" and not event.get("requeued"):
                    return

        task = asyncio.create_task(reading())
        await ann.ended("player_left")
        # The bot may hear of it after her, and of which of the two it was.
        async with asyncio.timeout(ANSWER_S):
            while not any(isinstance(event, dict) and event["type"] == "ended" for event in events):
                await asyncio.sleep(0.01)
        if not game.ended:
            ben = Player(servers, "ben")
            await ben.join("relayed")
            await ben.matched()
            await ben.enter()
            await ben.until_play()
            await ben.game.send("leave")
            await ben.ended("player_left")
        await asyncio.wait_for(task, 20)
        assert game.ended["reason"] == "player_left"


async def test_errors_that_leave_nothing_to_go_on_with_are_raised(servers, greenroom):
    for server, scene, code in ((servers.matchmaker.ws, "nowhere", "unknown_scene"),):
        async with greenroom.join(server, scene, "bot") as game:
            with pytest.raises(greenroom.Failed, match=code) as failed:
                await game.started()
            assert failed.value.code == code
            with pytest.raises(greenroom.Failed):
                await game.until_ended()


async def test_a_barrier_of_a_session_that_ends_fails(servers, greenroom):
    ann = Player(servers, "ann")
    await ann.join("relayed")
    async with greenroom.join(servers.matchmaker.ws, "relayed", "bot") as game:
        await ann.matched()
        await ann.enter()
        await game.started()
        waiting = asyncio.create_task(game.ready("never"))
        await ann.until_play()
        await ann.game.send("leave")
        with pytest.raises(greenroom.Failed):
            await asyncio.wait_for(waiting, 10)
        assert (await game.until_ended())["reason"] == "player_left"
        with pytest.raises(greenroom.Failed):
            await asyncio.wait_for(game.ready("too late"), 10)
