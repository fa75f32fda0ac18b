/// Durations counted in buckets that are at most 1/64 of their value wide, from nanoseconds to minutes.
struct LatencyHistogram: Sendable {
    private static let subBits = 6
    /// Durations of 2^40 ns (18 minutes) and more share the last bucket.
    private static let bitsMax = 40

    private var counts: [UInt64]
    private(set) var total: UInt64 = 0
    private(set) var largestNs: UInt64 = 0

    init() {
        let octaves = LatencyHistogram.bitsMax - LatencyHistogram.subBits + 1
        counts = Array(repeating: 0, count: octaves << LatencyHistogram.subBits)
    }

    @inline(__always)
    mutating func add(_ ns: UInt64) {
        counts[min(LatencyHistogram.bucket(ns), counts.count - 1)] &+= 1
        total &+= 1
        if ns > largestNs { largestNs = ns }
    }

    mutating func merge(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        total += other.total
        largestNs = max(largestNs, other.largestNs)
    }

    /// The middle of the bucket that holds the given share of the durations, in nanoseconds; 0 when there are none.
    func percentile(_ share: Double) -> UInt64 {
        guard total > 0 else { return 0 }
        let rank = UInt64((share * Double(total)).rounded(.up)).clamped(to: 1...total)
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return min(LatencyHistogram.middle(index), largestNs) }
        }
        return largestNs
    }

    private static func bucket(_ ns: UInt64) -> Int {
        let bits = UInt64.bitWidth - ns.leadingZeroBitCount
        guard bits > subBits + 1 else { return Int(ns) }
        let shift = bits - subBits - 1
        return (shift << subBits) + Int(truncatingIfNeeded: ns >> UInt64(shift))
    }

    private static func middle(_ bucket: Int) -> UInt64 {
        guard bucket >= 2 << subBits else { return UInt64(bucket) }
        let shift = (bucket >> subBits) - 1
        let low = UInt64(bucket - (shift << subBits)) << UInt64(shift)
        return low + (1 << UInt64(shift)) / 2
    }
}

extension Comparable {
    func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}
