import Digests
import Testing

@testable import SessionProtocol

@Suite struct SlotTests {
    /// Few hashes make many keys meet in one place, and places at the end wrap around to the beginning.
    @Test("an index of slots does what a dictionary does, however keys meet", arguments: [3, 64, 1 << 40])
    func index(_ hashes: Int) throws {
        var random = SeededGenerator(number: UInt64(hashes))
        func hash(_ key: Int) -> Int { (key &* 0x9E37_79B9) % hashes &- 1 }
        var keys: [Int?] = []
        var index = SlotIndex()
        var model: [Int: Int] = [:]
        for step in 0..<5000 {
            let key = Int.random(in: 0..<200, using: &random)
            let found = index.slot(hash: hash(key)) { keys[$0] == key }
            try #require(found == model[key], "step \(step)")
            if found == nil, Bool.random(using: &random) {
                model[key] = keys.count
                index.insert(keys.count, hash: hash(key))
                keys.append(key)
            } else if found != nil {
                let removed = index.remove(hash: hash(key)) { keys[$0] == key }
                try #require(removed == model.removeValue(forKey: key))
                if let removed { keys[removed] = nil }
            }
            try #require(index.count == model.count)
        }
        for (key, slot) in model { #expect(index.slot(hash: hash(key)) { keys[$0] == key } == slot) }
    }

    @Test("a large index that grows is never half empty, and its keys lie near to where they are looked for")
    func largeIndex() throws {
        var random = SeededGenerator(number: 5)
        var index = SlotIndex()
        var hashes: [Int] = []
        for slot in 0..<30_000 {
            hashes.append(Int(truncatingIfNeeded: random.next()))
            index.insert(slot, hash: hashes[slot])
            if slot > 10_000 { try #require(index.places.count < 2 * index.count) }
        }
        for slot in 0..<30_000 where slot % 3 == 0 {
            #expect(index.remove(hash: hashes[slot]) { $0 == slot } == slot)
        }
        for slot in 0..<30_000 {
            try #require(index.slot(hash: hashes[slot]) { $0 == slot } == (slot % 3 == 0 ? nil : slot))
        }
        // A table that is filled to four fifths by probing in turn has its keys two places from home in the mean (Knuth, The
        // Art of Computer Programming, volume 3, section 6.4: (1 + 1/(1 − 4/5))/2 looks for each).
        let ways = index.places.indices.filter { index.places[$0].mark != 0 }.map { position in
            let home = index.home(index.places[position].hash)
            return position >= home ? position - home : position - home + index.places.count
        }
        #expect(ways.count == 20_000)
        #expect(Double(ways.reduce(0, +)) / Double(ways.count) < 2)
    }

    @Test("a heap of slots gives the earliest first, and of equal ones that of the lower order", arguments: 1...8 as ClosedRange<UInt64>)
    func heap(_ seed: UInt64) throws {
        var random = SeededGenerator(number: seed)
        var heap = SlotHeap()
        var model: [(slot: Int, atMs: UInt64, order: UInt64)] = []
        func first() -> (slot: Int, atMs: UInt64, order: UInt64)? { model.min { ($0.atMs, $0.order) < ($1.atMs, $1.order) } }
        for step in 0..<3000 {
            let slot = Int.random(in: 0..<60, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let (atMs, order) = (UInt64.random(in: 0..<20, using: &random), UInt64(slot))
                // Across the end of the range of orders.
                heap.set(slot, atMs: atMs, order: UInt32(order) &- 30)
                model.removeAll { $0.slot == slot }
                model.append((slot, atMs, order))
            case 5..<7:
                heap.remove(slot)
                model.removeAll { $0.slot == slot }
            default:
                let nowMs = UInt64.random(in: 0..<20, using: &random)
                let expected = first().flatMap { $0.atMs <= nowMs ? $0.slot : nil }
                let popped = heap.popDue(nowMs)
                try #require(popped == expected, "step \(step)")
                model.removeAll { $0.slot == popped }
            }
            try #require(heap.count == model.count)
            try #require(heap.nextMs == first()?.atMs)
            try #require(heap.nextSlot == first()?.slot)
            try #require(heap.atMs(slot) == model.first { $0.slot == slot }?.atMs)
        }
    }
}
