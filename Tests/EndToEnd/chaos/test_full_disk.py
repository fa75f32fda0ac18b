"""A disk that is full for a while, under sessions that play, end and wait to be matched."""

import re
import time

import agreement
import pytest
from processes import eventually
from stage import LASTING

PAIRS = 40


def not_ready(server, words):
    status, text = server.get("/readyz")
    return status == 503 and words in text


def metric(server, name):
    return int(re.search(rf"^{name} (\d+)", server.get("/metrics")[1], re.M)[1])


def test_a_matchmaker_whose_disk_is_full_matches_nobody_and_ends_nothing(make_stage, make_crowd, figure):
    stage = make_stage(scenes=[LASTING], disk="2m", grace_s=10.0)
    playing = make_crowd(stage, "Guest", 2 * PAIRS, name="playing")
    playing.until("playing", 2 * PAIRS)
    stage.fill_disk("matchmaker")
    # The last block of the journal may still have space for some.
    first = make_crowd(stage, "Guest", 2 * PAIRS, name="first")
    eventually(lambda: not_ready(stage.matchmaker, "No space left"), lambda: stage.matchmaker.get("/readyz"), 20)
    later = make_crowd(stage, "Guest", 2 * PAIRS, name="later")
    eventually(lambda: stage.sessions("waiting") >= PAIRS, "those who came later wait", 20)
    eventually(lambda: not_ready(stage.matchmaker, "No space left"), lambda: stage.matchmaker.get("/readyz"), 20)
    full = time.monotonic()
    # Those in play hear nothing of it, and the process does not fall into trying without end.
    playing.say("act")
    playing.until("heard", 2 * PAIRS)
    while time.monotonic() < full + 2:
        assert later.count["playing"] == 0 and not_ready(stage.matchmaker, "No space left")
        time.sleep(0.05)
    assert playing.count["lost"] == 0
    tries = metric(stage.matchmaker, "greenroom_journal_failures_total")
    stage.free_disk("matchmaker")
    freed = time.monotonic()
    eventually(stage.ready, "ready again", 20)
    ready_s = time.monotonic() - freed
    for crowd in (playing, first, later):
        crowd.until("playing", 2 * PAIRS)
    for crowd in (playing, first, later):
        crowd.say("act")
        crowd.say("finish")
    for crowd in (playing, first, later):
        crowd.until("finished", 2 * PAIRS)
        crowd.close()
        assert crowd.count["lost"] == 0
    stage.finish()
    assert stage.outcomes() == ["completed"] * (3 * PAIRS)
    matched = [entry["t"] for entry in agreement.told(stage.entries(), "matched")]
    # What had been said before may be read a little later.
    assert not [at for at in matched if full + 0.5 < at < freed]
    lucky = sum(at < freed for at in matched) // 2 - PAIRS
    figure(f"0 of {PAIRS} sessions ended, 0 of {2 * PAIRS - lucky} begun while the disk was full; "
           f"ready {ready_s * 1000:.0f} ms after it had space again, {tries} failures counted")


@pytest.mark.parametrize("killed", [False, True], ids=["", "killed"])
def test_outcomes_that_find_a_full_disk_are_kept_by_their_coordinator(make_stage, make_crowd, figure, killed):
    """All sessions end while the matchmaker can record none of it, killed meanwhile or not. Nothing is lost: it is
    told and recorded once there is space."""
    stage = make_stage(scenes=[LASTING], disk="2m", grace_s=10.0)
    crowd = make_crowd(stage, "Guest", 2 * PAIRS, deadlines={"over": 40.0})
    crowd.until("playing", 2 * PAIRS)
    stage.fill_disk("matchmaker")
    crowd.say("act")
    crowd.say("finish")
    eventually(lambda: not_ready(stage.matchmaker, "No space left"), lambda: stage.matchmaker.get("/readyz"), 20)
    told = crowd.count["finished"]
    assert told < 2 * PAIRS
    if killed:
        stage.kill(stage.matchmaker)
        stage.start_matchmaker()
        eventually(lambda: stage.matchmaker.get("/healthz")[0] == 200 or not stage.matchmaker.alive, "it answers", 20)
        assert stage.matchmaker.alive, stage.matchmaker.text()
    stage.free_disk("matchmaker")
    crowd.until("finished", 2 * PAIRS)
    crowd.close()
    stage.finish()
    assert stage.outcomes() == ["completed"] * PAIRS
    figure(f"{PAIRS} outcomes met a full disk, {told} players had been told before, all were told once it had space")


def test_everything_that_was_said_on_a_full_disk_is_known_after_all_were_killed(make_stage, make_crowd, figure):
    """What is said before it is recorded would be known to nobody then: a ticket, or an end."""
    stage = make_stage(scenes=[LASTING], disk="2m")
    crowd = make_crowd(stage, "Regular", 2 * PAIRS, name="first")
    crowd.until("playing", 2 * PAIRS)
    for name in stage.disks:
        stage.fill_disk(name)
    later = make_crowd(stage, "Regular", 2 * PAIRS, name="later")
    eventually(lambda: not_ready(stage.matchmaker, "No space left"), lambda: stage.matchmaker.get("/readyz"), 20)
    for server in [stage.matchmaker, *stage.nodes]:
        stage.kill(server)
    for name in stage.disks:
        stage.free_disk(name)
    stage.start_matchmaker()
    for index in range(len(stage.nodes)):
        stage.start_coordinator(index)
    stage.until_ready()
    eventually(lambda: stage.sessions() == 2 * PAIRS, lambda: f"{stage.sessions()} sessions are in play", 30)
    # Some of the first play with some of the later.
    for each in (crowd, later):
        each.say("close")
    for each in (crowd, later):
        each.close()
    stage.finish()
    reasons = stage.outcomes()
    figure(f"{reasons.count('coordinator_lost')} sessions lost to kills on full disks, each known and ended once")
