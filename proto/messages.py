"""The messages of the session protocol as tables: kinds, codes, fields, and how a field of each type is read."""

import unicodedata

MAGIC = b"GREENROOM"
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
RESUME_KINDS = {1: "place", 2: "release", 3: "releasedPlace", 4: "placeBehindRelease"}


class FrameError(Exception):
    """Bytes that are not the protocol: `name` is the specification's, `field` says where in a body it is."""

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


def where(field, value, read):
    """A field that is there when an earlier one has this value."""
    return lambda body, fields: read(body, fields) if fields[field] == value else None


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
# Where a body may end in extensions, by kind; with it whether one must know those that have to be understood.
EXTENSIBLE = {16: False, 20: False, 48: False, 64: True}
UNKNOWN_EXTENSIONS_MAX = 16_384


def role(body, fields):
    player = PLAYER(body, fields)
    require(player < len(fields["players"]))
    require(not fields["roles before"] or player > fields["roles before"][-1])
    fields["roles before"].append(player)
    return {"player": player, "role": name(64)(body, fields)}


def treatment(body, fields):
    require(len(body.data) <= 64, "tooMany")
    return name(64)(Body(len(body.data).to_bytes(2, "big") + body.take(len(body.data))), fields)


def read_roles(body, fields):
    return list_of(1, role, least=1)(body, fields | {"roles before": []})


def read_pairs(body, fields):
    return list_of(1, measured_pair, least=1, most=120)(body, fields | {"pairs before": [[-1, -1]]})


def measured_pair(body, fields):
    lower = PLAYER(body, fields)
    require(lower < len(fields["players"]))
    higher = PLAYER(body, fields)
    require(lower < higher < len(fields["players"]))
    require(fields["pairs before"][-1] < [lower, higher])
    fields["pairs before"].append([lower, higher])
    return {"players": [lower, higher], "roundTripUs": number(4, most=60_000_000)(body, fields)}


def read_losses(body, fields):
    return list_of(1, loss, least=1)(body, fields | {"losses before": [-1]})


def loss(body, fields):
    player = PLAYER(body, fields)
    require(fields["losses before"][-1] < player < len(fields["players"]))
    fields["losses before"].append(player)
    return {"player": player, "reason": code(1, END_REASONS)(body, fields), "text": text(240)(body, fields)}


# Rules of play: for each tag its name and its fields.
RULES = {
    160: ("attempts", (("attemptsMax", number(1, 1, 10)), ("attemptTimeoutMs", number(4, 500, 600_000)))),
    161: ("start", (("countdownMs", number(4, 0, 60_000)),)),
    162: ("relay", (
        ("messagesPerSecond", number(4, 1, 100_000)), ("bytesPerSecond", number(4, 1_024, 1_000_000_000)),
        ("backlogBytesMax", number(4, 65_536, 16_777_216)), ("slowReader", code(1, {1: "disconnect", 2: "dropLatest"})))),
    163: ("ticks", (
        ("intervalMs", number(2, 5, 10_000)), ("inputBytesMax", number(2, 1, 4_096)), ("ticksKept", number(2, 0, 10_000)),
        ("missingInput", code(1, {1: "empty", 2: "repeat"})), ("lateInput", code(1, {1: "next", 2: "drop"})))),
    164: ("absence", (
        ("pauses", boolean), ("loss", code(1, {1: "end", 2: "empty", 3: "bot"})), ("playersMin", number(1, 1)))),
    165: ("barriers", (
        ("missing", code(1, {1: "end", 2: "open", 3: "lose"})), ("countdownMs", number(4, 0, 60_000)))),
    166: ("episodes", (
        ("count", number(2, 1, 10_000)), ("timeoutMs", number(4, 100, 604_800_000)),
        ("resetTimeoutMs", number(4, 100, 604_800_000)), ("endsWhen", code(1, {1: "allSay", 2: "anySays"})))),
    167: ("watch", (
        ("roundTripMaxMs", number(4, 0, 60_000)), ("roundTripForMs", number(4, 0, 86_400_000)),
        ("silentForMs", number(4, 0, 86_400_000)), ("hiddenForMs", number(4, 0, 86_400_000)),
        ("warningMs", number(4, 0, 86_400_000)))),
}


def read_rule(parts):
    return lambda body, fields: {name: read(body, fields) for name, read in parts}


EXTENSIONS = {
    1: ("treatment", treatment), 2: ("roles", read_roles), 4: ("pairs", read_pairs), 20: ("losses", read_losses)} | {
    tag: (name, read_rule(parts)) for tag, (name, parts) in RULES.items()}


def within(field, read, *arguments):
    """Reads, and says in which field something was wrong."""
    try:
        return read(*arguments)
    except FrameError as error:
        error.field = field
        raise


def read_extensions(body, fields, is_demanding):
    """The block behind the fields of a body: treatment, roles, pairs, losses, rules of play, and what is unknown as `extensions`."""
    values, unknown, last = {}, [], 0
    for _ in range(within("extensions", number(1, least=1), body, fields)):
        last, data = within("extensions", entry, body, last, is_demanding, unknown)
        if last not in EXTENSIONS:
            unknown.append({"tag": last, "bytes": data})
            continue
        field, read = EXTENSIONS[last]
        inner = Body(data)
        values[field] = within(field, read, inner, fields)
        inner.finish()
    return values | ({"extensions": unknown} if unknown else {})


def entry(body, last, is_demanding, unknown):
    """Tag and bytes of one extension."""
    tag = body.number(1)
    require(tag > last)
    require(tag in EXTENSIONS or tag < 128 or not is_demanding, "unknownTag")
    count = body.number(2)
    before = sum(len(each["bytes"]) for each in unknown)
    require(tag in EXTENSIONS or before + count <= UNKNOWN_EXTENSIONS_MAX, "tooMany")
    return tag, body.take(count)


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
# What clients keep to prove who they are.
RESUME = (
    ("version", number(1, least=1, most=1)), ("kind", code(1, RESUME_KINDS)), ("session", SESSION),
    ("sinceUnixMs", U64), ("expiresUnixMs", U64), ("scene", SCENE), ("subject", SUBJECT),
    ("releasedFrom", where("kind", "placeBehindRelease", list_of(1, SESSION, most=4))), ("signature", octets(16)))
