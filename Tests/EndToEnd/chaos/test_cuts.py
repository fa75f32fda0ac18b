"""Links that are cut, held up and swallowed, for less and for more than the grace."""

import asyncio
import time

import journals
import pytest
from diary import Diary
from person import Deadlines, Person, finish
from processes import eventually
from stage import GRACE_S, LASTING, MARGIN_S, TELL_WAIT_S

PAIRS = 30
# Of a link that is back in time, while everyone says something meanwhile on a machine that may be busy.
AWAY_GRACE_S = 8.0


def break_it(proxy, way):
    if way == "cut":
        proxy.refuse()
        proxy.cut()
    else:
        proxy.hold(*({"up": ["up"], "down": ["down"], "both": []}[way]))


def mend(proxy, way):
    proxy.refuse(False)
    proxy.heal_from_loss() if way != "cut" else proxy.release()


@pytest.mark.parametrize("way", ["cut", "up", "down", "both"])
def test_a_link_that_is_away_for_less_than_the_grace_ends_nothing(make_stage, make_crowd, figure, way):
    """Cut and not to be dialled, or all that is sent in one direction or in both is lost."""
    stage = make_stage(scenes=[LASTING], grace_s=AWAY_GRACE_S)
    crowd = make_crowd(stage, "Guest", 2 * PAIRS)
    crowd.until("playing", 2 * PAIRS)
    break_it(stage.proxies[0], way)
    stage.say(f"link of node-1 away: {way}")
    # The length of the absence is what is tried here: well over the interval of pings, well under the grace.
    time.sleep(1.2)
    crowd.say("act")
    crowd.until("heard", 2 * PAIRS)
    mend(stage.proxies[0], way)
    stage.until_ready()
    eventually(lambda: stage.sessions() == PAIRS, lambda: f"{stage.sessions()} sessions are known")
    crowd.say("finish")
    crowd.until("finished", 2 * PAIRS)
    crowd.close()
    stage.finish()
    assert stage.outcomes() == ["completed"] * PAIRS
    figure(f"{PAIRS} sessions outlived a link that was away for 1.2 of {AWAY_GRACE_S} s ({way})")


@pytest.mark.parametrize("way", ["cut", "up", "down", "both"])
def test_a_link_that_is_away_for_more_than_the_grace_ends_its_sessions_on_both_sides_alike(
        make_stage, make_crowd, figure, way):
    stage = make_stage(scenes=[LASTING], grace_s=1.0)
    crowd = make_crowd(stage, "Regular", 2 * PAIRS)
    crowd.until("playing", 2 * PAIRS)
    mine = stage.assigned(0)
    break_it(stage.proxies[0], way)
    began = time.monotonic()
    stage.say(f"link of node-1 away: {way}")
    # Told by the coordinator after its grace, since nobody acknowledges it; free at the matchmaker at the same time.
    crowd.until("coordinator_lost", 2 * mine, 20)
    told_s = time.monotonic() - began
    crowd.until("playing", 2 * PAIRS + 2 * mine, 20)
    mend(stage.proxies[0], way)
    stage.until_ready()
    crowd.close()
    stage.finish()
    found = journals.sessions(stage.journal.records())
    reasons = [journals.final(session)["reason"] for session in found.values()]
    assert reasons.count("coordinator_lost") == mine and reasons.count("completed") == PAIRS
    # By default the grace is 15 s.
    assert told_s < 12
    presumed = sum(len(session["ended"]) == 2 for session in found.values())
    figure(f"{mine} sessions ended alike on both sides ({way}), told after {told_s:.2f} s (grace and telling wait: "
           f"{1.0 + TELL_WAIT_S} s), {presumed} presumptions replaced by the owner's word")


async def test_one_who_finishes_while_the_link_is_down_and_rejoins_at_once_never_meets_the_old_session(
        make_stage, figure):
    """Told from the coordinator's outbox, everyone comes to a matchmaker that believes them to be in play. The release
    in what they hold frees them there; the outcomes arrive long after."""
    stage = await asyncio.to_thread(make_stage, scenes=[LASTING], grace_s=8.0)
    diary = Diary(stage.diary("people"))
    deadlines = Deadlines(lease=9.0, over=30)
    people = [Person(stage.matchmaker.ws, "pair", f"p{number}", diary, deadlines) for number in range(2 * PAIRS)]
    playing, go = asyncio.Semaphore(0), asyncio.Event()

    async def live(person):
        async def on_message(message):
            if message["type"] == "play":
                playing.release()
                await go.wait()
                await finish(person.game)
        assert await person.until_matched()
        older = person.session
        end = await person.take_part(on_message)
        assert end["reason"] == "completed", end
        began = time.monotonic()
        assert await person.until_matched()
        again_s = time.monotonic() - began
        assert person.session != older
        await person.take_part(play=finish)
        await person.probed()
        return again_s

    games = [asyncio.create_task(live(person)) for person in people]
    for _ in people:
        await asyncio.wait_for(playing.acquire(), 30)
    # Everyone of node-1 is told without its link; node-2's are free as soon as the matchmaker knows.
    mine = stage.assigned(0)
    break_it(stage.proxies[0], "both")
    stage.say("link of node-1 swallows all")
    await asyncio.sleep(0.3)
    stage.proxies[0].cut("coordinator")
    stage.say("node-1 sees its link broken, the matchmaker does not")
    stage.proxies[0].refuse()
    go.set()
    async with asyncio.timeout(80):
        again_s = await asyncio.gather(*games)
    assert stage.assigned(0) == mine, "the matchmaker has yet to hear of the ends"
    mend(stage.proxies[0], "both")
    diary.close()
    await asyncio.to_thread(stage.finish)
    reasons = stage.outcomes()
    assert reasons == ["completed"] * (2 * PAIRS)
    figure(f"{2 * mine} players told while the link was down were matched anew after at most {max(again_s):.2f} s, "
           f"0 in the old session; its outcome arrived later, once")


def test_matched_players_of_a_link_that_flaps_reach_their_games(make_stage, make_crowd, figure):
    """Cut again and again while sessions are handed over, ended and acknowledged."""
    stage = make_stage(grace_s=GRACE_S, margin_s=MARGIN_S)
    crowd = make_crowd(stage, "Roamer", 60, scenes=["pair"], seed=1, at_once=60)
    cuts = 16
    for number in range(cuts):
        # Where only the matchmaker sees it, the link is away until the lease has run out.
        stage.cut(number % 2, *[(), ("coordinator",), (), ("coordinator",), ("matchmaker",)][number % 5])
        # Between two cuts some work is done, not a link awaited.
        done = crowd.count["completed"]
        crowd.until("completed", done + 2)
    for proxy in stage.proxies:
        proxy.cut()
    crowd.close()
    stage.finish()
    reasons = stage.outcomes()
    figure(f"{cuts} cuts, {len(reasons)} sessions, {reasons.count('completed')} of them completed, "
           f"{reasons.count('coordinator_lost')} lost; one outcome each")
