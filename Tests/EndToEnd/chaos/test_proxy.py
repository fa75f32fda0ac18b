"""What the proxy of a link has noticed of what it passed on."""

import contextlib
import socket

import pytest
from protocol_peer import frame
from proxy import LinkProxy

GAME = bytes(range(16))


@pytest.mark.parametrize("name, body", ids=["accepted", "holding"], argvalues=[
    ("accepted", GAME + (3).to_bytes(4, "big")),
    # The state, and what is known of the session, which begins with its name and attempt.
    ("holding", bytes([2]) + GAME + (3).to_bytes(4, "big") + b"and so on"),
])
def test_that_a_coordinator_has_a_session_is_known_by_its_acceptance_and_by_its_inventory(name, body):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as matchmaker:
        matchmaker.settimeout(10)
        proxy = LinkProxy(matchmaker.getsockname())
        with contextlib.closing(proxy), socket.create_connection(("127.0.0.1", proxy.port), 10) as coordinator:
            link, _ = matchmaker.accept()
            link.settimeout(10)
            sent = frame(name, body)
            coordinator.sendall(sent)
            got = b""
            while len(got) < len(sent):
                got += link.recv(4096)
            link.close()
        assert got == sent
        assert list(proxy.accepted) == [(GAME.hex(), 3)]
