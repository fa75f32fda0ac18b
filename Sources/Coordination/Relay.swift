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
    /// a caller that hands in the same array each time allocates nothing.
    public mutating func relay(
        from connection: ConnectionHandle, kind: UInt8, address: UInt8, payload: Span<UInt8>,
        targets: inout [ConnectionHandle]
    ) -> RelayResult {
        targets.removeAll(keepingCapacity: true)
        guard let seat = seats[connection] else { return .refused(.wrongState) }
        let bounds = ReplayRing.Bounds(bytesMax: limits.replayBytesMax, messagesMax: limits.replayMessagesMax)
        let result = ledger.withDetails(seat.session) { details in
            details.relay(
                from: seat.player, kind: kind, address: address, payload: payload, bounds, targets: &targets)
        }
        // A session that has just ended takes no more, and its players hear so in time.
        return result ?? .forwarded(from: seat.player)
    }
}

extension SessionDetails {
    fileprivate mutating func relay(
        from sender: PlayerIndex, kind: UInt8, address: UInt8, payload: Span<UInt8>, _ bounds: ReplayRing.Bounds,
        targets: inout [ConnectionHandle]
    ) -> RelayResult {
        guard let kind = RelayKind(rawValue: kind) else { return .refused(.badMessage) }
        guard case .playing = phase else { return .refused(.wrongState) }
        if address == CoordinatorCore.everyoneElse {
            for index in players.indices where index != Int(sender.number) {
                players[index].take(payload, from: sender, kind, bounds, targets: &targets)
            }
        } else {
            let index = Int(address)
            guard index < players.count, index != Int(sender.number) else { return .refused(.noSuchPlayer) }
            players[index].take(payload, from: sender, kind, bounds, targets: &targets)
        }
        return .forwarded(from: sender)
    }
}

extension Player {
    fileprivate mutating func take(
        _ payload: Span<UInt8>, from sender: PlayerIndex, _ kind: RelayKind, _ bounds: ReplayRing.Bounds,
        targets: inout [ConnectionHandle]
    ) {
        if kind == .ordered { replay.append(payload, from: sender, bounds) }
        if case .connected(let connection) = presence { targets.append(connection) }
    }
}
