"""Games in lockstep: an input of each player for each tick goes up, one numbered bundle of all comes down."""

import asyncio
import time

import pytest
from players import ALL, TICK, finish, match

SCENES = [
    {"id": "lockstep", "groupSize": 3, "validatePeers": False, "identity": "open", "reconnectGrace": "20s",
     "ticks": {"interval": "50ms", "missingInput": "repeat"}, "start": {"countdown": "300ms"}},
    {"id": "crowd", "groupSize": 16, "validatePeers": False, "identity": "open", "ticks": {"interval": "50ms", "inputMax": 16}},
]


def read_bundle(message):
    """Its number, and for each player its bytes, or None; with whether they are repeated."""
    assert message[0] == TICK and message[1] == 255
    tick, at, inputs = int.from_bytes(message[2:6], "big"), 6, []
    while at < len(message):
        head = int.from_bytes(message[at : at + 2], "big")
        at += 2
        if head == 0xFFFF:
            inputs.append((None, False))
        else:
            length = head & 0x7FFF
            inputs.append((message[at : at + length], head >= 0x8000))
            at += length
    assert at == len(message)
    return tick, inputs


class Lockstep:
    """One player's own copy of a game: a state that follows from the bundles alone."""

    def __init__(self, player):
        self.player = player
        self.tick, self.state, self.bundles, self.heard_at = 0, 0, [], []

    def take(self, message):
        tick, inputs = read_bundle(message)
        assert tick == self.tick + 1, f"tick {tick} behind {self.tick}"
        self.tick = tick
        self.bundles.append(message)
        self.heard_at.append(time.monotonic())
        for data, _ in inputs:
            self.state = (self.state * 31 + (int.from_bytes(data, "big") if data else 7)) % (1 << 61)

    async def run(self, until):
        """Answers each tick with an input for the next."""
        while self.tick < until:
            self.take(await self.player.game.until_binary())
            await self.send(self.tick * 256 + self.player.index)

    async def send(self, number, tick=0):
        await self.player.game.raw(bytes([TICK, ALL]) + tick.to_bytes(4, "big") + number.to_bytes(4, "big"))


async def begin(servers, scene, count):
    players = await match(servers, scene, count)
    await asyncio.gather(*(player.enter() for player in players))
    await asyncio.gather(*(player.until_play() for player in players))
    return players


async def test_a_game_goes_on_in_step_over_a_reconnection(make_servers):
    servers = await asyncio.to_thread(make_servers(scenes=SCENES).start)
    players = await begin(servers, "lockstep", 3)
    assert all(player.play["ticks"] == {"intervalMs": 50, "inputBytesMax": 256, "next": 1} for player in players)
    assert all(0 < player.play["startsInMs"] <= 300 for player in players)
    games = [Lockstep(player) for player in players]
    await asyncio.gather(*(game.run(10) for game in games))

    ann, *others = games
    others_run = asyncio.gather(*(game.run(40) for game in others))
    await ann.player.game.drop()
    await asyncio.sleep(0.5)
    entered = await ann.player.enter(received=0, tick=ann.tick)
    assert "missedTicks" not in entered
    again = await ann.player.until_play()
    assert again["startsInMs"] == 0 and again["ticks"]["next"] > 15
    await ann.run(40)
    await others_run
    assert games[0].state == games[1].state == games[2].state
    assert games[0].bundles == games[1].bundles == games[2].bundles
    # Until she was back: what she had sent before came in time or late, once each, and between and behind it the last is repeated.
    away = [read_bundle(message)[1][ann.player.index] for message in games[1].bundles[: again["ticks"]["next"] - 1]]
    own = [int.from_bytes(data, "big") >> 8 for data, repeated in away if data is not None and not repeated]
    assert own == sorted(set(own)) and len(own) <= 10
    before = None
    for data, repeated in away:
        assert not repeated or data == before, "the last input of one who is away is repeated"
        before = data
    assert sum(repeated for _, repeated in away) >= 4
    back = [read_bundle(message)[1][ann.player.index] for message in games[1].bundles[-3:]]
    assert not any(repeated for _, repeated in back)
    await finish(players)
    await asyncio.to_thread(servers.until_empty)


async def test_one_who_missed_more_than_is_kept_is_told_so(make_servers):
    scene = {**SCENES[0], "ticks": {"interval": "20ms", "kept": 5}}
    servers = await asyncio.to_thread(make_servers(scenes=[scene]).start)
    players = await begin(servers, "lockstep", 3)
    ann = Lockstep(players[0])
    await ann.run(3)
    await players[0].game.drop()
    await asyncio.sleep(0.6)
    entered = await players[0].enter(tick=3)
    assert entered["missedTicks"] > 10
    ann.tick += entered["missedTicks"]
    await players[0].until_play()
    await ann.run(ann.tick + 10)
    await finish(players)


async def test_sixteen_players_at_twenty_ticks_a_second(make_servers):
    servers = await asyncio.to_thread(make_servers(scenes=SCENES).start)
    players = await begin(servers, "crowd", 16)
    games = [Lockstep(player) for player in players]
    began = time.monotonic()
    await asyncio.gather(*(game.run(80) for game in games))
    took = time.monotonic() - began
    assert len({game.state for game in games}) == 1
    assert all(game.bundles == games[0].bundles for game in games)
    # Eighty ticks of 50 ms, the first one interval behind the start; a busy machine may read the last of them later.
    assert 3.5 < took < 12, took
    inputs = [[int.from_bytes(data, "big") for data, _ in column if data is not None]
              for column in zip(*(read_bundle(message)[1] for message in games[0].bundles), strict=True)]
    for player, sent in zip(players, inputs, strict=True):
        assert {number & 255 for number in sent} == {player.index}
        assert sent == sorted(set(sent)), "each once, and in the order in which they were sent"
        # How many come in time depends on the machine too, but not that most do.
        assert len(sent) > 40
    await finish(players)
    await asyncio.to_thread(servers.until_empty)


async def test_inputs_that_are_wrong_or_too_many_are_refused_and_the_game_goes_on(make_servers):
    servers = await asyncio.to_thread(make_servers(scenes=SCENES).start)
    players = await begin(servers, "lockstep", 3)
    ann = players[0].game
    for wrong in (b"", b"\0\0\0", bytes(4) + bytes(257)):
        await ann.raw(bytes([TICK, ALL]) + wrong)
        await ann.until("error", code="bad_message")
    for number in range(30):
        await ann.raw(bytes([TICK, ALL]) + bytes(4) + bytes([number]))
    await ann.until("error", code="rate_limited")
    game = Lockstep(players[1])
    await game.run(24)
    mine = [read_bundle(message)[1][0] for message in game.bundles]
    assert [data for data, repeated in mine if not repeated and data][:8] == [bytes([number]) for number in range(8)]
    assert sum(isinstance(message, dict) and message.get("code") == "rate_limited" for message in ann.heard) == 1
    await finish(players)


@pytest.mark.parametrize("ahead_s", [0, 12345.5])
async def test_clients_that_say_their_clock_begin_together(make_servers, ahead_s):
    scene = {**SCENES[0], "start": {"countdown": "4s"}}
    servers = await asyncio.to_thread(make_servers(scenes=[scene]).start)
    players = await match(servers, "lockstep", 3)

    def clock():
        return (time.monotonic() + ahead_s) * 1000

    async def told(player):
        player.game = None
        await player.enter()
        while True:
            message = await player.game.next(with_clocks=True)
            if message["type"] == "clock":
                await player.game.send("clock", sample=message["sample"], clientMs=clock())
            elif message["type"] in ("play", "start") and "startAtMs" in message:
                return message["startAtMs"]

    starts = await asyncio.gather(*(told(player) for player in players))
    # All three share one clock here, so that they have to be told one time, as well as a busy machine answers.
    assert max(starts) - min(starts) < 250, starts
    assert 0 < starts[0] - clock() < 4250
    await finish(players)
