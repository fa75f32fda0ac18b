import SessionProtocol
import Testing

@Suite struct MessageTests {
    @Test("every message comes back as it was, at its edges too")
    func roundTrips() throws {
        #expect(Set(samples.map(\.kind)) == Set(MessageKind.allCases))
        for message in samples {
            let bytes = encoded(message)
            let read = try #require(try Frame.read(bytes.span, at: 0))
            #expect(read.message == message)
            #expect(read.byteCount == bytes.count)
            #expect(encoded(read.message) == bytes)
            #expect(bytes.count - 4 <= ProtocolLimits.frameBytesMax)
        }
    }

    @Test("completion codes configured in any order are put into that of the wire, one a reason")
    func completionCodes() throws {
        let settings = SessionSettings(
            validatesPeers: true,
            completionCodes: [
                CompletionCode(reason: .shutdown, code: "c"), CompletionCode(reason: .completed, code: "a"),
                CompletionCode(reason: .shutdown, code: "d"),
            ])
        #expect(settings.completionCodes.map(\.code) == ["a", "c"])
        let message = Message.assign(assignment(settings: settings))
        let bytes = encoded(message)
        #expect(try Frame.read(bytes.span, at: 0)?.message == message)
    }

    @Test("kinds have the numbers that are published")
    func kinds() {
        #expect(
            MessageKind.allCases.map { Int($0.rawValue) }
                == [1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 21, 22, 23, 32, 33, 34, 48, 49, 64])
    }

    /// Bytes put together by hand from the specification; the checksum is the CRC-32C of what stands around it.
    @Test("a frame has its fields where the specification says")
    func layout() {
        let bytes = encoded(.accepted(session, Attempt(7)))
        #expect(bytes.count == 32)
        #expect(Array(bytes[0..<8]) == [0, 0, 0, 28, 1, 17, 0, 0])
        #expect(
            Array(bytes[12...])
                == [
                    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
                    0, 0, 0, 7,
                ])
        // CRC-32C of 01 22 00 00, bit by bit: the checksum of a message without a body.
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in [1, 34, 0, 0] as [UInt8] {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        crc = ~crc
        #expect(
            encoded(.drain)
                == [0, 0, 0, 8, 1, 34, 0, 0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: crc >> $0) })
    }

    @Test("a body that is cut anywhere, with its length and checksum put right, is refused, and so is one with more")
    func truncated() {
        for message in samples where encoded(message).count < 3000 {
            let bytes = encoded(message)
            for count in 0..<bytes.count - 12 {
                let error = refusal(of: reframed(Array(bytes[12..<12 + count]), kind: message.kind, flags: bytes[6]))
                guard case .truncated = error else {
                    Issue.record("\(message.kind) cut to \(count): \(String(describing: error))")
                    continue
                }
            }
            #expect(refusal(of: reframed(Array(bytes[12...]) + [0, 0], kind: message.kind, flags: bytes[6])) == .trailingBytes(2))
        }
    }
}

/// A frame around a body of the test's own making.
func reframed(_ body: [UInt8], kind: MessageKind, flags: UInt8 = 0) -> [UInt8] {
    let bytes = [1, kind.rawValue, flags, 0] + body
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }
    func big(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    return big(UInt32(body.count + 8)) + bytes[0..<4] + big(~crc) + body
}

/// The error that a frame gives; nil when it gives none.
func refusal(of bytes: [UInt8], _ version: UInt8 = ProtocolVersion.latest) -> WireError? {
    do {
        _ = try Frame.read(bytes.span, at: 0, version: version)
        return nil
    } catch {
        return error
    }
}
