"""What is kept on disk: a disk that is full, a journal that is damaged or gone, kills in the middle of writing."""

import asyncio
import contextlib
import json
import random
import time

import pytest
from disks import fill, flip, full_disk, read_only, small_disk
from players import ALL, ORDERED, Line, Player, finish, playing
from processes import eventually, program
from protocol_peer import SECRET, Peer, ended, port_of
from protocol_reading import decode

MARGIN_S = 0.5
QUICK = ["--link-margin", "500ms", "--ping-interval", "200ms"]
SHORT = ["--link-grace", "2s", *QUICK]
# So that a game outlives that its matchmaker is started again, twice even, however busy the machine is.
LASTING_GRACE_S = 8.0
LASTING = ["--link-grace", "8s", *QUICK]


def not_ready(server, *words):
    """/readyz says no, with these words."""
    status, text = server.get("/readyz")
    return status == 503 and all(word in text for word in words)


def metric(server, name):
    return next(
        float(line.split()[1]) for line in server.get("/metrics")[1].splitlines() if line.startswith(name + " "))


async def logged(server, event, **fields):
    """The lines of an event, once there is one: the log is behind what is done."""
    await asyncio.to_thread(eventually, lambda: server.log(event, **fields), lambda: f"{event} logged\n{server.text()}")
    return server.log(event, **fields)


async def talk(ann, ben, text):
    await ann.send_binary(ALL, text)
    assert await ben.game.until_binary() == bytes([ORDERED, ann.index]) + text


async def until_playing(servers, count):
    """The matchmaker knows of so many games: those who play may have heard of it before."""
    await asyncio.to_thread(
        eventually, lambda: servers.matchmaker.state()["sessions"]["playing"] == count, f"{count} games are known")


async def join_all(servers, count):
    players = [Player(servers) for _ in range(count)]
    for player in players:
        await player.join("duo-relay")
    return players


async def play_on(players):
    """Those who wait for a match are matched, and play to the end."""
    await asyncio.gather(*(player.matched() for player in players))
    await asyncio.gather(*(player.enter() for player in players))
    await asyncio.gather(*(player.until_play() for player in players))
    await finish(players)


async def test_on_a_full_disk_the_matchmaker_matches_nobody_and_goes_on_when_there_is_space(make_servers):
    servers = make_servers(matchmaker_options=SHORT).start()
    matchmaker = servers.matchmaker
    ann, ben = await playing(servers, "duo-relay")
    with full_disk(matchmaker, servers.folder / "matchmaker/journal"):
        # The first pair finds out, the second one finds the state.
        waiting = await join_all(servers, 2)
        await asyncio.to_thread(eventually, lambda: not_ready(matchmaker, "journal: write: File too large"), "not ready")
        waiting += await join_all(servers, 2)
        assert metric(matchmaker, "greenroom_journal_working") == 0
        assert metric(matchmaker, "greenroom_journal_pending_bytes") > 0
        assert matchmaker.get("/healthz")[0] == 200
        await talk(ann, ben, b"a game does not mind")
        for player in (ann, ben):
            await player.game.send("finish")
        await asyncio.sleep(1.5)
        # What is not durable is told to nobody, and nobody has been matched.
        for player in [ann, ben]:
            await player.game.silence()
        for player in waiting:
            with pytest.raises(TimeoutError):
                await player.room.until("matched", timeout_s=0.1)
        assert servers.coordinator.state()["sessions"]["playing"] == 0
    await asyncio.to_thread(eventually, lambda: matchmaker.get("/readyz")[0] == 200, "ready again")
    await asyncio.gather(ann.ended("completed"), ben.ended("completed"))
    await play_on(waiting)
    assert [each["level"] for each in await logged(matchmaker, "journal_failed")] == ["error"], "one line, not one for each attempt"
    (recovered,) = await logged(matchmaker, "journal_recovered")
    assert [each["event"] for each in matchmaker.log(level="warning")] == ["journal_recovered"]
    assert recovered["after_ms"] >= 1_500 and recovered["attempts"] >= 2
    assert metric(matchmaker, "greenroom_journal_working") == 1
    assert metric(matchmaker, "greenroom_journal_failures_total") == 1
    # The file is in order.
    code, records = decode("--journal", servers.folder / "matchmaker/journal")
    assert code == 0 and sum(record["kind"] == "ended" for record in records) == 3


async def test_a_coordinator_whose_disk_is_full_takes_no_games_and_ends_those_that_it_has(make_servers):
    servers = make_servers(matchmaker_options=SHORT).start()
    coordinator = servers.coordinator
    ann, ben = await playing(servers, "duo-relay")
    eve, fay = await playing(servers, "duo-relay")
    with full_disk(coordinator, servers.folder / "node-1/journal"):
        await finish([eve, fay])
        await asyncio.to_thread(eventually, lambda: not_ready(coordinator, "outbox", "File too large"), "not ready")
        await asyncio.to_thread(
            eventually, lambda: not_ready(servers.matchmaker, "no coordinator takes sessions"), "drained")
        waiting = await join_all(servers, 2)
        await talk(ann, ben, b"a game does not mind")
        await asyncio.sleep(1.2)
        assert servers.matchmaker.state()["sessions"]["waiting"] == 1
    await play_on(waiting)
    await talk(ann, ben, b"and has not noticed")
    await finish([ann, ben])
    await asyncio.to_thread(servers.until_ready)
    code, records = decode("--journal", servers.folder / "node-1/journal")
    assert code == 0 and sum(record["kind"] == "ended" for record in records) == 3


async def test_a_file_system_without_space_is_survived_by_everyone_who_plays_on_it(make_servers, tmp_path):
    servers = make_servers(matchmaker_options=SHORT)
    with small_disk(servers.folder / "matchmaker"):
        servers.start()
        ballast = fill(servers.folder / "matchmaker")
        # The last block of the journal has space for some of them.
        players = await join_all(servers, 30)
        await asyncio.to_thread(
            eventually, lambda: not_ready(servers.matchmaker, "No space left on device"), "not ready")
        ballast.unlink()
        await play_on(players)
        assert metric(servers.matchmaker, "greenroom_journal_working") == 1
        await asyncio.to_thread(servers.until_empty)
        servers.stop()


async def test_a_server_stops_in_time_though_its_disk_takes_nothing(make_servers):
    servers = make_servers(matchmaker_options=SHORT).start()
    servers.must_be_empty = False
    with full_disk(servers.matchmaker, servers.folder / "matchmaker/journal"):
        await join_all(servers, 2)
        await asyncio.to_thread(eventually, lambda: not_ready(servers.matchmaker, "File too large"), "not ready")
        began = time.monotonic()
        servers.matchmaker.signal(15)
        # Five seconds are for the disk.
        assert await asyncio.to_thread(servers.matchmaker.wait, 20) == 0
        assert time.monotonic() - began < 12
        await logged(servers.matchmaker, "journal_unwritten", level="error")
    servers.start_matchmaker()
    await asyncio.to_thread(servers.until_ready)


async def test_the_journal_never_grows_with_the_games_that_were_played(make_servers):
    servers = make_servers(
        matchmaker_options=[*SHORT, "--journal-compact-at", "64KiB"],
        coordinator_options=["--journal-compact-at", "64KiB"]).start()
    mine, theirs = servers.folder / "matchmaker/journal", servers.folder / "node-1/journal"
    largest = 0

    async def games(rounds):
        nonlocal largest
        for _ in range(rounds):
            await asyncio.gather(*(game(servers) for _ in range(8)))
            largest = max(largest, theirs.stat().st_size)

    kept = await playing(servers, "duo-relay")
    (old, _) = await asyncio.gather(game(servers), games(5))
    # All that was acknowledged is of no use to a coordinator.
    await logged(servers.coordinator, "journal_compacted")
    assert old in sessions_of(mine)
    # The matchmaker keeps an outcome until a coordinator has said that it does not: with its next inventory.
    servers.matchmaker.kill()
    servers.start_matchmaker()
    await asyncio.to_thread(servers.until_ready)
    await until_playing(servers, 1)
    await games(12)
    await asyncio.to_thread(
        eventually, lambda: any(each["to_bytes"] < each["from_bytes"] for each in servers.matchmaker.log("journal_compacted")),
        "compacted to less")
    # All games would take more than 270,000 bytes; a compaction may be some rounds behind on a busy machine.
    assert largest < 160_000
    assert kept[0].session in sessions_of(mine) and old not in sessions_of(mine)
    servers.matchmaker.kill()
    servers.start_matchmaker()
    await asyncio.to_thread(servers.until_ready)
    await until_playing(servers, 1)
    await finish(kept)


def sessions_of(journal):
    code, records = decode("--journal", journal)
    assert code == 0
    return {record["session"] for record in records}


async def game(servers):
    """Two fresh players, from the join to the end. Games at one time may mix them up: each goes where it is sent."""
    players = await join_all(servers, 2)
    await asyncio.gather(*(player.matched(30) for player in players))
    await asyncio.gather(*(player.enter() for player in players))
    await asyncio.gather(*(player.until_play(30) for player in players))
    for player in players:
        await player.game.send("finish", result={"text": "x" * 900})
    await asyncio.gather(*(player.ended("completed", 30) for player in players))
    return players[0].session


async def test_no_acknowledged_outcome_is_lost_by_a_kill_in_the_middle_of_commits_and_compactions(make_servers):
    servers = make_servers(
        tcp=True, secret=SECRET, matchmaker_options=["--journal-compact-at", "64KiB", "--link-grace", "60s"])
    servers.must_be_empty = False
    file = servers.folder / "matchmaker/journal"
    generator, compactions, known, round = random.Random(4), 0, set(), 0
    # As many kills as it takes to hit enough of both, which depends on the machine.
    while round < 12 or len(known) <= 300 or compactions < 3:
        round += 1
        assert round <= 60, f"{len(known)} outcomes, {compactions} compactions"
        matchmaker = servers.start_matchmaker()
        matchmaker.until_alive()
        assert not matchmaker.log("journal_damaged") and not matchmaker.log("journal_missing")
        # Whoever has listed an outcome once is not asked for it again: it is kept until the next inventory.
        peer = await Peer.dial(("127.0.0.1", port_of(servers)))
        assert (await peer.shake_hands(SECRET.encode(), node=f"node-{round}"))["kind"] == "welcome"
        acknowledged = set()
        killer = asyncio.get_running_loop().call_later(generator.uniform(0.02, 0.5), matchmaker.kill)
        with contextlib.suppress(ConnectionError, AssertionError, TimeoutError):
            await asyncio.gather(report(peer, round), hear(peer, acknowledged))
        killer.cancel()
        await asyncio.to_thread(matchmaker.wait)
        compactions += len(matchmaker.log("journal_compacted"))
        code, records = decode("--journal", file)
        found = {record["session"] for record in records if record.get("kind") == "ended"}
        assert code == 0 and acknowledged <= found, f"{len(acknowledged - found)} of {len(acknowledged)} lost"
        known |= acknowledged
    matchmaker = servers.start_matchmaker()
    matchmaker.until_alive()


async def report(peer, round):
    """Ends sessions that nobody has heard of, as fast as they are taken."""
    for number in range(100_000):
        session = (round << 32 | number).to_bytes(16, "big")
        assign = {
            "session": session, "attempt": 1, "scene": "duo", "players": [{"subject": f"s-{round}-{number}-{seat}"} for seat in "ab"]}
        peer.send(ended(assign, "completed", "playing", [(0, 0, 1, b'{"x":"' + b"y" * 500 + b'"}')] * 2, 1_700_000_000_000))
        await peer.writer.drain()
        if number % 10 == 0:
            await asyncio.sleep(0.002)


async def hear(peer, acknowledged):
    while True:
        _, message = await peer.next()
        if message is None:
            raise ConnectionResetError
        if message["kind"] == "endedAck":
            acknowledged.add(message["session"].hex() if isinstance(message["session"], bytes) else message["session"])


async def test_a_damaged_journal_needs_the_operators_word_and_then_costs_no_game(make_servers):
    servers = make_servers(matchmaker_options=LASTING).start()
    folder = servers.folder / "matchmaker"
    await finish(await playing(servers, "duo-relay"))
    ann, ben = await playing(servers, "duo-relay")
    servers.matchmaker.kill()
    # The record of the game that is played: the last but none.
    code, records = decode("--journal", folder / "journal")
    place = records[-1]["offset"]
    assert records[-1]["kind"] == "journalMatched" and records[-1]["session"] == ann.session
    flip(folder / "journal", place + 60)
    before = (folder / "journal").read_bytes()

    refused = servers.start_matchmaker()
    assert await asyncio.to_thread(refused.wait) == 2
    (line,) = refused.stderr
    assert f"{folder}/journal is damaged at byte {place}: " in line and "--accept-damaged-journal" in line
    assert (folder / "journal").read_bytes() == before
    servers.all.remove(refused)

    began = time.monotonic()
    matchmaker = servers.start_matchmaker("--accept-damaged-journal")
    matchmaker.until_alive()
    (accepted,) = await logged(matchmaker, "journal_damage_accepted")
    assert accepted["places"] == 1 and accepted["records"] == len(records) - 1
    (damaged,) = await logged(matchmaker, "journal_damaged")
    assert (damaged["from_byte"], damaged["to_byte"]) == (place, len(before))
    (kept,) = folder.glob("journal.damaged-*")
    assert kept.read_bytes() == before and accepted["kept_as"] == str(kept)
    await nobody_is_matched_before_it_is_known_who_plays(servers, ann, began)
    await talk(ann, ben, b"still here")
    await finish([ann, ben])
    # From now on it is a journal like any other.
    matchmaker.signal(15)
    assert await asyncio.to_thread(matchmaker.wait) == 0
    matchmaker = servers.start_matchmaker()
    await asyncio.to_thread(servers.until_ready)
    await logged(matchmaker, "coordinator_up")
    assert not [each for each in matchmaker.log(level="warning") if each["event"].startswith("journal_")]


async def nobody_is_matched_before_it_is_known_who_plays(servers, ann, began):
    """One who plays by an unknown record is not given a second game, and others wait for as long as that is open."""
    players = await join_all(servers, 2)
    await asyncio.gather(*(player.matched(30) for player in players))
    assert time.monotonic() - began >= LASTING_GRACE_S + MARGIN_S - 0.2, "matched before all could be known"
    await asyncio.gather(*(player.enter() for player in players))
    await asyncio.gather(*(player.until_play() for player in players))
    await finish(players)
    again = Player(servers, ann.subject)
    again.room = await Line.open(servers.matchmaker.ws + "/v1/join")
    await again.room.send("join", scene="duo-relay", subject=ann.subject, resume=ann.resume)
    assert (await again.matched())["session"] == ann.session


async def test_a_journal_that_is_gone_is_missed(make_servers):
    servers = make_servers(matchmaker_options=LASTING).start()
    await logged(servers.matchmaker, "coordinator_up")
    assert not servers.matchmaker.log(level="warning") and not servers.coordinator.log("journal_missing")
    folder = servers.folder / "matchmaker"
    ann, ben = await playing(servers, "duo-relay")
    servers.matchmaker.kill()
    (folder / "journal").unlink()
    # A crash before the lack is made up for does not hide it.
    servers.start_matchmaker().until_alive()
    await logged(servers.matchmaker, "journal_missing", level="warning")
    servers.matchmaker.kill()
    began = time.monotonic()
    matchmaker = servers.start_matchmaker()
    matchmaker.until_alive()
    await logged(matchmaker, "journal_incomplete", level="warning")
    await nobody_is_matched_before_it_is_known_who_plays(servers, ann, began)
    await finish([ann, ben])
    await asyncio.to_thread(eventually, lambda: (folder / "journal.mark").read_text() == "complete\n", "confirmed")

    servers.coordinator.kill()
    (servers.folder / "node-1/journal").unlink()
    servers.start_coordinator(node="node-1").until_alive()
    await logged(servers.coordinators[-1], "journal_missing", level="warning")
    await asyncio.to_thread(servers.until_ready)


@pytest.mark.parametrize("name", ["matchmaker", "coordinator"])
def test_a_folder_that_cannot_be_used_is_named_at_start(tmp_path, name):
    folder = tmp_path / "data"

    def complaint():
        done = program(name, "--listen", "127.0.0.1:0", "--data-dir", folder)
        assert done.returncode == 2 and done.stdout == ""
        (line,) = done.stderr.splitlines()
        return line

    with small_disk(folder):
        read_only(folder)
        assert f"{folder}/lock: open: Read-only file system" in complaint()
    with small_disk(folder):
        fill(folder).rename(folder / "other")
        assert f"{folder}/" in (line := complaint()) and "No space left on device" in line
    for file in ("key", "node-id"):
        (folder / file).write_bytes(b"")
        assert f"{folder}/{file} is empty" in complaint()
        (folder / file).unlink()
    (folder / "key").mkdir()
    assert f"{folder}/key: " in complaint()
    (folder / "key").rmdir()
    (folder / "journal").write_text(json.dumps({"not": "a journal"}))
    assert f"{folder}/journal is damaged at byte 0" in complaint()
