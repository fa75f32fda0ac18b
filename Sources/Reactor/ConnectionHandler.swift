/// Names one connection of one loop, for as long as it exists and never again: the slot in the low 32 bits,
/// above it the slot's generation, so that an id kept for too long is seen as stale.
public struct ConnectionID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let rawValue: UInt64

    /// An id as it was once given out, from its number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    init(index: Int, generation: UInt32) {
        rawValue = UInt64(generation) << 32 | UInt64(UInt32(truncatingIfNeeded: index))
    }

    var index: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }
    var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    /// Slot and generation, as in `17.3`.
    public var description: String { "\(index).\(generation)" }
}

/// Why a connection is gone.
public enum ConnectionCloseReason: Equatable, Sendable, CustomStringConvertible {
    /// The peer ended the connection in good order.
    case peerClosed
    /// `close` or `abort` was called.
    case local
    /// The connection broke; the code is the system's (`ETIMEDOUT` also when queued bytes did not leave within `flushTimeoutMs`).
    case error(Int32)
    /// The peer did not read, and its outbound queue was full.
    case overflow
    /// A connect did not succeed; the code is the system's (`ETIMEDOUT` after `connectTimeoutMs`).
    case connectFailed(Int32)

    /// A few words for the log.
    public var description: String {
        switch self {
        case .peerClosed: "closed by the peer"
        case .local: "closed by this side"
        case .error(let code): ReactorError.text(of: code)
        case .overflow: "the peer did not read what was sent"
        case .connectFailed(let code): "cannot connect: \(ReactorError.text(of: code))"
        }
    }
}

/// What became of the bytes handed to `send`.
public enum SendOutcome: Equatable, Sendable {
    /// Queued; they leave at the end of the turn.
    case queued
    /// Queued, but over half of the limit is waiting. `drained` follows when all of it has left.
    case backpressure
    /// Over the limit: nothing was queued, and the connection is closed with `.overflow`.
    case overflow
    /// The same where `setBacklog` has set the limit: nothing was queued, and the connection is left as it is.
    case full
    /// There is no such connection any more, or it is closing.
    case gone
}

/// What happens on the connections of a listener or a connect. All calls come from the loop's thread and from inside a
/// turn; none comes from inside a call of the handler to the loop. In each of them anything may be asked of the loop.
public protocol ConnectionHandler: AnyObject {
    /// The connection was accepted, or its connect succeeded.
    func opened(_ id: ConnectionID, peer: SocketAddress)
    /// Bytes came. They lie in the loop's one receive buffer, may be changed in place, and are valid during the call only.
    func received(_ bytes: inout MutableSpan<UInt8>, from id: ConnectionID)
    /// The time given to `setDeadline` has come. The deadline is then unset.
    func deadlineReached(_ id: ConnectionID)
    /// All bytes have left, after a send had said `.backpressure`.
    func drained(_ id: ConnectionID)
    /// The connection is gone. Called once for each id that was ever handed out, and nothing follows it.
    func closed(_ id: ConnectionID, reason: ConnectionCloseReason)
}

/// What happens in the loop as a whole.
public protocol LoopDelegate: AnyObject {
    /// The loop woke up; nothing of this turn's input has been handled yet, so that deadlines come before input, also after a stall.
    /// `now` is in milliseconds of CLOCK_BOOTTIME.
    func turnBegan(now: UInt64)
    /// All input of the turn has been handled; what is sent now still leaves in this turn.
    func turnEnded(now: UInt64)
    /// One of the signals given to `handleSignals` came.
    func signalled(_ signal: Int32)
}
