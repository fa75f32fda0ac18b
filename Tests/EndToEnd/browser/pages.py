"""What the browser tests share: the state of a demo page, and what the servers still hold."""

import json
import time
import urllib.request

PLAY_MS = 90_000  # a whole game takes about 25 s


def state(page):
    return page.evaluate("greenroomDemo")


def until(page, condition, timeout_ms=30_000):
    """Waits until the condition on the page's state holds. (The page forbids `eval`, so it cannot wait by itself.)"""
    deadline = time.monotonic() + timeout_ms / 1000
    while not condition(seen := state(page)):
        assert time.monotonic() < deadline, f"not within {timeout_ms} ms; the page has {seen}"
        page.wait_for_timeout(20)


def until_playing(*pages):
    for page in pages:
        until(page, lambda s: s["phase"] == "playing", 60_000)


def until_ended(*pages, reason="completed"):
    for page in pages:
        until(page, lambda s: s["phase"] == "ended", PLAY_MS)
        assert state(page)["endedReason"] == reason


def tables(address):
    with urllib.request.urlopen(f"{address}/v1/state", timeout=10) as answer:
        return json.load(answer)["tables"]


def assert_nothing_is_left(greenroom):
    deadline = time.monotonic() + 20
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
