"""Messages that no client should send: a clear answer, and nothing else changes."""

import json
import time

import pytest
from players import ALL, Line, ORDERED, Player, bystanders, finish, match, playing


async def undisturbed(servers, block):
    """Runs `block` while a game of others goes on; the processes are the same afterwards, and nothing is left."""
    pids = [each.pid for each in servers.live]
    async with bystanders(servers):
        await block()
    assert [each.pid for each in servers.live] == pids and len(pids) == 2
    servers.until_empty()


JOINS = {
    "unknown scene": ({"type": "join", "scene": "nowhere", "subject": "s"}, "unknown_scene"),
    "empty scene": ({"type": "join", "scene": "", "subject": "s"}, None),
    "no scene": ({"type": "join", "subject": "s"}, "bad_message"),
    "scene is no text": ({"type": "join", "scene": 5, "subject": "s"}, "bad_message"),
    "no subject": ({"type": "join", "scene": "duo"}, "bad_message"),
    "empty subject": ({"type": "join", "scene": "duo", "subject": ""}, "bad_message"),
    "over-long subject": ({"type": "join", "scene": "duo", "subject": "x" * 129}, "bad_message"),
    "very long subject": ({"type": "join", "scene": "duo", "subject": "x" * 60_000}, "bad_message"),
    "subject with control characters": ({"type": "join", "scene": "duo", "subject": "a\u0000b\n"}, "bad_message"),
    "attributes are no object": ({"type": "join", "scene": "duo", "subject": "s", "attributes": [1]}, "bad_message"),
    "not a join": ({"type": "leave"}, "wrong_state"),
    "a confirm first": ({"type": "confirm"}, "wrong_state"),
    "unknown type": ({"type": "dance"}, "unknown_type"),
    "no type": ({"scene": "duo", "subject": "s"}, "bad_message"),
    "type is no text": ({"type": ["join"]}, "bad_message"),
}


@pytest.mark.parametrize("message, code", JOINS.values(), ids=JOINS.keys())
async def test_a_wrong_first_message_to_the_matchmaker(servers, message, code):
    async def block():
        line = await Line.open(servers.matchmaker.ws + "/v1/join")
        await line.raw(json.dumps(message))
        error = await line.expect("error")
        assert error["message"] and (code is None or error["code"] == code)
        await line.closes(*range(4000, 5000))

    await undisturbed(servers, block)


TEXTS = {
    "not JSON": "hello", "nothing": "", "half an object": '{"type":"join","scene":"duo"', "two": "{}{}",
    "a trailing comma": '{"type":"join",}', "deep": "[" * 10_000, "a lone surrogate": '{"type":"\\ud800"}',
    "a list": "[]", "a number": "7", "null": "null", "a text": '"join"', "NaN": "NaN",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("role", ["matchmaker", "coordinator"])
async def test_text_that_is_no_message(servers, role, text):
    async def block():
        line = await Line.open(getattr(servers, role).ws + ("/v1/join" if role == "matchmaker" else "/v1/play"))
        await line.raw(text)
        error = await line.expect("error")
        assert error["code"] in ("bad_json", "bad_message")
        await line.closes(4010, 4011)

    await undisturbed(servers, block)


async def test_the_longest_subject_is_taken(servers):
    ann = Player(servers, "x" * 128)
    await ann.join("duo")
    await ann.closes()


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"x" * 60_000])
@pytest.mark.parametrize("role", ["matchmaker", "coordinator"])
async def test_binary_before_the_first_message(servers, role, data):
    async def block():
        line = await Line.open(getattr(servers, role).ws + ("/v1/join" if role == "matchmaker" else "/v1/play"))
        await line.raw(data)
        assert (await line.expect("error"))["code"] in ("bad_message", "wrong_state")
        await line.closes(*range(4000, 5000), 1003)

    await undisturbed(servers, block)


async def test_a_wrong_ticket(servers):
    async def block():
        ann, ben = await playing(servers, "duo-relay")
        ticket = ann.match["ticket"]
        other = ("A" if ticket[0] != "A" else "B") + ticket[1:]
        for session, wrong in (
            (ann.session, other), (ann.session, ""), (ann.session, "short"), (ann.session, "x" * 1000),
            ("no-such-session", ticket), (ann.session[::-1], ticket), ("", ticket),
        ):
            line = await Line.open(ann.match["url"])
            await line.send("enter", session=session, ticket=wrong)
            assert (await line.expect("error"))["code"] in ("bad_ticket", "bad_message", "session_ended")
            await line.closes(*range(4000, 5000))
        await ann.game.silence()
        await ben.send_binary(ALL, b"still here")
        assert (await ann.game.until_binary()) == bytes([ORDERED, ben.index]) + b"still here"
        await finish([ann, ben])

    await undisturbed(servers, block)


async def test_a_used_up_ticket(servers):
    async def block():
        ann, ben = await playing(servers, "duo-relay")
        await finish([ann, ben])
        line = await Line.open(ann.match["url"])
        await line.send("enter", session=ann.session, ticket=ann.match["ticket"])
        answer = await line.next()
        assert (answer["type"], answer.get("reason")) == ("ended", "completed") or answer.get("code") == "session_ended"
        await line.closes(1000, 4023)

    await undisturbed(servers, block)


async def test_a_ticket_of_another_session(servers):
    async def block():
        first, second = await playing(servers, "duo-relay"), await playing(servers, "duo-relay")
        line = await Line.open(first[0].match["url"])
        await line.send("enter", session=first[0].session, ticket=second[0].match["ticket"])
        await line.expect("error", code="bad_ticket")
        await line.closes(4022)
        await finish(first)
        await finish(second)

    await undisturbed(servers, block)


async def test_a_signal_to_someone_outside_the_session(servers):
    async def block():
        strangers = await playing(servers, "duo")
        ann, ben = await match(servers, "duo", 2)
        await ann.enter()
        await ben.enter()
        await ann.game.until("validate")
        for outside in (2, 7, 254, ann.index):
            await ann.game.send("signal", to=outside, data={"x": 1})
            await ann.game.until("error", code="no_such_player")
        for wrong in (-1, 255, 1 << 40, 1.5, "1", None):
            await ann.game.send("signal", to=wrong, data={"x": 1})
            assert (await ann.game.until("error"))["code"] in ("bad_message", "no_such_player")
        await ben.game.until("validate")
        await ben.game.silence()
        for stranger in strangers:
            await stranger.game.silence(0.1)
        for player, peer in ((ann, ben), (ben, ann)):
            await player.game.send("validated", peer=peer.index)
        for player in (ann, ben):
            await player.until_play()
        await finish([ann, ben])
        await finish(strangers)

    await undisturbed(servers, block)


async def test_slips_in_a_game_are_answered_and_the_game_goes_on(servers):
    async def block():
        ann, ben = await playing(servers, "duo-relay")
        slips = [
            ({"type": "dance"}, "unknown_type"),
            ({"type": "enter", "session": ann.session, "ticket": ann.match["ticket"]}, "wrong_state"),
            ({"type": "validated", "peer": ben.index}, "wrong_state"),
            ({"type": "validated", "peer": 99}, None),
            ({"type": "ready"}, "bad_message"), ({"type": "ready", "barrier": ""}, None),
            ({"type": "ready", "barrier": "b" * 65}, "bad_message"),
            ({"type": "finish", "result": [1]}, "bad_message"),
            ({"type": "exclude"}, "bad_message"), ({"type": "exclude", "reason": "r" * 100}, "bad_message"),
            ({"type": "signal", "to": ben.index}, "bad_message"),
        ]
        for message, code in slips:
            await ann.game.raw(json.dumps(message))
            error = await ann.game.until("error")
            assert code is None or error["code"] == code, f"{message} was answered by {error}"
        await ann.send_binary(ben.index, b"on")
        assert (await ben.game.until_binary())[2:] == b"on"
        await finish([ann, ben])

    await undisturbed(servers, block)


async def test_a_result_over_its_limit_is_refused_in_the_same_words_however_long_it_is(servers):
    async def block():
        ann, ben = await playing(servers, "duo-relay")
        for size in (1025, 16_385, 60_000):
            await ann.game.send("finish", result={"": "x" * (size - len('{"": ""}'))})
            error = await ann.game.until("error", code="bad_message")
            assert error["message"] == "`result` must have at most 1024 bytes"
        await ann.game.send("finish", result={"": "x" * (1024 - len('{"": ""}'))})
        await finish([ben])
        await ann.ended("completed")

    await undisturbed(servers, block)


async def test_what_belongs_in_a_game_is_unknown_in_a_waiting_room(servers):
    async def block():
        ann, ben = Player(servers), Player(servers)
        for player in (ann, ben):
            await player.join("quartet")
        for message in [
            {"type": "finish"}, {"type": "ready", "barrier": "b"}, {"type": "exclude", "reason": "focus"},
            {"type": "validated", "peer": 1}, {"type": "validationFailed", "peer": 1}, {"type": "peerLost", "peer": 1},
            {"type": "signal", "to": 1, "data": {}},
        ]:
            await ann.room.raw(json.dumps(message))
            assert (await ann.room.until("error"))["code"] == "unknown_type", message
        assert servers.matchmaker.state()["sessions"]["waiting"] == 1
        await ben.room.silence(0.1)
        await ann.closes()
        await ben.closes()

    await undisturbed(servers, block)


async def test_a_second_join_is_answered_and_the_place_kept(servers):
    async def block():
        ann = Player(servers)
        await ann.join("quartet")
        await ann.room.send("join", scene="quartet", subject=ann.subject)
        await ann.room.until("error", code="wrong_state")
        await ann.room.send("confirm")
        await ann.room.until("error", code="wrong_state")
        ben = Player(servers)
        await ben.join("quartet")
        await ann.room.until("waiting", players=2)
        await ann.closes()
        await ben.closes()

    await undisturbed(servers, block)


@pytest.mark.parametrize("size", [65_537, 1 << 20, 20 << 20])
@pytest.mark.parametrize("kind", ["text", "binary", "fragments"])
async def test_a_message_over_the_limit(servers, kind, size):
    async def block():
        ann, ben = await playing(servers, "duo-relay")
        data = "x" * size if kind == "text" else bytes(size)
        pieces = [data[i : i + 8000] for i in range(0, size, 8000)] if kind == "fragments" else data
        try:
            await ann.game.socket.send(pieces)
        except Exception:  # The server may have hung up before all is sent.
            pass
        await ann.game.closes(1009)
        await ben.game.until("peerDisconnected")
        await ann.enter()
        await ann.game.until("play")
        await finish([ann, ben])

    await undisturbed(servers, block)


async def test_one_who_says_nothing_is_not_waited_for(servers):
    async def block():
        for server, path in ((servers.matchmaker, "/v1/join"), (servers.coordinator, "/v1/play")):
            line = await Line.open(server.ws + path)
            began = time.monotonic()
            await line.until("error", code="timeout")
            await line.closes(4025)
            assert 1.8 < time.monotonic() - began < 9.5

    await undisturbed(servers, block)


async def test_one_who_only_pings_is_not_waited_for(servers):
    async def block():
        line = await Line.open(servers.matchmaker.ws + "/v1/join")
        began = time.monotonic()
        for _ in range(3):
            await line.socket.ping()
        await line.until("error", code="timeout")
        assert time.monotonic() - began < 9.5

    await undisturbed(servers, block)


async def test_one_who_does_not_read_is_given_up(servers):
    async def block():
        ann, ben = await playing(servers, "duo-relay")
        ben.game.socket.transport.pause_reading()
        payload = bytes(60_000)
        for _ in range(400):
            await ann.send_binary(ben.index, payload)
        await ann.game.until("peerDisconnected")
        await ann.game.send("leave")
        await ann.ended("player_left")
        await ben.game.drop()

    await undisturbed(servers, block)
