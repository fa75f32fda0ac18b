import SessionProtocol

/// One scene's rooms, the most senior first.
struct SceneQueue: Sendable {
    struct Place: Sendable {
        let session: SessionID
        /// When the most senior member first joined, in milliseconds since 1970.
        var sinceUnixMs: UInt64
    }

    /// Rooms with a free seat.
    private(set) var open: [Place] = []
    /// Rooms that wait for a coordinator.
    private(set) var full: [Place] = []
    /// Subjects in all of them.
    var waiting = 0
    /// The want of a coordinator has been noticed since the last full room found one.
    var isShortNoticed = false

    mutating func insert(_ session: SessionID, sinceUnixMs: UInt64, isFull: Bool) {
        let place = Place(session: session, sinceUnixMs: sinceUnixMs)
        if isFull { SceneQueue.insert(place, into: &full) } else { SceneQueue.insert(place, into: &open) }
    }

    mutating func remove(_ session: SessionID) {
        open.removeAll { $0.session == session }
        full.removeAll { $0.session == session }
    }

    private static func insert(_ place: Place, into places: inout [Place]) {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle].sinceUnixMs <= place.sinceUnixMs { low = middle + 1 } else { high = middle }
        }
        places.insert(place, at: low)
    }
}

extension MatchmakerCore {
    /// Seats a free subject in the most senior room that will have it, or opens one; everyone there hears the new count.
    mutating func seat(
        _ subject: SubjectID, on connection: ConnectionHandle, sceneIndex: Int, sinceUnixMs: UInt64,
        waitUntilMs: UInt64, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        let scene = scenes[sceneIndex]
        let id: SessionID
        if let found = queues[sceneIndex].open.first(where: { accepts(subject, in: $0.session) }) {
            id = found.session
        } else {
            id = drawSessionID()
            let room = SessionDetails.room(Room(sceneIndex: sceneIndex))
            ledger.open(id, scene: scene.id, state: .waiting, subjects: [], details: room)
        }
        let resume = signer.sign(
            ResumeClaim(
                kind: .place, scene: scene.id, subject: subject, session: id, sinceUnixMs: sinceUnixMs,
                expiresUnixMs: now.unixMs + limits.resumeLifetimeMs))
        ledger.seat(subject, in: id)
        var slot: UInt32 = 0
        updateRoom(id) { room in
            slot = room.slotNext
            room.slotNext += 1
            room.members.append(
                Member(
                    subject: subject, connection: connection, sinceUnixMs: sinceUnixMs, waitUntilMs: waitUntilMs, slot: slot,
                    resume: resume))
        }
        joined[connection] = subject
        queues[sceneIndex].waiting += 1
        ledger.setDeadline(.wait, slot: slot, of: id, atMs: waitUntilMs)
        requeue(id)
        tellRoom(id, now, &actions)
        matchFullRooms(sceneIndex, now, &actions)
    }

    private func accepts(_ subject: SubjectID, in id: SessionID) -> Bool {
        guard let room = ledger[id]?.details.room else { return false }
        return !room.members.contains { rejections[SubjectPair($0.subject, subject)] != nil }
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

    /// Puts a room where its seniority and its free seats say.
    private mutating func requeue(_ id: SessionID) {
        guard let room = ledger[id]?.details.room else { return }
        queues[room.sceneIndex].remove(id)
        guard let sinceUnixMs = room.members.lazy.map(\.sinceUnixMs).min() else { return }
        let isFull = room.members.count == scenes[room.sceneIndex].groupSize
        queues[room.sceneIndex].insert(id, sinceUnixMs: sinceUnixMs, isFull: isFull)
    }

    /// Tells everyone in a room how many are there.
    func tellRoom(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let room = ledger[id]?.details.room else { return }
        for member in room.members { tellWaiting(member, in: id, room, now, &actions) }
    }

    func tellWaiting(
        _ member: Member, in id: SessionID, _ room: Room, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let connection = member.connection else { return }
        let deadlineMs = ledger.deadlineMs(.wait, slot: member.slot, of: id) ?? now.bootMs
        actions.append(
            .reply(
                connection,
                .waiting(
                    session: id, players: room.members.count, needed: scenes[room.sceneIndex].groupSize,
                    waitedMs: now.unixMs - min(now.unixMs, member.sinceUnixMs),
                    timeoutMs: deadlineMs - min(deadlineMs, now.bootMs), resume: member.resume)))
    }

    /// Takes a member out of its room, which goes on; an empty room ends for `reasonWhenEmpty`.
    mutating func unseat(
        _ subject: SubjectID, from id: SessionID, reasonWhenEmpty: EndReason, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) -> Member? {
        guard let room = ledger[id]?.details.room,
            let member = room.members.first(where: { $0.subject == subject })
        else { return nil }
        if let connection = member.connection { joined[connection] = nil }
        ledger.unseat(subject, from: id)
        ledger.clearDeadline(.wait, slot: member.slot, of: id)
        updateRoom(id) { room in room.members.removeAll { $0.subject == subject } }
        queues[room.sceneIndex].waiting -= 1
        requeue(id)
        if room.members.count == 1 {
            _ = ledger.end(id, Verdict(reasonWhenEmpty), assignment: nil, now: now)
        } else {
            tellRoom(id, now, &actions)
        }
        return member
    }

    mutating func waitIsOver(_ id: SessionID, slot: UInt32, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let room = ledger[id]?.details.room,
            let member = room.members.first(where: { $0.slot == slot })
        else { return }
        let scene = scenes[room.sceneIndex]
        let reason: EndReason = room.members.count == scene.groupSize ? .noCoordinator : .waitTimeout
        _ = unseat(member.subject, from: id, reasonWhenEmpty: reason, now, &actions)
        tellEnded(member, session: id, reason, scene.settings.completionCode(for: reason), &actions)
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
            guard let room = ledger[id]?.details.room else { continue }
            queues[room.sceneIndex].remove(id)
            queues[room.sceneIndex].waiting -= room.members.count
            _ = ledger.end(id, Verdict(.shutdown), assignment: nil, now: now)
            for member in room.members {
                if let connection = member.connection { joined[connection] = nil }
                tellEnded(member, session: id, .shutdown, nil, &actions)
            }
        }
    }
}
