import SessionProtocol

/// The scene's rule of watching, from VALIDATING on: who is too slow, silent or hidden for too long is warned, and excluded
/// when it stays so.
extension CoordinatorCore {
    /// Everybody is here: from now on all are watched, if the scene asks for it. Once for each session.
    mutating func beginWatching(_ session: SessionID, _ now: Moment) {
        guard let details = ledger[session]?.details, details.watch == nil,
            let rule = details.assignment.extensions.playRules.watch,
            var watch = Watch(rule, playerCount: details.players.count, nowMs: now.bootMs)
        else { return }
        for player in details.indices where details[player].connection != nil { watch.arrived(player, nowMs: now.bootMs) }
        let begun = watch
        _ = ledger.withDetails(session) { $0.watch = begun }
        ledger.setDeadline(.watch, of: session, atMs: begun.nextMs)
    }

    /// A player is here, by this connection from now on.
    mutating func watchArrived(_ seat: Seat, _ now: Moment) {
        _ = ledger.withDetails(seat.session) { details in
            details[seat.player].hasSpoken = false
            if details[seat.player].plays { details.watch?.arrived(seat.player, nowMs: now.bootMs) }
        }
    }

    /// A player is away, or has nothing more to do.
    mutating func watchLeft(_ seat: Seat) { _ = ledger.withDetails(seat.session) { $0.watch?.left(seat.player) } }

    /// A player's program has said something that is no binary message; of those the player itself keeps note.
    mutating func watchHeard(_ seat: Seat, _ now: Moment) {
        _ = ledger.withDetails(seat.session) { details in
            if details.watch != nil { details.watch?.heard(seat.player, nowMs: now.bootMs) }
        }
    }

    mutating func visibility(
        isHidden: Bool, _ seat: Seat, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        let isWatched = ledger.withDetails(seat.session) { details in
            details.watch?.said(seat.player, isHidden: isHidden)
            return details.watch != nil
        }
        if isWatched == true { watch(seat.session, now, &actions) }
    }

    /// Looks at all players of a session, and says and does what follows.
    mutating func watch(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        let intervalMs = limits.watchIntervalMs
        let looked = ledger.withDetails(session) { details -> (steps: [Watch.Step], nextMs: UInt64)? in
            guard details.watch != nil else { return nil }
            for player in details.indices {
                let roundTripMs = details.roundTripMs(of: player, now)
                details.watch?.measured(player, roundTripMs: roundTripMs)
                guard details[player].hasSpoken else { continue }
                details[player].hasSpoken = false
                details.watch?.heard(player, nowMs: now.bootMs)
            }
            let steps = details.watch?.look(nowMs: now.bootMs, intervalMs: intervalMs) ?? []
            return (steps, details.watch?.nextMs ?? now.bootMs)
        }
        guard case .some(.some(let (steps, nextMs))) = looked, let details = ledger[session]?.details,
            let rule = details.watch?.rule
        else { return }
        ledger.setDeadline(.watch, of: session, atMs: nextMs)
        var excluded: [Exclusion] = []
        for step in steps {
            switch step {
            case .warn(let player, let aspect, let inMs):
                actions.append(.notice(.warned(session, player, aspect)))
                say(.warning(aspect, inMs: inMs), to: player, details, &actions)
            case .over(let player, let aspect): say(.warningOver(aspect), to: player, details, &actions)
            case .exclude(let player, let aspect): excluded.append(Exclusion(player: player, reason: rule.reason(for: aspect)))
            }
        }
        exclude(excluded, from: session, .watchedOut, by: .server, now, &actions)
    }

    private func say(
        _ reply: PlayerReply, to player: PlayerIndex, _ details: SessionDetails, _ actions: inout [CoordinatorAction]
    ) {
        if let connection = details[player].connection { actions.append(.reply(connection, reply)) }
    }
}
