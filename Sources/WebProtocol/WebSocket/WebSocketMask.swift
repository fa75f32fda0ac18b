/// Masking (RFC 6455, section 5.3): each byte is combined with one of four, in turn.
enum WebSocketMask {
    /// Unmasks `range` of `bytes` in place, eight bytes a step.
    /// - Parameters:
    ///   - key: the four mask bytes as they came, the first one the least significant.
    ///   - phase: how many bytes of the frame's payload came before `range`.
    @inline(__always)
    static func apply(_ key: UInt32, phase: Int, to bytes: inout MutableSpan<UInt8>, in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        let shift = UInt32(truncatingIfNeeded: phase & 3) &* 8
        let turned = shift == 0 ? key : (key >> shift) | (key << (32 &- shift))
        let wide = UInt64(turned) | UInt64(turned) << 32
        unsafe bytes.withUnsafeMutableBytes { raw in
            var offset = range.lowerBound
            let end = range.upperBound
            while end &- offset >= 8 {
                let word = unsafe UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ wide
                unsafe raw.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
                offset &+= 8
            }
            if end &- offset >= 4 {
                // The four mask bytes begin anew behind it.
                let half = unsafe UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) ^ turned
                unsafe raw.storeBytes(of: half.littleEndian, toByteOffset: offset, as: UInt32.self)
                offset &+= 4
            }
            var rest = wide
            while offset < end {
                unsafe raw[offset] ^= UInt8(truncatingIfNeeded: rest)
                rest >>= 8
                offset &+= 1
            }
        }
    }
}
