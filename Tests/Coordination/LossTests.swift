import SessionProtocol
import Testing

@testable import Coordination

extension Stage {
    /// A game in whose scene these rules hold.
    static func ruled(_ number: UInt64, players: Int = 3, subjects: String? = nil, _ rules: PlayRules) -> Assignment {
        var assignment = assignment(number, players: players, subjects: subjects)
        assignment.extensions.playRules = rules
        return assignment
    }

    /// One that goes on with so many.
    static func lossy(
        _ number: UInt64, players: Int = 3, least: UInt8 = 1, subjects: String? = nil, bots: Bool = false
    ) -> Assignment {
        ruled(number, players: players, subjects: subjects, PlayRules(absence: AbsenceRule(loss: bots ? .bot : .empty, playersMin: least)))
    }
}

@Suite struct LossTests {
    @Test("a player who leaves is told and let go, the others play on, and the outcome says so")
    func leaving() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1))
            #expect(
                stage.ask(2, .leave) == [
                    "2 < ended s1 player_left release1", "2 x normal", "> holding s1/1 playing lost [1]",
                    "1 < lost p1 player_left", "3 < lost p1 player_left",
                ])
            #expect(stage.relay(1) == "p0 to [3]")
            #expect(stage.relay(2) == "wrong_state")
            stage.ask(1, .finish(result: nil))
            let ended = "ended s1/1 completed in playing lost [\"1 player_left\"]"
            #expect(stage.ask(3, .finish(result: nil)) == ["# \(ended)", "> \(ended)"])
            #expect(
                stage.ack(1) == [
                    "# ack s1/1", "1 < ended s1 completed release0", "1 x normal", "3 < ended s1 completed release2", "3 x normal",
                ])
        }
    }

    @Test("its ticket is answered with the same words while the session lives, and after it has ended")
    func comingBack() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1))
            stage.ask(2, .leave)
            for connection in 11...12 as ClosedRange<UInt64> {
                #expect(
                    stage.enter(connection, 1, player: 1) == [
                        "\(connection) < ended s1 player_left release1", "\(connection) x normal",
                    ])
            }
            stage.ask(1, .finish(result: nil))
            stage.ask(3, .finish(result: nil))
            #expect(stage.enter(13, 1, player: 1) == [], "the end is not acknowledged yet")
            #expect(stage.ack(1).suffix(2) == ["3 < ended s1 completed release2", "3 x normal"])
            #expect(stage.enter(14, 1, player: 1) == ["14 < ended s1 player_left release1", "14 x normal"])
        }
    }

    @Test("the lost one's subject is free: it plays elsewhere at once, also here, and neither session minds the other's end")
    func playingElsewhere() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1, subjects: "x"))
            let other = Stage.assignment(2, players: 1, subjects: "x")
            #expect(stage.assign(other) == ["> refused s2/1 busy"])
            stage.ask(1, .leave)
            #expect(stage.assign(other) == ["> accepted s2/1"])
            #expect(stage.enter(11, 2, player: 0).suffix(2) == ["> state s2/1 playing", "11 < play relay 7"])
            stage.ask(2, .finish(result: nil))
            stage.ask(3, .finish(result: nil))
            stage.ack(1)
            #expect(stage.core.ledger.session(of: other.players[0].subject) == Stage.session(2))
            #expect(stage.relay(11) == "p0 to []")
        }
    }

    @Test("one who does not come back within its grace is lost; when it comes then, it is told why")
    func graceOver() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1))
            #expect(stage.cut(3) == ["1 < gone p2 10000", "2 < gone p2 10000"])
            #expect(stage.passLinked(9_999) == [])
            #expect(
                stage.passLinked(1) == [
                    "> holding s1/1 playing lost [2]", "1 < lost p2 player_disconnected", "2 < lost p2 player_disconnected",
                ])
            #expect(stage.enter(13, 1, player: 2) == ["13 < ended s1 player_disconnected release2", "13 x normal"])
        }
    }

    @Test("one who excludes itself is lost, with what it said in the outcome, cut where a character ends")
    func excluding() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1))
            #expect(stage.ask(1, .exclude(reason: "x" + String(repeating: "é", count: 125))).first == "1 < ended s1 player_excluded release0")
            stage.ask(2, .finish(result: nil))
            let text = "x" + String(repeating: "é", count: 119)
            #expect(stage.ask(3, .finish(result: nil)).last == "> ended s1/1 completed in playing lost [\"0 player_excluded (\(text))\"]")
        }
    }

    @Test("with fewer left than the least, the session ends for the last one's reason, and blames that one alone")
    func tooFew() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1, players: 4, least: 3))
            stage.ask(4, .exclude(reason: "tired"))
            let ended = "ended s1/1 player_left in playing blamed [0] lost [\"3 player_excluded (tired)\"]"
            #expect(stage.ask(1, .leave) == ["# \(ended)", "> \(ended)"])
            #expect(stage.core.outbox[Stage.session(1)]?.outcome.losses.map(\.player.number) == [0, 3], "all who went are among the losses")
            #expect(
                stage.ack(1).filter { $0.contains("<") } == [
                    "1 < ended s1 player_left release0", "2 < ended s1 player_left release1", "3 < ended s1 player_left release2",
                ])
            #expect(stage.enter(14, 1, player: 3).first == "14 < ended s1 player_excluded release3")
        }
    }

    @Test("those whose graces are over together count together")
    func twoAtOnce() {
        for (least, isOver) in [(2, false), (3, true)] as [(UInt8, Bool)] {
            Stage.play { stage in
                stage.begin(Stage.lossy(1, players: 4, least: least))
                stage.cut(1)
                stage.cut(2)
                let lines = stage.passLinked(10_000)
                #expect(lines.contains { $0.hasPrefix("> ended s1/1 player_disconnected in playing blamed [0, 1]") } == isOver)
                #expect(lines.contains("> holding s1/1 playing lost [0, 1]") != isOver)
            }
        }
    }

    @Test("when all who are left have finished, the session is completed")
    func othersFinished() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1, least: 2))
            stage.ask(1, .finish(result: nil))
            stage.ask(2, .finish(result: nil))
            stage.cut(1)
            #expect(stage.ask(3, .leave).last == "> ended s1/1 completed in playing lost [\"2 player_left\"]")
        }
    }

    @Test("one who has finished and goes is no loss, nor is one who goes before play")
    func noLoss() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1))
            stage.ask(1, .finish(result: nil))
            #expect(stage.ask(1, .leave) == ["1 x normal"])
            stage.assign(Stage.lossy(2))
            stage.enter(11, 2, player: 0)
            #expect(stage.ask(11, .leave).last == "> ended s2/1 player_left in matched blamed [0] requeued [1, 2]")
        }
    }

    @Test("without the rule, or with `end`, a session ends with its first loss as ever")
    func ending() {
        for rule in [nil, AbsenceRule(loss: .end)] {
            Stage.play { stage in
                stage.begin(Stage.ruled(1, PlayRules(absence: rule)))
                #expect(stage.ask(2, .leave).last == "> ended s1/1 player_left in playing blamed [1]")
            }
        }
    }

    @Test("what is held is said with its losses on the next link too, and a loss while it is down is told all the same")
    func linkDown() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1))
            stage.say(.linkDown)
            #expect(stage.ask(2, .leave).prefix(2) == ["2 < ended s1 player_left release1", "2 x normal"])
            #expect(stage.linkUp().contains("> holding s1/1 playing lost [1]"))
        }
    }

    @Test("the next loss names the earlier ones too, and lost seats are counted")
    func several() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1, players: 4))
            stage.ask(3, .leave)
            #expect(stage.ask(1, .leave).contains("> holding s1/1 playing lost [0, 2]"))
            #expect(stage.core.tables.first { "\($0.name)" == "seatsLost" }?.count == 2)
            #expect(stage.enter(14, 1, player: 3).contains("14 < entered p3 [0-x 1+ 2-x 3+] playing"))
        }
    }

    @Test("a lost one opens barriers that others wait at")
    func barriers() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1))
            stage.ask(1, .ready(barrier: "a"))
            stage.ask(2, .ready(barrier: "a"))
            #expect(stage.ask(3, .leave).suffix(2) == ["1 < go a", "2 < go a"])
        }
    }
}

@Suite struct SeatTests {
    private static let seat = Ticket(high: 77, low: 1)

    @Test("a bot takes a lost seat with the ticket that it is offered, plays, and is dismissed at the end")
    func playing() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1, bots: true))
            #expect(stage.ask(3, .leave).suffix(2) == ["1 < lost p2 player_left bot", "2 < lost p2 player_left bot"])
            #expect(stage.core.offerSeat(Stage.session(1), PlayerIndex(2), Self.seat) == .offered)
            #expect(
                stage.enter(13, 1, ticket: Self.seat) == [
                    "13 < entered p2 [0+ 1+ 2+x] playing", "1 < seated p2", "2 < seated p2", "13 < play relay 7",
                ])
            #expect(stage.relay(13) == "p2 to [1, 2]")
            #expect(stage.core.offerSeat(Stage.session(1), PlayerIndex(2), Ticket(high: 78, low: 1)) == .taken)
            #expect(stage.enter(14, 1, player: 2) == ["14 < ended s1 player_left release2", "14 x normal"], "it stays the lost one's")
            stage.ask(13, .finish(result: Array("{}".utf8)))
            stage.ask(1, .finish(result: nil))
            let ended = "ended s1/1 completed in playing lost [\"2 player_left\"]"
            #expect(
                stage.ask(2, .finish(result: nil)) == ["# \(ended)", "> \(ended)", "13 < ended s1 completed none", "13 x normal"])
            #expect(stage.core.outbox[Stage.session(1)]?.outcome.players[2].hasFinished == false, "the bot's result is not the player's")
        }
    }

    @Test("a bot holds up nobody, and whoever comes with its ticket after it has gone takes the seat again")
    func holdingUp() {
        Stage.play { stage in
            stage.begin(Stage.lossy(1, bots: true))
            stage.ask(3, .leave)
            #expect(stage.core.offerSeat(Stage.session(1), PlayerIndex(2), Self.seat) == .offered)
            stage.enter(13, 1, ticket: Self.seat)
            stage.ask(1, .ready(barrier: "a"))
            #expect(stage.ask(2, .ready(barrier: "a")) == ["1 < go a", "2 < go a", "13 < go a"])
            #expect(stage.ask(13, .ready(barrier: "b")) == [], "it opens none that others would have to reach")
            #expect(stage.cut(13) == ["1 < lost p2 player_left bot", "2 < lost p2 player_left bot"])
            #expect(stage.passLinked(20_000) == [], "and has no grace")
            #expect(stage.enter(15, 1, ticket: Self.seat).contains("1 < seated p2"))
            #expect(stage.ask(15, .leave) == ["15 x normal", "1 < lost p2 player_left bot", "2 < lost p2 player_left bot"])
        }
    }

    @Test("a seat is offered only when it is lost, in a scene for bots, and a newer offer voids the one before")
    func offering() {
        Stage.play { stage in
            let session = Stage.session(1)
            #expect(stage.core.offerSeat(session, PlayerIndex(0), Self.seat) == .noSuchSession)
            stage.begin(Stage.lossy(1, bots: true))
            #expect(stage.core.offerSeat(session, PlayerIndex(3), Self.seat) == .noSuchPlayer)
            #expect(stage.core.offerSeat(session, PlayerIndex(0), Self.seat) == .notLost)
            stage.ask(1, .leave)
            #expect(stage.core.offerSeat(session, PlayerIndex(0), Self.seat) == .offered)
            #expect(stage.core.offerSeat(session, PlayerIndex(0), Ticket(high: 78, low: 1)) == .offered)
            #expect(stage.enter(11, 1, ticket: Self.seat) == ["11 < error bad_ticket", "11 x bad_ticket"])
            stage.begin(Stage.lossy(2), from: 21)
            stage.ask(21, .leave)
            #expect(stage.core.offerSeat(Stage.session(2), PlayerIndex(0), Self.seat) == .notLost)
        }
    }
}
