/// CRC-32C (Castagnoli; RFC 3720, section 12.1), sixteen bytes a step: of these only
/// the first four wait for the step before. Finds flipped bits and torn tails in frames and
/// in the journal; it keeps nobody from forging one.
public struct CRC32C: Sendable {
    private var remainder: UInt32 = .max

    public init() {}

    /// The checksum of everything so far; more may follow.
    public var value: UInt32 { ~remainder }

    public mutating func update(_ bytes: RawSpan) { update(bytes, tables.span) }

    @inline(__always)
    private mutating func update(_ bytes: RawSpan, _ table: Span<UInt32>) {
        var crc = remainder
        var offset = 0
        while bytes.byteCount &- offset >= 16 {
            // What does not wait for the step before comes first, and is under way while that one is finished.
            let later =
                pairRemainder(bytes, at: offset &+ 4, followedBy: 10, table)
                ^ pairRemainder(bytes, at: offset &+ 6, followedBy: 8, table)
                ^ pairRemainder(bytes, at: offset &+ 8, followedBy: 6, table)
                ^ pairRemainder(bytes, at: offset &+ 10, followedBy: 4, table)
                ^ pairRemainder(bytes, at: offset &+ 12, followedBy: 2, table)
                ^ pairRemainder(bytes, at: offset &+ 14, followedBy: 0, table)
            crc = later ^ wordRemainder(uncheckedWord(of: bytes, at: offset) ^ crc, followedBy: 12, table)
            offset &+= 16
        }
        if bytes.byteCount &- offset >= 8 {
            crc =
                wordRemainder(uncheckedWord(of: bytes, at: offset) ^ crc, followedBy: 4, table)
                ^ wordRemainder(uncheckedWord(of: bytes, at: offset &+ 4), followedBy: 0, table)
            offset &+= 8
        }
        if bytes.byteCount &- offset >= 4 {
            crc = wordRemainder(uncheckedWord(of: bytes, at: offset) ^ crc, followedBy: 0, table)
            offset &+= 4
        }
        while offset < bytes.byteCount {
            crc = table[Int((crc ^ UInt32(byte(of: bytes, at: offset))) & 0xff)] ^ (crc >> 8)
            offset &+= 1
        }
        remainder = crc
    }

    public mutating func update(_ bytes: Span<UInt8>) { unsafe update(bytes.bytes) }
    public mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }

    public static func checksum(_ bytes: RawSpan) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes)
        return crc.value
    }

    /// The checksum of two pieces, as if they lay side by side.
    public static func checksum(_ first: Span<UInt8>, then second: Span<UInt8>) -> UInt32 {
        let table = tables.span
        var crc = CRC32C()
        unsafe crc.update(first.bytes, table)
        unsafe crc.update(second.bytes, table)
        return crc.value
    }

    public static func checksum(_ bytes: Span<UInt8>) -> UInt32 { unsafe checksum(bytes.bytes) }
    public static func checksum(_ bytes: [UInt8]) -> UInt32 { unsafe checksum(bytes.span.bytes) }
}

// What bytes leave behind, with so many more after them. Every byte has a table of its own: an index is a byte within one
// of sixteen tables. The bytes are there, as the steps of `update` have seen.

/// Of two bytes, loaded by themselves: taking one wide word apart is more work than to load it piece by piece.
@inline(__always)
private func pairRemainder(
    _ bytes: RawSpan, at offset: Int, followedBy count: Int, _ table: Span<UInt32>
) -> UInt32 {
    let pair = UInt16(
        littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
    return unsafe table[unchecked: (count + 1) * 256 + Int(pair & 0xff)] ^ table[unchecked: count * 256 + Int(pair >> 8)]
}

/// Of four bytes, the first one lowest.
@inline(__always)
private func wordRemainder(_ word: UInt32, followedBy count: Int, _ table: Span<UInt32>) -> UInt32 {
    let low =
        unsafe table[unchecked: (count + 3) * 256 + Int(word & 0xff)]
        ^ table[unchecked: (count + 2) * 256 + Int((word >> 8) & 0xff)]
    let high =
        unsafe table[unchecked: (count + 1) * 256 + Int((word >> 16) & 0xff)]
        ^ table[unchecked: count * 256 + Int(word >> 24)]
    return low ^ high
}

@inline(__always)
private func uncheckedWord(of bytes: RawSpan, at offset: Int) -> UInt32 {
    UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
}

/// Table k, at `k * 256`, holds the remainder of each byte followed by k zero bytes.
private let tables: [UInt32] = {
    let reflectedPolynomial: UInt32 = 0x82f6_3b78
    var tables = [UInt32](repeating: 0, count: 16 * 256)
    for index in 0..<256 {
        var crc = UInt32(index)
        for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ reflectedPolynomial : crc >> 1 }
        tables[index] = crc
    }
    for index in 256..<(16 * 256) {
        let previous = tables[index - 256]
        tables[index] = tables[Int(previous & 0xff)] ^ (previous >> 8)
    }
    return tables
}()
