import SessionProtocol

/// What players report of the pairs that they are in.
struct Validation: Sendable {
    private enum Report: UInt8 {
        case none
        case validated
        case failed
    }

    /// The report of player `a` about player `b` is at `a * count + b`.
    private var reports: [Report]
    /// The round trips in microseconds that came with them, likewise; `unmeasured` where none came.
    private var roundTripsUs: [UInt32]
    private static let unmeasured = UInt32.max
    private let count: Int
    /// The deadline has passed in a scene that goes on by relay then.
    var isOver = false

    init(playerCount: Int) {
        count = playerCount
        reports = Array(repeating: .none, count: playerCount * playerCount)
        roundTripsUs = Array(repeating: Self.unmeasured, count: playerCount * playerCount)
    }

    /// Takes a report. The first one about a pair stands; false for another.
    mutating func report(
        _ player: PlayerIndex, about peer: PlayerIndex, isValid: Bool, roundTripUs: UInt32? = nil
    ) -> Bool {
        let position = Int(player.number) * count + Int(peer.number)
        guard reports[position] == .none else { return false }
        reports[position] = isValid ? .validated : .failed
        if let roundTripUs { roundTripsUs[position] = roundTripUs }
        return true
    }

    /// Over what play goes; nil while a pair is not decided. Only a scene that goes on by relay gets past a failed pair.
    var transport: Transport? {
        if isOver { return pairs { $0 != .validated || $1 != .validated }.isEmpty ? .peer : .relay }
        guard pairs({ $0 == .none || $1 == .none }).isEmpty else { return nil }
        return failedPairs.isEmpty ? .peer : .relay
    }

    /// Pairs of which both have spoken, and at least one says that it failed.
    var failedPairs: [PlayerPair] {
        pairs { $0 != .none && $1 != .none && ($0 == .failed || $1 == .failed) }
    }

    /// What validated pairs have measured, in order of pairs. Of both ends' figures the smaller counts: a busy page or a lost
    /// packet makes a round trip longer, and nothing makes it shorter. Pairs of which neither end has told any are left out.
    var roundTrips: [PairRoundTrip] { pairs { $0 == .validated && $1 == .validated }.compactMap(roundTrip) }

    /// Nil while not both call the pair validated, or neither has told any.
    func roundTrip(of pair: PlayerPair) -> PairRoundTrip? {
        let (a, b) = (Int(pair.lower.number), Int(pair.higher.number))
        guard reports[a * count + b] == .validated, reports[b * count + a] == .validated else { return nil }
        let us = min(roundTripsUs[a * count + b], roundTripsUs[b * count + a])
        return us == Self.unmeasured ? nil : PairRoundTrip(pair, roundTripUs: us)
    }

    /// Those who have said nothing about some peer.
    var silent: [PlayerIndex] {
        (0..<count).filter { player in
            (0..<count).contains { $0 != player && reports[player * count + $0] == .none }
        }.compactMap { PlayerIndex(exactly: $0) }
    }

    private func pairs(_ isIncluded: (Report, Report) -> Bool) -> [PlayerPair] {
        var pairs: [PlayerPair] = []
        for a in 0..<count {
            for b in a + 1..<count where isIncluded(reports[a * count + b], reports[b * count + a]) {
                if let lower = PlayerIndex(exactly: a), let higher = PlayerIndex(exactly: b),
                    let pair = PlayerPair(lower, higher)
                {
                    pairs.append(pair)
                }
            }
        }
        return pairs
    }
}

/// VALIDATING: every pair shows that it can reach each other.
extension CoordinatorCore {
    mutating func beginValidation(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard ledger.transition(session, to: .validating) else { return }
        let details = ledger.withDetails(session) { details in
            details.phase = .validating(Validation(playerCount: details.players.count))
            return details
        }
        guard let details else { return }
        let atMs = now.bootMs + UInt64(details.settings.validationTimeoutMs)
        ledger.setDeadline(.validate, slot: GraceSlot.ordinary, of: session, atMs: atMs)
        beginWatching(session, now)
        tellState(session, details, .validating, &actions)
        for player in details.indices {
            guard let connection = details[player].connection else { continue }
            askToValidate(connection, Seat(session: session, player: player), details, now, &actions)
        }
    }

    func askToValidate(
        _ connection: ConnectionHandle, _ seat: Seat, _ details: SessionDetails, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        let atMs =
            ledger.deadlineMs(.validate, slot: GraceSlot.ordinary, of: seat.session)
            ?? ledger.deadlineMs(.validate, slot: GraceSlot.extended, of: seat.session) ?? now.bootMs
        let peers = details.indices.filter { $0 != seat.player }
        actions.append(
            .reply(
                connection,
                .validate(
                    peers: peers, offerTo: peers.filter { $0 > seat.player },
                    iceServers: details.settings.iceServers, deadlineMs: atMs - min(atMs, now.bootMs))))
    }

    mutating func reported(
        _ peer: PlayerIndex, isValid: Bool, rttMs: Double? = nil, by seat: Seat, from connection: ConnectionHandle, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) -> Bool {
        guard let details = ledger.details(of: seat.session), case .validating(var validation) = details.phase else {
            complain(connection, .wrongState, "the session is not validating", &actions)
            return false
        }
        guard peer != seat.player, details.isMember(peer) else {
            complain(connection, .noSuchPlayer, "no such peer in this session", &actions)
            return false
        }
        var roundTripUs: UInt32?
        if let rttMs {
            let mostMs = Double(ProtocolLimits.roundTripUsMax) / 1000
            guard rttMs >= 0, rttMs <= mostMs, let us = UInt32(exactly: (rttMs * 1000).rounded()) else {
                // It is not taken at all, so that it can be said again: a report that was half taken would be hard to tell.
                complain(
                    connection, .badMessage, "`rttMs` must be 0 to \(Int(mostMs))", &actions)
                return false
            }
            roundTripUs = us
        }
        guard validation.report(seat.player, about: peer, isValid: isValid, roundTripUs: roundTripUs) else { return false }
        _ = ledger.withDetails(seat.session) { $0.phase = .validating(validation) }
        if let roundTrip = PlayerPair(seat.player, peer).flatMap(validation.roundTrip) {
            actions.append(.notice(.measured(seat.session, roundTrip)))
        }
        return true
    }

    /// Ends the session over a failed pair where the scene wants that, and moves it on when all are decided.
    mutating func judgeValidation(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .validating(let validation) = details.phase else { return }
        let failed = validation.failedPairs
        if !failed.isEmpty {
            let cause = details.settings.onValidationFailure.causeOfFailure
            if case .ends = cause.path(in: .validating) {
                return end(session, cause, failedPairs: failed, now, &actions)
            }
        }
        proceed(session, now, &actions)
    }

    mutating func validationDeadlinePassed(
        _ session: SessionID, isLast: Bool, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session), case .validating(var validation) = details.phase else { return }
        let away = details.away
        if isLast && !away.isEmpty {
            return end(session, .neverTogether, concerning: away, now, &actions)
        }
        let cause = details.settings.onValidationFailure.causeOfSilence
        if case .ends = cause.path(in: .validating) {
            if away.isEmpty { return end(session, cause, concerning: validation.silent, now, &actions) }
        } else {
            validation.isOver = true
            _ = ledger.withDetails(session) { $0.phase = .validating(validation) }
        }
        if away.isEmpty {
            proceed(session, now, &actions)
        } else {
            // Nobody can validate with one who is away: its grace decides, and blames nobody else.
            extendDeadline(.validate, of: session, by: details, now)
        }
    }
}

extension ValidationFailureAction {
    /// What it is when a pair has failed in such a scene.
    fileprivate var causeOfFailure: ExitCause {
        switch self {
        case .requeue: .pairFailed
        case .end: .pairFailedFinally
        case .relay: .pairFailedRelayed
        }
    }

    /// What it is when the deadline passes in such a scene.
    fileprivate var causeOfSilence: ExitCause {
        switch self {
        case .requeue: .silent
        case .end: .silentFinally
        case .relay: .silentRelayed
        }
    }
}
