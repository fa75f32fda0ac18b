"""Who is put together with whom, and the sentence that says why: in the log, and among what the state shows of a scene."""

import asyncio
import time

from players import Player, part
from processes import eventually

GAME = {"id": "game", "groupSize": 2}


async def join(servers, subject, scene="game", **attributes):
    player = Player(servers, subject)
    await player.join(scene, **({"attributes": attributes} if attributes else {}))
    return player


async def together(servers, *players):
    """These are matched with each other; why, by log and state alike. They leave again before they play."""
    await asyncio.gather(*(player.matched() for player in players))
    (session,) = {player.session for player in players}
    (line,) = eventually(lambda: servers.matchmaker.log("formed", session=session), servers.matchmaker.text)
    assert sorted(line["subjects"].split(",")) == sorted(player.subject for player in players)
    (scene,) = (each for each in servers.matchmaker.state()["scenes"] if each["id"] == line["scene"])
    assert line["why"] in [match["why"] for match in scene["recentMatches"] if match["session"] == session]
    await part(*players)
    return line["why"]


async def test_the_nearest_by_skill_and_after_the_scenes_step_anybody(make_servers):
    steps = [{"after": 0, "width": 100}, {"after": "800ms", "width": "any"}]
    servers = make_servers(scenes=[
        {**GAME, "rules": {"skill": {"attribute": "elo", "steps": steps[:1]}}},
        {**GAME, "id": "widens", "rules": {"skill": {"attribute": "elo", "steps": steps}}}]).start()
    far = await join(servers, "far", elo=2000)
    farther = await join(servers, "farther", elo=1100)
    near = [await join(servers, subject, elo=elo) for subject, elo in (("ann", 900), ("ben", 960.5))]
    assert (await together(servers, *near)).startswith("2 of 2: elo 60.5 apart (within 100); the longest wait was ")
    began_s = time.monotonic()
    pair = [await join(servers, subject, "widens", elo=elo) for subject, elo in (("cid", 2000), ("dan", 1000))]
    why = await together(servers, *pair)
    assert why.startswith("2 of 2: elo 1000 apart (without a limit); the longest wait was ") and time.monotonic() - began_s >= 0.7
    for player in (far, farther):
        await player.room.silence(0.1)
        await player.closes()


async def test_a_cap_on_the_way_between_regions_widens_and_who_says_no_region_is_measured(make_servers):
    regions = [{"between": ["eu", "eu"], "roundTrip": 30}, {"between": ["eu", "us"], "roundTrip": 120}]
    steps = [{"after": 0, "cap": "80ms"}, {"after": "800ms", "cap": "150ms"}]
    by_region = {"regionAttribute": "region", "regions": regions}
    servers = make_servers(matchmaker_options=["--round-trip-interval", "100ms"], scenes=[
        {**GAME, "rules": {"latency": {"steps": steps[:1], **by_region}}},
        {**GAME, "id": "widens", "rules": {"latency": {"steps": steps, **by_region}}},
        # However busy this machine is, its pings are within that.
        {**GAME, "id": "measured", "rules": {"latency": {"steps": [{"after": 0, "cap": "30s"}]}}}]).start()
    us = await join(servers, "us", region="us")
    europe = [await join(servers, subject, region="eu") for subject in ("ann", "ben")]
    assert (await together(servers, *europe)).startswith("2 of 2: round trip at most 30 ms (cap 80 ms); ")
    began_s = time.monotonic()
    pair = [await join(servers, f"in {region}", "widens", region=region) for region in ("eu", "us")]
    assert (await together(servers, *pair)).startswith("2 of 2: round trip at most 120 ms (cap 150 ms); ")
    assert time.monotonic() - began_s >= 0.7
    pair = [await join(servers, subject, "measured") for subject in ("dan", "eve")]
    why = await together(servers, *pair)
    assert why.startswith("2 of 2: round trip at most ") and " (cap 30000 ms); " in why
    await us.room.silence(0.1)
    await us.closes()


async def test_what_is_to_be_alike_and_what_is_not(make_servers):
    servers = make_servers(scenes=[{**GAME, "rules": {"attributes": [{"equal": "language"}, {"different": "team"}]}}]).start()
    red = await join(servers, "red", language="de", team="red")
    same = await join(servers, "same", language="de", team="red")
    other = await join(servers, "other", language="en", team="blue")
    await red.room.silence(0.1)
    blue = await join(servers, "blue", language="de", team="blue")
    assert (await together(servers, red, blue)).startswith("2 of 2: same language, different team; ")
    for player in (same, other):
        await player.closes()


async def test_when_the_time_is_up_as_many_play_as_are_enough(make_servers):
    scene = {**GAME, "groupSize": 4, "waitTimeout": "1500ms", "completionCodes": {"wait_timeout": "ALONE"}}
    rules = {"smallerGroups": [{"after": "1500ms", "size": 2}], "partySizeMax": 2}
    servers = make_servers(scenes=[{**scene, "rules": rules}]).start()
    party = [Player(servers, subject) for subject in ("ann", "ben")]
    for player in party:
        await player.join("game", party={"code": "two", "size": 2})
    cid = await join(servers, "cid")
    why = await together(servers, *party, cid)
    assert why.startswith("3 instead of 4: a party of 2, fewer being enough after such a wait; the longest wait was 1.")
    assert party[0].match["players"] == 3, "nobody who fits is left behind"
    dan = await join(servers, "dan")
    ended = await dan.room.until("ended")
    assert (ended["reason"], ended["completionCode"]) == ("wait_timeout", "ALONE")
    await dan.room.closes(1000)


async def test_when_the_time_is_up_bots_fill_the_seats_and_not_before(make_servers):
    scene = {**GAME, "groupSize": 3, "completionCodes": {"wait_timeout": "FEW"}}
    servers = make_servers(scenes=[
        {**scene, "waitTimeout": "1500ms", "rules": {"bots": {"after": "1500ms", "playersMin": 2}}},
        {**scene, "id": "patient", "rules": {"bots": {"after": "1m"}}}]).start()
    # Bots wait apart: they are in nobody's room, and people go before them.
    robot = await join(servers, "robot", "patient", role="bot")
    people = [await join(servers, subject, "patient") for subject in ("cid", "dan", "eve")]
    assert (await together(servers, *people)).startswith("3 of 3: first come first served; ")
    await robot.room.silence(0.1)
    await robot.closes()
    began_s = time.monotonic()
    people = [await join(servers, subject) for subject in ("ann", "ben")]
    # One that comes later has time left when theirs is up.
    robot = await join(servers, "robot", role="bot")
    why = await together(servers, *people, robot)
    assert why.startswith("3 of 3: 1 bot for a seat that stayed free; the longest wait was 1.") and time.monotonic() - began_s >= 1.4
    # One person alone is too few, bots or not, and hears so.
    robots = [await join(servers, f"robot {number}", role="bot") for number in range(2)]
    fay = await join(servers, "fay")
    for player in (*robots, fay):
        ended = await player.room.until("ended")
        assert (ended["reason"], ended["completionCode"]) == ("wait_timeout", "FEW")
        await player.room.closes(1000)


async def test_a_hundred_come_together(make_servers):
    servers = make_servers(scenes=[{**GAME, "groupSize": 100}]).start()
    players = [await join(servers, f"one of {number}") for number in range(100)]
    await asyncio.gather(*(player.matched() for player in players))
    assert len({player.session for player in players}) == 1
    assert [player.index for player in players] == list(range(100))
    await part(*players)
