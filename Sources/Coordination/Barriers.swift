import SessionProtocol

/// A point in play that nobody passes before all have reached it.
struct Barrier: Sendable {
    let name: String
    /// Tells its deadline from those of other open barriers.
    let slot: UInt32
    /// By player.
    var isReady: [Bool]
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
            guard play.barriers.count < limits.barriersOpenMax else {
                return complain(connection, .rateLimited, "too many barriers at once", &actions)
            }
            let slot = (0..<UInt32(limits.barriersOpenMax)).first { slot in !play.barriers.contains { $0.slot == slot } }
            guard let slot else { preconditionFailure("fewer barriers than slots leave one free") }
            var barrier = Barrier(name: name, slot: slot, isReady: details.players.map { _ in false })
            barrier.isReady[player] = true
            play.barriers.append(barrier)
            let atMs = now.bootMs + UInt64(details.settings.barrierTimeoutMs)
            ledger.setDeadline(.barrier, slot: slot, of: seat.session, atMs: atMs)
        }
        _ = ledger.withDetails(seat.session) { $0.phase = .playing(play) }
        openBarriers(seat.session, &actions)
    }

    /// Opens every barrier that all have reached; one who has finished holds up none.
    mutating func openBarriers(_ session: SessionID, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session), case .playing(var play) = details.phase else { return }
        let open = play.barriers.filter { details.missing(at: $0).isEmpty }
        if open.isEmpty { return }
        play.barriers.removeAll { barrier in open.contains { $0.slot == barrier.slot } }
        _ = ledger.withDetails(session) { details in
            details.phase = .playing(play)
            for player in details.indices where details[player].connection == nil && details[player].result == nil {
                details[player].opened += open.map(\.name)
            }
        }
        for barrier in open {
            ledger.clearDeadline(.barrier, slot: barrier.slot, of: session)
            for connection in details.connections() { actions.append(.reply(connection, .go(barrier: barrier.name))) }
        }
    }

    mutating func barrierDeadlinePassed(
        _ session: SessionID, slot: UInt32, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        guard let details = ledger.details(of: session), case .playing(let play) = details.phase,
            let barrier = play.barriers.first(where: { $0.slot == slot })
        else { return }
        end(session, .barrierOver, concerning: details.missing(at: barrier), now, &actions)
    }
}

extension SessionDetails {
    /// Those whom a barrier waits for.
    func missing(at barrier: Barrier) -> [PlayerIndex] {
        indices.filter { self[$0].result == nil && !barrier.isReady[Int($0.number)] }
    }
}
