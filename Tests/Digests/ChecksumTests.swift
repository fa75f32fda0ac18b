import Digests
import Testing

@Suite struct CRC32CTests {
    /// The read command of RFC 3720, B.4.
    static let readCommand: [UInt8] = [
        0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18,
        0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ]

    /// RFC 3720 prints the checksum as it is sent, least significant byte first.
    @Test("CRC-32C gives RFC 3720's checksums", arguments: [
        ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
        ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
        (Array(0...31), 0x46dd_794e),
        (Array((0...31).reversed()), 0x113f_db5c),
        (readCommand, 0xd996_3a56),
        (Array("123456789".utf8), 0xe306_9283),
        ([], 0),
    ] as [([UInt8], UInt32)])
    func vectors(input: [UInt8], expected: UInt32) {
        #expect(CRC32C.checksum(input) == expected)
    }

    @Test("every split gives the checksum of the whole")
    func splits() {
        let input = (0..<40).map { UInt8($0 * 5) }
        for split in 0...40 {
            var crc = CRC32C()
            crc.update(input.span.extracting(0..<split))
            crc.update(input.span.extracting(split..<40))
            #expect(crc.value == CRC32C.checksum(input))
        }
    }

    @Test("every length, whole and in two pieces, gives what the polynomial gives bit by bit")
    func lengths() {
        let input = (0..<70).map { UInt8(truncatingIfNeeded: $0 * 151 + 7) }
        for count in 0...input.count {
            var remainder = UInt32.max
            for byte in input[..<count] {
                remainder ^= UInt32(byte)
                for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1 }
            }
            let bytes = input.span.extracting(first: count)
            #expect(CRC32C.checksum(bytes) == ~remainder, "\(count)")
            for split in 0...count {
                let (first, second) = (bytes.extracting(first: split), bytes.extracting(droppingFirst: split))
                #expect(CRC32C.checksum(first, then: second) == ~remainder, "\(count) at \(split)")
            }
        }
    }

    @Test("a flipped bit anywhere changes the checksum")
    func flips() {
        let input = Array("a frame with a checksum".utf8)
        let whole = CRC32C.checksum(input)
        for bit in 0..<(input.count * 8) {
            var flipped = input
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(CRC32C.checksum(flipped) != whole)
        }
    }
}

@Suite struct ConstantTimeTests {
    @Test("equal means the same bytes and the same length")
    func equality() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEqual([1, 2, 3], [0, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
    }
}
