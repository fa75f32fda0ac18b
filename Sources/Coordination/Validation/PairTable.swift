import SessionProtocol

/// All pairs of a session's players, and how far each has come in reaching each other.
struct PairTable: Sendable {
    /// In order: 0-1, 0-2, …, 1-2, ….
    private(set) var pairs: [Pair] = []
    private let count: Int

    /// Every pair begins its first attempt, to be over at `dueMs`.
    init(playerCount: Int, dueMs: UInt64) {
        count = playerCount
        pairs.reserveCapacity(playerCount * (playerCount - 1) / 2)
        for a in 0..<playerCount {
            for b in a + 1..<max(playerCount, a + 1) {
                if let lower = PlayerIndex(exactly: a), let higher = PlayerIndex(exactly: b),
                    let players = PlayerPair(lower, higher)
                {
                    pairs.append(Pair(players, dueMs: dueMs))
                }
            }
        }
    }

    /// Where the pair of two different players of the session stands.
    func position(_ pair: PlayerPair) -> Int {
        let (a, b) = (Int(pair.lower.number), Int(pair.higher.number))
        return a * (2 * count - a - 1) / 2 + (b - a - 1)
    }

    subscript(pair: PlayerPair) -> Pair {
        get { pairs[position(pair)] }
        _modify { yield &pairs[position(pair)] }
    }

    subscript(position: Int) -> Pair {
        get { pairs[position] }
        _modify { yield &pairs[position] }
    }

    var indices: Range<Int> { pairs.indices }

    /// No attempt runs, nor waits for anyone.
    var isDecided: Bool { pairs.allSatisfy { !$0.isTried } }

    /// How many pairs try to reach each other.
    var triedCount: Int { pairs.reduce(0) { $0 + ($1.isTried ? 1 : 0) } }

    var areAllValidated: Bool { pairs.allSatisfy(\.isValidated) }

    /// When the first attempt is over that runs; nil when none does.
    var nextDueMs: UInt64? { pairs.lazy.compactMap(\.dueMs).min() }

    /// The pairs that a player is in, in order.
    func positions(of player: PlayerIndex) -> [Int] { pairs.indices.filter { pairs[$0].players.has(player) } }

    /// What validated pairs have measured, in order of pairs; those of which neither end has told any are left out.
    var roundTrips: [PairRoundTrip] {
        pairs.compactMap { pair in
            guard pair.isValidated, let us = pair.roundTripUs else { return nil }
            return PairRoundTrip(pair.players, roundTripUs: us)
        }
    }

    /// A player is out for good: nobody is connected to it any more, nor waited for.
    mutating func leaveOut(_ player: PlayerIndex) {
        for position in positions(of: player) { pairs[position].leaveOut() }
    }

    /// Time is up: what is not decided counts as failed, as far as it has come.
    mutating func giveUp() {
        for position in pairs.indices { pairs[position].giveUp() }
    }
}

/// Two players who try to reach each other, have done so, or could not.
struct Pair: Sendable {
    /// What the two have said of the attempt.
    struct Reports: Sendable {
        enum Report: UInt8, Sendable {
            case none
            case validated
            case failed
        }

        var lower = Report.none
        var higher = Report.none
        /// Of the figures that came with them the smaller: a busy page or a lost packet makes a round trip longer, and
        /// nothing makes it shorter.
        var roundTripUs: UInt32?
    }

    enum State: Sendable {
        /// An attempt runs. Without a time it waits for one of the two who is away. → validated, failed, leftOut
        case tried(Reports, dueMs: UInt64?)
        /// Both have said so, of the same attempt. → tried, when one of them has lost the other, leftOut
        case validated
        /// No attempt is left, or no time.
        case failed(Reports)
        /// One of the two is out of the game, and nobody misses it.
        case leftOut
    }

    let players: PlayerPair
    private(set) var state: State
    /// The number of the attempt; it only grows.
    private(set) var attempt: UInt32 = 1
    /// How many attempts have been used since the pair began, or began anew.
    private(set) var attemptsUsed: UInt8 = 1
    /// Who has said how an attempt went, this one or an earlier one.
    private var spoken = (lower: false, higher: false)
    /// How often the two have lost each other.
    private(set) var lossCount: UInt8 = 0
    /// What the pair measured when it was last validated.
    private(set) var roundTripUs: UInt32?

    init(_ players: PlayerPair, dueMs: UInt64) {
        self.players = players
        state = .tried(Reports(), dueMs: dueMs)
    }

    var isTried: Bool { if case .tried = state { true } else { false } }
    var isValidated: Bool { if case .validated = state { true } else { false } }
    var isLeftOut: Bool { if case .leftOut = state { true } else { false } }
    var hasFailed: Bool { if case .failed = state { true } else { false } }
    var dueMs: UInt64? { if case .tried(_, let dueMs) = state { dueMs } else { nil } }

    /// Who makes the connection: the lower index at first, then the two in turns, so that what goes only one way is tried.
    var offerer: PlayerIndex { attempt % 2 == 1 ? players.lower : players.higher }

    /// What comes of a report.
    enum Taken: Sendable {
        /// It says nothing new.
        case ignored
        case noted
        /// The attempt has failed, since one of the two says so.
        case broken
        /// Both say that it works.
        case validated
    }

    /// The first report of each about an attempt stands.
    mutating func report(_ player: PlayerIndex, isValid: Bool, roundTripUs: UInt32?) -> Taken {
        guard case .tried(var reports, let dueMs) = state else { return .ignored }
        let isLower = player == players.lower
        guard (isLower ? reports.lower : reports.higher) == .none else { return .ignored }
        let report = isValid ? Reports.Report.validated : .failed
        if isLower { reports.lower = report } else { reports.higher = report }
        if isLower { spoken.lower = true } else { spoken.higher = true }
        if let roundTripUs { reports.roundTripUs = min(reports.roundTripUs ?? .max, roundTripUs) }
        if reports.lower == .validated && reports.higher == .validated {
            state = .validated
            self.roundTripUs = reports.roundTripUs
            return .validated
        }
        state = .tried(reports, dueMs: dueMs)
        return reports.lower == .failed || reports.higher == .failed ? .broken : .noted
    }

    /// Whether this player has called the connection of this attempt good.
    func hasCalledGood(_ player: PlayerIndex) -> Bool {
        guard case .tried(let reports, _) = state else { return false }
        return (player == players.lower ? reports.lower : reports.higher) == .validated
    }

    func hasEverSpoken(_ player: PlayerIndex) -> Bool { player == players.lower ? spoken.lower : spoken.higher }

    /// Of the attempt that runs.
    var haveBothSpoken: Bool {
        guard case .tried(let reports, _) = state else { return true }
        return reports.lower != .none && reports.higher != .none
    }

    /// A further attempt.
    mutating func tryAgain(dueMs: UInt64) {
        attempt += 1
        attemptsUsed += 1
        state = .tried(Reports(), dueMs: dueMs)
    }

    /// As if there had been no attempt before, but for its number.
    mutating func startAnew(attempt: UInt32, dueMs: UInt64?) {
        self.attempt = max(self.attempt, attempt)
        attemptsUsed = 1
        state = .tried(Reports(), dueMs: dueMs)
    }

    /// One of the two has lost the other.
    mutating func noteLoss() { lossCount = min(lossCount, .max - 1) + 1 }

    /// One of the two is away: the attempt waits.
    mutating func suspend() {
        if case .tried(let reports, _) = state { state = .tried(reports, dueMs: nil) }
    }

    mutating func giveUp() {
        if case .tried(let reports, _) = state { state = .failed(reports) }
    }

    mutating func leaveOut() { state = .leftOut }
}

extension PlayerPair {
    func has(_ player: PlayerIndex) -> Bool { lower == player || higher == player }

    func other(than player: PlayerIndex) -> PlayerIndex { player == lower ? higher : lower }
}
