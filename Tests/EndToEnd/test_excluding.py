"""Who may exclude whom, by what, and where the reason stands."""

import asyncio
import contextlib
import json
import time

import pytest
from players import ALL, ORDERED, finish, match, playing, validate
from test_administration import TOKEN, ask
from test_losses import recorded
from websockets.exceptions import ConnectionClosed

# How late one answers whose way is too long.
FAR_S = 0.8
THREE = {"groupSize": 3, "identity": "open", "absence": {"loss": "empty"}}
SCENES = [
    {"id": "table", **THREE}, {"id": "direct", **THREE, "validatePeers": True},
    {"id": "watched", **THREE, "groupSize": 2, "watch": {"roundTripMax": "400ms", "roundTripFor": "3s", "warning": "2s"}},
    {"id": "seen", **THREE, "watch": {"hiddenFor": "600ms", "silentFor": "1500ms", "warning": "300ms"}},
]


@pytest.fixture
def servers(make_servers, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    return make_servers(scenes=SCENES, coordinator_options=["--admin-token-file", file]).start()


def losses(servers, player):
    [outcome] = recorded(servers, player.session)
    return [(each["player"], each["reason"], each["text"]) for each in outcome["losses"]]


async def test_nothing_that_a_player_says_excludes_another(servers):
    ann, ben, cem = await playing(servers, "table", 3)
    # Whatever it names, it speaks of itself; and what would be another's to say is not known.
    for words in ({"type": "kick", "player": 1}, {"type": "playerLost", "player": 1}, {"type": "warning", "about": "silent"},
                  {"type": "cancel"}, {"type": "excluded", "player": 1, "reason": "x"}):
        await ann.game.raw(json.dumps(words))
        await ann.game.expect("error", code="unknown_type")
    for token in (ann.match["ticket"], ben.match["ticket"], "", None):
        status, _ = ask(servers.coordinator, f"/v1/sessions/{ann.session}/players/1/exclude", "POST", {"reason": "x"}, token=token)
        assert status in (401, 403)
    await ann.game.send("visibility", hidden=True, player=1)
    await ann.game.send("exclude", reason="he cheats", player=1, subject=ben.subject, session=ben.session, to=1, ticket=ben.match["ticket"])
    await ann.ended("player_excluded")
    for player in (ben, cem):
        await player.game.expect("playerLost", player=0, reason="player_excluded")
    await ben.send_binary(ALL, b"still here")
    assert await cem.game.until_binary() == bytes([ORDERED, 1]) + b"still here"
    await finish([ben, cem])
    assert losses(servers, ben) == [(0, "player_excluded", "he cheats")]


async def test_two_who_say_that_they_cannot_reach_a_third_do_not_exclude_it(servers):
    players = ann, ben, cem = await match(servers, "direct", 3)
    await asyncio.gather(*(player.enter() for player in players))
    await validate(players)
    await asyncio.gather(*(player.until_play() for player in players))
    for _ in range(12):
        for player in (ann, ben):
            await player.game.send("peerLost", peer=2)
            await player.game.send("validationFailed", peer=2, detail="he cheats")
    for player in players:
        await player.game.until("transport", transport="relay")
    await cem.send_binary(ALL, b"still here")
    assert await ann.game.until_binary() == bytes([ORDERED, 2]) + b"still here"
    await finish(players)
    [outcome] = recorded(servers, cem.session)
    assert outcome["reason"] == "completed" and "losses" not in outcome and not any(each["isBlamed"] for each in outcome["players"])


async def entered(servers):
    """Two who are inside, and have read nothing yet: the first question of the clock is among it."""
    players = await match(servers, "watched", 2)
    for player in players:
        await player.enter()
    return players


async def clocks(player, delay_s):
    """Answers the questions of the clock so late, and gives what else it hears, until it has ended."""
    heard = []
    while (message := await player.game.next(with_clocks=True)) is not None:
        if isinstance(message, dict) and message["type"] == "clock":
            await asyncio.sleep(delay_s())
            with contextlib.suppress(ConnectionClosed):
                await player.game.send("clock", sample=message["sample"], clientMs=time.monotonic() * 1000)
        else:
            heard.append(message)
    return heard


async def test_one_whose_way_is_too_long_is_warned_and_excluded_and_nobody_else(servers):
    ann, ben = await entered(servers)
    near = asyncio.create_task(clocks(ben, lambda: 0))
    far = await clocks(ann, lambda: FAR_S)
    warnings = [each for each in far if each["type"] == "warning"]
    assert warnings[0] == {"type": "warning", "about": "roundTrip", "inMs": 2000}
    assert far[-1]["type"] == "ended" and far[-1]["reason"] == "player_excluded"
    await ben.game.send("finish")
    assert [each["type"] for each in await near if each["type"] != "start"] == ["play", "playerLost", "ended"]
    assert losses(servers, ben) == [(0, "player_excluded", "round trip over 400 ms for 3000 ms")]


async def test_a_way_that_is_short_again_in_time_is_forgiven(servers):
    ann, ben = await entered(servers)
    warned = asyncio.Event()
    near = asyncio.create_task(clocks(ben, lambda: 0))

    async def answer(sample):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(warned.wait(), FAR_S)
        await ann.game.send("clock", sample=sample, clientMs=0)

    async def hear(answers):
        over = None
        while over is None:
            message = await ann.game.next(with_clocks=True)
            if message["type"] == "clock":
                answers.create_task(answer(message["sample"]))
            elif message["type"] == "warning":
                warned.set()
                over = message.get("over")
        return over

    async with asyncio.timeout(20), asyncio.TaskGroup() as answers:
        assert await hear(answers) is True
    for player in (ann, ben):
        await player.game.send("finish")
    await ann.ended("completed")
    assert (await near)[-1]["reason"] == "completed"


async def test_each_reason_stands_in_the_outcome(servers):
    ann, ben, cem = await playing(servers, "seen", 3)

    async def talk(player, hidden):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await player.game.send("visibility", hidden=hidden)
                await asyncio.sleep(0.1)

    # To the end, so that neither is silent meanwhile.
    talking = asyncio.gather(talk(ann, True), talk(cem, False))
    await asyncio.gather(ann.ended("player_excluded"), ben.ended("player_excluded"))
    path = f"/v1/sessions/{cem.session}/players/2/exclude"
    assert (await asyncio.to_thread(ask, servers.coordinator, path, "POST", {"reason": "wrote insults"}))[0] == 200
    await cem.ended("player_excluded")
    await talking
    assert losses(servers, cem) == [
        (0, "player_excluded", "page hidden for 600 ms"), (1, "player_excluded", "silent for 1500 ms"),
        (2, "player_excluded", "wrote insults")]
    [outcome] = recorded(servers, cem.session)
    assert [each["isBlamed"] for each in outcome["players"]] == [False, False, True], "the last one ended it"
