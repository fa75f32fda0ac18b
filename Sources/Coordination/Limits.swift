import SessionProtocol

/// Every bound of a coordinator's core, in one place.
public struct CoordinationLimits: Sendable {
    /// Live sessions at once: the capacity that `hello` states.
    public var sessionsMax = 10_000
    /// Outcomes not yet acknowledged. Every live session keeps a place for its own, so that an end never lacks one.
    public var outboxMax = 20_000
    /// Players of a session whose pairs are all validated: pairs grow with the square.
    public var validatedPlayersMax = 16
    /// How often a pair may lose each other: what breaks once more goes by relay.
    public var pairLossesMax: UInt8 = 8
    /// Bytes of one signal's data.
    public var signalBytesMax = 32_768
    /// Signals of one player at once, and as a rate: sixteen players offer and trickle some twenty candidates to each other.
    public var signalsBurstMax = 1_024
    public var signalsPerSecondMax = 64
    /// The same in bytes.
    public var signalBytesBurstMax = 1 << 20
    public var signalBytesPerSecondMax = 128 * 1024
    /// Barriers of one session that some have reached and others not.
    public var barriersOpenMax = 8
    /// UTF-8 bytes of a barrier's name.
    public var barrierNameBytesMax = 64
    /// Bytes of ordered messages, with six more for each, that a session keeps for players who return. The oldest eighth
    /// goes at once when it is full.
    public var replayBytesMax = 128 * 1024
    /// Ordered messages that a session keeps for players who return; here too an eighth goes at once.
    public var replayMessagesMax = 8192
    /// Messages that a player may send on average through a session whose scene does not say.
    public var relayMessagesPerSecondMax = 2_000
    /// Bytes that a player may send on average through a session whose scene does not say.
    public var relayBytesPerSecondMax = 4 * 1024 * 1024
    /// For how many ticks a player may have sent its input before they come.
    public var inputsAheadMax = 8
    /// Bundles that a session gets at once after a stall; the time of more is skipped.
    public var ticksAtOnceMax = 10
    /// Bytes of bundles, with six more for each, that a session keeps for players who return, however many its scene asks for.
    public var ticksKeptBytesMax = 512 * 1024
    /// How often a client is asked in a row what its clock says, once it has entered.
    public var clockSamplesFirst: UInt32 = 5
    /// From an answer of its clock to the next question, after those.
    public var clockIntervalMs: UInt64 = 10_000
    /// The same where a session is watched, so that no client that answers is silent, or slow unseen: four questions in the
    /// shortest time that its scene names, but never more often than this.
    public var clockIntervalLeastMs: UInt64 = 250
    /// Answers of a client's clock that are kept, of which the best counts.
    public var clockSamplesKept = 8
    /// UTF-8 bytes of a client's explanation that reach a notice.
    public var detailBytesMax = 256
    /// How often the players of a session that is watched are looked at.
    public var watchIntervalMs: UInt64 = 1_000
    /// How long players wait to be told of an end while the link is down.
    public var tellWaitMs: UInt64 = 3_000
    public var ledger = LedgerLimits()

    public init() {}
}
