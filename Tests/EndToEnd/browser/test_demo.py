"""The demo page in a real browser, against two real servers: a duo waits 120 s at most and a player may be away for 10 s."""

import pytest
from pages import PLAY_MS, assert_nothing_is_left, state, until, until_ended, until_playing


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
    anna.locator("#banner").get_by_text("has lost the connection").wait_for(timeout=30_000)
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


def test_a_lost_connection_to_the_matchmaker_keeps_the_place(person, greenroom):
    anna = person("?scene=duo&auto=1")
    until(anna, lambda s: s["phase"] == "waiting" and s["waitedMs"] > 1500)
    before = state(anna)
    anna.evaluate("sockets.at(-1).close()")
    until(anna, lambda s: s["phase"] == "waiting" and anna.evaluate("sockets.at(-1).readyState === WebSocket.OPEN && sockets.length > 1"))
    after = state(anna)
    assert after["players"] == 1
    assert after["waitedMs"] >= before["waitedMs"] - 100
    assert anna.evaluate("sockets.length") == 2
    anna.locator("#waiting .leave").click()
    until(anna, lambda s: s["phase"] == "ended")
    assert_nothing_is_left(greenroom)


@pytest.mark.parametrize("scene", ["duo", "duo-relay"])
def test_a_lost_connection_to_the_coordinator_is_made_again_and_the_game_goes_on(person, greenroom, scene):
    anna, ben = person(f"?scene={scene}&auto=1"), person(f"?scene={scene}&auto=1")
    until_playing(anna, ben)
    until(ben, lambda s: s["round"] >= 2, PLAY_MS)
    before = ben.evaluate("sockets.length")
    ben.evaluate("sockets.at(-1).close()")
    until_ended(anna, ben)
    assert ben.evaluate("sockets.length") == before + 1
    assert state(anna)["result"] == state(ben)["result"] is not None
    assert_nothing_is_left(greenroom)


# A person sees a light as soon as it is on; a test asks for it, of a page that may be busy.
SLOW_LIGHTS = "import('/demo-game.js').then(({ rules }) => { rules.litMs = 2500; })"


def test_the_game_can_be_chosen_and_played_with_the_keyboard_alone(person, greenroom):
    anna, ben = person(), person()
    for page in (anna, ben):
        page.evaluate(SLOW_LIGHTS)
    anna.get_by_role("radio", name="Two players through the server").focus()
    anna.keyboard.press("Space")
    anna.keyboard.press("Enter")
    ben.get_by_role("radio", name="Two players through the server").check()
    ben.get_by_role("button", name="Find players").click()
    until_playing(anna, ben)
    assert "relay" in anna.locator("#connection").text_content()
    hit = None

    def told():
        """No lamp is lit twice in a row: the word for the one that was hit is about to go."""
        return cue if (cue := anna.locator("#cue").text_content()) != hit else ""

    for turn in range(10):
        # What a screen reader is told is enough to play by.
        until(anna, lambda s: s["round"] > turn or told(), PLAY_MS)
        if cue := told():
            anna.keyboard.press(f"Arrow{cue.capitalize()}")
            hit = cue
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


SECTIONS = {
    "choose": "",
    "waiting": """view.waitingFor({ players: 2, needed: 4, waitedMs: 60_000, timeoutMs: 60_000, estimateMs: 45_000, party: null }, 3_000);
        view.given({ role: 'proposer', treatment: 'a condition with a name of some length' });
        view.banner('The connection is interrupted. Trying to get back…');""",
    "checking": "view.checking('…', new Map([[0, undefined], [2, 1.4], [3, 'no route to the other player']]), 1);",
    "playing": "view.players({ scores: [3, 2, 1, 0], self: 1, away: new Set([2]) }); view.connection('peer', 123.4);",
    "ended": """view.ended({ title: 'Player 1 wins with 4 of the lights.', detail: '…', self: 2, completionCode: 'C8H2-77QX',
        result: { winner: 0, scores: [4, 2, 2, 2], times: Array(4).fill([1050, 1849]) } });""",
}


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_stays_inside_its_card(person, section, width):
    anna = person(viewport={"width": width, "height": 700})
    anna.evaluate("async () => { const view = await import('/demo-view.js'); view.show('%s'); %s }" % (section, SECTIONS[section]))
    assert anna.locator(f"#{section}").is_visible()
    outside = anna.evaluate("""() => {
      const card = document.querySelector('main').getBoundingClientRect();
      return [...document.querySelectorAll('main *:not(.visually-hidden)')]
        .filter((each) => each.checkVisibility())
        .filter((each) => each.getBoundingClientRect().right > card.right || each.getBoundingClientRect().left < card.left)
        .map((each) => each.outerHTML.slice(0, 80));
    }""")
    assert outside == []
    assert anna.evaluate("document.documentElement.scrollWidth <= innerWidth")
