"""The demo page in a real browser, against two real servers.

Needs PyPI's `playwright` and `pytest`, and a Chromium: Debian's, or the one that GREENROOM_CHROMIUM names.
The fixture `greenroom` (../conftest.py) runs the servers; a duo waits 120 s at most and a player may be away for 10 s.
"""

import json
import os
import shutil
import time
import urllib.request

import pytest

sync_api = pytest.importorskip("playwright.sync_api")

# Counts the page's RTCPeerConnections, so that a test can ask what they carried and whether any is left open.
WATCH_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...args) { super(...args); connections.push(this); }
};
window.dataChannelBytes = async () => {
  let bytes = 0;
  for (const each of connections)
    for (const stat of (await each.getStats()).values())
      if (stat.type === 'data-channel') bytes += stat.bytesReceived;
  return bytes;
};
window.openConnections = () => connections.filter((each) => each.connectionState !== 'closed').length;
"""

PLAY_MS = 60_000  # a whole game takes about 25 s


@pytest.fixture(scope="module")
def chromium():
    path = os.environ.get("GREENROOM_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.fail("no Chromium: install Debian's package, or set GREENROOM_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def person(chromium, greenroom):
    """Makes people: each a page with a session storage of its own. None of them may see an error in the console."""
    errors, contexts = [], []

    def arrive(query="", **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(WATCH_CONNECTIONS)
        page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{greenroom.matchmaker}/{query}")
        return page

    yield arrive
    for context in contexts:
        context.close()
    assert errors == []


def state(page):
    return page.evaluate("greenroomDemo")


def until(page, condition, timeout_ms=15_000):
    """Waits until the condition on the page's state holds. (The page forbids `eval`, so it cannot wait by itself.)"""
    deadline = time.monotonic() + timeout_ms / 1000
    while not condition(seen := state(page)):
        assert time.monotonic() < deadline, f"not within {timeout_ms} ms; the page has {seen}"
        page.wait_for_timeout(20)


def until_playing(*pages):
    for page in pages:
        until(page, lambda s: s["phase"] == "playing", 30_000)


def until_ended(*pages, reason="completed"):
    for page in pages:
        until(page, lambda s: s["phase"] == "ended", PLAY_MS)
        assert state(page)["endedReason"] == reason


def tables(address):
    with urllib.request.urlopen(f"{address}/v1/state", timeout=5) as answer:
        return json.load(answer)["tables"]


def assert_nothing_is_left(greenroom):
    deadline = time.monotonic() + 10
    while True:
        left = {
            f"{role}.{name}": size
            for role, address in (("matchmaker", greenroom.matchmaker), ("coordinator", greenroom.coordinator))
            for name, size in tables(address).items()
            if size != 0
        }
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert left == {}


def test_two_pages_play_a_game_over_a_data_channel_and_nothing_is_left(person, greenroom):
    anna = person("?scene=duo&auto=1")
    until(anna, lambda s: s["phase"] == "waiting" and s["needed"] == 2)
    assert anna.get_by_role("heading", name="Waiting for 1 more player").is_visible()

    ben = person("?scene=duo&auto=1")
    until_playing(anna, ben)
    a, b = state(anna), state(ben)
    assert a["session"] == b["session"]
    assert {a["player"], b["player"]} == {0, 1}
    assert a["transport"] == b["transport"] == "peer"
    assert a["rttMs"] > 0 and b["rttMs"] > 0
    assert "direct connection" in anna.locator("#connection").text_content()

    until(anna, lambda s: s["round"] >= 3, PLAY_MS)
    assert anna.evaluate("dataChannelBytes()") > 0

    until_ended(anna, ben)
    a, b = state(anna), state(ben)
    assert a["result"] == b["result"] is not None
    assert sum(len(row) for row in a["result"]["times"]) == 20
    assert anna.evaluate("openConnections()") == ben.evaluate("openConnections()") == 0
    assert_nothing_is_left(greenroom)


def test_a_reload_while_waiting_keeps_the_place(person, greenroom):
    anna = person("?scene=duo&auto=1")
    until(anna, lambda s: s["phase"] == "waiting" and s["waitedMs"] > 1500)
    before = state(anna)
    anna.reload()
    until(anna, lambda s: s["phase"] == "waiting" and s["session"] is not None)
    after = state(anna)
    assert after["subject"] == before["subject"]
    assert after["players"] == 1, "the place that was kept is not a second one"
    assert after["waitedMs"] >= before["waitedMs"] - 100

    anna.locator("#waiting .leave").click()
    until(anna, lambda s: s["phase"] == "ended")
    assert state(anna)["endedReason"] in ("player_left", "all_left")
    assert anna.get_by_role("heading", name="You have left.").is_visible()
    assert_nothing_is_left(greenroom)


def test_four_pages_play_through_the_relay_without_any_direct_connection(person, greenroom):
    people = [person("?scene=quartet-relay&auto=1") for _ in range(4)]
    until_playing(*people)
    assert {state(page)["player"] for page in people} == {0, 1, 2, 3}
    assert {state(page)["transport"] for page in people} == {"relay"}
    until_ended(*people)
    results = [state(page)["result"] for page in people]
    assert all(result == results[0] for result in results)
    assert len(results[0]["scores"]) == 4
    assert [page.evaluate("connections.length") for page in people] == [0, 0, 0, 0]
    assert_nothing_is_left(greenroom)


def test_four_pages_connect_each_with_each(person, greenroom):
    people = [person("?scene=quartet&auto=1") for _ in range(4)]
    until_playing(*people)
    assert {state(page)["transport"] for page in people} == {"peer"}
    assert [page.evaluate("openConnections()") for page in people] == [3, 3, 3, 3]
    until_ended(*people)
    results = [state(page)["result"] for page in people]
    assert all(result == results[0] for result in results)
    assert [page.evaluate("openConnections()") for page in people] == [0, 0, 0, 0]
    assert_nothing_is_left(greenroom)


def test_who_closes_the_page_in_mid_game_ends_it_for_the_other_with_words(person, greenroom):
    anna, ben = person("?scene=duo&auto=1"), person("?scene=duo&auto=1")
    until_playing(anna, ben)
    until(anna, lambda s: s["round"] >= 1, PLAY_MS)
    ben.close()
    anna.locator("#banner").get_by_text("has lost the connection").wait_for(timeout=15_000)
    until_ended(anna, reason="player_disconnected")
    assert anna.get_by_role("heading", name="A player’s connection is gone.").is_visible()
    assert_nothing_is_left(greenroom)


@pytest.mark.parametrize("scene", ["duo", "duo-relay"])
def test_a_reload_in_mid_game_comes_back_to_the_same_game(person, greenroom, scene):
    anna, ben = person(f"?scene={scene}&auto=1"), person(f"?scene={scene}&auto=1")
    until_playing(anna, ben)
    until(ben, lambda s: s["round"] >= 2, PLAY_MS)
    before = state(ben)
    ben.reload()
    until(ben, lambda s: s["phase"] == "playing" and s["round"] >= 2)
    after = state(ben)
    assert (after["session"], after["player"]) == (before["session"], before["player"])
    until_ended(anna, ben)
    assert state(anna)["result"] == state(ben)["result"] is not None
    assert_nothing_is_left(greenroom)


def test_the_game_can_be_chosen_and_played_with_the_keyboard_alone(person, greenroom):
    anna = person()
    anna.get_by_role("radio", name="Two players through the server").focus()
    anna.keyboard.press("Space")
    anna.keyboard.press("Enter")
    ben = person("?scene=duo-relay&auto=1")
    until_playing(anna, ben)
    assert "relay" in anna.locator("#connection").text_content()
    for turn in range(10):
        # What a screen reader is told is enough to play by.
        until(anna, lambda s: s["round"] > turn or anna.locator("#cue").text_content(), PLAY_MS)
        if cue := anna.locator("#cue").text_content():
            anna.keyboard.press(f"Arrow{cue.capitalize()}")
        until(anna, lambda s: s["round"] > turn)
    until_ended(anna, ben)
    own = state(anna)["result"]["times"][state(anna)["player"]]
    assert sum(time_ms > 0 for time_ms in own) >= 8
    assert_nothing_is_left(greenroom)


def test_an_unknown_scene_is_answered_in_words(person, greenroom):
    anna = person("?scene=nowhere")
    until(anna, lambda s: s["phase"] == "ended")
    assert state(anna)["error"] == "unknown_scene"
    assert anna.locator("#ended-detail").text_content() == "There is no game of this name here."
    assert_nothing_is_left(greenroom)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_fits_its_window(person, width):
    anna = person(viewport={"width": width, "height": 700})
    assert anna.get_by_role("button", name="Find players").is_visible()
    assert anna.evaluate("document.documentElement.scrollWidth <= innerWidth")
