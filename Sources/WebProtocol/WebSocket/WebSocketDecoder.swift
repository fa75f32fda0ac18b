/// Decodes the frames that a client sends (RFC 6455, sections 5 and 6), server's side. Hand it bytes as they were
/// received, whatever their boundaries; it unmasks them in place and gives one event at a time. A message that lies whole
/// in the bytes is not copied; one that comes in pieces gathers in a buffer that exists only meanwhile.
public struct WebSocketDecoder: Sendable {
    private enum State: Sendable {
        /// Between frames, or with the first bytes of a header in `partialHeader` → `data`, `control`, `ended`
        case header
        /// Inside the payload of a text, binary or continuation frame → `header`, `ended`
        case data
        /// Inside the payload of a control frame → `header`, `ended`
        case control(WebSocketOpcode)
        /// After a close frame or an error: everything more is thrown away.
        case ended
    }

    /// The payload so far of the message that comes in pieces; whole while an event says `.message`.
    public private(set) var message: [UInt8] = []
    /// The payload of a control frame that came in pieces; whole while an event says `.control`.
    public private(set) var control: [UInt8] = []

    private var payloadLeft = 0
    private var mask: UInt32 = 0
    /// How much of the current frame's payload has been unmasked, modulo 4.
    private var maskPhase: UInt8 = 0
    private var state = State.header
    private var isFinal = false
    private var isText = false
    private var messageIsDelivered = false
    private var controlIsDelivered = false
    private var utf8 = UTF8Validator()
    private var partialHeaderCount: UInt8 = 0
    private var partialHeader = InlineArray<14, UInt8>(repeating: 0)
    /// Frames of the open message so far; zero when none is open.
    private var frameCount: UInt32 = 0

    public init() {}

    /// Whether a message or a frame has begun and not ended.
    public var isInsideMessage: Bool {
        switch state {
        case .header: frameCount > 0 || partialHeaderCount > 0
        case .data, .control: true
        case .ended: false
        }
    }

    /// Reads from `bytes[offset...]`, unmasking in place, and moves `offset` behind what it has taken. Call again with the
    /// same bytes after each event, until it gives nil: it has then taken everything and released what it delivered.
    /// - Throws: `WebSocketError`; then send a close frame with its code. Everything after it is thrown away.
    public mutating func next(
        _ bytes: inout MutableSpan<UInt8>, at offset: inout Int, limits: WebSocketLimits
    ) throws(WebSocketError) -> WebSocketEvent? {
        if let whole = takeWholeMessage(&bytes, at: &offset, limits: limits) { return whole }
        if messageIsDelivered {
            message = []
            messageIsDelivered = false
        }
        if controlIsDelivered {
            control = []
            controlIsDelivered = false
        }
        do throws(WebSocketError) {
            while true {
                switch state {
                case .header:
                    guard let header = try takeHeader(bytes.span, at: &offset) else { return nil }
                    try begin(header, limits: limits)
                case .data:
                    if let event = try takeData(&bytes, at: &offset) { return event }
                    guard case .header = state else { return nil }
                case .control(let opcode):
                    return try takeControl(opcode, &bytes, at: &offset)
                case .ended:
                    offset = bytes.count
                    return nil
                }
            }
        } catch {
            self = WebSocketDecoder()
            state = .ended
            offset = bytes.count
            throw error
        }
    }

    /// Reads the payload of the event that was given last, wherever it lies.
    /// - Parameter input: the bytes that were handed to `next`.
    @inlinable
    public func withPayload<Result, Failure: Error>(
        _ payload: WebSocketPayload, in input: Span<UInt8>, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch payload {
        case .input(let range): try body(input.extracting(range))
        case .message: try body(message.span)
        case .control: try body(control.span)
        }
    }

    /// The reason in the payload of a close event.
    public func closeReason(_ payload: WebSocketPayload, in input: Span<UInt8>) -> String {
        withPayload(payload, in: input) { bytes in
            bytes.count <= 2 ? "" : decodeUTF8(bytes.extracting(2..<bytes.count))
        }
    }

    // MARK: Frames

    /// What nearly all of a game's messages are: a short binary one in one frame, whole in the bytes, between others. It
    /// passes through without a trace in the decoder; nil leaves everything to the long way.
    @inline(__always)
    private mutating func takeWholeMessage(
        _ bytes: inout MutableSpan<UInt8>, at offset: inout Int, limits: WebSocketLimits
    ) -> WebSocketEvent? {
        guard case .header = state, frameCount == 0, partialHeaderCount == 0, !messageIsDelivered, !controlIsDelivered,
            bytes.count - offset >= 6, bytes[offset] == 0x80 | WebSocketOpcode.binary.rawValue
        else { return nil }
        // The mask bit is set, and the length is not one of those that say where the length is.
        let count = Int(bytes[offset + 1]) - 0x80
        guard count >= 0, count <= 125, count <= limits.messageBytesMax, limits.messageFramesMax > 0 else { return nil }
        let start = offset + 6
        guard bytes.count - start >= count else { return nil }
        let mask = WebSocketFrameHeader.mask(bytes.span, at: offset + 2)
        WebSocketMask.apply(mask, phase: 0, to: &bytes, in: start..<start + count)
        offset = start + count
        return .binary(.input(start..<start + count))
    }

    @inline(__always)
    private mutating func takeHeader(
        _ bytes: Span<UInt8>, at offset: inout Int
    ) throws(WebSocketError) -> WebSocketFrameHeader? {
        let available = bytes.count - offset
        if partialHeaderCount == 0, available >= 2 {
            let byteCount = WebSocketFrameHeader.byteCount(second: bytes[offset + 1])
            if available >= byteCount {
                let header = try WebSocketFrameHeader(bytes.extracting(offset..<(offset + byteCount)))
                offset += byteCount
                return header
            }
        }
        return try takePartialHeader(bytes, at: &offset)
    }

    private mutating func takePartialHeader(
        _ bytes: Span<UInt8>, at offset: inout Int
    ) throws(WebSocketError) -> WebSocketFrameHeader? {
        while offset < bytes.count {
            partialHeader[Int(partialHeaderCount)] = bytes[offset]
            partialHeaderCount += 1
            offset += 1
            guard partialHeaderCount >= 2 else { continue }
            let byteCount = WebSocketFrameHeader.byteCount(second: partialHeader[1])
            if partialHeaderCount == 2 {
                _ = try WebSocketFrameHeader.opcode(first: partialHeader[0], second: partialHeader[1])
            }
            if Int(partialHeaderCount) == byteCount {
                partialHeaderCount = 0
                return try WebSocketFrameHeader(partialHeader.span.extracting(0..<byteCount))
            }
        }
        return nil
    }

    @inline(__always)
    private mutating func begin(_ header: WebSocketFrameHeader, limits: WebSocketLimits) throws(WebSocketError) {
        mask = header.mask
        maskPhase = 0
        payloadLeft = header.payloadByteCount
        switch header.opcode {
        case .close, .ping, .pong:
            state = .control(header.opcode)
            return
        case .continuation:
            guard frameCount > 0 else { throw .unexpectedContinuation }
        case .text, .binary:
            guard frameCount == 0 else { throw .expectedContinuation }
            isText = header.opcode == .text
        }
        guard payloadLeft <= limits.messageBytesMax - message.count else { throw .messageTooLong }
        guard frameCount < limits.messageFramesMax else { throw .tooManyFrames }
        frameCount += 1
        isFinal = header.isFinal
        state = .data
    }

    @inline(__always)
    private mutating func takeData(
        _ bytes: inout MutableSpan<UInt8>, at offset: inout Int
    ) throws(WebSocketError) -> WebSocketEvent? {
        let isFirstPiece = frameCount == 1 && maskPhase == 0 && message.isEmpty
        let range = takePayload(&bytes, at: &offset)
        if isText {
            guard utf8.validate(bytes.span.extracting(range)) else { throw .invalidUTF8 }
        }
        let isWhole = payloadLeft == 0 && isFinal
        if isWhole, isFirstPiece {
            return try endMessage(.input(range))
        }
        appendBytes(bytes.span.extracting(range), to: &message)
        guard payloadLeft == 0 else { return nil }
        state = .header
        guard isFinal else { return nil }
        messageIsDelivered = true
        return try endMessage(.message)
    }

    @inline(__always)
    private mutating func endMessage(_ payload: WebSocketPayload) throws(WebSocketError) -> WebSocketEvent {
        state = .header
        frameCount = 0
        guard isText else { return .binary(payload) }
        guard utf8.isComplete else { throw .invalidUTF8 }
        return .text(payload)
    }

    private mutating func takeControl(
        _ opcode: WebSocketOpcode, _ bytes: inout MutableSpan<UInt8>, at offset: inout Int
    ) throws(WebSocketError) -> WebSocketEvent? {
        let isFirstPiece = control.isEmpty
        let range = takePayload(&bytes, at: &offset)
        var payload = WebSocketPayload.input(range)
        if payloadLeft > 0 || !isFirstPiece {
            appendBytes(bytes.span.extracting(range), to: &control)
            guard payloadLeft == 0 else { return nil }
            payload = .control
            controlIsDelivered = true
        }
        state = .header
        switch opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        case .close:
            let code = try withPayload(payload, in: bytes.span, Self.closeCode)
            message = []
            state = .ended
            return .close(code, payload)
        case .text, .binary, .continuation:
            preconditionFailure("not a control frame")
        }
    }

    /// Takes and unmasks what there is of the current frame's payload.
    @inline(__always)
    private mutating func takePayload(_ bytes: inout MutableSpan<UInt8>, at offset: inout Int) -> Range<Int> {
        let range = offset..<(offset + min(payloadLeft, bytes.count - offset))
        WebSocketMask.apply(mask, phase: Int(maskPhase), to: &bytes, in: range)
        payloadLeft -= range.count
        maskPhase = UInt8(truncatingIfNeeded: (Int(maskPhase) + range.count) & 3)
        offset = range.upperBound
        return range
    }

    /// The code of a close payload (RFC 6455, sections 5.5.1 and 7.4); nil when it is empty.
    private static func closeCode(_ payload: Span<UInt8>) throws(WebSocketError) -> WebSocketCloseCode? {
        guard payload.count > 0 else { return nil }
        guard payload.count >= 2 else { throw .closePayload }
        let code = WebSocketCloseCode(UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.mayBeSent else { throw .closeCode }
        guard UTF8Validator.isValid(payload.extracting(2..<payload.count)) else { throw .invalidUTF8 }
        return code
    }
}

func decodeUTF8(_ bytes: Span<UInt8>) -> String {
    unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
}
