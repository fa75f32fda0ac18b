import SessionProtocol

/// An instant at which all are to do the same, as one client is told it.
public struct StartInstant: Hashable, Sendable {
    /// From now; 0 when it has passed.
    public let inMs: UInt64
    /// By the client's own clock, also when it has passed; nil while its offset is not known.
    public let clientMs: Int64?

    public init(inMs: UInt64, clientMs: Int64? = nil) {
        self.inMs = inMs
        self.clientMs = clientMs
    }
}

extension SessionDetails {
    /// A time of the boot clock as this player is told it.
    func instant(_ atMs: UInt64, for player: PlayerIndex, _ now: Moment) -> StartInstant {
        StartInstant(inMs: atMs - min(atMs, now.bootMs))
    }
}
