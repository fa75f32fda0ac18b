import SessionProtocol

/// Sessions whose owner is asked to end them.
extension MatchmakerCore {
    mutating func cancelSession(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let details = ledger.details(of: id) else { return actions.append(.notice(.nothingToCancel(id))) }
        switch details {
        case .room(let room):
            closeRoom(id, .cancelled, now, &actions)
            shareOut(room.sceneIndex, changed: [], now, &actions)
        case .handOff(let handOff):
            guard handOff.cancel == nil else { return }
            switch handOff.phase {
            case .recording: end(id, .cancelled, now, &actions)
            case .offered: _ = updateHandOff(id) { $0.cancel = Cancel(reason: .cancelled, blamed: []) }
            case .accepted: cancel(id, .cancelled, blamed: [], now, &actions)
            }
        }
    }

    /// Asks the owner of a session to end it.
    mutating func cancel(
        _ id: SessionID, _ reason: EndReason, blamed: [Int], _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        let cancel = Cancel(reason: reason, blamed: blamed.compactMap(PlayerIndex.init(exactly:)))
        _ = updateHandOff(id) { $0.cancel = cancel }
        sayCancel(id, now, &actions)
    }

    mutating func sayCancel(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let handOff = ledger.details(of: id)?.handOff, let cancel = handOff.cancel,
            let coordinator = coordinator(handOff.node), coordinator.isReady, let link = coordinator.link
        else { return }
        ledger.setDeadline(.cancel, of: id, atMs: now.bootMs + limits.cancelTimeoutMs)
        actions.append(.link(link, .cancel(id, handOff.assignment.attempt, cancel.reason, blamed: cancel.blamed)))
    }

    /// The owner alone may end it: rule 2. But the `cancel` or the outcome may have been lost, so both ends are made to say
    /// once what they hold; after that there is nothing to do but to ask again.
    mutating func cancelTimedOut(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let handOff = ledger.details(of: id)?.handOff, let cancel = handOff.cancel,
            let coordinator = coordinator(handOff.node), coordinator.isReady, let link = coordinator.link
        else { return }
        actions.append(.notice(.cancelIgnored(id, handOff.node)))
        if cancel.hasHungUp { return sayCancel(id, now, &actions) }
        _ = updateHandOff(id) { $0.cancel?.hasHungUp = true }
        hangUp(link, nil, now, &actions)
    }
}
