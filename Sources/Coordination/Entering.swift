import SessionProtocol

/// How a connection becomes a player's, and how a session leaves MATCHED.
extension CoordinatorCore {
    mutating func enter(
        _ connection: ConnectionHandle, _ session: SessionID, _ ticket: Ticket, _ seen: Seen, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        guard seats[connection] == nil else {
            return complain(connection, .wrongState, "this connection has entered already", &actions)
        }
        if let details = ledger.details(of: session) {
            guard let player = details.player(holding: ticket) else {
                return turnAway(connection, from: session, .badTicket, "the ticket is not of this session", &actions)
            }
            if details.isLost(player, holding: ticket) { return bidFarewell(connection, player, details, &actions) }
            takeSeat(connection, Seat(session: session, player: player), seen, now, &actions)
        } else {
            enterEnded(connection, session, ticket, now, &actions)
        }
    }

    private mutating func takeSeat(
        _ connection: ConnectionHandle, _ seat: Seat, _ seen: Seen, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        if ledger.details(of: seat.session)?[seat.player].loss != nil { makeRoomForBot(seat.player, in: seat.session, &actions) }
        let before = ledger.withDetails(seat.session) { details in
            let before = details[seat.player].presence
            details[seat.player].presence = .connected(connection)
            // A new connection may be a new page, with another clock.
            details.clocks[Int(seat.player.number)] = ClockEstimate()
            return before
        }
        guard let before, let entry = ledger[seat.session] else { return }
        seats[connection] = seat
        watchArrived(seat, now)
        let player = entry.details[seat.player]
        var isReturn = false
        switch before {
        case .expected: break
        case .connected(let older):
            unseat(older)
            actions.append(.close(older, .replaced))
        case .away:
            ledger.clearDeadline(.reconnect, slot: UInt32(seat.player.number), of: seat.session)
            isReturn = player.plays
        }
        let missed = entry.details.missed(by: seat.player, after: seen.messages)
        let missedTicks = entry.details.ticks?.missed(after: seen.tick) ?? 0
        let presences = entry.details.indices.map {
            PlayerPresence(
                player: $0, isConnected: entry.details[$0].connection != nil, isLost: entry.details[$0].loss != nil)
        }
        actions.append(
            .reply(
                connection,
                .entered(
                    seat.session, seat.player, players: presences, state: entry.state, missed: missed,
                    missedTicks: missedTicks,
                    condition: entry.details.assignment.extensions.condition(of: seat.player))))
        if missed > 0 { actions.append(.notice(.replayIncomplete(seat.session, seat.player, missed: missed))) }
        if missedTicks > 0 { actions.append(.notice(.ticksMissed(seat.session, seat.player, missed: missedTicks))) }
        if isReturn {
            for other in entry.details.connections(except: seat.player) {
                actions.append(.reply(other, .peerReconnected(seat.player)))
            }
        }
        if player.loss != nil, case .away = before {
            for other in entry.details.connections(except: seat.player) {
                actions.append(.reply(other, .playerSeated(seat.player)))
            }
        }
        catchUp(connection, seat, entry.details, seen, now, &actions)
        if let rule = entry.details.rules.relay {
            // Behind what it missed, which it gets at once and cannot have read yet.
            actions.append(
                .limitBacklog(
                    connection, bytesMax: Int(rule.backlogBytesMax), dropsLatest: rule.slowReader == .dropLatest))
        }
        askClock(connection, seat, now, &actions)
        proceed(seat.session, now, &actions)
        resumeWhenAllAreBack(seat.session, now, &actions)
    }

    /// Says again what a returning player has to know, and then what it missed.
    private mutating func catchUp(
        _ connection: ConnectionHandle, _ seat: Seat, _ details: SessionDetails, _ seen: Seen, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        switch details.phase {
        case .entering: break
        case .validating(let pairs):
            // With all pairs decided play begins now, unless another is away: then there is nothing to do but wait.
            if pairs.isDecided { break }
            restartPairs(of: seat, now: now, &actions)
            askToValidate(connection, seat, now, &actions)
        case .playing(let play):
            actions.append(.reply(connection, details.playReply(play, to: seat.player, now)))
            details.forEachOrdered(for: seat.player, after: seen.messages) { from, bytes in
                actions.append(.replay(connection, from: from, bytes))
            }
            details.ticks?.forEachKept(after: seen.tick) { actions.append(.replayTick(connection, $0)) }
            for barrier in details[seat.player].opened {
                actions.append(.reply(connection, details.goReply(barrier, to: seat.player, now)))
            }
            _ = ledger.withDetails(seat.session) { $0[seat.player].opened = [] }
            restartPairs(of: seat, now: now, &actions)
            tellWhereTheGameIs(connection, seat, details, now, &actions)
            tellPaused(connection, details, &actions)
        }
    }

    /// Moves a session on when its phase is done. Before PLAYING that takes everyone's presence: one who vanished until
    /// then has stranded nobody, since those who are left go back to the queue.
    mutating func proceed(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), details.isEveryoneConnected else { return }
        switch details.phase {
        case .entering:
            ledger.clearDeadline(.enter, slot: GraceSlot.ordinary, of: session)
            ledger.clearDeadline(.enter, slot: GraceSlot.extended, of: session)
            if details.settings.validatesPeers && details.players.count > 1 {
                beginValidation(session, now, &actions)
            } else {
                beginPlay(session, .relay, now, &actions)
            }
        case .validating(let pairs):
            guard pairs.isDecided else { return }
            ledger.clearDeadline(.validate, slot: GraceSlot.ordinary, of: session)
            ledger.clearDeadline(.validate, slot: GraceSlot.extended, of: session)
            ledger.clearDeadline(.pairs, of: session)
            // Only a scene that goes on by relay gets past a failed pair.
            beginPlay(session, pairs.areAllValidated ? .peers(pairs) : .relay, now, &actions)
        case .playing: break
        }
    }

    mutating func enterDeadlinePassed(
        _ session: SessionID, isLast: Bool, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session) else { return }
        let absent = details.indices.filter {
            if case .expected = details[$0].presence { return true }
            return false
        }
        if !absent.isEmpty {
            end(session, .noShow, concerning: absent, now, &actions)
        } else if isLast {
            end(session, .neverTogether, concerning: details.away, now, &actions)
        } else {
            extendDeadline(.enter, of: session, by: details, now)
        }
    }

    /// Those who are away keep their grace; but players who come and go in turns hold up the others no longer than this.
    mutating func extendDeadline(
        _ kind: DeadlineKind, of session: SessionID, by details: SessionDetails, _ now: Moment
    ) {
        let atMs = now.bootMs + UInt64(details.settings.reconnectGraceMs)
        ledger.setDeadline(kind, slot: GraceSlot.extended, of: session, atMs: atMs)
    }

    // MARK: Refusals

    /// A mistake that costs nothing but an answer.
    func complain(
        _ connection: ConnectionHandle, _ error: PlayerError, _ message: String, _ actions: inout [CoordinatorAction]
    ) {
        actions.append(.reply(connection, .error(error, message: message)))
    }

    /// A mistake that ends the connection.
    func expel(
        _ connection: ConnectionHandle, _ error: PlayerError, _ message: String, _ actions: inout [CoordinatorAction]
    ) {
        complain(connection, error, message, &actions)
        actions.append(.close(connection, .fatal(error)))
    }

    func turnAway(
        _ connection: ConnectionHandle, from session: SessionID, _ error: PlayerError, _ message: String,
        _ actions: inout [CoordinatorAction]
    ) {
        actions.append(.notice(.entryRefused(session, error)))
        expel(connection, error, message, &actions)
    }
}
