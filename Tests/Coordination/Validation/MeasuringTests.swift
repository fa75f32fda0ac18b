import SessionProtocol
import Testing

@testable import Coordination

/// Round trips that players report while they are validated, and what the outcome says of them.
@Suite struct MeasuringTests {
    private let p0 = PlayerIndex(0), p1 = PlayerIndex(1), p2 = PlayerIndex(2)

    /// What the outcome of session 1 says, in microseconds by pair.
    private func measured(_ stage: Stage) -> [String]? {
        stage.core.outbox[Stage.session(1)]?.outcome.roundTrips.map {
            "\($0.pair.lower)-\($0.pair.higher) \($0.roundTripUs)"
        }
    }

    /// Reports of pairs, each with its round trip: connection, peer, milliseconds.
    private func report(_ stage: inout Stage, _ reports: [(UInt64, PlayerIndex, Double?)]) {
        for (connection, peer, rttMs) in reports { stage.ask(connection, .validated(peer: peer, rttMs: rttMs)) }
    }

    @Test("the outcome says the smaller one of what both ends have measured, whichever told it first")
    func smaller() {
        for (first, second) in [(12.5, 14.2), (14.2, 12.5)] {
            Stage.play { stage in
                stage.begin(Stage.validating(1))
                report(&stage, [(1, p1, first), (2, p0, second)])
                #expect(stage.notices.contains(.validated(Stage.session(1), by: p1, peer: p0, rttMs: second)))
                #expect(stage.notices.contains { $0.roundTripUs == 12_500 })
                stage.ask(1, .leave)
                #expect(measured(stage) == ["0-1 12500"])
            }
        }
    }

    @Test("where one end has told none, the other's counts; where neither has, nothing is said")
    func oneEnd() {
        for (first, second, said) in [(nil, 3, ["0-1 3000"]), (3, nil, ["0-1 3000"]), (nil, nil, [])] as [(Double?, Double?, [String])] {
            Stage.play { stage in
                stage.begin(Stage.validating(1))
                report(&stage, [(1, p1, first), (2, p0, second)])
                stage.ask(1, .leave)
                #expect(measured(stage) == said)
                #expect(stage.notices.filter { $0.roundTripUs != nil }.count == said.count)
            }
        }
    }

    @Test("the first report of a player about a peer stands, also when it told no round trip")
    func repeated() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3))
            report(&stage, [(1, p1, 20), (1, p1, 5), (2, p0, nil), (2, p0, 1)])
            stage.ask(1, .leave)
            #expect(measured(stage) == ["0-1 20000"])
        }
    }

    @Test("pairs are said in order, and only those that both ends call validated")
    func someOfThree() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3, onFailure: .relay, attempts: Stage.once))
            report(&stage, [(3, p1, 30), (3, p0, 40), (2, p2, 31), (1, p2, 39.9996), (1, p1, 5)])
            stage.ask(2, .validationFailed(peer: p0, detail: ""))
            #expect(stage.core.count(in: .playing) == 1)
            stage.ask(3, .leave)
            #expect(measured(stage) == ["0-2 40000", "1-2 30000"])
        }
    }

    @Test("a session that ends while it validates says what its pairs have measured by then", arguments: [true, false])
    func endsValidating(byFailure: Bool) {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3, attempts: Stage.once))
            report(&stage, [(1, p1, 7), (2, p0, 8), (1, p2, 9)])
            if byFailure {
                stage.ask(3, .validationFailed(peer: p0, detail: ""))
                stage.ask(3, .validationFailed(peer: p1, detail: ""))
                stage.ask(2, .validationFailed(peer: p2, detail: ""))
            } else {
                stage.passLinked(15_000)
            }
            #expect(measured(stage) == ["0-1 7000"])
        }
    }

    @Test(
        "whichever way play ends, the outcome says them",
        arguments: ["finish", "leave", "cancel", "grace", "time limit", "lease", "shutdown", "excluded"])
    func endsPlaying(_ way: String) {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            report(&stage, [(1, p1, 0), (2, p0, 60_000)])
            switch way {
            case "finish": for connection in [1, 2] as [UInt64] { stage.ask(connection, .finish(result: nil)) }
            case "leave": stage.ask(2, .leave)
            case "excluded": stage.ask(2, .exclude(reason: "bored"))
            case "cancel": stage.say(.link(.cancel(Stage.session(1), .first, .cancelled, blamed: [])))
            case "grace":
                stage.cut(1)
                stage.passLinked(10_000)
            case "time limit": stage.passLinked(3_600_000)
            case "lease": stage.pass(Stage.graceMs)
            default: stage.say(.shutdown)
            }
            #expect(measured(stage) == ["0-1 0"], "\(way)")
        }
    }

    @Test("a scene that does not validate has measured nothing")
    func unvalidated() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.ask(1, .validated(peer: p1, rttMs: 1)) == ["1 < error wrong_state"])
            stage.ask(1, .leave)
            #expect(measured(stage) == [])
        }
    }

    @Test(
        "a round trip that makes no sense is refused with its report, and both can be said again",
        arguments: [-0.0001, -1, 60_000.0001, 1e300, .infinity, -.infinity, .nan])
    func senseless(_ rttMs: Double) {
        Stage.play { stage in
            stage.begin(Stage.validating(1))
            #expect(stage.ask(1, .validated(peer: p1, rttMs: rttMs)) == ["1 < error bad_message"])
            #expect(stage.notices == [])
            report(&stage, [(2, p0, 6), (1, p1, 6.5)])
            #expect(stage.core.count(in: .playing) == 1)
            stage.ask(1, .leave)
            #expect(measured(stage) == ["0-1 6000"])
        }
    }

    @Test("sixteen players have a hundred and twenty pairs")
    func sixteen() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 16))
            for player in 0..<16 as Range<UInt8> {
                for peer in 0..<16 as Range<UInt8> where peer != player {
                    stage.ask(
                        UInt64(player) + 1,
                        .validated(peer: PlayerIndex(peer), rttMs: Double(min(player, peer)) + Double(max(player, peer)) / 100))
                }
            }
            #expect(stage.core.count(in: .playing) == 1)
            stage.ask(1, .leave)
            let wanted = (0..<16).flatMap { lower in (lower + 1..<16).map { "\(lower)-\($0) \(lower * 1000 + $0 * 10)" } }
            #expect(wanted.count == 120)
            #expect(measured(stage) == wanted)
        }
    }
}

extension CoordinatorNotice {
    fileprivate var roundTripUs: UInt32? {
        if case .measured(_, let roundTrip) = self { roundTrip.roundTripUs } else { nil }
    }
}
