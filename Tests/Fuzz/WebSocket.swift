import WebProtocol

/// WebSocket frames of a client in any pieces: the same events and the same error, nothing over its limit, nothing after
/// the end.
func check(_ input: Span<UInt8>) {
    let stream = Choices.rest(of: input)
    let limits = WebSocketLimits(messageBytesMax: 600, messageFramesMax: 5)

    var whole = Reading()
    withCopy(of: stream) { whole.take(&$0, limits) }
    var cut = Reading()
    inPieces(stream, Choices(input)) { cut.take(&$0, limits) }
    require(whole.seen == cut.seen, "what is read does not depend on the cuts")
    require(whole.decoder.isInsideMessage == cut.decoder.isInsideMessage, "nor whether a message has begun")

    // Without masks the same messages come out of fresh frames.
    var again = Reading()
    var frames: [UInt8] = []
    for event in whole.seen { event.append(to: &frames) }
    withCopy(of: frames) { again.take(&$0, limits) }
    let expected = whole.seen.filter { if case .failed = $0 { false } else { true } }
    require(again.seen == expected, "what was read can be sent and read again")
}

private func withCopy(of bytes: [UInt8], _ body: (inout MutableSpan<UInt8>) -> Void) {
    var bytes = bytes
    var span = bytes.mutableSpan
    body(&span)
}

private enum Seen: Equatable {
    case frame(WebSocketOpcode, [UInt8])
    case failed(WebSocketError)

    /// As a client sends it, with a mask of zeros.
    func append(to bytes: inout [UInt8]) {
        guard case .frame(let opcode, let payload) = self else { return }
        let start = bytes.count
        WebSocketEncoder.appendHeader(opcode, payloadByteCount: payload.count, to: &bytes)
        bytes[start + 1] |= 0x80
        bytes += [0, 0, 0, 0] + payload
    }
}

private struct Reading {
    var decoder = WebSocketDecoder()
    var seen: [Seen] = []
    var isOver = false

    mutating func take(_ bytes: inout MutableSpan<UInt8>, _ limits: WebSocketLimits) {
        var offset = 0
        do throws(WebSocketError) {
            while let event = try decoder.next(&bytes, at: &offset, limits: limits) {
                require(!isOver, "nothing is read after the end")
                seen.append(examine(event, bytes.span, limits))
            }
        } catch {
            require(!isOver, "an error is told once")
            isOver = true
            require(error.closeCode.mayBeSent && error.explanation.utf8.count <= 123, "an error fits a close frame")
            seen.append(.failed(error))
        }
        require(offset == bytes.count, "all is taken before more is asked for")
        require(decoder.message.count <= limits.messageBytesMax, "a message that gathers is within its limit")
        require(decoder.control.count <= 125, "a control frame that gathers is within its limit")
    }

    private mutating func examine(_ event: WebSocketEvent, _ bytes: Span<UInt8>, _ limits: WebSocketLimits) -> Seen {
        switch event {
        case .text(let payload):
            let text = self.payload(payload, bytes, bytesMax: limits.messageBytesMax)
            require(String(validating: text, as: UTF8.self) != nil, "a text is UTF-8")
            return .frame(.text, text)
        case .binary(let payload): return .frame(.binary, self.payload(payload, bytes, bytesMax: limits.messageBytesMax))
        case .ping(let payload): return .frame(.ping, self.payload(payload, bytes, bytesMax: 125))
        case .pong(let payload): return .frame(.pong, self.payload(payload, bytes, bytesMax: 125))
        case .close(let code, let payload):
            isOver = true
            let close = self.payload(payload, bytes, bytesMax: 125)
            require(code?.mayBeSent != false, "a close code may be sent")
            require((code == nil) == close.isEmpty, "a close payload has a code")
            require(Array(decoder.closeReason(payload, in: bytes).utf8) == Array(close.dropFirst(2)), "a reason is UTF-8")
            var answer: [UInt8] = []
            WebSocketEncoder.appendClose(code, to: &answer)
            return .frame(.close, close)
        }
    }

    private func payload(_ payload: WebSocketPayload, _ bytes: Span<UInt8>, bytesMax: Int) -> [UInt8] {
        let copy = decoder.withPayload(payload, in: bytes) { array($0) }
        require(copy.count <= bytesMax, "a payload is within its limit")
        return copy
    }
}
