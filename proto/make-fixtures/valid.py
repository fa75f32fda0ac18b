"""Frames that every peer must read as these fields, and write as these bytes."""

from wire import REASONS, REFUSALS, REJECTS, STATES

SESSION = "00112233445566778899aabbccddeeff"
ZERO, ONES = "00" * 16, "ff" * 16
U32, U64 = 2**32 - 1, 2**64 - 1
NONCE = bytes(range(32)).hex()


def seat(subject, number=1, **changes):
    return {
        "subject": subject, "ticket": f"{number:02x}" * 16, "sinceUnixMs": 1_790_000_000_000 + number,
        "placeSignature": "a0" * 15 + f"{number:02x}", "releaseSignature": "b0" * 15 + f"{number:02x}",
    } | changes


def assignment(**changes):
    return {
        "session": SESSION, "attempt": 1, "scene": "duo", "validatesPeers": True, "onValidationFailure": "requeue",
        "enterTimeoutMs": 15_000, "validationTimeoutMs": 20_000, "reconnectGraceMs": 10_000,
        "barrierTimeoutMs": 30_000, "playTimeoutMs": 3_600_000, "iceServers": "[]", "completionCodes": [],
        "seed": 72_623_859_790_382_856, "resumeExpiresUnixMs": 1_790_086_400_000,
        "players": [seat("ann", 1), seat("bob", 2)],
    } | changes


def result(subject, **changes):
    return {"subject": subject, "isBlamed": False, "isRequeued": False, "hasFinished": False, "result": ""} | changes


def outcome(**changes):
    return {
        "session": SESSION, "attempt": 1, "scene": "duo", "reason": "completed", "endedIn": "playing",
        "isPresumed": False, "endedAtUnixMs": 1_790_000_600_000,
        "players": [result("ann", hasFinished=True), result("bob", hasFinished=True)], "failedPairs": [],
    } | changes


def hello(**changes):
    return {
        "kind": "hello", "versionMin": 1, "versionMax": 1, "node": "east-1", "incarnation": 81_985_529_216_486_895,
        "nonce": NONCE, "capacity": 500, "publicURL": "wss://east.example/v1/play",
    } | changes


def challenge(**changes):
    return {
        "kind": "challenge", "version": 1, "node": "matchmaker", "incarnation": 7, "nonce": bytes(range(32, 64)).hex(),
        "proof": bytes(range(64, 96)).hex(),
    } | changes


def about(kind, **more):
    return {"kind": kind, "session": SESSION, "attempt": 1} | more


SERVERS = (
    '[{"urls":["stun:stun.example:3478"]},{"urls":["turn:turn.example:3478?transport=udp"],'
    '"username":"u","credential":"p"}]'
)


def cases():
    yield "hello", "how a coordinator introduces itself", hello()
    yield "hello-range", "one that speaks several versions, this one among them", hello(versionMin=1, versionMax=255)
    yield "hello-later", "it is readable whatever the range, so that the refusal can be said", hello(versionMin=2, versionMax=9)
    yield "hello-zeros", "the smallest numbers and the shortest texts", hello(
        node="e", incarnation=0, nonce="00" * 32, capacity=0, publicURL="ws://")
    yield "hello-greatest", "the greatest numbers and the longest texts", hello(
        node="n" * 64, incarnation=U64, nonce="ff" * 32, capacity=U32, publicURL="wss://" + "u" * 506)
    yield "hello-names", "names and addresses are UTF-8", hello(node="köln-東", publicURL="wss://köln.example/😀")
    yield "hello-combining", "an address begins with these bytes, whatever they look like with the next", hello(
        publicURL="ws://\u0301")
    yield "challenge", "the matchmaker's answer", challenge()
    yield "challenge-greatest", "the greatest of everything", challenge(
        version=255, node="é" * 32, incarnation=U64, nonce="ff" * 32, proof="ff" * 32)
    yield "challenge-zeros", "the smallest of everything", challenge(node=" ", incarnation=0, nonce="00" * 32, proof="00" * 32)
    yield "proof", "the coordinator's proof", {"kind": "proof", "proof": bytes(range(96, 128)).hex()}
    yield "welcome", "the usual lease", {"kind": "welcome", "leaseGraceMs": 15_000, "pingIntervalMs": 1_000}
    yield "welcome-least", "the shortest lease that may be", {"kind": "welcome", "leaseGraceMs": 2, "pingIntervalMs": 1}
    yield "welcome-greatest", "the longest lease", {"kind": "welcome", "leaseGraceMs": U32, "pingIntervalMs": U32 - 1}
    for name in REJECTS:
        yield f"reject-{name}", "every reject code has a fixture", {
            "kind": "reject", "code": name, "detail": f"because of {name}"}
    yield "reject-silent", "a detail may be empty", {"kind": "reject", "code": "malformed", "detail": ""}
    yield "reject-longest", "the longest detail; texts that are no names may hold control characters", {
        "kind": "reject", "code": "unexpected", "detail": "\u0000\t\n\u007f" + "ü" * 126}

    yield "assign", "a game for two", {"kind": "assign"} | assignment()
    yield "assign-one", "the smallest roster", {"kind": "assign"} | assignment(players=[seat("ann")])
    yield "assign-zeros", "zero wherever zero may be, and the shortest texts", {"kind": "assign"} | assignment(
        session=ZERO, scene="s", validatesPeers=False, onValidationFailure="end", enterTimeoutMs=0,
        validationTimeoutMs=0, reconnectGraceMs=0, barrierTimeoutMs=0, playTimeoutMs=0, iceServers="", seed=0,
        resumeExpiresUnixMs=0,
        players=[seat("a", ticket=ZERO, sinceUnixMs=0, placeSignature=ZERO, releaseSignature=ZERO)])
    yield "assign-greatest", "the greatest of every number", {"kind": "assign"} | assignment(
        session=ONES, attempt=U32, enterTimeoutMs=U32, validationTimeoutMs=U32, reconnectGraceMs=U32,
        barrierTimeoutMs=U32, playTimeoutMs=U32, seed=U64, resumeExpiresUnixMs=U64,
        players=[seat("a", ticket=ONES, sinceUnixMs=U64, placeSignature=ONES, releaseSignature=ONES)])
    yield "assign-relay", "validation that falls back to the relay, and servers to find ways by", {
        "kind": "assign"} | assignment(onValidationFailure="relay", iceServers=SERVERS)
    yield "assign-longest-texts", "every text as long as it may be", {"kind": "assign"} | assignment(
        scene="ß" * 32, iceServers='["' + "i" * 4092 + '"]',
        completionCodes=[{"reason": "shutdown", "code": "c" * 128}], players=[seat("s" * 128), seat("€" * 42 + "ab", 2)])
    yield "assign-codes", "a code for every reason, one of them empty", {"kind": "assign"} | assignment(
        completionCodes=[
            {"reason": name, "code": "" if name == "completed" else f"C{number:02}-{name}"}
            for name, number in REASONS.items()])
    yield "assign-scripts", "subjects in many scripts, and one of blanks", {"kind": "assign"} | assignment(
        scene="игра", players=[
            seat(name, number) for number, name in
            enumerate(["日本語", "עברית", "😀🏳️‍🌈", "e\u0301", " ", "\u0080\u00a0\u2028", "\U0010ffff"], 1)])
    yield "assign-alike", "names that look alike are still two where Unicode does not call them equivalent", {
        "kind": "assign"} | assignment(players=[seat("ann"), seat("Ann", 2), seat("аnn", 3), seat("ann ", 4), seat("ﬁ", 5), seat("fi", 6)])
    yield "assign-roster-255", "the greatest roster", {"kind": "assign"} | assignment(
        players=[seat(f"player-{n:03}", n) for n in range(255)])
    yield "accepted", "the owner of a session says so", about("accepted")
    yield "accepted-again", "a later attempt", about("accepted", attempt=2)
    yield "accepted-greatest", "the last attempt there can be", about("accepted", session=ONES, attempt=U32)
    yield "accepted-zero-session", "a session is 128 bits, and all of them may be 0", about("accepted", session=ZERO)
    for name in REFUSALS:
        yield f"refused-{name}", "every refusal has a fixture", about("refused", reason=name)
    for name in ("validating", "playing"):
        yield f"state-{name}", "both states that are told", about("state", state=name)

    for name in REASONS:
        yield f"ended-{name}", "every end reason has a fixture", {"kind": "ended"} | outcome(
            reason=name, players=[result("ann", hasFinished=name == "completed"), result("bob", hasFinished=name == "completed")])
    for name in STATES:
        if name not in ("ended", "playing"):
            yield f"ended-in-{name}", "every state that a session can end in has a fixture", {
                "kind": "ended"} | outcome(reason="cancelled", endedIn=name)
    yield "ended-one", "the smallest of everything", {"kind": "ended"} | outcome(
        session=ZERO, scene="s", endedAtUnixMs=0, players=[result("a")])
    yield "ended-presumed", "what a matchmaker writes when a coordinator is out of reach", {
        "kind": "ended"} | outcome(reason="coordinator_lost", endedIn="validating", isPresumed=True, players=[
            result("ann", isRequeued=True), result("bob", isRequeued=True)])
    yield "ended-blamed", "one is to blame, the other goes back to the queue", {"kind": "ended"} | outcome(
        reason="no_show", endedIn="matched", players=[result("ann", isBlamed=True), result("bob", isRequeued=True)])
    yield "ended-pair", "two who could not reach each other", {"kind": "ended"} | outcome(
        reason="validation_failed", endedIn="validating", players=[
            result("ann", isRequeued=True), result("bob", isRequeued=True)], failedPairs=[[0, 1]])
    yield "ended-results", "results: JSON, nothing, bytes that are no text, and the longest", {
        "kind": "ended"} | outcome(players=[
            result("ann", hasFinished=True, result=b'{"score":7,"name":"\xc3\xa9"}'.hex()), result("bob"),
            result("cem", hasFinished=True, result="ff00c080"), result("dee", hasFinished=True, result="20" * 1024)])
    yield "ended-all-flags", "a reader takes flags as they come, whatever they say together", {
        "kind": "ended"} | outcome(players=[result("ann", isBlamed=True, isRequeued=True, hasFinished=True)])
    yield "ended-greatest", "the greatest numbers and longest names", {"kind": "ended"} | outcome(
        session=ONES, attempt=U32, scene="s" * 64, endedAtUnixMs=U64, players=[result("é" * 64)])
    yield "ended-pairs-order", "pairs may come in any order, and twice", {"kind": "ended"} | outcome(
        reason="validation_failed", endedIn="validating", players=[result(name) for name in ("ann", "bob", "cem")],
        failedPairs=[[1, 2], [0, 2], [0, 1], [1, 2]])
    yield "ended-pairs-1024", "the greatest roster and as many pairs as there may be", {"kind": "ended"} | outcome(
        reason="validation_failed", endedIn="validating", players=[result(f"p{n}") for n in range(255)],
        failedPairs=[[n % 254, 254] for n in range(1024)])
    yield "endedAck", "an outcome is on the matchmaker's disk", about("endedAck")
    yield "endedAck-greatest", "the last attempt there can be", about("endedAck", session=ONES, attempt=U32)
    yield "cancel", "nobody is to blame", about("cancel", reason="cancelled", blamed=[])
    yield "cancel-blamed", "one who went elsewhere", about("cancel", reason="superseded", blamed=[1])
    yield "cancel-everyone", "every player there can be", about("cancel", reason="shutdown", blamed=list(range(255)))
    yield "drop", "forget it", about("drop")
    yield "ping", "a sign of life, with the load", {"kind": "ping", "sentAtMs": 86_400_000, "sessions": 12, "players": 24}
    yield "ping-zeros", "an idle coordinator on a machine that has just started", {
        "kind": "ping", "sentAtMs": 0, "sessions": 0, "players": 0}
    yield "ping-greatest", "the greatest of every number", {
        "kind": "ping", "sentAtMs": U64, "sessions": U32, "players": U32}
    yield "pong", "its echo", {"kind": "pong", "sentAtMs": 86_400_000}
    yield "pong-53-bits", "the greatest integer that these files write as a number", {"kind": "pong", "sentAtMs": 2**53}
    yield "pong-greatest", "the greatest of all", {"kind": "pong", "sentAtMs": U64}
    yield "drain", "no new sessions from now on; a message without a body", {"kind": "drain"}
    for name in ("matched", "validating", "playing"):
        yield f"holding-{name}", "every state that can be held", {"kind": "holding", "state": name} | assignment()
    yield "inventoryEnd", "the inventory is complete", {"kind": "inventoryEnd"}
    yield "journalMatched", "which session went to which coordinator", {"kind": "journalMatched", "node": "east-1"} | assignment()
    yield "journalMatched-longest", "the longest name of a node", {
        "kind": "journalMatched", "node": "東" * 21 + "x"} | assignment(attempt=3, players=[seat("ann")])
