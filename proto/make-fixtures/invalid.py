"""Bytes that no peer may read, with the error that they must give."""

import valid
from wire import KINDS, body, encode, frame

ASSIGN = {"kind": "assign"} | valid.assignment(completionCodes=[{"reason": "completed", "code": "ABC"}])
ENDED = {"kind": "ended"} | valid.outcome(
    reason="validation_failed", endedIn="validating",
    players=[valid.result("ann", result="7b7d"), valid.result("bob")], failedPairs=[[0, 1]])
ACCEPTED = valid.about("accepted")
LIMIT = 524_288


def refit(message, **changes):
    """A message's frame with some of its header changed, and its checksum right unless that is what changes."""
    return frame(message["kind"], bytes(body(message).bytes), **changes)


def recount(message, name, count, size, nth=0):
    """A message whose nth count of a field promises something else."""
    b = body(message)
    places = [start for field, part, start, _ in b.fields if field == name and part == "count"]
    b.bytes[places[nth]:places[nth] + size] = count.to_bytes(size, "big")
    return frame(message["kind"], bytes(b.bytes))


def headers():
    yield "length-0", "a length that leaves no room for the header", refit(ACCEPTED, length=0), "lengthTooSmall", None
    yield "length-7", "one byte short of the header", refit(ACCEPTED, length=7), "lengthTooSmall", None
    yield "length-over-limit", "one byte over the limit", refit(ACCEPTED, length=LIMIT + 1), "lengthTooLarge", None
    yield "length-over-limit-alone", "refused before anything else has come", (LIMIT + 1).to_bytes(4, "big"), "lengthTooLarge", None
    yield "length-greatest", "the greatest length; nothing is allocated by it", b"\xff" * 4, "lengthTooLarge", None
    yield "length-ascii", "a stranger who speaks HTTP", b"GET / HTTP/1.1\r\n\r\n", "lengthTooLarge", None
    yield "version-0", "no version is 0", refit(ACCEPTED, version=0), "unknownVersion", None
    yield "version-2", "a later version is not guessed at", refit(ACCEPTED, version=2), "unknownVersion", None
    yield "version-255", "the last version", refit(ACCEPTED, version=255), "unknownVersion", None
    yield "version-before-body", "judged when the header is there, though no body is", refit(ACCEPTED, version=2)[:12], "unknownVersion", None
    known = set(KINDS.values())
    for kind in (0, 6, 15, 24, 31, 35, 47, 50, 63, 65, 255):
        assert kind not in known
        yield f"kind-{kind}", "no message has this number", frame(kind, b""), "unknownKind", None
    yield "kind-with-body", "an unknown kind is not passed over, whatever it holds", frame(200, b"later"), "unknownKind", None
    for bit in range(8):
        yield f"flags-bit-{bit}", "every flag is reserved", refit(ACCEPTED, flags=1 << bit), "unknownFlags", None
        yield f"reserved-bit-{bit}", "every bit of the reserved byte is", refit(ACCEPTED, reserved=1 << bit), "reservedNotZero", None
    yield "order-version-kind", "version before kind, kind before flags", frame(0, b"", version=3, flags=1, reserved=1), "unknownVersion", None
    yield "order-kind-flags", "kind before flags, flags before reserved", frame(0, b"", flags=1, reserved=1), "unknownKind", None
    yield "order-flags-reserved", "flags before reserved, header before checksum", refit(ACCEPTED, flags=1, reserved=1, flip=1), "unknownFlags", None
    yield "checksum-first-bit", "the checksum's first bit is wrong", refit(ACCEPTED, flip=1 << 31), "badChecksum", None
    yield "checksum-last-bit", "the checksum's last bit is wrong", refit(ACCEPTED, flip=1), "badChecksum", None
    yield "checksum-zero", "a checksum that nobody filled in", frame("drain", b"")[:8] + bytes(4), "badChecksum", None
    good = bytearray(encode(ACCEPTED))
    good[20] ^= 0x10
    yield "body-bit", "one bit of the body is wrong", bytes(good), "badChecksum", None
    good = bytearray(encode(ACCEPTED))
    good[5] = KINDS["drop"]
    yield "kind-bit", "the kind is under the checksum: this was an accepted, and is no drop", bytes(good), "badChecksum", None
    yield "length-one-short", "a length one byte short of the body it was computed over", refit(ACCEPTED, length=27), "badChecksum", None
    yield "length-one-long", "a length one byte too long takes the next frame's first", refit(ACCEPTED, length=29) + frame("drain", b""), "badChecksum", None
    yield "order-checksum-body", "the checksum before the body", refit(valid.about("accepted", attempt=0), flip=1), "badChecksum", None


def truncations():
    """One file a field: the frame's length and checksum are right, its body ends one byte before the field does."""
    for message in (valid.hello(), valid.challenge(), ASSIGN, ENDED):
        seen = {}
        b = body(message)
        for name, part, start, end in b.fields:
            label = f"{name}-{part}" if part else name
            seen[label] = seen.get(label, 0) + 1
            if seen[label] > 1:
                label += f"-{seen[label]}"
            cut = bytes(b.bytes[:end - 1]) if end > start else None
            if cut is not None:
                yield f"truncated-{message['kind']}-{label}", f"the body ends inside {name}", frame(message["kind"], cut), "truncated", name
    for message, name in (
        ({"kind": "proof", "proof": "00" * 32}, "proof"), ({"kind": "welcome", "leaseGraceMs": 2, "pingIntervalMs": 1}, "pingIntervalMs"),
        ({"kind": "reject", "code": 1, "detail": "no"}, "detail"), (ACCEPTED, "attempt"),
        (valid.about("refused", reason="full"), "reason"), (valid.about("state", state="playing"), "state"),
        (valid.about("endedAck"), "attempt"), (valid.about("cancel", reason="cancelled", blamed=[1]), "blamed"),
        (valid.about("drop"), "attempt"), ({"kind": "ping", "sentAtMs": 1, "sessions": 2, "players": 3}, "players"),
        ({"kind": "pong", "sentAtMs": 1}, "sentAtMs"),
    ):
        yield f"truncated-{message['kind']}", "the body is one byte short", frame(message["kind"], bytes(body(message).bytes)[:-1]), "truncated", name
    for kind, name in (("assign", "session"), ("hello", "magic"), ("holding", "state"), ("journalMatched", "node"), ("ended", "session")):
        yield f"empty-{kind}", "a body that is not there", frame(kind, b""), "truncated", name


def trailing():
    for message in (ACCEPTED, {"kind": "drain"}, {"kind": "inventoryEnd"}, valid.hello(), ASSIGN, ENDED, {"kind": "pong", "sentAtMs": 1}):
        yield f"trailing-{message['kind']}", "one byte too many", frame(message["kind"], bytes(body(message).bytes) + b"\0"), "trailingBytes", None


def numbers():
    yield "magic-http", "something else that has the right length", frame("hello", bytes(body(valid.hello(), b"GET / HTT").bytes)), "badMagic", None
    yield "magic-lower-case", "the magic is in capitals", frame("hello", bytes(body(valid.hello(), b"greenroom").bytes)), "badMagic", None
    yield "magic-challenge", "the challenge has it, too", frame("challenge", bytes(body(valid.challenge(), b"GREENROOK").bytes)), "badMagic", None
    for name, message, field in (
        ("hello-version-0", valid.hello(versionMin=0), "versionMin"),
        ("hello-versions-0", valid.hello(versionMin=0, versionMax=0), "versionMin"),
        ("hello-version-range", valid.hello(versionMin=2, versionMax=1), "versionMax"),
        ("hello-url-http", valid.hello(publicURL="https://east.example/"), "publicURL"),
        ("hello-url-empty", valid.hello(publicURL=""), "publicURL"),
        ("hello-url-upper-case", valid.hello(publicURL="WSS://east.example/"), "publicURL"),
        ("challenge-version-0", valid.challenge(version=0), "version"),
        ("welcome-interval-0", {"kind": "welcome", "leaseGraceMs": 5, "pingIntervalMs": 0}, "pingIntervalMs"),
        ("welcome-interval-is-grace", {"kind": "welcome", "leaseGraceMs": 5, "pingIntervalMs": 5}, "pingIntervalMs"),
        ("welcome-zeros", {"kind": "welcome", "leaseGraceMs": 0, "pingIntervalMs": 0}, "pingIntervalMs"),
        ("reject-code-0", {"kind": "reject", "code": 0, "detail": ""}, "code"),
        ("reject-code-9", {"kind": "reject", "code": 9, "detail": ""}, "code"),
        ("reject-code-high-byte", {"kind": "reject", "code": 256 + 1, "detail": ""}, "code"),
        ("accepted-attempt-0", valid.about("accepted", attempt=0), "attempt"),
        ("assign-attempt-0", ASSIGN | {"attempt": 0}, "attempt"),
        ("refused-reason-0", valid.about("refused", reason=0), "reason"),
        ("refused-reason-5", valid.about("refused", reason=5), "reason"),
        ("state-0", valid.about("state", state=0), "state"), ("state-waiting", valid.about("state", state="waiting"), "state"),
        ("state-matched", valid.about("state", state="matched"), "state"), ("state-ended", valid.about("state", state="ended"), "state"),
        ("state-6", valid.about("state", state=6), "state"),
        ("holding-waiting", {"kind": "holding", "state": "waiting"} | valid.assignment(), "state"),
        ("holding-ended", {"kind": "holding", "state": "ended"} | valid.assignment(), "state"),
        ("assign-bool-2", ASSIGN | {"validatesPeers": 2}, "validatesPeers"),
        ("assign-action-0", ASSIGN | {"onValidationFailure": 0}, "onValidationFailure"),
        ("assign-action-4", ASSIGN | {"onValidationFailure": 4}, "onValidationFailure"),
        ("assign-no-players", ASSIGN | {"players": []}, "players"),
        ("assign-code-reason-0", ASSIGN | {"completionCodes": [{"reason": 0, "code": ""}]}, "completionCodes"),
        ("assign-code-reason-18", ASSIGN | {"completionCodes": [{"reason": 18, "code": ""}]}, "completionCodes"),
        ("assign-codes-descend", ASSIGN | {"completionCodes": [{"reason": 2, "code": ""}, {"reason": 1, "code": ""}]}, "completionCodes"),
        ("assign-codes-repeat", ASSIGN | {"completionCodes": [{"reason": 2, "code": ""}, {"reason": 2, "code": ""}]}, "completionCodes"),
        ("ended-reason-0", ENDED | {"reason": 0}, "reason"), ("ended-reason-18", ENDED | {"reason": 18}, "reason"),
        ("ended-in-ended", ENDED | {"endedIn": "ended"}, "endedIn"), ("ended-in-0", ENDED | {"endedIn": 0}, "endedIn"),
        ("ended-bool-2", ENDED | {"isPresumed": 2}, "isPresumed"), ("ended-bool-255", ENDED | {"players": [valid.result("ann", isBlamed=255)]}, "isBlamed"),
        ("ended-requeued-2", ENDED | {"players": [valid.result("ann", isRequeued=2)]}, "isRequeued"),
        ("ended-finished-2", ENDED | {"players": [valid.result("ann", hasFinished=2)]}, "hasFinished"),
        ("ended-no-players", ENDED | {"players": [], "failedPairs": []}, "players"),
        ("ended-pair-same", ENDED | {"failedPairs": [[1, 1]]}, "failedPairs"),
        ("ended-pair-higher-first", ENDED | {"failedPairs": [[1, 0]]}, "failedPairs"),
        ("ended-pair-stranger", ENDED | {"failedPairs": [[0, 2]]}, "failedPairs"),
        ("ended-pair-255", ENDED | {"failedPairs": [[0, 255]]}, "failedPairs"),
        ("cancel-reason-0", valid.about("cancel", reason=0, blamed=[]), "reason"),
        ("cancel-blamed-255", valid.about("cancel", reason=14, blamed=[255]), "blamed"),
        ("cancel-blamed-descends", valid.about("cancel", reason=14, blamed=[2, 1]), "blamed"),
        ("cancel-blamed-repeats", valid.about("cancel", reason=14, blamed=[1, 1]), "blamed"),
    ):
        yield name, f"{field} may not be so", encode(message), "badValue", field
    early = bytes(body(valid.hello(versionMin=0)).bytes)[:10]
    yield "order-value-truncated", "a field is judged before the next is missed", frame("hello", early), "badValue", "versionMin"


def texts():
    for name, data in (
        ("lone-continuation", b"\x80"), ("lead-without-continuation", b"a\xc3"), ("overlong", b"\xc0\xaf"),
        ("surrogate", b"\xed\xa0\x80"), ("beyond-unicode", b"\xf4\x90\x80\x80"), ("byte-ff", b"\xff"),
    ):
        yield f"utf8-{name}", "a subject that is not UTF-8", encode(ASSIGN | {"players": [valid.seat(data)]}), "badText", "subject"
    yield "utf8-detail", "a detail that is not UTF-8", encode({"kind": "reject", "code": 4, "detail": b"\xfe"}), "badText", "detail"
    yield "utf8-ice-servers", "servers that are not UTF-8", encode(ASSIGN | {"iceServers": b"[\xe9]"}), "badText", "iceServers"
    yield "utf8-code", "a completion code that is not UTF-8", encode(ASSIGN | {"completionCodes": [{"reason": 1, "code": b"\xe9"}]}), "badText", "completionCodes"
    yield "utf8-url", "an address that is not UTF-8", encode(valid.hello(publicURL=b"ws://\xe9")), "badText", "publicURL"
    for byte in (0x00, 0x0A, 0x1F, 0x7F):
        yield f"control-{byte:02x}", "a control character in a name", encode(ASSIGN | {"players": [valid.seat(f"a{chr(byte)}b")]}), "badText", "subject"
    yield "name-empty-subject", "a name has at least one byte", encode(ENDED | {"players": [valid.result("")]}), "badText", "subject"
    yield "name-empty-scene", "a scene's, too", encode(ENDED | {"scene": ""}), "badText", "scene"
    yield "name-empty-node", "a node's, too", encode(valid.challenge(node="")), "badText", "node"
    yield "name-control-scene", "a scene's control character", encode(ASSIGN | {"scene": "du\to"}), "badText", "scene"
    yield "name-control-node", "a node's control character", encode(valid.hello(node="east\n1")), "badText", "node"


def counts():
    for name, message, field in (
        ("hello-node", valid.hello(node="n" * 65), "node"), ("hello-url", valid.hello(publicURL="ws://" + "u" * 508), "publicURL"),
        ("assign-scene", ASSIGN | {"scene": "s" * 65}, "scene"), ("assign-ice-servers", ASSIGN | {"iceServers": " " * 4097}, "iceServers"),
        ("assign-code", ASSIGN | {"completionCodes": [{"reason": 1, "code": "c" * 129}]}, "completionCodes"),
        ("assign-subject", ASSIGN | {"players": [valid.seat("s" * 129)]}, "subject"),
        ("ended-result", ENDED | {"players": [valid.result("ann", result="20" * 1025)]}, "result"),
        ("ended-pairs", ENDED | {"failedPairs": [[0, 1]] * 1025}, "failedPairs"), ("reject-detail", {"kind": "reject", "code": 4, "detail": "d" * 257}, "detail"),
    ):
        yield f"over-{name}", f"{field} is one over its limit", encode(message), "tooMany", field
    yield "order-count-text", "a count over its limit is seen before what it counts is missed", frame(
        "journalMatched", b"\xff\xff"), "tooMany", "node"
    yield "order-pairs-missing", "a count over its limit is seen before its entries are missed", recount(
        ENDED, "failedPairs", 65_535, 2), "tooMany", "failedPairs"
    yield "promise-players-assign", "three players are promised, two are there", recount(ASSIGN, "players", 3, 1), "truncated", "subject"
    yield "promise-players-ended", "255 players are promised; the bytes of the next field are no player", recount(
        ENDED | {"players": [valid.result("ann")], "failedPairs": []}, "players", 255, 1), "badText", "subject"
    yield "promise-pairs", "1,024 pairs are promised, one is there", recount(ENDED, "failedPairs", 1024, 2), "truncated", "failedPairs"
    yield "promise-blamed", "255 are blamed, one is there", recount(valid.about("cancel", reason=14, blamed=[0]), "blamed", 255, 1), "truncated", "blamed"
    yield "promise-result", "a result that would take all that follows, and more", recount(ENDED, "result", 1024, 2, 1), "truncated", "result"
    yield "promise-detail", "a text longer than the body", recount({"kind": "reject", "code": 4, "detail": "no"}, "detail", 256, 2), "truncated", "detail"
    yield "promise-fewer", "a count too low leaves bytes behind", recount({"kind": "reject", "code": 4, "detail": "no"}, "detail", 1, 2), "trailingBytes", None


def duplicates():
    for name, first, second in (
        ("ascii", "ann", "ann"), ("equivalent", "\u00e9", "e\u0301"), ("hangul", "\uac00", "\u1100\u1161"),
        ("marks", "a\u0323\u0307", "a\u0307\u0323"), ("angstrom", "\u212b", "\u00c5"),
    ):
        yield f"duplicate-assign-{name}", "one subject in two seats", encode(
            ASSIGN | {"players": [valid.seat(first), valid.seat("bob", 2), valid.seat(second, 3)]}), "duplicateSubject", None
    yield "duplicate-ended", "one subject in two seats of an outcome", encode(
        ENDED | {"players": [valid.result("ann"), valid.result("ann")]}), "duplicateSubject", None
    yield "duplicate-last", "the 255th is the first again", encode(
        ASSIGN | {"players": [valid.seat(f"p{n}", n) for n in range(254)] + [valid.seat("p0", 254)]}), "duplicateSubject", None


def cases():
    for group in (headers, truncations, trailing, numbers, texts, counts, duplicates):
        yield from group()
