import SessionProtocol

/// That a session has gone on without one of its players.
struct Loss: Sendable {
    let reason: EndReason
    /// What is said of it beside the reason.
    let text: String
    /// What a bot shows to take the seat; nil while none may.
    var seatTicket: Ticket?
}

/// Players who are out for good. In play the others go on where the scene says so and enough of them are left; in any other
/// case the session ends.
///
/// A lost player's ticket lets nobody in any more, and its subject is free here at once. The matchmaker is told by the
/// assignment as it stands then, and by the `resume` that the player is given: so it may play elsewhere while this goes on.
extension CoordinatorCore {
    /// These players are out for this cause. One who has finished, or a bot in a lost seat, only goes.
    /// - Parameter texts: what is said of each beside the reason, in the same order; none for those that have none. It stands
    ///   in the outcome, cut to `ProtocolLimits.lossTextBytesMax`.
    mutating func lose(
        _ players: [PlayerIndex], of session: SessionID, _ cause: ExitCause, texts: [String] = [], _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        guard let entry = ledger[session] else { return }
        guard let reason = cause.path(in: entry.state).ending?.reason else {
            preconditionFailure("\(cause) costs nobody the game that is \(entry.state)")
        }
        for player in players where !entry.details[player].plays { vacate(player, of: session, &actions) }
        var losses: [PlayerLoss] = []
        for (index, player) in players.enumerated() where entry.details[player].plays {
            let text = index < texts.count ? texts[index].cut(toBytes: ProtocolLimits.lossTextBytesMax) : ""
            losses.append(PlayerLoss(player, reason, text: text))
        }
        losses.sort { $0.player < $1.player }
        let out = losses.map(\.player)
        guard !out.isEmpty else { return }
        guard entry.details.goesOn(without: out) else {
            let isSaid = entry.details.survivesLosses || losses.contains { !$0.text.isEmpty }
            return end(session, cause, concerning: out, losses: isSaid ? losses : [], now, &actions)
        }
        let connections = out.map { entry.details[$0].connection }
        let details = ledger.withDetails(session) { details in
            for loss in losses {
                details[loss.player].loss = Loss(reason: reason, text: loss.text)
                details[loss.player].presence = .away
                details[loss.player].opened = []
            }
            details.assignment.extensions.losses = details.losses
            return details
        }
        guard let details else { return }
        leaveOut(out, of: session)
        for (loss, connection) in zip(losses, connections) {
            let player = loss.player
            watchLeft(Seat(session: session, player: player))
            ledger.clearDeadline(.reconnect, slot: UInt32(player.number), of: session)
            ledger.unseat(details.assignment.players[Int(player.number)].subject, from: session)
            actions.append(.notice(.lost(session, loss)))
            guard let connection else { continue }
            unseat(connection)
            bidFarewell(connection, player, details, &actions)
        }
        // What it holds is said once more, since that has changed.
        if case .up = link { actions.append(.link(.holding(entry.state, details.assignment))) }
        for player in out { tellLost(player, reason, details, &actions) }
        goOn(session, now, &actions)
    }

    /// What may be due now that a player is not waited for any more.
    mutating func goOn(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .playing = details.phase else { return }
        if details.haveAllFinished { return end(session, .completed, now, &actions) }
        openBarriers(session, now, &actions)
        judgeEpisode(session, now, &actions)
        resumeWhenAllAreBack(session, now, &actions)
    }

    /// Says to a lost player, however often it asks, that the session is over for it.
    func bidFarewell(
        _ connection: ConnectionHandle, _ player: PlayerIndex, _ details: SessionDetails, _ actions: inout [CoordinatorAction]
    ) {
        guard let loss = details[player].loss else { return }
        let seat = details.assignment.players[Int(player.number)]
        actions.append(
            .reply(
                connection,
                .ended(
                    details.assignment.session, loss.reason, requeued: false,
                    resume: details.assignment.resume(of: seat, isRequeued: false),
                    completionCode: details.settings.completionCode(for: loss.reason))))
        actions.append(.close(connection, .normal))
    }

    private func tellLost(
        _ player: PlayerIndex, _ reason: EndReason, _ details: SessionDetails, _ actions: inout [CoordinatorAction]
    ) {
        let isForBot = details.rules.absence?.loss == .bot
        for other in details.connections(except: player) {
            actions.append(.reply(other, .playerLost(player, reason, isForBot: isForBot)))
        }
    }

    /// One goes whom nobody waits for: a player who has finished, or a bot.
    mutating func vacate(_ player: PlayerIndex, of session: SessionID, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), !details[player].plays, let connection = details[player].connection
        else { return }
        actions.append(.close(connection, .normal))
        left(connection, player, of: session, &actions)
    }

    /// The connection of one whom nobody waits for is gone.
    mutating func left(
        _ connection: ConnectionHandle, _ player: PlayerIndex, of session: SessionID, _ actions: inout [CoordinatorAction]
    ) {
        unseat(connection)
        leaveOut([player], of: session)
        let details = ledger.withDetails(session) { details in
            details[player].presence = .away
            // A bot's result is nobody's, and the next one begins anew.
            if details[player].loss != nil { details[player].result = nil }
            return details
        }
        guard let details, details[player].loss != nil else { return }
        tellLost(player, .playerLeft, details, &actions)
    }

    // MARK: Seats for bots

    /// Offers a lost player's seat to whoever shows this ticket, which has to be drawn at random; an earlier offer that nobody
    /// has taken is void.
    public mutating func offerSeat(_ session: SessionID, _ player: PlayerIndex, _ ticket: Ticket) -> SeatOffer {
        guard let details = ledger.details(of: session) else { return .noSuchSession }
        guard details.isMember(player) else { return .noSuchPlayer }
        guard details.rules.absence?.loss == .bot, details[player].loss != nil else { return .notLost }
        guard details[player].connection == nil else { return .taken }
        _ = ledger.withDetails(session) { $0[player].loss?.seatTicket = ticket }
        return .offered
    }
}

/// What became of the wish to give a lost player's seat to a bot.
public enum SeatOffer: Hashable, Sendable {
    /// The ticket lets one in, until the session ends or another is given.
    case offered
    case noSuchSession
    case noSuchPlayer
    /// The seat is its player's, or the scene has no seats for bots.
    case notLost
    /// A bot sits there.
    case taken
}

extension SessionDetails {
    /// The scene has sessions that lose players go on.
    var survivesLosses: Bool { rules.absence.map { $0.loss != .end } ?? false }

    /// Whether play goes on when these are out. Those who have finished count as left, also when they are gone: they have
    /// done their part.
    func goesOn(without out: [PlayerIndex]) -> Bool {
        guard case .playing = phase, let rule = rules.absence, survivesLosses else { return false }
        let left = indices.count { self[$0].loss == nil && !out.contains($0) }
        return left >= max(1, Int(rule.playersMin))
    }

    /// Nobody who is left plays on. A bot holds up nobody.
    var haveAllFinished: Bool { players.allSatisfy { !$0.plays } }

    var losses: [PlayerLoss] {
        indices.compactMap { player in self[player].loss.map { PlayerLoss(player, $0.reason, text: $0.text) } }
    }

    /// The player that this ticket speaks for, or whose seat it has been given.
    func player(holding ticket: Ticket) -> PlayerIndex? {
        assignment.player(holding: ticket) ?? indices.first { self[$0].loss?.seatTicket == ticket }
    }

    /// The session is over for the one to whom this ticket was given.
    func isLost(_ player: PlayerIndex, holding ticket: Ticket) -> Bool {
        self[player].loss != nil && assignment.players[Int(player.number)].ticket == ticket
    }
}
