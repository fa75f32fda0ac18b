/// What SHA-1 and SHA-256 share: both take their input in blocks of 64 bytes, and pad it with a one bit, zeros and the
/// count of bits in 64 (FIPS 180-4, section 5.1.1).
struct HashBlocks: Sendable {
    private var partial = InlineArray<64, UInt8>(repeating: 0)
    private var byteCount: UInt64 = 0

    /// Hands every whole block to `compress`, as the bytes it lies in and its offset there, and keeps the rest.
    @inline(__always)
    mutating func update(_ bytes: RawSpan, _ compress: (RawSpan, Int) -> Void) {
        var offset = 0
        let filled = Int(byteCount % 64)
        byteCount &+= UInt64(bytes.byteCount)
        if filled > 0 {
            offset = min(64 - filled, bytes.byteCount)
            keep(bytes, from: 0, to: offset, at: filled)
            guard filled + offset == 64 else { return }
            unsafe compress(partial.span.bytes, 0)
        }
        while bytes.byteCount - offset >= 64 {
            compress(bytes, offset)
            offset += 64
        }
        keep(bytes, from: offset, to: bytes.byteCount, at: 0)
    }

    /// Copies a stretch of bytes to where the next block grows.
    private mutating func keep(_ bytes: RawSpan, from start: Int, to end: Int, at filled: Int) {
        var (offset, target) = (start, filled)
        var span = partial.mutableSpan
        var memory = unsafe span.mutableBytes
        while end - offset >= 8 {
            memory.storeBytes(of: littleEndianDoubleWord(of: bytes, at: offset).littleEndian, toByteOffset: target, as: UInt64.self)
            offset += 8
            target += 8
        }
        while offset < end {
            memory.storeBytes(of: byte(of: bytes, at: offset), toByteOffset: target, as: UInt8.self)
            offset += 1
            target += 1
        }
    }

    /// Hands over the last one or two blocks.
    @inline(__always)
    mutating func finish(_ compress: (RawSpan, Int) -> Void) {
        let bitCount = byteCount &* 8
        let filled = Int(byteCount % 64)
        // Behind the last byte come a one bit and zeros, and in another block what has no room in this one.
        partial[filled] = 0x80
        for index in (filled + 1)..<64 { partial[index] = 0 }
        if filled >= 56 {
            unsafe compress(partial.span.bytes, 0)
            partial = InlineArray(repeating: 0)
        }
        for index in 0..<8 {
            partial[56 + index] = UInt8(truncatingIfNeeded: bitCount >> UInt64(56 - 8 * index))
        }
        unsafe compress(partial.span.bytes, 0)
    }
}
