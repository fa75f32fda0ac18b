/// What a scene asks of validation and play beyond its `SessionSettings`. Each rule stands under a tag of its own behind an
/// assignment; all of them have to be understood by the coordinator that carries the session. What is nil is not asked for.
public struct PlayRules: Hashable, Sendable {
    public var attempts: AttemptRule?
    public var start: StartRule?
    public var relay: RelayRule?
    public var ticks: TickRule?
    public var absence: AbsenceRule?
    public var barriers: BarrierRule?
    public var episodes: EpisodeRule?
    public var watch: WatchRule?

    public static let none = PlayRules()

    public init(
        attempts: AttemptRule? = nil, start: StartRule? = nil, relay: RelayRule? = nil, ticks: TickRule? = nil,
        absence: AbsenceRule? = nil, barriers: BarrierRule? = nil, episodes: EpisodeRule? = nil, watch: WatchRule? = nil
    ) {
        self.attempts = attempts
        self.start = start
        self.relay = relay
        self.ticks = ticks
        self.absence = absence
        self.barriers = barriers
        self.episodes = episodes
        self.watch = watch
    }
}

/// How often a pair tries to reach each other before it counts as failed.
public struct AttemptRule: Hashable, Sendable {
    public static let attemptsRange: ClosedRange<UInt8> = 1...10
    public static let timeoutRangeMs: ClosedRange<UInt32> = 500...600_000

    public var attemptsMax: UInt8
    /// How long one attempt of one pair may take.
    public var attemptTimeoutMs: UInt32

    public init(attemptsMax: UInt8, attemptTimeoutMs: UInt32) {
        self.attemptsMax = attemptsMax
        self.attemptTimeoutMs = attemptTimeoutMs
    }
}

/// When play begins behind `play`, so that all begin together.
public struct StartRule: Hashable, Sendable {
    public static let countdownRangeMs: ClosedRange<UInt32> = 0...60_000

    public var countdownMs: UInt32

    public init(countdownMs: UInt32) { self.countdownMs = countdownMs }
}

/// What one player may send through the coordinator, and what happens to one who reads too slowly.
public struct RelayRule: Hashable, Sendable {
    public static let messagesRange: ClosedRange<UInt32> = 1...100_000
    public static let bytesRange: ClosedRange<UInt32> = 1_024...1_000_000_000
    public static let backlogRangeBytes: ClosedRange<UInt32> = 65_536...16_777_216

    /// What becomes of a player whose backlog is full. Codes are stable.
    public enum SlowReader: UInt8, CaseIterable, Sendable {
        /// It is disconnected, and has its grace to come back.
        case disconnect = 1
        /// The oldest messages that only count while they are the latest go first; it is disconnected when that does not do.
        case dropLatest = 2
    }

    public var messagesPerSecond: UInt32
    public var bytesPerSecond: UInt32
    /// Bytes that wait to be read by one player.
    public var backlogBytesMax: UInt32
    public var slowReader: SlowReader

    public init(
        messagesPerSecond: UInt32, bytesPerSecond: UInt32, backlogBytesMax: UInt32, slowReader: SlowReader = .disconnect
    ) {
        self.messagesPerSecond = messagesPerSecond
        self.bytesPerSecond = bytesPerSecond
        self.backlogBytesMax = backlogBytesMax
        self.slowReader = slowReader
    }
}

/// Lockstep: everybody's input is gathered and goes to all as one numbered bundle a tick.
public struct TickRule: Hashable, Sendable {
    public static let intervalRangeMs: ClosedRange<UInt16> = 5...10_000
    public static let inputRangeBytes: ClosedRange<UInt16> = 1...4_096
    public static let keptRange: ClosedRange<UInt16> = 0...10_000

    /// What stands for one who sent nothing for a tick. Codes are stable.
    public enum MissingInput: UInt8, CaseIterable, Sendable {
        /// Nothing, and marked as missing.
        case empty = 1
        /// Its last input again, marked as repeated.
        case `repeat` = 2
    }

    /// What becomes of an input whose tick has passed. Codes are stable.
    public enum LateInput: UInt8, CaseIterable, Sendable {
        /// It is taken for the next tick.
        case next = 1
        case drop = 2
    }

    public var intervalMs: UInt16
    /// The greatest input of one player for one tick.
    public var inputBytesMax: UInt16
    /// Bundles that are kept for one who comes back.
    public var ticksKept: UInt16
    public var missingInput: MissingInput
    public var lateInput: LateInput

    public init(
        intervalMs: UInt16, inputBytesMax: UInt16 = 256, ticksKept: UInt16 = 600, missingInput: MissingInput = .empty,
        lateInput: LateInput = .next
    ) {
        self.intervalMs = intervalMs
        self.inputBytesMax = inputBytesMax
        self.ticksKept = ticksKept
        self.missingInput = missingInput
        self.lateInput = lateInput
    }

    private static let bundleHeadBytes = 6
    private static let inputHeadBytes = 2

    /// The length of a message with the inputs of so many players for one tick when all are as long as they may be: its
    /// header, the number of the tick, and for each player a length and the input.
    public func bundleBytesMax(players: Int) -> Int {
        TickRule.bundleHeadBytes + players * (TickRule.inputHeadBytes + Int(inputBytesMax))
    }

    /// Whether all of them fit one message, whatever they send.
    public func fits(players: Int) -> Bool { bundleBytesMax(players: players) <= ProtocolLimits.playMessageBytesMax }

    /// The greatest `inputBytesMax` with which that is so.
    public static func inputBytesFitting(players: Int) -> Int {
        let most = (ProtocolLimits.playMessageBytesMax - bundleHeadBytes) / max(1, players) - inputHeadBytes
        return min(Int(inputRangeBytes.upperBound), most)
    }
}

/// What it means that a player is disconnected while others play, and that it does not come back.
public struct AbsenceRule: Hashable, Sendable {
    public static let playersRange: ClosedRange<UInt8> = 1...255

    /// What becomes of a session that loses a player. Codes are stable.
    public enum Loss: UInt8, CaseIterable, Sendable {
        /// It ends for all.
        case end = 1
        /// It goes on, and the seat stays empty.
        case empty = 2
        /// It goes on, and a bot may take the seat.
        case bot = 3
    }

    /// Whether play pauses for all while one who may come back is away.
    public var pauses: Bool
    public var loss: Loss
    /// With fewer than this many left it ends in any case.
    public var playersMin: UInt8

    public init(pauses: Bool = false, loss: Loss = .end, playersMin: UInt8 = 1) {
        self.pauses = pauses
        self.loss = loss
        self.playersMin = playersMin
    }
}

/// What happens when a barrier's time is up, and when it opens.
public struct BarrierRule: Hashable, Sendable {
    public static let countdownRangeMs: ClosedRange<UInt32> = 0...60_000

    /// What becomes of those who have not come. Codes are stable.
    public enum Missing: UInt8, CaseIterable, Sendable {
        /// The session ends, and they are to blame.
        case end = 1
        /// It opens without them.
        case open = 2
        /// They are lost to the session, as the scene's rule of absence says.
        case lose = 3
    }

    public var missing: Missing
    /// From `go` to the instant that it speaks of.
    public var countdownMs: UInt32

    public init(missing: Missing = .end, countdownMs: UInt32 = 0) {
        self.missing = missing
        self.countdownMs = countdownMs
    }
}

/// Play in rounds, with a pause between them in which all get ready anew.
public struct EpisodeRule: Hashable, Sendable {
    public static let countRange: ClosedRange<UInt16> = 1...10_000
    public static let timeoutRangeMs: ClosedRange<UInt32> = 100...604_800_000

    /// Whose word ends an episode before its time. Codes are stable.
    public enum EndsWhen: UInt8, CaseIterable, Sendable {
        case allSay = 1
        case anySays = 2
    }

    public var count: UInt16
    /// The longest that one may last.
    public var timeoutMs: UInt32
    /// How long getting ready for the next one may take.
    public var resetTimeoutMs: UInt32
    public var endsWhen: EndsWhen

    public init(count: UInt16, timeoutMs: UInt32, resetTimeoutMs: UInt32 = 30_000, endsWhen: EndsWhen = .allSay) {
        self.count = count
        self.timeoutMs = timeoutMs
        self.resetTimeoutMs = resetTimeoutMs
        self.endsWhen = endsWhen
    }
}

/// When the coordinator excludes a player by its own measurements. 0 stands for never.
public struct WatchRule: Hashable, Sendable {
    public static let roundTripRangeMs: ClosedRange<UInt32> = 0...60_000
    public static let durationRangeMs: ClosedRange<UInt32> = 0...86_400_000

    public var roundTripMaxMs: UInt32
    /// How long its round trip has to be over that.
    public var roundTripForMs: UInt32
    /// How long nothing has been heard of it while it is connected.
    public var silentForMs: UInt32
    /// How long its page has said to be hidden.
    public var hiddenForMs: UInt32
    /// How long before that it is warned.
    public var warningMs: UInt32

    public init(
        roundTripMaxMs: UInt32 = 0, roundTripForMs: UInt32 = 0, silentForMs: UInt32 = 0, hiddenForMs: UInt32 = 0,
        warningMs: UInt32 = 0
    ) {
        self.roundTripMaxMs = roundTripMaxMs
        self.roundTripForMs = roundTripForMs
        self.silentForMs = silentForMs
        self.hiddenForMs = hiddenForMs
        self.warningMs = warningMs
    }
}
