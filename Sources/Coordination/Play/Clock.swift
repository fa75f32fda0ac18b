import SessionProtocol

/// What is known of one client's clock and of the way to it, from questions that it answers with what its clock says.
///
/// Between the question and its answer the client read its clock once, so that its offset lies between what it would be had it
/// read it at the first moment and at the last: the shorter the round trip, the better it is known, however unequal the
/// ways there and back are.
public struct ClockEstimate: Sendable {
    private struct Sample {
        let clientMs: Double
        let askedMs: UInt64
        let answeredMs: UInt64

        var roundTripMs: UInt64 { answeredMs - askedMs }
        /// In the middle of what is possible.
        var offsetMs: Double { clientMs - (Double(askedMs) + Double(answeredMs)) / 2 }

        /// How far from the truth `offsetMs` can be at a later time, since no two clocks run at the same speed.
        func uncertaintyMs(_ nowMs: UInt64) -> Double {
            Double(roundTripMs) / 2 + ClockEstimate.resolutionMs
                + Double(nowMs - min(nowMs, answeredMs)) * ClockEstimate.drift
        }
    }

    /// Both clocks are read in whole milliseconds.
    private static let resolutionMs = 1.0
    /// Quartz is better than this.
    private static let drift = 0.000_2
    /// The greatest reading that is taken; whole numbers are exact below.
    static let clientMsMax = 9_007_199_254_740_991.0

    private var samples: [Sample] = []
    /// The question that waits for its answer: one at a time.
    private var pending: (number: UInt32, askedMs: UInt64)?
    /// Questions that were answered.
    public private(set) var answers: UInt32 = 0
    /// What the client's clock says more than the server's; nil while it has answered nothing.
    public private(set) var offsetMs: Double?

    public init() {}

    public var isWaiting: Bool { pending != nil }

    /// The number of the next question, which is asked now.
    mutating func ask(nowMs: UInt64) -> UInt32 {
        let number = answers &+ 1
        pending = (number, nowMs)
        return number
    }

    /// Takes an answer; false for one to a question that does not wait.
    mutating func take(_ number: UInt32, clientMs: Double, nowMs: UInt64, samplesKept: Int) -> Bool {
        guard let (expected, askedMs) = pending, number == expected, clientMs >= 0, clientMs <= ClockEstimate.clientMsMax
        else { return false }
        pending = nil
        answers &+= 1
        let sample = Sample(clientMs: clientMs, askedMs: askedMs, answeredMs: max(nowMs, askedMs))
        // Two answers that cannot both be right: the client's clock has been set in between.
        samples.removeAll { abs($0.offsetMs - sample.offsetMs) > $0.uncertaintyMs(nowMs) + sample.uncertaintyMs(nowMs) }
        if samples.count >= max(1, samplesKept) { samples.removeFirst() }
        samples.append(sample)
        offsetMs = samples.min { $0.uncertaintyMs(nowMs) < $1.uncertaintyMs(nowMs) }?.offsetMs
        return true
    }

    /// The way there and back as it is now: the shorter of the last two, so that one delay alone does not count, or for as long as
    /// an answer is due already when that is longer. Nil for a client that has never answered.
    public func roundTripMs(nowMs: UInt64) -> UInt32? {
        guard let last = samples.last else { return nil }
        let before = samples.dropLast().last ?? last
        let waitingMs = pending.map { nowMs - min(nowMs, $0.askedMs) } ?? 0
        return UInt32(clamping: max(min(last.roundTripMs, before.roundTripMs), waitingMs))
    }

    /// A time of the server's boot clock by the client's clock; nil while its offset is not known.
    public func clientMs(at bootMs: UInt64) -> Int64? { offsetMs.flatMap { Int64(exactly: (Double(bootMs) + $0).rounded()) } }
}

/// An instant at which all are to do the same, as one client is told it.
public struct StartInstant: Hashable, Sendable {
    /// From now; 0 when it has passed.
    public let inMs: UInt64
    /// How long ago it was; 0 when it lies ahead.
    public let agoMs: UInt64
    /// By the client's own clock, also when it has passed; nil while its offset is not known.
    public let clientMs: Int64?
    /// For how long of the time since then play has stood still.
    public let pausedMs: UInt64

    public init(inMs: UInt64, agoMs: UInt64 = 0, clientMs: Int64? = nil, pausedMs: UInt64 = 0) {
        self.inMs = inMs
        self.agoMs = agoMs
        self.clientMs = clientMs
        self.pausedMs = pausedMs
    }
}

extension SessionDetails {
    /// A time of the boot clock as this player is told it.
    func instant(_ atMs: UInt64, pausedMs: UInt64 = 0, for player: PlayerIndex, _ now: Moment) -> StartInstant {
        StartInstant(
            inMs: atMs - min(atMs, now.bootMs), agoMs: now.bootMs - min(now.bootMs, atMs),
            clientMs: clocks[Int(player.number)].clientMs(at: atMs), pausedMs: pausedMs)
    }

    /// When play began, or will, as this player is told it.
    func start(of play: Play, for player: PlayerIndex, _ now: Moment) -> StartInstant {
        instant(play.startMs, pausedMs: play.stoodStillMs(now), for: player, now)
    }

    /// The measured way to a player and back; nil while it has answered no question.
    func roundTripMs(of player: PlayerIndex, _ now: Moment) -> UInt32? {
        clocks[Int(player.number)].roundTripMs(nowMs: now.bootMs)
    }
}

/// When clients are asked what their clocks say: some times in a row after they have entered, each as soon as the one before is
/// answered, and then now and then. One who does not answer is not asked again.
extension CoordinatorCore {
    mutating func askClock(
        _ connection: ConnectionHandle, _ seat: Seat, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        let sample = ledger.withDetails(seat.session) { $0.clocks[Int(seat.player.number)].ask(nowMs: now.bootMs) }
        if let sample { actions.append(.reply(connection, .clock(sample: sample, serverMs: now.bootMs))) }
    }

    mutating func askClocksDue(_ now: Moment, _ actions: inout [CoordinatorAction]) {
        while let connection = clockAsks.popDue(now.bootMs) {
            if let seat = seats[connection] { askClock(connection, seat, now, &actions) }
        }
    }

    mutating func clockAnswered(
        _ sample: UInt32, clientMs: Double, _ seat: Seat, from connection: ConnectionHandle, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        guard clientMs >= 0, clientMs <= ClockEstimate.clientMsMax else {
            return complain(connection, .badMessage, "`clientMs` must be 0 to 2^53 - 1", &actions)
        }
        let samplesKept = limits.clockSamplesKept
        let clock = ledger.withDetails(seat.session) { details -> ClockEstimate? in
            let player = Int(seat.player.number)
            let isTaken = details.clocks[player].take(sample, clientMs: clientMs, nowMs: now.bootMs, samplesKept: samplesKept)
            return isTaken ? details.clocks[player] : nil
        }
        guard let clock, let clock else { return }
        if clock.answers < limits.clockSamplesFirst { return askClock(connection, seat, now, &actions) }
        let watchMs = ledger[seat.session]?.details.watch?.rule.askEveryMs ?? .max
        let intervalMs = min(limits.clockIntervalMs, max(watchMs, limits.clockIntervalLeastMs))
        clockAsks.set(connection, atMs: now.bootMs + intervalMs)
        // One whose clock was not known yet when it was told of the start can still begin together with the others; and one who
        // is back, on a page that was loaded anew maybe, is in step with them.
        if clock.answers == limits.clockSamplesFirst, let details = ledger[seat.session]?.details,
            case .playing(let play) = details.phase
        {
            actions.append(.reply(connection, .start(details.start(of: play, for: seat.player, now))))
        }
    }
}
