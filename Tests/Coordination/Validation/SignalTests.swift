import SessionProtocol
import Testing

@testable import Coordination

/// What players say to each other to connect.
@Suite struct SignalTests {
    private let p0 = PlayerIndex(0), p1 = PlayerIndex(1), p2 = PlayerIndex(2)

    @Test("signals go while a pair is tried, also behind the word of one end, and no longer when both have called it good")
    func validating() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3))
            #expect(stage.ask(1, .signal(to: p1, data: [49], attempt: 1)) == ["2 < signal p0 [49] attempt 1"])
            stage.ask(1, .validated(peer: p1, rttMs: nil))
            #expect(stage.ask(1, .signal(to: p1, data: [49])) == ["2 < signal p0 [49]"])
            stage.ask(2, .validated(peer: p0, rttMs: nil))
            #expect(stage.ask(1, .signal(to: p1, data: [49])) == ["1 < error wrong_state"])
            #expect(stage.ask(1, .signal(to: p2, data: [49])) == ["3 < signal p0 [49]"])
        }
    }

    @Test("a candidate that trails behind the attempt that it belongs to is dropped and counted, and is no mistake")
    func stale() {
        Stage.play { stage in
            stage.begin(Stage.validating(1, players: 3))
            stage.ask(1, .validationFailed(peer: p1, detail: ""))
            stage.notices = []
            #expect(stage.ask(2, .signal(to: p0, data: [49], attempt: 1)) == [])
            #expect(stage.ask(2, .signal(to: p0, data: [49], attempt: 2)) == ["1 < signal p1 [49] attempt 2"])
            stage.ask(1, .validated(peer: p1, rttMs: nil))
            stage.ask(2, .validated(peer: p0, rttMs: nil))
            #expect(stage.ask(2, .signal(to: p0, data: [49], attempt: 2)) == [])
            #expect(stage.notices.filter { $0 == .stale(Stage.session(1), by: p1, .signal) }.count == 2)
        }
    }

    @Test("in play signals are for those who play directly")
    func playing() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.ask(1, .signal(to: p1, data: [49])) == ["1 < error wrong_state"])
            stage.begin(Stage.validating(2), from: 3)
            stage.ask(3, .validated(peer: p1, rttMs: nil))
            stage.ask(4, .validated(peer: p0, rttMs: nil))
            #expect(stage.ask(3, .signal(to: p1, data: [49])) == ["4 < signal p0 [49]"])
            #expect(stage.ask(3, .signal(to: p1, data: [49], attempt: 9)) == [])
        }
    }

    @Test("one player's signals are bounded in size, at once and as a rate, and others are not hindered by it")
    func bounded() {
        var limits = CoordinationLimits()
        (limits.signalBytesMax, limits.signalsBurstMax, limits.signalsPerSecondMax) = (10, 3, 2)
        (limits.signalBytesBurstMax, limits.signalBytesPerSecondMax) = (20, 10)
        Stage.play(limits: limits) { stage in
            stage.begin(Stage.validating(1))
            let data = [UInt8](repeating: 49, count: 10)
            #expect(stage.ask(1, .signal(to: p1, data: data + [49])) == ["1 < error bad_message"])
            #expect(stage.ask(1, .signal(to: p1, data: data)).count == 1)
            #expect(stage.ask(1, .signal(to: p1, data: data)) != ["1 < error rate_limited"])
            #expect(stage.ask(1, .signal(to: p1, data: [49])) == ["1 < error rate_limited"], "no bytes are left")
            #expect(stage.ask(1, .signal(to: p1, data: [])) == ["2 < signal p0 []"])
            #expect(stage.ask(1, .signal(to: p1, data: [])) == ["1 < error rate_limited"], "no messages are left")
            #expect(stage.ask(2, .signal(to: p0, data: data)) != ["2 < error rate_limited"])
            stage.passLinked(500)
            #expect(stage.ask(1, .signal(to: p1, data: [49])) == ["2 < signal p0 [49]"])
            #expect(stage.ask(1, .signal(to: p1, data: [49])) == ["1 < error rate_limited"])
            stage.passLinked(4_000)
            for _ in 0..<3 { #expect(stage.ask(1, .signal(to: p1, data: [49])) == ["2 < signal p0 [49]"]) }
            #expect(stage.ask(1, .signal(to: p1, data: [49])) == ["1 < error rate_limited"], "no more gathers than the burst")
        }
    }
}
