import Testing

@testable import Digests

/// Inputs of FIPS 180-4's examples, with the digests NIST publishes for them.
let abc = Array("abc".utf8)
let twoBlocks = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
let fourBlocks = Array(
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
        .utf8)

@Suite struct SHA256Tests {
    @Test("SHA-256 gives NIST's digests", arguments: [
        ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (abc, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (twoBlocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        (fourBlocks, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
    ])
    func vectors(input: [UInt8], expected: String) {
        #expect(hex(SHA256.hash(input).array) == expected)
    }

    @Test("a million letters a, in uneven pieces")
    func million() {
        var hasher = SHA256()
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 997)
        var left = 1_000_000
        while left > 0 {
            let count = min(left, piece.count)
            hasher.update(piece.span.extracting(0..<count))
            left -= count
        }
        #expect(hex(hasher.finalize().array) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("every split of every length around the block size gives the digest of the whole")
    func splits() {
        for length in [1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 129] {
            let input = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let whole = SHA256.hash(input)
            for split in 0...length {
                var hasher = SHA256()
                hasher.update(input.span.extracting(0..<split))
                hasher.update(input.span.extracting(split..<length))
                #expect(hasher.finalize() == whole)
            }
        }
    }

    @Test("a copy made half way carries on by itself")
    func copies() {
        var first = SHA256()
        first.update(Array("ab".utf8))
        var second = first
        first.update(Array("c".utf8))
        second.update(Array("d".utf8))
        #expect(first.finalize() == SHA256.hash(abc))
        #expect(second.finalize() == SHA256.hash(Array("abd".utf8)))
    }
}

@Suite struct SHA256CompressionTests {
    /// One block that holds a short message and its padding (FIPS 180-4, section 5.1.1).
    static func block(of message: [UInt8]) -> [UInt8] {
        message + [0x80] + [UInt8](repeating: 0, count: 62 - message.count) + [UInt8(message.count * 8)]
    }

    static let initial: InlineArray<8, UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]

    @Test("where the processor has instructions for it and where it has none, the digest is NIST's")
    func vectors() {
        let block = Self.block(of: abc)
        let expected: [UInt32] = [
            0xba78_16bf, 0x8f01_cfea, 0x4141_40de, 0x5dae_2223, 0xb003_61a3, 0x9617_7a9c, 0xb410_ff61, 0xf200_15ad,
        ]
        var portable = Self.initial
        SHA256.compressPortably(block.span.bytes, at: 0, into: &portable)
        #expect(portable.indices.map { portable[$0] } == expected)
        guard SHA256.hasInstructions else { return }
        var byInstructions = Self.initial
        SHA256.compressByInstructions(block.span.bytes, at: 0, into: &byInstructions)
        #expect(byInstructions.indices.map { byInstructions[$0] } == expected)
    }

    @Test("both ways change any state by any block, wherever it lies, alike", .enabled(if: SHA256.hasInstructions))
    func alike() {
        var random = SeededGenerator(number: 256)
        let bytes = (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &random) }
        var portable = Self.initial
        var byInstructions = Self.initial
        for offset in 0..<(bytes.count - 64) {
            SHA256.compressPortably(bytes.span.bytes, at: offset, into: &portable)
            SHA256.compressByInstructions(bytes.span.bytes, at: offset, into: &byInstructions)
            #expect(portable.indices.allSatisfy { portable[$0] == byInstructions[$0] }, "the block at \(offset)")
        }
    }
}

@Suite struct SHA1Tests {
    @Test("SHA-1 gives NIST's digests", arguments: [
        ([], "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (abc, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (twoBlocks, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (fourBlocks, "a49b2446a02c645bf419f995b67091253a04a259"),
    ])
    func vectors(input: [UInt8], expected: String) {
        #expect(hex(bytes(of: SHA1.hash(input))) == expected)
    }

    @Test("a million letters a")
    func million() {
        let digest = SHA1.hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        #expect(hex(bytes(of: digest)) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }

    func bytes(of digest: InlineArray<20, UInt8>) -> [UInt8] { digest.indices.map { digest[$0] } }
}

@Suite struct HMACTests {
    struct Vector: Sendable {
        let key: [UInt8]
        let message: [UInt8]
        let code: String
    }

    /// RFC 4231, section 4, cases 1 to 4, 6 and 7.
    static let vectors = [
        Vector(
            key: [UInt8](repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Vector(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Vector(
            key: [UInt8](repeating: 0xaa, count: 20), message: [UInt8](repeating: 0xdd, count: 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Vector(
            key: Array(0x01...0x19), message: [UInt8](repeating: 0xcd, count: 50),
            code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        Vector(
            key: [UInt8](repeating: 0xaa, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Vector(
            key: [UInt8](repeating: 0xaa, count: 131),
            message: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test("HMAC-SHA-256 gives RFC 4231's codes", arguments: vectors)
    func rfc4231(vector: Vector) {
        #expect(hex(HMACSHA256.authenticate(vector.message, key: vector.key).array) == vector.code)
        var pieces = HMACSHA256(key: vector.key)
        for byte in vector.message { pieces.update([byte]) }
        #expect(hex(pieces.finalize().array) == vector.code)
    }

    @Test("a code is valid whole, and not with one bit changed, truncated or under another key")
    func validity() {
        let key = Array("key".utf8)
        let message = Array("message".utf8)
        var code = HMACSHA256.authenticate(message, key: key).array
        #expect(HMACSHA256.isValid(code, for: message, key: key))
        #expect(!HMACSHA256.isValid(code, for: message, key: message))
        #expect(!HMACSHA256.isValid(Array(code[..<31]), for: message, key: key))
        code[31] ^= 1
        #expect(!HMACSHA256.isValid(code, for: message, key: key))
    }
}

func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
