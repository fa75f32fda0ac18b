/// CRC-32C (Castagnoli; RFC 3720, section 12.1), sixteen bytes a step: of these only
/// the first four wait for the step before. Finds flipped bits and torn tails in frames and
/// in the journal; it keeps nobody from forging one.
public struct CRC32C: Sendable {
    private var remainder: UInt32 = .max

    public init() {}

    /// The checksum of everything so far; more may follow.
    public var value: UInt32 { ~remainder }

    public mutating func update(_ bytes: RawSpan) {
        let table = tables.span
        var crc = remainder
        var offset = 0
        while bytes.byteCount &- offset >= 16 {
            let first = littleEndianDoubleWord(of: bytes, at: offset) ^ UInt64(crc)
            let second = littleEndianDoubleWord(of: bytes, at: offset &+ 8)
            crc = remainders(of: second, followedBy: 0, table) ^ remainders(of: first, followedBy: 8, table)
            offset &+= 16
        }
        if bytes.byteCount &- offset >= 8 {
            let word = littleEndianDoubleWord(of: bytes, at: offset) ^ UInt64(crc)
            crc = remainders(of: word, followedBy: 0, table)
            offset &+= 8
        }
        if bytes.byteCount &- offset >= 4 {
            let word = littleEndianWord(of: bytes, at: offset) ^ crc
            crc =
                unsafe table[unchecked: 3 * 256 + Int(word & 0xff)]
                ^ table[unchecked: 2 * 256 + Int((word >> 8) & 0xff)]
                ^ table[unchecked: 256 + Int((word >> 16) & 0xff)]
                ^ table[unchecked: Int(word >> 24)]
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

    public static func checksum(_ bytes: Span<UInt8>) -> UInt32 { unsafe checksum(bytes.bytes) }
    public static func checksum(_ bytes: [UInt8]) -> UInt32 { unsafe checksum(bytes.span.bytes) }
}

/// What eight bytes leave behind, with so many more after them: each has a table of its own. An index is a byte within
/// one of sixteen tables.
@inline(__always)
private func remainders(of word: UInt64, followedBy count: Int, _ table: Span<UInt32>) -> UInt32 {
    let low =
        unsafe table[unchecked: (count + 7) * 256 + Int(word & 0xff)]
        ^ table[unchecked: (count + 6) * 256 + Int((word >> 8) & 0xff)]
        ^ table[unchecked: (count + 5) * 256 + Int((word >> 16) & 0xff)]
        ^ table[unchecked: (count + 4) * 256 + Int((word >> 24) & 0xff)]
    let high =
        unsafe table[unchecked: (count + 3) * 256 + Int((word >> 32) & 0xff)]
        ^ table[unchecked: (count + 2) * 256 + Int((word >> 40) & 0xff)]
        ^ table[unchecked: (count + 1) * 256 + Int((word >> 48) & 0xff)]
        ^ table[unchecked: count * 256 + Int(word >> 56)]
    return low ^ high
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
