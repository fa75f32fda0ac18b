import SessionProtocol

/// The attempts of each pair: reports, times, and what comes next.
extension CoordinatorCore {
    mutating func validated(
        _ peer: PlayerIndex, attempt: UInt32?, rttMs: Double?, _ seat: Seat, from connection: ConnectionHandle,
        _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        let isNew = reported(
            peer, attempt: attempt, isValid: true, rttMs: rttMs, by: seat, from: connection, &actions)
        guard isNew, let pair = PlayerPair(seat.player, peer) else { return }
        actions.append(.notice(.validated(seat.session, by: seat.player, peer: peer, rttMs: rttMs)))
        settlePair(pair, seat, now, &actions)
    }

    mutating func validationFailed(
        _ peer: PlayerIndex, attempt: UInt32?, detail: String, _ seat: Seat, from connection: ConnectionHandle,
        _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        let isNew = reported(peer, attempt: attempt, isValid: false, by: seat, from: connection, &actions)
        guard isNew, let pair = PlayerPair(seat.player, peer) else { return }
        let detail = detail.cut(toBytes: limits.detailBytesMax)
        actions.append(.notice(.validationFailed(seat.session, by: seat.player, peer: peer, detail: detail)))
        settlePair(pair, seat, now, &actions)
    }

    /// A player says how an attempt went; false when that is nothing new. Without a number it is the one that runs.
    private mutating func reported(
        _ peer: PlayerIndex, attempt: UInt32?, isValid: Bool, rttMs: Double? = nil, by seat: Seat,
        from connection: ConnectionHandle, _ actions: inout [CoordinatorAction]
    ) -> Bool {
        guard let (table, pair) = pairs(seat, peer, connection, &actions) else { return false }
        var roundTripUs: UInt32?
        if let rttMs {
            let mostMs = Double(ProtocolLimits.roundTripUsMax) / 1000
            guard rttMs >= 0, rttMs <= mostMs, let us = UInt32(exactly: (rttMs * 1000).rounded()) else {
                // It is not taken at all, so that it can be said again: a report that was half taken would be hard to tell.
                complain(connection, .badMessage, "`rttMs` must be 0 to \(Int(mostMs))", &actions)
                return false
            }
            roundTripUs = us
        }
        if let attempt, attempt != table[pair].attempt {
            actions.append(.notice(.stale(seat.session, by: seat.player, .report)))
            return false
        }
        let taken = ledger.withDetails(seat.session) { details in
            guard var table = details.pairs else { return Pair.Taken.ignored }
            let taken = table[pair].report(seat.player, isValid: isValid, roundTripUs: roundTripUs)
            details.setPairs(table)
            return taken
        }
        return taken.map { if case .ignored = $0 { false } else { true } } ?? false
    }

    /// Moves a pair on behind a report of one of its players.
    private mutating func settlePair(
        _ pair: PlayerPair, _ seat: Seat, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: seat.session), let table = details.pairs else { return }
        let isRepair = details.isPlaying
        if table[pair].isValidated {
            if isRepair {
                actions.append(.notice(.repaired(seat.session, pair, attempt: table[pair].attempt)))
            } else if let us = table[pair].roundTripUs {
                actions.append(.notice(.measured(seat.session, PairRoundTrip(pair, roundTripUs: us))))
            }
        } else if table[pair].isBroken {
            // While attempts are left one of the two suffices. At the last the other is heard too: its silence would count.
            if canTryAgain(table[pair], seat.session, details, now) {
                tryAgain(pair, seat.session, now, &actions)
            } else if table[pair].haveBothSpoken || isRepair {
                giveUp(pair, seat.session)
            }
        }
        settlePairs(seat.session, now, &actions)
    }

    /// Attempts whose time is up.
    mutating func attemptsDue(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), let table = details.pairs else { return }
        for position in table.indices {
            let pair = table[position]
            guard let dueMs = pair.dueMs, dueMs <= now.bootMs else { continue }
            if canTryAgain(pair, session, details, now) || !details.areConnected(pair.players) {
                tryAgain(pair.players, session, now, &actions)
            } else {
                giveUp(pair.players, session)
            }
        }
        settlePairs(session, now, &actions)
    }

    /// One who is back may be another page, that knows nothing of what was tried: its pairs that are not decided begin anew,
    /// all by the same number. The others hear so; it is told by its caller in VALIDATING, and here in PLAYING.
    mutating func restartPairs(of seat: Seat, now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: seat.session), let table = details.pairs else { return }
        let positions = table.positions(of: seat.player).filter { table[$0].isTried }
        guard let last = positions.lazy.map({ table[$0].attempt }).max() else { return }
        for position in positions {
            startAnew(
                table[position].players, attempt: last + 1, seat.session, now,
                except: details.isPlaying ? nil : seat.player, &actions)
        }
        schedulePairs(seat.session)
    }

    /// Begins anew with a pair, in a session that has pairs. All but `told` hear of it.
    mutating func startAnew(
        _ pair: PlayerPair, attempt: UInt32, _ session: SessionID, _ now: Moment, except told: PlayerIndex?,
        _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session), var table = details.pairs else { return }
        // Its time begins when both are there.
        let dueMs = details.areConnected(pair) ? attemptEndMs(session, details, now) : nil
        table[pair].startAnew(attempt: attempt, dueMs: dueMs)
        _ = ledger.withDetails(session) { $0.setPairs(table) }
        if dueMs != nil { tellRetry(table[pair], session, except: told, now, &actions) }
    }

    /// Sets the one deadline that all attempts of a session share: the earliest.
    mutating func schedulePairs(_ session: SessionID) {
        if let dueMs = ledger.details(of: session)?.pairs?.nextDueMs {
            ledger.setDeadline(.pairs, of: session, atMs: dueMs)
        } else {
            ledger.clearDeadline(.pairs, of: session)
        }
    }

    /// The pair that a player speaks of, in a session that has pairs. One that had some answers nothing to what comes late.
    func pairs(
        _ seat: Seat, _ peer: PlayerIndex, _ connection: ConnectionHandle, _ actions: inout [CoordinatorAction]
    ) -> (PairTable, PlayerPair)? {
        guard let details = ledger.details(of: seat.session) else { return nil }
        if case .playing(let play) = details.phase, case .fallenBack = play.route { return nil }
        guard let table = details.pairs else {
            complain(connection, .wrongState, "this session validates no peers now", &actions)
            return nil
        }
        guard let pair = PlayerPair(seat.player, peer), details.isMember(peer) else {
            complain(connection, .noSuchPlayer, "no such peer in this session", &actions)
            return nil
        }
        return (table, pair)
    }

    // MARK: Steps

    mutating func settlePairs(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        schedulePairs(session)
        judgeValidation(session, now, &actions)
        judgeRepair(session, &actions)
    }

    func canTryAgain(_ pair: Pair, _ session: SessionID, _ details: SessionDetails, _ now: Moment) -> Bool {
        pair.attemptsUsed < details.attemptsMax
            && (details.isPlaying || now.bootMs < validationEndMs(session, now))
    }

    mutating func tryAgain(
        _ pair: PlayerPair, _ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session), var table = details.pairs else { return }
        // One who is away begins anew when it is back.
        let isTogether = details.areConnected(pair)
        if isTogether { table[pair].tryAgain(dueMs: attemptEndMs(session, details, now)) } else { table[pair].suspend() }
        _ = ledger.withDetails(session) { $0.setPairs(table) }
        if isTogether { tellRetry(table[pair], session, except: nil, now, &actions) }
    }

    mutating func giveUp(_ pair: PlayerPair, _ session: SessionID) {
        _ = ledger.withDetails(session) { details in
            guard var table = details.pairs else { return }
            table[pair].giveUp()
            details.setPairs(table)
        }
    }

    private func attemptEndMs(_ session: SessionID, _ details: SessionDetails, _ now: Moment) -> UInt64 {
        let endMs = now.bootMs + details.attemptTimeoutMs
        return details.isPlaying ? endMs : min(endMs, validationEndMs(session, now))
    }

    private func tellRetry(
        _ pair: Pair, _ session: SessionID, except told: PlayerIndex?, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session) else { return }
        let dueMs = pair.dueMs ?? now.bootMs
        actions.append(.notice(.retried(session, pair.players, attempt: pair.attempt)))
        for player in [pair.players.lower, pair.players.higher] where player != told {
            guard let connection = details[player].connection else { continue }
            actions.append(
                .reply(
                    connection,
                    .retry(
                        peer: pair.players.other(than: player), attempt: pair.attempt, offers: pair.offerer == player,
                        iceServers: details.settings.iceServers, deadlineMs: dueMs - min(dueMs, now.bootMs))))
        }
    }
}

extension Pair {
    /// One of the two says that the attempt has failed.
    fileprivate var isBroken: Bool {
        guard case .tried(let reports, _) = state else { return false }
        return reports.lower == .failed || reports.higher == .failed
    }
}

extension SessionDetails {
    func areConnected(_ pair: PlayerPair) -> Bool {
        self[pair.lower].connection != nil && self[pair.higher].connection != nil
    }
}
