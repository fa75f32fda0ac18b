import SessionProtocol
import Testing

@testable import Coordination

@Suite struct PresenceTests {
    @Test("the others hear of one who vanishes and of its return, and it hears what it needs again")
    func returning() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1, players: 3))
            #expect(stage.cut(1) == ["2 < gone p0 10000", "3 < gone p0 10000"])
            #expect(
                stage.enter(4, 1, player: 0) == [
                    "4 < entered p0 [0+ 1+ 2+] playing", "2 < back p0", "3 < back p0", "4 < play relay 7",
                ])
            #expect(stage.passLinked(20_000) == [], "the grace is off")
        }
    }

    @Test("one who returns while validating is asked again, with the time that is left")
    func returningToValidate() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            stage.passLinked(5_000)
            stage.cut(2)
            #expect(
                stage.enter(3, 1, player: 1) == [
                    "3 < entered p1 [0+ 1+] validating", "1 < back p1", "1 < retry p1 attempt 3 offer in 5000",
                    "3 < validate [0] offer [] in 10000 attempt 3 in 5000",
                ])
        }
    }

    @Test("a grace that is over ends the session; in play nobody is put back")
    func graceOver() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.cut(1)
            #expect(stage.passLinked(9_999) == [])
            let ended = "ended s1/1 player_disconnected in playing blamed [0]"
            #expect(stage.pass(1) == ["# \(ended)", "> \(ended)"])
            #expect(stage.ack(1) == ["# ack s1/1", "2 < ended s1 player_disconnected release1", "2 x normal"])
        }
    }

    @Test("of several who are away, those are to blame whose grace is over")
    func severalAway() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1, players: 4))
            stage.cut(1)
            stage.cut(2)
            stage.passLinked(3_000)
            stage.cut(3)
            let ended = "ended s1/1 player_disconnected in playing blamed [0, 1]"
            #expect(stage.passLinked(7_000) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("one who leaves ends the session at once; before play the others are put back, in play nobody is")
    func leaving() {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            let early = "ended s1/1 player_left in validating blamed [0] requeued [1]"
            #expect(stage.ask(1, .leave) == ["# \(early)", "> \(early)"])
            #expect(
                stage.ack(1) == [
                    "# ack s1/1", "1 < ended s1 player_left release0", "1 x normal",
                    "2 < ended s1 player_left requeued place1", "2 x normal",
                ])
            stage.begin(Stage.assignment(2), from: 11)
            let late = "ended s2/1 player_left in playing blamed [1]"
            #expect(stage.ask(12, .leave) == ["# \(late)", "> \(late)"])
        }
    }

    @Test("one who leaves while others have yet to come ends the session too")
    func leavingBeforeAllEntered() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1))
            stage.enter(1, 1, player: 0)
            let ended = "ended s1/1 player_left in matched blamed [0] requeued [1]"
            #expect(stage.ask(1, .leave) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("a player can exclude itself, and the outcome says what it said")
    func excluding() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            let ended = "ended s1/1 player_excluded in playing blamed [0]"
            #expect(stage.ask(1, .exclude(reason: "focus lost")) == ["# \(ended)", "> \(ended)"])
            #expect(stage.core.outbox[Stage.session(1)]?.outcome.losses == [PlayerLoss(PlayerIndex(0), .playerExcluded, text: "focus lost")])
            #expect(stage.notices == [.excluded(Stage.session(1), PlayerIndex(0), reason: "focus lost", by: .itself)])
        }
    }

    @Test("when all have finished the session is completed, and the outcome holds what they said")
    func finishing() {
        Stage.play { stage in
            var assignment = Stage.assignment(1)
            assignment.settings.completionCodes = [CompletionCode(reason: .completed, code: "PAID")]
            stage.begin(assignment)
            #expect(stage.ask(1, .finish(result: Array("{}".utf8))) == [])
            #expect(stage.ask(1, .finish(result: nil)) == ["1 < error wrong_state"])
            let ended = "ended s1/1 completed in playing"
            #expect(stage.ask(2, .finish(result: nil)) == ["# \(ended)", "> \(ended)"])
            let players = stage.core.outbox[Stage.session(1)]?.outcome.players
            #expect(players?.map(\.hasFinished) == [true, true])
            #expect(players?.map(\.result) == [[0x7B, 0x7D], []])
            #expect(
                stage.ack(1) == [
                    "# ack s1/1", "1 < ended s1 completed release0 PAID", "1 x normal",
                    "2 < ended s1 completed release1 PAID", "2 x normal",
                ])
        }
    }

    @Test("a result has its limit, and nobody finishes before play")
    func badFinish() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            let result = [UInt8](repeating: 32, count: ProtocolLimits.resultBytesMax)
            #expect(stage.ask(1, .finish(result: result + [32])) == ["1 < error bad_message"])
            #expect(stage.ask(1, .finish(result: result)) == [])
            stage.begin(Stage.validating(2), from: 11)
            #expect(stage.ask(11, .finish(result: nil)) == ["11 < error wrong_state"])
        }
    }

    @Test("one who has finished may vanish, leave and come back, and nobody is disturbed")
    func goneAfterFinish() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.ask(1, .finish(result: nil))
            #expect(stage.cut(1) == [])
            #expect(stage.passLinked(20_000) == [])
            #expect(stage.enter(3, 1, player: 0) == ["3 < entered p0 [0+ 1+] playing", "3 < play relay 7"])
            #expect(stage.ask(3, .leave) == ["3 x normal"])
            #expect(stage.core.connectionCount == 1)
            let ended = "ended s1/1 completed in playing"
            #expect(stage.ask(2, .finish(result: nil)) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("play that lasts too long ends")
    func timeLimit() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.passLinked(3_599_999) == [])
            let ended = "ended s1/1 time_limit in playing"
            #expect(stage.pass(1) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("signals reach members of the session alone, in validating and playing alone")
    func signals() {
        Stage.play { stage in
            stage.assign(Stage.validating(1, players: 3))
            stage.enter(1, 1, player: 0)
            #expect(stage.ask(1, .signal(to: PlayerIndex(1), data: [])) == ["1 < error wrong_state"])
            stage.enter(2, 1, player: 1)
            stage.enter(3, 1, player: 2)
            #expect(stage.ask(1, .signal(to: PlayerIndex(2), data: [123, 125])) == ["3 < signal p0 [123, 125]"])
            #expect(stage.ask(1, .signal(to: PlayerIndex(0), data: [])) == ["1 < error no_such_player"])
            #expect(stage.ask(1, .signal(to: PlayerIndex(3), data: [])) == ["1 < error no_such_player"])
            stage.cut(3)
            #expect(stage.ask(1, .signal(to: PlayerIndex(2), data: [])) == ["1 < error wrong_state"])
        }
    }
}
