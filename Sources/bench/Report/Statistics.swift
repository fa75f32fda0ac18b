/// Order statistics of a few figures.
enum Statistics {
    /// The middle value, the mean of the two middle ones for an even count; 0 when there are none.
    static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The smallest value that is not below the given share of all; 0 when there are none.
    static func percentile(_ values: [Double], _ share: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let rank = Int((share * Double(sorted.count)).rounded(.up)).clamped(to: 1...sorted.count)
        return sorted[rank - 1]
    }
}
