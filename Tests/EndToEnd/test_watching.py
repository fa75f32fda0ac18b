"""Players who are excluded by what the coordinator measures of them, with a warning first."""

import asyncio
import time

from players import playing
from processes import eventually


def scene(**watch):
    return {"id": "watched", "groupSize": 2, "identity": "open", "watch": watch}


async def talk(player, until_s):
    """Says something now and then, so as not to count as silent."""
    while time.monotonic() < until_s:
        await player.game.send("visibility", hidden=False)
        await asyncio.sleep(0.2)


async def test_a_hidden_page_is_warned_and_forgiven_when_it_is_seen_again(make_servers):
    servers = make_servers(scenes=[scene(hiddenFor="3s", silentFor="6s", warning="2500ms")]).start()
    ann, ben = await playing(servers, "watched")
    await ann.game.send("visibility", hidden=True)
    warning = await ann.game.until("warning", about="hidden")
    assert warning["inMs"] == 2500
    await ann.game.send("visibility", hidden=False)
    await ann.game.until("warning", about="hidden", over=True)
    # For longer than she might have been hidden, and both for longer than they might be silent if they were.
    until_s = time.monotonic() + 6.5
    await asyncio.gather(talk(ann, until_s), talk(ben, until_s))
    for player in (ann, ben):
        await player.game.send("finish")
    for player in (ann, ben):
        await player.ended("completed")
    assert 'greenroom_warnings_total{about="hidden"} 1' in servers.coordinator.get("/metrics")[1]


async def test_who_stays_hidden_is_excluded_and_blamed(make_servers):
    servers = make_servers(scenes=[scene(hiddenFor="1s", warning="500ms")]).start()
    ann, ben = await playing(servers, "watched")
    began_s = time.monotonic()
    await ann.game.send("visibility", hidden=True)
    await asyncio.gather(*(player.ended("player_excluded") for player in (ann, ben)))
    assert time.monotonic() - began_s > 0.9
    [outcome] = servers.matchmaker.outcomes(ann.session)
    assert outcome["blamed"] == ann.subject
    [entry] = eventually(lambda: servers.coordinator.log("excluded"), "it is logged")
    assert entry["by"] == "server" and entry["reason"] == "page hidden for 1000 ms" and entry["player"] == ann.index


async def test_who_says_nothing_is_excluded_though_its_socket_answers_pings(make_servers):
    servers = make_servers(scenes=[scene(silentFor="2s", warning="500ms")]).start()
    ann, ben = await playing(servers, "watched")
    talking = asyncio.create_task(talk(ben, time.monotonic() + 60))
    await ann.game.until("warning", about="silent")
    await asyncio.gather(*(player.ended("player_excluded") for player in (ann, ben)))
    talking.cancel()
    [outcome] = servers.matchmaker.outcomes(ann.session)
    assert outcome["blamed"] == ann.subject
