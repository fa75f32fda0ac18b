"""Whole games through both processes, from the first join to empty tables."""

import asyncio

from players import ALL, LATEST, ORDERED, TICK, Player, finish, match, playing, validate


async def test_two_players_wait_validate_play_and_finish(servers):
    ann, ben = Player(servers), Player(servers)
    waiting = await ann.join("duo")
    assert (waiting["players"], waiting["needed"]) == (1, 2)
    assert waiting["timeoutMs"] > 0 and waiting["waitedMs"] >= 0 and waiting["resume"]
    await ben.join("duo")
    for player in (ann, ben):
        match_ = await player.matched()
        assert match_["players"] == 2
        assert match_["url"] == servers.coordinator.ws + "/v1/play"
        assert len(match_["ticket"]) >= 22
    assert ann.session == ben.session and {ann.index, ben.index} == {0, 1}
    assert ann.match["ticket"] != ben.match["ticket"]

    for player in (ann, ben):
        entered = await player.enter()
        assert entered["session"] == player.session and entered["player"] == player.index
        assert [entry["player"] for entry in entered["players"]] == [0, 1]
    asked = [await player.game.until("validate") for player in (ann, ben)]
    assert [sorted(each["peers"]) for each in asked] == [[ben.index], [ann.index]]
    assert sum(len(each["offerTo"]) for each in asked) == 1, "one of the two makes the offer"
    assert all(each["deadlineMs"] > 0 and isinstance(each["iceServers"], list) for each in asked)

    offer = {"sdp": "v=0\r\n\u00e4\U0001f3ae", "nested": [1, {"a": None}], "number": 1e3}
    await ann.game.send("signal", to=ben.index, data=offer)
    heard = await ben.game.until("signal")
    assert (heard["from"], heard["data"]) == (ann.index, offer)
    await ann.game.send("validated", peer=ben.index, rttMs=3.25)
    await ann.game.silence()
    await ben.game.send("validated", peer=ann.index)
    plays = [await player.until_play() for player in (ann, ben)]
    assert [play["transport"] for play in plays] == ["peer", "peer"]
    assert plays[0]["seed"] == plays[1]["seed"]

    ends = await finish([ann, ben])
    assert all(end["session"] == ann.session and end["requeued"] is False for end in ends)
    servers.until_empty()


async def test_the_count_is_told_to_everyone_in_the_room(servers):
    players = [Player(servers) for _ in range(3)]
    for number, player in enumerate(players, 1):
        assert (await player.join("quartet-relay"))["players"] == number
        for earlier in players[: number - 1]:
            told = await earlier.room.until("waiting", players=number)
            assert told["needed"] == 4
    await players[1].room.send("leave")
    for player in (players[0], players[2]):
        await player.room.until("waiting", players=2)
    for player in players:
        await player.closes()


async def test_messages_are_relayed_to_all_to_one_and_in_order(servers):
    players = await playing(servers, "quartet-relay", 4)
    assert all(player.play["transport"] == "relay" for player in players)
    ann, *others = players
    for number in range(200):
        await ann.send_binary(ALL, number.to_bytes(2, "big"))
    for other in others:
        for number in range(200):
            assert await other.game.until_binary() == bytes([ORDERED, ann.index]) + number.to_bytes(2, "big")
    await others[0].send_binary(ann.index, b"only for you", LATEST)
    assert await ann.game.until_binary() == bytes([LATEST, others[0].index]) + b"only for you"
    await asyncio.gather(*(player.game.silence() for player in players))
    await finish(players)


async def test_a_payload_may_be_empty_or_as_long_as_the_limit_allows(servers):
    ann, ben = await playing(servers, "duo-relay")
    for payload in (b"", bytes(range(256)) * 255):
        await ann.send_binary(ben.index, payload)
        assert await ben.game.until_binary() == bytes([ORDERED, ann.index]) + payload
    await finish([ann, ben])


async def test_a_fragmented_message_is_relayed_whole(servers):
    ann, ben = await playing(servers, "duo-relay")
    await ann.game.socket.send([bytes([ORDERED, ben.index]), b"in ", b"", b"pieces"])
    assert await ben.game.until_binary() == bytes([ORDERED, ann.index]) + b"in pieces"
    await finish([ann, ben])


async def test_wrong_binary_addresses_are_refused_and_the_game_goes_on(servers):
    ann, ben = await playing(servers, "duo-relay")
    for message in (
        bytes([ORDERED, ann.index]) + b"to myself", bytes([ORDERED, 9]) + b"nobody", bytes([77, ALL]) + b"kind", b"", b"\x00",
    ):
        await ann.game.raw(message)
        await ann.game.until("error")
    await ben.game.silence()
    await ann.send_binary(ALL, b"on")
    assert await ben.game.until_binary() == bytes([ORDERED, ann.index]) + b"on"
    await finish([ann, ben])


async def test_a_barrier_opens_when_all_are_ready_and_can_be_used_again(servers):
    ann, ben = await playing(servers, "duo-relay")
    for _ in range(2):
        await ann.game.send("ready", barrier="level 1")
        await ann.game.send("ready", barrier="level 1")
        await ann.game.silence()
        await ben.game.send("ready", barrier="level 1")
        for player in (ann, ben):
            await player.game.until("go", barrier="level 1")
    await finish([ann, ben])


async def test_four_players_validate_every_pair(servers):
    players = await playing(servers, "quartet", 4)
    assert {player.play["transport"] for player in players} == {"peer"}
    assert len({player.play["seed"] for player in players}) == 1
    await finish(players)


async def test_one_who_has_finished_may_disconnect(servers):
    ann, ben = await playing(servers, "duo-relay")
    await ann.game.send("finish")
    await ann.game.silence()
    await ann.game.close()
    await ben.game.send("finish")
    assert (await ben.ended("completed"))["requeued"] is False


async def test_the_same_people_can_play_again_at_once(servers):
    for _ in range(5):
        players = await match(servers, "duo", 2, prefix="again")
        await asyncio.gather(*(player.enter() for player in players))
        await validate(players)
        await asyncio.gather(*(player.until_play() for player in players))
        await finish(players)


async def test_sessions_are_never_reused(servers):
    seen = set()
    for _ in range(4):
        players = await playing(servers, "duo-relay")
        seen.add(players[0].session)
        await finish(players)
    assert len(seen) == 4


async def test_many_games_run_beside_each_other(make_servers):
    # Without the short deadlines for requests: sixty handshakes at once take a busy machine longer.
    servers = await asyncio.to_thread(make_servers().start)

    async def one(number):
        players = await match_pair(number)
        for player in players:
            await player.send_binary(ALL, player.subject.encode())
        for me, you in (players, players[::-1]):
            assert (await me.game.until_binary())[2:] == you.subject.encode()
        await finish(players)

    everyone = [Player(servers, f"crowd-{number}") for number in range(60)]
    await asyncio.gather(*(player.join("duo-relay") for player in everyone))
    await asyncio.gather(*(player.matched() for player in everyone))
    sessions = {}
    for player in everyone:
        sessions.setdefault(player.session, []).append(player)
    assert [len(players) for players in sessions.values()] == [2] * 30

    async def match_pair(number):
        players = sorted(list(sessions.values())[number], key=lambda player: player.index)
        await asyncio.gather(*(player.enter() for player in players))
        await asyncio.gather(*(player.until_play() for player in players))
        return players

    await asyncio.gather(*(one(number) for number in range(30)))


async def test_a_tick_reaches_the_game_or_is_refused_but_disturbs_nobody(servers):
    ann, ben = await playing(servers, "duo-relay")
    await ann.send_binary(ALL, b"tick", TICK)
    await ann.send_binary(ALL, b"after")
    message = await ben.game.until_binary()
    while message[0] == TICK:
        message = await ben.game.until_binary()
    assert message == bytes([ORDERED, ann.index]) + b"after"
    await finish([ann, ben])


async def test_a_completion_code_is_told_to_those_who_completed(make_servers):
    scene = {"id": "study", "groupSize": 2, "validatePeers": False, "identity": "open",
             "completionCodes": {"completed": "C-4711"}}
    servers = make_servers(scenes=[scene]).start()
    players = await match(servers, "study", 2)
    await asyncio.gather(*(player.enter() for player in players))
    await asyncio.gather(*(player.until_play() for player in players))
    assert [end["completionCode"] for end in await finish(players)] == ["C-4711"] * 2
