import Testing
import WebProtocol

/// A server's answers, made of decoder, closing state and encoder as a shell puts them together.
private func answers(to pieces: [[UInt8]]) -> [UInt8] {
    var decoder = WebSocketDecoder()
    var closing = WebSocketClosing.open
    var out: [UInt8] = []
    for piece in pieces {
        var bytes = piece
        var offset = 0
        do throws(WebSocketError) {
            while true {
                var span = bytes.mutableSpan
                guard let event = try decoder.next(&span, at: &offset, limits: WebSocketLimits()) else { break }
                switch event {
                case .text, .binary, .pong: break
                case .ping(let payload):
                    decoder.withPayload(payload, in: bytes.span) { WebSocketEncoder.append(.pong, $0, to: &out) }
                case .close(let code, _):
                    if closing.received() { WebSocketEncoder.appendClose(code, to: &out) }
                }
            }
        } catch {
            if closing.failed() {
                WebSocketEncoder.appendClose(error.closeCode, reason: error.explanation, to: &out)
            }
        }
    }
    return out
}

@Suite struct WebSocketCloseReplyTests {
    @Test("a close is answered once, with the peer's own code", arguments: [1000, 1001, 1011, 3000, 4999])
    func echo(code: Int) {
        let close = ClientFrame.close(code, "because")
        #expect(answers(to: [close, close]) == [0x88, 2, UInt8(code >> 8), UInt8(code & 255)])
    }

    @Test("an empty close is answered by an empty one")
    func empty() {
        #expect(answers(to: [ClientFrame.frame(8, [])]) == [0x88, 0])
    }

    @Test("an offence is answered once, with its code, and what follows is not", arguments: WebSocketErrorTests.offences)
    func offence(offence: WebSocketErrorTests.Offence) {
        let out = answers(to: [ClientFrame.ping([1]), offence.bytes, ClientFrame.ping([2]), ClientFrame.close(1000)])
        let reason = Array(offence.error.explanation.utf8)
        #expect(
            out == [0x8a, 1, 1, 0x88, UInt8(2 + reason.count), UInt8(offence.code >> 8), UInt8(offence.code & 255)] + reason)
    }
}
