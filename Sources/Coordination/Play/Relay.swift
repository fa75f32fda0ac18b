import SessionProtocol

/// The kind of a binary message: its first byte.
public enum RelayKind: UInt8, Sendable {
    /// Every message arrives, in order; kept for one who returns.
    case ordered = 0
    /// Only the newest counts; not kept.
    case latestOnly = 1
}

/// The hot path: every message of a game that goes through the coordinator.
extension CoordinatorCore {
    /// The address that means all others.
    public static let everyoneElse: UInt8 = 255

    /// Says to whom a binary message goes, and keeps it for those who are away. `targets` is emptied and filled again:
    /// a caller that hands in the same each time allocates nothing.
    public mutating func relay(
        from connection: ConnectionHandle, kind: UInt8, address: UInt8, payload: Span<UInt8>, now: Moment,
        targets: inout RelayTargets
    ) -> RelayResult {
        targets.removeAll()
        let bounds = ReplayRing.Bounds(bytesMax: limits.replayBytesMax, messagesMax: limits.replayMessagesMax)
        if let place = places[connection],
            let result = relay(
                at: place, kind: kind, address: address, payload: payload, bounds, now.bootMs, targets: &targets)
        {
            return result
        }
        guard let seat = seats[connection] else { return .refused(.wrongState) }
        guard let place = newPlace(of: connection) else { return .forwarded(from: seat.player) }
        return relay(at: place, kind: kind, address: address, payload: payload, bounds, now.bootMs, targets: &targets)
            ?? .forwarded(from: seat.player)
    }

    private mutating func relay(
        at place: PlaceCache.Place, kind: UInt8, address: UInt8, payload: Span<UInt8>, _ bounds: ReplayRing.Bounds,
        _ nowMs: UInt64, targets: inout RelayTargets
    ) -> RelayResult? {
        let result = ledger.withDetails(at: place.session) { details in
            details.relay(
                from: place.player, place.connection, kind: kind, address: address, payload: payload, bounds, nowMs,
                targets: &targets)
        }
        return result ?? nil
    }

    /// Where a connection has its seat, found anew. Nil for one without a seat, and for one whose session has just ended: that
    /// takes no more, and its players hear so in time.
    mutating func newPlace(of connection: ConnectionHandle) -> PlaceCache.Place? {
        guard let seat = seats[connection], let session = ledger.place(of: seat.session) else { return nil }
        let place = PlaceCache.Place(connection: connection, session: session, player: seat.player)
        places.remember(place)
        return place
    }
}

extension SessionDetails {
    /// Nil when it is not this player of this session who sits at the connection.
    fileprivate mutating func relay(
        from sender: PlayerIndex, _ connection: ConnectionHandle, kind: UInt8, address: UInt8, payload: Span<UInt8>,
        _ bounds: ReplayRing.Bounds, _ nowMs: UInt64, targets: inout RelayTargets
    ) -> RelayResult? {
        let own = Int(sender.number)
        guard own < players.count, case .connected(connection) = players[own].presence else { return nil }
        players[own].hasSpoken = true
        guard let kind = RelayKind(rawValue: kind) else { return .refused(.badMessage) }
        guard case .playing = phase else { return .refused(.wrongState) }
        let index = Int(address)
        guard address == CoordinatorCore.everyoneElse || index < players.count && index != own else {
            return .refused(.noSuchPlayer)
        }
        guard players[own].budget.spend(payload.count, rate, nowMs: nowMs) else {
            return players[own].budget.complains(nowMs: nowMs) ? .refused(.rateLimited) : .dropped
        }
        if address == CoordinatorCore.everyoneElse {
            for index in players.indices where index != own { players[index].take(kind, targets: &targets) }
        } else {
            players[index].take(kind, targets: &targets)
        }
        if kind == .ordered { replay.append(payload, from: sender, to: address, bounds) }
        return .forwarded(from: sender)
    }

    /// How many ordered messages after the first `received` are no longer kept for a player. One who claims to have seen
    /// more than there were has missed none.
    func missed(by player: PlayerIndex, after received: UInt64) -> UInt64 {
        let firstKept = self[player].orderedCount - UInt64(replay.count(for: player))
        return firstKept > received ? firstKept - received : 0
    }

    /// The ordered messages for a player after the first `received`, as far as they are kept, oldest first.
    func forEachOrdered(for player: PlayerIndex, after received: UInt64, _ body: (PlayerIndex, [UInt8]) -> Void) {
        let firstKept = self[player].orderedCount - UInt64(replay.count(for: player))
        replay.forEach(for: player, skipping: received > firstKept ? received - firstKept : 0, body)
    }
}

extension Player {
    fileprivate mutating func take(_ kind: RelayKind, targets: inout RelayTargets) {
        if kind == .ordered { orderedCount += 1 }
        if case .connected(let connection) = presence { targets.append(connection) }
    }
}
