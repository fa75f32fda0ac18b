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
    /// Sessions with treatments that the plan does not name: they count when a reload names them again.
    private var former: [String: Int] = [:]

    /// Names of treatments of earlier plans whose sessions are counted; those of others are forgotten.
    static let formerMax = 1_000

    public init(_ plan: TreatmentPlan) {
        self.plan = plan
        given = plan.treatments.map { _ in 0 }
    }

    /// A sequence that has given so many of each, by position in the plan: it goes on behind them. A slot before the last of
    /// them that is not theirs was given back, or was a full quota's.
    public init(_ plan: TreatmentPlan, given: [Int]) {
        precondition(given.count == plan.treatments.count, "as many counts as treatments")
        self.plan = plan
        self.given = given
        var left = given
        while left.contains(where: { $0 > 0 }) {
            let index = slot(slots)
            slots += 1
            if left[index] > 0 { left[index] -= 1 } else { returned.append(index) }
        }
    }

    /// The same by name: what has been given counts for the treatment that has its name now, and for none meanwhile if there is
    /// none. It is the one rule for a restart and for a reload.
    public init(_ plan: TreatmentPlan, given counts: [String: Int]) {
        self.init(plan, given: plan.treatments.map { counts[$0.name] ?? 0 })
        former = counts
        for treatment in plan.treatments { former[treatment.name] = nil }
    }

    /// How many sessions have each treatment, those of earlier plans among them.
    public var givenByName: [String: Int] {
        var counts = former
        for (treatment, count) in zip(plan.treatments, given) { counts[treatment.name] = count }
        return counts
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

    /// A session that had the treatment of this name was not played.
    public mutating func giveBack(named name: String) {
        if let index = plan.treatments.firstIndex(where: { $0.name == name }) { return giveBack(index) }
        guard let count = former[name] else { return }
        former[name] = count > 1 ? count - 1 : nil
    }

    /// A session has the treatment of this name, which was not given here: its record was lost.
    public mutating func note(_ name: String) {
        guard let index = plan.treatments.firstIndex(where: { $0.name == name }) else {
            if former[name] != nil || former.count < Self.formerMax { former[name, default: 0] += 1 }
            return
        }
        given[index] += 1
        if let at = returned.firstIndex(of: index) {
            returned.remove(at: at)
            return
        }
        while true {
            let next = slot(slots)
            slots += 1
            if next == index { return }
            returned.append(next)
        }
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
