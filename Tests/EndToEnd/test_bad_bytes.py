"""Bytes that are no request, and peers that are slow on purpose, at the public listener of both servers."""

import asyncio
import json
import time

import pytest
from players import bystanders
from rawsocket import TEXT, Raw, opened
from test_bad_messages import undisturbed

# The servers here have deadlines of two seconds; what takes longer than that on a busy machine is still less than by default.
DEFAULT_S = 9.5


@pytest.fixture(params=["matchmaker", "coordinator"])
def server(request, servers):
    return getattr(servers, request.param)


async def beside_a_game(servers, attack, *arguments):
    async def block():
        await asyncio.to_thread(attack, *arguments)

    await undisturbed(servers, block)


async def test_10_000_header_lines(servers, server):
    def attack():
        with Raw.to(server) as raw:
            raw.send(b"GET /healthz HTTP/1.1\r\nHost: h\r\n" + b"X-Line: 1\r\n" * 10_000 + b"\r\n")
            assert raw.head()[0] == 431
            raw.until_closed()

    await beside_a_game(servers, attack)


REQUESTS = {
    "a target of 100,000 bytes": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", {414}),
    "one header of 100,000 bytes": (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", {431}),
    "a line without end": (b"A" * 1_000_000, {400, 414, 431}),
    "binary noise": (bytes(range(256)) * 50 + b"\r\n\r\n", {400}),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", {400}),
    "two lengths": (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", {400}),
    "a negative length": (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", {400}),
    "a giant length": (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", {400, 413}),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", {400}),
    "a space before the colon": (b"GET / HTTP/1.1\r\nHost : h\r\n\r\n", {400}),
    "a bare carriage return": (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", {400}),
    "a version of the future": (b"GET / HTTP/7.0\r\nHost: h\r\n\r\n", {400, 505}),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "a TLS hello": (bytes.fromhex("16030100c8010000c40303") + b"\x00" * 190 + b"\r\n\r\n", {400}),
    "both framings": (
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
}


@pytest.mark.parametrize("data, statuses", REQUESTS.values(), ids=REQUESTS.keys())
async def test_what_is_no_request_is_refused_and_the_connection_ends(servers, server, data, statuses):
    def attack():
        with Raw.to(server) as raw:
            raw.send(data)
            assert raw.head()[0] in statuses
            raw.until_closed()

    await beside_a_game(servers, attack)


async def test_half_a_request_that_never_ends(servers, server):
    def attack():
        with Raw.to(server) as raw:
            raw.send(b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-Half")
            status, _ = raw.head()
            assert status in (0, 408)
            assert 1.8 < raw.until_closed() < DEFAULT_S

    await beside_a_game(servers, attack)


async def test_a_connection_that_says_nothing(servers, server):
    def attack():
        with Raw.to(server) as raw:
            assert 1.8 < raw.until_closed() < DEFAULT_S

    await beside_a_game(servers, attack)


async def test_one_byte_at_a_time_does_not_move_the_deadline(servers, server):
    def attack():
        with Raw.to(server) as raw:
            raw.socket.settimeout(0.1)
            text = b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-Slow: " + b"a" * 1000
            for byte in text:
                if not raw.send(bytes([byte])):
                    break
                try:
                    if raw.socket.recv(4096) == b"":
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            assert 1.8 < time.monotonic() - raw.opened < DEFAULT_S

    await beside_a_game(servers, attack)


async def test_with_the_default_one_byte_a_second_is_cut_at_10_s_in_all(make_servers):
    servers = make_servers().start()

    def attack(server):
        with Raw.to(server) as raw:
            raw.socket.settimeout(1.0)
            for byte in b"GET /healthz HTTP/1.1\r\n":
                if not raw.send(bytes([byte])):
                    break
                try:
                    if raw.socket.recv(4096) == b"":
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            lived = time.monotonic() - raw.opened
            # All of it would take 22 s.
            assert 9.5 < lived < 18, f"cut after {lived} s"

    async with bystanders(servers):
        await asyncio.gather(*(asyncio.to_thread(attack, each) for each in servers.live))


async def test_a_frame_that_never_ends(servers, server):
    def attack():
        with opened(server) as raw:
            raw.frame(TEXT, b"x" * 10, length=1000)
            assert raw.close_code() in (4025, 1002, 1008)
            assert raw.until_closed() < DEFAULT_S

    await beside_a_game(servers, attack)


async def test_a_frame_that_promises_too_much_is_refused_before_it_comes(servers, server):
    def attack():
        for length in (65_537, 1 << 30, (1 << 63) - 1):
            with opened(server) as raw:
                raw.frame(TEXT, b"x", length=length)
                assert raw.close_code() == 1009

    await beside_a_game(servers, attack)


async def test_endless_empty_fragments_are_too_many(servers, server):
    def attack():
        with opened(server) as raw:
            raw.frame(TEXT, b"", final=False)
            for _ in range(5_000):
                if not raw.frame(0, b"", final=False):
                    break
            assert raw.close_code() in (1009, "end")

    await beside_a_game(servers, attack)


async def test_an_unmasked_frame(servers, server):
    def attack():
        with opened(server) as raw:
            raw.frame(TEXT, json.dumps({"type": "join", "scene": "duo", "subject": "s"}).encode(), masked=False)
            assert raw.close_code() == 1002

    await beside_a_game(servers, attack)


async def test_200_connections_that_break_off_in_the_middle(servers, server):
    head = b"GET /v1/join HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

    def attack():
        for number in range(200):
            with Raw.to(server) as raw:
                raw.send(head[: number % len(head)])

    await beside_a_game(servers, attack)


async def test_a_pipeline_of_requests_is_answered_in_order(servers, server):
    def attack():
        with Raw.to(server) as raw:
            raw.send(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n" * 20)
            for _ in range(20):
                for wanted in (200, 404):
                    status, headers = raw.head()
                    assert status == wanted
                    raw.take(int(headers["content-length"]))

    await beside_a_game(servers, attack)
