"""Fixtures of the browser tests. The servers are those of the fixture `greenroom`, one folder up.

Needs PyPI's `playwright` and a Chromium: Debian's, or the one that GREENROOM_CHROMIUM names.
"""

import os
import shutil

import pytest
from playwright import sync_api

# Remembers the page's connections, so that a test can ask what they carried, cut them, and see whether any is left open.
WATCH_CONNECTIONS = """
window.connections = [];
window.channels = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...args) { super(...args); connections.push(this); }
  createDataChannel(...args) {
    const channel = super.createDataChannel(...args);
    channels.push(channel);
    return channel;
  }
};
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...args) { super(...args); sockets.push(this); }
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
    """Makes people: each a page with a session storage of its own, `at` a server other than the usual one if need be. None of
    them may see an error in the console but such with the word that is `forgiven`."""
    errors, contexts = [], []

    def arrive(query="", at=None, forgiven=None, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(WATCH_CONNECTIONS)

        def said(message):
            if message.type in ("error", "warning") and not (forgiven and forgiven in message.text):
                errors.append(message.text)

        page.on("console", said)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{at or greenroom.matchmaker}/{query}")
        return page

    yield arrive
    for context in contexts:
        context.close()
    assert errors == []
