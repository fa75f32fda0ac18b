/// Every limit of one event loop.
public struct ReactorLimits: Sendable {
    /// Open connections of the whole loop, accepted and dialled.
    public var connectionsMax = 100_000
    /// Bytes that one connection may have waiting; a send beyond closes it. A listener or a connect may set its own.
    public var outboundBytesMax = 1 << 20
    /// Memory of all outbound buffers together; the send that would pass it closes its connection.
    public var outboundBytesTotalMax = 256 << 20
    /// Memory of unused outbound buffers that the loop keeps for the next turn.
    public var outboundBytesRetainedMax = 16 << 20
    /// Size of the one buffer that all connections receive into.
    public var receiveBufferBytes = 256 << 10
    /// Full receive buffers that one connection may take in one turn, before the others have theirs.
    public var receivesPerTurnMax = 4
    /// Events taken from the kernel in one turn.
    public var eventsPerTurnMax = 1024
    /// How long a connect may take.
    public var connectTimeoutMs: UInt64 = 5_000
    /// After `close`: how long the queued bytes may take to leave.
    public var flushTimeoutMs: UInt64 = 10_000
    /// After the last byte has left: how long to wait for the peer's end.
    public var closeTimeoutMs: UInt64 = 2_000
    /// How long a listener rests when the system has no more files or memory.
    public var acceptPauseMs: UInt64 = 100
    /// Refused connections that may wait for the peer to read its refusal; further ones are closed at once.
    public var refusalsLingeringMax = 128
    /// Longest sleep. The kernel's sleep does not count a suspend of the machine, so this bounds how late the loop looks at the clock after one.
    public var sleepMsMax = 1_000

    public init() {}
}

/// Every limit of one listener.
public struct ListenerLimits: Sendable {
    /// Open connections accepted by this listener; further ones are refused.
    public var connectionsMax = 16_000
    /// Sent to a refused connection before it is closed; empty closes it at once.
    public var refusal: [UInt8] = []
    /// Connections taken in one turn; the rest waits in the kernel's backlog.
    public var acceptsPerTurnMax = 256
    /// Length of the kernel's backlog (the kernel caps it at `somaxconn`).
    public var backlog: Int32 = 4096
    /// Permissions of a Unix socket's file.
    public var unixPermissions: UInt32 = 0o600
    /// Replaces the loop's `outboundBytesMax` for connections accepted here.
    public var outboundBytesMax: Int?

    public init() {}
}

/// What the loop has done since it began, and what it holds now. For metrics.
public struct ReactorCounters: Sendable, Equatable {
    /// Connections accepted and handed to a handler.
    public internal(set) var accepted: UInt64 = 0
    /// Connections turned away because a limit was reached.
    public internal(set) var refused: UInt64 = 0
    /// Accepts that failed in the kernel: the peer was gone already, or no file or memory was left.
    public internal(set) var acceptFailures: UInt64 = 0
    /// Times that a listener rested because no file or memory was left.
    public internal(set) var acceptPauses: UInt64 = 0
    /// Outgoing connections begun, and those of them that failed.
    public internal(set) var connects: UInt64 = 0
    public internal(set) var connectFailures: UInt64 = 0
    /// Connections that exist now, from accept or connect until `closed` is called.
    public internal(set) var connections = 0
    /// `closed` calls.
    public internal(set) var closed: UInt64 = 0
    public internal(set) var bytesIn: UInt64 = 0
    public internal(set) var bytesOut: UInt64 = 0
    /// System calls that received or sent something.
    public internal(set) var receives: UInt64 = 0
    public internal(set) var sends: UInt64 = 0
    /// Sends that the kernel took only in part or not at all.
    public internal(set) var sendsBlocked: UInt64 = 0
    /// Connections whose outbound queue was full, and which were closed over it.
    public internal(set) var overflows: UInt64 = 0
    /// Sends that were dropped because they could be replaced and their connection's queue was full.
    public internal(set) var dropped: UInt64 = 0
    /// `deadlineReached` calls.
    public internal(set) var deadlines: UInt64 = 0
    /// Times that the loop woke up.
    public internal(set) var turns: UInt64 = 0
    /// Events for a connection that was gone already.
    public internal(set) var staleEvents: UInt64 = 0
    /// Memory of outbound buffers that hold bytes now.
    public internal(set) var outboundBytesHeld = 0

    public init() {}
}
