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
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .ended, .cancel,
            .drop, .ping, .drain, .holding, .inventoryEnd, .journalMatched:
            break
        }
    }

    func coordinatorHears(enter session: SessionID, _ ticket: Ticket, on connection: Int, _ host: CoordinatorHost) {
        truth.entering = (connection, session, ticket)
        truth.update(connection) { $0.ticket = ticket }
        truth.asking = nil
    }

    func coordinatorHears(_ request: PlayerRequest, on connection: Int, _ host: CoordinatorHost) {
        truth.entering = nil
        truth.asking = (connection, request)
        let index = host.number - 1
        guard let seat = truth.coordinators[index].seats[connection], let copy = truth.coordinators[index].copies[seat.session],
            copy.state == .playing
        else { return }
        switch request {
        case .finish(let result) where (result?.count ?? 0) <= ProtocolLimits.resultBytesMax:
            truth.coordinators[index].copies[seat.session]?.hasFinished[seat.player] = true
        case .ready(let barrier) where barrier.utf8.count <= host.limits.barrierNameBytesMax:
            guard !copy.barriers.contains(barrier), copy.barriers.count < host.limits.barriersOpenMax else { return }
            let graceMs = UInt64(settings(seat.session, copy).barrierTimeoutMs)
            truth.coordinators[index].copies[seat.session]?.barriers.append(barrier)
            setDeadline(.barrier, UInt8(truncatingIfNeeded: copy.barriers.count), seat.session, host, afterMs: graceMs)
        case .signal, .clock, .validated, .validationFailed, .peerLost, .ready, .episodeDone, .resetDone, .finish, .leave, .visibility, .exclude:
            break
        }
    }

    func coordinatorHears(hangUp connection: Int, _ host: CoordinatorHost) {
        truth.update(connection) { $0.isClosed = true }
        let index = host.number - 1
        guard let seat = truth.coordinators[index].seats.removeValue(forKey: connection),
            let copy = truth.coordinators[index].copies[seat.session]
        else { return }
        coverage.count(copy.hasFinished[seat.player] ? .finishedGone : .disconnected, copy.state)
        truth.coordinators[index].copies[seat.session]?.isAway[seat.player] = true
        let graceMs = UInt64(settings(seat.session, copy).reconnectGraceMs)
        setDeadline(.reconnect, UInt8(seat.player), seat.session, host, afterMs: graceMs)
    }

    /// The copy that a connection sits in.
    private func seatedCopy(_ connection: Int, _ host: CoordinatorHost) -> Truth.Copy? {
        let coordinator = truth.coordinators[host.number - 1]
        return coordinator.seats[connection].flatMap { coordinator.copies[$0.session] }
    }

    private func settings(_ session: Int, _ copy: Truth.Copy) -> SessionSettings {
        truth[session].handOffs[copy.handOff].assignment.settings
    }

    private func setDeadline(
        _ kind: Truth.DeadlineKind, _ slot: UInt8, _ session: Int, _ host: CoordinatorHost, afterMs: UInt64
    ) {
        let key = Truth.DeadlineKey(session: session, kind: kind, slot: slot)
        truth.coordinators[host.number - 1].deadlines.set(key, atMs: host.bootMs(nowUs) + afterMs)
    }

    // MARK: What they do

    func judge(_ action: CoordinatorAction, _ host: CoordinatorHost) {
        switch action {
        case .reply(let connection, let reply): judge(reply, on: Int(connection.number), host)
        case .replay(let connection, _, _), .replayTick(let connection, _):
            coverage.count(.replayed)
            if truth.coordinators[host.number - 1].seats[Int(connection.number)] == nil {
                fail(.strangerHeard, "n\(host.number) replays a game to a connection that has no seat")
            }
        case .limitBacklog: break
        case .close(let connection, let close):
            truth.update(Int(connection.number)) { $0.isClosed = true }
            if close == .replaced {
                coverage.count(.replaced)
                if let copy = seatedCopy(Int(connection.number), host) { coverage.count(.reloaded, copy.state) }
            }
            truth.coordinators[host.number - 1].seats[Int(connection.number)] = nil
        case .link(let message): judge(message, host)
        case .closeLink:
            coordinatorLostLink(host)
            truth.coordinators[host.number - 1].owesClosing = false
        case .persist(.ended(let outcome)): judge(end: outcome, host)
        case .persist: break
        case .transition: break
        case .notice(let notice):
            coverage.count(notice)
            notePair(notice, host)
            note("n\(host.number) notes \(notice.name)")
            if case .forgotten(let session, _) = notice {
                let number = truth.number(of: session)
                if let copy = truth.coordinators[host.number - 1].copies[number] { coverage.count(.dropped, copy.state) }
                closeCopy(number, host)
            }
            if case .lost(let session, let loss) = notice { judge(lost: session, loss, host) }
            if case .leaseExpired = notice {
                truth.coordinators[host.number - 1].leaseFromMs = nil
                truth.coordinators[host.number - 1].owesClosing = truth.coordinators[host.number - 1].isLinkUp
            }
            if case .unknownSession(.drop, _) = notice { coverage.count(.dropped, .ended) }
        }
    }

    private func judge(_ message: Message, _ host: CoordinatorHost) {
        let index = host.number - 1
        switch message {
        case .accepted(let session, let attempt):
            let number = truth.number(of: session)
            guard truth.coordinators[index].copies[number] == nil else { return }
            guard let handOff = truth[number].handOff(attempt) else {
                return fail(.offeredBeforeDurable, "n\(host.number) accepts \(session.short)#\(attempt), which nobody journaled")
            }
            if truth[number].ends.contains(where: { $0.node == host.number && $0.outcome.attempt == attempt }) {
                fail(.mentionedAfterEnd, "n\(host.number) accepts \(session.short)#\(attempt), which it has ended")
            }
            let players = truth[number].handOffs[handOff].assignment.players
            let enterTimeoutMs = UInt64(truth[number].handOffs[handOff].assignment.settings.enterTimeoutMs)
            truth.coordinators[index].copies[number] = Truth.Copy(
                handOff: handOff, phaseUntilMs: host.bootMs(nowUs) + enterTimeoutMs, isAway: players.map { _ in false },
                hasFinished: players.map { _ in false }, lostFor: players.map { _ in nil })
            setDeadline(.phase, 0, number, host, afterMs: enterTimeoutMs)
            for (player, seat) in players.enumerated() where truth[number].handOffs[handOff].hasLeft[player] {
                guard let client = seat.subject.clientIndex else { continue }
                becomesEnterable(client, Truth.Enterable(session: number, handOff: handOff, node: host.number))
            }
            mayBeOvertaken(number, attempt, at: host)
        case .holding(let state, let assignment):
            let number = truth.number(of: assignment.session)
            if truth.coordinators[index].copy(number)?.state != state {
                fail(.mentionedAfterEnd, "n\(host.number) says that it holds \(assignment.session.short) as \(state)")
            }
        case .inventoryEnd:
            if host.journal.committed < truth.coordinators[index].inventoryAfter {
                fail(.acknowledgedNotDurable, "n\(host.number) ends its inventory before all that it leaves out is gone from its disk")
            }
        case .state(let session, _, let state):
            if truth.coordinators[index].copies[truth.number(of: session)]?.state != state {
                fail(.mentionedAfterEnd, "n\(host.number) says that \(session.short) is \(state)")
            }
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .refused, .ended, .endedAck, .cancel, .drop,
            .ping, .pong, .drain, .journalMatched:
            break
        }
    }

    func judge(_ transition: Transition, _ host: CoordinatorHost) {
        let index = host.number - 1
        let number = truth.number(of: transition.session)
        note("n\(host.number): \(transition.session.short) \(transition.from) → \(transition.to)\(transition.reason.map { " \($0)" } ?? "")")
        guard transition.isLegal else {
            return fail(.illegalTransition, "n\(host.number): \(transition.session.short) from \(transition.from) to \(transition.to)")
        }
        guard let copy = truth.coordinators[index].copies[number] else {
            return fail(.endedTwice, "n\(host.number): \(transition.session.short) changes its state and is not there")
        }
        switch transition.to {
        case .waiting, .matched: break
        case .validating, .playing:
            let settings = settings(number, copy)
            truth.coordinators[index].copies[number]?.state = transition.to
            truth.coordinators[index].copies[number]?.isExtended = false
            let timeoutMs = UInt64(transition.to == .playing ? settings.playTimeoutMs : settings.validationTimeoutMs)
            truth.coordinators[index].copies[number]?.wasLate = copy.phaseUntilMs <= host.bootMs(nowUs)
            truth.coordinators[index].copies[number]?.phaseUntilMs = host.bootMs(nowUs) + timeoutMs
            setDeadline(.phase, 0, number, host, afterMs: timeoutMs)
        case .ended:
            if let cause = transition.cause { coverage.count(cause, transition.from) }
            truth.coordinators[index].endedCopies[number] = copy
            closeCopy(number, host)
            if transition.reason == .coordinatorLost { checkLease(transition.session, host) }
        }
    }

    /// Promise 6: a coordinator gives up its sessions only when it has had no answer for the grace.
    private func checkLease(_ session: SessionID, _ host: CoordinatorHost) {
        let coordinator = truth.coordinators[host.number - 1]
        guard options.canary != .keepsAfterLease, let fromMs = coordinator.leaseFromMs, fromMs + coordinator.leaseGraceMs > host.bootMs(nowUs) else {
            return coverage.count(.leaseRanOut)
        }
        fail(.endedWithoutCause, "n\(host.number) gives \(session.short) up though its lease runs")
    }

    private func judge(end outcome: Outcome, _ host: CoordinatorHost) {
        let number = truth.number(of: outcome.session)
        let twice = truth[number].ends.contains {
            $0.node == host.number && $0.outcome.attempt == outcome.attempt && !$0.isLost
        }
        if twice { fail(.outcomeTwice, "n\(host.number) ends \(outcome.session.short)#\(outcome.attempt) twice") }
        if let copy = truth.coordinators[host.number - 1].endedCopies.removeValue(forKey: number) { checkLosses(outcome, copy) }
        truth[number].ends.append(Truth.OwnersEnd(node: host.number, outcome: outcome, atMs: host.bootMs(nowUs)))
        checkRequeue(outcome)
        checkRoundTrips(outcome)
        checkBlame(outcome, host)
    }

    /// Promise 5: before play, those without blame go back to wait when it was a member's doing.
    func checkRequeue(_ outcome: Outcome) {
        guard outcome.endedIn == .matched || outcome.endedIn == .validating else { return }
        switch outcome.reason {
        case .validationFailed, .validationTimeout:
            guard plan.scenes.first(where: { $0.id == outcome.scene })?.settings.onValidationFailure == .requeue else { return }
            for player in outcome.players where player.isRequeued == player.isBlamed {
                fail(.notRequeued, "\(player.subject) is \(player.isBlamed ? "" : "not ")to blame for \(outcome.reason) in \(outcome.session.short)")
            }
        case .noShow, .playerDisconnected, .playerLeft, .playerExcluded:
            coverage.count(.survivorsRequeued)
            for player in outcome.players where !player.isBlamed && !player.isRequeued {
                fail(.notRequeued, "\(player.subject) is not to blame for \(outcome.reason) in \(outcome.session.short)")
            }
        case .completed, .waitTimeout, .allLeft, .notConfirmed,
            .barrierTimeout, .noCoordinator, .coordinatorLost, .cancelled, .superseded, .timeLimit, .shutdown:
            break
        }
    }

    private func judge(_ reply: PlayerReply, on connection: Int, _ host: CoordinatorHost) {
        let index = host.number - 1
        if truth.connection(connection).isClosed { fail(.saidOnClosed, "n\(host.number) speaks on closed connection \(connection)") }
        notePair(reply, on: connection, host)
        switch reply {
        case .entered(let session, let player, _, _, _, _, _):
            coverage.count(.entered)
            checkLeaseHeld(host)
            let number = truth.number(of: session)
            guard let entering = truth.entering, entering.connection == connection, entering.session == session,
                let copy = truth.coordinators[index].copies[number],
                truth[number].handOffs[copy.handOff].assignment.players[Int(player.number)].ticket == entering.ticket,
                options.canary != .helpsStrangers || isRightTicket(connection, number, copy, player)
            else { return fail(.ticketNotNeeded, "connection \(connection) enters \(session.short) without its ticket") }
            if copy.lostFor[Int(player.number)] != nil {
                fail(.mentionedAfterEnd, "p\(connections[connection].client) enters \(session.short), to which it is lost")
            }
            if truth.enterable[connections[connection].client].count > 1 {
                entersOne(connections[connection].client, number, host.number)
            }
            if copy.isAway[Int(player.number)] { coverage.count(.returned, copy.state) }
            truth.coordinators[index].seats[connection] = Truth.Seat(session: number, player: Int(player.number))
            truth.coordinators[index].copies[number]?.isAway[Int(player.number)] = false
            truth.coordinators[index].deadlines.remove(
                Truth.DeadlineKey(session: number, kind: .reconnect, slot: player.number))
        case .ended(let session, let reason, let requeued, let resume, _):
            if isLoss(truth.number(of: session), connections[connection].client, host) {
                judge(toldLoss: session, reason, requeued, on: connection)
            } else {
                judge(told: session, reason, requeued, on: connection, host)
            }
            checkFarewell(session, resume, on: connection)
        case .signal:
            if let asking = truth.asking { strangerCheck(from: asking.connection, to: connection, host) }
        case .go(let barrier, _, _):
            guard let seat = truth.coordinators[index].seats[connection],
                let position = truth.coordinators[index].copies[seat.session]?.barriers.firstIndex(of: barrier)
            else { return }
            truth.coordinators[index].copies[seat.session]?.barriers.remove(at: position)
            for slot in 0..<UInt8(9) {
                truth.coordinators[index].deadlines.remove(
                    Truth.DeadlineKey(session: seat.session, kind: .barrier, slot: slot))
            }
            coverage.count(.barrierOpened)
        case .play(.relay, _, _, _):
            guard let seat = truth.coordinators[index].seats[connection], let copy = truth.coordinators[index].copies[seat.session],
                settings(seat.session, copy).validatesPeers
            else { return }
            coverage.count(copy.wasLate ? .silentRelayed : .pairFailedRelayed, .validating)
        case .validate, .retry, .transport, .play, .clock, .start, .peerDisconnected, .peerReconnected, .warning, .warningOver, .episode, .reset, .done,
            .paused, .resumed, .playerLost, .playerSeated:
            break
        case .error(let error, _): coverage.count(error)
        }
    }

    /// What was really shown at the door, in a world that helps strangers.
    private func isRightTicket(_ connection: Int, _ number: Int, _ copy: Truth.Copy, _ player: PlayerIndex) -> Bool {
        let client = connections[connection].client
        return truth[number].handOffs[copy.handOff].assignment.players[Int(player.number)].subject == clients[client].subject
    }

    /// Promise 9: nobody hears of a game but those who are in it.
    func strangerCheck(from sender: Int, to target: Int, _ host: CoordinatorHost) {
        let seats = truth.coordinators[host.number - 1].seats
        if seats[sender]?.session != seats[target]?.session || seats[sender] == nil {
            fail(.strangerHeard, "connection \(target) hears connection \(sender) of another session")
        }
    }

    /// Promise 4: told means true.
    private func judge(
        told session: SessionID, _ reason: EndReason, _ requeued: Bool, on connection: Int, _ host: CoordinatorHost
    ) {
        let number = truth.number(of: session)
        let client = connections[connection].client
        guard
            let index = truth[number].ends.lastIndex(where: { $0.node == host.number && !$0.isLost })
        else { return fail(.toldTooEarly, "p\(client) is told of an end of \(session.short) that nobody decided") }
        let end = truth[number].ends[index]
        truth[number].ends[index].wasTold = true
        let position = end.outcome.players.firstIndex { $0.subject == clients[client].subject }
        let due = position.flatMap { PlayerIndex(exactly: $0) }.map(end.outcome.reason) ?? end.outcome.reason
        if due != reason { fail(.toldAnother, "p\(client) is told \(reason), the outcome says \(due)") }
        if truth.entering?.connection == connection { coverage.count(.returned, .ended) }
        let player = end.outcome.players.first { $0.subject == clients[client].subject }
        if player?.isRequeued != requeued { fail(.notRequeued, "p\(client) is told requeued \(requeued), the outcome says otherwise") }
        if end.isAcknowledged {
            coverage.count(.toldAfterAck)
            // A journal that has lost that end and nothing else has the session live again, until it has heard of it once more.
            let wasLost = truth[number].lostOutcomes.contains { $0.agrees(with: end.outcome) }
            if !wasLost, truth[number].outcome == nil || truth[number].atMatchmaker == .live {
                fail(.toldTooEarly, "p\(client) is told that \(session.short) ended, which the matchmaker has not recorded")
            }
            return
        }
        coverage.count(.toldWithoutLink)
        let coordinator = truth.coordinators[host.number - 1]
        let now = host.bootMs(nowUs)
        if coordinator.isLinkUp { return fail(.toldTooEarly, "p\(client) is told without an ack while the link is up") }
        if !end.isDurable { return fail(.toldTooEarly, "p\(client) is told of an end that is not durable") }
        if now < max(coordinator.linkDownSinceMs, end.atMs) + host.limits.tellWaitMs {
            fail(.toldTooEarly, "p\(client) is told without waiting for the link")
        }
    }
}
