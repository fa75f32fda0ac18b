"""Scenes of experiments: who is what, which condition a session has, and who never meets again."""

import asyncio

import pytest
from players import Line, Player, finish

GAME = {"id": "game", "groupSize": 2, "validatePeers": False}
SEATS = [{"role": "proposer", "count": 1}, {"role": "responder", "count": 1}]
ROLES = {**GAME, "rules": {"roles": {"attribute": "role", "seats": SEATS}}}


async def join(servers, subject=None, role=None):
    player = Player(servers, subject)
    await player.join("game", **({"attributes": {"role": role}} if role else {}))
    return player


async def played(servers, *players):
    """A whole game of those who wait, and what it was by the outcome."""
    await asyncio.gather(*(player.matched() for player in players))
    await asyncio.gather(*(player.enter() for player in players))
    await asyncio.gather(*(player.until_play() for player in players))
    await finish(players)
    assert len({player.session for player in players}) == 1
    return servers.matchmaker.outcomes(players[0].session)[0]


async def game(servers):
    """A game of two strangers: its treatment, of which all say the same."""
    players = [await join(servers) for _ in range(2)]
    outcome = await played(servers, *players)
    said = {outcome["treatment"], *(heard["treatment"] for player in players for heard in (player.match, player.entered))}
    assert len(said) == 1
    return said.pop()


async def restart(servers):
    servers.matchmaker.kill()
    servers.start_matchmaker()
    await asyncio.to_thread(servers.until_ready)


# What two ask to be, in the order of their coming, and what they are.
@pytest.mark.parametrize(("asked", "given"), [
    (("proposer", "responder"), ("proposer", "responder")), (("responder", "proposer"), ("responder", "proposer")),
    ((None, "proposer"), ("responder", "proposer")), (("responder", None), ("responder", "proposer")),
])
async def test_each_has_the_role_that_it_came_for(make_servers, asked, given):
    servers = make_servers(scenes=[ROLES]).start()
    players = [await join(servers, subject, role) for subject, role in zip(("ann", "ben"), asked)]
    outcome = await played(servers, *players)
    for player, role in zip(players, given):
        assert player.match["role"] == player.entered["role"] == role
        assert player.index == [seat["role"] for seat in SEATS].index(role), "players have the order of the seats"
    wanted = {f"{player.subject}={role}" for player, role in zip(players, given)}
    assert set(outcome["roles"].split(",")) == wanted


async def test_those_who_ask_for_nothing_take_one_seat_each(make_servers):
    servers = make_servers(scenes=[ROLES]).start()
    players = [await join(servers) for _ in range(2)]
    await played(servers, *players)
    assert {player.match["role"] for player in players} == {"proposer", "responder"}
    assert all(player.match["role"] == player.entered["role"] for player in players)


async def test_who_finds_no_seat_beside_another_waits_for_one_who_takes_the_other(make_servers):
    servers = make_servers(scenes=[ROLES]).start()
    first, second = [await join(servers, role="proposer") for _ in range(2)]
    await second.room.silence(0.5)
    for proposer in (first, second):
        responder = await join(servers, role="responder")
        outcome = await played(servers, proposer, responder)
        assert outcome["roles"] == f"{proposer.subject}=proposer,{responder.subject}=responder"


async def test_treatments_come_in_balanced_blocks_up_to_their_quotas_also_across_restarts(make_servers):
    treatments = {"seed": 11, "list": [{"name": "calm", "quota": 3}, {"name": "loud", "weight": 2, "quota": 6}]}
    servers, other = (make_servers(scenes=[{**GAME, "treatments": treatments}]) for _ in range(2))
    await asyncio.to_thread(servers.start)
    had = []
    for number in range(9):
        if number in (1, 5):
            await restart(servers)
        had.append(await game(servers))
        if len(had) % 3 == 0:
            assert sorted(had[-3:]) == ["calm", "loud", "loud"], had
    treated = {each["id"]: each for each in servers.matchmaker.state()["scenes"]}["game"]["treated"]
    assert treated == {"calm": 3, "loud": 6}
    for _ in range(2):
        line = await Line.open(servers.matchmaker.ws + "/v1/join")
        await line.send("join", scene="game", subject="late")
        assert (await line.until("error"))["code"] == "scene_closed"
        await line.close()
        await restart(servers)
    # The seed alone decides.
    await asyncio.to_thread(other.start)
    assert [await game(other) for _ in range(9)] == had


async def test_a_session_that_is_not_played_gives_its_treatment_back(make_servers):
    treatments = {"seed": 3, "list": [{"name": "only", "quota": 1}]}
    servers = make_servers(scenes=[{**GAME, "enterTimeout": "2s", "treatments": treatments}]).start()
    absent = [await join(servers) for _ in range(2)]
    await asyncio.gather(*(player.matched() for player in absent))
    assert {player.match["treatment"] for player in absent} == {"only"}
    outcome = servers.matchmaker.outcomes(absent[0].session)[0]
    assert (outcome["reason"], outcome["treatment"]) == ("no_show", "only")
    await restart(servers)
    assert await game(servers) == "only"


async def test_the_same_two_are_put_together_again_also_after_a_restart(make_servers):
    servers = make_servers(scenes=[{**GAME, "rules": {"encounters": {"reunite": {"wait": "5s"}}}}]).start()
    await played(servers, *[await join(servers, subject) for subject in ("ann", "ben")])
    await restart(servers)
    ann, cem = [await join(servers, subject) for subject in ("ann", "cem")]
    await cem.room.silence(0.5)
    await played(servers, ann, await join(servers, "ben"))
    # Whose partner does not come plays with others when that is over.
    await played(servers, await join(servers, "ben"), cem)


async def test_the_second_day_brings_the_groups_of_the_first_together_again(make_servers):
    second = {**GAME, "id": "day-2", "open": False, "rules": {"encounters": {"reunite": {"wait": "20s"}}, "encountersIn": ["game"]}}
    servers = make_servers(scenes=[GAME, second]).start()
    for names in (("ann", "ben"), ("cem", "dee")):
        await played(servers, *[await join(servers, subject) for subject in names])
    servers.scenes = [{**second, "open": True}, GAME]
    await restart(servers)
    players = {name: Player(servers, name) for name in ("ann", "cem", "ben", "dee")}
    for player in players.values():
        await player.join("day-2")
    for names in (("ann", "ben"), ("cem", "dee")):
        group = [players[name] for name in names]
        await played(servers, *group)
        assert servers.matchmaker.log("formed", session=group[0].session)[0]["why"].startswith("2 of 2: the group of the last game")


async def test_where_only_the_same_two_will_do_the_wait_ends(make_servers):
    rules = {"encounters": {"reunite": {"wait": "1s", "otherwise": "end"}}}
    servers = make_servers(scenes=[{**GAME, "rules": rules, "completionCodes": {"wait_timeout": "C-ALONE"}}]).start()
    await played(servers, *[await join(servers, subject) for subject in ("ann", "ben")])
    ann, cem = [await join(servers, subject) for subject in ("ann", "cem")]
    ended = await ann.room.until("ended")
    assert (ended["reason"], ended["completionCode"]) == ("wait_timeout", "C-ALONE")
    await played(servers, cem, await join(servers, "dee"))


async def test_the_same_two_never_meet_again_also_after_a_restart(make_servers):
    servers = make_servers(scenes=[{**GAME, "rules": {"encounters": "never"}}]).start()
    await played(servers, *[await join(servers, subject) for subject in ("ann", "ben")])
    for life in range(2):
        ann, ben = [await join(servers, subject) for subject in ("ann", "ben")]
        await ben.room.silence(0.5)
        await played(servers, ann, await join(servers, f"cem {life}"))
        await played(servers, ben, await join(servers, f"dee {life}"))
        if life == 0:
            await restart(servers)
