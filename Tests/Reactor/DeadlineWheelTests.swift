import Testing

@testable import Reactor

@Suite struct DeadlineWheelTests {
    @Test("a deadline is never early and at most one tick late")
    func precision() {
        for start in [0, 1, 15, 16, 17, 4095, 4096, 1_048_575, 268_435_455, 123_456_789_012] as [UInt64] {
            for distance in [1, 2, 15, 16, 17, 255 * 16, 4095, 4096, 4097, 70_000, 1_048_576] as [UInt64] {
                var wheel = DeadlineWheel(now: start)
                let deadline = start + distance
                wheel.set(0, at: deadline)
                #expect(wheel.popDue(now: deadline - 1) == nil)
                #expect(wheel.popDue(now: deadline + DeadlineWheel.tickMs) == 0, "from \(start) by \(distance)")
                #expect(wheel.count == 0)
            }
        }
    }

    @Test("random deadlines come exactly as a list of them says, whatever the steps of the clock")
    func againstModel() {
        var random = SplitMix(state: 11)
        for round in 0..<60 {
            var now = UInt64.random(in: 0...(1 << 40), using: &random)
            var wheel = DeadlineWheel(now: now)
            var model: [Int: UInt64] = [:]
            for _ in 0..<400 {
                let slot = Int.random(in: 0..<40, using: &random)
                switch Int.random(in: 0..<10, using: &random) {
                case 0:
                    wheel.remove(slot)
                    model[slot] = nil
                case 1...6:
                    let reach: UInt64 = [20, 500, 5_000, 1_000_000, 300_000_000].randomElement(using: &random)!
                    let deadline = now + UInt64.random(in: 0...reach, using: &random)
                    wheel.set(slot, at: deadline)
                    model[slot] = deadline
                default:
                    let step: UInt64 = [0, 3, 16, 300, 4_096, 2_000_000].randomElement(using: &random)!
                    now += UInt64.random(in: 0...step, using: &random)
                    while let due = wheel.popDue(now: now) {
                        let deadline = model.removeValue(forKey: due)
                        #expect(deadline != nil, "round \(round): slot \(due) was not set")
                        #expect((deadline ?? 0) <= now, "round \(round): early")
                    }
                    for (slot, deadline) in model {
                        #expect(deadline + 32 > now, "round \(round): slot \(slot) was forgotten")
                    }
                }
                #expect(wheel.count == model.count)
                if let next = wheel.nextMs, let earliest = model.values.min() {
                    // It may wake sooner to move deadlines down, never later than the tick of the first.
                    #expect(next < max(earliest, now) + 32)
                }
                #expect((wheel.nextMs == nil) == model.isEmpty)
            }
            now += 400_000_000
            while let due = wheel.popDue(now: now) { model[due] = nil }
            #expect(model.isEmpty && wheel.count == 0 && wheel.nextMs == nil)
        }
    }

    @Test("after a stall deadlines come in the order of their times")
    func order() {
        var wheel = DeadlineWheel(now: 1_000)
        let deadlines: [UInt64] = [90_000, 1_100, 5_000, 70_000, 1_020, 4_096, 2_000_000]
        for (slot, deadline) in deadlines.enumerated() { wheel.set(slot, at: deadline) }
        var order: [Int] = []
        while let slot = wheel.popDue(now: 3_000_000) { order.append(slot) }
        #expect(order == deadlines.indices.sorted { deadlines[$0] < deadlines[$1] })
    }

    @Test("a deadline set in the past while others expire waits for the next tick, so that a turn ends")
    func pastWhileExpiring() {
        var wheel = DeadlineWheel(now: 1_000)
        wheel.set(0, at: 1_010)
        #expect(wheel.popDue(now: 2_000) == 0)
        wheel.set(0, at: 1_010)
        #expect(wheel.popDue(now: 2_000) == nil)
        #expect(wheel.popDue(now: 2_016) == 0)
    }

    @Test("the end of time is a deadline like any other")
    func farAway() {
        var wheel = DeadlineWheel(now: 5)
        wheel.set(3, at: .max)
        wheel.set(4, at: .max - 1)
        #expect(wheel.popDue(now: 1 << 43) == nil)
        wheel.remove(3)
        wheel.remove(4)
        #expect(wheel.count == 0)
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
