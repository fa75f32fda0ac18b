"""Direct connections through a real TURN server, between real browsers, with the credentials that the coordinator issues."""

import pytest
from test_library import wait
from test_repair import JOIN, assert_all_heard, finish
from turnserver import SECRET

# How the connections go: by nominated pair the kinds of both ends, and of what kinds all candidates are that were learnt.
ROUTES = """async () => {
  const pairs = [], learnt = new Set();
  for (const each of connections) {
    const stats = [...(await each.getStats()).values()], kind = (id) => stats.find((stat) => stat.id === id)?.candidateType;
    for (const stat of stats) {
      if (stat.type === 'candidate-pair' && stat.nominated) pairs.push([kind(stat.localCandidateId), kind(stat.remoteCandidateId)]);
      if (stat.type === 'remote-candidate') learnt.add(stat.candidateType);
    }
  }
  return { pairs, learnt: [...learnt] };
}"""


@pytest.fixture
def duo(person, make_servers, coturn, tmp_path):
    """Two pages that may reach each other through the TURN server alone, in the order of their players."""

    def gather(secret=SECRET, transport="peer"):
        file = tmp_path / "turn-secret"
        file.write_text(secret)
        file.chmod(0o600)
        scene = {
            "id": "far", "groupSize": 2, "validatePeers": True, "identity": "open", "onValidationFailure": "relay",
            "attempts": {"max": 1, "timeout": "15s"}, "iceServers": [{"urls": [f"turn:127.0.0.1:{coturn.port}?transport=udp"]}],
        }
        servers = make_servers(scenes=[scene], coordinator_options=["--turn-secret-file", file]).start()
        pages = [person(at=servers.matchmaker.http) for _ in range(2)]
        for index, page in enumerate(pages):
            page.evaluate(JOIN, {"scene": "far", "subject": f"far-{index}", "iceTransportPolicy": "relay"})
        for page in pages:
            wait(page, "session.phase === 'playing'", 60_000)
            assert page.evaluate("session.transport") == transport
        return servers, sorted(pages, key=lambda page: page.evaluate("session.player"))

    return gather


def test_two_pages_play_through_the_turn_server_and_learn_no_address(duo, coturn):
    servers, pages = duo()
    for page in pages:
        page.evaluate("say(100)")
    assert_all_heard(pages, 100)
    for page in pages:
        assert page.evaluate(ROUTES) == {"pairs": [["relay", "relay"]], "learnt": ["relay"]}
    session, log = pages[0].evaluate("session.session"), coturn.log.read_text()
    for player in range(2):
        assert f":{session}-{player}>" in log, "each came with what it was given"
    finish(servers, pages)


def test_when_the_turn_server_dies_the_game_goes_on_by_relay_and_nothing_is_lost(duo, coturn):
    servers, pages = duo()
    for page in pages:
        page.evaluate("say(50)")
    assert_all_heard(pages, 50)
    coturn.kill()
    for page in pages:
        page.evaluate("say(30)")
    for page in pages:
        wait(page, "heard.transports.length === 2", 60_000)
        page.evaluate("say(20)")
    assert_all_heard(pages, 100)
    assert [page.evaluate("heard.transports") for page in pages] == [["peer", "relay"]] * 2
    finish(servers, pages)


def test_whom_the_turn_server_does_not_know_it_does_not_serve(duo):
    servers, pages = duo(secret="another secret of sixteen", transport="relay")
    for page in pages:
        page.evaluate("say(10)")
    assert_all_heard(pages, 10)
    finish(servers, pages)
