"""What peers measure while they validate, and where it goes: into outcome, log and metrics, and into the next match."""

import asyncio

from players import Player, finish

# Pings on one machine are far below the cap, however busy it is.
NEAR = {"id": "near", "groupSize": 2, "validatePeers": True, "rules": {"latency": {"steps": [{"after": 0, "cap": "1s"}]}}}
FAR_MS, CLOSE_MS = 1500, 20


def start(make_servers, scene=NEAR):
    return make_servers(scenes=[scene], matchmaker_options=["--round-trip-interval", "100ms"]).start()


async def join(servers, *subjects):
    players = [Player(servers, subject) for subject in subjects]
    for player in players:
        await player.join("near")
    return players


async def validated(players, *rtts):
    """Those who are matched enter, and each reports what it has measured of all others; then they play."""
    await asyncio.gather(*(player.matched() for player in players))
    players = sorted(players, key=lambda player: player.index)
    await asyncio.gather(*(player.enter() for player in players))
    for player, rtt in zip(players, rtts, strict=True):
        await player.game.until("validate")
        for other in players:
            if other is not player:
                await player.game.send("validated", peer=other.index, **({} if rtt is None else {"rttMs": rtt}))
    await asyncio.gather(*(player.until_play() for player in players))
    return players


def outcome(servers, session):
    return servers.matchmaker.outcomes(session)[0]


def metric(server, name):
    return next(float(line.rsplit(" ", 1)[1]) for line in server.get("/metrics")[1].splitlines() if line.startswith(name + " "))


async def play(servers, players, rtt):
    ann, _ = await validated(players, rtt, rtt + 3)
    await finish(players)
    assert outcome(servers, ann.session)["round_trips_ms"] == f"0-1={float(rtt)}"


async def test_a_pair_that_has_measured_more_than_the_cap_is_kept_apart_and_one_within_it_is_not(make_servers):
    servers = start(make_servers)
    assert metric(servers.coordinator, "greenroom_pair_round_trip_seconds_count") == 0
    await play(servers, await join(servers, "ann", "ben"), FAR_MS)
    await play(servers, await join(servers, "cem", "dee"), CLOSE_MS)
    for life in range(2):
        await play(servers, await join(servers, "dee", "cem"), CLOSE_MS)
        assert servers.matchmaker.state()["expiring"]["measuredPairs"] == 2 + 2 * life
        apart = await join(servers, "ann", "ben")
        for player in apart:
            await player.room.silence(0.7)
        others = await join(servers, f"eve {life}", f"fay {life}")
        await asyncio.gather(*(player.matched() for player in apart + others))
        assert apart[0].session != apart[1].session, "their pings were known, and would have allowed it"
        for player in apart:
            pair = [player, *(other for other in others if other.session == player.session)]
            await play_matched(servers, pair)
        if life == 0:
            servers.matchmaker.kill()
            servers.start_matchmaker()
            await asyncio.to_thread(servers.until_ready)
    assert metric(servers.coordinator, "greenroom_pair_round_trip_seconds_count") == 8
    assert metric(servers.coordinator, 'greenroom_pair_round_trip_seconds_bucket{le="1"}') == 7


async def play_matched(servers, players):
    """As `play`, of those who have heard of their match already."""
    players = sorted(players, key=lambda player: player.index)
    await asyncio.gather(*(player.enter() for player in players))
    for player in players:
        await player.game.until("validate")
        await player.game.send("validated", peer=1 - player.index, rttMs=CLOSE_MS)
    await asyncio.gather(*(player.until_play() for player in players))
    await finish(players)


async def test_of_both_ends_the_smaller_round_trip_counts_and_pairs_without_one_are_left_out(make_servers):
    servers = start(make_servers, {**NEAR, "groupSize": 3})
    players = await validated(await join(servers, "ann", "ben", "cem"), 40.25, 30, None)
    await finish(players)
    assert outcome(servers, players[0].session)["round_trips_ms"] == "0-1=30.0,0-2=40.25,1-2=30.0"
    two = await validated(await join(servers, "dee", "eve", "fay"), 12.5, None, None)
    await two[1].game.send("leave")
    for player in two:
        await player.ended("player_left")
    assert outcome(servers, two[0].session)["round_trips_ms"] == "0-1=12.5,0-2=12.5"


async def test_a_round_trip_that_makes_no_sense_is_refused_and_can_be_said_again(make_servers):
    servers = start(make_servers)
    ann, ben = players = await join(servers, "ann", "ben")
    await asyncio.gather(*(player.matched() for player in players))
    await asyncio.gather(*(player.enter() for player in players))
    for player in players:
        await player.game.until("validate")
        for rtt in (-1, 60_000.5, 1e300):
            await player.game.send("validated", peer=1 - player.index, rttMs=rtt)
            await player.game.expect("error", code="bad_message")
    for player in players:
        await player.game.send("validated", peer=1 - player.index, rttMs=60_000)
    await asyncio.gather(*(player.until_play() for player in players))
    await finish([ann, ben])
    assert outcome(servers, ann.session)["round_trips_ms"] == "0-1=60000.0"
