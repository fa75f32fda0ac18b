"""Direct connections that break in mid-game, between real browsers: they are made anew, or the game goes on by relay."""

import pytest
from pages import assert_nothing_is_left
from test_library import wait

JOIN = """async ({ scene, subject, matchmaker, ...more }) => {
  const { join } = await import('/greenroom.js');
  window.heard = { messages: {}, ended: [], errors: [], lost: 0, validated: 0, transports: [] };
  window.session = join({
    scene, subject, matchmaker, ...more,
    onMessage: ({ from, bytes }) => (heard.messages[from] ??= []).push(bytes[0] * 256 + bytes[1]),
    onPeerValidated: () => { heard.validated += 1; },
    onPeerLost: () => { heard.lost += 1; },
    onPlay: ({ transport }) => heard.transports.push(transport),
    onTransport: ({ transport }) => heard.transports.push(transport),
    onError: ({ code }) => heard.errors.push(code),
    onEnded: ({ reason, code }) => heard.ended.push(code ?? reason),
  });
  window.said = 0;
  window.say = (count, to = 255) => {
    for (let n = 0; n < count; n += 1) {
      if (!session.send(to, new Uint8Array([said >> 8, said & 255, ...Array(30).fill(7)]))) throw new Error('refused');
      said += 1;
    }
  };
}"""

# From now on no connection can be made in this page.
BREAK = "window.RTCPeerConnection = class { constructor() { throw new Error('there is none'); } }, void 0"
KILL = "connections.filter((each) => each.connectionState === 'connected').forEach((each) => each.close())"
# The page does not notice that the other end has closed.
DEAFEN = """() => {
  for (const each of channels) each.onclose = null;
  for (const each of connections) each.onconnectionstatechange = null;
}"""


def scene(name, size, **more):
    return {"id": name, "groupSize": size, "validatePeers": True, "identity": "open", "onValidationFailure": "requeue", **more}


@pytest.fixture
def table(person, make_servers):
    """Brings so many people into one game, in the order of their players."""

    def gather(count, wait_ms=60_000, **rules):
        rules = {"attempts": {"max": 3, "timeout": "8s"}, "validationTimeout": "40s", **rules}
        servers = make_servers(scenes=[scene("table", count, **rules)]).start()
        pages = [person(at=servers.matchmaker.http) for _ in range(count)]
        for index, page in enumerate(pages):
            page.evaluate(JOIN, {"scene": "table", "subject": f"repair-{index}"})
        for page in pages:
            wait(page, "session.phase === 'playing'", wait_ms)
            assert page.evaluate("session.transport") == "peer"
        return servers, sorted(pages, key=lambda page: page.evaluate("session.player"))

    return gather


def assert_all_heard(pages, count):
    """Every message of each has reached all others, once and in order."""
    for page in pages:
        others = len(pages) - 1
        wait(page, f"Object.values(heard.messages).filter((each) => each.length >= {count}).length === {others}", 40_000)
    for index, page in enumerate(pages):
        wanted = {str(other): list(range(count)) for other in range(len(pages)) if other != index}
        assert page.evaluate("heard.messages") == wanted
        assert page.evaluate("heard.errors") == []


def finish(servers, pages):
    for page in pages:
        page.evaluate("session.finish()")
    for page in pages:
        wait(page, "heard.ended.length > 0")
        assert page.evaluate("heard.ended") == ["completed"]
        assert page.evaluate("openConnections()") == 0
    servers.until_empty()


@pytest.mark.parametrize("count", [2, 3])
def test_a_connection_that_is_killed_is_made_anew_and_nothing_is_lost(table, count):
    servers, pages = table(count)
    for page in pages:
        page.evaluate("say(50)")
    pages[0].evaluate("say(20)")
    pages[0].evaluate(KILL)
    for page in pages:
        page.evaluate("say(30)")
    pages[0].evaluate("say(0)")
    for page in pages[1:]:
        page.evaluate("say(20)")
    wait(pages[0], f"heard.validated >= {2 * (count - 1)}", 40_000)
    assert_all_heard(pages, 100)
    assert [page.evaluate("heard.transports") for page in pages] == [["peer"]] * count
    assert [page.evaluate("heard.lost") for page in pages] == [count - 1] + [1] * (count - 1)
    finish(servers, pages)


def test_one_whose_connection_shows_no_loss_hears_of_it_when_it_is_made_anew(table):
    servers, pages = table(2)
    pages[1].evaluate(DEAFEN)
    pages[0].evaluate(KILL)
    for page in pages:
        page.evaluate("say(10)")
        wait(page, "heard.validated >= 2", 40_000)
    assert_all_heard(pages, 10)
    assert [page.evaluate("heard.lost") for page in pages] == [1, 1]
    finish(servers, pages)


@pytest.mark.parametrize("count", [2, 3])
def test_what_cannot_be_made_anew_goes_by_relay_for_all_and_the_game_is_finished(table, count):
    servers, pages = table(count)
    for page in pages:
        page.evaluate("say(50)")
    pages[0].evaluate(BREAK)
    pages[0].evaluate(KILL)
    for page in pages:
        page.evaluate("say(30)")
    for page in pages:
        wait(page, "heard.transports.length === 2", 60_000)
        page.evaluate("say(20)")
    assert_all_heard(pages, 100)
    assert [page.evaluate("heard.transports") for page in pages] == [["peer", "relay"]] * count
    for page in pages:
        wait(page, "openConnections() === 0")
    finish(servers, pages)


def test_sixteen_pages_validate_all_of_their_pairs_and_play(table):
    # All 240 ends of connections share this machine's cores, so that each pair needs its time.
    patient = {"attempts": {"max": 3, "timeout": "40s"}, "validationTimeout": "120s", "enterTimeout": "60s"}
    servers, pages = table(16, 180_000, **patient)
    assert [page.evaluate("[heard.validated, openConnections()]") for page in pages] == [[15, 15]] * 16
    for page in pages:
        page.evaluate("say(3)")
    assert_all_heard(pages, 3)
    assert {page.evaluate("session.transport") for page in pages} == {"peer"}
    session = pages[0].evaluate("session.session")
    finish(servers, pages)
    [outcome] = servers.matchmaker.outcomes(session)
    pairs = [each.split("=")[0] for each in outcome["round_trips_ms"].split(",")]
    assert pairs == [f"{a}-{b}" for a in range(16) for b in range(a + 1, 16)]


def test_eight_validate_each_other_and_mend_one_pair(table):
    servers, pages = table(8)
    for page in pages:
        page.evaluate("say(5)")
    # One end of one pair.
    pages[0].evaluate("connections.find((each) => each.connectionState === 'connected').close()")
    for page in pages:
        page.evaluate("say(5)")
    wait(pages[0], "heard.validated >= 8", 40_000)
    assert_all_heard(pages, 10)
    assert {page.evaluate("session.transport") for page in pages} == {"peer"}
    finish(servers, pages)
