/// The closing handshake (RFC 6455, section 7.1): each side sends one close frame and nothing after it.
public enum WebSocketClosing: Equatable, Sendable {
    /// → `closing`, `closed`
    case open
    /// Our close frame is out and the peer's is awaited → `closed`
    case closing
    /// Both are out, or the connection failed: flush, then close the socket.
    case closed

    /// Whether a message, ping or pong may still be sent.
    public var maySend: Bool { self == .open }

    /// We want to close.
    /// - Returns: whether a close frame has to be sent now.
    public mutating func close() -> Bool {
        guard self == .open else { return false }
        self = .closing
        return true
    }

    /// The peer's close frame came.
    /// - Returns: whether to send one back, with the peer's code (empty when it gave none).
    public mutating func received() -> Bool {
        defer { self = .closed }
        return self == .open
    }

    /// The peer broke the protocol: no close frame of its is awaited.
    /// - Returns: whether a close frame with the error's code has to be sent before the socket is closed.
    public mutating func failed() -> Bool {
        defer { self = .closed }
        return self == .open
    }
}
