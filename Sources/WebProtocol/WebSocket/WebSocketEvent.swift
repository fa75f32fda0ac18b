/// What one connection may send at a time.
public struct WebSocketLimits: Sendable {
    /// The payload of a message, all its fragments together; over it the connection fails with 1009 before the bytes come.
    public var messageBytesMax = 65_536
    /// Frames a message may be cut into, because empty ones cost work and never reach the limit above; 1009 as well.
    public var messageFramesMax = 1024

    public init() {}

    public init(messageBytesMax: Int, messageFramesMax: Int = 1024) {
        self.messageBytesMax = messageBytesMax
        self.messageFramesMax = messageFramesMax
    }
}

/// Where the payload of an event lies, until the next call of the decoder. `withPayload` reads it wherever it is.
public enum WebSocketPayload: Equatable, Sendable {
    /// In the bytes that were handed in, unmasked in place: nothing was copied.
    case input(Range<Int>)
    /// In the decoder's `message`: it came in pieces.
    case message
    /// In the decoder's `control`: a control frame that came in pieces.
    case control
}

public enum WebSocketEvent: Equatable, Sendable {
    /// A whole message, valid UTF-8.
    case text(WebSocketPayload)
    case binary(WebSocketPayload)
    /// To be answered by a pong with the same payload, of at most 125 bytes.
    case ping(WebSocketPayload)
    case pong(WebSocketPayload)
    /// The peer's close frame; the code is nil when it gave none. The reason (valid UTF-8) is the payload from its third
    /// byte on; `WebSocketDecoder.closeReason` reads it. Nothing after it is read.
    case close(WebSocketCloseCode?, WebSocketPayload)
}
