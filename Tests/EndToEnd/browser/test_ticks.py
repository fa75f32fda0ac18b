"""The client library in a game that ticks: everybody's copy of it goes the same way, over a lost connection too."""

from test_library import wait

SCENE = {
    "id": "lockstep", "groupSize": 2, "validatePeers": False, "identity": "open", "start": {"countdown": "2s"},
    "ticks": {"interval": "40ms", "inputMax": 8, "missingInput": "repeat"},
}

JOIN = """async ({ scene, subject }) => {
  const { join } = await import('/greenroom.js');
  window.heard = { ticks: [], inputs: [], ended: [], play: null, startAt: null };
  window.session = join({
    scene, subject,
    onPlay: (play) => { heard.play ??= { ...play, aheadMs: play.startAt - performance.now() }; },
    onStart: ({ startAt }) => { heard.startAt = startAt; },
    onTick: ({ tick, inputs, repeated }) => {
      heard.ticks.push(tick);
      heard.inputs.push(inputs.map((bytes, player) => (bytes ? [...bytes].join() : '-') + (repeated[player] ? '*' : '')).join(' '));
      session.sendInput(new Uint8Array([tick & 255, session.player]));
    },
    onEnded: ({ reason, code }) => heard.ended.push(code ?? reason),
  });
}"""


def test_two_pages_stay_in_step_while_one_loses_its_connection(person, make_servers):
    servers = make_servers(scenes=[SCENE]).start()
    pages = [person(at=servers.matchmaker.http) for _ in range(2)]
    for index, page in enumerate(pages):
        page.evaluate(JOIN, {"scene": "lockstep", "subject": f"page-{index}"})
    for page in pages:
        wait(page, "heard.play !== null")
        assert page.evaluate("heard.play.ticks") == {"intervalMs": 40, "inputBytesMax": 8, "next": 1}
        assert page.evaluate("heard.play.aheadMs") > 0
    ann, ben = sorted(pages, key=lambda page: page.evaluate("session.player"))
    for page in pages:
        wait(page, "heard.ticks.length > 20")
        # The first tick is one interval behind the start that was told, by the page's own clock.
        assert page.evaluate("Math.abs(performance.now() - session.startAt - heard.ticks.length * 40) < 1000")
    ann.evaluate("sockets.at(-1).close()")
    for page in pages:
        wait(page, "heard.ticks.length > 120")
        assert page.evaluate("heard.ticks.every((tick, index) => tick === index + 1)"), "no tick is missing or comes twice"
    assert ann.evaluate("heard.inputs.slice(0, 120)") == ben.evaluate("heard.inputs.slice(0, 120)")
    assert ann.evaluate("heard.inputs.filter((line) => !/[*-]/.test(line)).length") > 40
    assert ann.evaluate("(() => { try { session.sendInput(new Uint8Array(9)); } catch (error) { return error.name; } })()") == "RangeError"
    for page in pages:
        page.evaluate("session.finish()")
    for page in pages:
        wait(page, "heard.ended.length > 0")
        assert page.evaluate("heard.ended") == ["completed"]
