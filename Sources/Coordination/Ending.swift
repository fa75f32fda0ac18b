import SessionProtocol

/// The one way in which a session ends, and who hears of it when.
///
/// Players are told once the matchmaker has acknowledged the outcome. While the link is down they are told when the
/// outcome is durable here and `tellWaitMs` has passed since the end, and since the link was lost.
extension CoordinatorCore {
    mutating func end(
        _ session: SessionID, _ cause: ExitCause, concerning players: [PlayerIndex] = [],
        failedPairs: [PlayerPair] = [], losses: [PlayerLoss] = [], _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let live = ledger[session] else { return }
        let details = live.details
        let verdict = Verdict(
            cause, in: live.state, concerning: players, failedPairs: failedPairs, roundTrips: details.roundTripsSoFar,
            losses: (details.losses + losses).sorted { $0.player < $1.player },
            results: details.players.map { $0.loss == nil ? $0.result : nil })
        precondition(verdict.ending.decider != .matchmaker, "\(cause) is the matchmaker's to judge")
        forgetTicks(session)
        guard let (_, outcome) = ledger.end(session, verdict, assignment: details.assignment, now: now) else { return }
        persist(.ended(outcome), &actions)
        unpersisted.append((persistCount, session))
        let entry = OutboxEntry(
            outcome: outcome, assignment: details.assignment, number: persistCount, endedAtMs: now.bootMs,
            waiting: details.players.map { $0.loss == nil ? $0.connection : nil })
        outbox.append(entry, for: session)
        sendEnded(entry, &actions)
        scheduleTelling(session)
        dismissBots(details, outcome, &actions)
    }

    /// A bot is nobody whom the matchmaker knows, so it need not wait.
    private mutating func dismissBots(_ details: SessionDetails, _ outcome: Outcome, _ actions: inout [CoordinatorAction]) {
        for player in details.indices where details[player].loss != nil {
            guard let connection = details[player].connection else { continue }
            unseat(connection)
            actions.append(
                .reply(connection, .ended(outcome.session, outcome.reason, requeued: false, resume: "", completionCode: nil)))
            actions.append(.close(connection, .normal))
        }
    }

    /// The outcome is durable at the matchmaker. Saying so twice changes nothing.
    mutating func acknowledged(_ session: SessionID, _ attempt: Attempt, _ actions: inout [CoordinatorAction]) {
        guard let entry = outbox[session] else {
            return actions.append(.notice(.unknownSession(.endedAck, session)))
        }
        guard entry.outcome.attempt == attempt else {
            return actions.append(.notice(.staleAttempt(.endedAck, session, attempt)))
        }
        outbox.remove(session)
        tellings.remove(session)
        persist(.endedAck(session, attempt), &actions)
        tellWaiting(entry, &actions)
    }

    /// Outcomes have reached the outbox file.
    mutating func persisted(upTo number: UInt64, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        persistedUpTo = max(persistedUpTo, min(number, persistCount))
        let durableCount = unpersisted.firstIndex { $0.number > persistedUpTo } ?? unpersisted.count
        let durable = Array(unpersisted.prefix(durableCount))
        unpersisted.removeFirst(durableCount)
        for (number, session) in durable {
            guard let entry = outbox[session] else { continue }
            if case .up(let link) = link, let last = link.inventoryAfter, number <= last {
                actions.append(.link(.ended(entry.outcome)))
            }
            scheduleTelling(session)
        }
        tellThoseDue(now, &actions)
        finishInventory(&actions)
    }

    // MARK: Telling

    /// Tells everyone whose wait without a link is over.
    mutating func tellThoseDue(_ now: Moment, _ actions: inout [CoordinatorAction]) {
        while let session = tellings.popDue(now.bootMs) {
            guard let entry = outbox[session] else { continue }
            tellWaiting(entry, &actions)
            _ = outbox.update(session) { entry in
                for index in entry.waiting.indices { entry.waiting[index] = nil }
            }
        }
    }

    /// Sets when to tell those who wait for the end of a session, if that is not at the acknowledgement. To be called
    /// whenever the link, the outcome's durability or those who wait have changed.
    mutating func scheduleTelling(_ session: SessionID) {
        guard case .down(let sinceMs) = link, let entry = outbox[session], entry.isAwaited, isDurable(entry) else {
            return tellings.remove(session)
        }
        tellings.set(session, atMs: max(sinceMs, entry.endedAtMs) + limits.tellWaitMs)
    }

    private mutating func tellWaiting(_ entry: OutboxEntry, _ actions: inout [CoordinatorAction]) {
        guard let assignment = entry.assignment else { return }
        for (index, connection) in entry.waiting.enumerated() {
            guard let connection, let player = PlayerIndex(exactly: index) else { continue }
            unseat(connection)
            tell(connection, player, entry.outcome, assignment, &actions)
        }
    }

    private func tell(
        _ connection: ConnectionHandle, _ player: PlayerIndex, _ outcome: Outcome, _ assignment: Assignment,
        _ actions: inout [CoordinatorAction]
    ) {
        let requeued = outcome.players[Int(player.number)].isRequeued
        let seat = assignment.players[Int(player.number)]
        let reason = outcome.reason(for: player)
        actions.append(
            .reply(
                connection,
                .ended(
                    outcome.session, reason, requeued: requeued,
                    resume: assignment.resume(of: seat, isRequeued: requeued),
                    completionCode: assignment.settings.completionCode(for: reason))))
        actions.append(.close(connection, .normal))
    }

    // MARK: Coming too late

    /// Someone enters a session that does not live here.
    mutating func enterEnded(
        _ connection: ConnectionHandle, _ session: SessionID, _ ticket: Ticket, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        let entry = outbox[session]
        let tombstone = ledger.tombstone(session)
        guard let assignment = entry?.assignment ?? tombstone?.assignment else {
            return turnAway(connection, from: session, .sessionEnded, "the session has ended", &actions)
        }
        guard let player = assignment.player(holding: ticket) else {
            return turnAway(connection, from: session, .badTicket, "the ticket is not of this session", &actions)
        }
        if entry != nil {
            wait(connection, Seat(session: session, player: player), now, &actions)
        } else if let tombstone {
            tell(connection, player, tombstone.outcome, assignment, &actions)
        }
    }

    /// Lets a connection wait until its player may be told; that may be now.
    private mutating func wait(
        _ connection: ConnectionHandle, _ seat: Seat, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        let older = outbox.update(seat.session) { entry in
            let older = entry.waiting[Int(seat.player.number)]
            entry.waiting[Int(seat.player.number)] = connection
            return older
        }
        if case .some(.some(let older)) = older {
            unseat(older)
            actions.append(.close(older, .replaced))
        }
        seats[connection] = seat
        scheduleTelling(seat.session)
        tellThoseDue(now, &actions)
    }

    /// A connection that waited to be told is gone.
    mutating func stopWaiting(_ connection: ConnectionHandle, _ seat: Seat) {
        _ = outbox.update(seat.session) { $0.waiting[Int(seat.player.number)] = nil }
        scheduleTelling(seat.session)
    }
}
