import Reactor
import SessionProtocol

/// Bounds and times of the link between the two processes.
public struct LinkLimits: Sendable {
    /// How long the other side's kernel may take to answer a connect.
    public var connectTimeoutMs: UInt64 = 5_000
    /// From accept or connect to the end of the handshake.
    public var handshakeTimeoutMs: UInt64 = 5_000
    /// Links open at once on a matchmaker, strangers included.
    public var linksMax = 512
    /// Bytes that wait to be sent on one link; over it the link is closed and made anew.
    public var outboundBytesMax = 64 << 20
    /// The first wait before the matchmaker is dialled again; it doubles up to the last.
    public var redialFirstMs: UInt64 = 100
    public var redialLastMs: UInt64 = 2_000

    public init() {}
}

extension ConnectionCloseReason {
    /// The reason in words, for the log.
    var words: String {
        switch self {
        case .peerClosed: "closed by the other side"
        case .local: "closed by this side"
        case .error(let code): "the connection broke: \(ReactorError.text(of: code))"
        case .overflow: "the other side does not read"
        case .connectFailed(let code): "cannot connect: \(ReactorError.text(of: code))"
        }
    }
}

/// Why a link came to its end, for the log.
public enum LinkEnd: Sendable, CustomStringConvertible {
    case wire(WireError)
    case handshake(HandshakeError)
    case handshakeTimeout
    case rejected(Reject)
    case closed(String)

    public var description: String {
        switch self {
        case .wire(let error): "a frame could not be read: \(error)"
        case .handshake(let error): "\(error)"
        case .handshakeTimeout: "the handshake did not end in time"
        case .rejected(let reject): "closed by the other side: \(reject.code): \(reject.detail)"
        case .closed(let reason): reason
        }
    }
}
