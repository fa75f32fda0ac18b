"""What those who wait are told, and what is recorded of them."""

import asyncio
import json
import signal
import time

import pytest
from players import Line, Player, finish, match, part
from processes import eventually

SCENE = {"groupSize": 2, "validatePeers": False}


def fates(servers, subject):
    """What became of a subject's joins, in order."""
    return [line["fate"] for line in servers.matchmaker.log("join_fate", subject=subject)]


def until_fates(servers, player, *wanted):
    eventually(
        lambda: fates(servers, player.subject) == list(wanted),
        lambda: f"{player.subject} has {fates(servers, player.subject)}, not {wanted}")


def metric(servers, line):
    for each in servers.matchmaker.get("/metrics")[1].splitlines():
        if each.startswith(line + " "):
            return float(each.rsplit(" ", 1)[1])
    return None


async def test_every_join_has_one_fate_in_the_log_and_in_the_metrics(make_servers):
    servers = make_servers(scenes=[{**SCENE, "id": "two"}, {**SCENE, "id": "brief", "waitTimeout": "1s"}]).start()
    assert metric(servers, 'greenroom_join_fates_total{scene="two",fate="matched"}') == 0
    ann, ben = await match(servers, "two", 2)
    until_fates(servers, ann, "matched")
    until_fates(servers, ben, "matched")
    late, gone, left, again = (Player(servers) for _ in range(4))
    await late.join("brief")
    await gone.join("two")
    await gone.room.drop()
    until_fates(servers, gone, "disconnected")
    await left.join("two")
    await left.room.send("leave")
    await left.room.closes(1000)
    until_fates(servers, left, "left")
    await again.join("two")
    first = again.room
    await again.join("two", resume=again.resume)
    await first.closes(1000)
    until_fates(servers, again, "superseded")
    line = await Line.open(servers.matchmaker.ws + "/v1/join")
    await line.send("join", scene="two", subject=again.subject)
    await line.closes(4018)
    until_fates(servers, again, "superseded", "refused")
    await again.room.close()
    until_fates(servers, again, "superseded", "refused", "disconnected")
    await late.room.until("ended", reason="wait_timeout")
    until_fates(servers, late, "timed_out")
    waited = servers.matchmaker.log("join_fate", subject=late.subject)[0]
    assert 900 < waited["waited_ms"] < 4000 and waited["scene"] == "brief"
    assert metric(servers, 'greenroom_join_fates_total{scene="two",fate="matched"}') == 2
    assert metric(servers, 'greenroom_join_fates_total{scene="two",fate="disconnected"}') == 2
    assert metric(servers, 'greenroom_join_fates_total{scene="brief",fate="timed_out"}') == 1
    assert metric(servers, 'greenroom_join_wait_seconds_count{scene="two"}') == 6, "refusals have not waited"
    await part(ann, ben)


async def test_there_are_as_many_fates_as_joins_whatever_is_wrong_with_them(make_servers):
    servers = make_servers(scenes=[{**SCENE, "id": "two"}], matchmaker_options=["--joins-per-subject", "1", "--joins-per-subject-burst", "3"]).start()

    def total(name):
        lines = servers.matchmaker.get("/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    async def say(*texts, code):
        line = await Line.open(servers.matchmaker.ws + "/v1/join")
        for text in texts:
            await line.raw(text)
        await line.closes(code)

    ann = '{"type":"join","scene":"two","subject":"ann"}'
    # No joins.
    await say("join", code=4010)
    await say('{"type":"joins"}', code=4012)
    await say('{"type":"join","scene":"two","scene":"two","subject":"ann"}', code=4011)
    await (await Line.open(servers.matchmaker.ws + "/v1/join")).close()
    assert total("greenroom_joins_total") == total("greenroom_join_fates_total") == 0
    # Joins that are refused.
    for text, code in [
        ('{"type":"join"}', 4011), ('{"type":"join","scene":"two","subject":""}', 4011),
        ('{"type":"join","scene":"two","subject":"ann","party":7}', 4011),
        ('{"type":"join","scene":"none","subject":"bob"}', 4014),
        (json.dumps({"type": "join", "scene": "two", "subject": "x" * 200}), 4011),
        ('{"type":"join","scene":"two","subject":"cid","attributes":{"a":{}}}', 4011),
    ]:
        await say(text, code=code)
    eventually(lambda: total("greenroom_join_fates_total") == 6, lambda: servers.matchmaker.get("/metrics")[1])
    assert total("greenroom_joins_total") == 6
    # One that waits, and a second on the same connection; then a third of the same name.
    line = await Line.open(servers.matchmaker.ws + "/v1/join")
    await line.raw(ann)
    await line.expect("waiting")
    await line.raw(ann)
    await line.expect("error", code="wrong_state")
    assert (total("greenroom_joins_total"), total("greenroom_join_fates_total")) == (8, 7)
    await say(ann, code=4018)
    await say(ann, code=4021)
    await line.close()
    eventually(lambda: total("greenroom_join_fates_total") == 10, lambda: servers.matchmaker.get("/metrics")[1])
    assert total("greenroom_joins_total") == 10
    eventually(lambda: len(servers.matchmaker.log("join_fate")) == 10, servers.matchmaker.text)


@pytest.fixture
def asked(make_servers):
    """A scene that asks whether all are still there, and one that gives them three seconds only."""
    scene = {**SCENE, "completionCodes": {"not_confirmed": "N1"}}
    return make_servers(scenes=[
        {**scene, "id": "asked", "confirmTimeout": "20s"}, {**scene, "id": "asked-briefly", "confirmTimeout": "3s"}]).start()


async def asked_pair(servers, scene):
    ann, ben = Player(servers), Player(servers)
    for player in (ann, ben):
        await player.join(scene)
    for player in (ann, ben):
        assert 0 < (await player.room.until("confirm"))["deadlineMs"] <= 20_000
    return ann, ben


async def test_a_group_is_matched_when_all_have_said_that_they_are_there(asked):
    ann, ben = await asked_pair(asked, "asked")
    await ann.room.send("confirm")
    await ann.room.send("confirm")
    await ann.room.silence()
    await ben.room.send("confirm")
    await asyncio.gather(ann.matched(), ben.matched())
    assert ann.session == ben.session
    await part(ann, ben)


async def test_one_who_has_fallen_asleep_is_gone_and_the_other_keeps_its_place(asked):
    ann, ben = await asked_pair(asked, "asked-briefly")
    await ann.room.send("confirm")
    ended = await ben.room.until("ended")
    assert (ended["reason"], ended["completionCode"]) == ("not_confirmed", "N1")
    await ben.room.closes(1000)
    until_fates(asked, ben, "not_confirmed")
    waiting = await ann.room.until("waiting", players=1)
    assert waiting["waitedMs"] >= 2900
    cid = Player(asked)
    await cid.join("asked-briefly")
    for player in (ann, cid):
        await player.room.until("confirm")
        await player.room.send("confirm")
    await asyncio.gather(ann.matched(), cid.matched())
    assert ann.session == cid.session
    await part(ann, cid)


async def test_one_who_leaves_takes_the_question_back_and_a_reload_hears_it_again(asked):
    ann, ben = await asked_pair(asked, "asked")
    old = ben.room
    await ben.join("asked", resume=ben.resume)
    assert 0 < (await ben.room.until("confirm"))["deadlineMs"] < 20_000
    await old.until("ended", reason="superseded")
    await ben.room.send("leave")
    await ann.room.until("waiting", players=1)
    await ann.room.send("confirm")
    await ann.room.until("error", code="wrong_state")
    await ann.room.close()


async def test_a_party_gathers_and_plays_together(make_servers):
    servers = make_servers(scenes=[{**SCENE, "id": "three", "groupSize": 3, "rules": {"partySizeMax": 2}}]).start()
    party = {"code": "our code", "size": 2}
    ann, ben, cid, dan = (Player(servers) for _ in range(4))
    await cid.join("three")
    await dan.join("three")
    assert (await ann.join("three", party=party))["party"] == {"members": 1, "size": 2}
    await ben.join("three", party=party)
    await asyncio.gather(*(player.matched() for player in (ann, ben, cid)))
    assert ann.session == ben.session == cid.session
    for fields, code in (({"party": {"code": "x", "size": 3}}, 4028), ({"party": {"code": "x", "size": 0}}, 4011)):
        line = await Line.open(servers.matchmaker.ws + "/v1/join")
        await line.send("join", scene="three", subject="eve", **fields)
        await line.closes(code)
    await dan.room.close()
    await part(ann, ben, cid)


async def test_a_party_that_loses_one_gathers_again_and_is_full_only_when_it_is(make_servers):
    servers = make_servers(scenes=[{**SCENE, "id": "three", "groupSize": 3, "rules": {"partySizeMax": 2}}]).start()
    party = {"code": "c", "size": 2}
    ann, ben, eve = (Player(servers) for _ in range(3))
    await ann.join("three", party=party)
    assert "party" not in await ben.join("three", party=party)
    line = await Line.open(servers.matchmaker.ws + "/v1/join")
    await line.send("join", scene="three", subject="eve", party=party)
    await line.closes(4027)
    await ben.room.drop()
    await ann.room.until("waiting", party={"members": 1, "size": 2})
    assert "party" not in await ben.join("three", party=party, resume=ben.resume)
    for player in (ann, ben):
        await player.room.close()


async def test_a_party_is_one_again_behind_a_restart_for_those_who_say_its_code(make_servers):
    servers = make_servers(scenes=[{**SCENE, "id": "three", "groupSize": 3, "rules": {"partySizeMax": 2}}])
    await asyncio.to_thread(servers.start)
    party = {"code": "our code", "size": 2}
    ann, ben, cid, dan = (Player(servers, name) for name in ("ann", "ben", "cid", "dan"))
    await ann.join("three", party=party)
    began_s = time.monotonic()
    await ben.join("three", party=party)
    servers.matchmaker.kill()
    servers.start_matchmaker()
    await asyncio.to_thread(servers.until_ready)
    # Others are there first, and would be enough with either.
    for player in (cid, dan):
        await player.join("three")
    waited_ms = (time.monotonic() - began_s) * 1000
    waiting = await ann.join("three", party=party, resume=ann.resume)
    assert waiting["party"] == {"members": 1, "size": 2} and waited_ms <= waiting["waitedMs"] < waited_ms + 5_000
    await dan.room.silence(0.1)
    await ben.join("three", party=party, resume=ben.resume)
    await asyncio.gather(*(player.matched() for player in (ann, ben, cid)))
    assert ann.session == ben.session == cid.session
    await dan.closes()
    await part(ann, ben, cid)


async def test_one_who_was_moved_on_is_back_there_by_its_resume_and_without_it_where_it_asks_to_be(make_servers):
    servers = make_servers(scenes=[
        {**SCENE, "id": "first", "waitTimeout": "1s", "whenWaitIsOver": {"moveTo": "second"}}, {**SCENE, "id": "second", "groupSize": 3}]).start()
    ann = Player(servers)
    assert (await ann.join("first"))["needed"] == 2
    moved = await ann.room.until("waiting", needed=3)
    await ann.room.drop()
    until_fates(servers, ann, "disconnected")
    back = await ann.join("first", resume=moved["resume"])
    assert back["needed"] == 3 and back["waitedMs"] >= moved["waitedMs"] >= 900
    await ann.closes()
    until_fates(servers, ann, "disconnected", "disconnected")
    anew = await ann.join("first")
    assert anew["needed"] == 2 and anew["waitedMs"] < 900
    await ann.closes()


async def test_one_whose_time_is_up_goes_on_where_its_scene_says(make_servers):
    servers = make_servers(scenes=[
        {**SCENE, "id": "first", "waitTimeout": "1s", "whenWaitIsOver": {"moveTo": "second"}, "completionCodes": {"wait_timeout": "F"}},
        {**SCENE, "id": "second", "waitTimeout": "2s", "completionCodes": {"wait_timeout": "S"}},
        {**SCENE, "id": "dead-end", "waitTimeout": "1s", "whenWaitIsOver": {"moveTo": "closed"}, "completionCodes": {"wait_timeout": "D"}},
        {**SCENE, "id": "closed", "open": False},
    ]).start()
    ann, ben = Player(servers), Player(servers)
    first = await ann.join("first")
    await ben.join("dead-end")
    second = await ann.room.next()
    assert second["type"] == "waiting" and second["session"] != first["session"]
    assert second["waitedMs"] >= 900 and 1500 < second["timeoutMs"] <= 2000
    assert (await ben.room.until("ended"))["completionCode"] == "D"
    ended = await ann.room.until("ended")
    assert (ended["reason"], ended["completionCode"]) == ("wait_timeout", "S")
    until_fates(servers, ann, "timed_out")


async def test_the_estimate_is_there_when_it_is_known_and_not_before(make_servers):
    servers = make_servers(scenes=[{**SCENE, "id": "two"}]).start()
    for _ in range(3):
        ann, ben = Player(servers), Player(servers)
        assert "estimateMs" not in await ann.join("two")
        await asyncio.sleep(0.3)
        await ben.join("two")
        await asyncio.gather(ann.matched(), ben.matched())
        await part(ann, ben)
    cid = Player(servers)
    assert 0 < (await cid.join("two"))["estimateMs"] < 3000
    assert 0 < servers.matchmaker.state()["scenes"][0]["estimateMs"] < 3000, "and operators see it"
    await cid.room.close()


async def test_a_smaller_group_plays_when_its_wait_is_over(make_servers):
    scene = {**SCENE, "id": "trio", "groupSize": 3, "rules": {"smallerGroups": [{"after": "1s", "size": 2}]}}
    servers = make_servers(scenes=[scene]).start()
    players = [Player(servers) for _ in range(2)]
    began_s = time.monotonic()
    for player in players:
        assert (await player.join("trio"))["needed"] == 3
    await asyncio.gather(*(player.matched() for player in players))
    assert time.monotonic() - began_s >= 0.9
    assert {player.match["players"] for player in players} == {2}
    for player in players:
        await player.enter()
    await asyncio.gather(*(player.until_play() for player in players))
    await finish(players)


async def test_counts_are_told_to_everybody_at_every_change(make_servers):
    servers = make_servers(scenes=[{**SCENE, "id": "five", "groupSize": 5}]).start()
    players = [Player(servers) for _ in range(4)]
    for count, player in enumerate(players, 1):
        assert (await player.join("five"))["players"] == count
        for other in players[:count - 1]:
            assert (await other.room.until("waiting"))["players"] == count
    await players[0].room.send("leave")
    await players[0].room.until("ended", reason="player_left")
    await players[1].closes()
    for count in (3, 2):
        for player in players[2:]:
            waiting = await player.room.until("waiting")
            assert (waiting["players"], waiting["needed"]) == (count, 5)
            assert "estimateMs" not in waiting, "nobody has ever been matched here"
    for player in players[2:]:
        await player.closes()


async def test_a_full_scene_and_a_closed_one_say_so(make_servers):
    servers = make_servers(scenes=[{**SCENE, "id": "small", "waitingMax": 1}, {**SCENE, "id": "shut", "open": False}]).start()
    ann = Player(servers)
    await ann.join("small")
    for scene, code, closing in (("small", "room_full", 4016), ("shut", "scene_closed", 4015)):
        line = await Line.open(servers.matchmaker.ws + "/v1/join")
        await line.send("join", scene=scene, subject="late")
        assert (await line.until("error"))["code"] == code
        await line.closes(closing)
    await ann.room.silence()
    await ann.closes()


async def test_a_server_that_drains_says_so_and_matches_those_who_wait(make_servers):
    servers = make_servers(matchmaker_options=["--drain-timeout", "1m"])
    servers.start_matchmaker().until_alive()
    ann, ben, cid = (Player(servers) for _ in range(3))
    await ann.join("duo-relay")
    early = await Line.open(servers.matchmaker.ws + "/v1/join")
    servers.matchmaker.signal(signal.SIGTERM)
    eventually(lambda: servers.matchmaker.said('"draining"'), servers.matchmaker.text)
    for line in (early, await Line.open(servers.matchmaker.ws + "/v1/join")):
        await line.send("join", scene="duo-relay", subject="late")
        await line.until("error", code="draining")
        await line.closes(4017)
    assert servers.matchmaker.get("/readyz")[0] == 503 and "draining" in servers.matchmaker.get("/readyz")[1]
    # The place is ann's: a new page of hers is no new join.
    again = await ann.join("duo-relay", resume=ann.resume)
    assert again["players"] == 1
    await ann.room.send("leave")
    await ann.room.until("ended", reason="player_left")
    assert await asyncio.to_thread(servers.matchmaker.wait) == 0, "nobody waits any more"

    servers.start_matchmaker().until_alive()
    servers.start_coordinator()
    await asyncio.to_thread(servers.until_ready)
    await ben.join("quartet-relay")
    await cid.join("quartet-relay")
    servers.matchmaker.signal(signal.SIGTERM)
    # Two signals that come before the first is read are one.
    eventually(lambda: servers.matchmaker.said('"draining"'), servers.matchmaker.text)
    await ben.room.until("waiting", players=2)
    await ben.room.silence()
    servers.matchmaker.signal(signal.SIGTERM)
    for player in (ben, cid):
        await player.room.until("ended", reason="shutdown")
    assert await asyncio.to_thread(servers.matchmaker.wait) == 0
    assert not servers.matchmaker.said("stopping_at_once")


async def test_a_join_that_its_token_does_not_admit_has_its_fate_too(make_servers, tmp_path):
    secret = tmp_path / "jwt-secret"
    secret.write_text("0123456789abcdef0123456789abcdef")
    secret.chmod(0o600)
    servers = make_servers(scenes=[{**SCENE, "id": "admitted", "admission": {"jwtSecretFile": str(secret)}}]).start()
    line = await Line.open(servers.matchmaker.ws + "/v1/join")
    await line.send("join", scene="admitted", subject="eve", token="x.y.z")
    await line.closes(4019)
    eventually(lambda: fates(servers, "eve") == ["refused"], lambda: "the refusal is a fate")
    assert servers.matchmaker.log("join_fate", subject="eve")[0]["error"] == "bad_token"
