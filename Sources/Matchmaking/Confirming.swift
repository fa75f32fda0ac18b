import SessionProtocol

/// "Still there?": where a scene asks, a group is handed to a coordinator only once each of its members has said so.
///
/// A group is asked when a coordinator would take it, so that nobody is asked in vain. Until all have answered, or the time
/// is up, it is locked in: nobody is added and no wait ends. Whoever has not answered in time ends as `not_confirmed`; when
/// one leaves, the question is off at once. Either way the others are back in the pool, with the place that they had, hear
/// `waiting`, and are asked again in their next group: an answer is good for one question, and for no longer than there was
/// time to answer it. A group that finds no coordinator after all is therefore asked once more when there is one, so that
/// a laptop that has fallen asleep meanwhile fills no seat. A new page of the same player keeps its answer.
extension MatchmakerCore {
    /// Whether a group is to be asked before it is handed on.
    func mustAsk(_ id: SessionID, _ now: Moment) -> Bool {
        guard let room = ledger.details(of: id)?.room, scenes[room.sceneIndex].confirmTimeoutMs != nil else { return false }
        return room.confirmedUntilMs.map { $0 <= now.bootMs } ?? true
    }

    /// Whether coordinators would take all groups that are being asked and one more.
    func mayAskOneMore() -> Bool {
        let seats = coordinators.reduce(0) { $0 + ($1.takesSessions ? $1.capacity - $1.assigned : 0) }
        return queues.reduce(0) { $0 + $1.askedCount } < seats
    }

    mutating func ask(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let room = ledger.details(of: id)?.room, let timeoutMs = scenes[room.sceneIndex].confirmTimeoutMs else { return }
        queues[room.sceneIndex].ask(id)
        updateRoom(id) { room in
            room.confirmedUntilMs = nil
        }
        for join in room.members {
            joined[join].hasConfirmed = false
            ledger.clearDeadline(.wait, slot: joined[join].slot, of: id)
        }
        ledger.setDeadline(.confirm, of: id, atMs: now.bootMs + timeoutMs)
        for join in room.members {
            if let connection = joined[join].connection { actions.append(.reply(connection, .confirm(deadlineMs: timeoutMs))) }
        }
    }

    /// Tells one who is back what it is asked, and how much of the time is left.
    func askAgain(_ subject: SubjectID, in id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let deadlineMs = ledger.deadlineMs(.confirm, of: id),
            let room = ledger.details(of: id)?.room, let join = join(of: subject, in: room), !joined[join].hasConfirmed,
            let connection = joined[join].connection
        else { return }
        actions.append(.reply(connection, .confirm(deadlineMs: deadlineMs - min(deadlineMs, now.bootMs))))
    }

    /// Until when a member waits at most, on the boot clock.
    func waitEndsMs(_ member: Member, in id: SessionID) -> UInt64 {
        ledger.deadlineMs(.wait, slot: member.slot, of: id)
            ?? max(member.waitUntilMs, ledger.deadlineMs(.confirm, of: id) ?? 0)
    }

    mutating func confirm(_ connection: ConnectionHandle, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let join = joined.number(of: connection), let id = ledger.session(of: joined[join].subject),
            let details = ledger.details(of: id)
        else { return nothingToConfirm(connection, &actions) }
        switch details {
        case .handOff(let handOff):
            // Said twice, and the match has been made meanwhile.
            if handOff.members.contains(where: { $0.connection == connection && !$0.hasConfirmed }) {
                nothingToConfirm(connection, &actions)
            }
        case .room(let room):
            guard room.members.contains(join), !joined[join].hasConfirmed else { return }
            guard ledger.deadlineMs(.confirm, of: id) != nil else { return nothingToConfirm(connection, &actions) }
            joined[join].hasConfirmed = true
            if room.members.allSatisfy({ joined[$0].hasConfirmed }) { allConfirmed(id, now, &actions) }
        }
    }

    private func nothingToConfirm(_ connection: ConnectionHandle, _ actions: inout [MatchmakerAction]) {
        actions.append(.reply(connection, .error(.wrongState, message: "nothing is to be confirmed")))
    }

    private mutating func allConfirmed(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let room = ledger.details(of: id)?.room else { return }
        ledger.clearDeadline(.confirm, of: id)
        waitOn(id)
        let timeoutMs = scenes[room.sceneIndex].confirmTimeoutMs ?? 0
        updateRoom(id) { $0.confirmedUntilMs = now.bootMs + timeoutMs }
        queues[room.sceneIndex].handOn(id, sinceUnixMs: sinceUnixMs(room) ?? now.unixMs)
        // Others may have stood back for this group.
        matchAllFullRooms(now, &actions)
    }

    /// Each member's wait goes on to the deadline that it had.
    private mutating func waitOn(_ id: SessionID) {
        for join in ledger.details(of: id)?.room?.members ?? JoinNumbers() {
            ledger.setDeadline(.wait, slot: joined[join].slot, of: id, atMs: joined[join].waitUntilMs)
        }
    }

    /// A group is one no more; whatever it was asked is off.
    mutating func breakUp(_ id: SessionID) {
        guard let room = ledger.details(of: id)?.room else { return }
        if queues[room.sceneIndex].isAsked(id) {
            ledger.clearDeadline(.confirm, of: id)
            waitOn(id)
        }
        queues[room.sceneIndex].remove(id)
        for join in room.members { joined[join].hasConfirmed = false }
        updateRoom(id) { room in
            room.isFormed = false
            room.confirmedUntilMs = nil
        }
    }

    /// The time to answer is up.
    mutating func confirmingIsOver(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let room = ledger.details(of: id)?.room else { return }
        let cause = ExitCause.notConfirmed
        guard let reason = cause.path(in: .waiting).ending?.reason else { return }
        let code = scenes[room.sceneIndex].settings.completionCode(for: reason)
        let silent = members(room).filter { !$0.hasConfirmed }
        for member in silent {
            _ = takeOut(member.subject, of: id, causeWhenEmpty: cause, as: .notConfirmed, now, &actions)
        }
        shareOut(room.sceneIndex, changed: [id], now, &actions)
        for member in silent { tellEnded(member, session: id, reason, code, &actions) }
        matchAllFullRooms(now, &actions)
    }
}
