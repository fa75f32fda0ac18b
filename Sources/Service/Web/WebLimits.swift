import WebProtocol

/// Bounds and times of the public listener.
public struct WebLimits: Sendable {
    public var http = HTTPLimits()
    public var webSocket = WebSocketLimits()
    /// From accept, or from the first byte of a further request, to a whole request; not per byte.
    public var requestTimeoutMs: UInt64 = 10_000
    /// How long a connection may be kept alive without a request.
    public var keepAliveMs: UInt64 = 30_000
    /// From the upgrade to the first accepted message.
    public var firstMessageTimeoutMs: UInt64 = 10_000
    /// After this long without a byte the server pings.
    public var pingAfterMs: UInt64 = 20_000
    /// After this long without a byte the peer is given up.
    public var idleTimeoutMs: UInt64 = 60_000
    /// How long the peer's close frame is awaited.
    public var closeTimeoutMs: UInt64 = 2_000

    /// How often each client that has been settled is pinged to measure the round trip; 0 does not measure. Clients that are
    /// measured are not pinged for their silence as well.
    public var roundTripIntervalMs: UInt64 = 0
    public var access = WebAccess()
    /// Who may connect, where the listener is a Unix socket.
    public var unixAccess = UnixAccess.owner

    public init() {}
}
