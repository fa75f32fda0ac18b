"""What version 2 adds: extensions behind assignments and outcomes."""

import rules
import valid
import wire
from wire import LOSSES, PAIRS, ROLES, TREATMENT, block, body, encode, frame, losses, pairs, roles

BOTH = [{"player": 0, "role": "proposer"}, {"player": 1, "role": "responder"}]
CONDITIONS = {"treatment": "high stakes", "roles": BOTH}
ASSIGN = {"kind": "assign"} | valid.assignment()
ENDED = {"kind": "ended"} | valid.outcome()
JOURNAL = {"kind": "journalMatched", "node": "east-1"} | valid.assignment()

def outcome_of(count):
    """The outcome of a game of so many."""
    return {"kind": "ended"} | valid.outcome(players=[valid.result(f"p{n}") for n in range(count)])


def measured(lower, higher, us=12_500):
    return {"players": [lower, higher], "roundTripUs": us}


def lost(player, reason="player_left", text=""):
    return {"player": player, "reason": reason, "text": text}


TRIO = outcome_of(3)


def valid_cases():
    yield from rules.valid_cases(ASSIGN, CONDITIONS, JOURNAL)
    yield "assign-treatment", "a session in one condition of an experiment", ASSIGN | {"treatment": "high stakes"}
    yield "assign-roles", "a role for each player", ASSIGN | {"roles": BOTH}
    yield "assign-both", "treatment and roles, in the order of their tags", ASSIGN | CONDITIONS
    yield "assign-one-role", "a role for one of the players only", ASSIGN | {"roles": BOTH[1:]}
    yield "assign-shortest", "names of one byte", ASSIGN | {"treatment": "a", "roles": [{"player": 0, "role": "b"}]}
    yield "assign-longest", "names of 64 bytes that are not ASCII", ASSIGN | {
        "treatment": "é" * 32, "roles": [{"player": 0, "role": "東" * 21 + "x"}, {"player": 1, "role": "r" * 64}]}
    yield "assign-255-roles", "the greatest roster, each with the longest role", {"kind": "assign"} | valid.assignment(
        players=[valid.seat(f"p{n}", n) for n in range(255)], treatment="t" * 64,
        roles=[{"player": n, "role": f"{n:064}"} for n in range(255)])
    yield "assign-unknown", "extensions of a later writer, one of which may be passed over: kept as they are", ASSIGN | {
        "extensions": [{"tag": 3, "bytes": ""}, {"tag": 127, "bytes": "00ff"}]}
    yield "assign-unknown-beside", "the same behind those that are known", ASSIGN | CONDITIONS | {
        "extensions": [{"tag": 77, "bytes": "01"}]}
    yield "assign-demanding", "one that has to be understood: readable, so that it can be refused as unsupported", ASSIGN | {
        "extensions": [{"tag": 128, "bytes": "01"}, {"tag": 255, "bytes": ""}]}
    yield "assign-unknown-greatest", "as many bytes of unknown extensions as there may be", ASSIGN | {
        "extensions": [{"tag": 9, "bytes": "aa" * 16_000}, {"tag": 10, "bytes": "bb" * 384}]}
    yield "holding-both", "what a coordinator holds, said as it was assigned", {
        "kind": "holding", "state": "playing"} | valid.assignment() | CONDITIONS
    yield "holding-demanding", "its owner has understood it, and nobody else has to", {
        "kind": "holding", "state": "matched"} | valid.assignment() | {"extensions": [{"tag": 200, "bytes": "07"}]}
    yield "journalMatched-both", "so that they outlive a restart", JOURNAL | CONDITIONS
    yield "journalMatched-unknown", "a journal of a later writer, with what may be passed over", JOURNAL | {
        "extensions": [{"tag": 127, "bytes": "00"}]}
    yield "ended-both", "an outcome says them too", ENDED | CONDITIONS
    yield "ended-treatment", "a treatment without roles", ENDED | {"treatment": "control"}
    yield "ended-demanding", "what has ended is recorded, understood or not", ENDED | {
        "extensions": [{"tag": 130, "bytes": "010203"}]}
    yield "ended-pairs", "what a pair has measured while it was validated", ENDED | {"pairs": [measured(0, 1)]}
    yield "ended-pairs-all", "behind treatment and roles, in the order of their tags", ENDED | CONDITIONS | {
        "pairs": [measured(0, 1)]}
    yield "ended-pairs-some", "pairs of which nobody has said anything are left out", TRIO | {
        "pairs": [measured(0, 2, 180_300), measured(1, 2)]}
    yield "ended-pairs-extremes", "the shortest and the longest that may be told", TRIO | {
        "pairs": [measured(0, 1, 0), measured(1, 2, 60_000_000)]}
    yield "ended-pairs-16", "all pairs of as many as may be validated", outcome_of(16) | {
        "pairs": [measured(a, b, 1_000 * a + b) for a in range(16) for b in range(a + 1, 16)]}
    yield "ended-pairs-254", "the greatest players that there are", outcome_of(255) | {
        "pairs": [measured(0, 254), measured(253, 254)]}
    yield "ended-losses", "one left in play, and the others went on", TRIO | {"losses": [lost(1)]}
    yield "ended-losses-all", "behind all that comes before it, two of them for reasons of their own", TRIO | CONDITIONS | {
        "pairs": [measured(0, 1)],
        "losses": [lost(0, "player_disconnected"), lost(2, "player_excluded", "silent for 30 s")]}
    yield "ended-losses-texts", "the longest text, and one that is not ASCII", TRIO | {
        "losses": [lost(0, "player_excluded", "t" * 240), lost(1, "player_excluded", "é" * 120)]}
    yield "ended-losses-reasons", "whatever the reason", outcome_of(len(wire.REASONS)) | {
        "losses": [lost(n, name) for n, name in enumerate(sorted(wire.REASONS, key=wire.REASONS.get))]}
    yield "ended-losses-255", "the greatest players that there are, each with the longest text", outcome_of(255) | {
        "losses": [lost(n, "player_excluded", f"{n:0240}") for n in range(255)]}
    yield "ended-losses-unknown", "an unknown tag stands on either side", ENDED | {
        "losses": [lost(0)], "extensions": [{"tag": 19, "bytes": "01"}, {"tag": 21, "bytes": ""}]}
    yield "holding-losses", "a coordinator holds a session that has gone on without one", {
        "kind": "holding", "state": "playing"} | valid.assignment() | CONDITIONS | {"losses": [lost(1, "player_disconnected")]}
    yield "journalMatched-losses", "what was taken on as it was held", JOURNAL | {"losses": [lost(0)]}
    yield "ended-pairs-unknown", "an unknown tag stands on either side", ENDED | {
        "pairs": [measured(0, 1)], "extensions": [{"tag": 3, "bytes": "01"}, {"tag": 5, "bytes": ""}]}
    yield "assign", "nothing to say: byte for byte that of version 1", ASSIGN
    yield "ended", "the same for an outcome", ENDED
    yield "holding", "and what is held", {"kind": "holding", "state": "playing"} | valid.assignment()
    yield "journalMatched", "and in a journal", JOURNAL


def extended(message, found, count=None, behind=b""):
    """A message with this block of extensions."""
    return frame(message["kind"], bytes(body(message).bytes) + block(found, count) + behind, flags=1)


def raw(message, data):
    """A message with these bytes where its block should be."""
    return frame(message["kind"], bytes(body(message).bytes) + data, flags=1)


def role(player, name="r"):
    return {"player": player, "role": name}


def invalid_cases():
    for case in bad_blocks():
        yield *case, 2
    for kind in ("hello", "challenge", "accepted", "refused", "endedAck", "cancel", "ping", "drain", "inventoryEnd"):
        message = {"hello": valid.hello(), "challenge": valid.challenge()}.get(kind) or valid.about(
            kind, reason="full" if kind == "refused" else "cancelled", blamed=[], sentAtMs=1, sessions=2, players=3)
        yield (f"flag-{kind}", "a kind without extensions has no such flag", extended(message, [(TREATMENT, b"a")]),
               "unknownFlags", None, 2)
    for bit in range(1, 8):
        yield (f"flags-bit-{bit}", "every other flag is reserved",
               frame("assign", bytes(body(ASSIGN).bytes), flags=1 << bit), "unknownFlags", None, 2)
    yield ("flags-beside", "also beside the one that is known",
           frame("assign", bytes(body(ASSIGN).bytes) + block([(TREATMENT, b"a")]), flags=3), "unknownFlags", None, 2)
    for name, message in (("assign", ASSIGN), ("ended", ENDED), ("journalMatched", JOURNAL)):
        yield (f"version-1-{name}", "where version 1 is spoken the flag is unknown", encode(message | CONDITIONS),
               "unknownFlags", None, 1)
    good = bytearray(encode(ASSIGN | CONDITIONS))
    good[6] = 0
    yield "flag-bit", "the flag is under the checksum", bytes(good), "badChecksum", None, 2


def bad_blocks():
    yield "no-flag", "a block without its flag is bytes too many", frame(
        "assign", bytes(body(ASSIGN).bytes) + block([(TREATMENT, b"a")])), "trailingBytes", None
    yield "no-block", "a flag without its block", raw(ASSIGN, b""), "truncated", "extensions"
    yield "count-0", "one who has nothing to say leaves the flag out", raw(ASSIGN, b"\0"), "badValue", "extensions"
    yield "count-over", "two are promised, one is there", extended(
        ASSIGN, [(TREATMENT, b"a")], count=2), "truncated", "extensions"
    yield "count-under", "one is promised, two are there", extended(
        ASSIGN, [(TREATMENT, b"a"), (9, b"")], count=1), "trailingBytes", None
    yield "trailing", "a byte behind the block", extended(ASSIGN, [(TREATMENT, b"a")], behind=b"\0"), "trailingBytes", None
    yield "tag-0", "tags begin with 1", extended(ASSIGN, [(0, b"a")]), "badValue", "extensions"
    yield "tags-descend", "tags ascend", extended(
        ASSIGN, [(ROLES, roles([role(0)])), (TREATMENT, b"a")]), "badValue", "extensions"
    yield "tags-repeat", "a tag stands once", extended(
        ASSIGN, [(TREATMENT, b"a"), (TREATMENT, b"a")]), "badValue", "extensions"
    yield "tags-repeat-unknown", "also one that is not known", extended(
        ENDED, [(200, b"a"), (200, b"a")]), "badValue", "extensions"
    yield "length-cut", "a length that is not all there", raw(ASSIGN, b"\1\1\0"), "truncated", "extensions"
    yield "length-past-end", "a length past the end of the body", raw(
        ASSIGN, b"\1\1\0\2a"), "truncated", "extensions"
    yield "length-past-end-unknown", "the same of one that is not known", raw(
        ENDED, b"\1\x09\x40\0a"), "truncated", "extensions"
    yield "length-greatest", "judged before its bytes are missed", raw(
        ASSIGN, b"\1\x09\xff\xff"), "tooMany", "extensions"
    yield "unknown-over", "unknown ones of one byte too many in all", extended(
        ASSIGN, [(9, bytes(16_000)), (10, bytes(385))]), "tooMany", "extensions"
    yield "demanding-journal", "a record of a later writer that has to be understood", extended(
        JOURNAL, [(128, b"a")]), "unknownTag", None
    yield "demanding-journal-behind", "also behind one that is known", extended(
        JOURNAL, [(TREATMENT, b"a"), (255, b"")]), "unknownTag", None
    yield "demanding-order", "the tag is judged before its length", raw(JOURNAL, b"\1\x80"), "unknownTag", None
    for name, data, error in (
        ("empty", b"", "badText"), ("too-long", b"t" * 65, "tooMany"), ("utf8", b"a\xff", "badText"),
        ("control", b"a\nb", "badText"), ("delete", b"\x7f", "badText"),
    ):
        yield f"treatment-{name}", "a treatment is a name of 1 to 64 bytes", extended(
            ASSIGN, [(TREATMENT, data)]), error, "treatment"
        yield f"role-{name}", "a role, too", extended(
            ENDED, [(ROLES, roles([role(0, data)]))]), error, "roles"
    for name, why, tag, data, error, field in rules.invalid_entries():
        yield name, why, extended(ASSIGN, [(tag, data)]), error, field
    yield "roles-none", "one who has none to say leaves the tag out", extended(ASSIGN, [(ROLES, b"\0")]), "badValue", "roles"
    yield "roles-empty", "not even a count", extended(ASSIGN, [(ROLES, b"")]), "truncated", "roles"
    yield "roles-stranger", "a role of a player that is not there", extended(
        ASSIGN, [(ROLES, roles([role(0), role(2)]))]), "badValue", "roles"
    yield "roles-255", "no player has this number", extended(
        ENDED, [(ROLES, roles([role(255)]))]), "badValue", "roles"
    yield "roles-descend", "in order of players", extended(
        ASSIGN, [(ROLES, roles([role(1), role(0)]))]), "badValue", "roles"
    yield "roles-repeat", "one role a player", extended(
        ASSIGN, [(ROLES, roles([role(1), role(1)]))]), "badValue", "roles"
    yield "roles-order", "the player is judged before its role is missed", extended(
        ASSIGN, [(ROLES, b"\1\2")]), "badValue", "roles"
    yield "roles-over", "more are promised than the entry holds, though bytes follow", extended(
        ASSIGN, [(ROLES, b"\2" + roles([role(0)])[1:]), (9, bytes(9))]), "truncated", "roles"
    yield "roles-under", "bytes are left behind the last role", extended(
        ASSIGN, [(ROLES, roles([role(0)]) + b"\0")]), "trailingBytes", None
    for name, why, data, error in bad_losses():
        yield f"losses-{name}", why, extended(TRIO, [(LOSSES, data)]), error, None if error == "trailingBytes" else "losses"
    for name, why, data, error in bad_pairs():
        yield f"pairs-{name}", why, extended(TRIO, [(PAIRS, data)]), error, None if error == "trailingBytes" else "pairs"
    yield "pairs-121", "more than 16 players have", extended(outcome_of(17), [(PAIRS, pairs(
        [measured(a, b) for a in range(17) for b in range(a + 1, 17)][:121]))]), "tooMany", "pairs"
    yield "pairs-borrow", "more are promised than the entry holds, though bytes follow", extended(
        TRIO, [(PAIRS, b"\2" + pairs([measured(0, 1)])[1:]), (9, bytes(9))]), "truncated", "pairs"


def bad_losses():
    yield "none", "one who has none to say leaves the tag out", b"\0", "badValue"
    yield "empty", "not even a count", b"", "truncated"
    yield "stranger", "a player that is not there", losses([lost(3)]), "badValue"
    yield "255", "no player has this number", losses([lost(255)]), "badValue"
    yield "player-first", "the player is judged before the reason is missed", b"\1\3", "badValue"
    yield "descend", "in order of players", losses([lost(1), lost(0)]), "badValue"
    yield "repeat", "each player once", losses([lost(1), lost(1)]), "badValue"
    yield "reason-0", "reasons begin with 1", losses([lost(1, 0)]), "badValue"
    yield "reason-18", "no reason has this code", losses([lost(1, 18)]), "badValue"
    yield "reason-first", "the reason is judged before the text is missed", b"\1\1\0", "badValue"
    yield "text-over", "a text of one byte too many", losses([lost(1, text="t" * 241)]), "tooMany"
    yield "text-utf8", "a text is UTF-8", losses([lost(1, text=b"a\xff")]), "badText"
    yield "text-cut", "a text that is not all there", losses([lost(1, text="abc")])[:-1], "truncated"
    yield "cut", "no text at all", losses([lost(1)])[:-2], "truncated"
    yield "over", "more are promised than there are", b"\2" + losses([lost(1)])[1:], "truncated"
    yield "under", "bytes are left behind the last loss", losses([lost(1)]) + b"\0", "trailingBytes"


def bad_pairs():
    yield "none", "one who has none to say leaves the tag out", b"\0", "badValue"
    yield "empty", "not even a count", b"", "truncated"
    yield "most", "the count is judged before its entries are missed", b"\x79", "tooMany"
    yield "oneself", "nobody is a pair with itself", pairs([measured(1, 1)]), "badValue"
    yield "higher-first", "the lower player comes first", pairs([measured(1, 0)]), "badValue"
    yield "stranger", "a player that is not there", pairs([measured(0, 3)]), "badValue"
    yield "stranger-first", "the lower player is judged before the higher is missed", b"\1\3", "badValue"
    yield "stranger-second", "the higher player is judged before the round trip is missed", b"\1\0\3", "badValue"
    yield "255", "no player has this number", pairs([measured(0, 255)]), "badValue"
    yield "descend", "in order of pairs", pairs([measured(0, 2), measured(0, 1)]), "badValue"
    yield "descend-lower", "the lower player counts first", pairs([measured(1, 2), measured(0, 2)]), "badValue"
    yield "repeat", "each pair once", pairs([measured(0, 1), measured(0, 1)]), "badValue"
    yield "too-long", "a minute is the longest", pairs([measured(0, 1, 60_000_001)]), "badValue"
    yield "longest", "no number wraps", pairs([measured(0, 1, 0xFFFFFFFF)]), "badValue"
    yield "cut", "a round trip that is not all there", pairs([measured(0, 1)])[:-1], "truncated"
    yield "under", "bytes are left behind the last pair", pairs([measured(0, 1)]) + b"\0", "trailingBytes"
