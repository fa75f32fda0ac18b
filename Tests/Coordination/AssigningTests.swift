import SessionProtocol
import Testing

@testable import Coordination

@Suite struct AssigningTests {
    @Test("an assignment is accepted, and again when it is repeated")
    func accepting() {
        Stage.play { stage in
            #expect(stage.assign(Stage.assignment(1)) == ["> accepted s1/1"])
            #expect(stage.assign(Stage.assignment(1)) == ["> accepted s1/1"])
            #expect(stage.core.count(in: .matched) == 1)
        }
    }

    @Test("a session whose players' inputs for one tick may not fit a message is not carried here")
    func tooMuchForATick() {
        Stage.play { stage in
            for (number, players, inputBytes, fits) in [
                (1, 15, 4_096, true), (2, 16, 4_093, true), (3, 16, 4_094, false), (4, 255, 254, true), (5, 255, 255, false),
            ] as [(UInt64, Int, UInt16, Bool)] {
                var assignment = Stage.assignment(number, players: players)
                assignment.extensions.playRules.ticks = TickRule(intervalMs: 50, inputBytesMax: inputBytes)
                #expect(stage.assign(assignment) == ["> \(fits ? "accepted" : "refused") s\(number)/1\(fits ? "" : " unsupported")"])
            }
        }
    }

    @Test("a newer attempt takes the place of one that nobody entered, without an outcome")
    func newerAttempt() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1))
            #expect(stage.assign(Stage.assignment(1, attempt: 2)) == ["> accepted s1/2"])
            #expect(stage.notices == [.forgotten(Stage.session(1), .first)])
            #expect(stage.core.sessionCount == 1)
            #expect(stage.assign(Stage.assignment(1, attempt: 1)) == ["> refused s1/1 busy"])
        }
    }

    @Test("a newer attempt of a session that someone entered is busy, even when that one is away")
    func enteredAttempt() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1))
            stage.enter(1, 1, player: 0)
            #expect(stage.assign(Stage.assignment(1, attempt: 2)) == ["> refused s1/2 busy"])
            stage.cut(1)
            #expect(stage.assign(Stage.assignment(1, attempt: 2)) == ["> refused s1/2 busy"])
        }
    }

    @Test("an assignment of a session that ended here brings its outcome again, or busy once that is acknowledged")
    func endedBefore() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1))
            let ended = "ended s1/1 cancelled in matched"
            #expect(
                stage.say(.link(.cancel(Stage.session(1), .first, .cancelled, blamed: [])))
                    == ["# \(ended)", "> \(ended)"])
            #expect(stage.assign(Stage.assignment(1)) == ["> \(ended)"])
            #expect(stage.assign(Stage.assignment(1, attempt: 2)) == ["> \(ended)", "> refused s1/2 busy"])
            stage.ack(1)
            #expect(stage.assign(Stage.assignment(1)) == ["> refused s1/1 busy"])
        }
    }

    @Test("a subject in another live session is busy, until that ends")
    func busySubject() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1, subjects: "same"))
            #expect(stage.assign(Stage.assignment(2, subjects: "same")) == ["> refused s2/1 busy"])
            stage.say(.link(.drop(Stage.session(1), .first)))
            #expect(stage.assign(Stage.assignment(2, subjects: "same")) == ["> accepted s2/1"])
        }
    }

    @Test("a newer attempt that cannot be carried leaves the older one as it was")
    func newerAttemptRefused() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1))
            stage.assign(Stage.assignment(2, subjects: "same"))
            #expect(stage.assign(Stage.assignment(1, attempt: 2, subjects: "same")) == ["> refused s1/2 busy"])
            #expect(stage.core.count(in: .matched) == 2)
        }
    }

    @Test("over its capacity a coordinator is full")
    func full() {
        var limits = CoordinationLimits()
        limits.sessionsMax = 1
        Stage.play(limits: limits) { stage in
            stage.assign(Stage.assignment(1))
            #expect(stage.assign(Stage.assignment(2)) == ["> refused s2/1 full"])
            #expect(stage.assign(Stage.assignment(1, attempt: 2)) == ["> accepted s1/2"])
        }
    }

    @Test("a coordinator takes no session whose outcome it could not keep")
    func fullOutbox() {
        var limits = CoordinationLimits()
        limits.outboxMax = 2
        Stage.play(limits: limits) { stage in
            stage.assign(Stage.assignment(1))
            stage.say(.link(.cancel(Stage.session(1), .first, .cancelled, blamed: [])))
            #expect(stage.assign(Stage.assignment(2)) == ["> accepted s2/1"])
            #expect(stage.assign(Stage.assignment(3)) == ["> refused s3/1 full"])
            stage.ack(1)
            #expect(stage.assign(Stage.assignment(3)) == ["> accepted s3/1"])
        }
    }

    @Test("draining refuses what is new, goes on with the rest, and is said again on a new link")
    func draining() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1))
            #expect(stage.say(.drain) == ["> drain"])
            #expect(stage.say(.drain) == [])
            #expect(stage.assign(Stage.assignment(2)) == ["> refused s2/1 draining"])
            #expect(stage.assign(Stage.assignment(1)) == ["> accepted s1/1"])
            stage.say(.linkDown)
            #expect(stage.linkUp() == ["> holding s1/1 matched", "> inventoryEnd", "> drain"])
        }
    }

    @Test("validation of too large a group, and a roster that cannot be, are unsupported")
    func unsupported() {
        Stage.play { stage in
            #expect(stage.assign(Stage.validating(1, players: 16)) == ["> accepted s1/1"])
            #expect(stage.assign(Stage.validating(2, players: 17)) == ["> refused s2/1 unsupported"])
            #expect(stage.assign(Stage.assignment(3, players: 17)) == ["> accepted s3/1"])
            #expect(stage.assign(Stage.assignment(4, players: 0)) == ["> refused s4/1 unsupported"])
            var twice = Stage.assignment(5)
            twice.players[1].subject = twice.players[0].subject
            #expect(stage.assign(twice) == ["> refused s5/1 unsupported"])
        }
    }

    @Test("a cancel ends the current attempt alone, and repeats an outcome that is not acknowledged")
    func cancelling() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1, attempt: 2))
            stage.enter(1, 1, player: 0)
            #expect(stage.say(.link(.cancel(Stage.session(1), .first, .cancelled, blamed: []))) == [])
            #expect(stage.notices == [.staleAttempt(.cancel, Stage.session(1), .first)])
            let ended = "ended s1/2 player_left in matched blamed [1] requeued [0]"
            let cancel = CoordinatorEvent.link(
                .cancel(Stage.session(1), Attempt(2), .playerLeft, blamed: [PlayerIndex(1)]))
            #expect(stage.say(cancel) == ["# \(ended)", "> \(ended)"])
            #expect(stage.say(cancel) == ["> \(ended)"])
            #expect(stage.ack(1, Attempt(2)) == ["# ack s1/2", "1 < ended s1 player_left requeued place0", "1 x normal"])
            #expect(stage.say(cancel) == [])
            #expect(stage.notices.last == .unknownSession(.cancel, Stage.session(1)))
        }
    }

    @Test("a drop leaves nothing, not even an outcome; one who is inside learns that the session is over")
    func dropping() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1))
            stage.enter(1, 1, player: 0)
            #expect(stage.say(.link(.drop(Stage.session(1), Attempt(2)))) == [])
            #expect(stage.say(.link(.drop(Stage.session(1), .first))) == ["1 < error session_ended", "1 x session_ended"])
            #expect(stage.core.expiring.map(\.count) == [0])
            #expect(stage.enter(2, 1, player: 0) == ["2 < error session_ended", "2 x session_ended"])
            #expect(stage.say(.link(.drop(Stage.session(1), .first))) == [])
        }
    }

    @Test("a cancel for a reason that is nobody's to give ends the session as cancelled, and blames nobody")
    func cancelReasons() {
        Stage.play { stage in
            for (number, reason) in [EndReason.completed, .coordinatorLost, .barrierTimeout, .cancelled].enumerated() {
                let number = UInt64(number + 1)
                stage.assign(Stage.assignment(number))
                let cancelled = "ended s\(number)/1 cancelled in matched"
                #expect(
                    stage.say(.link(.cancel(Stage.session(number), .first, reason, blamed: [PlayerIndex(0)])))
                        == ["# \(cancelled)", "> \(cancelled)"])
            }
            stage.assign(Stage.assignment(9))
            let left = "ended s9/1 player_left in matched blamed [0] requeued [1]"
            #expect(
                stage.say(.link(.cancel(Stage.session(9), .first, .playerLeft, blamed: [PlayerIndex(0)])))
                    == ["# \(left)", "> \(left)"])
            #expect(stage.transitions.compactMap(\.cause) == Array(repeating: .cancelled, count: 4) + [.leftAtMatchmaker])
        }
    }
}
