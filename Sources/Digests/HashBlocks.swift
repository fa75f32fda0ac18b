/// What SHA-1 and SHA-256 share: both take their input in blocks of 64 bytes, and pad it with a one bit, zeros and the
/// count of bits in 64 (FIPS 180-4, section 5.1.1).
struct HashBlocks: Sendable {
    private var partial = InlineArray<64, UInt8>(repeating: 0)
    private var byteCount: UInt64 = 0

    /// Hands every whole block to `compress`, as the bytes it lies in and its offset there, and keeps the rest.
    @inline(__always)
    mutating func update(_ bytes: RawSpan, _ compress: (RawSpan, Int) -> Void) {
        var offset = 0
        var filled = Int(byteCount % 64)
        byteCount &+= UInt64(bytes.byteCount)
        if filled > 0 {
            while filled < 64, offset < bytes.byteCount {
                partial[filled] = byte(of: bytes, at: offset)
                filled += 1
                offset += 1
            }
            guard filled == 64 else { return }
            unsafe compress(partial.span.bytes, 0)
        }
        while bytes.byteCount - offset >= 64 {
            compress(bytes, offset)
            offset += 64
        }
        filled = 0
        while offset < bytes.byteCount {
            partial[filled] = byte(of: bytes, at: offset)
            filled += 1
            offset += 1
        }
    }

    /// Hands over the last one or two blocks.
    @inline(__always)
    mutating func finish(_ compress: (RawSpan, Int) -> Void) {
        let bitCount = byteCount &* 8
        var filled = Int(byteCount % 64)
        partial[filled] = 0x80
        filled += 1
        if filled > 56 {
            while filled < 64 {
                partial[filled] = 0
                filled += 1
            }
            unsafe compress(partial.span.bytes, 0)
            filled = 0
        }
        while filled < 56 {
            partial[filled] = 0
            filled += 1
        }
        for index in 0..<8 {
            partial[56 + index] = UInt8(truncatingIfNeeded: bitCount >> UInt64(56 - 8 * index))
        }
        unsafe compress(partial.span.bytes, 0)
    }
}
