import Digests
import Testing

@Suite struct SeededGeneratorTests {
    /// RFC 8439, A.1, test vectors 1 and 2: the key stream of the zero key, blocks 0 and 1.
    @Test("the stream is ChaCha20's for the seed as key")
    func zeroKey() {
        var generator = SeededGenerator(seed: [UInt8](repeating: 0, count: 32))
        #expect(
            hex(generator.bytes(64))
                == "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                + "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586")
        #expect(
            hex(generator.bytes(64))
                == "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
                + "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f")
    }

    /// RFC 8439, A.1, test vector 3, is block 1 of the key that ends in 1.
    @Test("the seed is the key, byte for byte")
    func lastByteOfKey() {
        var generator = SeededGenerator(seed: [UInt8](repeating: 0, count: 31) + [1])
        _ = generator.bytes(64)
        #expect(
            hex(generator.bytes(64))
                == "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
                + "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0")
    }

    @Test("words, single bytes and fills draw from one stream, in order")
    func oneStream() {
        let seed = Array(UInt8(0)..<32)
        var whole = SeededGenerator(seed: seed)
        let stream = whole.bytes(200)
        for offset in [0, 1, 7, 8, 57, 60, 63, 64, 65] {
            var generator = SeededGenerator(seed: seed)
            var skipped = [UInt8](repeating: 0, count: offset)
            var span = skipped.mutableSpan
            generator.fill(&span)
            #expect(skipped == Array(stream[..<offset]))
            let word = generator.next()
            let expected = (0..<8).reduce(UInt64(0)) { $0 | UInt64(stream[offset + $1]) << UInt64(8 * $1) }
            #expect(word == expected)
            #expect(generator.nextByte() == stream[offset + 8])
        }
    }

    @Test("the same number gives the same stream, another number another one")
    func numbers() {
        var a = SeededGenerator(number: 1)
        var b = SeededGenerator(number: 1)
        var c = SeededGenerator(number: 2)
        let first = a.bytes(32)
        #expect(first == b.bytes(32))
        #expect(first != c.bytes(32))
        var source = SystemRandomNumberGenerator()
        var d = SeededGenerator(using: &source)
        var e = SeededGenerator(using: &source)
        #expect(d.next() != e.next())
    }
}
