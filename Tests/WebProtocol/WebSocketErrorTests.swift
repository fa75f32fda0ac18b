import Testing
import WebProtocol

@Suite struct WebSocketErrorTests {
    struct Offence: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let error: WebSocketError
        let code: UInt16
        var testDescription: String { name }

        init(_ name: String, _ bytes: [UInt8], _ error: WebSocketError, _ code: UInt16) {
            self.name = name
            self.bytes = bytes
            self.error = error
            self.code = code
        }
    }

    static func masked(_ first: UInt8, _ payload: [UInt8] = [], lengthBytes: Int? = nil) -> [UInt8] {
        ClientFrame(first: first, payload: payload, lengthBytes: lengthBytes).bytes
    }

    static let offences: [Offence] =
        [0x10, 0x20, 0x40, 0x70].map { (bits: UInt8) in
            Offence("reserved bits \(bits)", masked(0x81 | bits, [1]), .reservedBits, 1002)
        }
        + ([3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8]).map { opcode in
            Offence("opcode \(opcode)", masked(0x80 | opcode), .reservedOpcode, 1002)
        }
        + [
            Offence("unmasked text", ClientFrame(first: 0x81, payload: [65], mask: nil).bytes, .unmasked, 1002),
            Offence("unmasked ping", ClientFrame(first: 0x89, payload: [], mask: nil).bytes, .unmasked, 1002),
            Offence("short length in two bytes", masked(0x82, [1], lengthBytes: 2), .lengthNotMinimal, 1002),
            Offence("short length in eight bytes", masked(0x82, [1], lengthBytes: 8), .lengthNotMinimal, 1002),
            Offence(
                "middle length in eight bytes", masked(0x82, [UInt8](repeating: 0, count: 65_535), lengthBytes: 8),
                .lengthNotMinimal, 1002),
            Offence(
                "125 in two bytes", masked(0x82, [UInt8](repeating: 0, count: 125), lengthBytes: 2), .lengthNotMinimal,
                1002),
            Offence(
                "top bit of the length", [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4], .lengthOverflow, 1002),
            Offence(
                "the longest length there is", [0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4],
                .messageTooLong, 1009),
            Offence("ping of 126", masked(0x89, [UInt8](repeating: 0, count: 126)), .controlTooLong, 1002),
            Offence("close of 126", masked(0x88, [UInt8](repeating: 0, count: 126)), .controlTooLong, 1002),
            Offence("fragmented ping", masked(0x09, [1]), .controlFragmented, 1002),
            Offence("fragmented close", masked(0x08), .controlFragmented, 1002),
            Offence("continuation first", ClientFrame.more([1]), .unexpectedContinuation, 1002),
            Offence("open continuation first", ClientFrame.more([1], final: false), .unexpectedContinuation, 1002),
            Offence(
                "text inside text", ClientFrame.text("a", final: false) + ClientFrame.text("b"), .expectedContinuation,
                1002),
            Offence(
                "binary inside text", ClientFrame.text("", final: false) + ClientFrame.binary([]), .expectedContinuation,
                1002),
            Offence("close payload of one byte", ClientFrame.frame(8, [3]), .closePayload, 1002),
            Offence("close reason not UTF-8", ClientFrame.frame(8, [3, 0xe8, 0xce, 0xba, 0xe1]), .invalidUTF8, 1007),
            Offence("text not UTF-8", ClientFrame.frame(1, [0x68, 0xff]), .invalidUTF8, 1007),
            Offence("text that ends inside a character", ClientFrame.frame(1, [0x68, 0xc3]), .invalidUTF8, 1007),
            Offence(
                "fragmented text that ends inside a character",
                ClientFrame.frame(1, [0xe2], final: false) + ClientFrame.more([0x98]), .invalidUTF8, 1007),
        ]
        + [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map { code in
            Offence("close code \(code)", ClientFrame.close(code), .closeCode, 1002)
        }

    @Test("each offence fails the connection with its code, whole and byte by byte", arguments: offences)
    func offence(offence: Offence) {
        for pieceCount in [1, 2, 100_000] {
            #expect(Listener.hear(offence.bytes, pieceCount: pieceCount).last == .failed(offence.error))
        }
        #expect(offence.error.closeCode.rawValue == offence.code)
    }

    @Test("the fragments before a continuation that is out of place are heard as the message they were")
    func afterMessage() {
        let bytes = ClientFrame.text("a", final: false) + ClientFrame.more([98]) + ClientFrame.more([99])
        #expect(Listener.hear(bytes) == [.text("ab"), .failed(.unexpectedContinuation)])
    }

    @Test("valid close codes are heard", arguments: [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
    ])
    func closeCodes(code: Int) {
        #expect(Listener.hear(ClientFrame.close(code)) == [.close(UInt16(code), "")])
    }

    @Test("a close without a code is heard, and nothing after a close")
    func close() {
        #expect(Listener.hear(ClientFrame.frame(8, [])) == [.close(nil, "")])
        let bytes = ClientFrame.close(1001, "gone") + ClientFrame.text("late") + [0xff, 0xff]
        for pieceCount in [1, 5, 100] {
            #expect(Listener.hear(bytes, pieceCount: pieceCount) == [.close(1001, "gone")])
        }
        let longest = String(repeating: "r", count: 123)
        #expect(Listener.hear(ClientFrame.close(1000, longest), pieceCount: 1) == [.close(1000, longest)])
    }

    @Test("nothing is heard after an error")
    func afterError() {
        var listener = Listener()
        listener.feed([0x83, 0x80] + ClientFrame.text("a"))
        listener.feed(ClientFrame.text("b"))
        #expect(listener.heard == [.failed(.reservedOpcode)])
    }

    @Test("the first two bytes are judged before the rest of the header has come")
    func earlyHeader() {
        #expect(Listener.hear([0x81, 0x05], pieceCount: 1) == [.failed(.unmasked)])
        #expect(Listener.hear([0x89, 0xfe]) == [.failed(.controlTooLong)])
        #expect(Listener.hear([0xc1, 0xfe]) == [.failed(.reservedBits)])
    }

    @Test("a message at the limit passes; one byte more is refused by its header alone")
    func messageLimit() {
        let limits = WebSocketLimits(messageBytesMax: 1000)
        let exact = [UInt8](repeating: 1, count: 1000)
        #expect(Listener.hear(ClientFrame.binary(exact), limits: limits) == [.binary(exact)])
        let over = ClientFrame.binary(exact + [1])
        #expect(Listener.hear(Array(over[..<8]), limits: limits) == [.failed(.messageTooLong)])
        let fragments = ClientFrame.binary(Array(exact[..<600]), final: false) + ClientFrame.more(Array(exact[..<401]))
        #expect(Listener.hear(fragments, limits: limits) == [.failed(.messageTooLong)])
        let fitting = ClientFrame.binary(Array(exact[..<600]), final: false) + ClientFrame.more(Array(exact[..<400]))
        #expect(Listener.hear(fitting, limits: limits) == [.binary(exact)])
    }

    @Test("a message of too many frames is refused, control frames not counted")
    func frameLimit() {
        let limits = WebSocketLimits(messageBytesMax: 1000, messageFramesMax: 3)
        let open = ClientFrame.binary([1], final: false) + ClientFrame.more([], final: false) + ClientFrame.ping()
        #expect(Listener.hear(open + ClientFrame.more([2]), limits: limits) == [.ping([]), .binary([1, 2])])
        let over = open + ClientFrame.more([], final: false) + ClientFrame.more([2])
        #expect(Listener.hear(over, limits: limits) == [.ping([]), .failed(.tooManyFrames)])
    }
}
