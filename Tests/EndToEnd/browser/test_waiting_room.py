"""The waiting room in a real browser, with scenes that ask for more: parties, "still there?", roles, conditions, codes."""

import signal

import pytest
from pages import state, until, until_ended, until_playing
from test_library import wait

SCENES = [
    {"id": "trust-game", "groupSize": 2, "confirmTimeout": "20s",
     "rules": {"roles": {"attribute": "role", "seats": [{"role": "proposer", "count": 1}, {"role": "responder", "count": 1}]}},
     "treatments": {"seed": 1, "list": [{"name": "punishment"}]}, "completionCodes": {"player_left": "LEFT-7", "all_left": "LEFT-7"}},
    {"id": "brief", "groupSize": 2, "confirmTimeout": "10s", "completionCodes": {"not_confirmed": "AWAY-11"}},
    {"id": "friends", "groupSize": 3, "rules": {"partySizeMax": 2}},
    {"id": "plain", "groupSize": 2},
    {"id": "later", "groupSize": 2, "open": False},
]


@pytest.fixture
def lab(make_servers):
    return make_servers(scenes=SCENES).start()


@pytest.fixture
def visit(lab, person):
    return lambda query="", **options: person(query, at=lab.matchmaker.http, **options)


def heading(page, name):
    page.get_by_role("heading", name=name).wait_for(timeout=30_000)


def asked(page):
    dialog = page.get_by_role("dialog", name="Still there?")
    dialog.wait_for(timeout=30_000)
    return dialog


def leave(*pages):
    for page in pages:
        if state(page)["phase"] != "ended":
            page.locator(".leave:visible").last.click()
        until(page, lambda s: s["phase"] == "ended")


def test_the_servers_own_games_are_offered_with_what_each_asks_for(visit):
    anna = visit()
    anna.get_by_role("radio", name="trust-game").check()
    assert not anna.locator("#party-field").is_visible()
    anna.get_by_role("combobox", name="Role").select_option("responder")
    anna.get_by_role("radio", name="friends").check()
    assert not anna.locator("#role-field").is_visible()
    assert anna.get_by_role("textbox", name="Party code").is_visible()
    assert anna.get_by_role("radio", name="later").is_disabled()


def test_a_party_of_two_tabs_stays_together_and_plays_with_a_stranger(visit):
    anna = visit()
    anna.get_by_role("radio", name="friends").check()
    anna.get_by_role("textbox", name="Party code").fill("blue-fox")
    anna.get_by_role("button", name="Find players").click()
    heading(anna, "Waiting for your party: 1 of 2 here")
    assert anna.locator("#waiting-estimate").text_content() == "depends on your party"
    strangers = [visit("?scene=friends&start=1") for _ in range(2)]
    for each in strangers:
        heading(each, "Waiting for 1 more player")
    # What the button of the first tab opens: another person of the same party.
    with anna.context.expect_page() as opened:
        anna.get_by_role("button", name="Open another player").click()
    ben = opened.value
    until_playing(anna, ben, strangers[0])
    assert state(anna)["session"] == state(ben)["session"] == state(strangers[0])["session"]
    assert state(strangers[1])["phase"] == "waiting", "the one who came later waits on"
    leave(strangers[1], anna)
    until_ended(ben, strangers[0], reason="player_left")


def test_a_party_that_does_not_fit_is_told_in_words(visit):
    anna = visit("?scene=friends&start=1&party=blue-fox&size=3")
    heading(anna, "That did not work.")
    assert "This party does not fit" in anna.locator("#ended-detail").text_content()


def test_the_game_begins_when_all_have_said_that_they_are_there(visit):
    anna, ben = visit("?scene=trust-game&start=1"), visit("?scene=trust-game&start=1")
    dialog = asked(anna)
    asked(ben)
    assert anna.title().startswith("Still there?"), "seen from another tab"
    assert 0 < int(anna.locator("#confirm-time").text_content()) <= 20
    # The answer has the focus, and Escape is none.
    assert anna.evaluate("document.activeElement.id") == "confirm-button"
    anna.keyboard.press("Escape")
    assert dialog.is_visible()
    anna.keyboard.press("Enter")
    heading(anna, "Waiting for the others to say that they are here")
    ben.get_by_role("button", name="I’m here").click()
    until_playing(anna, ben)
    leave(anna)
    until_ended(ben, reason="player_left")


def test_one_who_does_not_answer_loses_the_place_and_the_other_keeps_it(visit):
    ben = visit("?scene=brief&start=1")
    until(ben, lambda s: s["waitedMs"] > 500)
    anna = visit("?scene=brief&start=1")
    asked(anna).get_by_role("button", name="I’m here").click()
    asked(ben)
    heading(ben, "You were not there.")
    assert state(ben)["completionCode"] == ben.locator("#code output").text_content() == "AWAY-11"
    assert not ben.get_by_role("dialog").is_visible()
    heading(anna, "Waiting for 1 more player")
    assert anna.get_by_text("You have kept your place").is_visible()
    assert state(anna)["waitedMs"] >= 1400
    leave(anna)


def test_a_reload_while_asked_is_asked_again_and_keeps_the_place(visit):
    anna, ben = visit("?scene=trust-game&start=1"), visit("?scene=trust-game&start=1")
    asked(anna), asked(ben)
    session = state(anna)["session"]
    anna.reload()
    dialog = asked(anna)
    assert state(anna)["session"] == session
    dialog.get_by_role("button", name="I’m here").click()
    ben.get_by_role("button", name="I’m here").click()
    until_playing(anna, ben)
    leave(anna)
    until_ended(ben, reason="player_left")


def test_one_who_leaves_when_asked_gives_the_code_and_the_other_waits_on(visit):
    anna, ben = visit("?scene=trust-game&start=1"), visit("?scene=trust-game&start=1")
    asked(ben)
    asked(anna).get_by_role("button", name="Leave").click()
    heading(anna, "You have left.")
    anna.context.grant_permissions(["clipboard-read", "clipboard-write"])
    anna.get_by_role("button", name="Copy").click()
    anna.get_by_role("button", name="Copied").wait_for()
    assert anna.evaluate("navigator.clipboard.readText()") == "LEFT-7"
    heading(ben, "Waiting for 1 more player")
    assert not ben.get_by_role("dialog").is_visible()
    leave(ben)


def test_role_and_condition_are_shown_and_a_reload_in_the_game_keeps_them(visit):
    anna, ben = visit("?scene=trust-game&auto=1&role=responder"), visit("?scene=trust-game&auto=1")
    until_playing(anna, ben)
    for page, role in ((anna, "responder"), (ben, "proposer")):
        assert (state(page)["role"], state(page)["treatment"]) == (role, "punishment")
        assert page.locator("#given").inner_text().split() == ["Your", "role", role, "Condition", "punishment"]
    ben.reload()
    until_playing(ben)
    assert ben.locator("#given").inner_text().split() == ["Your", "role", "proposer", "Condition", "punishment"]
    leave(anna)
    until_ended(ben, reason="player_left")


# Six people, two by two, of whom the first of each two waits a second and a half.
WAITS = """async () => {
  const { join } = await import('/greenroom.js');
  for (let pair = 0; pair < 4; pair += 1) {
    const ended = [];
    for (const one of [0, 1]) {
      if (one) await new Promise((resolve) => setTimeout(resolve, 1500));
      ended.push(new Promise((resolve) => {
        const session = join({ scene: 'plain', subject: `waiter-${pair}-${one}`, onPlay: () => session.leave(), onEnded: resolve });
      }));
    }
    await Promise.all(ended);
  }
}"""

# What the page shows of the estimate, one after the other.
NOTE_ESTIMATES = """() => {
  window.estimates = [];
  const shown = document.getElementById('waiting-estimate');
  new MutationObserver(() => {
    if (shown.textContent !== estimates.at(-1)) estimates.push(shown.textContent);
  }).observe(shown, { childList: true, characterData: true, subtree: true });
}"""


def test_an_estimate_is_shown_once_there_is_something_to_know_it_from(visit):
    anna = visit("?scene=plain&start=1")
    heading(anna, "Waiting for 1 more player")
    assert state(anna)["estimateMs"] is None
    assert anna.locator("#waiting-estimate").text_content() == "not known yet"
    leave(anna)
    anna.evaluate(WAITS)
    anna = visit()
    anna.evaluate(NOTE_ESTIMATES)
    anna.get_by_role("radio", name="plain").check()
    anna.get_by_role("button", name="Find players").click()
    until(anna, lambda s: s["phase"] == "waiting" and s["estimateMs"] is not None)
    assert 500 < state(anna)["estimateMs"] < 5000
    anna.locator("#waiting-estimate", has_text="longer than usual").wait_for(timeout=30_000)
    # Shown by a page that may be too busy to be asked in between.
    *before, first, last = anna.evaluate("estimates")
    assert (first, last) == ("a few seconds", "longer than usual") and set(before) <= {"not known yet"}
    leave(anna)


HEARD = """async (subject) => {
  const { join } = await import('/greenroom.js');
  window.heard = [];
  const on = (name) => (told) => heard.push([name, told]);
  window.session = join({
    scene: 'trust-game', subject, onWaiting: on('waiting'), onMatched: on('matched'), onPlay: on('play'), onEnded: on('ended'),
    onConfirm(told) { on('confirm')({ ...told, confirm: typeof told.confirm }); told.confirm(); },
  });
}"""


def test_the_library_hands_on_all_that_is_said_of_the_wait_in_one_shape(visit):
    pages = [visit(), visit()]
    for number, page in enumerate(pages):
        page.evaluate(HEARD, f"one-{number}")
        wait(page, "heard.length > 0")
    for page in pages:
        wait(page, "heard.some(([name]) => name === 'play')")
    first = dict(reversed(pages[0].evaluate("heard")))
    assert {"players": 1, "needed": 2, "estimateMs": None, "party": None}.items() <= first["waiting"].items()
    assert 0 < first["waiting"]["timeoutMs"] <= 120_000
    assert first["confirm"]["confirm"] == "function" and 0 < first["confirm"]["deadlineMs"] <= 20_000
    given = [page.evaluate("[session.role, session.treatment]") for page in pages]
    assert [first["matched"]["role"], first["matched"]["treatment"]] == given[0]
    assert sorted(given) == [["proposer", "punishment"], ["responder", "punishment"]]
    pages[0].evaluate("session.leave()")
    for page in pages:
        wait(page, "session.phase === 'ended'")
        name, told = page.evaluate("heard.at(-1)")
        assert (name, told["reason"], told["completionCode"], told["code"]) == ("ended", "player_left", "LEFT-7", None)


@pytest.mark.parametrize("width", [320, 1280])
def test_the_dashboard_shows_scenes_reasons_fates_and_failed_reloads(lab, visit, width):
    anna, ben = visit("?scene=trust-game&start=1"), visit("?scene=trust-game&start=1")
    asked(anna), asked(ben)
    leave(anna, ben)
    anna, ben = visit("?scene=trust-game&auto=1"), visit("?scene=trust-game&auto=1")
    until_playing(anna, ben)
    cid = visit("?scene=plain&start=1")
    until(cid, lambda s: s["phase"] == "waiting")
    (lab.folder / "greenroom.json").write_text("{")
    lab.matchmaker.signal(signal.SIGHUP)
    board = visit("dashboard", viewport={"width": width, "height": 800})
    card = board.locator("article[data-id=trust-game]")
    card.get_by_text("roles proposer, responder").first.wait_for()
    assert card.locator(".fates").inner_text().split() == ["matched", "2", "left", "2"]
    assert card.locator(".treated").inner_text().split()[-2:] == ["punishment", "1"]
    assert "not known" in board.locator("article[data-id=plain] .pair").inner_text()
    assert board.locator("article[data-id=plain] .pair dd").first.inner_text() == "1"
    assert board.locator("article[data-id=later] .badge").inner_text() == "closed"
    board.locator("#start .alarm", has_text="Reloads that failed").wait_for()
    assert board.get_by_role("status").inner_text() == "ready"
    assert board.locator("#links").inner_text().split()[:2] == ["node-1", "up"]
    assert board.evaluate("document.documentElement.scrollWidth <= innerWidth")
    leave(cid, anna)
    until_ended(ben, reason="player_left")
