/// SHA-1 (FIPS 180-4, section 6.1), of bytes that are all there. Only for the accept key of the WebSocket handshake, which
/// RFC 6455 defines by it, and within `HMACSHA1`: never alone for anything that must resist a forger.
public enum SHA1 {
    public static func hash(_ bytes: [UInt8]) -> InlineArray<20, UInt8> {
        var state: InlineArray<5, UInt32> = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        var blocks = HashBlocks()
        unsafe blocks.update(bytes.span.bytes) { compress($0, at: $1, into: &state) }
        blocks.finish { compress($0, at: $1, into: &state) }
        var digest = InlineArray<20, UInt8>(repeating: 0)
        for word in 0..<5 {
            storeBigEndian(state[word], into: &digest, at: word * 4)
        }
        return digest
    }

    private static func compress(_ block: RawSpan, at offset: Int, into state: inout InlineArray<5, UInt32>) {
        // The indices below are bounded by the loops; checking each would double the time.
        var schedule = InlineArray<80, UInt32>(repeating: 0)
        for t in 0..<16 { unsafe schedule[unchecked: t] = bigEndianWord(of: block, at: offset &+ t &* 4) }
        for t in 16..<80 {
            let mixed = unsafe schedule[unchecked: t &- 3] ^ schedule[unchecked: t &- 8]
                ^ schedule[unchecked: t &- 14] ^ schedule[unchecked: t &- 16]
            unsafe schedule[unchecked: t] = rotateLeft(mixed, 1)
        }
        var a = state[0]
        var b = state[1]
        var c = state[2]
        var d = state[3]
        var e = state[4]
        for t in 0..<80 {
            let mixed: UInt32
            if t < 20 {
                mixed = ((b & c) ^ (~b & d)) &+ 0x5a82_7999
            } else if t < 40 {
                mixed = (b ^ c ^ d) &+ 0x6ed9_eba1
            } else if t < 60 {
                mixed = ((b & c) ^ (b & d) ^ (c & d)) &+ 0x8f1b_bcdc
            } else {
                mixed = (b ^ c ^ d) &+ 0xca62_c1d6
            }
            let next = unsafe rotateLeft(a, 5) &+ mixed &+ e &+ schedule[unchecked: t]
            e = d
            d = c
            c = rotateLeft(b, 30)
            b = a
            a = next
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
    }
}
