import Testing
import WebProtocol

@Suite struct WebSocketEncoderTests {
    @Test("the unmasked examples of RFC 6455, 5.7, are written")
    func rfcExamples() {
        var bytes: [UInt8] = []
        WebSocketEncoder.appendText("Hello", to: &bytes)
        #expect(bytes == [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
        bytes = []
        WebSocketEncoder.append(.ping, Array("Hello".utf8).span, to: &bytes)
        #expect(bytes == [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
        bytes = []
        WebSocketEncoder.appendHeader(.binary, payloadByteCount: 256, to: &bytes)
        #expect(bytes == [0x82, 0x7e, 0x01, 0x00])
        bytes = []
        WebSocketEncoder.appendHeader(.binary, payloadByteCount: 65_536, to: &bytes)
        #expect(bytes == [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0])
        bytes = []
        WebSocketEncoder.appendHeader(.text, payloadByteCount: 3, isFinal: false, to: &bytes)
        #expect(bytes == [0x01, 0x03])
    }

    @Test("each length is in its shortest form, and the same wherever it is written", arguments: [
        (0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10), (Int.max, 10),
    ])
    func headers(payloadByteCount: Int, headerByteCount: Int) {
        var bytes: [UInt8] = []
        WebSocketEncoder.appendHeader(.binary, payloadByteCount: payloadByteCount, to: &bytes)
        #expect(bytes.count == headerByteCount)
        let header = WebSocketHeaderBytes(.binary, payloadByteCount: payloadByteCount)
        #expect(header.count == headerByteCount)
        #expect((0..<header.count).map { header.storage[$0] } == bytes)
        let written = [UInt8](capacity: 10) { output in
            WebSocketEncoder.appendHeader(.binary, payloadByteCount: payloadByteCount, to: &output)
        }
        #expect(written == bytes)
    }

    @Test("a text written in place is the same as one appended whole", arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 65_600])
    func inPlace(length: Int) {
        let text = String(decoding: (0..<length).map { UInt8(0x20 + $0 % 90) }, as: UTF8.self)
        var whole: [UInt8] = [1, 2, 3]
        WebSocketEncoder.appendText(text, to: &whole)
        var inPlace: [UInt8] = [1, 2, 3]
        WebSocketEncoder.appendText(to: &inPlace) { $0.append(contentsOf: text.utf8) }
        #expect(inPlace == whole)
    }

    @Test("a close frame has its code and as much of the reason as fits, cut at a character")
    func close() {
        var bytes: [UInt8] = []
        WebSocketEncoder.appendClose(.normal, reason: "bye", to: &bytes)
        #expect(bytes == [0x88, 5, 0x03, 0xe8, 0x62, 0x79, 0x65])
        bytes = []
        WebSocketEncoder.appendClose(nil, to: &bytes)
        #expect(bytes == [0x88, 0])
        bytes = []
        WebSocketEncoder.appendClose(.replaced, reason: String(repeating: "é", count: 100), to: &bytes)
        #expect(bytes == [0x88, 124, 0x0f, 0xa1] + Array(String(repeating: "é", count: 61).utf8))
        bytes = []
        WebSocketEncoder.appendClose(.normal, reason: String(repeating: "r", count: 124), to: &bytes)
        #expect(bytes.count == 2 + 125)
    }

    @Test("every error's close frame may be sent")
    func errorCodes() {
        for code in ErrorCode.allCases { #expect(code.closeCode.mayBeSent) }
        #expect(!WebSocketCloseCode(1005).mayBeSent)
    }
}

@Suite struct WebSocketClosingTests {
    enum Step: Sendable {
        case close, received, failed
    }

    /// Which of the steps has to send a close frame, and where they end.
    func run(_ steps: Step...) -> (sends: [Bool], end: WebSocketClosing) {
        var closing = WebSocketClosing.open
        var sends: [Bool] = []
        for step in steps {
            switch step {
            case .close: sends.append(closing.close())
            case .received: sends.append(closing.received())
            case .failed: sends.append(closing.failed())
            }
        }
        return (sends, closing)
    }

    @Test("we close: one frame goes out, the peer's ends it and is not answered")
    func ours() {
        #expect(run(.close, .close) == ([true, false], .closing))
        #expect(run(.close, .received) == ([true, false], .closed))
    }

    @Test("the peer closes: its frame is answered once, and ours is that answer")
    func theirs() {
        #expect(run(.received) == ([true], .closed))
        #expect(run(.received, .received, .close) == ([true, false, false], .closed))
    }

    @Test("a failed connection says why once, and nothing when our close frame is already out")
    func failed() {
        #expect(run(.failed, .failed) == ([true, false], .closed))
        #expect(run(.close, .failed) == ([true, false], .closed))
        #expect(run(.received, .failed) == ([true, false], .closed))
    }

    @Test("messages may be sent only while it is open")
    func maySend() {
        #expect(WebSocketClosing.open.maySend)
        #expect(!WebSocketClosing.closing.maySend)
        #expect(!WebSocketClosing.closed.maySend)
    }

    @Test("a header in a word is the same bytes, and there is none for a longer payload")
    func headerWord() throws {
        for count in [0, 1, 125, 126, 127, 255, 256, 0xff00, 0xffff] {
            let word = try #require(WebSocketHeaderWord(.binary, payloadByteCount: count))
            var bytes: [UInt8] = []
            WebSocketEncoder.appendHeader(.binary, payloadByteCount: count, to: &bytes)
            #expect((0..<word.count).map { UInt8(truncatingIfNeeded: word.bytes >> UInt64(8 * $0)) } == bytes)
            #expect(word.bytes >> UInt64(8 * word.count) == 0)
        }
        #expect(WebSocketHeaderWord(.binary, payloadByteCount: 0x1_0000) == nil)
        #expect(WebSocketHeaderWord(.binary, payloadByteCount: -1) == nil)
    }
}
