import SessionProtocol

/// What the matchmaker asks about single sessions.
extension CoordinatorCore {
    mutating func assign(_ assignment: Assignment, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        let session = assignment.session
        if let details = ledger.details(of: session) {
            let held = details.assignment.attempt
            if held == assignment.attempt { return actions.append(.link(.accepted(session, held))) }
            guard held < assignment.attempt, details.hasNobodyEntered else { return refuse(assignment, .busy, &actions) }
            // No ticket of the older attempt has left the matchmaker, so nobody has lost anything by it.
            if let reason = objection(to: assignment) { return refuse(assignment, reason, &actions) }
            forgetTicks(session)
            ledger.forget(session)
            actions.append(.notice(.forgotten(session, held)))
        } else if let entry = outbox[session] {
            sendEnded(entry, &actions)
            if entry.outcome.attempt != assignment.attempt { refuse(assignment, .busy, &actions) }
            return
        } else if ledger.tombstone(session) != nil {
            return refuse(assignment, .busy, &actions)
        } else if let reason = objection(to: assignment) {
            return refuse(assignment, reason, &actions)
        }
        ledger.open(
            session, scene: assignment.scene, state: .matched, subjects: assignment.players.map(\.subject),
            details: SessionDetails(assignment, limits))
        ledger.setDeadline(
            .enter, slot: GraceSlot.ordinary, of: session,
            atMs: now.bootMs + UInt64(assignment.settings.enterTimeoutMs))
        actions.append(.link(.accepted(session, assignment.attempt)))
    }

    /// Why this coordinator cannot carry a session that is new to it, or an attempt that is.
    private func objection(to assignment: Assignment) -> RefusalReason? {
        if !takesSessions { return .draining }
        let count = assignment.players.count
        guard (1...ProtocolLimits.playersMax).contains(count), Set(assignment.players.map(\.subject)).count == count,
            assignment.extensions.demandedTag == nil,
            assignment.extensions.playRules.ticks?.fits(players: count) != false,
            !assignment.settings.validatesPeers || count <= limits.validatedPlayersMax
        else { return .unsupported }
        let isBusy = assignment.players.contains { player in
            ledger.session(of: player.subject).map { $0 != assignment.session } == true
        }
        if isBusy { return .busy }
        // A newer attempt takes the place of the older.
        let countAfter = ledger.count + (ledger.contains(assignment.session) ? 0 : 1)
        if countAfter > limits.sessionsMax || countAfter + outbox.count > limits.outboxMax { return .full }
        return nil
    }

    private func refuse(
        _ assignment: Assignment, _ reason: RefusalReason, _ actions: inout [CoordinatorAction]
    ) {
        actions.append(.notice(.refused(assignment.session, assignment.attempt, reason)))
        actions.append(.link(.refused(assignment.session, assignment.attempt, reason)))
    }

    mutating func cancel(
        _ session: SessionID, _ attempt: Attempt, _ reason: EndReason, blamed: [PlayerIndex], _ now: Moment,
        _ actions: inout [CoordinatorAction]
    ) {
        if let entry = ledger[session] {
            guard entry.details.assignment.attempt == attempt else {
                return actions.append(.notice(.staleAttempt(.cancel, session, attempt)))
            }
            end(session, ExitCause(cancelledFor: reason, in: entry.state), concerning: blamed, now, &actions)
        } else if let entry = outbox[session] {
            sendEnded(entry, &actions)
        } else {
            actions.append(.notice(.unknownSession(.cancel, session)))
        }
    }

    /// Forgets a session without an outcome. Nobody should be inside; one who is learns that it is over.
    mutating func drop(_ session: SessionID, _ attempt: Attempt, _ actions: inout [CoordinatorAction]) {
        guard let details = ledger.details(of: session) else {
            return actions.append(.notice(.unknownSession(.drop, session)))
        }
        guard details.assignment.attempt == attempt else {
            return actions.append(.notice(.staleAttempt(.drop, session, attempt)))
        }
        forgetTicks(session)
        ledger.forget(session)
        actions.append(.notice(.forgotten(session, attempt)))
        for connection in details.connections() {
            unseat(connection)
            expel(connection, .sessionEnded, "the session has ended", &actions)
        }
    }
}

extension SessionDetails {
    fileprivate var hasNobodyEntered: Bool {
        players.allSatisfy {
            if case .expected = $0.presence { return true }
            return false
        }
    }
}
