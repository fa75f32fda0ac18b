import SessionProtocol

/// What a player is asked to do in VALIDATING.
public struct ValidationTask: Hashable, Sendable {
    /// All others.
    public var peers: [PlayerIndex]
    /// Those of them to whom this player makes the connection. The others make theirs to it.
    public var offerTo: [PlayerIndex]
    /// Those with whom it is validated already: one who comes back may have kept its connection, or lost it.
    public var validated: [PlayerIndex]
    /// A JSON array, as configured.
    public var iceServers: String
    /// The number of the attempt that all others of its pairs are in.
    public var attempt: UInt32
    /// What is left of this attempt.
    public var attemptMs: UInt64
    /// What is left of VALIDATING.
    public var deadlineMs: UInt64

    public init(
        peers: [PlayerIndex], offerTo: [PlayerIndex], validated: [PlayerIndex] = [], iceServers: String,
        attempt: UInt32 = 1, attemptMs: UInt64, deadlineMs: UInt64
    ) {
        self.peers = peers
        self.offerTo = offerTo
        self.validated = validated
        self.iceServers = iceServers
        self.attempt = attempt
        self.attemptMs = attemptMs
        self.deadlineMs = deadlineMs
    }
}

/// What was said of an attempt that is over.
public enum LateWord: String, CaseIterable, Sendable {
    case signal
    case report
}
