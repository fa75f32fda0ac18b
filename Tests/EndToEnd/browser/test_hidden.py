"""A page that is hidden while its game goes on."""

import pytest

SCENE = {"id": "watched", "groupSize": 2, "identity": "open", "watch": {"hiddenFor": "3s", "warning": "2500ms"}}
JOIN = """async (subject) => {
  const { join } = await import('/greenroom.js');
  window.heard = { warnings: [], ended: [] };
  window.session = join({
    scene: 'watched', subject,
    onWarning: ({ about, inMs, over }) => heard.warnings.push(over ? `${about} over` : `${about} in ${inMs}`),
    onEnded: ({ reason }) => heard.ended.push(reason),
  });
}"""
SHOW = """(state) => {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def wait(page, expression, timeout_ms=40_000):
    for _ in range(timeout_ms // 20):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    pytest.fail(f"not within {timeout_ms} ms: {expression}; heard {page.evaluate('heard')}")


def test_a_hidden_page_is_warned_forgiven_and_excluded_when_it_stays_so(person, make_servers):
    servers = make_servers(scenes=[SCENE]).start()
    pages = [person(at=servers.matchmaker.http) for _ in range(2)]
    for index, page in enumerate(pages):
        page.evaluate(JOIN, f"watched-{index}")
    for page in pages:
        wait(page, "session.phase === 'playing'")
    ann, ben = pages
    ann.evaluate(SHOW, "hidden")
    wait(ann, "heard.warnings.length === 1")
    ann.evaluate(SHOW, "visible")
    wait(ann, "heard.warnings.length === 2")
    assert ann.evaluate("heard.warnings") == ["hidden in 2500", "hidden over"]
    ann.evaluate(SHOW, "hidden")
    for page in pages:
        wait(page, "heard.ended.length === 1")
        assert page.evaluate("heard.ended") == ["player_excluded"]
    assert ben.evaluate("heard.warnings") == []


def test_the_demo_says_what_a_warning_is_about(person, greenroom):
    page = person()
    words = page.evaluate("""async () => {
      const { warningInWords } = await import('/demo-words.js');
      return [warningInWords({ about: 'hidden', inMs: 2500 }), warningInWords({ about: 'hidden', over: true })];
    }""")
    assert words == ["Please come back to this window. If it stays so you are out of the game in 3 s.", ""]
