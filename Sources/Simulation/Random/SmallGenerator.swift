import Digests

/// A small, fast generator (SplitMix64: Steele, Lea, Flood, 2014), eight bytes of state: each client, link and disk of a
/// world has its own, so that taking one away does not change what the others draw.
public struct SmallGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The stream of this name under a run's seed.
    public init(seed: UInt64, stream: UInt64) {
        var root = SeededGenerator(number: seed)
        state = root.next() ^ SmallGenerator.mix(stream &+ 0x9E37_79B9_7F4A_7C15)
        _ = next()
    }

    /// The stream of this name under an already drawn root.
    init(root: UInt64, stream: UInt64) {
        state = root ^ SmallGenerator.mix(stream &+ 0x9E37_79B9_7F4A_7C15)
        _ = next()
    }

    static func mix(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return SmallGenerator.mix(state)
    }

    /// A number from 0 up to, but not including, `count`; 0 when `count` is 0.
    mutating func below(_ count: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(max(count, 1))).high)
    }

    /// A number from `low` to `high`, both included.
    mutating func between(_ low: Int, _ high: Int) -> Int { low + below(high - low + 1) }

    mutating func between(_ low: UInt64, _ high: UInt64) -> UInt64 {
        low + next().multipliedFullWidth(by: high - low + 1).high
    }

    /// True `count` times in a thousand.
    mutating func perMille(_ count: Int) -> Bool { below(1000) < count }

    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
