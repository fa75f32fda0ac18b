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
import unicodedata

LENGTH_MIN, LENGTH_MAX = 8, 524_288
HEADER_BYTES = 12
MAGIC = b"GREENROOM"
MATCHMAKER, COORDINATOR = 1, 2

STATES = {1: "waiting", 2: "matched", 3: "validating", 4: "playing", 5: "ended"}
END_REASONS = dict(enumerate((
    "completed", "player_left", "player_disconnected", "player_excluded", "validation_failed", "validation_timeout",
    "no_show", "wait_timeout", "all_left", "not_confirmed", "barrier_timeout", "no_coordinator", "coordinator_lost",
    "cancelled", "superseded", "time_limit", "shutdown"), 1))
REFUSALS = {1: "full", 2: "draining", 3: "busy", 4: "unsupported"}
FAILURE_POLICIES = {1: "requeue", 2: "relay", 3: "end"}
REJECTS = dict(enumerate((
    "no_common_version", "bad_proof", "node_in_use", "malformed", "unexpected", "shutting_down", "too_many_links",
    "handshake_timeout"), 1))
RESUME_KINDS = {1: "place", 2: "release", 3: "releasedPlace"}


class FrameError(Exception):
    """Bytes that are not the protocol; `name` is the error's name in the specification, `field` where in a body it is."""

    def __init__(self, name):
        super().__init__(name)
        self.name, self.field = name, None


# --- Types: functions that read a value from a body; they see the fields that were read before it ---


class Body:
    """Bytes and how far they have been read."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, count):
        if count > len(self.data) - self.at:
            raise FrameError("truncated")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def finish(self):
        if self.at < len(self.data):
            raise FrameError("trailingBytes")


def require(condition, error="badValue"):
    if not condition:
        raise FrameError(error)


def number(size, least=0, most=None):
    def read(body, fields):
        value = body.number(size)
        require(value >= least and (most is None or value <= most))
        return value
    return read


def code(size, table, *only):
    """A number that stands for a name."""
    def read(body, fields):
        name = table.get(body.number(size))
        require(name is not None and (not only or name in only))
        return name
    return read


def boolean(body, fields):
    return number(1, most=1)(body, fields) == 1


def octets(count):
    return lambda body, fields: body.take(count)


def blob(most):
    def read(body, fields):
        count = body.number(2)
        require(count <= most, "tooMany")
        return body.take(count)
    return read


def text(most, fits=lambda value: True):
    def read(body, fields):
        try:
            value = blob(most)(body, fields).decode("utf-8")
        except UnicodeDecodeError:
            raise FrameError("badText") from None
        require(fits(value), "badText")
        return value
    return read


def name(most):
    return text(most, lambda value: value != "" and all(ord(each) >= 0x20 and each != "\x7f" for each in value))


def list_of(size, entry, least=0, most=None, fits=lambda before, entry, fields: None):
    """Entries behind their count; `fits` raises when one cannot stand behind those before it."""
    def read(body, fields):
        count = body.number(size)
        require(count >= least)
        require(most is None or count <= most, "tooMany")
        entries = []
        for _ in range(count):
            entries.append(entry(body, fields))
            fits(entries[:-1], entries[-1], fields)
        return entries
    return read


def record(*fields):
    return lambda body, outer: read_fields(fields, body)


def read_fields(fields, body):
    values = {}
    for field, read in fields:
        try:
            value = read(body, values)
        except FrameError as error:
            error.field = error.field or field
            raise
        if value is not None:
            values[field] = value
    return values


def suiting(read, fits):
    """A value that must also suit the fields before it."""
    def checked(body, fields):
        value = read(body, fields)
        require(fits(value, fields))
        return value
    return checked


def ascending(key=lambda entry: entry):
    def fits(before, entry, fields):
        require(not before or key(before[-1]) < key(entry))
    return fits


def another_subject(before, entry, fields):
    def canonical(each):
        return unicodedata.normalize("NFD", each["subject"])
    require(canonical(entry) not in map(canonical, before), "duplicateSubject")


def pair_of_players(before, pair, fields):
    require(pair[0] < pair[1] < len(fields["players"]))


# --- Messages ---

U8, U16, U32, U64, SESSION = number(1), number(2), number(4), number(8), octets(16)
ATTEMPT, PLAYER = number(4, least=1), number(1, most=254)
NODE, SCENE, SUBJECT = name(64), name(64), name(128)
REASON_CODES = {reason: number for number, reason in END_REASONS.items()}
ABOUT = (("session", SESSION), ("attempt", ATTEMPT))


def magic(body, fields):
    require(body.take(len(MAGIC)) == MAGIC, "badMagic")


def completion_code(body, fields):
    return {"reason": code(1, END_REASONS)(body, fields), "code": text(128)(body, fields)}


def pair(body, fields):
    return [PLAYER(body, fields), PLAYER(body, fields)]


ASSIGNMENT = ABOUT + (
    ("scene", SCENE), ("validatesPeers", boolean), ("onValidationFailure", code(1, FAILURE_POLICIES)),
    ("enterTimeoutMs", U32), ("validationTimeoutMs", U32), ("reconnectGraceMs", U32), ("barrierTimeoutMs", U32),
    ("playTimeoutMs", U32), ("iceServers", text(4096)),
    ("completionCodes", list_of(
        1, completion_code, fits=ascending(lambda entry: REASON_CODES[entry["reason"]]))),
    ("seed", U64), ("resumeExpiresUnixMs", U64),
    ("players", list_of(1, record(
        ("subject", SUBJECT), ("ticket", octets(16)), ("sinceUnixMs", U64), ("placeSignature", octets(16)),
        ("releaseSignature", octets(16))), least=1, fits=another_subject)),
)
OUTCOME = ABOUT + (
    ("scene", SCENE), ("reason", code(1, END_REASONS)),
    ("endedIn", code(1, STATES, "waiting", "matched", "validating", "playing")), ("isPresumed", boolean),
    ("endedAtUnixMs", U64),
    ("players", list_of(1, record(
        ("subject", SUBJECT), ("isBlamed", boolean), ("isRequeued", boolean), ("hasFinished", boolean),
        ("result", blob(1024))), least=1, fits=another_subject)),
    ("failedPairs", list_of(2, pair, most=1024, fits=pair_of_players)),
)
# Kind: name, who sends it, fields.
MESSAGES = {
    1: ("hello", "coordinator", (
        ("magic", magic), ("versionMin", number(1, least=1)),
        ("versionMax", suiting(U8, lambda value, fields: value >= fields["versionMin"])), ("node", NODE),
        ("incarnation", U64), ("nonce", octets(32)), ("capacity", U32),
        ("publicURL", suiting(text(512), lambda value, fields: value.startswith(("ws://", "wss://")))))),
    2: ("challenge", "matchmaker", (
        ("magic", magic), ("version", number(1, least=1)), ("node", NODE), ("incarnation", U64), ("nonce", octets(32)),
        ("proof", octets(32)))),
    3: ("proof", "coordinator", (("proof", octets(32)),)),
    4: ("welcome", "matchmaker", (
        ("leaseGraceMs", U32),
        ("pingIntervalMs", suiting(U32, lambda value, fields: 0 < value < fields["leaseGraceMs"])))),
    5: ("reject", "both", (("code", code(2, REJECTS)), ("detail", text(256)))),
    16: ("assign", "matchmaker", ASSIGNMENT),
    17: ("accepted", "coordinator", ABOUT),
    18: ("refused", "coordinator", ABOUT + (("reason", code(1, REFUSALS)),)),
    19: ("state", "coordinator", ABOUT + (("state", code(1, STATES, "validating", "playing")),)),
    20: ("ended", "coordinator", OUTCOME),
    21: ("endedAck", "matchmaker", ABOUT),
    22: ("cancel", "matchmaker", ABOUT + (
        ("reason", code(1, END_REASONS)), ("blamed", list_of(1, PLAYER, fits=ascending())))),
    23: ("drop", "matchmaker", ABOUT),
    32: ("ping", "coordinator", (("sentAtMs", U64), ("sessions", U32), ("players", U32))),
    33: ("pong", "matchmaker", (("sentAtMs", U64),)),
    34: ("drain", "coordinator", ()),
    48: ("holding", "coordinator", (("state", code(1, STATES, "matched", "validating", "playing")),) + ASSIGNMENT),
    49: ("inventoryEnd", "coordinator", ()),
    64: ("journalMatched", "journal", (("node", NODE),) + ASSIGNMENT),
}
SENDERS = {kind: sender for kind, sender, _ in MESSAGES.values()}


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


def frame_bytes(data):
    """How long the frame is that `data` begins with, None when that is not known yet; judges what there is of the header."""
    if len(data) < 4:
        return None
    length = int.from_bytes(data[:4], "big")
    require(length >= LENGTH_MIN, "lengthTooSmall")
    require(length <= LENGTH_MAX, "lengthTooLarge")
    require(data[4:5] in (b"", b"\1"), "unknownVersion")
    require(len(data) < 6 or data[5] in MESSAGES, "unknownKind")
    require(data[6:7] in (b"", b"\0"), "unknownFlags")
    require(data[7:8] in (b"", b"\0"), "reservedNotZero")
    return 4 + length


def decode(frame):
    """The fields of one whole frame, in their order, behind its `kind`; bytes are `bytes`, codes are their names."""
    size = frame_bytes(frame)
    require(size is not None and len(frame) >= size, "truncated")
    require(len(frame) == size, "trailingBytes")
    require(crc32c(frame[4:8] + frame[HEADER_BYTES:]) == int.from_bytes(frame[8:12], "big"), "badChecksum")
    kind, _, fields = MESSAGES[frame[5]]
    body = Body(frame, HEADER_BYTES)
    values = read_fields(fields, body)
    body.finish()
    return {"kind": kind, **values}


class Stream:
    """Cuts frames out of bytes that come in pieces. After an error nothing more can be read."""

    def __init__(self):
        self.buffer = b""
        # Where the buffer's first byte stands in all that was fed.
        self.offset = 0

    def feed(self, data=b""):
        """Gives `(offset, frame, message)` of each frame that is now whole; raises `FrameError` at the first bad one."""
        self.buffer += data
        while True:
            size = frame_bytes(self.buffer)
            if size is None or len(self.buffer) < size:
                return
            frame = self.buffer[:size]
            message = decode(frame)
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
        head = data[at:at + HEADER_BYTES]
        end = len(data)
        try:
            size = frame_bytes(head)
            if size is None or at + size > len(data):
                yield at, None
                return
            end = at + size
            message = decode(data[at:end])
        except FrameError as error:
            if not any(data[at:]):
                yield at, None
                return
            error.offset = at
            raise
        yield at, message
        at = end


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


RESUME = (
    ("version", number(1, least=1, most=1)), ("kind", code(1, RESUME_KINDS)), ("session", SESSION),
    ("sinceUnixMs", U64), ("expiresUnixMs", U64), ("scene", SCENE), ("subject", SUBJECT), ("signature", octets(16)))


def read_resume(resume, key=None):
    """The fields of a resume; with the matchmaker's key, `isSigned` says whether the signature holds."""
    try:
        data = base64.urlsafe_b64decode(resume + "=" * (-len(resume) % 4))
    except ValueError:
        raise FrameError("badText") from None
    require(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == resume, "badText")
    body = Body(data)
    fields = read_fields(RESUME, body)
    body.finish()
    if key is not None:
        wanted = hmac.new(key, data[:-16], hashlib.sha256).digest()[:16]
        fields["isSigned"] = hmac.compare_digest(wanted, fields["signature"])
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
