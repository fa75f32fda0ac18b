import SessionProtocol
import Testing

@testable import Coordination

@Suite struct AdministrationTests {
    @Test("an administrator's cancel ends the session for all, blames nobody, and changes nothing when it is repeated")
    func cancel() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            let ended = "ended s1/1 cancelled in playing"
            #expect(stage.say(.cancel(Stage.session(1))) == ["# \(ended)", "> \(ended)"])
            #expect(stage.say(.cancel(Stage.session(1))) == [])
            stage.ack(1)
            #expect(stage.say(.cancel(Stage.session(1))) == [])
            #expect(stage.say(.cancel(Stage.session(9))) == [])
        }
    }

    @Test("an administrator's exclusion names the player, whether it is there or not, and the reason", arguments: [true, false])
    func exclude(isThere: Bool) {
        Stage.play { stage in
            stage.begin(Stage.assignment(1, players: 3))
            if !isThere { stage.cut(2) }
            let ended = "ended s1/1 player_excluded in playing blamed [1]"
            #expect(stage.say(.exclude(Stage.session(1), PlayerIndex(1), reason: "abusive")) == ["# \(ended)", "> \(ended)"])
            #expect(
                stage.notices
                    == [.excluded(Stage.session(1), PlayerIndex(1), reason: "abusive", by: .administrator)])
        }
    }

    @Test("before play the others go back to the queue")
    func beforePlay() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1))
            stage.enter(1, 1, player: 0)
            let ended = "ended s1/1 player_excluded in matched blamed [1] requeued [0]"
            #expect(stage.say(.exclude(Stage.session(1), PlayerIndex(1), reason: "")).contains("> \(ended)"))
        }
    }

    @Test("nobody is excluded who is not in the session, or has finished")
    func nobody() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.ask(1, .finish(result: nil))
            #expect(stage.say(.exclude(Stage.session(1), PlayerIndex(0), reason: "late")) == [])
            #expect(stage.say(.exclude(Stage.session(1), PlayerIndex(2), reason: "who")) == [])
            #expect(stage.say(.exclude(Stage.session(2), PlayerIndex(0), reason: "where")) == [])
        }
    }

    @Test("a session is told of with all its players while it lives, by its outcome for a while, and then not at all")
    func account() {
        Stage.play { stage in
            var assignment = Stage.assignment(1)
            assignment.extensions = Extensions(treatment: "fast", roles: ["teacher", nil])
            stage.begin(assignment)
            stage.ask(1, .finish(result: nil))
            stage.cut(2)
            guard case .live(let live) = stage.core.account(of: Stage.session(1)) else {
                Issue.record("it lives")
                return
            }
            #expect(live.state == .playing && live.treatment == "fast")
            #expect(live.players.map(\.role) == ["teacher", nil] && live.players.map(\.hasFinished) == [true, false])
            #expect(live.players.map(\.presence) == [.connected, .away] && live.players[0].watch == nil)
            stage.say(.cancel(Stage.session(1)))
            guard case .ended(let outcome) = stage.core.account(of: Stage.session(1)) else {
                Issue.record("it has ended")
                return
            }
            #expect(outcome.reason == .cancelled)
            stage.ack(1)
            #expect(stage.core.account(of: Stage.session(1)) == .ended(outcome))
            stage.passLinked(61_000)
            #expect(stage.core.account(of: Stage.session(1)) == nil)
        }
    }
}
