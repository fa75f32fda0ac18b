import CDigests

/// SHA-256 (FIPS 180-4, section 6.2), incremental: `init`, any number of `update`s, `finalize`.
/// A value: a copy made half way carries on by itself, which is how HMAC keeps its keyed states.
public struct SHA256: Sendable {
    /// 32 bytes. Comparing two takes the same time wherever they differ.
    public struct Digest: Sendable, Equatable {
        public let bytes: InlineArray<32, UInt8>

        public init(bytes: InlineArray<32, UInt8>) { self.bytes = bytes }

        /// The bytes as an array, which allocates.
        public var array: [UInt8] { copyOfBytes(bytes.span) }

        public static func == (a: Digest, b: Digest) -> Bool {
            constantTimeEqual(a.bytes.span, b.bytes.span)
        }
    }

    public static let digestByteCount = 32
    static let blockByteCount = 64

    private var state: InlineArray<8, UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var blocks = HashBlocks()

    public init() {}

    public mutating func update(_ bytes: RawSpan) {
        var state = self.state
        blocks.update(bytes) { Self.compress($0, at: $1, into: &state) }
        self.state = state
    }

    public mutating func update(_ bytes: Span<UInt8>) { unsafe update(bytes.bytes) }
    public mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }

    /// Pads and gives the digest. The value is used up; keep a copy to continue from here.
    public consuming func finalize() -> Digest {
        var state = self.state
        blocks.finish { Self.compress($0, at: $1, into: &state) }
        var digest = InlineArray<32, UInt8>(repeating: 0)
        for word in 0..<8 {
            storeBigEndian(state[word], into: &digest, at: word * 4)
        }
        return Digest(bytes: digest)
    }

    public static func hash(_ bytes: RawSpan) -> Digest {
        var hasher = SHA256()
        hasher.update(bytes)
        return hasher.finalize()
    }

    public static func hash(_ bytes: Span<UInt8>) -> Digest { unsafe hash(bytes.bytes) }
    public static func hash(_ bytes: [UInt8]) -> Digest { unsafe hash(bytes.span.bytes) }

    static let hasInstructions = sha256_has_instructions()

    private static func compress(_ block: RawSpan, at offset: Int, into state: inout InlineArray<8, UInt32>) {
        if hasInstructions {
            compressByInstructions(block, at: offset, into: &state)
        } else {
            compressPortably(block, at: offset, into: &state)
        }
    }

    /// By the processor's own instructions, a tenth of the time; may be called only where it has them.
    static func compressByInstructions(_ block: RawSpan, at offset: Int, into state: inout InlineArray<8, UInt32>) {
        let bytes = block.extracting(offset..<(offset + blockByteCount))
        var words = state.mutableSpan
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe words.withUnsafeMutableBufferPointer { words in
                unsafe roundConstants.withUnsafeBufferPointer { constants in
                    guard let block = bytes.baseAddress, let state = words.baseAddress else { return }
                    unsafe sha256_compress(state, block.assumingMemoryBound(to: UInt8.self), constants.baseAddress)
                }
            }
        }
    }

    static func compressPortably(_ block: RawSpan, at offset: Int, into state: inout InlineArray<8, UInt32>) {
        // The indices below are bounded by the loops; checking each would double the time.
        var schedule = InlineArray<64, UInt32>(repeating: 0)
        for t in 0..<16 { unsafe schedule[unchecked: t] = bigEndianWord(of: block, at: offset &+ t &* 4) }
        for t in 16..<64 {
            let x = unsafe schedule[unchecked: t &- 15]
            let y = unsafe schedule[unchecked: t &- 2]
            let sigma0 = rotateRight(x, 7) ^ rotateRight(x, 18) ^ (x >> 3)
            let sigma1 = rotateRight(y, 17) ^ rotateRight(y, 19) ^ (y >> 10)
            unsafe schedule[unchecked: t] =
                schedule[unchecked: t &- 16] &+ sigma0 &+ schedule[unchecked: t &- 7] &+ sigma1
        }
        let constants = roundConstants.span
        @inline(__always) func word(_ t: Int) -> UInt32 {
            unsafe constants[unchecked: t] &+ schedule[unchecked: t]
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        // Eight rounds at a time: the letters are back in their places then, and none has to be moved.
        for t in stride(from: 0, to: 64, by: 8) {
            round(a, b, c, &d, e, f, g, &h, word(t))
            round(h, a, b, &c, d, e, f, &g, word(t &+ 1))
            round(g, h, a, &b, c, d, e, &f, word(t &+ 2))
            round(f, g, h, &a, b, c, d, &e, word(t &+ 3))
            round(e, f, g, &h, a, b, c, &d, word(t &+ 4))
            round(d, e, f, &g, h, a, b, &c, word(t &+ 5))
            round(c, d, e, &f, g, h, a, &b, word(t &+ 6))
            round(b, c, d, &e, f, g, h, &a, word(t &+ 7))
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }

    /// One round (6.2.2, step 3): the only two letters that get a new value, where they stand.
    @inline(__always)
    private static func round(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32,
        _ word: UInt32
    ) {
        let sum1 = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25)
        let choice = g ^ (e & (f ^ g))
        let first = h &+ sum1 &+ choice &+ word
        let sum0 = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22)
        let majority = b ^ ((a ^ b) & (b ^ c))
        d = d &+ first
        h = first &+ sum0 &+ majority
    }
}

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
private let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
]
