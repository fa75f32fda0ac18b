import SessionProtocol
import Testing

@testable import Coordination

@Suite struct WatchTests {
    static func assignment(_ rule: WatchRule, players: Int = 2, validates: Bool = false) -> Assignment {
        var assignment =
            validates
            ? Stage.validating(1, players: players)
            : Stage.assignment(1, players: players, SessionSettings(validatesPeers: false, playTimeoutMs: 600_000))
        assignment.extensions.playRules.watch = rule
        return assignment
    }

    @Test("a page that is hidden for too long is warned of it, and its player excluded and blamed")
    func hidden() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(hiddenForMs: 5_000, warningMs: 2_000)))
            stage.ask(1, .visibility(isHidden: true))
            #expect(stage.passLinked(2_999) == [])
            #expect(stage.passLinked(1) == ["1 < warning hidden in 2000"])
            #expect(stage.passLinked(1_999) == [])
            let ended = "ended s1/1 player_excluded in playing blamed [0]"
            #expect(stage.passLinked(1) == ["# \(ended)", "> \(ended)"])
            #expect(
                stage.notices == [
                    .warned(Stage.session(1), PlayerIndex(0), .hidden),
                    .excluded(Stage.session(1), PlayerIndex(0), reason: "page hidden for 5000 ms", by: .server),
                ])
            #expect(
                stage.ack(1).prefix(2) == ["# ack s1/1", "1 < ended s1 player_excluded release0"])
        }
    }

    @Test("a page that is seen again in time hears at once that the warning is over, and has its whole time anew")
    func seenAgain() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(hiddenForMs: 5_000, warningMs: 2_000)))
            stage.ask(1, .visibility(isHidden: true))
            #expect(stage.passLinked(4_999) == ["1 < warning hidden in 2000"])
            #expect(stage.ask(1, .visibility(isHidden: false)) == ["1 < warning hidden over"])
            #expect(stage.passLinked(10_000) == [])
            stage.ask(1, .visibility(isHidden: true))
            #expect(stage.passLinked(3_000) == ["1 < warning hidden in 2000"])
        }
    }

    @Test("a page that was hidden before play counts from its beginning")
    func hiddenBefore() {
        Stage.play { stage in
            stage.assign(Self.assignment(WatchRule(hiddenForMs: 3_000)))
            stage.enter(1, 1, player: 0)
            stage.ask(1, .visibility(isHidden: true))
            stage.passLinked(5_000)
            stage.enter(2, 1, player: 1)
            #expect(stage.passLinked(2_999) == [])
            #expect(stage.passLinked(1).contains("> ended s1/1 player_excluded in playing blamed [0]"))
        }
    }

    @Test("to say again that a page is hidden changes nothing")
    func saidTwice() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(hiddenForMs: 5_000, warningMs: 2_000)))
            for _ in 0..<3 {
                stage.ask(2, .visibility(isHidden: true))
                #expect(stage.passLinked(900) == [])
            }
            #expect(stage.passLinked(300) == ["2 < warning hidden in 2000"])
        }
    }

    @Test("one who says nothing at all is warned, and goes; whatever is said ends the silence")
    func silent() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(silentForMs: 6_000, warningMs: 2_000)))
            #expect(stage.passLinked(3_000) == [])
            stage.ask(2, .ready(barrier: "b"))
            #expect(stage.passLinked(1_000) == ["1 < warning silent in 2000"])
            #expect(stage.relay(1) == "p0 to [2]")
            // Of binary messages it takes note when it next looks.
            #expect(stage.passLinked(2_999).contains("1 < warning silent over"))
            #expect(stage.passLinked(500) == ["2 < warning silent in 2000"])
            let ended = "ended s1/1 player_excluded in playing blamed [1]"
            #expect(stage.passLinked(2_000).contains("> \(ended)"))
            #expect(stage.notices.last == .excluded(Stage.session(1), PlayerIndex(1), reason: "silent for 6000 ms", by: .server))
        }
    }

    @Test("one whose way is too long for so long is warned; a shorter way in between forgives all")
    func slow() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(roundTripMaxMs: 200, roundTripForMs: 5_000, warningMs: 2_000)))
            // It has answered once, at once, and keeps the next answer back.
            stage.ask(1, .clock(sample: 1, clientMs: 0))
            // That is seen when all are looked at after the first second.
            #expect(stage.passLinked(3_999) == [])
            #expect(stage.passLinked(1) == ["1 < warning roundTrip in 2000"])
            for sample in 2...5 as ClosedRange<UInt32> { stage.ask(1, .clock(sample: sample, clientMs: 4_000)) }
            #expect(stage.passLinked(1_000) == ["1 < warning roundTrip over"])
            #expect(stage.passLinked(200) == [])
        }
    }

    @Test("one who answers late for as long as the scene says is excluded")
    func slowToTheEnd() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(roundTripMaxMs: 200, roundTripForMs: 5_000)))
            stage.ask(1, .clock(sample: 1, clientMs: 0))
            let ended = "ended s1/1 player_excluded in playing blamed [0]"
            #expect(stage.passLinked(5_999) == [])
            #expect(stage.passLinked(1) == ["# \(ended)", "> \(ended)"])
            #expect(
                stage.notices.last
                    == .excluded(Stage.session(1), PlayerIndex(0), reason: "round trip over 200 ms for 5000 ms", by: .server))
        }
    }

    @Test("whoever is watched is asked so often that one who is well and has nothing to say is never silent")
    func asked() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(silentForMs: 4_000, warningMs: 1_000), players: 1))
            for sample in 1...40 as ClosedRange<UInt32> {
                stage.ask(1, .clock(sample: sample, clientMs: Double(sample)))
                if sample > 4 { #expect(stage.passLinked(1_000) == []) }
                #expect(stage.clocks.count == Int(sample) + 1)
            }
        }
    }

    @Test("what this server itself missed because it stood still is held against nobody")
    func stalled() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(silentForMs: 5_000, hiddenForMs: 5_000, warningMs: 2_000)))
            stage.ask(1, .visibility(isHidden: true))
            stage.passLinked(1_000)
            #expect(stage.pass(12_000) == [])
            stage.ask(1, .ready(barrier: "b"))
            stage.ask(2, .ready(barrier: "c"))
            #expect(stage.passLinked(999) == [])
            #expect(stage.passLinked(1) == ["1 < warning hidden in 2000"])
        }
    }

    @Test("whoever is away is not watched, and begins anew when it is back; one who has finished is not watched any more")
    func absent() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(hiddenForMs: 2_000)))
            stage.ask(1, .visibility(isHidden: true))
            stage.cut(1)
            #expect(stage.passLinked(4_000) == [])
            stage.enter(3, 1, player: 0)
            #expect(stage.passLinked(4_000) == [])
            stage.ask(3, .visibility(isHidden: true))
            stage.ask(3, .finish(result: nil))
            stage.ask(3, .visibility(isHidden: true))
            #expect(stage.passLinked(4_000) == [])
        }
    }

    @Test("without a warning's time nobody is warned; several go together, each blamed")
    func unwarned() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(hiddenForMs: 2_000), players: 3))
            for player in [1, 3] as [UInt64] { stage.ask(player, .visibility(isHidden: true)) }
            let ended = "ended s1/1 player_excluded in playing blamed [0, 2]"
            #expect(stage.passLinked(2_000) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("while peers are validated it is the same, and the others go back to the queue")
    func validating() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(hiddenForMs: 2_000), validates: true))
            stage.ask(2, .visibility(isHidden: true))
            let ended = "ended s1/1 player_excluded in validating blamed [1] requeued [0]"
            #expect(stage.passLinked(2_000) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("where the scene asks for nothing nobody is watched, and nothing is timed")
    func unwatched() {
        Stage.play { stage in
            stage.begin(Self.assignment(WatchRule(roundTripForMs: 1_000, warningMs: 1_000)))
            stage.ask(1, .visibility(isHidden: true))
            #expect(stage.core.ledger.deadlineMs(.watch, of: Stage.session(1)) == nil)
            #expect(stage.passLinked(60_000) == [])
        }
    }
}
