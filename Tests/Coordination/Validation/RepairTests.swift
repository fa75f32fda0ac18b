import SessionProtocol
import Testing

@testable import Coordination

/// Players who are both at the coordinator and lose each other in play.
@Suite struct RepairTests {
    private let p0 = PlayerIndex(0), p1 = PlayerIndex(1), p2 = PlayerIndex(2)

    private func play(_ count: UInt8 = 3, _ body: (inout Stage) -> Void) {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: Int(count)))
            stage.validateAll(count)
            stage.notices = []
            body(&stage)
        }
    }

    private func tried(_ stage: Stage) -> Int? { stage.core.tables.first { "\($0.name)" == "pairAttempts" }?.count }

    @Test("a pair that is lost is connected anew; both may say so, and it counts once")
    func repaired() {
        play { stage in
            #expect(stage.ask(3, .peerLost(peer: p1)) == ["2 < retry p2 attempt 2 in 5000", "3 < retry p1 attempt 2 offer in 5000"])
            #expect(stage.ask(2, .peerLost(peer: p2)) == [])
            #expect(tried(stage) == 1)
            #expect(stage.ask(2, .validated(peer: p2, rttMs: 5, attempt: 2)) == [])
            #expect(stage.ask(3, .validated(peer: p1, rttMs: 5, attempt: 2)) == [])
            #expect(tried(stage) == 0)
            #expect(
                stage.notices.filter { if case .validated = $0 { false } else { true } } == [
                    .pairLost(Stage.session(1), PlayerPair(p1, p2)!, by: p2),
                    .retried(Stage.session(1), PlayerPair(p1, p2)!, attempt: 2),
                    .repaired(Stage.session(1), PlayerPair(p1, p2)!, attempt: 2),
                ])
            #expect(stage.ask(3, .validationFailed(peer: p1, detail: "")) == [], "a late report changes nothing")
            #expect(stage.passLinked(60_000) == [])
        }
    }

    @Test("when no attempt is left all go on by relay, and nobody is given up")
    func fallsBack() {
        play { stage in
            stage.ask(1, .peerLost(peer: p1))
            #expect(stage.ask(2, .validationFailed(peer: p0, detail: "")).count == 2)
            #expect(stage.passLinked(5_000).count == 2)
            #expect(stage.passLinked(5_000) == ["1 < transport relay", "2 < transport relay", "3 < transport relay"])
            #expect(stage.core.count(in: .playing) == 1)
            #expect(tried(stage) == 0)
            #expect(stage.relay(1) == "p0 to [2, 3]")
            #expect(stage.ask(1, .peerLost(peer: p2)) == [], "it may not have heard yet")
            #expect(stage.ask(1, .validated(peer: p1, rttMs: nil)) == [])
            #expect(stage.ask(1, .signal(to: p1, data: [], attempt: 4)) == [])
            #expect(stage.ask(1, .signal(to: p1, data: [])) == ["1 < error wrong_state"])
            #expect(stage.enter(4, 1, player: 0).last == "4 < play relay 7", "one who is back hears so")
        }
    }

    @Test("at the last attempt it is enough that one of the two says that it failed")
    func lastAttempt() {
        play { stage in
            stage.ask(1, .peerLost(peer: p1))
            stage.ask(1, .validationFailed(peer: p1, detail: ""))
            stage.ask(1, .validationFailed(peer: p1, detail: ""))
            #expect(stage.ask(1, .validationFailed(peer: p1, detail: "")).count == 3)
        }
    }

    @Test("what one end called good and lost before the other could is tried again")
    func lostAtOnce() {
        play { stage in
            stage.ask(1, .peerLost(peer: p1))
            stage.ask(1, .validated(peer: p1, rttMs: nil))
            #expect(stage.ask(1, .peerLost(peer: p1)) == ["1 < retry p1 attempt 3 offer in 5000", "2 < retry p0 attempt 3 in 5000"])
            #expect(stage.ask(1, .peerLost(peer: p1, attempt: 2)) == [])
            #expect(stage.notices.last == .stale(Stage.session(1), by: p0, .report))
        }
    }

    @Test("one who is away is waited for: its grace decides, and the pair begins anew when it is back")
    func away() {
        play { stage in
            stage.cut(2)
            #expect(stage.ask(1, .peerLost(peer: p1)) == [])
            #expect(stage.passLinked(9_000) == [])
            #expect(
                stage.enter(4, 1, player: 1) == [
                    "4 < entered p1 [0+ 1+ 2+] playing", "1 < back p1", "3 < back p1", "4 < play peer 7",
                    "1 < retry p1 attempt 3 offer in 5000", "4 < retry p0 attempt 3 in 5000",
                ])
        }
    }

    @Test("one who vanishes while a pair is repaired, and comes back, begins anew")
    func vanishing() {
        play { stage in
            stage.ask(1, .peerLost(peer: p1))
            stage.cut(1)
            #expect(stage.passLinked(6_000) == [])
            #expect(
                stage.enter(4, 1, player: 0).suffix(2) == [
                    "4 < retry p1 attempt 3 offer in 5000", "2 < retry p0 attempt 3 in 5000",
                ])
            #expect(stage.ask(2, .validated(peer: p0, rttMs: nil, attempt: 3)) == [])
            #expect(stage.ask(4, .validated(peer: p1, rttMs: nil, attempt: 3)) == [])
            #expect(tried(stage) == 0)
        }
    }

    @Test("what breaks again and again goes by relay at once")
    func flapping() {
        play(2) { stage in
            for _ in 0..<8 {
                #expect(stage.ask(1, .peerLost(peer: p1)).count == 2)
                stage.validateAll(2)
                #expect(tried(stage) == 0)
            }
            #expect(stage.ask(1, .peerLost(peer: p1)) == ["1 < transport relay", "2 < transport relay"])
        }
    }

    @Test("nobody misses one who has finished")
    func finished() {
        play { stage in
            stage.ask(1, .finish(result: nil))
            #expect(stage.ask(2, .peerLost(peer: p0)) == [])
            #expect(stage.ask(1, .peerLost(peer: p1)) == [])
            #expect(tried(stage) == 0)
        }
    }

    @Test("where play goes by relay from the beginning there is nothing to lose")
    func neverDirect() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.ask(1, .peerLost(peer: p1)) == ["1 < error wrong_state"])
            stage.begin(Stage.validating(2, onFailure: .relay, attempts: Stage.once), from: 3)
            #expect(stage.ask(3, .peerLost(peer: p0)) == ["3 < error no_such_player"])
            #expect(stage.ask(3, .peerLost(peer: PlayerIndex(9))) == ["3 < error no_such_player"])
            stage.passLinked(15_000)
            #expect(stage.ask(3, .peerLost(peer: p1)) == ["3 < error wrong_state"])
        }
    }
}
