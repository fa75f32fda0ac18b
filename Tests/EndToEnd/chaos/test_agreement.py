"""The reckoning behind the chaos tests: what is right it lets pass, and each kind of contradiction it finds. One that finds
nothing would prove nothing."""

import time

import agreement
import pytest

GAME, NEXT = b"\1" * 16, b"\2" * 16
ANN, BEN = "ann", "ben"
TICKETS = {ANN: b"\3" * 16, BEN: b"\4" * 16}


class Account:
    """All that is held against each other. At first: ann and ben are matched, play a game and hear that it is over."""

    def __init__(self):
        # The clock of the diaries; outcomes have the wall clock's time.
        self.now = time.monotonic() - 100
        self.unix_s = time.time() - time.monotonic()
        self.entries, self.records, self.outbox = [], [], []
        self.accepted = {(GAME.hex(), 1): self.now + 1}
        self.records += [self.matched(), self.ended(at_s=9)]
        self.outbox += [self.ended(at_s=9), self.acknowledged()]
        for index, who in enumerate([ANN, BEN]):
            self.tell(2, who, "join", "matched", player=index, ticket=TICKETS[who].hex())
            self.tell(3, who, "play", "entered")
            self.tell(10, who, "play", "ended", reason="completed", requeued=False)

    def matched(self, attempt=1, session=GAME, tickets=TICKETS):
        players = [{"subject": who, "ticket": ticket} for who, ticket in tickets.items()]
        return {"kind": "journalMatched", "session": session, "attempt": attempt, "players": players}

    def ended(self, reason="completed", at_s=9, attempt=1, session=GAME, presumed=False, state="playing", requeued=()):
        players = [{"subject": who, "isRequeued": who in requeued} for who in (ANN, BEN)]
        return {"kind": "ended", "session": session, "attempt": attempt, "reason": reason, "endedIn": state,
                "isPresumed": presumed, "endedAtUnixMs": int((self.now + at_s + self.unix_s) * 1000), "players": players}

    def acknowledged(self, attempt=1, session=GAME):
        return {"kind": "endedAck", "session": session, "attempt": attempt}

    def note(self, at_s, who, did, **fields):
        self.entries.append({"t": self.now + at_s, "who": who, "did": did, **fields})

    def tell(self, at_s, who, where, type, session=GAME, **fields):
        self.note(at_s, who, "told", where=where, message={"type": type, "session": session.hex(), **fields})

    def found(self):
        entries = sorted(self.entries, key=lambda entry: entry["t"])
        return agreement.contradictions(entries, self.records, {"node-1": self.outbox}, self.accepted)


def lost(account):
    """Its coordinator was presumed lost, in the journal alone."""
    account.records[1] = account.ended("coordinator_lost", at_s=8, presumed=True)


def next_game(account, at_s):
    """Both are matched again, and enter."""
    account.accepted[NEXT.hex(), 1] = account.now + at_s
    account.records += [account.matched(session=NEXT), account.ended(session=NEXT, at_s=30)]
    for index, who in enumerate([ANN, BEN]):
        account.tell(at_s, who, "join", "matched", session=NEXT, player=index, ticket=TICKETS[who].hex())
        account.tell(at_s, who, "play", "entered", session=NEXT)


def no_contradiction(account):
    """As it is."""


def replaced_presumption(account):
    lost(account)
    account.records.append(account.ended(at_s=9))


def taken_back(account):
    """A coordinator has ended an attempt that was given to another one."""
    older = {who: b"\5" * 16 for who in TICKETS}
    account.records.insert(0, account.matched(tickets=older))
    account.records[1] = account.matched(attempt=2)
    account.records[2] = account.ended(attempt=2)
    account.accepted = {(GAME.hex(), 2): account.now + 1}
    account.outbox = [account.ended("no_show", state="matched"), account.acknowledged(), account.ended(attempt=2),
                      account.acknowledged(2)]


def left_the_room(account):
    account.tell(1, ANN, "join", "ended", session=NEXT, reason="player_left")


def waited_too_long_in_a_room_that_goes_on(account):
    account.tell(1, "cid", "join", "ended", reason="wait_timeout")


def waited_too_long_and_came_back(account):
    account.tell(1, ANN, "join", "ended", reason="wait_timeout")


def matched_after_the_end(account):
    next_game(account, 11)


@pytest.mark.parametrize(
    "change", [
        no_contradiction, replaced_presumption, taken_back, left_the_room, waited_too_long_in_a_room_that_goes_on,
        waited_too_long_and_came_back, matched_after_the_end])
def test_what_agrees_is_let_pass(change):
    account = Account()
    change(account)
    assert account.found() == []


def without_outcome(account):
    account.records.pop()
    account.entries = [entry for entry in account.entries if entry["message"]["type"] != "ended"]
    account.outbox.clear()


def ended_twice(account):
    account.records.append(account.ended(at_s=9))


def presumed_behind_the_outcome(account):
    account.records.insert(2, account.ended("coordinator_lost", presumed=True))
    account.entries = [entry for entry in account.entries if entry["message"]["type"] != "ended"]
    account.outbox.clear()


def replaced_twice(account):
    lost(account)
    account.records += [account.ended(), account.ended()]


def handed_off_again(account):
    account.records.insert(1, account.matched())


def handed_off_after_the_end(account):
    account.records.append(account.matched(attempt=2))
    account.accepted[GAME.hex(), 2] = account.now + 1


def told_another_reason(account):
    account.records[1] = account.ended("player_left")
    account.outbox[0] = account.ended("player_left")


def told_of_nothing(account):
    account.tell(11, ANN, "play", "ended", session=NEXT, reason="completed", requeued=False)


def told_to_come_back(account):
    account.records[1] = account.ended(requeued=[ANN])
    account.outbox[0] = account.ended(requeued=[ANN])


def told_a_presumption(account):
    lost(account)
    account.outbox.clear()


def waited_too_long_though_matched(account):
    account.tell(4, ANN, "join", "ended", reason="wait_timeout")


def matched_in_nothing(account):
    account.tell(11, ANN, "join", "matched", session=NEXT, player=0, ticket=TICKETS[ANN].hex())


def matched_before_accepted(account):
    account.accepted[GAME.hex(), 1] = account.now + 2.5


def matched_and_never_accepted(account):
    account.accepted.clear()


def matched_with_an_old_ticket(account):
    account.records.insert(1, account.matched(attempt=2, tickets={who: b"\6" * 16 for who in TICKETS}))
    account.accepted[GAME.hex(), 2] = account.now + 1
    account.records[2] = account.ended(attempt=2)
    account.outbox = [account.ended(attempt=2), account.acknowledged(2)]


def matched_in_anothers_place(account):
    account.entries[0]["message"] |= {"player": 1, "ticket": TICKETS[BEN].hex()}


def matched_where_nobody_took_it(account):
    account.records[1] = account.ended("no_coordinator", state="matched")
    account.entries = [entry for entry in account.entries if entry["message"]["type"] != "ended"]
    account.outbox.clear()


def old_door_open(account):
    next_game(account, 11)
    account.note(12, ANN, "probed", older=GAME.hex(), newer=NEXT.hex(), answer="entered")


def in_two_games(account):
    next_game(account, 6)


def stranded(account):
    account.note(20, ANN, "stranded", where="join", after_s=5, session=None)


def failed(account):
    account.note(20, ANN, "failed", why="it broke")


def strange_error(account):
    account.tell(20, ANN, "join", "error", code="internal")


def unknown_to_the_journal(account):
    account.outbox += [account.ended(session=NEXT), account.acknowledged(session=NEXT)]


def ended_otherwise(account):
    account.outbox[0] = account.ended("player_left")


def blamed_otherwise(account):
    account.outbox[0] = account.ended(requeued=[BEN])


def never_acknowledged(account):
    account.outbox.pop()


CONTRADICTIONS = [
    (without_outcome, "has no outcome"),
    (ended_twice, "has the outcomes"),
    (presumed_behind_the_outcome, "has the outcomes"),
    (replaced_twice, "has the outcomes"),
    (handed_off_again, "was handed off as attempts [1, 1]"),
    (handed_off_after_the_end, "was handed off after its end"),
    (told_another_reason, "heard completed at play"),
    (told_of_nothing, "which the journal does not know"),
    (told_to_come_back, "and requeued False, against the journal"),
    (told_a_presumption, "the journal says coordinator_lost"),
    (waited_too_long_though_matched, "heard wait_timeout at join"),
    (matched_in_nothing, "which the journal does not know"),
    (matched_before_accepted, "before attempt 1 was accepted"),
    (matched_and_never_accepted, "before attempt 1 was accepted"),
    (matched_with_an_old_ticket, "with a ticket of attempt [1]"),
    (matched_in_anothers_place, "with a ticket of attempt"),
    (matched_where_nobody_took_it, "which ended as no_coordinator"),
    (old_door_open, "after being matched in"),
    (in_two_games, "before"),
    (stranded, "heard nothing for 5 s"),
    (failed, "failed: it broke"),
    (strange_error, "heard the error"),
    (unknown_to_the_journal, "which the matchmaker's journal does not know"),
    (ended_otherwise, "the matchmaker's journal says completed"),
    (blamed_otherwise, "the matchmaker's journal says completed"),
    (never_acknowledged, "has no acknowledgement"),
]


@pytest.mark.parametrize("change, words", CONTRADICTIONS, ids=[change.__name__ for change, _ in CONTRADICTIONS])
def test_each_contradiction_is_found(change, words):
    account = Account()
    change(account)
    found = account.found()
    assert found and all(words in each for each in found), found
