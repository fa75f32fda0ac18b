"""What the public conformance suite leaves out: opening handshakes, close codes, a close payload of one byte."""

import base64
import json
import struct

import pytest
from rawsocket import BINARY, CLOSE, PING, PONG, TEXT, Raw, opened


@pytest.fixture(params=["matchmaker", "coordinator"])
def server(request, servers):
    return getattr(servers, request.param)


def path(server):
    return "/v1/join" if server.name == "matchmaker" else "/v1/play"


def test_the_accept_key_is_that_of_the_standard(servers):
    with Raw.to(servers.matchmaker) as raw:
        status, headers = raw.upgrade("/v1/join", key="dGhlIHNhbXBsZSBub25jZQ==")
    assert status == 101
    assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, section 1.3
    assert headers["upgrade"].lower() == "websocket" and headers["connection"].lower() == "upgrade"


@pytest.mark.parametrize("change", [
    {"Upgrade": "WebSocket"}, {"Connection": "keep-alive, Upgrade"}, {"Connection": "upgrade"},
    {"Upgrade": "h2c, websocket"}, {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
    {"Sec-WebSocket-Protocol": "chat, superchat"}, {"Origin": "http://example.org"},
])
def test_an_unusual_but_valid_handshake_is_accepted(server, change):
    with Raw.to(server) as raw:
        status, headers = raw.upgrade(path(server), replace=change)
        assert status == 101
        assert "sec-websocket-extensions" not in headers and "sec-websocket-protocol" not in headers


@pytest.mark.parametrize("missing", ["Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"])
def test_a_handshake_without_a_header_is_refused(server, missing):
    with Raw.to(server) as raw:
        status, _ = raw.upgrade(path(server), leave_out=[missing])
        assert status in (400, 426)


@pytest.mark.parametrize("key", [
    "", "short", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=!", base64.b64encode(b"x" * 15).decode(),
    base64.b64encode(b"x" * 17).decode(), base64.b64encode(b"x" * 64).decode(),
])
def test_a_key_that_is_not_16_bytes_is_refused(server, key):
    with Raw.to(server) as raw:
        assert raw.upgrade(path(server), replace={"Sec-WebSocket-Key": key})[0] == 400


@pytest.mark.parametrize("version", ["12", "8", "0", "14", "13, 8", "x"])
def test_another_version_is_refused_with_the_right_one_named(server, version):
    with Raw.to(server) as raw:
        status, headers = raw.upgrade(path(server), replace={"Sec-WebSocket-Version": version})
        assert status == 426 and headers["sec-websocket-version"] == "13"


def test_a_handshake_needs_get_and_http_1_1(server):
    for method, version, wanted in (("POST", "HTTP/1.1", 405), ("GET", "HTTP/1.0", 400)):
        with Raw.to(server) as raw:
            assert raw.upgrade(path(server), method=method, version=version)[0] == wanted


def test_two_keys_are_refused(server):
    with Raw.to(server) as raw:
        status, _ = raw.upgrade(path(server), replace={"sec-websocket-key": base64.b64encode(b"y" * 16).decode()})
        assert status == 400


def test_a_plain_get_of_a_websocket_path_says_what_it_wants(server):
    with Raw.to(server) as raw:
        raw.request(path(server))
        status, headers = raw.head()
        assert status == 426 and headers["upgrade"].lower() == "websocket"


def test_no_websocket_opens_elsewhere(server):
    for elsewhere in ("/", "/v1/nowhere", "/healthz", "/v1/join/more"):
        with Raw.to(server) as raw:
            assert raw.upgrade(elsewhere)[0] != 101


def test_frames_may_follow_the_handshake_in_the_same_packet(server):
    with Raw.to(server) as raw:
        key = base64.b64encode(b"0123456789abcdef").decode()
        head = (
            f"GET {path(server)} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode()
        ping = bytes([0x80 | PING, 0x80 | 2, 0, 0, 0, 0]) + b"hi"
        raw.send(head + ping)
        assert raw.head()[0] == 101
        assert raw.next_frame() == (PONG, b"hi")


def test_a_handshake_byte_by_byte_is_understood(servers):
    with Raw.to(servers.matchmaker) as raw:
        text = (
            "GET /v1/join HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        for byte in text.encode():
            raw.send(bytes([byte]))
        assert raw.head()[0] == 101


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_a_valid_close_is_answered_with_its_code_and_the_connection_ends(server, code):
    with opened(server) as raw:
        raw.frame(CLOSE, struct.pack("!H", code) + "au revoir \u00e9".encode())
        assert raw.close_code() == code
        assert raw.take(1) == b""


def test_an_empty_close_is_answered(server):
    with opened(server) as raw:
        raw.frame(CLOSE)
        assert raw.close_code() in (None, 1000)
        assert raw.take(1) == b""


@pytest.mark.parametrize("code", [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
def test_a_close_code_that_may_not_travel_is_a_protocol_error(server, code):
    with opened(server) as raw:
        raw.frame(CLOSE, struct.pack("!H", code))
        assert raw.close_code() == 1002


def test_a_close_payload_of_one_byte_is_a_protocol_error(server):
    with opened(server) as raw:
        raw.frame(CLOSE, b"\x03")
        assert raw.close_code() == 1002


def test_a_close_reason_must_be_utf8(server):
    with opened(server) as raw:
        raw.frame(CLOSE, struct.pack("!H", 1000) + b"\xce\xba\xed\xa0\x80")
        assert raw.close_code() == 1007


@pytest.mark.parametrize("frame", [
    {"opcode": TEXT, "payload": b"{}", "masked": False}, {"opcode": PING, "masked": False},
    {"opcode": CLOSE, "payload": b"\x03\xe8", "masked": False},
], ids=["text", "ping", "close"])
def test_an_unmasked_frame_is_a_protocol_error(server, frame):
    with opened(server) as raw:
        raw.frame(**frame)
        assert raw.close_code() == 1002


@pytest.mark.parametrize("frame", [
    {"opcode": TEXT, "reserved": 1}, {"opcode": TEXT, "reserved": 2}, {"opcode": TEXT, "reserved": 4}, {"opcode": 3},
    {"opcode": 11}, {"opcode": PING, "final": False}, {"opcode": PING, "payload": b"x" * 126}, {"opcode": 0},
    {"opcode": BINARY, "length": 1 << 63},
], ids=["rsv3", "rsv2", "rsv1", "opcode3", "opcode11", "fragmented-ping", "long-ping", "continuation", "top-bit"])
def test_a_frame_against_the_rules_is_a_protocol_error(server, frame):
    with opened(server) as raw:
        raw.frame(**frame)
        assert raw.close_code() == 1002


def test_text_that_is_not_utf8_is_refused_at_the_wrong_byte(server):
    with opened(server) as raw:
        raw.frame(TEXT, b"\xff", final=False)
        assert raw.close_code() == 1007


def test_nothing_is_read_after_a_close(servers):
    with opened(servers.matchmaker) as raw:
        raw.frame(CLOSE, struct.pack("!H", 1000))
        raw.frame(TEXT, json.dumps({"type": "join", "scene": "duo", "subject": "ghost"}).encode())
        assert raw.close_code() == 1000
    servers.until_empty()
