import SessionProtocol
import Testing

@Suite struct LedgerTests {
    func id(_ number: UInt64) -> SessionID { SessionID(high: 0, low: number) }

    func transitions(_ ledger: inout SessionLedger<Int>) -> [String] {
        var lines: [String] = []
        ledger.takeTransitions { lines.append("\($0.from) \($0.to) \($0.reason?.description ?? "-") \($0.isLegal)") }
        return lines
    }

    func room(_ names: String..., limits: LedgerLimits = LedgerLimits()) -> SessionLedger<Int> {
        var ledger = SessionLedger<Int>(limits: limits)
        ledger.open(id(1), scene: scene("duo"), state: .waiting, subjects: [], details: 0)
        for name in names { ledger.seat(subject(name), in: id(1)) }
        return ledger
    }

    func expectEmpty(_ ledger: SessionLedger<Int>, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(ledger.count == 0, sourceLocation: sourceLocation)
        #expect(ledger.subjectCount == 0, sourceLocation: sourceLocation)
        #expect(ledger.deadlineCount == 0, sourceLocation: sourceLocation)
        #expect(ledger.nextDeadlineMs == nil, sourceLocation: sourceLocation)
        #expect(ledger.sessions.isEmpty, sourceLocation: sourceLocation)
    }

    @Test("a session that ends is gone from every index and timer at once, whatever it held")
    func ending() throws {
        var ledger = room("ann", "bob")
        for kind in DeadlineKind.allCases { ledger.setDeadline(kind, slot: 3, of: id(1), atMs: 50) }
        let ended = ledger.end(id(1), Verdict(.waitOver, in: .waiting), assignment: nil, now: moment(10))
        #expect(ended?.outcome.players.map(\.subject.name) == ["ann", "bob"])
        #expect(ended?.outcome.endedIn == .waiting)
        #expect(ended?.outcome.endedAtUnixMs == 1_000_010)
        expectEmpty(ledger)
        #expect(ledger.session(of: subject("ann")) == nil)
        #expect(ledger[id(1)] == nil)
        holds(ledger.popDue(nowMs: 100) == nil)
        #expect(ledger.tombstone(id(1))?.outcome == ended?.outcome)
        #expect(transitions(&ledger) == ["waiting ended wait_timeout true"])
    }

    @Test("ending twice, in any order and from both sides, is the same as ending once")
    func endingTwice() {
        var ledger = room("ann")
        let first = ledger.end(id(1), Verdict(.lastLeft, in: .waiting), assignment: nil, now: moment(1))?.outcome
        holds(ledger.end(id(1), Verdict(.matchmakerShutdown, in: .waiting), assignment: nil, now: moment(2)) == nil)
        holds(ledger.settle(outcome(id(1), .completed), assignment: nil, now: moment(3)) == nil)
        #expect(ledger.tombstone(id(1))?.outcome == first)
        #expect(ledger.tombstoneCount == 1)
        #expect(transitions(&ledger).count == 1)
        holds(ledger.forget(id(1)) == nil)
        holds(!ledger.transition(id(1), to: .playing))
        ledger.setDeadline(.wait, of: id(1), atMs: 5)
        ledger.clearDeadline(.wait, of: id(1))
        ledger.unseat(subject("ann"), from: id(1))
        holds(ledger.withDetails(id(1)) { $0 } == nil)
        expectEmpty(ledger)
    }

    @Test("a presumed outcome is replaced by the owner's, once")
    func presumed() {
        var ledger = room("ann")
        ledger.transition(id(1), to: .matched)
        _ = ledger.end(id(1), Verdict(.coordinatorSilent, in: .matched), assignment: assignment(), now: moment(1))
        holds(ledger.settle(outcome(id(1), .coordinatorLost, isPresumed: true), assignment: nil, now: moment(2)) == nil)
        #expect(ledger.tombstone(id(1))?.outcome.endedAtUnixMs == 1_000_001)
        holds(ledger.settle(outcome(id(1), .completed), assignment: nil, now: moment(2)) == nil)
        #expect(ledger.tombstone(id(1))?.outcome.reason == .completed)
        #expect(ledger.tombstone(id(1))?.assignment == assignment())
        holds(ledger.settle(outcome(id(1), .playerLeft), assignment: nil, now: moment(2)) == nil)
        #expect(ledger.tombstone(id(1))?.outcome.reason == .completed)
    }

    @Test("the outcome of a session that was never here is remembered all the same")
    func unknown() {
        var ledger = SessionLedger<Int>()
        holds(ledger.settle(outcome(id(9)), assignment: nil, now: moment(0)) == nil)
        #expect(ledger.tombstone(id(9))?.outcome.session == id(9))
        #expect(transitions(&ledger) == [])
    }

    @Test("tombstones are bounded, the oldest going first, and expire")
    func tombstones() {
        var ledger = SessionLedger<Int>(limits: LedgerLimits(tombstoneLifetimeMs: 100, tombstonesMax: 3))
        for number in 1...5 as ClosedRange<UInt64> {
            _ = ledger.settle(outcome(id(number)), assignment: nil, now: moment(number))
        }
        #expect((1...5).map { ledger.tombstone(id($0)) != nil } == [false, false, true, true, true])
        ledger.expire(nowMs: 102)
        #expect(ledger.tombstoneCount == 3)
        ledger.expire(nowMs: 104)
        #expect((3...5).map { ledger.tombstone(id($0)) != nil } == [false, false, true])
        ledger.expire(nowMs: 105)
        #expect(ledger.tombstoneCount == 0)
    }

    @Test("every illegal change of state changes nothing and is reported")
    func illegal() {
        var ledger = room("ann")
        holds(!ledger.transition(id(1), to: .playing))
        #expect(ledger[id(1)]?.state == .waiting)
        holds(ledger.transition(id(1), to: .matched))
        holds(!ledger.transition(id(1), to: .waiting))
        holds(ledger.transition(id(1), to: .validating))
        holds(!ledger.transition(id(1), to: .matched))
        holds(ledger.transition(id(1), to: .playing))
        #expect(ledger.count(in: .playing) == 1 && ledger.count(in: .matched) == 0)
        #expect(
            transitions(&ledger) == [
                "waiting playing - false", "waiting matched - true", "matched waiting - false",
                "matched validating - true", "validating matched - false", "validating playing - true",
            ])
    }

    @Test("one who leaves a room is free; one released from a match is free and stays on its roster")
    func unseating() {
        var ledger = room("ann", "bob")
        ledger.unseat(subject("ann"), from: id(1))
        #expect(ledger.subjects(of: id(1)).map(\.name) == ["bob"])
        ledger.unseat(subject("bob"), from: id(2))
        #expect(ledger.session(of: subject("bob")) == id(1))
        ledger.transition(id(1), to: .matched)
        ledger.unseat(subject("bob"), from: id(1))
        #expect(ledger.session(of: subject("bob")) == nil)
        #expect(ledger.subjects(of: id(1)).map(\.name) == ["bob"])
        ledger.open(id(2), scene: scene("duo"), state: .matched, subjects: [subject("bob")], details: 2)
        _ = ledger.end(id(1), Verdict(.left, in: .matched), assignment: nil, now: moment(1))
        #expect(ledger.session(of: subject("bob")) == id(2), "the end of the old session leaves the new one alone")
        #expect(ledger.subjectCount == 1)
    }

    @Test("deadlines fall due in order of time, over all sessions, kinds and slots, and can be moved and cleared")
    func deadlines() {
        var ledger = SessionLedger<Int>()
        for number in 1...3 as ClosedRange<UInt64> {
            ledger.open(id(number), scene: scene("duo"), state: .matched, subjects: [], details: 0)
        }
        ledger.setDeadline(.enter, of: id(1), atMs: 30)
        ledger.setDeadline(.reconnect, slot: 0, of: id(2), atMs: 20)
        ledger.setDeadline(.reconnect, slot: 1, of: id(2), atMs: 10)
        ledger.setDeadline(.play, of: id(3), atMs: 5)
        ledger.setDeadline(.play, of: id(3), atMs: 40)
        ledger.setDeadline(.barrier, of: id(1), atMs: 1)
        ledger.clearDeadline(.barrier, of: id(1))
        ledger.clearDeadline(.barrier, of: id(3))
        #expect(ledger.deadlineMs(.play, of: id(3)) == 40)
        #expect(ledger.deadlineMs(.barrier, of: id(1)) == nil)
        #expect(ledger.nextDeadlineMs == 10)
        holds(ledger.popDue(nowMs: 9) == nil)
        var due: [String] = []
        while let (session, kind, slot) = ledger.popDue(nowMs: 40) { due.append("\(session.low) \(kind) \(slot)") }
        #expect(due == ["2 reconnect 1", "2 reconnect 0", "1 enter 0", "3 play 0"])
        #expect(ledger.deadlineCount == 0)
    }

    @Test("the outcome names who is to blame, who is put back, and what was reported")
    func verdicts() {
        var ledger = SessionLedger<Int>()
        let players = assignment(roster(3))
        ledger.open(id(1), scene: scene("duo"), state: .matched, subjects: players.players.map(\.subject), details: 0)
        ledger.transition(id(1), to: .validating)
        let verdict = Verdict(
            .silent, in: .validating, concerning: [PlayerIndex(0)], results: [nil, Array("1".utf8)])
        let outcome = ledger.end(id(1), verdict, assignment: players, now: moment(1))?.outcome
        #expect(outcome?.players.map(\.isBlamed) == [true, false, false])
        #expect(outcome?.players.map(\.isRequeued) == [false, true, true])
        #expect(outcome?.players.map(\.hasFinished) == [false, true, false])
        #expect(outcome?.players.map(\.result) == [[], Array("1".utf8), []])
        #expect(outcome?.attempt == Attempt(7))
        #expect(outcome?.endedIn == .validating)
        ledger.open(id(2), scene: scene("duo"), state: .matched, subjects: [], details: 0)
        ledger.transition(id(2), to: .validating)
        let hard = Verdict(.pairFailedFinally, in: .validating, concerning: [PlayerIndex(0)])
        let second = ledger.end(id(2), hard, assignment: players, now: moment(1))?.outcome
        #expect(second?.players.contains { $0.isRequeued || $0.isBlamed } == false, "nobody is to blame for a failed pair")
        var causes: [ExitCause?] = []
        ledger.takeTransitions { if $0.to == .ended { causes.append($0.cause) } }
        #expect(causes == [.silent, .pairFailedFinally])
    }

    @Test("sessions are listed in an order that depends on the events alone")
    func order() {
        func events() -> [UInt64] {
            var ledger = SessionLedger<Int>()
            for number in 1...50 as ClosedRange<UInt64> {
                ledger.open(id(number), scene: scene("s"), state: .waiting, subjects: [], details: 0)
                if number % 3 == 0 { _ = ledger.end(id(number / 2), Verdict(.lastLeft, in: .waiting), assignment: nil, now: moment(1)) }
            }
            return ledger.sessions.map(\.low)
        }
        let once = events()
        #expect(once.count == 34 && once == events())
        #expect(Set(once).count == 34)
    }
}

/// `#expect` for a condition that changes what it asks.
private func holds(_ condition: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(condition, sourceLocation: sourceLocation)
}
