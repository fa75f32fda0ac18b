import SessionProtocol
import Testing

@testable import Coordination

/// Direct play that goes on without a player, and with a bot in its seat.
@Suite struct LostPeerTests {
    private let p0 = PlayerIndex(0), p1 = PlayerIndex(1), p2 = PlayerIndex(2)
    private static let seat = Ticket(high: 77, low: 1)

    /// A game of direct connections that goes on without those who are lost.
    private func play(_ count: UInt8 = 3, bots: Bool = false, pauses: Bool = false, _ body: (inout Stage) -> Void) {
        Stage.play { stage in
            var assignment = Stage.validating(1, players: Int(count))
            assignment.extensions.playRules.absence = AbsenceRule(pauses: pauses, loss: bots ? .bot : .empty)
            stage.begin(assignment)
            stage.validateAll(count)
            stage.notices = []
            body(&stage)
        }
    }

    private func count(_ table: String, _ stage: Stage) -> Int? { stage.core.tables.first { "\($0.name)" == table }?.count }

    @Test("a pair that is being mended when one of the two is lost is neither mended nor waited for, and costs the others nothing")
    func lostInRepair() {
        play { stage in
            stage.ask(2, .peerLost(peer: p2))
            #expect(count("pairAttempts", stage) == 1)
            #expect(stage.ask(3, .leave).suffix(2) == ["1 < lost p2 player_left", "2 < lost p2 player_left"])
            #expect(count("pairAttempts", stage) == 0)
            #expect(stage.ask(2, .validationFailed(peer: p2, detail: "", attempt: 2)) == [], "what it still says of it comes too late")
            #expect(stage.passLinked(60_000) == [], "there is nothing to wait for, and nothing falls back")
            #expect(stage.ask(1, .peerLost(peer: p1)).first == "1 < retry p1 attempt 2 in 5000", "the others' pair is mended as ever")
        }
    }

    @Test("the last attempt of a pair, one of whom is lost meanwhile, does not send all to the relay")
    func lostAtLastAttempt() {
        play { stage in
            stage.ask(2, .peerLost(peer: p2))
            for _ in 0..<2 { stage.ask(2, .validationFailed(peer: p2, detail: "")) }
            stage.cut(3)
            stage.passLinked(10_000)
            #expect(stage.core.outbox.count == 0 && count("seatsLost", stage) == 1)
            #expect(stage.ask(2, .validationFailed(peer: p2, detail: "")) == [])
            #expect(stage.ask(2, .peerLost(peer: p2)) == [])
            #expect(stage.relay(1) == "p0 to [2]")
            #expect(stage.enter(4, 1, player: 1).contains("4 < play peer 7"))
        }
    }

    @Test("nobody connects to one who is lost: its peers' losses of it are no news, and their signals go nowhere")
    func lostForGood() {
        play { stage in
            stage.ask(3, .leave)
            #expect(stage.ask(1, .peerLost(peer: p2)) == [])
            #expect(stage.ask(1, .signal(to: p2, data: [49], attempt: 1)) == [], "candidates trail behind")
            #expect(stage.ask(1, .signal(to: p2, data: [49])) == ["1 < error wrong_state"])
            #expect(stage.notices.last == .stale(Stage.session(1), by: p0, .signal))
            #expect(stage.enter(4, 1, player: 1).contains { $0.contains("retry") } == false, "one who is back is not told to connect to it")
            #expect(stage.ask(4, .peerLost(peer: p2)) == [])
            #expect(stage.ask(4, .peerLost(peer: p0)).count == 2)
            #expect(stage.passLinked(60_000).suffix(2) == ["1 < transport relay", "4 < transport relay"], "blamed on their own pair alone")
            #expect(stage.notices.last == .fellBack(Stage.session(1), .overPair(PlayerPair(p0, p1)!)))
        }
    }

    @Test("a pair that waits for one who is away is not waited for when that one does not come back")
    func awayInRepair() {
        play(pauses: true) { stage in
            stage.cut(3)
            stage.ask(1, .peerLost(peer: p2))
            #expect(count("pairAttempts", stage) == 1)
            #expect(stage.passLinked(10_000).suffix(2) == ["1 < resumed in 0 paused 10000", "2 < resumed in 0 paused 10000"])
            #expect(count("pairAttempts", stage) == 0)
            stage.ask(1, .finish(result: nil))
            #expect(stage.ask(2, .finish(result: nil)).last?.hasPrefix("> ended s1/1 completed in playing lost") == true)
        }
    }

    @Test("one who has finished and goes is not waited for by a pair that was being mended")
    func finishedInRepair() {
        play { stage in
            stage.ask(1, .peerLost(peer: p1))
            for _ in 0..<2 { stage.ask(1, .validationFailed(peer: p1, detail: "")) }
            stage.ask(2, .finish(result: nil))
            stage.cut(2)
            #expect(count("pairAttempts", stage) == 0)
            #expect(stage.ask(1, .validationFailed(peer: p1, detail: "")) == [])
            #expect(stage.passLinked(60_000) == [])
        }
    }

    @Test("when a bot takes a seat in direct play all play on through the coordinator, and it is told so from the beginning")
    func bot() {
        play(bots: true) { stage in
            stage.ask(1, .peerLost(peer: p1))
            stage.ask(3, .leave)
            #expect(stage.core.offerSeat(Stage.session(1), p2, Self.seat) == .offered)
            #expect(stage.relay(1) == "p0 to [2]")
            #expect(
                stage.enter(13, 1, ticket: Self.seat) == [
                    "1 < transport relay", "2 < transport relay", "13 < entered p2 [0+ 1+ 2+x] playing", "1 < seated p2", "2 < seated p2",
                    "13 < play relay 7", "13 < replay p0 [1]",
                ])
            #expect(stage.notices.contains(.fellBack(Stage.session(1), .forBot(p2))))
            #expect(count("pairAttempts", stage) == 0)
            #expect(stage.relay(1) == "p0 to [2, 13]" && stage.relay(13) == "p2 to [1, 2]")
            #expect(stage.ask(1, .peerLost(peer: p2)) == [] && stage.ask(13, .validated(peer: p0, rttMs: nil)) == [])
            #expect(stage.ask(2, .validationFailed(peer: p0, detail: "", attempt: 2)) == [], "it may not have heard yet")
            stage.cut(13)
            #expect(stage.enter(14, 1, ticket: Self.seat).filter { $0.contains("transport") } == [], "once")
            #expect(stage.enter(4, 1, player: 0).contains("4 < play relay 7"), "one who is back hears so")
        }
    }

    @Test("an offer that nobody takes leaves direct play as it is")
    func offered() {
        play(bots: true) { stage in
            stage.ask(3, .leave)
            #expect(stage.core.offerSeat(Stage.session(1), p2, Self.seat) == .offered)
            #expect(stage.passLinked(20_000) == [])
            #expect(stage.enter(4, 1, player: 0).contains("4 < play peer 7"))
        }
    }
}
