"""Whole exchanges, as both sides' machines must hold them."""

from draws import signature, stream
from wire import proof

START_BOOT, START_UNIX = 3_600_000, 1_790_000_000_000
RESUME_KEY = b"a key that signs what players keep"
SECRET = b"a secret that both sides know".hex()
GRACE, INTERVAL = 15_000, 1_000


def nonce(number):
    return bytes((number + index) % 256 for index in range(32)).hex()


class Talk:
    """Collects steps; the clock stands at `ms` since the start."""

    def __init__(self, why, checks=("coordinator", "matchmaker"), ours=SECRET, theirs=SECRET):
        self.why, self.checks = why, list(checks)
        self.secrets = {"coordinator": ours, "matchmaker": theirs}
        self.steps, self.ms, self.nonces = [], 0, 0
        self.draws = stream(1)

    def say(self, who, kind, late=False, lost=False, **fields):
        step = {"atMs": self.ms, "from": who}
        if late: step["isLate"] = True
        if lost: step["isLost"] = True
        self.steps.append(step | {"message": {"kind": kind} | fields})

    def c(self, kind, **fields): self.say("coordinator", kind, **fields)
    def m(self, kind, **fields): self.say("matchmaker", kind, **fields)

    def event(self, at, *events):
        for event in events:
            self.steps.append({"atMs": self.ms, "at": at, "event": event})

    def hello(self, **changes):
        self.nonces += 2
        self.said = {
            "versionMin": 1, "versionMax": 1, "node": "east-1", "incarnation": 11, "nonce": nonce(self.nonces),
            "capacity": 100, "publicURL": "ws://127.0.0.1:8081/v1/play"} | changes
        self.c("hello", **self.said)

    def challenge(self, secret=None, **changes):
        self.answered = {"version": 1, "node": "matchmaker", "incarnation": 22, "nonce": nonce(self.nonces + 100)} | changes
        secret = self.secrets["matchmaker"] if secret is None else secret
        self.m("challenge", **self.answered, proof=proof(1, secret, self.said, self.answered))

    def proof(self):
        self.c("proof", proof=proof(2, self.secrets["coordinator"], self.said, self.answered))

    def handshake(self, incarnation=11, matchmaker=22):
        self.hello(incarnation=incarnation)
        self.challenge(incarnation=matchmaker)
        self.proof()
        self.m("welcome", leaseGraceMs=GRACE, pingIntervalMs=INTERVAL)

    def ping(self, sessions, players):
        self.c("ping", sentAtMs=START_BOOT + self.ms, sessions=sessions, players=players)

    def pong(self, at=None):
        self.m("pong", sentAtMs=START_BOOT + (self.ms if at is None else at))

    def begin(self):
        self.handshake()
        self.c("inventoryEnd")
        self.ping(0, 0)
        self.pong()

    def match(self, scene, names, validates, late=False, extensions=None):
        """Everyone joins, ten milliseconds apart, and the last one makes the room full."""
        session = f"{next(self.draws):016x}{next(self.draws):016x}"
        seats = []
        for name in names:
            self.ms += 10
            self.event("matchmaker", f"join {name}")
            seats.append({"subject": name, "ticket": None, "sinceUnixMs": START_UNIX + self.ms})
        assignment = {
            "session": session, "attempt": 1, "scene": scene, "validatesPeers": validates,
            "onValidationFailure": "requeue", "enterTimeoutMs": 15_000, "validationTimeoutMs": 15_000,
            "reconnectGraceMs": 10_000, "barrierTimeoutMs": 30_000, "playTimeoutMs": 3_600_000, "iceServers": "[]",
            "completionCodes": [{"reason": "completed", "code": "THANKS"}], "seed": next(self.draws) >> 32,
            "resumeExpiresUnixMs": START_UNIX + self.ms + 86_400_000, "players": seats} | (extensions or {})
        for seat in seats:
            seat["ticket"] = f"{next(self.draws):016x}{next(self.draws):016x}"
        for seat in seats:
            seat["placeSignature"] = signature(RESUME_KEY, 3, assignment, seat)
            seat["releaseSignature"] = signature(RESUME_KEY, 2, assignment, seat)
        self.m("assign", late=late, **assignment)
        return assignment

    def about(self, who, kind, assignment, **fields):
        self.say(who, kind, session=assignment["session"], attempt=assignment["attempt"], **fields)

    def ended(self, assignment, reason, state, at=None, lost=False, blamed=(), requeued=(), finished=None, pairs=(),
              extensions=None):
        finished = finished or {}
        self.c(
            "ended", lost=lost, session=assignment["session"], attempt=assignment["attempt"], scene=assignment["scene"],
            reason=reason, endedIn=state, isPresumed=False, endedAtUnixMs=START_UNIX + (self.ms if at is None else at),
            players=[
                {"subject": name, "isBlamed": name in blamed, "isRequeued": name in requeued,
                 "hasFinished": name in finished, "result": finished.get(name, "").encode().hex()}
                for name in (seat["subject"] for seat in assignment["players"])],
            failedPairs=list(pairs), **(extensions or {}))

    def play(self, scene="duo", names=("ann", "bob"), extensions=None):
        """A game without validation, up to playing."""
        game = self.match(scene, names, False, extensions=extensions)
        self.about("coordinator", "accepted", game)
        self.event("coordinator", *(f"enter {name}" for name in names))
        self.about("coordinator", "state", game, state="playing")
        return game

    def case(self):
        return {
            "why": self.why, "secrets": self.secrets, "checks": self.checks, "startBootMs": START_BOOT,
            "startUnixMs": START_UNIX, "resumeKey": RESUME_KEY.hex(), "steps": self.steps}


DIFFER = "the shared secrets differ"


def handshakes():
    t = Talk("two who share a secret agree")
    t.handshake()
    yield "handshake", t
    t = Talk("without a secret, where that is allowed, the proofs are made with an empty one", ours="", theirs="")
    t.handshake()
    yield "handshake-no-secret", t
    long = (b"longer than a block of the hash, and so hashed before " * 2).hex()
    t = Talk("a secret longer than a block; names that are not ASCII; a range of which version 1 is a part", ours=long, theirs=long)
    t.hello(versionMax=3, node="köln-東", publicURL="wss://köln.example/v1/play", incarnation=2**64 - 1, capacity=2**32 - 1)
    t.challenge(node="vermittler-ü", incarnation=2**64 - 1)
    t.proof()
    t.m("welcome", leaseGraceMs=GRACE, pingIntervalMs=INTERVAL)
    yield "handshake-edges", t
    t = Talk("a coordinator does not register with a matchmaker that does not know the secret", theirs=b"another".hex())
    t.hello()
    t.challenge()
    t.c("reject", code="bad_proof", detail=DIFFER)
    yield "handshake-wrong-matchmaker", t
    t = Talk("a matchmaker does not take a coordinator that does not know the secret", ["matchmaker"], ours=b"another".hex())
    t.hello()
    t.challenge()
    t.proof()
    t.m("reject", code="bad_proof", detail=DIFFER)
    yield "handshake-wrong-coordinator", t
    t = Talk("the matchmaker's own proof, sent back to it, is no proof: the role is in it", ["matchmaker"])
    t.hello()
    t.challenge()
    t.c("proof", proof=t.steps[-1]["message"]["proof"])
    t.m("reject", code="bad_proof", detail=DIFFER)
    yield "handshake-reflected", t
    t = Talk("a proof heard on an earlier link is none on this: the nonces are in it", ["matchmaker"])
    t.hello()
    t.challenge(nonce=nonce(200))
    heard = proof(2, SECRET, t.said, t.answered)
    t.steps = t.steps[:1]
    t.challenge()
    t.c("proof", proof=heard)
    t.m("reject", code="bad_proof", detail=DIFFER)
    yield "handshake-replayed", t
    t = Talk("no version that both speak")
    t.hello(versionMin=2, versionMax=9)
    t.m("reject", code="no_common_version", detail="no common version: this side speaks 1, the other 2 to 9")
    yield "handshake-no-common-version", t
    t = Talk("a matchmaker that picks a version outside of the range", ["coordinator"])
    t.hello()
    t.challenge(version=2)
    t.c("reject", code="no_common_version", detail="no common version: this side speaks 1, the other 2 to 2")
    yield "handshake-version-outside", t
    t = Talk("a proof before the hello", ["matchmaker"])
    t.c("proof", proof="00" * 32)
    t.m("reject", code="unexpected", detail="proof has no place in the handshake here")
    yield "handshake-out-of-order", t
    t = Talk("welcomed without a challenge: nobody has proven anything", ["coordinator"])
    t.hello()
    t.m("welcome", leaseGraceMs=GRACE, pingIntervalMs=INTERVAL)
    t.c("reject", code="unexpected", detail="welcome has no place in the handshake here")
    yield "handshake-unproven-welcome", t
    t = Talk("a second live claimant of a node is refused")
    t.event("matchmaker", "claim east-1")
    t.hello()
    t.challenge()
    t.proof()
    t.m("reject", code="node_in_use", detail="another live process speaks for this node")
    yield "handshake-node-in-use", t


def lives():
    t = Talk("a session's life, from two who join to the acknowledged outcome")
    t.begin()
    t.ms = 100
    game = t.match("duo", ("ann", "bob"), True)
    t.ms = 130
    t.about("coordinator", "accepted", game)
    t.ms = 200
    t.event("coordinator", "enter ann", "enter bob")
    t.about("coordinator", "state", game, state="validating")
    t.ms = 300
    t.event("coordinator", "validated ann bob", "validated bob ann")
    t.about("coordinator", "state", game, state="playing")
    t.ms = 1_000
    t.ping(1, 2)
    t.pong()
    t.ms = 1_500
    t.event("coordinator", 'finish ann {"score":7}', "finish bob")
    t.ended(game, "completed", "playing", finished={"ann": '{"score":7}', "bob": ""})
    t.about("matchmaker", "endedAck", game)
    yield "life", t

    t = Talk("two who cannot reach each other: the pair is named, and both go back to the queue")
    t.begin()
    game = t.match("duo", ("ann", "bob"), True)
    t.about("coordinator", "accepted", game)
    t.event("coordinator", "enter ann", "enter bob")
    t.about("coordinator", "state", game, state="validating")
    t.ms = 300
    t.event("coordinator", "failed ann bob", "failed bob ann")
    t.ended(game, "validation_failed", "validating", requeued=("ann", "bob"), pairs=[[0, 1]])
    t.about("matchmaker", "endedAck", game)
    yield "life-validation-failed", t

    t = Talk("a refusal: this coordinator cannot validate so many; there is no other, so the session ends here")
    t.begin()
    game = t.match("crowd", [f"p{n:02}" for n in range(17)], True)
    t.about("coordinator", "refused", game, reason="unsupported")
    yield "refused", t

    t = Talk("one leaves before the coordinator has accepted: the matchmaker asks, the coordinator decides")
    t.begin()
    game = t.match("duo", ("ann", "bob"), True, late=True)
    t.event("matchmaker", "leave ann")
    t.ms = 50
    t.event("coordinator", "read")
    t.about("coordinator", "accepted", game)
    t.about("matchmaker", "cancel", game, reason="player_left", blamed=[0])
    t.ended(game, "player_left", "matched", blamed=("ann",), requeued=("bob",))
    t.about("matchmaker", "endedAck", game)
    yield "cancel", t

    t = Talk("an accepted that comes too late is answered by drop, and nobody was inside")
    t.begin()
    game = t.match("duo", ("ann", "bob"), True, late=True)
    t.event("matchmaker", "leave ann", "leave bob")
    sent = t.ms
    t.ms = sent + 5_000
    t.about("matchmaker", "drop", game, late=True)
    t.ms += 50
    t.event("coordinator", "read")
    t.ping(0, 0)
    t.about("coordinator", "accepted", game)
    t.pong()
    t.about("matchmaker", "drop", game)
    yield "drop", t

    t = Talk("a coordinator that is stopped: it takes nothing new, and who had not begun goes back to the queue")
    t.begin()
    game = t.match("duo", ("ann", "bob"), True)
    t.about("coordinator", "accepted", game)
    t.ms = 90
    t.event("coordinator", "shutdown")
    t.c("drain")
    t.ended(game, "shutdown", "matched", requeued=("ann", "bob"))
    t.about("matchmaker", "endedAck", game)
    yield "shutdown", t

    for who, kind, fields, detail, name in (
        ("coordinator", "endedAck", {"session": "0" * 32, "attempt": 1}, "endedAck does not come from a coordinator here", "matchmaker"),
        ("matchmaker", "inventoryEnd", {}, "a coordinator expects no such inventoryEnd", "coordinator"),
    ):
        t = Talk("a message that has no place where it comes closes the link", [name])
        t.begin()
        t.ms = 500
        t.say(who, kind, **fields)
        t.say(name, "reject", code="unexpected", detail=detail)
        yield f"unexpected-at-{name}", t


def reconnects():
    t = Talk("the link is lost with an outcome on its way and a game in play: the inventory sets both sides right")
    t.begin()
    first, second = t.play(), t.play(names=("cem", "dee"))
    t.ms = 500
    t.event("coordinator", "finish ann", "finish bob")
    t.ended(first, "completed", "playing", finished={"ann": "", "bob": ""}, lost=True)
    t.event("both", "link lost")
    t.ms = 900
    t.handshake()
    t.c("holding", state="playing", **second)
    t.ended(first, "completed", "playing", at=500, finished={"ann": "", "bob": ""})
    t.c("inventoryEnd")
    # All four are still connected: two play, and two wait to hear that their game has ended.
    t.ping(1, 4)
    t.about("matchmaker", "endedAck", first)
    t.pong()
    t.ms = 1_200
    t.event("coordinator", "leave cem")
    t.ended(second, "player_left", "playing", blamed=("cem",))
    t.about("matchmaker", "endedAck", second)
    yield "reconnect", t

    t = Talk("an acknowledgement is lost: the outcome is said again, and acknowledged again")
    t.begin()
    game = t.play()
    t.ms = 500
    t.event("coordinator", "leave bob")
    t.ended(game, "player_left", "playing", blamed=("bob",))
    t.about("matchmaker", "endedAck", game, lost=True)
    t.event("both", "link lost")
    t.ms = 700
    t.handshake()
    t.ended(game, "player_left", "playing", at=500, blamed=("bob",))
    t.c("inventoryEnd")
    t.ping(0, 2)
    t.about("matchmaker", "endedAck", game)
    t.pong()
    yield "reconnect-acknowledgement-lost", t

    t = Talk("the matchmaker is killed and reads its journal: the game goes on as if nothing had been")
    t.begin()
    game = t.play()
    t.ms = 400
    t.event("matchmaker", "restart")
    t.event("coordinator", "link lost")
    t.ms = 800
    t.handshake(matchmaker=23)
    t.c("holding", state="playing", **game)
    t.c("inventoryEnd")
    t.ping(1, 2)
    t.pong()
    t.ms = 1_000
    t.event("coordinator", "finish ann", "finish bob")
    t.ended(game, "completed", "playing", finished={"ann": "", "bob": ""})
    t.about("matchmaker", "endedAck", game)
    yield "matchmaker-restarts", t

    t = Talk("the coordinator is killed: what ended before is said from its journal, what it played is lost")
    t.begin()
    first, _ = t.play(), t.play(names=("cem", "dee"))
    t.ms = 500
    t.event("coordinator", "leave ann")
    t.ended(first, "player_left", "playing", blamed=("ann",), lost=True)
    t.event("coordinator", "restart")
    t.event("matchmaker", "link lost")
    t.ms = 900
    t.handshake(incarnation=12)
    t.ended(first, "player_left", "playing", at=500, blamed=("ann",))
    t.c("inventoryEnd")
    t.ping(0, 0)
    t.about("matchmaker", "endedAck", first)
    t.pong()
    yield "coordinator-restarts", t

    t = Talk("away for longer than grace and margin: both sides have ended the game, and the owner's word stands")
    t.begin()
    game = t.play()
    t.ms = 500
    t.event("both", "link lost")
    t.ms = GRACE
    t.event("coordinator", "wake")
    t.ms = GRACE + 3_000
    t.event("matchmaker", "wake")
    t.ms += 500
    t.handshake()
    t.ended(game, "coordinator_lost", "playing", at=GRACE)
    t.c("inventoryEnd")
    t.ping(0, 0)
    t.about("matchmaker", "endedAck", game)
    t.pong()
    yield "lease-over", t


def cases():
    for group in (handshakes, lives, reconnects):
        for name, talk in group():
            yield name, talk.case()
