"""The bytes of frames, from `session-protocol.md` alone: an encoder that shares nothing with the servers."""

import hashlib
import hmac

KINDS = {
    "hello": 1, "challenge": 2, "proof": 3, "welcome": 4, "reject": 5, "assign": 16, "accepted": 17, "refused": 18,
    "state": 19, "ended": 20, "endedAck": 21, "cancel": 22, "drop": 23, "ping": 32, "pong": 33, "drain": 34,
    "holding": 48, "inventoryEnd": 49, "journalMatched": 64,
}
STATES = {"waiting": 1, "matched": 2, "validating": 3, "playing": 4, "ended": 5}
REASONS = {
    "completed": 1, "player_left": 2, "player_disconnected": 3, "player_excluded": 4, "validation_failed": 5,
    "validation_timeout": 6, "no_show": 7, "wait_timeout": 8, "all_left": 9, "not_confirmed": 10,
    "barrier_timeout": 11, "no_coordinator": 12, "coordinator_lost": 13, "cancelled": 14, "superseded": 15,
    "time_limit": 16, "shutdown": 17,
}
REFUSALS = {"full": 1, "draining": 2, "busy": 3, "unsupported": 4}
REJECTS = {
    "no_common_version": 1, "bad_proof": 2, "node_in_use": 3, "malformed": 4, "unexpected": 5, "shutting_down": 6,
    "too_many_links": 7, "handshake_timeout": 8,
}
ON_FAILURE = {"requeue": 1, "relay": 2, "end": 3}
MAGIC = b"GREENROOM"


def crc32c(data):
    """RFC 3720, appendix B.4, bit by bit: reflected, polynomial 0x1EDC6F41."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 if crc & 1 else crc >> 1
    return crc ^ 0xFFFFFFFF


assert crc32c(bytes(32)) == 0x8A9136AA and crc32c(b"123456789") == 0xE3069283


class Body:
    """Bytes of a body, and where each of its fields lies. No value is checked: invalid fixtures need bad ones."""

    def __init__(self):
        self.bytes = bytearray()
        self.fields = []  # (name, what part of it, first byte, byte behind the last)

    def put(self, name, data, part=""):
        start = len(self.bytes)
        self.bytes += data
        self.fields.append((name, part, start, len(self.bytes)))

    def number(self, name, value, size, part=""):
        self.put(name, value.to_bytes(size, "big"), part)

    def hex(self, name, digits):
        self.put(name, bytes.fromhex(digits))

    def counted(self, name, data):
        self.number(name, len(data), 2, "count")
        self.put(name, data, "bytes")

    def text(self, name, value):
        self.counted(name, value if isinstance(value, bytes) else value.encode("utf-8"))

    def code(self, name, table, value):
        self.number(name, value if isinstance(value, int) else table[value], 1)

    def session(self, m):
        self.hex("session", m["session"])
        self.number("attempt", m["attempt"], 4)


def assignment(b, m):
    b.session(m)
    b.text("scene", m["scene"])
    b.number("validatesPeers", m["validatesPeers"], 1)
    b.code("onValidationFailure", ON_FAILURE, m["onValidationFailure"])
    for name in ("enterTimeoutMs", "validationTimeoutMs", "reconnectGraceMs", "barrierTimeoutMs", "playTimeoutMs"):
        b.number(name, m[name], 4)
    b.text("iceServers", m["iceServers"])
    b.number("completionCodes", len(m["completionCodes"]), 1, "count")
    for entry in m["completionCodes"]:
        b.code("completionCodes", REASONS, entry["reason"])
        b.text("completionCodes", entry["code"])
    b.number("seed", m["seed"], 8)
    b.number("resumeExpiresUnixMs", m["resumeExpiresUnixMs"], 8)
    b.number("players", len(m["players"]), 1, "count")
    for seat in m["players"]:
        b.text("subject", seat["subject"])
        b.hex("ticket", seat["ticket"])
        b.number("sinceUnixMs", seat["sinceUnixMs"], 8)
        b.hex("placeSignature", seat["placeSignature"])
        b.hex("releaseSignature", seat["releaseSignature"])


def outcome(b, m):
    b.session(m)
    b.text("scene", m["scene"])
    b.code("reason", REASONS, m["reason"])
    b.code("endedIn", STATES, m["endedIn"])
    b.number("isPresumed", m["isPresumed"], 1)
    b.number("endedAtUnixMs", m["endedAtUnixMs"], 8)
    b.number("players", len(m["players"]), 1, "count")
    for player in m["players"]:
        b.text("subject", player["subject"])
        for name in ("isBlamed", "isRequeued", "hasFinished"):
            b.number(name, player[name], 1)
        b.counted("result", bytes.fromhex(player["result"]))
    b.number("failedPairs", len(m["failedPairs"]), 2, "count")
    for lower, higher in m["failedPairs"]:
        b.number("failedPairs", lower, 1)
        b.number("failedPairs", higher, 1)


def hello(b, m, magic=MAGIC):
    b.put("magic", magic)
    b.number("versionMin", m["versionMin"], 1)
    b.number("versionMax", m["versionMax"], 1)
    b.text("node", m["node"])
    b.number("incarnation", m["incarnation"], 8)
    b.hex("nonce", m["nonce"])
    b.number("capacity", m["capacity"], 4)
    b.text("publicURL", m["publicURL"])


def challenge(b, m, magic=MAGIC):
    b.put("magic", magic)
    b.number("version", m["version"], 1)
    b.text("node", m["node"])
    b.number("incarnation", m["incarnation"], 8)
    b.hex("nonce", m["nonce"])
    b.hex("proof", m["proof"])


# Behind all other fields of these, where there is anything to say.
EXTENSIBLE = ("assign", "ended", "holding", "journalMatched")
TREATMENT, ROLES, PAIRS, LOSSES = 1, 2, 4, 20
# Rules of play: tag, and for each field its bytes or its codes.
RULES = {
    "attempts": (160, {"attemptsMax": 1, "attemptTimeoutMs": 4}),
    "start": (161, {"countdownMs": 4}),
    "relay": (162, {
        "messagesPerSecond": 4, "bytesPerSecond": 4, "backlogBytesMax": 4, "slowReader": ["disconnect", "dropLatest"]}),
    "ticks": (163, {
        "intervalMs": 2, "inputBytesMax": 2, "ticksKept": 2, "missingInput": ["empty", "repeat"],
        "lateInput": ["next", "drop"]}),
    "absence": (164, {"pauses": 1, "loss": ["end", "empty", "bot"], "playersMin": 1}),
    "barriers": (165, {"missing": ["end", "open", "lose"], "countdownMs": 4}),
    "episodes": (166, {"count": 2, "timeoutMs": 4, "resetTimeoutMs": 4, "endsWhen": ["allSay", "anySays"]}),
    "watch": (167, {
        "roundTripMaxMs": 4, "roundTripForMs": 4, "silentForMs": 4, "hiddenForMs": 4, "warningMs": 4}),
}


def text(value, size=2):
    data = value if isinstance(value, bytes) else value.encode("utf-8")
    return len(data).to_bytes(size, "big") + data


def roles(entries):
    """What stands under the tag of roles."""
    return bytes([len(entries)]) + b"".join(bytes([entry["player"]]) + text(entry["role"]) for entry in entries)


def pairs(entries):
    """What stands under the tag of pairs."""
    return bytes([len(entries)]) + b"".join(
        bytes(entry["players"]) + entry["roundTripUs"].to_bytes(4, "big") for entry in entries)


def losses(entries):
    """What stands under the tag of losses."""
    return bytes([len(entries)]) + b"".join(
        bytes([entry["player"], loss_reason(entry["reason"])]) + text(entry["text"]) for entry in entries)


def loss_reason(reason):
    return reason if isinstance(reason, int) else REASONS[reason]


def rule(name, values):
    """What stands under the tag of a rule of play; a code may be given as its number."""
    data = b""
    for field, form in RULES[name][1].items():
        value = values[field]
        if isinstance(form, list):
            data += bytes([value if isinstance(value, int) else form.index(value) + 1])
        else:
            data += int(value).to_bytes(form, "big")
    return data


def entries(m):
    """Tags and bytes of a message's extensions, in order."""
    found = [(each["tag"], bytes.fromhex(each["bytes"])) for each in m.get("extensions", [])]
    if "treatment" in m:
        found.append((TREATMENT, m["treatment"].encode("utf-8")))
    if "roles" in m:
        found.append((ROLES, roles(m["roles"])))
    if "pairs" in m:
        found.append((PAIRS, pairs(m["pairs"])))
    if "losses" in m:
        found.append((LOSSES, losses(m["losses"])))
    found += [(tag, rule(name, m[name])) for name, (tag, _) in RULES.items() if name in m]
    return sorted(found)


def block(found, count=None):
    return bytes([len(found) if count is None else count]) + b"".join(
        bytes([tag]) + len(data).to_bytes(2, "big") + data for tag, data in found)


def body(m, magic=MAGIC):
    """The body of a message given as the fixtures write it."""
    b = Body()
    match m["kind"]:
        case "hello": hello(b, m, magic)
        case "challenge": challenge(b, m, magic)
        case "proof": b.hex("proof", m["proof"])
        case "welcome":
            b.number("leaseGraceMs", m["leaseGraceMs"], 4)
            b.number("pingIntervalMs", m["pingIntervalMs"], 4)
        case "reject":
            b.number("code", m["code"] if isinstance(m["code"], int) else REJECTS[m["code"]], 2)
            b.text("detail", m["detail"])
        case "assign": assignment(b, m)
        case "accepted" | "endedAck" | "drop": b.session(m)
        case "refused":
            b.session(m)
            b.code("reason", REFUSALS, m["reason"])
        case "state":
            b.session(m)
            b.code("state", STATES, m["state"])
        case "ended": outcome(b, m)
        case "cancel":
            b.session(m)
            b.code("reason", REASONS, m["reason"])
            b.number("blamed", len(m["blamed"]), 1, "count")
            for player in m["blamed"]:
                b.number("blamed", player, 1)
        case "ping":
            b.number("sentAtMs", m["sentAtMs"], 8)
            b.number("sessions", m["sessions"], 4)
            b.number("players", m["players"], 4)
        case "pong": b.number("sentAtMs", m["sentAtMs"], 8)
        case "drain" | "inventoryEnd": pass
        case "holding":
            b.code("state", STATES, m["state"])
            assignment(b, m)
        case "journalMatched":
            b.text("node", m["node"])
            assignment(b, m)
    return b


def frame(kind, body_bytes, version=1, flags=0, reserved=0, length=None, flip=0):
    """A frame; `flip` is put over the checksum, `length` in place of the true one."""
    head = bytes([version, KINDS.get(kind, kind), flags, reserved])
    true = 8 + len(body_bytes)
    checksum = crc32c(head + body_bytes) ^ flip
    return (true if length is None else length).to_bytes(4, "big") + head + checksum.to_bytes(4, "big") + body_bytes


def encode(m):
    found = entries(m) if m["kind"] in EXTENSIBLE else []
    return frame(m["kind"], bytes(body(m).bytes) + (block(found) if found else b""), flags=1 if found else 0)


def proof(role, secret, said, answered):
    """The proof of *Handshake*: 1 for the matchmaker, 2 for the coordinator."""
    b = Body()
    b.put("magic", MAGIC)
    b.number("role", role, 1)
    b.number("version", answered["version"], 1)
    whole = Body()
    hello(whole, said, b"")
    b.put("hello", bytes(whole.bytes))
    b.text("node", answered["node"])
    b.number("incarnation", answered["incarnation"], 8)
    b.hex("nonce", answered["nonce"])
    return hmac.new(bytes.fromhex(secret), bytes(b.bytes), hashlib.sha256).hexdigest()
