"""A page that is loaded anew in mid-game is in step with the others again: it knows when play began, and what was paused since."""

import pytest
from test_library import wait

SCENES = [
    {"id": "going-on", "groupSize": 2, "identity": "open", "start": {"countdown": "1s"}, "ticks": {"interval": "100ms", "kept": 600}},
    {"id": "pausing", "groupSize": 2, "identity": "open", "start": {"countdown": "1s"}, "ticks": {"interval": "100ms", "kept": 600},
     "absence": {"pauses": True}, "episodes": {"count": 2, "timeout": "60s", "resetTimeout": "20s"}},
]
JOIN = """async ({ scene, subject }) => {
  const { join } = await import('/greenroom.js');
  window.heard = { ticks: [], plays: [], starts: 0, paused: 0, resumed: 0, episodes: [], ended: [] };
  window.session = join({
    scene, subject,
    onPlay: ({ reloaded, startAt }) => heard.plays.push({ reloaded, agoMs: performance.now() - startAt, playedMs: session.playedMs }),
    onStart: () => { heard.starts += 1; },
    onTick: ({ tick }) => heard.ticks.push(tick),
    onPaused: () => { heard.paused += 1; },
    onResumed: () => { heard.resumed += 1; },
    onEpisode: ({ startAt, pausedMs }) => heard.episodes.push({ began: performance.timeOrigin + startAt, pausedMs }),
    onEnded: ({ reason, code }) => heard.ended.push(code ?? reason),
  });
}"""
# By the clock of the machine, which is that of all pages: when play began, and when it would have, had it never paused.
BEGAN = "performance.timeOrigin + session.startAt"
UNPAUSED = "performance.timeOrigin + performance.now() - session.playedMs"
NEAR_MS = 250


@pytest.mark.parametrize("scene", ["going-on", "pausing"])
def test_a_page_that_was_loaded_anew_is_in_step(person, make_servers, scene):
    servers = make_servers(scenes=SCENES).start()
    pages = ann, ben = [person(at=servers.matchmaker.http) for _ in range(2)]
    for page, subject in zip(pages, ("ann", "ben")):
        page.evaluate(JOIN, {"scene": scene, "subject": subject})
    for page in pages:
        wait(page, "session.phase === 'playing'")
        assert page.evaluate("heard.plays[0].playedMs") < 0 and page.evaluate("heard.plays[0].reloaded") is False
    for page in pages:
        wait(page, "session.playedMs > 1500")
    began, unpaused = ben.evaluate(BEGAN), ben.evaluate(UNPAUSED)
    assert abs(ann.evaluate(BEGAN) - began) < NEAR_MS

    ann.reload()
    ann.wait_for_timeout(1500)
    ann.evaluate(JOIN, {"scene": scene, "subject": "ann"})
    wait(ann, "session.phase === 'playing' && heard.starts > 0")
    assert ann.evaluate("heard.plays.length") == 1 and ann.evaluate("heard.plays[0].reloaded")
    assert ann.evaluate("heard.plays[0].agoMs") > 2900, "known at once, and better when its clock is known"
    for page in pages:
        assert abs(page.evaluate(BEGAN) - began) < NEAR_MS
        wait(page, "session.playedMs > 3000")
    paused_ms = ben.evaluate(UNPAUSED) - unpaused
    assert abs(ann.evaluate(UNPAUSED) - ben.evaluate(UNPAUSED)) < NEAR_MS
    if scene == "pausing":
        assert ben.evaluate("[heard.paused, heard.resumed]") == [1, 1]
        assert paused_ms > 2400, "for as long as she was away, and the countdown behind it"
        [episode] = ann.evaluate("heard.episodes")
        assert abs(episode["began"] - began) < NEAR_MS and episode["pausedMs"] > 1400
    else:
        assert abs(paused_ms) < NEAR_MS
    for page in pages:
        number, played_ms = page.evaluate("[heard.ticks.at(-1), session.playedMs]")
        assert abs(number * 100 - played_ms) < 100 + NEAR_MS
        assert page.evaluate("heard.ticks.every((tick, index) => tick === index + 1)"), "the reloaded page has heard all from the first"
    for page in pages:
        page.evaluate("session.finish()")
    for page in pages:
        wait(page, "heard.ended.length > 0")
        assert page.evaluate("heard.ended") == ["completed"]
