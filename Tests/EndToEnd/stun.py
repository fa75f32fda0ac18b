"""A small TURN client: asks a server for an allocation over UDP, and says what came of it (RFC 8489, RFC 8656)."""

import hashlib
import hmac
import os
import socket
import struct

COOKIE = 0x2112A442
ALLOCATE, ALLOCATED, REFUSED = 0x0003, 0x0103, 0x0113
USERNAME, INTEGRITY, ERROR, REALM, NONCE, RELAYED, TRANSPORT = 0x0006, 0x0008, 0x0009, 0x0014, 0x0015, 0x0016, 0x0019
UDP = bytes([17, 0, 0, 0])


def attribute(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def message(attributes, key=None):
    body = b"".join(attribute(kind, value) for kind, value in attributes)
    transaction = os.urandom(12)
    if key is not None:
        # The length counts the code that is yet to come.
        head = struct.pack(">HHI", ALLOCATE, len(body) + 24, COOKIE) + transaction
        body += attribute(INTEGRITY, hmac.new(key, head + body, hashlib.sha1).digest())
    return struct.pack(">HHI", ALLOCATE, len(body), COOKIE) + transaction + body


def read(packet):
    kind, length, cookie = struct.unpack(">HHI", packet[:8])
    assert cookie == COOKIE and len(packet) == 20 + length
    attributes, at = {}, 20
    while at < len(packet):
        name, size = struct.unpack(">HH", packet[at:at + 4])
        attributes.setdefault(name, packet[at + 4:at + 4 + size])
        at += 4 + size + -size % 4
    return kind, attributes


def allocate(port, username, credential):
    """The port of the allocation, or the code of the error by which it was refused."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect(("127.0.0.1", port))
        client.send(message([(TRANSPORT, UDP)]))
        kind, said = read(client.recv(2048))
        assert kind == REFUSED, "nobody is served without a name"
        realm, nonce = said[REALM], said[NONCE]
        key = hashlib.md5(b":".join([username.encode(), realm, credential.encode()])).digest()
        client.send(message([(TRANSPORT, UDP), (USERNAME, username.encode()), (REALM, realm), (NONCE, nonce)], key))
        kind, said = read(client.recv(2048))
        if kind == ALLOCATED:
            return "port", struct.unpack(">H", said[RELAYED][2:4])[0] ^ COOKIE >> 16
        assert kind == REFUSED
        return "error", said[ERROR][2] * 100 + said[ERROR][3]
