import SessionProtocol
import Testing

@testable import Coordination

@Suite struct EnteringTests {
    @Test("play begins when all have entered, with the same seed for everyone")
    func entering() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1, players: 3))
            #expect(stage.enter(1, 1, player: 0) == ["1 < entered p0 [0+ 1- 2-] matched"])
            #expect(stage.enter(2, 1, player: 2) == ["2 < entered p2 [0+ 1- 2+] matched"])
            #expect(
                stage.enter(3, 1, player: 1) == [
                    "3 < entered p1 [0+ 1+ 2+] matched", "> state s1/1 playing",
                    "1 < play relay 7", "3 < play relay 7", "2 < play relay 7",
                ])
            #expect(stage.transitions.map(\.to) == [.playing])
        }
    }

    @Test("a session for one plays at once, even where peers are validated")
    func alone() {
        Stage.play { stage in
            stage.assign(Stage.validating(1, players: 1))
            #expect(
                stage.enter(1, 1, player: 0) == [
                    "1 < entered p0 [0+] matched", "> state s1/1 playing", "1 < play relay 7",
                ])
        }
    }

    @Test("a seed over 2^53 is cut, so that JSON carries it whole")
    func seed() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1, players: 1, seed: .max))
            #expect(stage.enter(1, 1, player: 0).last == "1 < play relay 9007199254740991")
        }
    }

    @Test("a wrong ticket lets nobody in, and disturbs nobody")
    func wrongTicket() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.enter(9, 1, ticket: Stage.ticket(2, 0)) == ["9 < error bad_ticket", "9 x bad_ticket"])
            #expect(stage.notices == [.entryRefused(Stage.session(1), .badTicket)])
            #expect(stage.core.connectionCount == 2)
        }
    }

    @Test("an unknown session has ended, as far as anyone can tell")
    func unknownSession() {
        Stage.play { stage in
            #expect(stage.enter(1, 1, player: 0) == ["1 < error session_ended", "1 x session_ended"])
        }
    }

    @Test("a second connection with the same ticket replaces the first, and the others hear nothing")
    func replacing() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(
                stage.enter(3, 1, player: 0) == [
                    "1 x replaced", "3 < entered p0 [0+ 1+] playing", "3 < play relay 7",
                ])
            #expect(stage.cut(1) == [])
            #expect(stage.relay(2) == "p1 to [3]")
        }
    }

    @Test("a second enter is a mistake that changes nothing")
    func secondEnter() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1))
            stage.enter(1, 1, player: 0)
            #expect(stage.enter(1, 1, player: 1) == ["1 < error wrong_state"])
            #expect(stage.core.connectionCount == 1)
        }
    }

    @Test("a request of a connection that has not entered ends it")
    func requestFirst() {
        Stage.play { stage in
            #expect(stage.ask(1, .leave) == ["1 < error wrong_state", "1 x wrong_state"])
            #expect(stage.relay(1) == "wrong_state")
        }
    }

    @Test("those who do not come are to blame, and the others are put back")
    func noShow() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1, players: 3))
            stage.enter(1, 1, player: 1)
            #expect(stage.passLinked(14_999) == [])
            let ended = "ended s1/1 no_show in matched blamed [0, 2] requeued [1]"
            #expect(stage.pass(1) == ["# \(ended)", "> \(ended)"])
            #expect(stage.ack(1) == ["# ack s1/1", "1 < ended s1 no_show requeued place1", "1 x normal"])
        }
    }

    @Test("one who vanishes before play strands nobody: play waits for its return, or the others are put back")
    func vanishingEarly() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1))
            stage.enter(1, 1, player: 0)
            #expect(stage.cut(1) == [])
            #expect(stage.enter(2, 1, player: 1) == ["2 < entered p1 [0- 1+] matched"])
            let ended = "ended s1/1 player_disconnected in matched blamed [0] requeued [1]"
            #expect(stage.passLinked(10_000) == ["# \(ended)", "> \(ended)"])
        }
    }

    @Test("one who is away when the time to enter is over keeps its grace")
    func awayAtDeadline() {
        Stage.play { stage in
            stage.begin(Stage.assignment(9))
            stage.assign(Stage.assignment(1))
            stage.enter(11, 1, player: 0)
            stage.passLinked(14_000)
            stage.cut(11)
            stage.enter(12, 1, player: 1)
            #expect(stage.passLinked(5_000) == [])
            #expect(
                stage.enter(13, 1, player: 0) == [
                    "13 < entered p0 [0+ 1+] matched", "12 < back p0", "> state s1/1 playing", "13 < play relay 7",
                    "12 < play relay 7",
                ])
        }
    }

    @Test("players who come and go in turns hold up the others for one more grace, and no longer")
    func takingTurns() {
        Stage.play { stage in
            stage.assign(Stage.assignment(1, players: 3))
            stage.enter(1, 1, player: 0)
            stage.enter(2, 1, player: 1)
            stage.cut(1)
            stage.enter(3, 1, player: 2)
            var lines: [String] = []
            var connection: UInt64 = 10
            var (away, here): (UInt64, UInt64) = (0, 2)
            for turn in 0..<5 {
                stage.passLinked(5_000)
                stage.cut(here)
                lines += stage.enter(connection, 1, player: away).filter { $0.hasPrefix("#") }
                (away, here) = (UInt64(turn % 2 == 0 ? 1 : 0), connection)
                connection += 1
            }
            #expect(lines == [])
            #expect(
                stage.notices.isEmpty && stage.core.count(in: .matched) == 0 && stage.core.outbox.count == 1,
                "15 s and one grace of 10 s after it was assigned")
            let outcome = stage.core.outbox[Stage.session(1)]?.outcome
            #expect(outcome?.reason == .playerDisconnected && outcome?.players[2].isRequeued == true)
        }
    }
}
