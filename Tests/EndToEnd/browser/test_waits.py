"""What may become of a wait, as a page lives through it: counts, time that is up, restarts, other windows, tabs that sleep or close."""

import signal

import pytest
from pages import state, until, until_playing
from processes import eventually
from programs import example
from test_library import JOIN, wait
from test_waiting_room import asked, heading, leave

BRIEF = {"groupSize": 2, "waitTimeout": "4s"}
SCENES = [
    {"id": "four", "groupSize": 4}, {"id": "plain", "groupSize": 2}, {"id": "full", "groupSize": 2, "waitingMax": 1},
    {"id": "later", "groupSize": 2, "open": False}, {"id": "asked", "groupSize": 2, "confirmTimeout": "10s"},
    {"id": "brief", **BRIEF, "completionCodes": {"wait_timeout": "W7K2"}}, {"id": "moving", **BRIEF, "whenWaitIsOver": {"moveTo": "plain"}},
    {"id": "smaller", "groupSize": 3, "rules": {"smallerGroups": [{"after": "1s", "size": 2}]}},
    {"id": "bots", "groupSize": 2, "identity": "open", "rules": {"bots": {"after": "500ms", "playersMin": 1}}},
]


@pytest.fixture
def lab(make_servers):
    return make_servers(scenes=SCENES).start()


@pytest.fixture
def visit(lab, person):
    return lambda query="", **options: person(query, at=lab.matchmaker.http, **options)


def waiting(page, least_ms=0):
    until(page, lambda s: s["phase"] == "waiting" and s["waitedMs"] >= least_ms)
    return state(page)


def test_everybody_in_the_room_sees_who_comes_and_who_goes(visit):
    pages = []
    for names in ("Waiting for 3 more players", "Waiting for 2 more players", "Waiting for 1 more player"):
        pages.append(visit("?scene=four&start=1"))
        for page in pages:
            heading(page, names)
    leave(pages.pop())
    for page in pages:
        heading(page, "Waiting for 2 more players")
    pages.pop().close()
    heading(pages[0], "Waiting for 3 more players")
    leave(pages[0])


def test_the_end_of_the_time_is_clear_and_gives_the_scenes_code(visit):
    anna = visit("?scene=brief&start=1")
    heading(anna, "Nobody came.")
    assert (state(anna)["endedReason"], state(anna)["completionCode"]) == ("wait_timeout", "W7K2")
    assert anna.locator("#code output").text_content() == "W7K2"


def test_one_whose_time_is_up_waits_on_in_the_scene_that_comes_next(visit):
    anna = visit("?scene=moving&start=1")
    first = waiting(anna)["session"]
    until(anna, lambda s: s["session"] != first and s["phase"] == "waiting")
    assert state(anna)["waitedMs"] >= 3900, "the time that was waited counts on"
    ben = visit("?scene=plain&auto=1")
    until_playing(anna, ben)
    leave(anna, ben)


def test_after_a_while_fewer_are_enough(visit):
    pages = [visit("?scene=smaller&start=1") for _ in range(2)]
    until_playing(*pages)
    assert [state(page)["players"] for page in pages] == [2, 2]
    leave(*pages)


def test_a_bot_takes_the_seat_that_nobody_came_for(visit, lab):
    with example("filler", lab.matchmaker.ws, "bots", "filler-1", "1") as bot:
        anna = visit()
        anna.evaluate(JOIN, {"scene": "bots", "subject": "anna"})
        wait(anna, "session.phase === 'playing'")
        anna.evaluate("session.finish()")
        wait(anna, "heard.ended.length > 0")
        assert anna.evaluate("heard.ended") == ["completed"]
        assert bot.said() == "completed"


def test_a_place_outlives_the_matchmaker(visit, lab):
    anna = visit("?scene=plain&auto=1", forgiven="ERR_CONNECTION_REFUSED")
    before = waiting(anna, 1500)
    lab.matchmaker.kill()
    anna.locator("#banner").get_by_text("The connection is interrupted").wait_for(timeout=30_000)
    lab.start_matchmaker()
    until(anna, lambda s: s["phase"] == "waiting" and s["session"] not in (None, before["session"]), 30_000)
    assert state(anna)["subject"] == before["subject"] and state(anna)["waitedMs"] >= before["waitedMs"]
    assert not anna.locator("#banner").is_visible()
    lab.until_ready()
    ben = visit("?scene=plain&auto=1")
    until_playing(anna, ben)
    assert state(anna)["player"] == 0, "who has waited for longer comes first"
    leave(anna, ben)


def test_the_same_person_in_a_second_window_has_the_one_place(visit):
    anna = visit("?scene=plain&start=1")
    before = waiting(anna, 1000)
    # A window that is opened by a page has a copy of its session storage.
    with anna.context.expect_page() as opened:
        anna.evaluate("open(location.href), void 0")
    second = opened.value
    heading(anna, "You went on somewhere else.")
    after = waiting(second)
    assert after["subject"] == before["subject"] and after["players"] == 1 and after["waitedMs"] >= before["waitedMs"]
    leave(second)


def plays_with_the_next(visit, anna):
    heading(anna, "Waiting for 1 more player")
    assert anna.get_by_text("You have kept your place").is_visible()
    cid = visit("?scene=asked&auto=1")
    asked(anna).get_by_role("button", name="I’m here").click()
    until_playing(anna, cid)
    leave(anna, cid)


def test_a_tab_that_was_closed_fills_no_seat(visit):
    anna, ben = visit("?scene=asked&start=1"), visit("?scene=asked&start=1")
    asked(ben)
    asked(anna).get_by_role("button", name="I’m here").click()
    ben.close()
    plays_with_the_next(visit, anna)


def test_a_tab_that_is_asleep_fills_no_seat(visit):
    # Awake this page would say by itself that it is there.
    ben = visit("?scene=asked&auto=1")
    waiting(ben, 500)
    devtools = ben.context.new_cdp_session(ben)
    for command in ("Debugger.enable", "Debugger.pause"):
        devtools.send(command)
    anna = visit("?scene=asked&start=1")
    asked(anna).get_by_role("button", name="I’m here").click()
    plays_with_the_next(visit, anna)
    for command in ("Debugger.resume", "Debugger.disable"):
        devtools.send(command)
    heading(ben, "You were not there.")


def test_a_full_room_says_so_and_is_tried_again(visit):
    anna = visit("?scene=full&start=1")
    waiting(anna)
    ben = visit("?scene=full&start=1")
    ben.locator("#banner").get_by_text("Too many people are waiting").wait_for(timeout=30_000)
    leave(anna)
    waiting(ben)
    assert not ben.locator("#banner").is_visible()
    leave(ben)


def test_a_closed_game_says_so(visit):
    anna = visit("?scene=later&start=1")
    until(anna, lambda s: s["phase"] == "ended")
    assert anna.locator("#ended-detail").text_content() == "This game is closed at the moment."


def test_a_server_that_drains_takes_nobody_new_and_says_so_to_all(make_servers, person):
    servers = make_servers(scenes=SCENES, matchmaker_options=["--drain-timeout", "1m"]).start()
    anna, ben = (person(query, at=servers.matchmaker.http) for query in ("?scene=plain&start=1", ""))
    waiting(anna)
    servers.matchmaker.signal(signal.SIGTERM)
    eventually(lambda: servers.matchmaker.said('"draining"'), servers.matchmaker.text)
    ben.get_by_role("radio", name="plain").check()
    ben.get_by_role("button", name="Find players").click()
    ben.locator("#banner").get_by_text("The server is being restarted").wait_for(timeout=30_000)
    assert state(anna)["phase"] == "waiting"
    ben.close()
    servers.matchmaker.signal(signal.SIGTERM)
    heading(anna, "The server is shutting down.")
