import SessionProtocol

/// Subjects who have joined one scene with the same code. They gather in a room of their own, which is in no pool; once all
/// have come they are one unit of the pool, and always in the same session. When one goes before the match is made the others
/// gather again, since it may come back: their time to wait runs on. With the match the code is free for another party; those
/// who are put back from a session that failed gather again.
struct PartyBook: Sendable {
    struct Key: Hashable, Sendable {
        let sceneIndex: Int
        let code: String
    }

    struct Party: Sendable {
        let size: Int
        /// Where it gathers; nil once it is complete.
        var room: SessionID?
        /// Once it is complete.
        var subjects: [SubjectID] = []
    }

    /// No more than subjects that wait, since each has one that does.
    private var parties: [Key: Party] = [:]
    /// Of complete ones that somebody has left, in that order.
    private var broken: [Key] = []
    private(set) var gatheringCount = 0

    var count: Int { parties.count }
    subscript(key: Key) -> Party? { parties[key] }

    mutating func gathers(_ key: Key, size: Int, in room: SessionID) {
        remove(key)
        parties[key] = Party(size: size, room: room)
        gatheringCount += 1
    }

    mutating func isComplete(_ key: Key, _ subjects: [SubjectID]) {
        guard let party = parties[key] else { return }
        remove(key)
        parties[key] = Party(size: party.size, room: nil, subjects: subjects)
    }

    mutating func remove(_ key: Key) {
        if parties.removeValue(forKey: key)?.room != nil { gatheringCount -= 1 }
        broken.removeAll { $0 == key }
    }

    mutating func breaks(_ key: Key) { if !broken.contains(key) { broken.append(key) } }
    mutating func takeBroken() -> Key? { broken.isEmpty ? nil : broken.removeFirst() }
}

extension MatchmakerCore {
    // MARK: Coming

    /// Why a join cannot be its party's; nil when it can, or has none.
    func problem(
        of party: JoinRequest.Party?, _ attributes: Attributes, in sceneIndex: Int
    ) -> (error: MatchmakerError, message: String)? {
        guard let party, party.size != 1 else { return nil }
        let sizeMax = min(scenes[sceneIndex].rules.partySizeMax, scenes[sceneIndex].groupSize)
        guard (1...sizeMax).contains(party.size) else {
            return (.partyMismatch, sizeMax == 1 ? "this scene takes no parties" : "a party has at most \(sizeMax) here")
        }
        guard let known = parties[PartyBook.Key(sceneIndex: sceneIndex, code: party.code)] else {
            return fits([attributes], sceneIndex) ? nil : (.partyMismatch, "no group has a place for this party")
        }
        guard known.size == party.size else { return (.partyMismatch, "the others say that the party has \(known.size)") }
        guard let room = known.room.flatMap({ ledger.details(of: $0)?.room }) else {
            return (.partyFull, "all \(known.size) of this party have come")
        }
        return fits(room.members.map { joined[$0].attributes } + [attributes], sceneIndex)
            ? nil : (.partyMismatch, "no group has a place for all of this party")
    }

    /// Whether one group could hold all of them. Members of a party have chosen each other: other rules do not part them.
    private func fits(_ members: [Attributes], _ sceneIndex: Int) -> Bool {
        let pool = queues[sceneIndex].pool
        for name in pool.equalAttributes where !members.allSatisfy({ $0[name] == members[0][name] }) { return false }
        guard let seats = pool.seats else { return true }
        var fill = RoleFill(seats, size: scenes[sceneIndex].groupSize)
        return members.allSatisfy { fill.add(seats.mask(of: $0[seats.attribute])) }
    }

    /// One more of a party comes. When it is complete it begins to wait for others.
    mutating func gather(
        _ newcomer: Member, _ sceneIndex: Int, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        var newcomer = newcomer
        guard let party = newcomer.party, party.size > 1, problem(of: party, newcomer.attributes, in: sceneIndex) == nil else {
            // Of a session that failed, while others have taken the code or the scene has changed: it waits alone.
            newcomer.party = nil
            return seat(newcomer, sceneIndex: sceneIndex, now, &actions)
        }
        let key = PartyBook.Key(sceneIndex: sceneIndex, code: party.code)
        let id = parties[key]?.room ?? openGathering(key, party)
        queues[sceneIndex].waiting += 1
        place(accept(newcomer, in: scenes[sceneIndex].id, now), in: id, now)
        guard let room = ledger.details(of: id)?.room, room.members.count == party.size else {
            return tellRoom(id, now, &actions)
        }
        let members = members(room)
        for join in room.members { displace(join, from: id) }
        queues[sceneIndex].waiting -= members.count
        endRoom(id, .movedTogether, now)
        parties.isComplete(key, members.map(\.subject))
        // They came one after the other, and are let go together.
        let waitUntilMs = members.map(\.waitUntilMs).max() ?? newcomer.waitUntilMs
        enroll(members.map { $0.waiting(until: waitUntilMs) }, sceneIndex: sceneIndex, now, &actions)
    }

    private mutating func openGathering(_ key: PartyBook.Key, _ party: JoinRequest.Party) -> SessionID {
        let id = openRoom(key.sceneIndex)
        updateRoom(id) { $0.gathers = party }
        parties.gathers(key, size: party.size, in: id)
        return id
    }

    func partyCount(_ room: Room) -> WaitingNews.PartyCount? {
        room.gathers.map { WaitingNews.PartyCount(members: room.members.count, size: $0.size) }
    }

    /// Whether one who waits, and now names a party that its place is not of, goes over to it. A party that cannot be its own
    /// leaves it where it is.
    func takesOver(_ party: JoinRequest.Party, _ member: Member, _ sceneIndex: Int) -> Bool {
        party.size > 1 && member.party?.code != party.code
            && problem(of: party, member.attributes, in: sceneIndex) == nil
    }

    /// Gives up a place for one in a party, with the time that is left.
    mutating func changeParty(
        _ member: Member, from replaced: Member, in id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let room = ledger.details(of: id)?.room else { return }
        let waitUntilMs = waitEndsMs(replaced, in: id)
        let movedFrom = replaced.connection.flatMap { joined.movedFrom($0) }
        tellEnded(replaced, session: id, .superseded, nil, &actions)
        _ = unseat(member.subject, from: id, causeWhenEmpty: .movedAway, as: .superseded, now, &actions)
        accept(member, in: scenes[room.sceneIndex].id, movedFrom: movedFrom, now)
        seat(member.waiting(until: waitUntilMs), sceneIndex: room.sceneIndex, now, &actions)
    }

    // MARK: Going

    private func key(_ member: Member, _ sceneIndex: Int) -> PartyBook.Key? {
        member.party.map { PartyBook.Key(sceneIndex: sceneIndex, code: $0.code) }
    }

    /// A member is about to leave its room.
    mutating func leaveParty(_ member: Member, of id: SessionID) {
        guard let room = ledger.details(of: id)?.room, let key = key(member, room.sceneIndex), let party = parties[key] else { return }
        if party.room == nil {
            if party.subjects.contains(member.subject) { parties.breaks(key) }
        } else if party.room == id, room.members.count == 1 {
            parties.remove(key)
        }
    }

    /// Those who are left of complete parties gather again.
    mutating func regatherBroken(_ now: Moment, _ changed: inout [SessionID]) {
        while let key = parties.takeBroken() {
            guard let party = parties[key] else { continue }
            let rest = party.subjects.compactMap { partner($0, key) }
            guard let first = rest.first, let request = joined[first.join].party else {
                parties.remove(key)
                continue
            }
            let target = openGathering(key, request)
            for (home, join) in rest {
                if let unit = joined[join].unit { queues[key.sceneIndex].removeFromPool(unit, &pairs) }
                displace(join, from: home)
                joined[join] = joined[join].waiting(until: joined[join].waitUntilMs)
                place(join, in: target, now)
            }
            changed.append(target)
            for (home, _) in rest where ledger.details(of: home)?.room?.members.isEmpty == true {
                endRoom(home, .movedTogether, now)
            }
            for (home, _) in rest {
                for other in ledger.details(of: home)?.room?.members ?? JoinNumbers() {
                    if let unit = joined[other].unit { queues[key.sceneIndex].pool.searchAgain(around: unit) }
                }
            }
        }
    }

    /// A member of a complete party, and the room that it waits in.
    private func partner(_ subject: SubjectID, _ key: PartyBook.Key) -> (home: SessionID, join: JoinNumber)? {
        guard let id = ledger.session(of: subject), let room = ledger.details(of: id)?.room, room.sceneIndex == key.sceneIndex,
            let join = join(of: subject, in: room), joined[join].party?.code == key.code
        else { return nil }
        return (id, join)
    }

    /// A room ends with all who are in it, or is matched: their codes are free.
    mutating func forgetParties(of room: Room) {
        for join in room.members {
            if let key = key(joined[join], room.sceneIndex) { parties.remove(key) }
        }
    }

    /// Ends the gathering of a party that a scene, as it is now, has no place for; false when it goes on, or is no gathering.
    mutating func endsUnfitGathering(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) -> Bool {
        guard let room = ledger.details(of: id)?.room, let party = room.gathers else { return false }
        let scene = scenes[room.sceneIndex]
        let attributes = room.members.map { joined[$0].attributes }
        if party.size <= min(scene.rules.partySizeMax, scene.groupSize), fits(attributes, room.sceneIndex),
            attributes.allSatisfy({ scene.rules.misfit(of: $0) == nil })
        {
            return false
        }
        closeRoom(id, .sceneRemoved, now, &actions)
        return true
    }
}

extension Member {
    /// The same, as one who comes to another room.
    func waiting(until waitUntilMs: UInt64) -> Member {
        var member = self
        member.waitUntilMs = waitUntilMs
        member.unit = nil
        member.hasConfirmed = false
        return member
    }
}
