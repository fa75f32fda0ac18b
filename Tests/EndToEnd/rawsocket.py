"""Bytes as they are, for what no decent client sends."""

import base64
import hashlib
import os
import socket
import struct
import time

ANSWER_S = 20.0
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Raw:
    """A TCP or Unix connection with its deadlines."""

    def __init__(self, address):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(ANSWER_S)
        self.socket.connect(address)
        self.opened = time.monotonic()
        self.buffer = b""

    @classmethod
    def to(cls, server):
        return cls(("127.0.0.1", server.port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """False when the other side has hung up."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            return False
        self.buffer += data
        return bool(data)

    def take(self, count):
        """Exactly `count` bytes, or fewer at the end."""
        while len(self.buffer) < count and self._more():
            pass
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def rest(self):
        """All until the end of the connection."""
        while self._more():
            pass
        taken, self.buffer = self.buffer, b""
        return taken

    def until_closed(self, timeout_s=ANSWER_S):
        """Waits for the other side's end and says how long the connection has lived, in seconds."""
        self.socket.settimeout(timeout_s)
        self.rest()
        return time.monotonic() - self.opened

    def head(self):
        """Status and headers of a response; (0, {}) when there is none."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                return 0, {}
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        return int(first.split()[1]), headers

    def request(self, target, headers=(), method="GET", version="HTTP/1.1"):
        lines = [f"{method} {target} {version}", "Host: localhost", *headers]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def get(self, target, headers=()):
        """Status and body of a GET."""
        self.request(target, headers)
        status, found = self.head()
        return status, self.take(int(found.get("content-length", 0)))

    def upgrade(self, path, key=None, leave_out=(), replace=None, method="GET", version="HTTP/1.1"):
        """Sends an opening handshake (RFC 6455, section 4.1) and gives status and headers of the answer."""
        key = key or base64.b64encode(os.urandom(16)).decode()
        fields = {
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key,
        } | (replace or {})
        self.request(path, [f"{k}: {v}" for k, v in fields.items() if k not in leave_out], method, version)
        status, headers = self.head()
        if status == 101:
            wanted = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
            assert headers["sec-websocket-accept"] == wanted
        return status, headers

    def frame(self, opcode, payload=b"", final=True, reserved=0, masked=True, length=None):
        """Sends one frame; `length` lies about the payload's."""
        length = len(payload) if length is None else length
        head = bytes([final << 7 | reserved << 4 | opcode])
        mask_bit = masked << 7
        if length < 126:
            head += bytes([mask_bit | length])
        elif length < 1 << 16:
            head += struct.pack("!BH", mask_bit | 126, length)
        else:
            head += struct.pack("!BQ", mask_bit | 127, length)
        if masked:
            mask = os.urandom(4)
            payload = mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        return self.send(head + payload)

    def next_frame(self):
        """Opcode and payload of the next frame; (None, b"") at the end."""
        head = self.take(2)
        if len(head) < 2:
            return None, b""
        assert head[0] & 0xF0 == 0x80, "servers send whole frames without reserved bits"
        assert head[1] & 0x80 == 0, "servers never mask"
        length = head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self.take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.take(8))
        return head[0] & 0x0F, self.take(length)

    def close_code(self):
        """Reads on to the close frame: its code, None for an empty one; "end" when the connection ends without."""
        while True:
            opcode, payload = self.next_frame()
            if opcode is None:
                return "end"
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0] if payload else None


def opened(server, path=None):
    """A connection whose opening handshake is done."""
    raw = Raw.to(server)
    status, _ = raw.upgrade(path or ("/v1/join" if server.name == "matchmaker" else "/v1/play"))
    assert status == 101
    return raw
