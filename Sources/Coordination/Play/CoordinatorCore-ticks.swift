import SessionProtocol

/// The hot path of lockstep: an input of each player for each tick goes in, and one bundle comes out for all.
extension CoordinatorCore {
    /// Takes the input of a player: behind the header of its message, the number of the tick (big-endian, 0 for the next) and
    /// what it did.
    public mutating func input(
        from connection: ConnectionHandle, address: UInt8, payload: Span<UInt8>, now: Moment
    ) -> InputResult {
        if let place = places[connection], let result = input(at: place, address, payload, now.bootMs) { return result }
        guard seats[connection] != nil else { return .refused(.wrongState) }
        guard let place = newPlace(of: connection) else { return .dropped }
        return input(at: place, address, payload, now.bootMs) ?? .dropped
    }

    private mutating func input(
        at place: PlaceCache.Place, _ address: UInt8, _ payload: Span<UInt8>, _ nowMs: UInt64
    ) -> InputResult? {
        let result = ledger.withDetails(at: place.session) { details in
            details.input(from: place.player, place.connection, address: address, payload: payload, nowMs: nowMs)
        }
        return result ?? nil
    }

    /// Makes one bundle that is due and says to whom it goes; false when none is. To be called behind `advance` until it says so.
    /// `bundle` and `targets` are emptied and filled again: a caller that hands in the same each time allocates nothing.
    public mutating func nextBundle(
        now: Moment, into bundle: inout [UInt8], targets: inout RelayTargets, actions: inout [CoordinatorAction]
    ) -> Bool {
        targets.removeAll()
        guard let place = tickQueue.nextSlot, let dueMs = tickQueue.nextMs, dueMs <= now.bootMs else { return false }
        let (atOnceMax, bytesMax) = (limits.ticksAtOnceMax, limits.ticksKeptBytesMax)
        let made = ledger.withDetails(at: place) { details -> (session: SessionID, skippedMs: UInt64, nextMs: UInt64)? in
            details.tick(now.bootMs, atOnceMax: atOnceMax, bytesMax: bytesMax, into: &bundle, targets: &targets)
        }
        guard let made, let made else { preconditionFailure("a session in the queue of ticks has ticks that run") }
        if made.skippedMs > 0 { actions.append(.notice(.ticksSkipped(made.session, ms: made.skippedMs))) }
        scheduleTick(place, atMs: made.nextMs)
        return true
    }

    /// When `nextBundle` has something to do, in milliseconds of the boot clock.
    public var nextTickMs: UInt64? { tickQueue.nextMs }

    /// Of equal times the lower place comes first, so that the order depends on the events alone.
    private mutating func scheduleTick(_ place: Int, atMs: UInt64) {
        tickQueue.set(place, atMs: atMs, order: UInt32(truncatingIfNeeded: place))
    }

    /// Play begins: ticks run from the start on, if the scene has any.
    mutating func beginTicks(_ session: SessionID, startMs: UInt64) {
        guard let place = ledger.place(of: session) else { return }
        let aheadMax = limits.inputsAheadMax
        let dueMs = ledger.withDetails(at: place) { details -> UInt64? in
            guard let rule = details.rules.ticks else { return nil }
            details.ticks = Ticks(rule, players: details.players.count, startMs: startMs, aheadMax: aheadMax)
            return details.ticks?.dueMs
        }
        if let dueMs, let dueMs { scheduleTick(place, atMs: dueMs) }
    }

    /// The session's ticks stand still from now on. Inputs are taken meanwhile, as far ahead as ever.
    mutating func pauseTicks(_ session: SessionID, _ now: Moment) {
        guard let place = ledger.place(of: session) else { return }
        tickQueue.remove(place)
        _ = ledger.withDetails(at: place) { $0.ticks?.pause(nowMs: now.bootMs) }
    }

    /// They go on at an instant, which may be some time ahead.
    mutating func resumeTicks(_ session: SessionID, atMs: UInt64) {
        guard let place = ledger.place(of: session) else { return }
        let dueMs = ledger.withDetails(at: place) { details -> UInt64? in
            guard details.ticks?.pausedMs != nil else { return nil }
            details.ticks?.resume(atMs: atMs)
            return details.ticks?.dueMs
        }
        if let dueMs, let dueMs { scheduleTick(place, atMs: dueMs) }
    }

    /// The session is about to be removed from the ledger.
    mutating func forgetTicks(_ session: SessionID) {
        if let place = ledger.place(of: session) { tickQueue.remove(place) }
    }
}

extension SessionDetails {
    var tickTerms: TickTerms? {
        ticks.map {
            TickTerms(intervalMs: $0.rule.intervalMs, inputBytesMax: $0.rule.inputBytesMax, next: $0.next)
        }
    }

    /// Nil when it is not this player of this session who sits at the connection.
    fileprivate mutating func input(
        from sender: PlayerIndex, _ connection: ConnectionHandle, address: UInt8, payload: Span<UInt8>, nowMs: UInt64
    ) -> InputResult? {
        let own = Int(sender.number)
        guard own < players.count, case .connected(connection) = players[own].presence else { return nil }
        players[own].hasSpoken = true
        let result: InputResult
        if case .playing = phase {
            if ticks != nil, address == CoordinatorCore.everyoneElse, payload.count >= Ticks.numberBytes {
                var tick: UInt32 = 0
                for index in 0..<Ticks.numberBytes { tick = tick << 8 | UInt32(payload[index]) }
                result = ticks?.take(payload.extracting(Ticks.numberBytes..<payload.count), from: own, for: tick) ?? .dropped
            } else {
                result = .refused(.badMessage)
            }
        } else {
            result = .refused(.wrongState)
        }
        if case .refused(.rateLimited) = result, !players[own].budget.complains(nowMs: nowMs) { return .dropped }
        return result
    }

    fileprivate mutating func tick(
        _ nowMs: UInt64, atOnceMax: Int, bytesMax: Int, into bundle: inout [UInt8], targets: inout RelayTargets
    ) -> (session: SessionID, skippedMs: UInt64, nextMs: UInt64)? {
        guard ticks != nil else { return nil }
        let skippedMs = ticks?.skip(nowMs: nowMs, atOnceMax: atOnceMax) ?? 0
        ticks?.makeBundle(into: &bundle, bytesMax: bytesMax)
        for index in players.indices {
            if case .connected(let connection) = players[index].presence { targets.append(connection) }
        }
        return (assignment.session, skippedMs, ticks?.dueMs ?? .max)
    }
}
