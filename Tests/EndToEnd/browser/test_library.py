"""The client library by itself, in a real browser: what it promises to a game that is not the demo."""

import pytest
from pages import assert_nothing_is_left

JOIN = """async ({ scene, subject, matchmaker }) => {
  const { join } = await import('/greenroom.js');
  window.heard = { messages: [], ended: [], errors: [], play: 0, away: 0 };
  window.session = join({
    scene, subject, matchmaker,
    onPlay: () => { heard.play += 1; },
    onPeerDisconnected: () => { heard.away += 1; },
    onMessage: ({ from, bytes, latest }) => heard.messages.push({ from, bytes: [...bytes], latest }),
    onError: ({ code }) => heard.errors.push(code),
    onEnded: ({ reason, code }) => heard.ended.push(code ?? reason),
  });
}"""

# Two ends of a link in one page, with the signals between them in the hands of a test.
PEERS = """async () => {
  const { Peers } = await import('/greenroom-peers.js');
  window.told = [];
  window.failedAtMs = [];
  window.roundTripsMs = [];
  window.wire = (deliver) => {
    const ends = [];
    for (const self of [0, 1]) ends.push(new Peers({
      self, iceServers: [],
      signal: (to, data) => deliver(ends, self, to, JSON.parse(JSON.stringify(data))),
      onMessage: (from, bytes) => told.push(`${self} has ${[...bytes]} from ${from}`),
      onValidated: (peer, rttMs) => { told.push(`${self} validated ${peer}`); roundTripsMs.push(rttMs); },
      onFailed: (peer, detail) => { told.push(`${self} failed ${peer}: ${detail}`); failedAtMs.push(performance.now()); },
    }));
    return ends;
  };
}"""


def wait(page, expression, timeout_ms=40_000):
    for _ in range(timeout_ms // 20):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    pytest.fail(f"not within {timeout_ms} ms: {expression}; heard {page.evaluate('window.heard ?? window.told')}")


def play(person, scene, count=2):
    """Brings people into one game and gives them in the order of their players."""
    pages = [person() for _ in range(count)]
    for index, page in enumerate(pages):
        page.evaluate(JOIN, {"scene": scene, "subject": f"library-{index}"})
    for page in pages:
        wait(page, "session.phase === 'playing'")
    return sorted(pages, key=lambda page: page.evaluate("session.player"))


def finish(greenroom, *pages):
    for page in pages:
        page.evaluate("session.finish({ fine: true })")
    for page in pages:
        wait(page, "heard.ended.length > 0")
        assert page.evaluate("heard.ended") == ["completed"]
    assert_nothing_is_left(greenroom)


@pytest.mark.parametrize("scene", ["duo", "duo-relay"])
def test_messages_arrive_whole_and_in_order(person, greenroom, scene):
    anna, ben = play(person, scene)
    taken = anna.evaluate("Array.from({ length: 300 }, (_, n) => session.send(1, new Uint8Array([n >> 8, n & 255, ...Array(n).fill(7)])))")
    assert all(taken)
    wait(ben, "heard.messages.length === 300")
    got = ben.evaluate("heard.messages.map(({ from, bytes }) => [from, bytes[0] * 256 + bytes[1], bytes.length])")
    assert got == [[0, n, n + 2] for n in range(300)]
    finish(greenroom, anna, ben)


@pytest.mark.parametrize("scene", ["duo", "duo-relay"])
def test_the_largest_message_passes_and_a_larger_one_is_refused_at_once(person, greenroom, scene):
    anna, ben = play(person, scene)
    assert anna.evaluate("session.send(1, new Uint8Array(65534).fill(9))")
    wait(ben, "heard.messages.length === 1")
    assert ben.evaluate("heard.messages[0].bytes.length") == 65534
    assert anna.evaluate("(() => { try { session.send(1, new Uint8Array(65535)); } catch (error) { return error.name; } })()") == "RangeError"
    finish(greenroom, anna, ben)


@pytest.mark.parametrize("scene", ["quartet", "quartet-relay"])
def test_a_message_to_one_player_reaches_nobody_else(person, greenroom, scene):
    people = play(person, scene, 4)
    people[0].evaluate("session.send(2, new Uint8Array([5]))")
    people[0].evaluate("session.send(255, new Uint8Array([6]))")
    for page in people[1:]:
        wait(page, "heard.messages.some(({ bytes }) => bytes[0] === 6)")
    heard = [page.evaluate("heard.messages.map(({ bytes }) => bytes[0])") for page in people]
    assert heard == [[], [6], [5, 6], [6]]
    finish(greenroom, *people)


@pytest.mark.parametrize("scene", ["duo", "duo-relay"])
def test_latest_only_messages_arrive_marked_as_such(person, greenroom, scene):
    anna, ben = play(person, scene)
    for _ in range(50):
        anna.evaluate("session.send(1, new Uint8Array([1]), { latest: true })")
        anna.wait_for_timeout(20)
    wait(ben, "heard.messages.length > 0")
    assert ben.evaluate("heard.messages.every(({ latest }) => latest)")
    finish(greenroom, anna, ben)


def test_a_barrier_opens_when_all_are_ready_and_can_be_used_again(person, greenroom):
    anna, ben = play(person, "duo-relay")
    for turn in (1, 2):
        anna.evaluate("void session.ready('round').then(() => { window.opened = (window.opened ?? 0) + 1; })")
        anna.wait_for_timeout(200)
        assert anna.evaluate("window.opened ?? 0") == turn - 1
        ben.evaluate("void session.ready('round')")
        wait(anna, f"window.opened === {turn}")
    finish(greenroom, anna, ben)


def test_a_barrier_that_opened_while_one_was_away_is_told_on_return_and_not_entered_twice(person, greenroom):
    anna, ben = play(person, "duo-relay")
    ben.evaluate("void session.ready('door').then(() => { window.opened = 1; })")
    ben.wait_for_timeout(200)
    ben.evaluate("sockets.at(-1).close(), void 0")
    wait(anna, "heard.away === 1")
    anna.evaluate("void session.ready('door')")
    wait(ben, "heard.play === 2 && window.opened === 1")
    ben.wait_for_timeout(1500)
    anna.evaluate("void session.ready('door').then(() => { window.reopened = 1; })")
    anna.wait_for_timeout(300)
    assert anna.evaluate("window.reopened") is None
    ben.evaluate("void session.ready('door')")
    wait(anna, "window.reopened === 1")
    finish(greenroom, anna, ben)


def test_a_lost_connection_loses_and_repeats_no_message(person, greenroom):
    anna, ben = play(person, "duo-relay")
    anna.evaluate("for (let n = 0; n < 20; n += 1) session.send(1, new Uint8Array([n]))")
    wait(ben, "heard.messages.length === 20")
    # What either says while the connection is away is kept: by the library on this side, by the coordinator on the other.
    ben.evaluate("sockets.at(-1).close(), void 0")
    wait(ben, "sockets.at(-1).readyState === WebSocket.CLOSED || heard.play === 2")
    ben.evaluate("for (let n = 0; n < 20; n += 1) session.send(0, new Uint8Array([n]))")
    anna.evaluate("for (let n = 20; n < 60; n += 1) session.send(1, new Uint8Array([n]))")
    wait(ben, "heard.messages.length >= 60")
    wait(anna, "heard.messages.length >= 20")
    assert ben.evaluate("heard.messages.map(({ bytes }) => bytes[0])") == list(range(60))
    assert anna.evaluate("heard.messages.map(({ bytes }) => bytes[0])") == list(range(20))
    finish(greenroom, anna, ben)


def test_nothing_is_taken_before_play(person, greenroom):
    anna = person()
    anna.evaluate(JOIN, {"scene": "duo", "subject": "library-0"})
    wait(anna, "session.phase === 'waiting'")
    assert anna.evaluate("session.send(255, new Uint8Array([1]))") is False
    anna.evaluate("session.leave()")
    wait(anna, "session.phase === 'ended'")
    assert_nothing_is_left(greenroom)


def test_who_takes_another_ones_name_is_refused_and_disturbs_nobody(person, make_servers):
    # The built-in scenes trust names; this one does not.
    servers = make_servers(scenes=[{"id": "guarded", "groupSize": 2, "identity": "proof"}]).start()
    address = f"ws://127.0.0.1:{servers.matchmaker_port}/v1/join"
    anna, thief = person(), person()
    anna.evaluate(JOIN, {"scene": "guarded", "subject": "library-0", "matchmaker": address})
    wait(anna, "session.phase === 'waiting'")
    thief.evaluate(JOIN, {"scene": "guarded", "subject": "library-0", "matchmaker": address})
    wait(thief, "session.phase === 'ended'")
    assert thief.evaluate("heard.ended") == ["subject_in_use"]
    assert anna.evaluate("[session.phase, heard.ended.length]") == ["waiting", 0]
    anna.evaluate("session.leave()")
    wait(anna, "session.phase === 'ended'")
    servers.until_empty()


def test_leaving_in_play_is_told_to_both(person, greenroom):
    anna, ben = play(person, "duo")
    anna.evaluate("session.leave()")
    for page in (anna, ben):
        wait(page, "heard.ended.length > 0")
        assert page.evaluate("heard.ended") == ["player_left"]
        assert page.evaluate("openConnections()") == 0
        assert page.evaluate("session.ready('too late').then(() => 'opened', () => 'failed')") == "failed"
    assert_nothing_is_left(greenroom)


def test_candidates_that_overtake_their_description_are_kept(person):
    page = person()
    page.evaluate(PEERS)
    page.evaluate("""() => {
      // All candidates go ahead; without those that were kept neither side would know where the other is.
      window.ends = wire((ends, from, to, data) => setTimeout(() => ends[to].receive(from, data), data.description ? 500 : 0));
      ends[0].validate([1], [1], 10_000);
      ends[1].validate([0], [], 10_000);
    }""")
    wait(page, "told.includes('0 validated 1') && told.includes('1 validated 0')")
    page.evaluate("ends.forEach((each) => each.close())")
    assert page.evaluate("openConnections()") == 0


def test_offers_that_cross_still_make_one_link(person):
    page = person()
    page.evaluate(PEERS)
    page.evaluate("""() => {
      window.ends = wire((ends, from, to, data) => setTimeout(() => ends[to].receive(from, data), 30));
      ends[0].validate([1], [1], 10_000);
      ends[1].validate([0], [0], 10_000);
    }""")
    wait(page, "told.includes('0 validated 1') && told.includes('1 validated 0')")
    page.evaluate("ends[1].send(0, new Uint8Array([4, 2]), false)")
    wait(page, "told.includes('0 has 4,2 from 1')")
    assert page.evaluate("openConnections()") == 2
    page.evaluate("ends.forEach((each) => each.close())")


def test_a_silent_peer_is_reported_before_the_deadline(person):
    page = person()
    page.evaluate(PEERS)
    page.evaluate("""() => {
      window.ends = wire(() => {});
      window.began = performance.now();
      ends[0].validate([1], [1], 6000);
    }""")
    wait(page, "told.length > 0")
    assert page.evaluate("failedAtMs[0] - began") < 6000
    assert page.evaluate("told")[0].startswith("0 failed 1: timeout")
    page.evaluate("ends.forEach((each) => each.close())")
    assert page.evaluate("openConnections()") == 0


def test_one_slow_exchange_of_several_does_not_count_as_the_way_to_a_peer(person):
    page = person()
    page.evaluate(PEERS)
    page.evaluate("""() => {
      const PING = 1, send = RTCDataChannel.prototype.send;
      window.pings = [];
      // As if the network had lost and sent again the first and the third of them.
      RTCDataChannel.prototype.send = function (frame) {
        const isPing = frame instanceof Uint8Array && frame.length === 2 && frame[0] === PING;
        if (isPing) pings.push(frame[1]);
        setTimeout(() => send.call(this, frame), isPing && frame[1] % 2 === 0 && frame[1] < 4 ? 1500 : 0);
      };
      window.ends = wire((ends, from, to, data) => setTimeout(() => ends[to].receive(from, data)));
      ends[0].validate([1], [1], 15_000);
      ends[1].validate([0], [], 15_000);
    }""")
    wait(page, "told.includes('0 validated 1') && told.includes('1 validated 0')")
    assert sorted(page.evaluate("pings")) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4], "five each, one after the other"
    assert all(0 <= each < 1000 for each in page.evaluate("roundTripsMs")), page.evaluate("roundTripsMs")
    assert len(page.evaluate("roundTripsMs")) == 2
    page.evaluate("ends.forEach((each) => each.close())")
