import Digests
import SessionProtocol
import Testing

@Suite struct TableTests {
    @Test("a deadline queue does what a plain list does, over random settings, moves and removals", arguments: 1...8 as ClosedRange<UInt64>)
    func deadlineQueue(_ seed: UInt64) throws {
        var random = SeededGenerator(number: seed)
        var queue = DeadlineQueue<Int>()
        /// In the order of setting.
        var model: [(key: Int, atMs: UInt64)] = []
        func first() -> (key: Int, atMs: UInt64)? { model.min { $0.atMs < $1.atMs } }
        for step in 0..<3000 {
            let key = Int.random(in: 0..<60, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let atMs = UInt64.random(in: 0..<100, using: &random)
                queue.set(key, atMs: atMs)
                model.removeAll { $0.key == key }
                model.append((key, atMs))
            case 5..<7:
                queue.remove(key)
                model.removeAll { $0.key == key }
            default:
                let nowMs = UInt64.random(in: 0..<100, using: &random)
                let expected = first().flatMap { $0.atMs <= nowMs ? $0.key : nil }
                let popped = queue.popDue(nowMs)
                try #require(popped == expected, "step \(step)")
                model.removeAll { $0.key == popped }
            }
            try #require(queue.count == model.count)
            try #require(queue.nextMs == first()?.atMs)
            try #require(queue.nextKey == first()?.key)
        }
    }

    @Test("an expiring table does what a plain list does, over random insertions, removals and times", arguments: 1...8 as ClosedRange<UInt64>)
    func expiringTable(_ seed: UInt64) throws {
        var random = SeededGenerator(number: seed)
        var table = ExpiringTable<Int, Int>(lifetimeMs: 50, countMax: 20)
        var model: [(key: Int, value: Int, expiresMs: UInt64)] = []
        var nowMs: UInt64 = 0
        for step in 0..<3000 {
            let key = Int.random(in: 0..<40, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                table.insert(step, for: key, nowMs: nowMs)
                model.removeAll { $0.key == key }
                model.append((key, step, nowMs + 50))
                if model.count > 20 { model.removeFirst() }
            case 6:
                table.remove(key)
                model.removeAll { $0.key == key }
            default:
                nowMs += UInt64.random(in: 0..<8, using: &random)
                table.expire(nowMs: nowMs)
                model.removeAll { $0.expiresMs <= nowMs }
            }
            try #require(table.count == model.count, "step \(step)")
            for key in 0..<40 { try #require(table[key] == model.last { $0.key == key }?.value, "step \(step)") }
            if let first = model.first { try #require((table.nextMs ?? .max) <= first.expiresMs) }
        }
        table.expire(nowMs: nowMs + 50)
        #expect(table.count == 0 && table.nextMs == nil)
    }

    @Test("entries that live for ever stay")
    func forever() {
        var table = ExpiringTable<Int, Int>(lifetimeMs: .max, countMax: 2)
        table.insert(1, for: 1, nowMs: 5)
        table.expire(nowMs: 1_000_000)
        #expect(table[1] == 1)
    }
}
