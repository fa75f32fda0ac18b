/// What is recorded, once, when a session ends. The owner of the session decides it; the other side repeats it.
public struct Outcome: Hashable, Sendable {
    public var session: SessionID
    public var attempt: Attempt
    public var scene: SceneID
    public var reason: EndReason
    /// The state that the session was in when it ended; never `ended`.
    public var endedIn: SessionState
    /// True for `coordinator_lost` said by a matchmaker: the owner's own outcome, if it still arrives, replaces it.
    public var isPresumed: Bool
    /// When it ended, in milliseconds since 1970.
    public var endedAtUnixMs: UInt64
    /// In order of `PlayerIndex`.
    public var players: [PlayerOutcome]
    /// Pairs that could not reach each other, lower index first.
    public var failedPairs: [PlayerPair]
    /// What version 1 has no fields for: the treatment that the session had, the players' roles, measured round trips.
    public var extensions: Extensions

    public init(
        session: SessionID, attempt: Attempt, scene: SceneID, reason: EndReason, endedIn: SessionState,
        isPresumed: Bool = false, endedAtUnixMs: UInt64, players: [PlayerOutcome], failedPairs: [PlayerPair] = [],
        extensions: Extensions = .none
    ) {
        self.session = session
        self.attempt = attempt
        self.scene = scene
        self.reason = reason
        self.endedIn = endedIn
        self.isPresumed = isPresumed
        self.endedAtUnixMs = endedAtUnixMs
        self.players = players
        self.failedPairs = failedPairs
        self.extensions = extensions
    }

    /// Takes over treatment and roles of the assignment that the session was played by, where it does not say its own: an
    /// owner that speaks version 1 never heard of them.
    public mutating func note(_ assignment: Assignment) {
        // A role belongs to a seat, and whoever says the outcome may say any.
        guard players.map(\.subject) == assignment.players.map(\.subject) else { return }
        extensions.fill(from: assignment.extensions)
    }
}

/// One player's part of an outcome.
public struct PlayerOutcome: Hashable, Sendable {
    public var subject: SubjectID
    /// The session ended because of this player.
    public var isBlamed: Bool
    /// This player goes back to the front of the queue.
    public var isRequeued: Bool
    /// This player said `finish`.
    public var hasFinished: Bool
    /// What the player's client reported with `finish`, as JSON; empty when it reported nothing.
    public var result: [UInt8]

    public init(
        subject: SubjectID, isBlamed: Bool = false, isRequeued: Bool = false, hasFinished: Bool = false,
        result: [UInt8] = []
    ) {
        self.subject = subject
        self.isBlamed = isBlamed
        self.isRequeued = isRequeued
        self.hasFinished = hasFinished
        self.result = result
    }
}

/// Two players of one session, the lower index first.
public struct PlayerPair: Hashable, Sendable {
    public let lower: PlayerIndex
    public let higher: PlayerIndex

    /// Two different players, in either order; nil for a player and itself.
    public init?(_ a: PlayerIndex, _ b: PlayerIndex) {
        guard a != b else { return nil }
        lower = min(a, b)
        higher = max(a, b)
    }
}

extension PlayerPair: Comparable {
    public static func < (a: PlayerPair, b: PlayerPair) -> Bool { (a.lower, a.higher) < (b.lower, b.higher) }
}

/// The round trip that two players have measured between each other.
public struct PairRoundTrip: Hashable, Sendable {
    public let pair: PlayerPair
    /// In microseconds, at most `ProtocolLimits.roundTripUsMax`.
    public let roundTripUs: UInt32

    public init(_ pair: PlayerPair, roundTripUs: UInt32) {
        precondition(roundTripUs <= ProtocolLimits.roundTripUsMax, "a round trip within its limit")
        self.pair = pair
        self.roundTripUs = roundTripUs
    }
}

/// That a player went out of a session in play, and why.
public struct PlayerLoss: Hashable, Sendable {
    public let player: PlayerIndex
    public let reason: EndReason
    /// What is said of it beside the reason, at most `ProtocolLimits.lossTextBytesMax` bytes of UTF-8; may be empty.
    public let text: String

    public init(_ player: PlayerIndex, _ reason: EndReason, text: String = "") {
        precondition(text.utf8.count <= ProtocolLimits.lossTextBytesMax, "a text within its limit")
        self.player = player
        self.reason = reason
        self.text = text
    }
}
