import SessionProtocol

/// A point in play that nobody passes before all have reached it, or its time is up.
struct Barrier: Sendable {
    let name: String
    /// Tells its deadline from those of other open barriers.
    let slot: UInt32
    /// By player.
    var isReady: [Bool]
    /// Without whom it opens, because their time is up.
    var missing: [PlayerIndex] = []
    /// What is left of its time while play pauses.
    var leftMs: UInt64?
}

/// A barrier that opened while a player was away.
struct OpenedBarrier: Hashable, Sendable {
    let name: String
    /// The instant that its `go` speaks of, on the boot clock; nil where the scene has no rule for it.
    let goMs: UInt64?
    let missing: [PlayerIndex]
}

extension CoordinatorCore {
    mutating func ready(
        _ name: String, _ seat: Seat, from connection: ConnectionHandle, _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        guard name.utf8.count <= limits.barrierNameBytesMax else {
            return complain(
                connection, .badMessage, "a barrier's name has at most \(limits.barrierNameBytesMax) bytes", &actions)
        }
        guard let details = ledger.details(of: seat.session), case .playing(var play) = details.phase else {
            return complain(connection, .wrongState, "barriers are for playing", &actions)
        }
        let player = Int(seat.player.number)
        if let position = play.barriers.firstIndex(where: { $0.name == name }) {
            play.barriers[position].isReady[player] = true
        } else {
            // Who waits for nobody opens none that others would have to reach.
            guard details[seat.player].loss == nil else { return }
            guard play.barriers.count < limits.barriersOpenMax else {
                return complain(connection, .rateLimited, "too many barriers at once", &actions)
            }
            let slot = (0..<UInt32(limits.barriersOpenMax)).first { slot in !play.barriers.contains { $0.slot == slot } }
            guard let slot else { preconditionFailure("fewer barriers than slots leave one free") }
            var barrier = Barrier(name: name, slot: slot, isReady: details.players.map { _ in false })
            barrier.isReady[player] = true
            barrier.leftMs = startDeadline(
                .barrier, slot: slot, of: seat.session, in: play, afterMs: UInt64(details.settings.barrierTimeoutMs), now)
            play.barriers.append(barrier)
        }
        _ = ledger.withDetails(seat.session) { $0.phase = .playing(play) }
        openBarriers(seat.session, now, &actions)
    }

    /// Opens every barrier that all have reached; one who has finished holds up none, nor does a bot.
    mutating func openBarriers(_ session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .playing(var play) = details.phase else { return }
        let open = play.barriers.filter { details.missing(at: $0).isEmpty }
        if open.isEmpty { return }
        play.barriers.removeAll { barrier in open.contains { $0.slot == barrier.slot } }
        let goMs = details.rules.barriers.map { now.bootMs + UInt64($0.countdownMs) }
        let opened = open.map { OpenedBarrier(name: $0.name, goMs: goMs, missing: $0.missing) }
        _ = ledger.withDetails(session) { details in
            details.phase = .playing(play)
            for player in details.indices where details[player].connection == nil && details[player].plays {
                details[player].opened += opened
            }
        }
        for barrier in open { ledger.clearDeadline(.barrier, slot: barrier.slot, of: session) }
        for barrier in opened {
            for player in details.indices {
                guard let connection = details[player].connection else { continue }
                actions.append(.reply(connection, details.goReply(barrier, to: player, now)))
            }
        }
    }

    mutating func barrierDeadlinePassed(
        _ session: SessionID, slot: UInt32, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session), case .playing(var play) = details.phase,
            let position = play.barriers.firstIndex(where: { $0.slot == slot })
        else { return }
        let missing = details.missing(at: play.barriers[position])
        play.barriers[position].missing = missing
        switch details.rules.barriers?.missing ?? .end {
        case .end: return end(session, .barrierOver, concerning: missing, now, &actions)
        case .open:
            for player in missing { play.barriers[position].isReady[Int(player.number)] = true }
            _ = ledger.withDetails(session) { $0.phase = .playing(play) }
            openBarriers(session, now, &actions)
        case .lose:
            _ = ledger.withDetails(session) { $0.phase = .playing(play) }
            lose(missing, of: session, .barrierOver, now, &actions)
        }
    }
}

extension SessionDetails {
    /// Those whom a barrier waits for.
    func missing(at barrier: Barrier) -> [PlayerIndex] {
        indices.filter { self[$0].plays && !barrier.isReady[Int($0.number)] }
    }

    func goReply(_ barrier: OpenedBarrier, to player: PlayerIndex, _ now: Moment) -> PlayerReply {
        .go(barrier: barrier.name, barrier.goMs.map { instant($0, for: player, now) }, missing: barrier.missing)
    }
}
