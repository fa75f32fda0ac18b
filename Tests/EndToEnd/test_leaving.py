"""Every way out of a room, of the hand-off and of a game."""

import asyncio
import contextlib
import time

import pytest
from players import ALL, Line, ORDERED, Player, finish, match, playing
from websockets.exceptions import ConnectionClosed

# Only what a test waits for is short: on a busy machine everything else takes its time.
QUICK = {
    "id": "quick", "groupSize": 2, "validatePeers": False, "identity": "open", "reconnectGrace": "1s", "barrierTimeout": "1s",
}
HASTY = {**QUICK, "id": "hasty", "enterTimeout": "2s"}
CHECKED = {**QUICK, "validatePeers": True, "validationTimeout": "20s"}


@pytest.fixture
def quick(make_servers):
    """Scenes with deadlines of a second or two."""
    return make_servers(scenes=[
        QUICK, HASTY,
        {**CHECKED, "id": "checked", "onValidationFailure": "requeue"},
        {**CHECKED, "id": "checked-relay", "onValidationFailure": "relay"},
        {**CHECKED, "id": "checked-end", "onValidationFailure": "end"},
        {**CHECKED, "id": "checked-briefly", "onValidationFailure": "requeue", "validationTimeout": "2s"},
        {**QUICK, "id": "impatient", "waitTimeout": "1s"},
        {**QUICK, "id": "short", "playTimeout": "1s"},
        {**QUICK, "id": "proof", "identity": "proof"},
    ]).start()


async def test_a_lone_waiter_leaves(servers):
    ann = Player(servers)
    waiting = await ann.join("duo")
    await ann.room.send("leave")
    ended = await ann.room.until("ended")
    assert (ended["session"], ended["reason"]) == (waiting["session"], "player_left")
    await ann.room.closes(1000)


async def test_a_lone_waiter_vanishes(servers):
    ann = Player(servers)
    await ann.join("duo")
    await ann.room.drop()
    servers.until_empty()


async def test_nobody_waits_for_longer_than_the_scene_allows(quick):
    ann = Player(quick)
    began = time.monotonic()
    await ann.join("impatient")
    ended = await ann.room.until("ended")
    assert ended["reason"] == "wait_timeout" and time.monotonic() - began > 0.9
    await ann.room.closes(1000)


@pytest.mark.parametrize("scene", ["duo", "duo-relay"])
async def test_leaving_a_game_ends_it_for_the_other_and_tells_both(servers, scene):
    ann, ben = await playing(servers, scene)
    await ann.game.send("leave")
    for player in (ann, ben):
        assert (await player.ended("player_left"))["requeued"] is False


async def test_one_who_excludes_himself_ends_the_game(servers):
    ann, ben = await playing(servers, "duo-relay")
    await ann.game.send("exclude", reason="lost focus")
    for player in (ann, ben):
        await player.ended("player_excluded")


async def test_one_who_returns_within_the_grace_gets_what_was_missed(servers):
    ann, ben = await playing(servers, "duo-relay")
    for number in range(10):
        await ann.send_binary(ALL, bytes([number]))
    for number in range(4):
        assert (await ben.game.until_binary())[2:] == bytes([number])
    await ben.game.drop()
    gone = await ann.game.until("peerDisconnected")
    assert gone["player"] == ben.index and gone["graceMs"] > 0
    for number in range(10, 15):
        await ann.send_binary(ben.index, bytes([number]))

    entered = await ben.enter(received=4)
    assert entered["state"] == "playing"
    assert (await ben.game.until("play"))["seed"] == ben.play["seed"]
    for number in range(4, 15):
        assert await ben.game.until_binary() == bytes([ORDERED, ann.index, number])
    assert (await ann.game.until("peerReconnected"))["player"] == ben.index
    await ben.send_binary(ann.index, b"back")
    assert await ann.game.until_binary() == bytes([ORDERED, ben.index]) + b"back"
    await finish([ann, ben])


async def test_one_who_has_seen_nothing_gets_everything(servers):
    ann, ben = await playing(servers, "duo-relay")
    for number in range(5):
        await ann.send_binary(ALL, bytes([number]))
    assert (await ben.game.until_binary())[2:] == b"\x00"
    await ben.game.close()
    await ben.enter()
    await ben.game.until("play")
    for number in range(5):
        assert await ben.game.until_binary() == bytes([ORDERED, ann.index, number])
    await finish([ann, ben])


async def test_one_who_returns_too_late_has_ended_the_game(quick):
    ann, ben = await playing(quick, "quick")
    await ben.game.drop()
    await ann.game.until("peerDisconnected")
    assert (await ann.ended("player_disconnected"))["requeued"] is False
    late = await Line.open(ben.match["url"])
    await late.send("enter", session=ben.session, ticket=ben.match["ticket"])
    answer = await late.expect("ended", reason="player_disconnected")
    assert answer["requeued"] is False
    await late.closes(1000)


async def test_a_newer_connection_replaces_the_older_and_the_others_hear_nothing(servers):
    ann, ben = await playing(servers, "duo-relay")
    older = ben.game
    await ben.enter()
    await older.closes(4001)
    await ben.game.until("play")
    await ann.send_binary(ALL, b"to the new one")
    assert (await ben.game.until_binary())[2:] == b"to the new one"
    assert not any(isinstance(m, dict) and m["type"].startswith("peer") for m in ann.game.heard)
    await ann.game.silence()
    await finish([ann, ben])


async def test_one_who_never_enters_is_to_blame_and_the_other_is_matched_anew(quick):
    ann, ben = await match(quick, "hasty", 2)
    await ann.enter()
    ended = await ann.ended("no_show")
    assert ended["requeued"] is True and ended["resume"]

    stranger, back = Player(quick), Player(quick, ann.subject)
    await stranger.join("hasty")
    await back.join("hasty", resume=ended["resume"])
    await back.matched()
    await stranger.matched()
    assert back.session == stranger.session != ann.session
    await asyncio.gather(back.enter(), stranger.enter())
    await asyncio.gather(back.until_play(), stranger.until_play())
    await finish([back, stranger])


async def test_one_who_was_put_back_comes_before_those_who_joined_meanwhile(make_servers):
    servers = make_servers(scenes=[HASTY], coordinator_options=["--capacity", 1]).start()
    ann, _ = await match(servers, "hasty", 2)
    await ann.enter()
    ended = await ann.ended("no_show")
    # While one game takes the only coordinator, two strangers fill a room, and then who was put back and a newcomer.
    busy = await playing(servers, "hasty")
    strangers = [Player(servers), Player(servers)]
    back, newcomer = Player(servers, ann.subject), Player(servers)
    for player in strangers:
        await player.join("hasty")
    await back.join("hasty", resume=ended["resume"])
    await newcomer.join("hasty")
    await finish(busy)
    for pair in ([back, newcomer], strangers):
        await asyncio.gather(*(player.matched() for player in pair))
        if pair[0] is back:
            await strangers[0].room.until("waiting", players=2)
            await strangers[0].room.silence()
        await asyncio.gather(*(player.enter() for player in pair))
        await asyncio.gather(*(player.until_play() for player in pair))
        await finish(pair)


async def test_one_who_was_put_back_has_the_time_already_waited(quick):
    ann, ben = await match(quick, "hasty", 2)
    await asyncio.sleep(0.3)
    await ann.enter()
    ended = await ann.ended("no_show")
    back = Player(quick, ann.subject)
    waiting = await back.join("hasty", resume=ended["resume"])
    assert waiting["waitedMs"] >= 2000, "the time until the end of the first session counts"
    await back.closes()


async def test_a_vanished_player_before_play_strands_nobody(quick):
    ann, ben = await match(quick, "checked", 2)
    await asyncio.gather(ann.enter(), ben.enter())
    await ann.game.until("validate")
    await ben.game.drop()
    ended = await ann.ended("player_disconnected")
    assert ended["requeued"] is True and ended["resume"]


async def test_leaving_during_validation_puts_the_other_back(quick):
    ann, ben = await match(quick, "checked", 2)
    await asyncio.gather(ann.enter(), ben.enter())
    await ben.game.until("validate")
    await ben.game.send("leave")
    assert (await ann.ended("player_left"))["requeued"] is True
    assert (await ben.ended("player_left"))["requeued"] is False


async def fail(player, peer):
    """As often as there are attempts: what is said of one that is over by then costs an error at most."""
    for _ in range(3):
        await player.game.send("validationFailed", peer=peer.index, detail="ice failed")


async def test_when_validation_fails_both_go_back_and_are_not_paired_again_at_once(quick):
    ann, ben = await match(quick, "checked", 2)
    await asyncio.gather(ann.enter(), ben.enter())
    for player, peer in ((ann, ben), (ben, ann)):
        await player.game.until("validate")
        await fail(player, peer)
    ends = [await player.ended("validation_failed") for player in (ann, ben)]
    assert [end["requeued"] for end in ends] == [True, True]
    again = [Player(quick, player.subject) for player in (ann, ben)]
    for player, end in zip(again, ends):
        await player.join("checked", resume=end["resume"])
    await again[0].room.silence(0.5)
    carl, dora = Player(quick), Player(quick)
    await carl.join("checked")
    await dora.join("checked")
    everyone = [*again, carl, dora]
    await asyncio.gather(*(player.matched() for player in everyone))
    assert again[0].session != again[1].session, "each has another partner now"
    await asyncio.gather(*(player.enter() for player in everyone))
    for player in everyone:
        # It has ended already for one whose partner's word was faster.
        with contextlib.suppress(ConnectionClosed):
            await player.game.send("leave")
    for player in everyone:
        await player.game.until("ended")


async def test_one_who_is_silent_in_validation_is_to_blame(quick):
    ann, ben = await match(quick, "checked-briefly", 2)
    await asyncio.gather(ann.enter(), ben.enter())
    await ann.game.until("validate")
    await ann.game.send("validated", peer=ben.index)
    assert (await ann.ended("validation_timeout"))["requeued"] is True
    assert (await ben.ended("validation_timeout"))["requeued"] is False


async def test_a_scene_may_fall_back_to_the_relay(quick):
    ann, ben = await match(quick, "checked-relay", 2)
    await asyncio.gather(ann.enter(), ben.enter())
    await ann.game.until("validate")
    await fail(ann, ben)
    await fail(ben, ann)
    for player in (ann, ben):
        assert (await player.until_play())["transport"] == "relay"
    await ann.send_binary(ALL, b"over the server")
    assert (await ben.game.until_binary())[2:] == b"over the server"
    await finish([ann, ben])


async def test_a_scene_may_end_when_validation_fails(quick):
    ann, ben = await match(quick, "checked-end", 2)
    await asyncio.gather(ann.enter(), ben.enter())
    await ann.game.until("validate")
    await fail(ann, ben)
    await fail(ben, ann)
    for player in (ann, ben):
        assert (await player.ended("validation_failed"))["requeued"] is False


async def test_a_barrier_does_not_wait_for_ever(quick):
    ann, ben = await playing(quick, "quick")
    await ann.game.send("ready", barrier="b")
    for player in (ann, ben):
        await player.ended("barrier_timeout")


async def test_a_game_does_not_last_for_ever(quick):
    ann, ben = await playing(quick, "short")
    for player in (ann, ben):
        await player.ended("time_limit")


async def test_a_second_place_needs_proof(quick):
    ann = Player(quick)
    waiting = await ann.join("proof")
    for wrong in ({}, {"resume": "rubbish"}, {"resume": waiting["resume"][:-4] + "AAAA"}):
        thief = await Line.open(quick.matchmaker.ws + "/v1/join")
        await thief.send("join", scene="proof", subject=ann.subject, **wrong)
        await thief.until("error", code="subject_in_use")
        await thief.closes(4018)
    await ann.room.silence()

    older = ann.room
    again = await ann.join("proof", resume=waiting["resume"])
    assert again["session"] == waiting["session"] and again["players"] == 1
    assert again["waitedMs"] >= waiting["waitedMs"]
    assert (await older.until("ended"))["reason"] == "superseded"
    await older.closes(1000)
    await ann.closes()


async def test_who_waited_under_a_name_takes_nothing_of_its_owner(quick):
    """Nobody else has the name while its owner is away, so that whoever says it has a `resume` for it."""
    ann, other = Player(quick, "ann"), Player(quick, "ann")
    first = await ann.join("proof")
    await ann.closes()
    await asyncio.to_thread(quick.until_empty)
    await other.join("proof")
    await other.closes()
    await asyncio.to_thread(quick.until_empty)
    waiting = await ann.join("proof", resume=first["resume"])
    assert waiting["waitedMs"] > 0
    again = await Line.open(quick.matchmaker.ws + "/v1/join")
    await again.send("join", scene="proof", subject="ann", resume=other.resume)
    assert (await again.until("error"))["code"] == "subject_in_use"
    await again.closes(4018)
    await ann.room.silence()
    await ann.room.send("leave")
    await ann.room.until("ended", reason="player_left")


async def test_leaving_gives_up_the_place_and_a_broken_connection_does_not(quick):
    ann = Player(quick, "ann")
    await ann.join("quick")
    await asyncio.sleep(0.4)
    await ann.closes()
    await asyncio.to_thread(quick.until_empty)
    assert (await ann.join("quick", resume=ann.resume))["waitedMs"] >= 400
    await ann.room.send("leave")
    await ann.room.until("ended", reason="player_left")
    assert (await ann.join("quick", resume=ann.resume))["waitedMs"] < 400
    await ann.closes()


async def test_a_scene_with_open_identity_trusts_names(servers):
    ann = Player(servers)
    first = await ann.join("duo")
    older = ann.room
    second = await ann.join("duo")
    assert second["session"] == first["session"]
    assert (await older.until("ended"))["reason"] == "superseded"
    await ann.closes()


async def test_a_reload_in_the_game_leads_back_to_the_same_session(quick):
    ann, ben = await playing(quick, "proof")
    thief = await Line.open(quick.matchmaker.ws + "/v1/join")
    await thief.send("join", scene="proof", subject=ann.subject)
    await thief.until("error", code="subject_in_use")

    again = await Line.open(quick.matchmaker.ws + "/v1/join")
    await again.send("join", scene="proof", subject=ann.subject, resume=ann.resume)
    matched = await again.until("matched")
    assert {k: matched[k] for k in ("session", "player", "ticket")} == {
        k: ann.match[k] for k in ("session", "player", "ticket")}
    await again.closes(1000)
    older = ann.game
    ann.match = matched
    await ann.enter()
    await older.closes(4001)
    await finish([ann, ben])


async def test_a_join_for_another_scene_moves_the_place(servers):
    ann = Player(servers)
    await ann.join("duo")
    older = ann.room
    moved = await ann.join("quartet", resume=ann.resume)
    assert moved["needed"] == 4
    assert (await older.until("ended"))["reason"] == "superseded"
    await ann.closes()
