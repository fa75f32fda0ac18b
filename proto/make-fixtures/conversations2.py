"""Conversations of version 2, and links between the two versions."""

from conversations import GRACE, INTERVAL, Talk
from version2 import CONDITIONS, measured


class Talk2(Talk):
    """A conversation in which each side speaks these versions."""

    def __init__(self, why, checks=None, coordinator=(1, 2), matchmaker=(1, 2)):
        super().__init__(why, *([checks] if checks else []))
        self.versions = {"coordinator": list(coordinator), "matchmaker": list(matchmaker)}

    def hello(self, **changes):
        least, greatest = self.versions["coordinator"]
        super().hello(**{"versionMin": least, "versionMax": greatest} | changes)

    def challenge(self, secret=None, **changes):
        spoken = min(self.versions["coordinator"][1], self.versions["matchmaker"][1])
        super().challenge(secret, **{"version": spoken} | changes)

    def case(self):
        case = super().case()
        return {"why": case.pop("why"), "versions": self.versions} | case


def conversation_cases():
    for name, talk in conversations():
        yield name, talk.case()


def conversations():
    t = Talk2("two who both speak version 2")
    t.handshake()
    yield "handshake", t
    t = Talk2("an older coordinator: version 1 is spoken", coordinator=(1, 1))
    t.handshake()
    yield "handshake-older-coordinator", t
    t = Talk2("an older matchmaker: version 1 is spoken", matchmaker=(1, 1))
    t.handshake()
    yield "handshake-older-matchmaker", t
    t = Talk2("a coordinator that speaks later versions as well", coordinator=(2, 9))
    t.handshake()
    yield "handshake-later-coordinator", t
    t = Talk2("a coordinator that speaks later versions only", coordinator=(3, 9))
    t.hello()
    t.m("reject", code="no_common_version", detail="no common version: this side speaks 1 to 2, the other 3 to 9")
    yield "handshake-no-common-version", t
    t = Talk2("a matchmaker that picks a version outside of the range", ["coordinator"])
    t.hello()
    t.challenge(version=3)
    t.c("reject", code="no_common_version", detail="no common version: this side speaks 1 to 2, the other 3 to 3")
    yield "handshake-version-outside", t

    # Which treatment a session has is the matchmaker's to know: nothing that is said tells it.
    t = Talk2("the life of a session in an experiment: treatment and roles come with it, and stand in its outcome", ["coordinator"])
    t.begin()
    t.ms = 100
    game = experiment(t)
    t.ms = 1_000
    t.ping(1, 2)
    t.pong()
    t.ms = 1_500
    t.event("coordinator", "finish ann", "finish bob")
    t.ended(game, "completed", "playing", finished={"ann": "", "bob": ""}, extensions=CONDITIONS)
    t.about("matchmaker", "endedAck", game)
    yield "life-experiment", t

    t = Talk2("the link is lost: what is held and what has ended is said with treatment and roles", ["coordinator"])
    t.begin()
    first, second = experiment(t), experiment(t, ("cem", "dee"))
    t.ms = 500
    t.event("coordinator", "finish ann", "finish bob")
    t.ended(first, "completed", "playing", finished={"ann": "", "bob": ""}, lost=True, extensions=CONDITIONS)
    t.event("both", "link lost")
    t.ms = 900
    t.handshake()
    t.c("holding", state="playing", **second)
    t.ended(first, "completed", "playing", at=500, finished={"ann": "", "bob": ""}, extensions=CONDITIONS)
    t.c("inventoryEnd")
    t.ping(1, 4)
    t.about("matchmaker", "endedAck", first)
    t.pong()
    yield "reconnect-experiment", t

    t = Talk2("peers are validated, and what they have measured stands in the outcome: of both reports the smaller", ["coordinator"])
    t.begin()
    game = validated(t, 14.2, 12.5)
    t.ms = 500
    t.event("coordinator", "leave bob")
    t.ended(game, "player_left", "playing", blamed=("bob",), extensions={"pairs": [measured(0, 1)]})
    t.about("matchmaker", "endedAck", game)
    yield "life-measured", t

    t = Talk2("on a link of version 1 the round trip is left out", ["coordinator"], matchmaker=(1, 1))
    t.begin()
    game = validated(t, 14.2, 12.5)
    t.ms = 500
    t.event("coordinator", "leave bob")
    t.ended(game, "player_left", "playing", blamed=("bob",))
    t.about("matchmaker", "endedAck", game)
    yield "life-measured-older-matchmaker", t

    t = Talk2("back on a link of version 1 nothing of it is said, and the game goes on", ["coordinator"])
    t.begin()
    game = experiment(t)
    t.ms = 500
    t.event("both", "link lost")
    t.ms = 900
    t.hello()
    t.challenge(version=1)
    t.proof()
    t.m("welcome", leaseGraceMs=GRACE, pingIntervalMs=INTERVAL)
    t.c("holding", state="playing", **{key: value for key, value in game.items() if key not in CONDITIONS})
    t.c("inventoryEnd")
    t.ping(1, 2)
    t.pong()
    t.ms = 1_200
    t.event("coordinator", "leave ann")
    t.ended(game, "player_left", "playing", blamed=("ann",))
    t.about("matchmaker", "endedAck", game)
    yield "reconnect-down", t

    t = Talk2("a setting that has to be understood, and is not: the session is refused", ["coordinator"])
    t.begin()
    game = t.match("duo", ("ann", "bob"), False, extensions={"extensions": [{"tag": 128, "bytes": "01"}]})
    t.about("coordinator", "refused", game, reason="unsupported")
    yield "refused-demanding", t

    t = Talk2("an older coordinator lives through a game of version 1", coordinator=(1, 1))
    t.begin()
    game = t.play()
    t.ms = 500
    t.event("coordinator", "leave bob")
    t.ended(game, "player_left", "playing", blamed=("bob",))
    t.about("matchmaker", "endedAck", game)
    yield "life-older-coordinator", t


def validated(t, *rtts):
    """A game with validation, up to playing, in which each of both reports what it has measured."""
    game = t.match("duo", ("ann", "bob"), True)
    t.about("coordinator", "accepted", game)
    t.event("coordinator", "enter ann", "enter bob")
    t.about("coordinator", "state", game, state="validating")
    t.event("coordinator", f"validated ann bob {rtts[0]}", f"validated bob ann {rtts[1]}")
    t.about("coordinator", "state", game, state="playing")
    return game


def experiment(t, names=("ann", "bob")):
    """A game without validation, in an experiment, up to playing."""
    return t.play(names=names, extensions=CONDITIONS)
