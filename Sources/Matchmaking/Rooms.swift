import SessionProtocol

extension MatchmakerCore {
    /// A room without members.
    mutating func openRoom(_ sceneIndex: Int) -> SessionID {
        let id = drawSessionID()
        let room = SessionDetails.room(Room(sceneIndex: sceneIndex))
        ledger.open(id, scene: scenes[sceneIndex].id, state: .waiting, subjects: [], details: room)
        return id
    }

    /// Puts a free subject into a room, with a signed place there.
    mutating func place(_ join: JoinNumber, in id: SessionID, _ now: Moment) {
        guard let entry = ledger[id], let slot = entry.details.room?.slotNext else { return }
        // Named first, as in `join`.
        let member = joined[join]
        let seal = seal(ofPlaceOf: member, in: id, entry.scene, now)
        joined[join].slot = slot
        joined[join].seal = seal
        ledger.seat(member.subject, in: id)
        updateRoom(id) { room in
            room.slotNext += 1
            room.members.append(join)
        }
        ledger.setDeadline(.wait, slot: slot, of: id, atMs: member.waitUntilMs)
    }

    /// Those who sit in a room.
    func members(_ room: Room) -> [Member] { room.members.map { joined[$0] } }

    /// One of those who sit in a room, by its name.
    func join(of subject: SubjectID, in room: Room) -> JoinNumber? {
        room.members.first { joined[$0].subject == subject }
    }

    /// Since when the most senior of a room has waited, in milliseconds since 1970; nil for nobody.
    func sinceUnixMs(_ room: Room) -> UInt64? {
        var senior: UInt64?
        for join in room.members { senior = min(senior ?? .max, joined[join].sinceUnixMs) }
        return senior
    }

    func seal(ofPlaceOf member: Member, in id: SessionID, _ scene: SceneID, _ now: Moment) -> PlaceSeal {
        let claim = claim(
            ofPlaceOf: member.subject, in: id, scene, sinceUnixMs: member.sinceUnixMs,
            expiresUnixMs: now.unixMs + limits.resumeLifetimeMs, releasedFrom: releases[member.subject])
        return PlaceSeal(
            signature: signer.sign(claim), expiresUnixMs: claim.expiresUnixMs, releasedFrom: claim.releasedFrom)
    }

    /// A member's signed place as it is told; empty when it is not known.
    func resume(of member: Member, in id: SessionID, _ scene: SceneID) -> String {
        guard let seal = member.seal else { return "" }
        let claim = claim(
            ofPlaceOf: member.subject, in: id, scene, sinceUnixMs: member.sinceUnixMs, expiresUnixMs: seal.expiresUnixMs,
            releasedFrom: seal.releasedFrom)
        return Resume(claim: claim, signature: seal.signature).text
    }

    /// Takes a member's seat away; its connection and the scene's count are the caller's to keep right.
    mutating func displace(_ join: JoinNumber, from id: SessionID) {
        ledger.unseat(joined[join].subject, from: id)
        ledger.clearDeadline(.wait, slot: joined[join].slot, of: id)
        updateRoom(id) { $0.members.remove(join) }
    }

    mutating func updateRoom(_ id: SessionID, _ change: (inout Room) -> Void) {
        _ = ledger.withDetails(id) { details in
            guard case .room(var room) = details else { return }
            // The ledger's copy is let go of first, so that the change is made in place.
            details = .room(Room(sceneIndex: room.sceneIndex))
            change(&room)
            details = .room(room)
        }
    }

    /// Tells everyone in a room how many are there.
    func tellRoom(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let room = ledger.details(of: id)?.room else { return }
        for join in room.members { tellWaiting(joined[join], in: id, room, now, &actions) }
    }

    func tellWaiting(
        _ member: Member, in id: SessionID, _ room: Room, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let connection = member.connection else { return }
        let deadlineMs = waitEndsMs(member, in: id)
        actions.append(
            .reply(
                connection,
                .waiting(
                    WaitingNews(
                        session: id, players: room.members.count, needed: scenes[room.sceneIndex].groupSize,
                        waitedMs: now.unixMs - min(now.unixMs, member.sinceUnixMs),
                        timeoutMs: deadlineMs - min(deadlineMs, now.bootMs), resume: resume(of: member, in: id, scenes[room.sceneIndex].id),
                        estimateMs: estimateMs(for: member, in: room, now), party: partyCount(room)))))
    }

    /// Takes a member out of its room, which goes on; an empty room ends by `causeWhenEmpty`.
    mutating func unseat(
        _ subject: SubjectID, from id: SessionID, causeWhenEmpty: ExitCause, as fate: JoinFate.Kind, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) -> Member? {
        guard let (member, sceneIndex) = takeOut(subject, of: id, causeWhenEmpty: causeWhenEmpty, as: fate, now, &actions)
        else { return nil }
        shareOut(sceneIndex, changed: [id], now, &actions)
        return member
    }

    /// The same, before any seat is given to another. The scene's rooms are to be shared out behind it. Without a fate its
    /// join goes on elsewhere.
    mutating func takeOut(
        _ subject: SubjectID, of id: SessionID, causeWhenEmpty: ExitCause, as fate: JoinFate.Kind?, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) -> (member: Member, sceneIndex: Int)? {
        guard let room = ledger.details(of: id)?.room, let join = join(of: subject, in: room) else { return nil }
        let member = joined[join]
        leavePool(join, of: id, now)
        leaveParty(member, of: id)
        displace(join, from: id)
        queues[room.sceneIndex].waiting -= 1
        if room.members.count == 1 { endRoom(id, causeWhenEmpty, now) }
        if let fate, let connection = member.connection { finish(connection, fate, in: id, now, &actions) }
        return (member, room.sceneIndex)
    }

    /// Ends a room, which this process owns; returns the reason.
    @discardableResult
    mutating func endRoom(_ id: SessionID, _ cause: ExitCause, _ now: Moment) -> EndReason {
        let verdict = Verdict(cause, in: .waiting)
        _ = ledger.end(id, verdict, assignment: nil, now: now)
        return verdict.ending.reason
    }

    mutating func waitIsOver(_ id: SessionID, slot: UInt32, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let room = ledger.details(of: id)?.room else { return }
        let scene = scenes[room.sceneIndex]
        // Those whose time is over at once leave for the same reason: all of them were in a group, or none. All are out before
        // their seats are given to others.
        let members = members(room).filter { member in
            member.slot == slot || ledger.deadlineMs(.wait, slot: member.slot, of: id).map { $0 <= now.bootMs } == true
        }
        if !room.isFormed, room.gathers == nil { noteWaits(members, room.sceneIndex, inVain: true, now) }
        if !room.isFormed, case .moveTo(let other) = scene.whenWaitIsOver {
            return moveOn(members, from: id, to: other, now, &actions)
        }
        let cause: ExitCause = room.isFormed && !hasPlayedAll(room.sceneIndex) ? .noCoordinatorInTime : .waitOver
        guard let reason = cause.path(in: .waiting).ending?.reason else { return }
        let code = scene.settings.completionCode(for: reason)
        for member in members { _ = takeOut(member.subject, of: id, causeWhenEmpty: cause, as: .timedOut, now, &actions) }
        shareOut(room.sceneIndex, changed: [id], now, &actions)
        for member in members { tellEnded(member, session: id, reason, code, &actions) }
    }

    /// Says goodbye to a member, if it is there to hear it.
    func tellEnded(
        _ member: Member, session: SessionID, _ reason: EndReason, _ code: String?,
        _ actions: inout [MatchmakerAction]
    ) {
        guard let connection = member.connection else { return }
        actions.append(.reply(connection, .ended(session: session, reason: reason, completionCode: code)))
        actions.append(.close(connection, .normal))
    }

    mutating func shutdown(_ now: Moment, _ actions: inout [MatchmakerAction]) {
        isDraining = true
        isShuttingDown = true
        for id in ledger.sessions {
            closeRoom(id, .matchmakerShutdown, now, &actions)
        }
    }

    /// Ends a room with all who are in it.
    mutating func closeRoom(
        _ id: SessionID, _ cause: ExitCause, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let room = ledger.details(of: id)?.room else { return }
        let members = members(room)
        for member in members {
            if let unit = member.unit { queues[room.sceneIndex].removeFromPool(unit, &pairs) }
        }
        queues[room.sceneIndex].remove(id)
        queues[room.sceneIndex].waiting -= room.members.count
        forgetParties(of: room)
        let reason = endRoom(id, cause, now)
        let code = scenes[room.sceneIndex].settings.completionCode(for: reason)
        for member in members {
            tellEnded(member, session: id, reason, code, &actions)
            if let connection = member.connection { finish(connection, JoinFate.Kind(told: reason), in: id, now, &actions) }
        }
    }
}
