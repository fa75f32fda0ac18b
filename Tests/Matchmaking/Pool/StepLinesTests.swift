import Digests
import Testing

@testable import Matchmaking

@Suite struct StepLinesTests {
    /// A model: all deadlines, looked through.
    private struct Model {
        var stages: [Int32: (stage: Int, atMs: UInt64)] = [:]
        var nextMs: UInt64? { stages.values.map(\.atMs).min() }
    }

    private func remove(_ slot: Int32, _ lines: inout StepLines, _ model: inout Model) {
        guard let own = model.stages.removeValue(forKey: slot) else {
            #expect(lines.remove(slot, from: 0) == nil)
            return
        }
        guard let first = lines.remove(slot, from: own.stage) else { return }
        #expect(model.stages[first]?.stage == own.stage)
        lines.setFirst(of: own.stage, atMs: model.stages[first]?.atMs ?? 0)
    }

    @Test("those who come in order and those who do not are due in order", arguments: [0, 3] as [UInt64])
    func order(_ late: UInt64) {
        var random = SeededGenerator(number: 4)
        var lines = StepLines(stages: 3)
        var model = Model()
        var nowMs: UInt64 = 1000
        var given = 0
        for _ in 0..<5000 {
            let slot = Int32(random.next() % 80)
            if random.next() % 3 > 0 {
                remove(slot, &lines, &model)
                let stage = Int(random.next() % 3)
                // Each stage is as long as it is for everybody; some have been on their way for a while.
                let atMs = nowMs + 100 * UInt64(stage + 1) - (random.next() % 10 < late ? random.next() % 90 : 0)
                lines.add(slot, to: stage, atMs: atMs)
                model.stages[slot] = (stage, atMs)
            } else {
                remove(slot, &lines, &model)
            }
            nowMs += random.next() % 4
            #expect(lines.nextMs == model.nextMs && lines.count == model.stages.count)
            while let due = lines.next(dueBy: nowMs) {
                given += 1
                #expect(model.stages[due]?.atMs == model.nextMs && model.nextMs ?? .max <= nowMs)
                remove(due, &lines, &model)
            }
            #expect(model.nextMs ?? .max > nowMs)
        }
        #expect(given > 500)
        for slot in 0..<80 as Range<Int32> { remove(slot, &lines, &model) }
        #expect(lines.count == 0 && lines.nextMs == nil && lines.next(dueBy: .max) == nil)
    }

    @Test("without stages nobody is due")
    func none() {
        let lines = StepLines(stages: 0)
        #expect(lines.nextMs == nil && lines.next(dueBy: .max) == nil)
    }
}
