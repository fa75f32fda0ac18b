import SessionProtocol

/// How those who wait come together. An open room is a tentative group: it says honest counts, and limits no match.
extension MatchmakerCore {
    /// Lets a free subject wait; everyone who then sits with it hears the new count.
    mutating func seat(_ newcomer: Member, sceneIndex: Int, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        if newcomer.party != nil { return gather(newcomer, sceneIndex, now, &actions) }
        enroll([newcomer], sceneIndex: sceneIndex, now, &actions)
    }

    /// Lets free subjects wait as one unit, which stays together.
    mutating func enroll(
        _ members: consuming [Member], sceneIndex: Int, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        queues[sceneIndex].waiting += members.count
        for index in members.indices {
            arrivals += 1
            members[index].order = arrivals
            members[index].partyOrder = members[0].order
            if let connection = members[index].connection {
                accept(
                    connection, members[index].subject, in: scenes[sceneIndex].id,
                    sinceUnixMs: members[index].sinceUnixMs, now)
            }
        }
        var changed: [SessionID] = []
        let unit = insert(&members, sceneIndex, now)
        settle(unit, members, sceneIndex, now, &changed, &actions)
        shareOut(sceneIndex, changed: changed, now, &actions)
    }

    private mutating func insert(_ members: inout [Member], _ sceneIndex: Int, _ now: Moment) -> PoolUnit {
        var sinceUnixMs = UInt64.max
        var order = UInt64.max
        for member in members {
            sinceUnixMs = min(sinceUnixMs, member.sinceUnixMs)
            order = min(order, member.order)
        }
        let unit = queues[sceneIndex].pool.insert(
            members.lazy.map { PoolMember($0.subject, $0.attributes, pingMs: $0.pingMs) },
            sinceUnixMs: sinceUnixMs, order: order, now: now, &pairs)
        for index in members.indices { members[index].unit = unit }
        return unit
    }

    /// Finds the place of a unit whose members are in no room.
    private mutating func settle(
        _ unit: PoolUnit, _ members: [Member], _ sceneIndex: Int, _ now: Moment, _ changed: inout [SessionID],
        _ actions: inout [MatchmakerAction]
    ) {
        let id: SessionID
        switch queues[sceneIndex].pool.placement(of: unit, now: now, pairs) {
        case .complete(let group):
            form(group, arriving: members, sceneIndex, now, &changed, &actions)
            // A bot that comes may complete the group of others.
            if queues[sceneIndex].pool.contains(unit), ledger.session(of: members[0].subject) == nil { fallthrough }
            return
        case .alone:
            id = openRoom(sceneIndex)
            let room = queues[sceneIndex].pool.openRoom(unit)
            queues[sceneIndex].setSession(id, of: room)
        case .room(let room):
            id = queues[sceneIndex].session(of: room)
            queues[sceneIndex].pool.enter(room, unit)
        }
        for member in members { place(member, in: id, now) }
        note(id, &changed)
    }

    private func note(_ id: SessionID, _ changed: inout [SessionID]) {
        if !changed.contains(id) { changed.append(id) }
    }

    /// Moves a group together into the room of its most senior unit that has one, from where it goes to a coordinator.
    private mutating func form(
        _ group: PoolGroup, arriving: [Member], _ sceneIndex: Int, _ now: Moment, _ changed: inout [SessionID],
        _ actions: inout [MatchmakerAction]
    ) {
        let rooms = group.units.compactMap { queues[sceneIndex].pool.room(of: $0) }
        let target = rooms.first.map { queues[sceneIndex].session(of: $0) } ?? openRoom(sceneIndex)
        for unit in group.units { queues[sceneIndex].removeFromPool(unit, &pairs) }
        note(target, &changed)
        var sources: [SessionID] = []
        for subject in group.members {
            if let member = arriving.first(where: { $0.subject == subject }) {
                place(member, in: target, now)
            } else if let home = ledger.session(of: subject) {
                guard home != target else { continue }
                move(subject, from: home, to: target, now)
                note(home, &sources)
            } else {
                preconditionFailure("who waits in the pool sits in a room")
            }
        }
        let others = others(in: target, than: group)
        for member in others { displace(member, from: target) }
        var sinceUnixMs = now.unixMs
        updateRoom(target) { room in
            if !room.hasMembers(group.members) {
                room.members = group.members.compactMap { subject in room.members.first { $0.subject == subject } }
            }
            for index in room.members.indices { room.members[index].unit = nil }
            sinceUnixMs = room.members.lazy.map(\.sinceUnixMs).min() ?? sinceUnixMs
            room.isFormed = true
        }
        queues[sceneIndex].insert(target, sinceUnixMs: sinceUnixMs)
        queues[sceneIndex].note(
            RecentMatch(session: target, atUnixMs: now.unixMs, reason: group.reason), max: limits.recentMatchesMax)
        actions.append(.notice(.formed(target, scenes[sceneIndex].id, group.members, group.reason)))
        for source in sources {
            leaveBehind(source, sceneIndex, now)
            note(source, &changed)
        }
        if !others.isEmpty {
            let room = seatTogether(others, sceneIndex, now)
            note(room, &changed)
        }
    }

    /// Those who sit in a group's room, and are not of the group: they go on together in another one.
    private func others(in target: SessionID, than group: PoolGroup) -> [Member] {
        guard let room = ledger.details(of: target)?.room, !room.hasMembers(group.members) else { return [] }
        return room.members.filter { !group.members.contains($0.subject) }
    }

    /// Opens a room for members who have left theirs and have places in the pool. Nobody in the pool is without a room but
    /// the one who is just coming: whoever is found there can be moved.
    mutating func seatTogether(_ members: [Member], _ sceneIndex: Int, _ now: Moment) -> SessionID {
        let id = openRoom(sceneIndex)
        var room: PoolRoom?
        for (index, member) in members.enumerated() {
            place(member, in: id, now)
            guard let unit = member.unit, !members[..<index].contains(where: { $0.unit == unit }) else { continue }
            queues[sceneIndex].pool.leaveRoom(unit)
            if let room {
                queues[sceneIndex].pool.enter(room, unit)
            } else {
                let opened = queues[sceneIndex].pool.openRoom(unit)
                queues[sceneIndex].setSession(id, of: opened)
                room = opened
            }
            queues[sceneIndex].pool.searchAgain(around: unit)
        }
        return id
    }

    /// Whoever is left in a room may go on in a more senior one; an empty one ends.
    private mutating func leaveBehind(_ id: SessionID, _ sceneIndex: Int, _ now: Moment) {
        guard let members = ledger.details(of: id)?.room?.members else { return }
        if members.isEmpty { endRoom(id, .movedTogether, now) }
        for member in members {
            if let unit = member.unit { queues[sceneIndex].pool.searchAgain(around: unit) }
        }
    }

    private mutating func move(_ subject: SubjectID, from source: SessionID, to target: SessionID, _ now: Moment) {
        guard let member = ledger.details(of: source)?.room?.members.first(where: { $0.subject == subject }) else { return }
        displace(member, from: source)
        place(member, in: target, now)
    }

    // MARK: Searching again

    /// Searches around all for whom more may be possible than before; then tells the rooms whose counts have changed,
    /// `changed` among them, and hands groups on.
    mutating func shareOut(
        _ sceneIndex: Int, changed: [SessionID], _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        var changed = changed
        regatherBroken(now, &changed)
        var givenUp: [PoolUnit] = []
        while let step = queues[sceneIndex].pool.popDue(now: now) {
            switch step {
            case .search(let unit): settleAgain(unit, sceneIndex, now, &changed, &actions)
            case .reunionFailed(let unit): givenUp.append(unit)
            }
        }
        for id in changed { tellRoom(id, now, &actions) }
        for unit in givenUp { giveUp(unit, sceneIndex, now, &actions) }
        matchFullRooms(sceneIndex, now, &actions)
    }

    /// Something that kept a subject from a group is over.
    mutating func searchAgain(around subject: SubjectID) {
        guard let (sceneIndex, unit) = waitingUnit(of: subject) else { return }
        queues[sceneIndex].pool.searchAgain(around: unit)
    }

    /// The scene and the unit of one whose room is open.
    private func waitingUnit(of subject: SubjectID) -> (sceneIndex: Int, unit: PoolUnit)? {
        guard let id = ledger.session(of: subject), let room = ledger.details(of: id)?.room,
            let unit = room.members.first(where: { $0.subject == subject })?.unit
        else { return nil }
        return (room.sceneIndex, unit)
    }

    /// The pools take note of pairs with this subject from now on.
    mutating func becameKnown(_ subject: SubjectID) {
        guard let (sceneIndex, unit) = waitingUnit(of: subject) else { return }
        queues[sceneIndex].pool.becameKnown(unit, subject, &pairs)
    }

    /// The server's own round trip to a client; the least one of a place counts.
    mutating func measured(
        _ connection: ConnectionHandle, _ ms: UInt32, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let subject = joined[connection]?.subject, let id = ledger.session(of: subject),
            let room = ledger.details(of: id)?.room, let index = room.members.firstIndex(where: { $0.connection == connection }),
            ms < room.members[index].pingMs ?? .max
        else { return }
        updateRoom(id) { $0.members[index].pingMs = ms }
        guard let unit = room.members[index].unit,
            queues[room.sceneIndex].pool.setPing(unit, subject, pingMs: ms)
        else { return }
        queues[room.sceneIndex].pool.searchAgain(around: unit)
        shareOut(room.sceneIndex, changed: [], now, &actions)
    }

    /// A unit that has a room looks for a better one.
    private mutating func settleAgain(
        _ unit: PoolUnit, _ sceneIndex: Int, _ now: Moment, _ changed: inout [SessionID],
        _ actions: inout [MatchmakerAction]
    ) {
        switch queues[sceneIndex].pool.placement(of: unit, now: now, pairs) {
        case .complete(let group): form(group, arriving: [], sceneIndex, now, &changed, &actions)
        case .alone: break
        case .room(let other):
            guard let own = queues[sceneIndex].pool.room(of: unit) else { return }
            let units = queues[sceneIndex].pool.units(in: other)
            if queues[sceneIndex].pool.isMoreSenior(other, than: own) {
                merge([unit], from: own, into: other, sceneIndex, now, &changed)
            } else if queues[sceneIndex].pool.units(in: own).count == 1 {
                merge(units, from: other, into: own, sceneIndex, now, &changed)
            }
        }
    }

    private mutating func merge(
        _ units: [PoolUnit], from source: PoolRoom, into target: PoolRoom, _ sceneIndex: Int, _ now: Moment,
        _ changed: inout [SessionID]
    ) {
        let (from, to) = (queues[sceneIndex].session(of: source), queues[sceneIndex].session(of: target))
        for unit in units.sorted(by: { queues[sceneIndex].pool.index.isMoreSenior($0.slot, than: $1.slot) }) {
            queues[sceneIndex].pool.leaveRoom(unit)
            queues[sceneIndex].pool.enter(target, unit)
            for subject in queues[sceneIndex].pool.members(unit) { move(subject, from: from, to: to, now) }
        }
        if ledger.details(of: from)?.room?.members.isEmpty == true { endRoom(from, .movedTogether, now) }
        note(to, &changed)
        note(from, &changed)
    }

    /// The wait of a unit is over before its time, as its scene says.
    private mutating func giveUp(
        _ unit: PoolUnit, _ sceneIndex: Int, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard queues[sceneIndex].pool.contains(unit) else { return }
        for subject in queues[sceneIndex].pool.members(unit) {
            guard let id = ledger.session(of: subject),
                let member = ledger.details(of: id)?.room?.members.first(where: { $0.subject == subject })
            else { continue }
            waitIsOver(id, slot: member.slot, now, &actions)
        }
    }

    // MARK: Leaving

    /// Takes a member out of the pool, before it leaves its room. The others go on: those of a group that can now not
    /// play are back in the pool, with the places that they had.
    mutating func leavePool(_ member: Member, of id: SessionID, _ now: Moment) {
        guard let room = ledger.details(of: id)?.room else { return }
        let sceneIndex = room.sceneIndex
        let others = room.members.filter { $0.subject != member.subject }
        if let unit = member.unit {
            queues[sceneIndex].removeFromPool(unit, &pairs)
            // The rest of a party stays together.
            reenter(others.filter { $0.unit == unit }, id, sceneIndex, now)
            for other in others where other.unit != unit {
                if let unit = other.unit { queues[sceneIndex].pool.searchAgain(around: unit) }
            }
        } else if room.isFormed {
            breakUp(id)
            for (index, other) in others.enumerated()
            where !others[..<index].contains(where: { $0.partyOrder == other.partyOrder }) {
                reenter(others.filter { $0.partyOrder == other.partyOrder }, id, sceneIndex, now)
            }
        }
    }

    /// Members of a room without a place in the pool, as one unit.
    private mutating func reenter(
        _ members: [Member], _ id: SessionID, _ sceneIndex: Int, _ now: Moment
    ) {
        guard !members.isEmpty else { return }
        var members = members
        let unit = insert(&members, sceneIndex, now)
        let known = ledger.details(of: id)?.room?.members.compactMap(\.unit).compactMap {
            queues[sceneIndex].pool.contains($0) ? queues[sceneIndex].pool.room(of: $0) : nil
        }
        if let room = known?.first {
            queues[sceneIndex].pool.enter(room, unit)
        } else {
            let room = queues[sceneIndex].pool.openRoom(unit)
            queues[sceneIndex].setSession(id, of: room)
        }
        setUnits(of: members, in: id)
        queues[sceneIndex].pool.searchAgain(around: unit)
    }

    /// Brings the members of a room without places in the pool back there, the most senior first. Those who cannot stay in
    /// the room have others then, which are returned.
    mutating func reenterRoom(_ id: SessionID, _ sceneIndex: Int, _ now: Moment) -> [SessionID] {
        var left = ledger.details(of: id)?.room?.members.sorted {
            ($0.sinceUnixMs, $0.order) < ($1.sinceUnixMs, $1.order)
        } ?? []
        var others: [SessionID] = []
        var room: PoolRoom?
        while let first = left.first {
            var members = left.filter { $0.partyOrder == first.partyOrder }
            left.removeAll { $0.partyOrder == first.partyOrder }
            let unit = insert(&members, sceneIndex, now)
            queues[sceneIndex].pool.searchAgain(around: unit)
            if let room, queues[sceneIndex].pool.hasPlace(in: room, for: unit, pairs) {
                queues[sceneIndex].pool.enter(room, unit)
            } else if room == nil {
                room = queues[sceneIndex].pool.openRoom(unit)
                if let room { queues[sceneIndex].setSession(id, of: room) }
            } else {
                for member in members { displace(member, from: id) }
                others.append(seatTogether(members, sceneIndex, now))
                continue
            }
            setUnits(of: members, in: id)
        }
        return others
    }

    private mutating func setUnits(of members: [Member], in id: SessionID) {
        updateRoom(id) { room in
            for member in members {
                if let index = room.members.firstIndex(where: { $0.subject == member.subject }) {
                    room.members[index].unit = member.unit
                }
            }
        }
    }

    /// A member has shown an older place than the one it had.
    mutating func becameOlder(_ member: Member, in id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let room = ledger.details(of: id)?.room else { return }
        if room.isFormed {
            return queues[room.sceneIndex].insert(id, sinceUnixMs: room.members.map(\.sinceUnixMs).min() ?? now.unixMs)
        }
        guard let unit = member.unit else { return }
        queues[room.sceneIndex].removeFromPool(unit, &pairs)
        reenter(room.members.filter { $0.unit == unit }, id, room.sceneIndex, now)
        shareOut(room.sceneIndex, changed: [], now, &actions)
    }
}
