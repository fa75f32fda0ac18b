import SessionProtocol

/// The connection to the matchmaker, as the core knows it.
enum LinkState: Sendable {
    case down(sinceMs: UInt64)
    case up(Link)

    struct Link: Sendable {
        var terms: Welcome
        var nextPingMs: UInt64
        /// When the newest ping was sent; nothing later can have been answered.
        var lastPingMs: UInt64
        /// The inventory is not at its end before the records up to this number are durable, those of acknowledgements
        /// too: what it does not list then can never be reported again. Nil when it is at its end.
        var inventoryAfter: UInt64?
    }
}

extension CoordinatorCore {
    /// A new link begins with the inventory: what lives, what ended and is not acknowledged. The matchmaker counts all
    /// else as absent, so the end of it waits for records that are not durable yet.
    mutating func linkCameUp(_ terms: Welcome, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        expireLease(now, &actions)
        linkWentDown(now)
        beginLease(terms, now)
        link = .up(
            LinkState.Link(
                terms: terms, nextPingMs: now.bootMs, lastPingMs: now.bootMs, inventoryAfter: persistCount))
        for session in ledger.sessions {
            guard let entry = ledger[session] else { continue }
            actions.append(.link(.holding(entry.state, entry.details.assignment)))
        }
        for session in outbox.keys {
            tellings.remove(session)
            if let entry = outbox[session] { sendEnded(entry, &actions) }
        }
        finishInventory(&actions)
        if !takesSessions { actions.append(.link(.drain)) }
        sendPing(now, &actions)
    }

    mutating func finishInventory(_ actions: inout [CoordinatorAction]) {
        guard case .up(var link) = link, let last = link.inventoryAfter else { return }
        guard persistedUpTo >= last else { return }
        link.inventoryAfter = nil
        self.link = .up(link)
        actions.append(.link(.inventoryEnd))
    }

    mutating func linkWentDown(_ now: Moment) {
        guard case .up = link else { return }
        link = .down(sinceMs: now.bootMs)
        for session in outbox.keys { scheduleTelling(session) }
    }

    mutating func closeLink(_ reject: Reject?, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        actions.append(.closeLink(reject))
        linkWentDown(now)
    }

    mutating func receive(_ message: Message, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        guard case .up = link else { return actions.append(.notice(.discarded(message.kind))) }
        switch message {
        case .assign(let assignment): assign(assignment, now, &actions)
        case .endedAck(let session, let attempt): acknowledged(session, attempt, &actions)
        case .cancel(let session, let attempt, let reason, let blamed):
            cancel(session, attempt, reason, blamed: blamed, now, &actions)
        case .drop(let session, let attempt): drop(session, attempt, &actions)
        case .pong(let sentAtMs): ponged(sentAtMs, now, &actions)
        case .reject(let reject):
            actions.append(.notice(.linkRejected(reject)))
            closeLink(nil, now, &actions)
        case .hello, .challenge, .proof, .welcome, .accepted, .refused, .state, .ended, .ping, .drain, .holding,
            .inventoryEnd, .journalMatched:
            refuseMessage(message.kind, now, &actions)
        }
    }

    mutating func refuseMessage(_ kind: MessageKind, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        actions.append(.notice(.unexpectedMessage(kind)))
        closeLink(Reject(code: .unexpected, detail: "a coordinator expects no such \(kind)"), now, &actions)
    }

    var takesSessions: Bool { !isDraining && isStorageWorking }

    mutating func drain(_ actions: inout [CoordinatorAction]) {
        let tookSessions = takesSessions
        isDraining = true
        if tookSessions { sayDrain(&actions) }
    }

    /// The protocol has no word that takes a `drain` back: only a new link begins without one.
    mutating func storage(isWorking: Bool, _ now: Moment, _ actions: inout [CoordinatorAction]) {
        let tookSessions = takesSessions
        isStorageWorking = isWorking
        if tookSessions && !takesSessions { sayDrain(&actions) }
        if !tookSessions && takesSessions, case .up = link { closeLink(nil, now, &actions) }
    }

    private func sayDrain(_ actions: inout [CoordinatorAction]) {
        if case .up = link { actions.append(.link(.drain)) }
    }
}
