"""Games that go on without some of their players, and what is recorded of it, whatever crashes."""

import asyncio

import pytest
from players import ALL, ORDERED, Line, Player, finish, playing
from processes import eventually
from protocol_reading import decode

SHORT = ["--link-grace", "2s", "--link-margin", "500ms", "--ping-interval", "200ms"]


def scene(loss, **more):
    return {"id": "table", "groupSize": 4, "reconnectGrace": "1s", "absence": {"loss": loss, "playersMin": 2},
            "completionCodes": {"completed": "PAID", "player_left": "LEFT"}, **more}


def recorded(servers, session, node="matchmaker"):
    """The outcomes of a session in a journal, oldest first, as the reader written from the specification reads them."""
    code, records = decode("--journal", servers.folder / node / "journal")
    assert code == 0
    return [record for record in records if record["kind"] == "ended" and record["session"] == session]


async def told_again(player, reason):
    """Comes with the old ticket, and hears once more that the session is over for this player: gives the `resume`."""
    player.game = await Line.open(player.match["url"])
    await player.game.send("enter", session=player.session, ticket=player.match["ticket"])
    return (await player.ended(reason))["resume"]


async def talk(ann, ben, text):
    for sender, reader in ((ann, ben), (ben, ann)):
        await sender.send_binary(ALL, text)
        assert await reader.game.until_binary() == bytes([ORDERED, sender.index]) + text


@pytest.mark.parametrize("seat", ["empty", "bot"])
async def test_two_of_four_are_lost_and_play_elsewhere_while_the_others_finish(make_servers, seat):
    servers = await asyncio.to_thread(make_servers(scenes=[scene(seat)]).start)
    ann, ben, cem, dee = players = await playing(servers, "table", 4)

    await dee.game.send("leave")
    farewell = await dee.ended("player_left")
    assert not farewell["requeued"] and farewell["completionCode"] == "LEFT"
    for other in (ann, ben, cem):
        assert await other.game.until("playerLost") == {"type": "playerLost", "player": 3, "reason": "player_left", "seat": seat}
    again = [Player(servers, dee.subject)]
    room = await again[0].join("table", resume=farewell["resume"])
    assert room["players"] == 1 and room["session"] != dee.session
    assert await told_again(dee, "player_left") == farewell["resume"]

    await cem.game.drop()
    for other in (ann, ben):
        await other.game.expect("peerDisconnected", player=2)
        assert await other.game.until("playerLost") == {
            "type": "playerLost", "player": 2, "reason": "player_disconnected", "seat": seat}
    again.append(Player(servers, cem.subject))
    assert (await again[1].join("table", resume=await told_again(cem, "player_disconnected")))["players"] == 2

    # Both play with others, while the game that they are lost to goes on and hears nothing of it.
    for _ in range(2):
        again.append(Player(servers))
        await again[-1].join("table")
    await asyncio.gather(*(player.matched() for player in again))
    again.sort(key=lambda player: player.index)
    await asyncio.gather(*(player.enter() for player in again))
    await asyncio.gather(*(player.until_play() for player in again))
    assert again[0].session != ann.session
    await talk(ann, ben, b"going on")
    await talk(*again[:2], b"elsewhere")
    await ann.game.send("ready", barrier="end")
    await ben.game.send("ready", barrier="end")
    for player in (ann, ben):
        await player.game.expect("go", barrier="end")
    for ended in await finish([ann, ben]):
        assert ended["completionCode"] == "PAID"

    losses = [{"player": 2, "reason": "player_disconnected", "text": ""}, {"player": 3, "reason": "player_left", "text": ""}]
    for node in ("matchmaker", "node-1"):
        [outcome] = recorded(servers, ann.session, node)
        assert outcome["reason"] == "completed" and outcome["losses"] == losses, node
        assert [(each["hasFinished"], each["isBlamed"], each["isRequeued"]) for each in outcome["players"]] == [
            (True, False, False)] * 2 + [(False, False, False)] * 2
    [line] = servers.matchmaker.outcomes(ann.session)
    assert line["lost"] == f"{players[2].subject}=player_disconnected,{players[3].subject}=player_left"
    await finish(again)


async def test_the_loss_that_leaves_too_few_ends_it_and_is_the_only_one_to_be_blamed(make_servers):
    servers = await asyncio.to_thread(make_servers(scenes=[scene("empty", absence={"loss": "empty", "playersMin": 3})]).start)
    ann, ben, cem, dee = await playing(servers, "table", 4)
    await dee.game.send("exclude", reason="tired of it")
    await dee.ended("player_excluded")
    await cem.game.send("leave")
    for player in (ann, ben, cem):
        assert (await player.ended("player_left"))["completionCode"] == "LEFT"
    [outcome] = recorded(servers, ann.session)
    assert [each["isBlamed"] for each in outcome["players"]] == [False, False, True, False]
    assert outcome["losses"] == [
        {"player": 2, "reason": "player_left", "text": ""}, {"player": 3, "reason": "player_excluded", "text": "tired of it"}]


@pytest.mark.parametrize("way", ["coordinator", "coordinator for good", "both"])
async def test_a_crash_swallows_no_loss_that_had_been_told(make_servers, way):
    servers = await asyncio.to_thread(make_servers(scenes=[scene("empty")], matchmaker_options=SHORT).start)
    ann, ben, cem, dee = await playing(servers, "table", 4)
    await dee.game.send("leave")
    resume = (await dee.ended("player_left"))["resume"]
    for other in (ann, ben, cem):
        await other.game.until("playerLost")
    # It is on disk when it is free there without any proof: what the journal says, and what is told, go together.
    journal = servers.folder / "matchmaker" / "journal"
    eventually(lambda: decode("--journal", journal)[1][-1].get("losses"), "the loss is recorded")
    servers.coordinator.kill()
    if way == "both":
        servers.matchmaker.kill()
        servers.start_matchmaker().until_alive()
    if way != "coordinator for good":
        servers.coordinators.clear()
        servers.start_coordinator(node="node-1")
    eventually(lambda: servers.matchmaker.log("outcome", session=ann.session), "the end is stated")
    [outcome] = recorded(servers, ann.session)
    assert outcome["reason"] == "coordinator_lost"
    assert outcome["losses"] == [{"player": 3, "reason": "player_left", "text": ""}]
    # Of one that both have forgotten it is not known that it was played: all are put back but the lost one.
    assert [each["isRequeued"] for each in outcome["players"]] == [way == "both"] * 3 + [False]
    again = Player(servers, dee.subject)
    assert (await again.join("table", resume=resume))["session"] != dee.session
    await again.room.send("leave")
    await again.room.until("ended", reason="player_left")
