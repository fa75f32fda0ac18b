import Coordination
import SessionProtocol

/// What coordinators do, held against the promises.
extension World {
    // MARK: Lives

    func coordinatorStarted(_ host: CoordinatorHost, _ records: [Message]) {
        for case .ended(let outcome) in records { becameDurable(.ended(outcome), at: host.number) }
        for number in truth.sessions.indices {
            for index in truth[number].ends.indices where truth[number].ends[index].node == host.number {
                guard !truth[number].ends[index].isDurable else { continue }
                truth[number].ends[index].isLost = true
                let end = truth[number].ends[index]
                if end.wasTold, !end.isAcknowledged, !end.wasOnLostDisk { fail(.toldTooEarly, "\(truth[number].id.short) was told and is lost") }
            }
        }
    }

    func coordinatorDied(_ host: CoordinatorHost) {
        let index = host.number - 1
        for number in truth.coordinators[index].copies.keys.sorted() { closeCopy(number, host) }
        truth.coordinators[index] = Truth.Coordinator()
    }

    func coordinatorGotLink(_ host: CoordinatorHost, _ terms: Welcome) {
        let index = host.number - 1
        truth.coordinators[index].isLinkUp = true
        truth.coordinators[index].inventoryAfter = host.journal.appended
        truth.coordinators[index].leaseGraceMs = UInt64(terms.leaseGraceMs)
        if truth.coordinators[index].leaseFromMs == nil || options.canary == .keepsAfterLease { truth.coordinators[index].leaseFromMs = host.bootMs(nowUs) }
    }

    func coordinatorLostLink(_ host: CoordinatorHost) {
        guard truth.coordinators[host.number - 1].isLinkUp else { return }
        truth.coordinators[host.number - 1].isLinkUp = false
        truth.coordinators[host.number - 1].linkDownSinceMs = host.bootMs(nowUs)
    }

    // MARK: What they hear

    func coordinatorReads(_ message: Message, _ host: CoordinatorHost) {
        let index = host.number - 1
        switch message {
        case .pong(let sentAtMs):
            if truth.coordinators[index].isLinkUp, let fromMs = truth.coordinators[index].leaseFromMs {
                truth.coordinators[index].leaseFromMs = max(fromMs, sentAtMs)
            }
        case .endedAck(let session, let attempt):
            guard truth.coordinators[index].isLinkUp else { return }
            let number = truth.number(of: session)
            for end in truth[number].ends.indices
            where truth[number].ends[end].node == host.number && truth[number].ends[end].outcome.attempt == attempt {
                truth[number].ends[end].isAcknowledged = true
            }
        case .cancel(let session, _, let reason, _):
            let number = truth.number(of: session)
            truth.coordinators[index].cancelling = (number, reason)
            if truth[number].ends.contains(where: { $0.node == host.number }) { coverage.count(.cancelIgnored, .ended) }
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .ended, .drop,
            .ping, .drain, .holding, .inventoryEnd, .journalMatched:
            break
        }
    }

    func coordinatorHears(
        enter session: SessionID, _ ticket: Ticket, received: UInt64, on connection: Int, _ host: CoordinatorHost
    ) {
        truth.entering = (connection, session, ticket, received)
        truth.update(connection) { $0.ticket = ticket }
        truth.asking = nil
    }

    func coordinatorHears(_ request: PlayerRequest, on connection: Int, _ host: CoordinatorHost) {
        truth.entering = nil
        truth.asking = (connection, request)
        guard let seat = truth.coordinators[host.number - 1].seats[connection] else { return }
        guard let copy = seat.copy, !copy.isOver else { return metUntold(request, seat) }
        if copy.state != .playing { return }
        hears(request, seat.player, copy, host)
    }

    private func hears(_ request: PlayerRequest, _ player: Int, _ copy: Truth.Copy, _ host: CoordinatorHost) {
        switch request {
        case .finish(let result) where (result?.count ?? 0) <= ProtocolLimits.resultBytesMax:
            guard copy.lostFor[player] == nil else { return }
            copy.hasFinished[player] = true
            isWaitedForNoMore(copy, host)
        case .ready(let barrier) where barrier.utf8.count <= host.limits.barrierNameBytesMax: reaches(barrier, player, copy, host)
        case .episodeDone(let number): says(number, isDone: true, player, copy, host)
        case .resetDone(let number): says(number, isDone: false, player, copy, host)
        case .peerLost(let peer, let attempt): losesPeer(peer, attempt, player, copy)
        case .signal, .clock, .validated, .validationFailed, .ready, .finish, .leave, .visibility, .exclude: break
        }
    }

    /// What was only waiting for one who is not waited for any more goes on in this turn.
    func isWaitedForNoMore(_ copy: Truth.Copy, _ host: CoordinatorHost) {
        expectProgress(copy, host)
        if copy.pausedMs != nil { truth.coordinators[host.number - 1].mayResume.append(copy.session) }
    }

    func coordinatorHears(hangUp connection: Int, _ host: CoordinatorHost) {
        truth.update(connection) { $0.isClosed = true }
        let index = host.number - 1
        guard let seat = truth.coordinators[index].seats.removeValue(forKey: connection) else { return }
        let player = seat.player
        guard let copy = seat.copy, !copy.isOver else {
            return coverage.count(seat.copy?.hasFinished[player] == true ? .finishedGone : .disconnected, .ended)
        }
        coverage.count(copy.hasFinished[player] ? .finishedGone : .disconnected, copy.state)
        copy.connections[player] = -1
        copy.seatHolders[player] = nil
        copy.isAway[player] = true
        let graceMs = UInt64(copy.settings.reconnectGraceMs)
        copy.awayUntilMs[player] = host.bootMs(nowUs) + graceMs
        if copy.plays(player) { setDeadline(.reconnect, UInt8(player), seat.session, host, afterMs: graceMs) }
        playerGoes(player, copy, host)
    }

    /// The copy that a connection sits in.
    func seatedCopy(_ connection: Int, _ host: CoordinatorHost) -> Truth.Copy? {
        truth.coordinators[host.number - 1].seats[connection]?.copy.flatMap { $0.isOver ? nil : $0 }
    }

    func setDeadline(
        _ kind: Truth.DeadlineKind, _ slot: UInt8, _ session: Int, _ host: CoordinatorHost, afterMs: UInt64
    ) {
        let key = Truth.DeadlineKey(session: session, kind: kind, slot: slot)
        truth.coordinators[host.number - 1].deadlines.set(key, atMs: host.bootMs(nowUs) + afterMs)
    }

    func clearDeadline(_ kind: Truth.DeadlineKind, _ slot: UInt8, _ session: Int, _ host: CoordinatorHost) {
        truth.coordinators[host.number - 1].deadlines.remove(Truth.DeadlineKey(session: session, kind: kind, slot: slot))
    }
}
