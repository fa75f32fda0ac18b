import SessionProtocol
import Testing

@testable import Coordination

@Suite struct ValidationTests {
    private let p0 = PlayerIndex(0), p1 = PlayerIndex(1), p2 = PlayerIndex(2)

    @Test("each is asked to validate all peers, the lower index offering to the higher")
    func asking() {
        Stage.play { stage in
            stage.assign(Stage.validating(1, players: 3))
            stage.enter(1, 1, player: 0)
            stage.enter(2, 1, player: 1)
            #expect(
                stage.enter(3, 1, player: 2) == [
                    "3 < entered p2 [0+ 1+ 2+] matched", "> state s1/1 validating",
                    "1 < validate [1, 2] offer [1, 2] in 15000 attempt 1 in 5000",
                    "2 < validate [0, 2] offer [2] in 15000 attempt 1 in 5000",
                    "3 < validate [0, 1] offer [] in 15000 attempt 1 in 5000",
                ])
        }
    }

    @Test("a pair counts when both ends say so, and play begins between peers when all do")
    func allValid() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            #expect(stage.ask(1, .validated(peer: p1, rttMs: 12.5)) == [])
            #expect(stage.notices == [.validated(Stage.session(1), by: p0, peer: p1, rttMs: 12.5)])
            #expect(stage.ask(1, .validated(peer: p1, rttMs: nil)) == [], "a repeated report counts once")
            #expect(
                stage.ask(2, .validated(peer: p0, rttMs: nil)) == [
                    "> state s1/1 playing", "1 < play peer 7", "2 < play peer 7",
                ])
            #expect(stage.ask(2, .validated(peer: p0, rttMs: nil)) == [], "a late report changes nothing, and is no mistake")
        }
    }

    @Test("all pairs of a larger group have to be validated")
    func group() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3))
            for (connection, peer) in [(1, p1), (1, p2), (2, p0), (2, p2), (3, p0)] as [(UInt64, PlayerIndex)] {
                #expect(stage.ask(connection, .validated(peer: peer, rttMs: nil)) == [])
            }
            #expect(stage.ask(3, .validated(peer: p1, rttMs: nil)).count == 4)
        }
    }

    @Test("a report about oneself or nobody is refused")
    func noSuchPeer() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            #expect(stage.ask(1, .validated(peer: p0, rttMs: nil)) == ["1 < error no_such_player"])
            #expect(stage.ask(1, .validationFailed(peer: p2, detail: "")) == ["1 < error no_such_player"])
        }
    }

    @Test("a pair that failed ends the session; when both have spoken neither is to blame", arguments: [true, false])
    func failing(bothFail: Bool) {
        Stage.play { stage in
            stage.begin(Stage.validating(1, attempts: Stage.once))
            #expect(stage.ask(1, .validationFailed(peer: p1, detail: "no route")) == [])
            #expect(stage.notices == [.validationFailed(Stage.session(1), by: p0, peer: p1, detail: "no route")])
            let ended = "ended s1/1 validation_failed in validating requeued [0, 1] failed [\"0-1\"]"
            let second = bothFail ? PlayerRequest.validationFailed(peer: p0, detail: "") : .validated(peer: p0, rttMs: 1)
            #expect(stage.ask(2, second) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("where a failure ends the session for all, nobody is put back")
    func failingEnds() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, onFailure: .end, attempts: Stage.once))
            stage.ask(1, .validationFailed(peer: p1, detail: ""))
            let ended = "ended s1/1 validation_failed in validating failed [\"0-1\"]"
            #expect(stage.ask(2, .validationFailed(peer: p0, detail: "")) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("where play goes on by relay, it does so once each pair is decided")
    func failingRelays() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3, onFailure: .relay, attempts: Stage.once))
            stage.ask(1, .validationFailed(peer: p1, detail: ""))
            #expect(stage.ask(2, .validationFailed(peer: p0, detail: "")) == [])
            for (connection, peer) in [(1, p2), (2, p2), (3, p0)] as [(UInt64, PlayerIndex)] {
                stage.ask(connection, .validated(peer: peer, rttMs: nil))
            }
            #expect(
                stage.ask(3, .validated(peer: p1, rttMs: nil)) == [
                    "> state s1/1 playing", "1 < play relay 7", "2 < play relay 7", "3 < play relay 7",
                ])
        }
    }

    @Test("one who is silent until the deadline is to blame")
    func silent() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3, attempts: Stage.once))
            for (connection, peer) in [(1, p1), (1, p2), (2, p0), (2, p2), (3, p0)] as [(UInt64, PlayerIndex)] {
                stage.ask(connection, .validated(peer: peer, rttMs: nil))
            }
            #expect(stage.passLinked(14_999) == [])
            let ended = "ended s1/1 validation_timeout in validating blamed [2] requeued [0, 1]"
            #expect(stage.pass(1) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("where a failure ends the session for all, so does silence")
    func silentEnds() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, onFailure: .end, attempts: Stage.once))
            stage.ask(1, .validated(peer: p1, rttMs: nil))
            let ended = "ended s1/1 validation_timeout in validating blamed [1]"
            #expect(stage.passLinked(15_000) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("where play goes on by relay, silence until the deadline means relay")
    func silentRelays() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, onFailure: .relay, attempts: Stage.once))
            #expect(
                stage.passLinked(15_000) == ["> state s1/1 playing", "1 < play relay 7", "2 < play relay 7"])
        }
    }

    @Test("one who is away at the deadline has its grace, and its peer is not blamed for being silent about it")
    func awayAtDeadline() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            stage.passLinked(8_000)
            stage.cut(1)
            #expect(stage.passLinked(9_999) == [])
            let ended = "ended s1/1 player_disconnected in validating blamed [0] requeued [1]"
            #expect(stage.pass(1) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("one who comes back behind the deadline has as much time as the grace gives")
    func backAfterDeadline() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, attempts: Stage.once))
            stage.passLinked(8_000)
            stage.cut(1)
            stage.passLinked(9_000)
            #expect(
                stage.enter(3, 1, player: 0) == [
                    "3 < entered p0 [0+ 1+] validating", "2 < back p0", "2 < retry p0 attempt 2 offer in 8000",
                    "3 < validate [1] offer [] in 8000 attempt 2 in 8000",
                ])
            let ended = "ended s1/1 validation_timeout in validating blamed [0, 1]"
            #expect(stage.passLinked(8_000) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("by relay, play waits at the deadline for one in its grace, and begins when it is back")
    func relayWaits() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, onFailure: .relay))
            stage.passLinked(8_000)
            stage.cut(1)
            #expect(stage.passLinked(9_000) == [])
            #expect(
                stage.enter(3, 1, player: 0) == [
                    "3 < entered p0 [0+ 1+] validating", "2 < back p0", "> state s1/1 playing", "3 < play relay 7",
                    "2 < play relay 7",
                ])
        }
    }

    @Test("with all pairs validated, play waits for one who is away")
    func validatedButAway() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            stage.ask(1, .validated(peer: p1, rttMs: nil))
            #expect(stage.cut(1) == ["2 < gone p0 10000"])
            #expect(stage.ask(2, .validated(peer: p0, rttMs: nil)) == [])
            #expect(
                stage.enter(3, 1, player: 0) == [
                    "3 < entered p0 [0+ 1+] validating", "2 < back p0", "> state s1/1 playing", "3 < play peer 7",
                    "2 < play peer 7",
                ])
        }
    }

    @Test("a client's detail reaches the log cut to its limit")
    func longDetail() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            stage.ask(1, .validationFailed(peer: p1, detail: String(repeating: "x", count: 10_000)))
            guard case .validationFailed(_, _, _, let detail) = stage.notices.first else {
                Issue.record("no notice")
                return
            }
            #expect(detail.utf8.count == 256)
        }
    }
}
