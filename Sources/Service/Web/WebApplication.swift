import Reactor
import WebProtocol

/// What a server does with the connections of its public listener. Bytes are valid for the call only.
public protocol WebApplication: AnyObject {
    /// Answers a plain request; nil for a path that does not exist.
    func respond(to request: HTTPRequest) -> HTTPResponse?
    /// Answers an administrator's request, at a path that `respond` does not know; nil when it is none of those either.
    func administer(_ request: HTTPRequest, client: SocketAddress) -> HTTPResponse?
    /// Whether a WebSocket may be opened at this path.
    func servesWebSocket(at path: String) -> Bool
    /// - Parameter client: who asks; where trusted proxies stand between, the one for whom they ask.
    func webSocketOpened(_ id: ConnectionID, client: SocketAddress)
    func received(text: Span<UInt8>, from id: ConnectionID)
    func received(binary: Span<UInt8>, from id: ConnectionID)
    /// No first message has come in time, or the peer broke the protocol: a last word may be sent now.
    func webSocketFailed(_ id: ConnectionID, _ failure: WebSocketFailure)
    /// Exactly once for each that was opened.
    func webSocketClosed(_ id: ConnectionID)
    /// Whether a part of the application takes pages that the server as a whole does not; it then asks `origin(of:)` itself.
    func admits(_ origin: RequestOrigin) -> Bool
    func webNoticed(_ notice: WebNotice)
    /// The round trip to a client, from a ping to its pong.
    func measured(roundTripMs: UInt32, of id: ConnectionID)
}

extension WebApplication {
    public func administer(_ request: HTTPRequest, client: SocketAddress) -> HTTPResponse? { nil }
    public func admits(_ origin: RequestOrigin) -> Bool { false }
    public func webNoticed(_ notice: WebNotice) {}
    public func measured(roundTripMs: UInt32, of id: ConnectionID) {}
}

/// Why the server gives a WebSocket up.
public enum WebSocketFailure: Sendable {
    case protocolError(WebSocketError)
    /// Nothing that counts was said in time after the upgrade.
    case firstMessageTimeout
    /// Nothing was heard for so long that nobody can be there.
    case idleTimeout
}

extension WebSocketFailure {
    /// What the client is told before the connection closes; nil when the close code says enough.
    /// - Parameter first: the message that had to come first.
    public func clientError(_ limits: WebLimits, first: String) -> (code: ErrorCode, message: String)? {
        switch self {
        case .protocolError(.messageTooLong):
            (.tooLarge, "a message has at most \(limits.webSocket.messageBytesMax) bytes")
        case .protocolError, .idleTimeout: nil
        case .firstMessageTimeout: (.timeout, "no \(first) came in time")
        }
    }
}
