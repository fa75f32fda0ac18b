"""Direct play between real browsers that goes on without a player, and with a bot in its seat."""

import json

import pytest
from test_administration import TOKEN, ask
from test_library import wait
from test_repair import JOIN, finish, scene
from websockets.sync.client import connect


@pytest.fixture
def trio(person, make_servers, tmp_path):
    """Three in direct play, the last of whom has just been lost, which the other two have heard."""
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    servers = make_servers(
        scenes=[scene("table", 3, absence={"loss": "bot"}, validationTimeout="40s")], coordinator_options=["--admin-token-file", file]).start()
    pages = [person() for _ in range(3)]
    address = f"ws://127.0.0.1:{servers.matchmaker_port}/v1/join"
    for index, page in enumerate(pages):
        page.evaluate(JOIN, {"scene": "table", "subject": f"trio-{index}", "matchmaker": address})
    for page in pages:
        wait(page, "session.phase === 'playing'", 60_000)
        assert page.evaluate("session.transport") == "peer"
    *others, lost = sorted(pages, key=lambda page: page.evaluate("session.player"))
    for page in others:
        page.evaluate("say(5)")
    lost.evaluate("session.leave()")
    for page in others:
        wait(page, "connections.filter((each) => each.connectionState === 'connected').length === 1", 20_000)
    return servers, others


def until_heard(pages, count):
    """Each has heard so many messages of the other, in order and without a gap."""
    for page, other in zip(pages, reversed(pages), strict=True):
        sender = other.evaluate("session.player")
        wait(page, f"heard.messages[{sender}]?.length >= {count}", 40_000)
        assert page.evaluate(f"heard.messages[{sender}]") == list(range(count))


def test_the_others_play_on_directly_and_nothing_is_kept_for_one_who_is_lost(trio):
    servers, pages = trio
    # More than may ever wait for one peer; `say` throws when a message is refused.
    for batch in range(1, 10):
        for page in pages:
            page.evaluate("say(500)")
        until_heard(pages, 5 + 500 * batch)
    assert {page.evaluate("session.transport") for page in pages} == {"peer"}
    pages[1].evaluate("session.leave()")
    wait(pages[0], "connections.every((each) => each.connectionState === 'closed')", 20_000)
    # Everybody has gone, and that is no reason to wait.
    pages[0].evaluate("say(5000)")
    finish(servers, pages[:1])


def test_a_bot_in_the_lost_seat_hears_all_that_is_said_from_then_on(trio):
    servers, pages = trio
    for page in pages:
        page.evaluate("say(100)")
    until_heard(pages, 105)
    session = pages[0].evaluate("session.session")
    status, seat = ask(servers.coordinator, f"/v1/sessions/{session}/players/2/seat", "POST")
    assert status == 200
    with connect(seat["url"]) as bot:
        bot.send(json.dumps({"type": "enter", "session": session, "ticket": seat["ticket"]}))
        for page in pages:
            wait(page, "heard.transports.length === 2")
            page.evaluate("say(50)")
        until_heard(pages, 155)
        heard = {0: [], 1: []}
        while min(map(len, heard.values())) < 50:
            message = bot.recv(timeout=20)
            if isinstance(message, bytes):
                heard[message[1]].append(message[2] * 256 + message[3])
        assert heard == {0: list(range(105, 155)), 1: list(range(105, 155))}
        bot.send(bytes([0, 255, 0, 9]))
        for page in pages:
            wait(page, "heard.messages[2]?.length === 1")
            assert page.evaluate("heard.messages[2]") == [9]
        finish(servers, pages)
