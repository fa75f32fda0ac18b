"""What all clients were told, the journals and the processes' tables, held against each other.

Each function gives the contradictions that it finds, in words; none means that all is well.
"""

import collections
import time

import journals

# What a matchmaker says of a place at its own, without an outcome of the session: its holder left, or came elsewhere.
OF_A_PLACE = {"player_left", "superseded"}
# What it says of a place whose time was over, while the room may go on with the others.
OF_A_WAIT = {"wait_timeout", "not_confirmed", "no_coordinator"}
# What somebody may hear that does all right: too late, too early, or in the middle of a shutdown.
ALLOWED_ERRORS = {"session_ended", "draining", "subject_in_use", "wrong_state"}
# The clock of outcomes counts whole milliseconds.
TICK_S = 0.002


def one_outcome(sessions):
    """Promise 3: every session that was matched has one outcome, and a presumed one is replaced at most once."""
    for name, session in sessions.items():
        attempts = [record["attempt"] for record in session["matched"]]
        if attempts != sorted(set(attempts)):
            yield f"session {name} was handed off as attempts {attempts}"
        if any(record["late"] for record in session["matched"]):
            yield f"session {name} was handed off after its end"
        ends = [(end["reason"], end["isPresumed"]) for end in session["ended"]]
        if not ends:
            yield f"session {name} has no outcome"
        elif len(ends) > 2 or (len(ends) == 2 and not (ends[0][1] and not ends[1][1])):
            yield f"session {name} has the outcomes {ends}"


def part(outcome, subject):
    return next((each for each in outcome["players"] if each["subject"] == subject), None)


def told_is_true(entries, sessions):
    """Promise 4: who heard `ended` heard the reason, and the way back, that the journal has."""
    for entry in told(entries, "ended"):
        message, who = entry["message"], entry["who"]
        session = sessions.get(message["session"])
        at = f"{who} heard {message['reason']} at {entry['where']} of session {message['session']}"
        if entry["where"] == "join":
            if session is None or message["reason"] in OF_A_PLACE or is_of_a_wait(entry, session, entries):
                continue
        elif session is None:
            yield f"{at}, which the journal does not know"
            continue
        outcome = journals.final(session)
        if outcome is None or outcome["reason"] != message["reason"]:
            yield f"{at}; the journal says {outcome and outcome['reason']}"
        elif entry["where"] == "play" and part(outcome, who)["isRequeued"] != message["requeued"]:
            yield f"{at} and requeued {message['requeued']}, against the journal"


def is_of_a_wait(entry, session, entries):
    """Whether somebody heard that its wait was over, and was in the room no more when that was matched, or once more."""
    who, name = entry["who"], entry["message"]["session"]
    if entry["message"]["reason"] not in OF_A_WAIT:
        return False
    if not any(part(record, who) for record in session["matched"]):
        return True
    return any(
        other["who"] == who and other["message"]["session"] == name and other["t"] > entry["t"]
        for other in told(entries, "matched"))


def told(entries, *types):
    for entry in entries:
        if entry["did"] == "told" and entry["message"]["type"] in types:
            yield entry


def matched_is_accepted(entries, sessions, accepted):
    """Rules 1 and 2 of a hand-off: every ticket that left is of the last attempt that the journal has, and left after
    its coordinator had accepted it, or listed it as held."""
    for entry in told(entries, "matched"):
        message, who = entry["message"], entry["who"]
        session = sessions.get(message["session"])
        at = f"{who} was matched in session {message['session']}"
        if not session or not session["matched"]:
            yield f"{at}, which the journal does not know"
            continue
        outcome = journals.final(session)
        if outcome and outcome["reason"] == "no_coordinator":
            yield f"{at}, which ended as no_coordinator"
        attempt = session["matched"][-1]["attempt"]
        if accepted.get((message["session"], attempt), entry["t"] + 1) > entry["t"] + TICK_S:
            yield f"{at} before attempt {attempt} was accepted"
        record = session["matched"][-1]
        seat = record["players"][message["player"]]
        if seat["subject"] != who or seat["ticket"].hex() != message["ticket"]:
            others = [r["attempt"] for r in session["matched"] if any(
                each["ticket"].hex() == message["ticket"] for each in r["players"])]
            yield f"{at} with a ticket of attempt {others}, where the last one is {record['attempt']}"


def no_twins(entries, sessions):
    """Promise 1: while one session is live, no other opens for the same subject, and none is live at all."""
    for entry in entries:
        if entry["did"] == "probed" and entry["answer"] == "entered":
            yield f"{entry['who']} could enter {entry['older']} after being matched in {entry['newer']}"
    # All clocks are this machine's.
    unix_s = time.time() - time.monotonic()
    live = collections.defaultdict(list)
    for entry in told(entries, "matched", "entered"):
        if entry["where"] == "join" or entry["message"]["type"] == "entered":
            live[entry["who"]].append((entry["t"] + unix_s, entry["message"]["session"]))
    for who, evidence in live.items():
        # In the order of their beginning: a reload is told of the same session again.
        first_s = {}
        for at_s, session in evidence:
            first_s.setdefault(session, at_s)
        order = sorted(first_s, key=first_s.get)
        for older, newer in zip(order, order[1:]):
            outcome = journals.final(sessions.get(older, {"ended": []}))
            if outcome is None or outcome["reason"] == "coordinator_lost":
                continue  # noticed when the process went on; that nobody can enter it is what probes tell
            if outcome["endedAtUnixMs"] / 1000 > first_s[newer] + TICK_S:
                late_s = outcome["endedAtUnixMs"] / 1000 - first_s[newer]
                yield f"{who} was in {newer} for {late_s:.3f} s before {older} ended as {outcome['reason']}"


def nobody_stranded(entries):
    """Promises 5 and 7: something was heard on every open connection before its deadline."""
    for entry in entries:
        if entry["did"] == "stranded":
            at = f"at {entry['where']}, session {entry['session']}"
            yield f"{entry['who']} heard nothing for {entry['after_s']} s {at}"
        if entry["did"] == "failed":
            yield f"the client of {entry['who']} failed: {entry['why']}"


def no_strange_errors(entries):
    for entry in told(entries, "error"):
        if entry["message"]["code"] not in ALLOWED_ERRORS:
            yield f"{entry['who']} heard the error {entry['message']} at {entry['where']}"


def was_taken_back(session, record, outcome):
    """Whether a coordinator's outcome is of a hand-off that the matchmaker had given to another attempt, or given up
    while no ticket had left. Nobody was inside and nobody is told."""
    if session["matched"] and session["matched"][-1]["attempt"] != record["attempt"]:
        return True
    return outcome is not None and outcome["reason"] == "no_coordinator" and record["endedIn"] == "matched"


def outboxes_agree(sessions, outboxes):
    """What a coordinator recorded as the end is what the matchmaker has, and each was acknowledged."""
    for node, records in outboxes.items():
        waiting = {}
        for record in records:
            name = record["session"].hex()
            if record["kind"] == "endedAck":
                waiting.pop((name, record["attempt"]), None)
                continue
            waiting[name, record["attempt"]] = record["reason"]
            session = sessions.get(name)
            if session is None:
                yield f"{node} ended {name} as {record['reason']}, which the matchmaker's journal does not know"
                continue
            outcome = journals.final(session)
            if was_taken_back(session, record, outcome):
                continue
            if outcome is None or any(outcome[each] != record[each] for each in ("reason", "endedIn", "players")):
                theirs = outcome and outcome["reason"]
                yield f"{node} ended {name} as {record['reason']}, the matchmaker's journal says {theirs}"
        for (name, attempt), reason in waiting.items():
            yield f"{node} has no acknowledgement for {name} ({reason}), attempt {attempt}"


def contradictions(entries, records, outboxes, accepted):
    """All of them: `records` are the matchmaker's, `outboxes` the coordinators' by name, and `accepted` has when each
    hand-off was, by session and attempt."""
    found = journals.sessions(records)
    return [
        *one_outcome(found), *told_is_true(entries, found), *matched_is_accepted(entries, found, accepted),
        *no_twins(entries, found), *nobody_stranded(entries), *no_strange_errors(entries),
        *outboxes_agree(found, outboxes),
    ]
