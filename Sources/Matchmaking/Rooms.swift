import SessionProtocol

/// One scene's rooms, the most senior first. A room's seniority is that of its most senior member, by when that one
/// first joined, in milliseconds since 1970.
struct SceneQueue: Sendable {
    struct Place: Sendable {
        let session: SessionID
        let sinceUnixMs: UInt64
    }

    /// Rooms with a free seat. They are few: more than one only while some of their members are kept apart.
    private(set) var open: [Place] = []
    /// Rooms that wait for a coordinator; without one they can be many.
    private var full = DeadlineQueue<SessionID>()
    /// Subjects in all of them.
    var waiting = 0
    /// The want of a coordinator has been noticed since the last full room found one.
    var isShortNoticed = false

    var fullCount: Int { full.count }
    var firstFull: SessionID? { full.nextKey }

    mutating func insert(_ session: SessionID, sinceUnixMs: UInt64, isFull: Bool) {
        if isFull { return full.set(session, atMs: sinceUnixMs) }
        let index = open.firstIndex { $0.sinceUnixMs > sinceUnixMs } ?? open.count
        open.insert(Place(session: session, sinceUnixMs: sinceUnixMs), at: index)
    }

    mutating func remove(_ session: SessionID) {
        open.removeAll { $0.session == session }
        full.remove(session)
    }
}

extension MatchmakerCore {
    /// Seats a free subject in the most senior room that will have it, or opens one; everyone there hears the new count.
    mutating func seat(
        _ subject: SubjectID, on connection: ConnectionHandle, sceneIndex: Int, sinceUnixMs: UInt64,
        waitUntilMs: UInt64, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        let id: SessionID
        if let found = queues[sceneIndex].open.first(where: { accepts(subject, in: $0.session) }) {
            id = found.session
        } else {
            id = openRoom(sceneIndex)
        }
        let member = Member(
            subject: subject, connection: connection, sinceUnixMs: sinceUnixMs, waitUntilMs: waitUntilMs)
        queues[sceneIndex].waiting += 1
        accept(connection, subject, in: scenes[sceneIndex].id, sinceUnixMs: sinceUnixMs, now)
        place(member, in: id, now)
        requeue(id)
        tellRoom(id, now, &actions)
        matchFullRooms(sceneIndex, now, &actions)
    }

    /// A room without members.
    mutating func openRoom(_ sceneIndex: Int) -> SessionID {
        let id = drawSessionID()
        let room = SessionDetails.room(Room(sceneIndex: sceneIndex))
        ledger.open(id, scene: scenes[sceneIndex].id, state: .waiting, subjects: [], details: room)
        return id
    }

    /// Puts a free subject into a room, with a signed place there.
    mutating func place(_ newcomer: Member, in id: SessionID, _ now: Moment) {
        guard let entry = ledger[id], let slot = entry.details.room?.slotNext else { return }
        var member = newcomer
        member.slot = slot
        member.resume = text(ofPlaceOf: member, in: id, entry.scene, now)
        ledger.seat(member.subject, in: id)
        updateRoom(id) { room in
            room.slotNext += 1
            room.members.append(member)
        }
        ledger.setDeadline(.wait, slot: slot, of: id, atMs: member.waitUntilMs)
    }

    func text(ofPlaceOf member: Member, in id: SessionID, _ scene: SceneID, _ now: Moment) -> String {
        text(
            ofPlace: ResumeClaim(
                kind: .place, scene: scene, subject: member.subject, session: id, sinceUnixMs: member.sinceUnixMs,
                expiresUnixMs: now.unixMs + limits.resumeLifetimeMs))
    }

    /// Takes a member's seat away; its connection and the scene's count are the caller's to keep right.
    mutating func displace(_ member: Member, from id: SessionID) {
        ledger.unseat(member.subject, from: id)
        ledger.clearDeadline(.wait, slot: member.slot, of: id)
        updateRoom(id) { room in room.members.removeAll { $0.subject == member.subject } }
    }

    func accepts(_ subject: SubjectID, in id: SessionID) -> Bool {
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
    mutating func requeue(_ id: SessionID) {
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

    /// The same, before any seat is given to another. The scene's rooms are to be shared out behind it.
    mutating func takeOut(
        _ subject: SubjectID, of id: SessionID, causeWhenEmpty: ExitCause, as fate: JoinFate.Kind, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) -> (member: Member, sceneIndex: Int)? {
        guard let room = ledger[id]?.details.room,
            let member = room.members.first(where: { $0.subject == subject })
        else { return nil }
        if let connection = member.connection { finish(connection, fate, in: id, now, &actions) }
        displace(member, from: id)
        queues[room.sceneIndex].waiting -= 1
        requeue(id)
        if room.members.count == 1 { endRoom(id, causeWhenEmpty, now) }
        return (member, room.sceneIndex)
    }

    /// Ends a room, which this process owns; returns the reason.
    @discardableResult
    mutating func endRoom(_ id: SessionID, _ cause: ExitCause, _ now: Moment) -> EndReason {
        let verdict = Verdict(cause, in: .waiting)
        _ = ledger.end(id, verdict, assignment: nil, now: now)
        return verdict.ending.reason
    }

    /// Fills rooms from more junior ones, so that nobody waits apart from those with whom a game could begin; then
    /// tells the rooms whose counts have changed, `changed` among them.
    mutating func shareOut(
        _ sceneIndex: Int, changed: [SessionID], _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        var changed = changed
        if queues[sceneIndex].open.count > 1 {
            for target in queues[sceneIndex].open.map(\.session) where ledger.contains(target) {
                for source in queues[sceneIndex].open.drop(while: { $0.session != target }).dropFirst() {
                    guard fill(target, from: source.session, now) else { continue }
                    for id in [target, source.session] where !changed.contains(id) { changed.append(id) }
                }
            }
        }
        for id in changed { tellRoom(id, now, &actions) }
        matchFullRooms(sceneIndex, now, &actions)
    }

    /// Moves those who may be together from one room to another, the most senior first; false when nobody moved.
    private mutating func fill(_ target: SessionID, from source: SessionID, _ now: Moment) -> Bool {
        guard let members = ledger[source]?.details.room?.members else { return false }
        var left = members.count
        for member in members.sorted(by: { $0.sinceUnixMs < $1.sinceUnixMs }) {
            guard let room = ledger[target]?.details.room, room.members.count < scenes[room.sceneIndex].groupSize
            else { break }
            guard accepts(member.subject, in: target) else { continue }
            displace(member, from: source)
            place(member, in: target, now)
            left -= 1
        }
        if left == members.count { return false }
        requeue(target)
        requeue(source)
        if left == 0 { endRoom(source, .movedTogether, now) }
        return true
    }

    mutating func waitIsOver(_ id: SessionID, slot: UInt32, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let room = ledger[id]?.details.room else { return }
        let scene = scenes[room.sceneIndex]
        // Those whose time is over at once leave for the same reason: all of them were in a full room, or none.
        let members = room.members.filter { member in
            member.slot == slot || ledger.deadlineMs(.wait, slot: member.slot, of: id).map { $0 <= now.bootMs } == true
        }
        let cause: ExitCause = room.members.count == scene.groupSize ? .noCoordinatorInTime : .waitOver
        guard let reason = cause.path(in: .waiting).ending?.reason else { return }
        let code = scene.settings.completionCode(for: reason)
        for member in members {
            guard let member = unseat(member.subject, from: id, causeWhenEmpty: cause, as: .timedOut, now, &actions)
            else { continue }
            tellEnded(member, session: id, reason, code, &actions)
        }
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
        guard let room = ledger[id]?.details.room else { return }
        queues[room.sceneIndex].remove(id)
        queues[room.sceneIndex].waiting -= room.members.count
        let reason = endRoom(id, cause, now)
        let code = scenes[room.sceneIndex].settings.completionCode(for: reason)
        for member in room.members {
            tellEnded(member, session: id, reason, code, &actions)
            if let connection = member.connection { finish(connection, JoinFate.Kind(told: reason), in: id, now, &actions) }
        }
    }
}
