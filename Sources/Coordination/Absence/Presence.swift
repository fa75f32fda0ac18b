import SessionProtocol

/// Connections that go, and the grace for their players to come back.
extension CoordinatorCore {
    mutating func disconnected(
        _ connection: ConnectionHandle, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let seat = seats[connection] else { return }
        guard let details = ledger.details(of: seat.session) else {
            unseat(connection)
            return stopWaiting(connection, seat)
        }
        // One who has finished is missed by nobody.
        guard details[seat.player].plays else { return left(connection, seat.player, of: seat.session, &actions) }
        unseat(connection)
        _ = ledger.withDetails(seat.session) { $0[seat.player].presence = .away }
        watchLeft(seat)
        let graceMs = UInt64(details.settings.reconnectGraceMs)
        ledger.setDeadline(
            .reconnect, slot: UInt32(seat.player.number), of: seat.session, atMs: now.bootMs + graceMs)
        for other in details.connections(except: seat.player) {
            actions.append(.reply(other, .peerDisconnected(seat.player, graceMs: graceMs)))
        }
        pause(for: seat.player, of: seat.session, now, &actions)
    }

    mutating func graceIsOver(
        _ session: SessionID, _ now: Moment, slot: UInt32, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session) else { return }
        // After a stall several may be over at once; those whose grace still runs are not to blame.
        let gone = details.indices.filter { player in
            let atMs = ledger.deadlineMs(.reconnect, slot: UInt32(player.number), of: session)
            return UInt32(player.number) == slot || atMs.map { $0 <= now.bootMs } == true
        }
        lose(gone, of: session, .graceOver, now, &actions)
    }
}
