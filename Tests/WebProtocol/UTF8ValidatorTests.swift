import Testing
import WebProtocol

/// `#expect` takes no spans.
private func isValid(_ bytes: [UInt8]) -> Bool { UTF8Validator.isValid(bytes.span) }

@Suite struct UTF8ValidatorTests {
    @Test("it agrees with the standard library on every sequence of up to two bytes, and on a grid of longer ones")
    func agreement() {
        func check(_ bytes: [UInt8]) -> Bool { isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil) }
        var disagreements = 0
        for first in 0...255 {
            if !check([UInt8(first)]) { disagreements += 1 }
            for second in 0...255 where !check([UInt8(first), UInt8(second)]) { disagreements += 1 }
        }
        let edges: [UInt8] = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xff]
        for first in 0xe0...0xff {
            for second in edges {
                for third in edges {
                    if !check([UInt8(first), second, third]) { disagreements += 1 }
                    for fourth in edges where !check([UInt8(first), second, third, fourth]) { disagreements += 1 }
                }
            }
        }
        #expect(disagreements == 0)
    }

    @Test("every scalar passes, in any pieces")
    func scalars() {
        for value in [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x1_0000, 0x10_ffff] as [UInt32] {
            guard let scalar = Unicode.Scalar(value) else { continue }
            var validator = UTF8Validator()
            for byte in String(scalar).utf8 {
                let isAccepted = validator.validate([byte].span)
                #expect(isAccepted)
            }
            #expect(validator.isComplete)
        }
    }

    @Test("a bad byte is seen behind any run of ASCII and at any offset")
    func offsets() {
        for length in 0..<40 {
            let text = [UInt8](repeating: 0x61, count: length)
            #expect(isValid(text))
            for bad in 0...length {
                var bytes = text
                bytes.insert(0x80, at: bad)
                #expect(!isValid(bytes))
            }
        }
    }

    /// Where each of these texts first goes wrong (0xf4 0x90 is beyond the last scalar, 0xed 0xa0 a surrogate).
    @Test("the first bad byte fails the connection as it comes, inside an incomplete frame too", arguments: [
        ([0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xf4, 0x90, 0x80, 0x80], 8),
        ([0x61, 0xed, 0xa0, 0x80, 0x62], 2), ([0xc0, 0xaf, 0x61, 0x61], 0), ([0xe0, 0x9f, 0xbf, 0x61], 1),
        ([0xf0, 0x8f, 0x80, 0x80], 1), ([0x61, 0xf5, 0x80, 0x80, 0x80], 1), ([0xe2, 0x98, 0x41, 0x41], 2),
    ] as [([UInt8], Int)])
    func failFast(text: [UInt8], bad: Int) {
        let frame = ClientFrame.frame(1, text)
        let headerCount = frame.count - text.count
        var listener = Listener()
        for (index, byte) in frame.enumerated() {
            listener.feed([byte])
            #expect(listener.heard == (index < headerCount + bad ? [] : [.failed(.invalidUTF8)]))
        }
        let fragments = text.enumerated().map { index, byte in
            ClientFrame.frame(index == 0 ? 1 : 0, [byte], final: false)
        }
        var other = Listener()
        for (index, fragment) in fragments.enumerated() {
            other.feed(fragment)
            #expect(other.heard == (index < bad ? [] : [.failed(.invalidUTF8)]))
        }
    }
}
