/// A deterministic generator of cryptographic quality: the key stream of ChaCha20 (RFC 8439, section 2.3, with a
/// 64-bit block counter and nonce zero) for a 32-byte seed. A core holds one as a value; the shell seeds it, from the
/// system's entropy in a server and from a printed number in the simulator.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    public static let seedByteCount = 32

    private var key: InlineArray<8, UInt32>
    private var blockCount: UInt64 = 0
    private var block = InlineArray<64, UInt8>(repeating: 0)
    private var used = 64

    /// - Precondition: `seed` has 32 bytes.
    public init(seed: Span<UInt8>) {
        precondition(seed.count == SeededGenerator.seedByteCount, "a seed has 32 bytes")
        key = InlineArray<8, UInt32>(repeating: 0)
        for index in 0..<8 { key[index] = unsafe littleEndianWord(of: seed.bytes, at: index * 4) }
    }

    /// - Precondition: `seed` has 32 bytes.
    public init(seed: [UInt8]) { self.init(seed: seed.span) }

    /// For tests and simulations, where a seed is a number that can be printed and repeated.
    public init(number: UInt64) {
        var bytes = InlineArray<8, UInt8>(repeating: 0)
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index)) }
        self.init(seed: SHA256.hash(bytes.span).bytes.span)
    }

    /// Seeds from another generator, as a server does once from `SystemRandomNumberGenerator`.
    public init(using source: inout some RandomNumberGenerator) {
        var seed = InlineArray<32, UInt8>(repeating: 0)
        for index in 0..<32 { seed[index] = source.next() }
        self.init(seed: seed.span)
    }

    /// The next eight bytes of the stream, the first one the least significant.
    public mutating func next() -> UInt64 {
        if used <= 56 {
            let value = unsafe littleEndianDoubleWord(of: block.span.bytes, at: used)
            used += 8
            return value
        }
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(nextByte()) << UInt64(8 * index) }
        return value
    }

    public mutating func nextByte() -> UInt8 {
        if used == 64 { refill() }
        let byte = block[used]
        used += 1
        return byte
    }

    public mutating func fill(_ bytes: inout MutableSpan<UInt8>) {
        for index in bytes.indices { bytes[index] = nextByte() }
    }

    /// The next `count` bytes of the stream, in a new array.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for _ in 0..<count { bytes.append(nextByte()) }
        return bytes
    }

    private mutating func refill() {
        var input = InlineArray<16, UInt32>(repeating: 0)
        input[0] = 0x6170_7865
        input[1] = 0x3320_646e
        input[2] = 0x7962_2d32
        input[3] = 0x6b20_6574
        for index in 0..<8 { input[4 + index] = key[index] }
        input[12] = UInt32(truncatingIfNeeded: blockCount)
        input[13] = UInt32(truncatingIfNeeded: blockCount >> 32)
        var x = input
        for _ in 0..<10 {
            quarterRound(&x, 0, 4, 8, 12)
            quarterRound(&x, 1, 5, 9, 13)
            quarterRound(&x, 2, 6, 10, 14)
            quarterRound(&x, 3, 7, 11, 15)
            quarterRound(&x, 0, 5, 10, 15)
            quarterRound(&x, 1, 6, 11, 12)
            quarterRound(&x, 2, 7, 8, 13)
            quarterRound(&x, 3, 4, 9, 14)
        }
        for index in 0..<16 {
            storeBigEndian((x[index] &+ input[index]).byteSwapped, into: &block, at: index * 4)
        }
        blockCount &+= 1
        used = 0
    }
}

@inline(__always)
private func quarterRound(_ x: inout InlineArray<16, UInt32>, _ a: Int, _ b: Int, _ c: Int, _ d: Int) {
    x[a] &+= x[b]
    x[d] = rotateLeft(x[d] ^ x[a], 16)
    x[c] &+= x[d]
    x[b] = rotateLeft(x[b] ^ x[c], 12)
    x[a] &+= x[b]
    x[d] = rotateLeft(x[d] ^ x[a], 8)
    x[c] &+= x[d]
    x[b] = rotateLeft(x[b] ^ x[c], 7)
}
