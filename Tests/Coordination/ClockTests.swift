import SessionProtocol
import Testing

@testable import Coordination

@Suite struct ClockEstimateTests {
    /// One question over a way of so many milliseconds there and back, to a clock that is ahead by `offsetMs`.
    private func exchange(
        _ clock: inout ClockEstimate, at nowMs: inout UInt64, there: UInt64, back: UInt64, offsetMs: Double
    ) {
        let number = clock.ask(nowMs: nowMs)
        let clientMs = Double(nowMs + there) + offsetMs
        nowMs += there + back
        let isTaken = clock.take(number, clientMs: clientMs, nowMs: nowMs, samplesKept: 8)
        #expect(isTaken)
        nowMs += 100
    }

    @Test("with equal ways there and back the offset is exact")
    func exact() {
        var (clock, nowMs) = (ClockEstimate(), UInt64(1000))
        #expect(clock.offsetMs == nil && clock.roundTripMs(nowMs: nowMs) == nil && clock.clientMs(at: 5) == nil)
        exchange(&clock, at: &nowMs, there: 20, back: 20, offsetMs: 5000)
        #expect(clock.offsetMs == 5000 && clock.roundTripMs(nowMs: nowMs) == 40 && clock.clientMs(at: 5) == 5005)
    }

    @Test("the shortest round trip counts, and the offset is wrong by no more than half of it", arguments: 1...20 as ClosedRange<UInt64>)
    func asymmetric(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var (clock, nowMs) = (ClockEstimate(), UInt64(1000))
        let offsetMs = Double(random.next() % 1_000_000)
        var bestMs = UInt64.max
        for _ in 0..<8 {
            let (there, back) = (random.next() % 200, random.next() % 50)
            exchange(&clock, at: &nowMs, there: there, back: back, offsetMs: offsetMs)
            bestMs = min(bestMs, there + back)
        }
        #expect(abs((clock.offsetMs ?? .infinity) - offsetMs) <= Double(bestMs) / 2 + 1)
    }

    @Test("one long delay changes neither offset nor round trip; two in a row are the way as it is now")
    func outliers() {
        var (clock, nowMs) = (ClockEstimate(), UInt64(1000))
        for _ in 0..<3 { exchange(&clock, at: &nowMs, there: 10, back: 10, offsetMs: 70) }
        exchange(&clock, at: &nowMs, there: 3000, back: 10, offsetMs: 70)
        #expect(clock.offsetMs == 70 && clock.roundTripMs(nowMs: nowMs) == 20)
        exchange(&clock, at: &nowMs, there: 400, back: 10, offsetMs: 70)
        #expect(clock.offsetMs == 70 && clock.roundTripMs(nowMs: nowMs) == 410)
    }

    @Test("a clock that is set is believed from its next answer on")
    func steps() {
        var (clock, nowMs) = (ClockEstimate(), UInt64(1000))
        for _ in 0..<5 { exchange(&clock, at: &nowMs, there: 5, back: 5, offsetMs: 100) }
        exchange(&clock, at: &nowMs, there: 40, back: 40, offsetMs: 3_600_100)
        #expect(clock.offsetMs == 3_600_100)
        exchange(&clock, at: &nowMs, there: 40, back: 40, offsetMs: 3_600_100)
        exchange(&clock, at: &nowMs, there: 5, back: 5, offsetMs: 50)
        #expect(clock.offsetMs == 50)
    }

    @Test("a clock that runs a little fast is followed, old answers counting for less")
    func drifting() {
        var (clock, nowMs) = (ClockEstimate(), UInt64(1000))
        exchange(&clock, at: &nowMs, there: 1, back: 1, offsetMs: 0)
        for step in 1...60 {
            nowMs += 60_000
            exchange(&clock, at: &nowMs, there: 4, back: 4, offsetMs: Double(step) * 3)
            #expect(abs((clock.offsetMs ?? .infinity) - Double(step) * 3) <= 6)
        }
    }

    @Test("the time that an answer is due counts as the round trip when it is longer")
    func waiting() {
        var (clock, nowMs) = (ClockEstimate(), UInt64(1000))
        exchange(&clock, at: &nowMs, there: 5, back: 5, offsetMs: 0)
        _ = clock.ask(nowMs: nowMs)
        #expect(clock.roundTripMs(nowMs: nowMs + 3) == 10)
        #expect(clock.roundTripMs(nowMs: nowMs + 800) == 800)
    }

    @Test("only the answer to the question that waits counts, and nonsense never does")
    func refusing() {
        var clock = ClockEstimate()
        func take(_ number: UInt32, _ clientMs: Double) -> Bool {
            clock.take(number, clientMs: clientMs, nowMs: 1, samplesKept: 8)
        }
        func ask() -> UInt32 { clock.ask(nowMs: 1) }
        #expect(take(1, 5) == false)
        #expect(ask() == 1)
        for nonsense in [-1, .nan, .infinity, 1e300] { #expect(take(1, nonsense) == false) }
        #expect(take(2, 5) == false)
        #expect(take(1, 5) == true)
        #expect(take(1, 5) == false)
        #expect(ask() == 2)
        #expect(take(2, 9_007_199_254_740_991) == true)
        #expect(clock.clientMs(at: .max) == nil, "beyond what a whole number can say")
    }
}

@Suite struct StartTests {
    private static func counting(_ countdownMs: UInt32, players: Int = 2) -> Assignment {
        var assignment = Stage.assignment(1, players: players)
        assignment.extensions.playRules = PlayRules(start: StartRule(countdownMs: countdownMs))
        return assignment
    }

    /// Answers as a page does whose clock is ahead, over a way of so long there and as long back.
    private func answer(_ stage: inout Stage, _ connection: UInt64, _ sample: UInt32, aheadMs: UInt64, wayMs: UInt64 = 0) -> [String] {
        stage.pass(wayMs)
        let clientMs = Double(stage.now.bootMs + aheadMs)
        stage.pass(wayMs)
        return stage.ask(connection, .clock(sample: sample, clientMs: clientMs))
    }

    @Test("one who is back hears how long ago play began, and when that was by its own clock once it is known")
    func returning() {
        Stage.play { stage in
            stage.begin(Self.counting(1_000))
            stage.passLinked(8_000)
            stage.cut(2)
            stage.passLinked(500)
            stage.enter(3, 1, player: 1)
            guard let details = stage.core.ledger.details(of: Stage.session(1)), case .playing(let play) = details.phase else {
                Issue.record("it plays")
                return
            }
            let reply = details.playReply(play, to: PlayerIndex(1), stage.now)
            #expect(reply == .play(.relay, seed: 7, StartInstant(inMs: 0, agoMs: 7_500), nil))
            for sample: UInt32 in 1...4 { #expect(answer(&stage, 3, sample, aheadMs: 300, wayMs: 10) == []) }
            #expect(answer(&stage, 3, 5, aheadMs: 300, wayMs: 10) == ["3 < start in 0 ago 7600 at 101300"])
        }
    }

    @Test("without a rule play begins at once; a client is asked its clock when it enters")
    func atOnce() {
        Stage.play { stage in
            stage.begin(Stage.assignment(1))
            #expect(stage.clocks == ["1 < clock 1 at 100000", "2 < clock 1 at 100000"])
            stage.cut(2)
            #expect(stage.enter(3, 1, player: 1).last == "3 < play relay 7")
        }
    }

    @Test("a client is asked five times in a row, then every ten seconds, and not again while it does not answer")
    func asking() throws {
        try Stage.play { stage in
            stage.begin(Stage.assignment(1))
            stage.clocks = []
            for sample: UInt32 in 1...4 {
                #expect(answer(&stage, 1, sample, aheadMs: 50) == [])
                #expect(stage.clocks == ["1 < clock \(sample + 1) at 100000"])
                stage.clocks = []
            }
            #expect(answer(&stage, 1, 5, aheadMs: 50) == ["1 < start in 0 at 100050"], "now that its clock is known")
            stage.passLinked(9_999)
            #expect(stage.clocks == [])
            stage.passLinked(1)
            #expect(stage.clocks == ["1 < clock 6 at 110000"], "and the one who has never answered is left alone")
            stage.passLinked(60_000)
            #expect(stage.clocks.count == 1)
            #expect(stage.ask(1, .clock(sample: 5, clientMs: 1)) == [], "an old answer changes nothing")
            #expect(stage.ask(1, .clock(sample: 6, clientMs: -1)) == ["1 < error bad_message"])
            let details = try #require(stage.core.ledger.details(of: Stage.session(1)))
            #expect(details.roundTripMs(of: PlayerIndex(0), stage.now) == 60_000)
            #expect(details.roundTripMs(of: PlayerIndex(1), stage.now) == nil)
        }
    }

    @Test("all are told the same instant, each by its own clock, and one who returns hears what is left")
    func countdown() {
        Stage.play { stage in
            stage.assign(Self.counting(3_000))
            stage.enter(1, 1, player: 0)
            for sample: UInt32 in 1...5 { #expect(answer(&stage, 1, sample, aheadMs: 7_000, wayMs: 10) == []) }
            #expect(stage.now.bootMs == 100_100)
            #expect(
                stage.enter(2, 1, player: 1).suffix(2) == [
                    "1 < play relay 7 in 3000 at 110100", "2 < play relay 7 in 3000",
                ])
            for sample: UInt32 in 1...4 { #expect(answer(&stage, 2, sample, aheadMs: 500) == []) }
            #expect(answer(&stage, 2, 5, aheadMs: 500) == ["2 < start in 3000 at 103600"], "as soon as its clock is known")
            stage.pass(1_000)
            stage.cut(1)
            #expect(stage.enter(3, 1, player: 0).last == "3 < play relay 7 in 2000", "another page has another clock")
            for sample: UInt32 in 1...4 { #expect(answer(&stage, 3, sample, aheadMs: 1) == []) }
            stage.pass(2_000)
            #expect(answer(&stage, 3, 5, aheadMs: 1) == ["3 < start in 0 at 103101"], "it has begun, and this is when")
        }
    }
}
