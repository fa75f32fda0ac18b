import Testing
import WebProtocol

@Suite struct WebSocketDecoderTests {
    @Test("the masked and fragmented examples of RFC 6455, 5.7, are heard as Hello")
    func rfcExamples() {
        let masked: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        #expect(Listener.hear(masked) == [.text("Hello")])
        let pong: [UInt8] = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        #expect(Listener.hear(pong) == [.pong(Array("Hello".utf8))])
    }

    /// One conversation with everything in it, and what must be heard of it.
    static let conversation: [UInt8] =
        ClientFrame.text("Hello") + ClientFrame.binary([]) + ClientFrame.text("κόσμε", final: false)
        + ClientFrame.ping([1, 2, 3]) + ClientFrame.more([]) // the empty last fragment
        + ClientFrame.binary((0..<300).map { UInt8($0 & 255) }) + ClientFrame.frame(10, [9])
        + ClientFrame.binary([1], final: false) + ClientFrame.more([2, 3], final: false) + ClientFrame.ping()
        + ClientFrame.more([4]) + ClientFrame.close(1000, "bye ☂")
    static let heard: [Heard] = [
        .text("Hello"), .binary([]), .ping([1, 2, 3]), .text("κόσμε"), .binary((0..<300).map { UInt8($0 & 255) }),
        .pong([9]), .ping([]), .binary([1, 2, 3, 4]), .close(1000, "bye ☂"),
    ]

    @Test("the same is heard whole, byte by byte and in pieces of every size")
    func pieces() {
        for count in 1...Self.conversation.count {
            #expect(Listener.hear(Self.conversation, pieceCount: count) == Self.heard, "pieces of \(count)")
        }
    }

    @Test("the same is heard at every split in two")
    func splits() {
        for split in 0...Self.conversation.count {
            var listener = Listener()
            listener.feed(Self.conversation[..<split])
            listener.feed(Self.conversation[split...])
            #expect(listener.heard == Self.heard, "split at \(split)")
        }
    }

    @Test("a cut-off conversation says no more than what had arrived")
    func truncated() {
        for end in 0..<Self.conversation.count {
            let heard = Listener.hear(Array(Self.conversation[..<end]))
            #expect(heard.elementsEqual(Self.heard.prefix(heard.count)))
            #expect(heard.count < Self.heard.count)
        }
    }

    @Test("a message that lies whole in the input is not copied, and a gathered one is released")
    func copies() {
        var listener = Listener()
        listener.feed(ClientFrame.text("a") + ClientFrame.binary([1, 2]) + ClientFrame.ping([1]))
        #expect(listener.copies == 0)
        let frame = ClientFrame.text("in two pieces")
        listener.feed(frame[..<10])
        #expect(listener.decoder.isInsideMessage)
        listener.feed(frame[10...])
        #expect(listener.copies == 1)
        #expect(listener.decoder.message.capacity == 0)
        #expect(!listener.decoder.isInsideMessage)
        // Only the header came first: still no copy.
        let late = ClientFrame.binary([7, 8, 9])
        listener.feed(late[..<6])
        listener.feed(late[6...])
        #expect(listener.copies == 1)
        #expect(listener.heard.last == .binary([7, 8, 9]))
    }

    @Test("an idle decoder is small")
    func size() {
        #expect(MemoryLayout<WebSocketDecoder>.size <= 72)
    }

    @Test("every length around the borders of the three forms, every mask phase")
    func lengths() {
        for length in [0, 1, 7, 8, 9, 15, 16, 17, 124, 125, 126, 127, 128, 1000, 65_534, 65_535, 65_536, 65_537] {
            let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ length) }
            let limits = WebSocketLimits(messageBytesMax: 70_000)
            for pieceCount in [1, 3, 997, 100_000] where pieceCount > 1 || length < 2000 {
                let heard = Listener.hear(ClientFrame.binary(payload), pieceCount: pieceCount, limits: limits)
                #expect(heard == [.binary(payload)])
            }
        }
    }

    @Test("random bytes neither trap nor stall", arguments: 0..<200)
    func random(seed: Int) {
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1
        func next() -> UInt8 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 24)
        }
        var bytes = Self.conversation
        for _ in 0..<(seed % 9) { bytes[Int(next()) * 2 % bytes.count] = next() }
        let whole = Listener.hear(bytes)
        #expect(Listener.hear(bytes, pieceCount: 1) == whole)
        let noise = (0..<300).map { _ in next() }
        #expect(Listener.hear(noise, pieceCount: 7) == Listener.hear(noise))
    }

    @Test("a message of 16 MiB passes when the limit allows it, in one frame and in many")
    func large() {
        let payload = [UInt8](repeating: UInt8(ascii: "*"), count: 16 << 20)
        let limits = WebSocketLimits(messageBytesMax: 16 << 20, messageFramesMax: 1 << 20)
        // The zero mask keeps the test quick; other masks have tests of their own.
        let whole = ClientFrame(first: 0x81, payload: payload, mask: [0, 0, 0, 0]).bytes
        #expect(Listener.hear(whole, pieceCount: 65_536, limits: limits) == [.text(payload)])
        let fragment = ClientFrame.more([UInt8](repeating: UInt8(ascii: "*"), count: 65_536), final: false)
        var listener = Listener()
        listener.limits = limits
        listener.feed(ClientFrame.frame(1, [], final: false))
        for _ in 0..<256 {
            listener.feed(fragment[..<40_000])
            listener.feed(fragment[40_000...])
        }
        listener.feed(ClientFrame.more([]))
        #expect(listener.heard == [.text(payload)])
    }
}
