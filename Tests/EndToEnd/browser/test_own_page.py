"""The page that the README shows, as a newcomer tries it: a file of one's own, opened in two tabs."""

import time

import pytest
from pages import assert_nothing_is_left
from programs import readme


def until(page, *words, timeout_s=40):
    deadline = time.monotonic() + timeout_s
    while not any(word in (text := page.locator("#status").text_content()) for word in words):
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {words}; the page says {text!r}"
        page.wait_for_timeout(20)


@pytest.fixture
def visit(person, greenroom, tmp_path):
    page = readme("html", "greenroom.js", **{"http://127.0.0.1:8080": greenroom.matchmaker})
    (tmp_path / "hello.html").write_text(page)
    return lambda: person("hello.html", at=f"file://{tmp_path}")


def test_the_page_of_the_readme_works_as_it_stands(visit, greenroom):
    pages = anna, ben = visit(), visit()
    for page in pages:
        until(page, "We play, by peer.")
    anna.locator("#wave").click()
    until(ben, "has waved 1 times.")
    # It is the same person after a reload; what was not known to have arrived may come once more.
    ben.reload()
    until(ben, "We play, by peer.", "has waved 1 times.")
    anna.locator("#wave").click()
    until(ben, "has waved 2 times.")
    ben.close()
    until(anna, "It is over: player_disconnected.")
    assert_nothing_is_left(greenroom)
