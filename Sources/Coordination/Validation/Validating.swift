import SessionProtocol

/// VALIDATING: every pair shows that it can reach each other.
extension CoordinatorCore {
    mutating func beginValidation(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard ledger.transition(session, to: .validating) else { return }
        let details = ledger.withDetails(session) { details in
            let dueMs = now.bootMs + min(details.attemptTimeoutMs, UInt64(details.settings.validationTimeoutMs))
            details.phase = .validating(PairTable(playerCount: details.players.count, dueMs: dueMs))
            return details
        }
        guard let details else { return }
        let atMs = now.bootMs + UInt64(details.settings.validationTimeoutMs)
        ledger.setDeadline(.validate, slot: GraceSlot.ordinary, of: session, atMs: atMs)
        schedulePairs(session)
        beginWatching(session, now)
        tellState(session, details, .validating, &actions)
        for player in details.indices {
            guard let connection = details[player].connection else { continue }
            askToValidate(connection, Seat(session: session, player: player), now, &actions)
        }
    }

    /// Says to a player whom it is to reach. All pairs of its that are not decided are in the same attempt then.
    func askToValidate(
        _ connection: ConnectionHandle, _ seat: Seat, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: seat.session), let table = details.pairs else { return }
        let pairs = table.positions(of: seat.player).map { table[$0] }
        let tried = pairs.filter(\.isTried)
        let untilMs = validationEndMs(seat.session, now)
        let dueMs = tried.lazy.compactMap(\.dueMs).max() ?? untilMs
        actions.append(
            .reply(
                connection,
                .validate(
                    ValidationTask(
                        peers: details.indices.filter { $0 != seat.player },
                        offerTo: tried.filter { $0.offerer == seat.player }.map { $0.players.other(than: seat.player) },
                        validated: pairs.filter(\.isValidated).map { $0.players.other(than: seat.player) },
                        iceServers: details.settings.iceServers, attempt: tried.lazy.map(\.attempt).max() ?? 1,
                        attemptMs: dueMs - min(dueMs, now.bootMs), deadlineMs: untilMs - min(untilMs, now.bootMs)))))
    }

    /// When VALIDATING is over in any case.
    func validationEndMs(_ session: SessionID, _ now: Moment) -> UInt64 {
        ledger.deadlineMs(.validate, slot: GraceSlot.ordinary, of: session)
            ?? ledger.deadlineMs(.validate, slot: GraceSlot.extended, of: session) ?? now.bootMs
    }

    /// Ends the session, or moves it on, when all pairs are decided.
    mutating func judgeValidation(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .validating(let table) = details.phase, table.isDecided else {
            return
        }
        if !table.areAllValidated {
            let evidence = PairEvidence(table, players: details.indices)
            let cause = details.settings.onValidationFailure.cause(of: evidence)
            if case .ends = cause.path(in: .validating) {
                return end(
                    session, cause, concerning: details.indices.filter { evidence.blames($0) },
                    failedPairs: evidence.failedPairs, now, &actions)
            }
        }
        proceed(session, now, &actions)
    }

    mutating func validationDeadlinePassed(
        _ session: SessionID, isLast: Bool, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session), case .validating(var table) = details.phase else { return }
        let away = details.away
        if isLast && !away.isEmpty {
            return end(session, .neverTogether, concerning: away, now, &actions)
        }
        let goesOn = details.settings.onValidationFailure == .relay
        if away.isEmpty || goesOn {
            table.giveUp()
            _ = ledger.withDetails(session) { $0.phase = .validating(table) }
            schedulePairs(session)
        }
        // Nobody can validate with one who is away: its grace decides, and blames nobody else.
        if !away.isEmpty { extendDeadline(.validate, of: session, by: details, now) }
        judgeValidation(session, now, &actions)
    }
}

extension PairEvidence {
    func blames(_ player: PlayerIndex) -> Bool { silent.contains(player) || unreachable.contains(player) }
}

extension SessionDetails {
    /// The pairs that are validated, or repaired; nil where none are.
    var pairs: PairTable? {
        switch phase {
        case .entering: nil
        case .validating(let table): table
        case .playing(let play): if case .peers(let table) = play.route { table } else { nil }
        }
    }

    mutating func setPairs(_ table: PairTable) {
        switch phase {
        case .entering: break
        case .validating: phase = .validating(table)
        case .playing(var play):
            play.route = .peers(table)
            phase = .playing(play)
        }
    }

    /// Attempts that a pair has. Where the scene does not say, there are three in the time of validation.
    var attemptsMax: UInt8 { assignment.extensions.playRules.attempts?.attemptsMax ?? 3 }

    var attemptTimeoutMs: UInt64 {
        if let rule = assignment.extensions.playRules.attempts { return UInt64(rule.attemptTimeoutMs) }
        return (UInt64(settings.validationTimeoutMs) + 2) / 3
    }
}
