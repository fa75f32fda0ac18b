"""Peers in a few lines, written from proto/ alone: what they hear is read by decode.py, what they say is here."""

import asyncio
import os

import protocol_reading  # noqa: F401, makes proto/ known
import decode
import messages

KINDS = {name: kind for kind, (name, _, _) in messages.MESSAGES.items()}
REASONS = {name: code for code, name in messages.END_REASONS.items()}
STATES = {name: code for code, name in messages.STATES.items()}


def number(value, size):
    return value.to_bytes(size, "big")


def text(value):
    data = value.encode()
    return number(len(data), 2) + data


def frame(kind, body=b"", flags=0):
    head = bytes([1, KINDS[kind], flags, 0])
    return number(len(body) + 8, 4) + head + number(decode.crc32c(head + body), 4) + body


def hello(node, incarnation, nonce, versions=(1, 1), capacity=10, url="ws://127.0.0.1:1/v1/play"):
    return frame("hello", messages.MAGIC + bytes(versions) + text(node) + number(incarnation, 8) + nonce
                 + number(capacity, 4) + text(url))


def about(message):
    return message["session"] + number(message["attempt"], 4)


def ended(assign, reason, ended_in, players, at_ms):
    """`players`: isBlamed, isRequeued, hasFinished and the result of each seat."""
    body = about(assign) + text(assign["scene"]) + bytes([REASONS[reason], STATES[ended_in], 0]) + number(at_ms, 8)
    body += bytes([len(players)])
    for seat, (*flags, result) in zip(assign["players"], players, strict=True):
        body += text(seat["subject"]) + bytes(flags) + number(len(result), 2) + result
    return frame("ended", body + number(0, 2))


def assignment(session, subjects, scene="duo-relay"):
    """The body of a session without validation, and the tickets of its players."""
    tickets = [os.urandom(16) for _ in subjects]
    body = session + number(1, 4) + text(scene) + bytes([0, 1])
    for timeout_ms in (15_000, 15_000, 10_000, 30_000, 3_600_000):
        body += number(timeout_ms, 4)
    body += text("[]") + bytes([0]) + number(7, 8) + number(4_000_000_000_000, 8) + bytes([len(subjects)])
    for subject, ticket in zip(subjects, tickets, strict=True):
        body += text(subject) + ticket + number(1, 8) + bytes(32)
    return body, tickets


def extensions(treatment, roles):
    entry = bytes([len(roles)]) + b"".join(bytes([player]) + text(role) for player, role in enumerate(roles))
    return bytes([2, 1]) + text(treatment) + bytes([2]) + number(len(entry), 2) + entry


class Peer:
    """A link to a matchmaker."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.stream, self.queue = decode.Stream(), []

    @classmethod
    async def dial(cls, link):
        return cls(*await asyncio.open_connection(*link))

    def send(self, data):
        self.writer.write(data)

    async def next(self):
        """The next frame and message; None at the end."""
        while not self.queue:
            data = await asyncio.wait_for(self.reader.read(65536), 10)
            if not data:
                return None, None
            self.queue += self.stream.feed(data)
        _, raw, message = self.queue.pop(0)
        return raw, message

    async def expect(self, kind):
        raw, message = await self.next()
        while kind != "pong" and message is not None and message["kind"] == "pong":
            raw, message = await self.next()
        assert message is not None and message["kind"] == kind, f"wanted {kind}, heard {message}"
        return raw, message

    async def shake_hands(self, secret, node="pythonesque", versions=(1, 1)):
        """All of the handshake, or the `reject` that ends it."""
        said = hello(node, int.from_bytes(os.urandom(8), "big"), os.urandom(32), versions)
        self.send(said)
        raw, challenge = await self.next()
        if challenge["kind"] == "reject":
            return challenge
        self.stream.version = challenge["version"]
        self.believes = decode.proof_holds(secret, decode.MATCHMAKER, said, raw, challenge["proof"])
        self.send(frame("proof", decode.handshake_proof(secret, decode.COORDINATOR, said, raw)))
        return (await self.next())[1]

    async def welcome(self, secret, version):
        """The handshake of a matchmaker that picks this version; gives the `hello`."""
        raw_hello, said = await self.next()
        begin = messages.MAGIC + bytes([version]) + text("an-older-one") + number(1, 8) + os.urandom(32)
        unsigned = frame("challenge", begin + bytes(32))
        proof = decode.handshake_proof(secret, decode.MATCHMAKER, raw_hello, unsigned)
        raw = frame("challenge", begin + proof)
        self.send(raw)
        _, answer = await self.expect("proof")
        assert decode.proof_holds(secret, decode.COORDINATOR, raw_hello, raw, answer["proof"])
        self.stream.version = version
        self.send(frame("welcome", number(15_000, 4) + number(1_000, 4)))
        return said

    def ping(self, at_ms, sessions=0, players=0):
        self.send(frame("ping", number(at_ms, 8) + number(sessions, 4) + number(players, 4)))

    async def close(self):
        self.writer.close()
        await self.writer.wait_closed()


SECRET = "a secret of these tests"


def port_of(servers):
    """The port of a link over TCP."""
    return int(servers.link.split(":")[1])
