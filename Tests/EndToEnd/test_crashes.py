"""Processes that are killed in the middle, and brought back."""

import asyncio
import signal
import time

import pytest
from players import ALL, ORDERED, Player, finish, match, playing, validate
from processes import eventually

GRACE_S, MARGIN_S, TELL_WAIT_S = 2.0, 0.5, 3.0
QUICK = ["--link-margin", "500ms", "--ping-interval", "200ms"]
SHORT = ["--link-grace", "2s", *QUICK]


@pytest.fixture
def crashing(make_servers):
    """Servers whose grace passes soon."""
    return make_servers(matchmaker_options=SHORT).start()


@pytest.fixture
def lasting(make_servers):
    """Servers whose grace does not pass while a process is started again, however busy the machine is."""
    return make_servers(matchmaker_options=["--link-grace", "20s", *QUICK]).start()


async def talk(ann, ben, text):
    await ann.send_binary(ALL, text)
    assert await ben.game.until_binary() == bytes([ORDERED, ann.index]) + text


async def test_a_game_goes_on_while_the_matchmaker_is_killed_and_comes_back(lasting):
    ann, ben = await playing(lasting, "duo")
    lasting.matchmaker.kill()
    await talk(ann, ben, b"without a matchmaker")
    await asyncio.sleep(0.5)
    lasting.start_matchmaker()
    await asyncio.to_thread(lasting.until_ready)
    await asyncio.to_thread(
        eventually, lambda: lasting.matchmaker.state()["sessions"]["playing"] == 1, "it has learned of the game again")
    await talk(ben, ann, b"with it again")
    await finish([ann, ben])
    # The same people are free at once.
    again = [Player(lasting, player.subject) for player in (ann, ben)]
    for player in again:
        await player.join("duo-relay")
    for player in again:
        await player.matched()
    assert again[0].session == again[1].session != ann.session
    await asyncio.gather(*(player.enter() for player in again))
    await asyncio.gather(*(player.until_play() for player in again))
    await finish(again)


async def test_a_game_may_end_while_the_matchmaker_is_away(lasting):
    ann, ben = await playing(lasting, "duo-relay")
    lasting.matchmaker.kill()
    for player in (ann, ben):
        await player.game.send("finish")
    # Durable in the coordinator's outbox is enough after a bounded wait.
    for player in (ann, ben):
        await player.ended("completed")
    lasting.start_matchmaker()
    await asyncio.to_thread(lasting.until_ready)
    outcome = eventually(lambda: lasting.matchmaker.outcomes(ann.session), "the outcome arrives")
    assert [each["reason"] for each in outcome] == ["completed"]


async def test_validation_goes_on_while_the_matchmaker_is_away(lasting):
    players = await match(lasting, "duo", 2)
    await asyncio.gather(*(player.enter() for player in players))
    lasting.matchmaker.kill()
    await validate(players)
    await asyncio.gather(*(player.until_play() for player in players))
    lasting.start_matchmaker()
    await asyncio.to_thread(lasting.until_ready)
    await finish(players)


async def test_one_who_plays_is_not_matched_again_after_a_restart(lasting):
    ann, ben = await playing(lasting, "duo-relay")
    lasting.matchmaker.kill()
    lasting.start_matchmaker().until_alive()
    again = Player(lasting, ann.subject)
    await again.ask_to_join("duo-relay", resume=ann.resume)
    stranger = Player(lasting)
    await stranger.join("duo-relay")
    # The scene trusts names: it is a reload, which leads back into the live session.
    matched = await again.matched()
    assert (matched["session"], matched["ticket"]) == (ann.session, ann.match["ticket"])
    await stranger.closes()
    await finish([ann, ben])


async def test_a_coordinator_without_its_matchmaker_ends_its_games_after_the_grace(crashing):
    ann, ben = await playing(crashing, "duo-relay")
    began = time.monotonic()
    crashing.matchmaker.kill()
    for player in (ann, ben):
        # The grace by default is 15 s.
        ended = await player.game.until("ended", timeout_s=13)
        assert ended["reason"] == "coordinator_lost"
    # Told once the link has been down for the default of --tell-wait after the end, since nobody can acknowledge it.
    assert time.monotonic() - began > GRACE_S + TELL_WAIT_S - 1.5
    crashing.start_matchmaker()
    await asyncio.to_thread(crashing.until_ready)


async def test_a_killed_coordinator_frees_its_players_within_the_grace(crashing):
    ann, ben = await playing(crashing, "duo-relay")
    began = time.monotonic()
    crashing.coordinator.kill()
    await ann.game.closes(1006)
    await asyncio.to_thread(crashing.until_empty, 12)
    assert time.monotonic() - began > 0.9 * GRACE_S, "not before it is certain that nobody plays any more"
    outcome = crashing.matchmaker.outcomes(ann.session)
    assert [each["reason"] for each in outcome] == ["coordinator_lost"]
    crashing.start_coordinator()
    await asyncio.to_thread(crashing.until_ready)
    again = [Player(crashing, player.subject) for player in (ann, ben)]
    for player in again:
        await player.join("duo-relay")
    await asyncio.gather(*(player.matched() for player in again))
    await asyncio.gather(*(player.enter() for player in again))
    await asyncio.gather(*(player.until_play() for player in again))
    await finish(again)


async def test_what_nobody_claims_behind_a_restart_is_lost_when_grace_and_margin_are_over_and_not_before(make_servers):
    """All crash, and the coordinator with the game never comes back. Another one takes everybody else at once."""
    # Enough for a whole game of others before it is over, however busy the machine is.
    grace_s = 8.0
    servers = make_servers(matchmaker_options=["--link-grace", "8s", *QUICK]).start()
    ann, ben = await playing(servers, "duo-relay")
    servers.coordinator.kill()
    servers.matchmaker.kill()
    began = time.monotonic()
    servers.start_matchmaker().until_alive()
    servers.start_coordinator(node="node-2")
    await asyncio.to_thread(servers.until_ready)
    await finish(await playing(servers, "duo-relay"))
    assert servers.matchmaker.state()["sessions"]["matched"] == 1, "it is known from the journal alone"
    cid = Player(servers)
    await cid.join("duo-relay")
    # She may still be playing somewhere: nobody is matched with her before that is known.
    again = Player(servers, ann.subject)
    await again.join("duo-relay", resume=ann.resume)
    await asyncio.gather(again.matched(30), cid.matched(30))
    assert time.monotonic() - began > grace_s + MARGIN_S - 0.1
    assert again.session == cid.session != ann.session
    (outcome,) = servers.matchmaker.outcomes(ann.session)
    assert outcome["reason"] == "coordinator_lost"
    await asyncio.gather(again.enter(), cid.enter())
    await asyncio.gather(again.until_play(), cid.until_play())
    await finish([again, cid])


async def test_a_coordinator_that_is_back_settles_the_matter_at_once(make_servers):
    servers = make_servers().start()
    ann, ben = await playing(servers, "duo-relay")
    servers.coordinator.kill()
    # The same node, with the same folder, as a supervisor would start it.
    servers.start_coordinator(node="node-1").until_alive()
    await asyncio.to_thread(servers.until_empty, 12)
    outcome = servers.matchmaker.outcomes(ann.session)
    assert [each["reason"] for each in outcome] == ["coordinator_lost"]


async def test_only_the_games_of_the_killed_coordinator_end(make_servers):
    servers = make_servers(matchmaker_options=SHORT).start(coordinators=2)
    pairs = [await playing(servers, "duo-relay") for _ in range(4)]
    servers.coordinators[0].kill()
    lost = [pair for pair in pairs if pair[0].match["url"].startswith(servers.coordinators[0].ws)]
    kept = [pair for pair in pairs if pair not in lost]
    assert len(lost) == len(kept) == 2
    for ann, ben in kept:
        await talk(ann, ben, b"unharmed")
    ann = Player(servers)
    await ann.join("duo-relay")
    ben = Player(servers)
    await ben.join("duo-relay")
    await asyncio.gather(ann.matched(), ben.matched())
    assert ann.match["url"].startswith(servers.coordinators[1].ws)
    await asyncio.gather(ann.enter(), ben.enter())
    await asyncio.gather(ann.until_play(), ben.until_play())
    for pair in [*kept, (ann, ben)]:
        await finish(pair)


async def test_a_waiting_player_keeps_the_place_when_the_matchmaker_restarts(lasting):
    ann = Player(lasting)
    await ann.join("duo-relay")
    await asyncio.sleep(0.5)
    lasting.matchmaker.kill()
    lasting.start_matchmaker()
    await asyncio.to_thread(lasting.until_ready)
    waiting = await ann.join("duo-relay", resume=ann.resume)
    assert waiting["waitedMs"] >= 500
    await ann.closes()


async def test_a_coordinator_that_is_stopped_for_longer_than_the_grace_holds_nothing(crashing):
    """A stalled process must not go on as if nothing had happened: deadlines come before input."""
    ann, ben = await playing(crashing, "duo-relay")
    crashing.coordinator.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(GRACE_S + MARGIN_S + 1.5)
        await ann.send_binary(ALL, b"into the void")
        (said,) = await asyncio.to_thread(crashing.matchmaker.outcomes, ann.session)
        assert said["reason"] == "coordinator_lost"
    finally:
        crashing.coordinator.signal(signal.SIGCONT)
    for player in (ann, ben):
        ended = await player.game.until("ended")
        assert ended["reason"] != "completed"
    assert ORDERED not in [message[0] for message in ben.game.heard if isinstance(message, bytes)]
    await asyncio.to_thread(crashing.until_ready)


async def test_a_hanging_matchmaker_that_comes_back_in_time_changes_nothing(lasting):
    ann, ben = await playing(lasting, "duo-relay")
    lasting.matchmaker.signal(signal.SIGSTOP)
    await asyncio.sleep(0.8)
    lasting.matchmaker.signal(signal.SIGCONT)
    await talk(ann, ben, b"on")
    await finish([ann, ben])


async def test_kill_after_kill_leaves_nothing_behind(lasting):
    for _ in range(3):
        players = await playing(lasting, "duo-relay")
        lasting.matchmaker.kill()
        lasting.start_matchmaker()
        await asyncio.to_thread(lasting.until_ready)
        await finish(players)
