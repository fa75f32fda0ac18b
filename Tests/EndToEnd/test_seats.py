"""Bots that take the seats of lost players: offered over HTTP by an administrator, played by greenroom.py."""

import asyncio

import pytest
from examples import library
from players import ALL, ORDERED, Line, finish, match, playing, validate
from processes import eventually
from test_administration import TOKEN, ask

RULES = {"groupSize": 3, "identity": "open", "reconnectGrace": "20s", "absence": {"loss": "bot"}}
SCENES = [
    {"id": "table", **RULES, "rules": {"roles": {"attribute": "role", "seats": [{"role": "guest", "count": 3}]}}},
    {"id": "direct", **RULES, "validatePeers": True},
    {"id": "empty", **RULES, "absence": {"loss": "empty"}},
    {"id": "lockstep", **RULES, "ticks": {"interval": "20ms"}},
]


@pytest.fixture
def servers(make_servers, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    options = ["--admin-token-file", file]
    return make_servers(scenes=SCENES, matchmaker_options=options, coordinator_options=options).start()


@pytest.fixture
def greenroom(servers, tmp_path):
    return library(servers, tmp_path)


def seat(player, **options):
    return ask(player.servers.coordinator, f"/v1/sessions/{player.session}/players/{player.index}/seat", "POST", **options)


async def lose(player, others):
    await player.game.send("leave")
    await player.ended("player_left")
    for other in others:
        assert (await other.game.until("playerLost"))["seat"] == "bot"


async def offered(player):
    status, answer = await asyncio.to_thread(seat, player)
    assert status == 200, answer
    return answer


async def echo(greenroom, answer):
    """Answers each message until the game has ended: why it has."""
    async with greenroom.sit(answer) as game:
        async for event in game:
            if isinstance(event, greenroom.Message):
                await game.send(event.sender, b"bot:" + event.payload)
        return game.ended


async def says(player, bot, text):
    """A message of a player to the bot, and its answer."""
    await player.send_binary(bot, text)
    assert await player.game.until_binary() == bytes([ORDERED, bot]) + b"bot:" + text


async def test_a_bot_takes_a_lost_seat_plays_and_is_dismissed_when_the_others_finish(servers, greenroom):
    ann, ben, cem = await playing(servers, "table", 3)
    await lose(cem, (ann, ben))
    await ann.send_binary(cem.index, b"anybody there?")
    answer = await offered(cem)
    assert answer.keys() == {"session", "player", "players", "url", "ticket", "role"}
    assert (answer["session"], answer["player"], answer["players"], answer["role"]) == (cem.session, 2, 3, "guest")
    assert answer["ticket"] != cem.match["ticket"] and answer["url"] == cem.match["url"]
    bot = asyncio.create_task(echo(greenroom, answer))
    for player in (ann, ben):
        assert await player.game.until("playerSeated") == {"type": "playerSeated", "player": 2}
    assert await ann.game.until_binary() == bytes([ORDERED, 2]) + b"bot:anybody there?", "what was said to the seat is kept for it"
    await says(ben, 2, b"hello")
    await ann.send_binary(1, b"between us")
    assert await ben.game.until_binary() == bytes([ORDERED, 0]) + b"between us", "which it does not hear, or it would answer"
    await ben.send_binary(ALL, b"to all")
    assert await ann.game.until_binary() == bytes([ORDERED, 1]) + b"to all"
    assert await ben.game.until_binary() == bytes([ORDERED, 2]) + b"bot:to all"
    # The lost one's own ticket opens the seat no more.
    cem.game = await Line.open(cem.match["url"])
    await cem.game.send("enter", session=cem.session, ticket=cem.match["ticket"])
    await cem.ended("player_left")
    _, shown = ask(servers.coordinator, f"/v1/sessions/{ann.session}")
    assert [(each["presence"], each.get("lost")) for each in shown["players"]] == [
        ("connected", None), ("connected", None), ("connected", "player_left")]
    await finish([ann, ben])
    ended = await asyncio.wait_for(bot, 10)
    assert ended["reason"] == "completed" and not ended["requeued"] and "resume" not in ended
    [outcome] = servers.matchmaker.outcomes(ann.session)
    assert outcome["lost"] == f"{cem.subject}=player_left"
    _, shown = ask(servers.coordinator, f"/v1/sessions/{ann.session}")
    assert [each.get("lost") for each in shown["players"]] == [None, None, "player_left"]
    offers = eventually(lambda: servers.coordinator.log("seat_offered"), "the offers are logged")
    assert {entry["answer"] for entry in offers} == {"offered"}


async def test_a_seat_is_refused_with_a_reason_where_none_is_to_be_had(servers):
    ann, ben, cem = await playing(servers, "table", 3)

    async def refused(status, player, **options):
        code, answer = await asyncio.to_thread(seat, player, **options)
        assert code == status and {"error", "message"} == answer.keys(), (code, answer)
        return answer["message"]

    assert "no player of this seat is lost" in await refused(409, cem)
    await refused(401, cem, token=None)
    await refused(403, cem, token=TOKEN[:-1])
    await lose(cem, (ann, ben))
    path = f"/v1/sessions/{ann.session}/players"
    assert ask(servers.coordinator, f"{path}/3/seat", "POST")[0] == 404
    assert ask(servers.coordinator, f"{path}/2/seat")[0] == 405
    assert ask(servers.matchmaker, f"{path}/2/seat", "POST")[0] == 404
    first, second = await offered(cem), await offered(cem)
    late = await Line.open(first["url"])
    await late.send("enter", session=first["session"], ticket=first["ticket"])
    await late.until("error", code="bad_ticket")
    bot = await Line.open(second["url"])
    await bot.send("enter", session=second["session"], ticket=second["ticket"])
    await bot.until("play")
    assert "a bot sits there" in await refused(409, cem)
    # An administrator may throw it out, and one that is gone may be followed by another.
    assert ask(servers.coordinator, f"{path}/2/exclude", "POST", {"reason": "plays badly"})[0] == 200
    await bot.closes(1000)
    for player in (ann, ben):
        assert await player.game.until("playerLost", player=2)
    assert "is out of the game: player_left" in ask(servers.coordinator, f"{path}/2/exclude", "POST", {"reason": "too"})[1]["message"]
    third = await offered(cem)
    await finish([ann, ben])
    assert "the session has ended" in await refused(409, cem)
    late = await Line.open(third["url"])
    await late.send("enter", session=third["session"], ticket=third["ticket"])
    await late.closes(*range(4000, 5000))
    others = await playing(servers, "empty", 3)
    await others[0].game.send("leave")
    await others[1].game.until("playerLost", player=0, seat="empty")
    assert "no seats for bots" in await refused(409, others[0])
    await finish(others[1:])


async def test_the_library_says_so_when_its_seat_is_gone(servers, greenroom):
    ann, ben, cem = await playing(servers, "table", 3)
    await lose(cem, (ann, ben))
    void, _ = await offered(cem), await offered(cem)
    with pytest.raises(greenroom.Failed, match="bad_ticket"):
        async with greenroom.sit(void) as game:
            await game.until_ended()
    await finish([ann, ben])


async def test_in_direct_play_a_bot_brings_everybody_to_the_relay(servers, greenroom):
    players = ann, ben, cem = await playing_direct(servers)
    assert {player.play["transport"] for player in players} == {"peer"}
    await lose(cem, (ann, ben))
    # What the two still say of it changes nothing.
    for player in (ann, ben):
        await player.game.send("peerLost", peer=2)
    await ann.game.silence()
    bot = asyncio.create_task(echo(greenroom, await offered(cem)))
    for player in (ann, ben):
        await player.game.expect("transport", transport="relay")
        await player.game.expect("playerSeated", player=2)
    await says(ann, 2, b"by relay")
    await ann.send_binary(1, b"this too")
    assert await ben.game.until_binary() == bytes([ORDERED, 0]) + b"this too"
    await ann.game.drop()
    await ann.enter(received=1)
    assert (await ann.until_play())["transport"] == "relay"
    await finish([ann, ben])
    assert (await bot)["reason"] == "completed"
    [entry] = eventually(lambda: servers.coordinator.log("fell_back_to_relay"), "it is logged")
    assert entry["bot"] == 2


async def playing_direct(servers):
    players = await match(servers, "direct", 3)
    await asyncio.gather(*(player.enter() for player in players))
    await validate(players)
    await asyncio.gather(*(player.until_play() for player in players))
    return players


async def test_a_bot_plays_ticks_from_where_the_game_is(servers, greenroom):
    ann, ben, cem = await playing(servers, "lockstep", 3)
    await lose(cem, (ann, ben))
    answer = await offered(cem)

    async def walk():
        async with greenroom.sit(answer) as game:
            async for event in game:
                if isinstance(event, greenroom.Tick):
                    await game.tick(b"bot")
            return game.ended["reason"]

    bot = asyncio.create_task(walk())
    await ann.game.until("playerSeated", player=2)
    async with asyncio.timeout(10):
        while b"bot" not in await ann.game.until_binary():
            pass
    await finish([ann, ben])
    assert await bot == "completed"
