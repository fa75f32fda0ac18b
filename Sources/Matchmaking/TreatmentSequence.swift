import Digests

/// Which session of a scene gets which treatment. Slots stand in blocks; each block holds every treatment as often as its
/// weight says, in an order that the plan's seed and the block's number alone decide, so that the sequence is known before the
/// first session and can be checked after the last. A treatment whose quota is full is left out. A session that ends before
/// it is played gives its slot back, and the next session has it: what is played stays balanced.
public struct TreatmentSequence: Hashable, Sendable {
    public let plan: TreatmentPlan
    /// Sessions that have each treatment, those left out that gave it back.
    public private(set) var given: [Int]
    /// Slots so far, those left out too.
    private var slots: UInt64 = 0
    /// Given back, by position in the plan, the first one first.
    private var returned: [Int] = []
    private var block: [Int] = []

    public init(_ plan: TreatmentPlan) {
        self.plan = plan
        given = plan.treatments.map { _ in 0 }
    }

    /// Every quota is full; without quotas never.
    public var isFull: Bool { plan.treatments.indices.allSatisfy(isFull) }

    private func isFull(_ index: Int) -> Bool { plan.treatments[index].quota.map { given[index] >= $0 } ?? false }

    /// The next session's treatment, by its position in the plan; nil when all quotas are full.
    public mutating func next() -> Int? {
        guard !isFull else { return nil }
        if let at = returned.firstIndex(where: { !isFull($0) }) {
            let index = returned.remove(at: at)
            given[index] += 1
            return index
        }
        while true {
            let index = slot(slots)
            slots += 1
            if isFull(index) { continue }
            given[index] += 1
            return index
        }
    }

    /// A session that had this treatment was not played.
    public mutating func giveBack(_ index: Int) {
        guard given.indices.contains(index), given[index] > 0 else { return }
        given[index] -= 1
        returned.append(index)
    }

    private mutating func slot(_ number: UInt64) -> Int {
        let size = UInt64(plan.blockSize)
        if number % size == 0 || block.isEmpty { block = plan.block(number / size) }
        return block[Int(number % size)]
    }
}

extension TreatmentPlan {
    /// Slots of a block: all weights together.
    public var blockSize: Int { max(1, treatments.reduce(0) { $0 + max(1, $1.weight) }) }

    /// The order of a block, by position in the plan: Fisher and Yates' shuffle, drawn from the seed and the block's number.
    public func block(_ number: UInt64) -> [Int] {
        var slots = treatments.indices.flatMap { [Int](repeating: $0, count: max(1, treatments[$0].weight)) }
        var bytes = Array("greenroom treatments".utf8)
        for word in [seed, number] { for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) } }
        var generator = SeededGenerator(seed: SHA256.hash(bytes.span).array)
        for last in slots.indices.dropFirst().reversed() { slots.swapAt(last, TreatmentPlan.draw(last + 1, &generator)) }
        return slots
    }

    /// A number below `count`, each as likely as the others.
    private static func draw(_ count: Int, _ generator: inout SeededGenerator) -> Int {
        let bound = UInt64(count)
        let most = UInt64.max - UInt64.max % bound
        while true {
            let word = generator.next()
            if word < most { return Int(word % bound) }
        }
    }
}
