#!/usr/bin/env python3
"""Reads the session protocol: frames, journals, captures. Written from session-protocol.md alone; needs Python 3.9.

    decode.py FILE…                     frames as they were sent, one JSON object a line ("-" is standard input)
    decode.py --journal FILE            a journal of a matchmaker or a coordinator
    decode.py --pcap FILE [--port N]    a capture of a link over TCP: tcpdump -i lo -w - port 7400 | decode.py --pcap -
    decode.py --fixtures FOLDER         checks every fixture against this reader

The exit code is 1 when something could not be read. As a library: `decode` reads one frame, `Stream` cuts frames out of
bytes that come in pieces, `read_journal`, `handshake_proof` and `read_resume` do what their names say.
"""

import argparse
import base64
import hashlib
import hmac
import json
import sys

from messages import EXTENSIBLE, MAGIC, MESSAGES, RESUME, Body, FrameError, read_extensions, read_fields, require

LENGTH_MIN, LENGTH_MAX = 8, 524_288
HEADER_BYTES = 12
SECTOR_BYTES = 512
MATCHMAKER, COORDINATOR = 1, 2
VERSION = 2
EXTENDED = 1


# --- Frames ---


def crc32c_table():
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ 0x82F63B78 * (value & 1)
        yield value


CRC32C = tuple(crc32c_table())


def crc32c(data):
    """The checksum of RFC 3720, appendix B.4."""
    value = 0xFFFF_FFFF
    for byte in data:
        value = value >> 8 ^ CRC32C[(value ^ byte) & 0xFF]
    return value ^ 0xFFFF_FFFF


def frame_bytes(data, version=VERSION):
    """How long the frame is that `data` begins with, None while that is not known; judges the header so far.

    `version` is the one that is spoken where the frame comes from.
    """
    if len(data) < 4:
        return None
    length = int.from_bytes(data[:4], "big")
    require(length >= LENGTH_MIN, "lengthTooSmall")
    require(length <= LENGTH_MAX, "lengthTooLarge")
    require(data[4:5] in (b"", b"\1"), "unknownVersion")
    require(len(data) < 6 or data[5] in MESSAGES, "unknownKind")
    may_be_extended = version >= 2 and len(data) > 6 and data[5] in EXTENSIBLE
    require(data[6:7] in (b"", b"\0") or may_be_extended and data[6] == EXTENDED, "unknownFlags")
    require(data[7:8] in (b"", b"\0"), "reservedNotZero")
    return 4 + length


def decode(frame, version=VERSION):
    """The fields of one whole frame, in their order, behind its `kind`; bytes are `bytes`, codes are their names."""
    size = frame_bytes(frame, version)
    require(size is not None and len(frame) >= size, "truncated")
    require(len(frame) == size, "trailingBytes")
    require(crc32c(frame[4:8] + frame[HEADER_BYTES:]) == int.from_bytes(frame[8:12], "big"), "badChecksum")
    kind, _, fields = MESSAGES[frame[5]]
    body = Body(frame, HEADER_BYTES)
    values = read_fields(fields, body)
    if frame[6] == EXTENDED:
        values |= read_extensions(body, values, EXTENSIBLE[frame[5]])
    body.finish()
    return {"kind": kind, **values}


class Stream:
    """Cuts frames out of bytes that come in pieces. After an error nothing more can be read."""

    def __init__(self, version=VERSION):
        # That of the link; it may be changed once the handshake has said which.
        self.version = version
        self.buffer = b""
        # Where the buffer's first byte stands in all that was fed.
        self.offset = 0

    def feed(self, data=b""):
        """Gives `(offset, frame, message)` of each frame that is now whole; raises `FrameError` at a bad one."""
        self.buffer += data
        while True:
            size = frame_bytes(self.buffer, self.version)
            if size is None or len(self.buffer) < size:
                return
            frame = self.buffer[:size]
            message = decode(frame, self.version)
            offset, self.offset = self.offset, self.offset + size
            self.buffer = self.buffer[size:]
            yield offset, frame, message


def plain(value):
    """A message as JSON can hold it: bytes as hexadecimal digits, integers above 2^53 as decimal strings."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int) and value > 1 << 53:
        return str(value)
    return value


# --- Journals, proofs and resumes ---


def read_journal(data):
    """Gives `(offset, message)` of each frame, then `(offset, None)` when a torn tail begins there.

    A bad frame anywhere else raises `FrameError`, with its place as `offset`.
    """
    at = 0
    while at < len(data):
        try:
            size = frame_bytes(data[at:at + HEADER_BYTES]) or HEADER_BYTES
            message = decode(data[at:at + size])
        except FrameError as error:
            if is_torn_tail(data, at):
                yield at, None
                return
            error.offset = at
            raise
        yield at, message
        at += size


def is_torn_tail(data, at):
    """Whether the bytes from `at` on, which do not begin with a good frame, are what a crash may leave, not damage."""
    rest = data[at:]
    if len(rest) < HEADER_BYTES or not any(rest):
        return True
    length = int.from_bytes(rest[:4], "big")
    if not LENGTH_MIN <= length <= LENGTH_MAX or any(rest[4 + length:]):
        return False
    if is_sealed(rest) or any(begins_well(rest, start) for start in range(1, len(rest))):
        return False
    if len(rest) < 4 + length:
        return True
    if is_sealed(rest[:4 + length]):
        return False  # written whole, by somebody who knows more
    return len(rest) > 4 + length or lacks_sector(data, at, at + 4 + length)


def is_sealed(frame):
    """Whether the checksum is that of all other bytes; the length, which has none, is left aside."""
    return crc32c(frame[4:8] + frame[12:]) == int.from_bytes(frame[8:12], "big")


def lacks_sector(data, start, end):
    """Whether a sector of the file, as far as it lies between the two, holds nothing."""
    edges = [start, *range((start // SECTOR_BYTES + 1) * SECTOR_BYTES, end, SECTOR_BYTES), end]
    return any(not any(data[first:last]) for first, last in zip(edges, edges[1:]))


def begins_well(data, at):
    """Whether a whole good frame stands there."""
    try:
        size = frame_bytes(data[at:at + HEADER_BYTES])
        return size is not None and decode(data[at:at + size]) is not None
    except FrameError:
        return False


def handshake_proof(secret, role, hello, challenge):
    """The proof of one side over the whole frames of `hello` and `challenge`.

    The fields of `hello` behind its magic are all in it, in their order, and so are those of `challenge` between its
    version and its proof.
    """
    hello, challenge = hello[HEADER_BYTES + len(MAGIC):], challenge[HEADER_BYTES + len(MAGIC):]
    version, named = challenge[:1], challenge[1:-32]
    return hmac.new(secret, MAGIC + bytes([role]) + version + hello + named, hashlib.sha256).digest()


def proof_holds(secret, role, hello, challenge, proof):
    return hmac.compare_digest(handshake_proof(secret, role, hello, challenge), proof)


def resume_signature(key, kind, session, since_unix_ms, expires_unix_ms, scene, subject, released_from=()):
    """The signature of a resume of this kind, 1 to 4; only the matchmaker has the key."""
    data = bytes([1, kind]) + session + since_unix_ms.to_bytes(8, "big") + expires_unix_ms.to_bytes(8, "big")
    for name in (scene.encode(), subject.encode()):
        data += len(name).to_bytes(2, "big") + name
    if kind == 4:
        data += bytes([len(released_from)]) + b"".join(released_from)
    return hmac.new(key, data, hashlib.sha256).digest()[:16]


def read_resume(resume):
    """The fields of a resume."""
    try:
        data = base64.urlsafe_b64decode(resume + "=" * (-len(resume) % 4))
    except ValueError:
        raise FrameError("badText") from None
    require(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == resume, "badText")
    body = Body(data)
    fields = read_fields(RESUME, body)
    body.finish()
    return fields


# --- The command ---


def show(**entry):
    print(json.dumps(plain(entry), ensure_ascii=False), flush=True)


def show_frames(file):
    stream = Stream()
    try:
        while data := file.read1(65536):
            for offset, _, message in stream.feed(data):
                show(offset=offset, **message)
    except FrameError as error:
        show(offset=stream.offset, error=error.name)
        return False
    if stream.buffer:
        show(offset=stream.offset, error="truncated")
    return not stream.buffer


def show_journal(file):
    data = file.read()
    try:
        for offset, message in read_journal(data):
            if message is None:
                show(offset=offset, tornTailBytes=len(data) - offset)
            else:
                show(offset=offset, **message)
    except FrameError as error:
        show(offset=error.offset, error=error.name)
        return False
    return True


def show_capture(file, port):
    import capture
    fine = True
    try:
        for entry in capture.read_link(file, port):
            fine = fine and "error" not in entry
            show(**entry)
    except capture.CaptureError as error:
        print(f"decode.py: {error}", file=sys.stderr)
        return False
    return fine


def show_fixtures(folder):
    import check_fixtures
    counts, differences = check_fixtures.check(folder)
    for difference in differences:
        print(difference)
    print(", ".join(f"{count} {sort}" for sort, count in counts.items()) + f"; {len(differences)} differences")
    return any(counts.values()) and not differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--journal", action="store_true")
    ways.add_argument("--pcap", action="store_true")
    ways.add_argument("--fixtures", metavar="FOLDER")
    parser.add_argument("--port", type=int, help="the matchmaker's port for the link; by default any that speaks it")
    parser.add_argument("files", nargs="*", metavar="FILE")
    options = parser.parse_args()
    if options.fixtures:
        return 0 if show_fixtures(options.fixtures) else 1
    if not options.files:
        parser.error("which file?")
    fine = True
    for path in options.files:
        file = sys.stdin.buffer if path == "-" else open(path, "rb")
        with file:
            if options.journal:
                fine = show_journal(file) and fine
            elif options.pcap:
                fine = show_capture(file, options.port) and fine
            else:
                fine = show_frames(file) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.modules["decode"] = sys.modules["__main__"]
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        sys.exit(f"decode.py: {error}")
