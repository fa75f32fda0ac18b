import Coordination
import SessionProtocol

/// What coordinators do, held against the promises.
extension World {
    func judge(_ action: CoordinatorAction, _ host: CoordinatorHost) {
        switch action {
        case .reply(let connection, let reply): judge(reply, on: Int(connection.number), host)
        case .replay(let connection, let from, let bytes):
            coverage.count(.replayed)
            judge(replay: bytes, from, on: Int(connection.number), host)
        case .replayTick(let connection, _):
            coverage.count(.replayed)
            if seatedCopy(Int(connection.number), host) == nil {
                fail(.strangerHeard, "n\(host.number) replays a game to a connection that has no seat")
            }
        case .limitBacklog(let connection, let bytesMax, let dropsLatest):
            judge(backlog: bytesMax, dropsLatest: dropsLatest, of: Int(connection.number), host)
        case .close(let connection, let close):
            truth.update(Int(connection.number)) { $0.isClosed = true }
            if close == .replaced {
                coverage.count(.replaced)
                if let copy = seatedCopy(Int(connection.number), host) { coverage.count(.reloaded, copy.state) }
            }
            leavesSeat(Int(connection.number), isReplaced: close == .replaced, host)
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
            if case .warned(let session, let player, let aspect) = notice { watchWarns(session, player, aspect, host) }
            if case .excluded(let session, let player, let reason, let excluder) = notice {
                judge(excluded: player, from: session, reason, by: excluder, host)
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
            let assignment = truth[number].handOffs[handOff].assignment
            let (players, enterTimeoutMs) = (assignment.players, UInt64(assignment.settings.enterTimeoutMs))
            truth.coordinators[index].copies[number] = Truth.Copy(
                session: number, handOff: handOff, assignment, phaseUntilMs: host.bootMs(nowUs) + enterTimeoutMs)
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
            copy.state = transition.to
            copy.isExtended = false
            copy.wasLate = copy.phaseUntilMs <= host.bootMs(nowUs)
            let timeoutMs = UInt64(transition.to == .playing ? copy.settings.playTimeoutMs : copy.settings.validationTimeoutMs)
            copy.phaseUntilMs = host.bootMs(nowUs) + timeoutMs
            setDeadline(.phase, 0, number, host, afterMs: timeoutMs)
            if transition.to == .playing { beginsPlay(copy, host) }
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
        if let copy = truth.coordinators[host.number - 1].endedCopies.removeValue(forKey: number) {
            checkLosses(outcome, copy)
            checkCause(outcome, copy, host)
            checkBlame(outcome, copy)
        }
        truth[number].ends.append(Truth.OwnersEnd(node: host.number, life: host.life, outcome: outcome, atMs: host.bootMs(nowUs)))
        checkRequeue(outcome)
        checkRoundTrips(outcome)
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
        if truth.isClosed(connection) { fail(.saidOnClosed, "n\(host.number) speaks on closed connection \(connection)") }
        notePair(reply, on: connection, host)
        switch reply {
        case .entered(let session, let player, _, _, let missed, _, _):
            judge(entered: session, player, missed: missed, on: connection, host)
        case .ended(let session, let reason, let requeued, let resume, _):
            if isBot(connections[connection].client) { return judge(toldBot: session, reason, requeued, on: connection) }
            if isLoss(truth.number(of: session), connections[connection].client, host) {
                judge(toldLoss: session, reason, requeued, on: connection)
            } else {
                judge(told: session, reason, requeued, on: connection, host)
            }
            checkFarewell(session, resume, on: connection)
        case .signal:
            if let asking = truth.asking { strangerCheck(from: asking.connection, to: connection, host) }
        case .go(let barrier, let instant, let missing): judge(go: barrier, instant, missing, on: connection, host)
        case .play(let transport, let seed, let instant, let ticks):
            judge(play: transport, seed, instant, ticks, on: connection, host)
        case .clock: watchAsks(connection, host)
        case .start(let instant):
            if let copy = seatedCopy(connection, host) { check(instant, copy.startMs, on: connection, host) }
        case .resumed(let instant): judge(resumed: instant, on: connection, host)
        case .episode(let number, let count, let instant, let deadlineMs):
            judge(episode: number, of: count, instant, deadlineMs, on: connection, host)
        case .reset(let number, let deadlineMs): judge(reset: number, deadlineMs, on: connection, host)
        case .done: judgeDone(on: connection, host)
        case .transport(.relay): settle(.relay, on: connection, host)
        case .peerDisconnected(let player, _): settle(.gone(Int(player.number)), on: connection, host)
        case .peerReconnected(let player): settle(.back(Int(player.number)), on: connection, host)
        case .paused(let player): settle(.paused(Int(player.number)), on: connection, host)
        case .playerLost(let player, _, _): settle(.lost(Int(player.number)), on: connection, host)
        case .playerSeated(let player): settle(.seated(Int(player.number)), on: connection, host)
        case .validate, .retry, .transport, .warning, .warningOver: break
        case .error(let error, _):
            coverage.count(error)
            if error == .badTicket { checkTicketIsBad(connection, host) }
        }
    }

    /// Whoever holds a ticket that is good is let in.
    private func checkTicketIsBad(_ connection: Int, _ host: CoordinatorHost) {
        guard let entering = truth.entering, entering.connection == connection, let number = truth.find(entering.session),
            let copy = truth.coordinators[host.number - 1].copies[number]
        else { return }
        let isGood = (0..<copy.count).contains { player in
            entering.ticket == (copy.lostFor[player] == nil ? copy.assignment.players[player].ticket : copy.seatTickets[player])
        }
        if isGood { fail(.rulesBroken, "p\(connections[connection].client) is not let into \(truth[number].id.short), with a ticket that is good") }
    }

    /// What was really shown at the door, in a world that helps strangers.
    func isRightTicket(_ connection: Int, _ copy: Truth.Copy, _ player: PlayerIndex) -> Bool {
        copy.assignment.players[Int(player.number)].subject == clients[connections[connection].client].subject
    }

    /// Promise 9: nobody hears of a game but those who are in it.
    func strangerCheck(from sender: Int, to target: Int, _ host: CoordinatorHost) {
        let (from, to) = (truth.coordinators[host.number - 1].seats[sender], truth.coordinators[host.number - 1].seats[target])
        if from?.session != to?.session || from == nil {
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
