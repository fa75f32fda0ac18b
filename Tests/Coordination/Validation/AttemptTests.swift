import SessionProtocol
import Testing

@testable import Coordination

/// The attempts of each pair to reach each other.
@Suite struct AttemptTests {
    private let p0 = PlayerIndex(0), p1 = PlayerIndex(1), p2 = PlayerIndex(2)
    private let rule = AttemptRule(attemptsMax: 3, attemptTimeoutMs: 2_000)

    @Test("one who says that it failed is enough: both try again at once, the offer going the other way in turns")
    func failedAttempt() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, attempts: rule))
            #expect(
                stage.ask(1, .validationFailed(peer: p1, detail: "", attempt: 1)) == [
                    "1 < retry p1 attempt 2 in 2000", "2 < retry p0 attempt 2 offer in 2000",
                ])
            #expect(
                stage.ask(2, .validationFailed(peer: p0, detail: "", attempt: 2)) == [
                    "1 < retry p1 attempt 3 offer in 2000", "2 < retry p0 attempt 3 in 2000",
                ])
            stage.ask(1, .validated(peer: p1, rttMs: 9, attempt: 3))
            #expect(stage.ask(2, .validated(peer: p0, rttMs: 8, attempt: 3)).first == "> state s1/1 playing")
        }
    }

    @Test("an attempt that takes too long is followed by another, and the last by the end")
    func timedOut() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, attempts: rule))
            stage.ask(1, .validated(peer: p1, rttMs: nil))
            #expect(stage.passLinked(1_999) == [])
            #expect(stage.pass(1) == ["1 < retry p1 attempt 2 in 2000", "2 < retry p0 attempt 2 offer in 2000"])
            #expect(stage.passLinked(2_000) == ["1 < retry p1 attempt 3 offer in 2000", "2 < retry p0 attempt 3 in 2000"])
            stage.ask(1, .validationFailed(peer: p1, detail: ""))
            let ended = "ended s1/1 validation_timeout in validating blamed [1] requeued [0]"
            #expect(stage.passLinked(2_000) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("each pair has its own attempts and its own time")
    func pairs() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3, attempts: rule))
            stage.passLinked(1_500)
            #expect(
                stage.ask(3, .validationFailed(peer: p1, detail: "")) == [
                    "2 < retry p2 attempt 2 in 2000", "3 < retry p1 attempt 2 offer in 2000",
                ])
            #expect(
                stage.passLinked(500) == [
                    "1 < retry p1 attempt 2 in 2000", "2 < retry p0 attempt 2 offer in 2000", "1 < retry p2 attempt 2 in 2000",
                    "3 < retry p0 attempt 2 offer in 2000",
                ])
            #expect(stage.passLinked(1_500) == ["2 < retry p2 attempt 3 offer in 2000", "3 < retry p1 attempt 3 in 2000"])
        }
    }

    @Test("no attempt reaches beyond the time of validation, whatever the rule allows")
    func bounded() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, attempts: AttemptRule(attemptsMax: 10, attemptTimeoutMs: 6_000)))
            stage.passLinked(6_000)
            #expect(stage.passLinked(6_000) == ["1 < retry p1 attempt 3 offer in 3000", "2 < retry p0 attempt 3 in 3000"])
            let ended = "ended s1/1 validation_timeout in validating blamed [0, 1]"
            #expect(stage.passLinked(3_000) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("without a rule there are three attempts in the time of validation")
    func byDefault() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            #expect(stage.passLinked(4_999) == [])
            #expect(stage.pass(1).count == 2)
            #expect(stage.passLinked(4_999) == [])
            #expect(stage.pass(1).count == 2)
            #expect(stage.passLinked(4_999) == [])
            #expect(stage.pass(1).count == 2, "the end")
        }
    }

    @Test("a report of an older attempt is ignored and counted; one without a number is about the one that runs")
    func staleReport() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            stage.ask(1, .validationFailed(peer: p1, detail: ""))
            stage.notices = []
            #expect(stage.ask(2, .validated(peer: p0, rttMs: nil, attempt: 1)) == [])
            #expect(stage.ask(2, .validationFailed(peer: p0, detail: "", attempt: 3)) == [], "nor one to come")
            #expect(stage.notices == Array(repeating: .stale(Stage.session(1), by: p1, .report), count: 2))
            stage.ask(2, .validated(peer: p0, rttMs: nil))
            #expect(stage.ask(1, .validated(peer: p1, rttMs: nil, attempt: 2)).count == 3)
        }
    }

    @Test("both have to call the same attempt good")
    func sameAttempt() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            stage.ask(1, .validated(peer: p1, rttMs: nil))
            stage.passLinked(5_000)
            #expect(stage.ask(2, .validated(peer: p0, rttMs: nil)) == [])
            #expect(stage.core.count(in: .validating) == 1)
            #expect(stage.ask(1, .validated(peer: p1, rttMs: nil)).count == 3)
        }
    }

    @Test("one who is back begins anew with those that it has not reached, and is told whom it has")
    func returning() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3, attempts: rule))
            stage.ask(1, .validated(peer: p1, rttMs: nil))
            stage.ask(2, .validated(peer: p0, rttMs: nil))
            for _ in 0..<2 { stage.ask(3, .validationFailed(peer: p0, detail: "")) }
            stage.cut(1)
            #expect(stage.passLinked(2_000).contains { $0.hasPrefix("3 < retry p0") } == false, "it waits for who is away")
            #expect(
                stage.enter(4, 1, player: 0).suffix(2) == [
                    "3 < retry p0 attempt 4 offer in 2000", "4 < validate [1, 2] offer [] in 13000 validated [1] attempt 4 in 2000",
                ])
            // All three attempts are there again.
            #expect(stage.ask(3, .validationFailed(peer: p0, detail: "")).count == 2)
            #expect(stage.ask(3, .validationFailed(peer: p0, detail: "")).count == 2)
            #expect(stage.ask(3, .validationFailed(peer: p0, detail: "")) == [])
        }
    }

    @Test("while both are away nobody is asked, and the pair begins anew when both are back")
    func bothAway() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, attempts: rule))
            stage.cut(1)
            stage.cut(2)
            #expect(stage.passLinked(3_000) == [])
            #expect(stage.enter(3, 1, player: 0) == ["3 < entered p0 [0+ 1-] validating", "3 < validate [1] offer [] in 12000 attempt 2 in 12000"])
            #expect(
                stage.enter(4, 1, player: 1) == [
                    "4 < entered p1 [0+ 1+] validating", "3 < back p1", "3 < retry p1 attempt 3 offer in 2000",
                    "4 < validate [0] offer [] in 12000 attempt 3 in 2000",
                ])
        }
    }

    @Test("a validated pair that has lost each other before play is tried anew")
    func lostWhileValidating() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3))
            stage.ask(1, .validated(peer: p1, rttMs: nil))
            stage.ask(2, .validated(peer: p0, rttMs: nil))
            #expect(
                stage.ask(2, .peerLost(peer: p0)) == ["1 < retry p1 attempt 2 in 5000", "2 < retry p0 attempt 2 offer in 5000"])
            #expect(stage.ask(1, .peerLost(peer: p1, attempt: 1)) == [], "the other one says so too")
            #expect(stage.core.tables.first { "\($0.name)" == "pairAttempts" }?.count == 3)
        }
    }

    @Test("a pair of sixteen is where it belongs")
    func positions() {
        let table = PairTable(playerCount: 16, dueMs: 1)
        #expect(table.pairs.count == 120)
        for (position, pair) in table.pairs.enumerated() { #expect(table.position(pair.players) == position) }
        #expect(PairTable(playerCount: 1, dueMs: 1).pairs.isEmpty)
    }
}
