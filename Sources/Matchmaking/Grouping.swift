import SessionProtocol

/// How those who wait come together. An open room is a tentative group: it says honest counts, and limits no match.
extension MatchmakerCore {
    /// Lets a free subject wait; everyone who then sits with it hears the new count.
    mutating func seat(_ newcomer: Member, sceneIndex: Int, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        if newcomer.party != nil { return gather(newcomer, sceneIndex, now, &actions) }
        enroll(CollectionOfOne(newcomer), sceneIndex: sceneIndex, now, &actions)
    }

    /// Lets free subjects wait as one unit, which stays together.
    mutating func enroll(
        _ members: some Collection<Member>, sceneIndex: Int, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        queues[sceneIndex].waiting += members.count
        let scene = scenes[sceneIndex].id
        let partyOrder = arrivals + 1
        var joins = JoinNumbers()
        for var member in members {
            arrivals += 1
            member.order = arrivals
            member.partyOrder = partyOrder
            joins.append(accept(member, in: scene, now))
        }
        var changed: [SessionID] = []
        let unit = insert(joins, sceneIndex, now)
        settle(unit, joins, sceneIndex, now, &changed, &actions)
        shareOut(sceneIndex, changed: changed, now, &actions)
    }

    private mutating func insert(_ joins: JoinNumbers, _ sceneIndex: Int, _ now: Moment) -> PoolUnit {
        var sinceUnixMs = UInt64.max
        var order = UInt64.max
        for join in joins {
            sinceUnixMs = min(sinceUnixMs, joined[join].sinceUnixMs)
            order = min(order, joined[join].order)
        }
        let unit =
            joins.count == 1
            ? queues[sceneIndex].pool.insert(
                CollectionOfOne(joined.poolMember(joins[0])), sinceUnixMs: sinceUnixMs, order: order, now: now, &pairs)
            : queues[sceneIndex].pool.insert(
                joins.map { joined.poolMember($0) }, sinceUnixMs: sinceUnixMs, order: order, now: now, &pairs)
        for join in joins { joined[join].unit = unit }
        return unit
    }

    /// Finds the place of a unit whose members are in no room.
    private mutating func settle(
        _ unit: PoolUnit, _ joins: JoinNumbers, _ sceneIndex: Int, _ now: Moment, _ changed: inout [SessionID],
        _ actions: inout [MatchmakerAction]
    ) {
        let id: SessionID
        switch queues[sceneIndex].pool.placement(of: unit, now: now, pairs) {
        case .complete(let group):
            form(group, arriving: joins, sceneIndex, now, &changed, &actions)
            // A bot that comes may complete the group of others.
            if queues[sceneIndex].pool.contains(unit), ledger.session(of: joined[joins[0]].subject) == nil { fallthrough }
            return
        case .alone:
            id = openRoom(sceneIndex)
            _ = openPoolRoom(unit, of: id, sceneIndex)
        case .room(let room):
            id = session(of: room, sceneIndex)
            queues[sceneIndex].pool.enter(room, unit)
        }
        for join in joins { place(join, in: id, now) }
        note(id, &changed)
    }

    /// A room of the pool for a session's.
    private mutating func openPoolRoom(_ unit: PoolUnit, of id: SessionID, _ sceneIndex: Int) -> PoolRoom {
        guard let place = ledger.place(of: id) else { preconditionFailure("a room of the pool has a session") }
        let room = queues[sceneIndex].pool.openRoom(unit)
        queues[sceneIndex].setPlace(place, of: room)
        return room
    }

    @inline(__always)
    private func session(of room: PoolRoom, _ sceneIndex: Int) -> SessionID {
        guard let id = ledger.session(at: queues[sceneIndex].place(of: room)) else {
            preconditionFailure("a room of the pool has a session")
        }
        return id
    }

    private func note(_ id: SessionID, _ changed: inout [SessionID]) {
        if !changed.contains(id) { changed.append(id) }
    }

    /// Moves a group together into the room of its most senior unit that has one, from where it goes to a coordinator.
    private mutating func form(
        _ group: PoolGroup, arriving: JoinNumbers, _ sceneIndex: Int, _ now: Moment, _ changed: inout [SessionID],
        _ actions: inout [MatchmakerAction]
    ) {
        let rooms = group.units.compactMap { queues[sceneIndex].pool.room(of: $0) }
        let target = rooms.first.map { session(of: $0, sceneIndex) } ?? openRoom(sceneIndex)
        for unit in group.units { queues[sceneIndex].removeFromPool(unit, &pairs) }
        note(target, &changed)
        var sources: [SessionID] = []
        for join in group.members {
            if arriving.contains(join) {
                place(join, in: target, now)
            } else if let home = ledger.session(of: joined[join].subject) {
                guard home != target else { continue }
                move(join, from: home, to: target, now)
                note(home, &sources)
            } else {
                preconditionFailure("who waits in the pool sits in a room")
            }
        }
        let others = others(in: target, than: group)
        for join in others { displace(join, from: target) }
        var sinceUnixMs = UInt64.max
        for join in group.members {
            joined[join].unit = nil
            sinceUnixMs = min(sinceUnixMs, joined[join].sinceUnixMs)
        }
        updateRoom(target) { room in
            room.members = group.members
            room.isFormed = true
        }
        queues[sceneIndex].insert(target, sinceUnixMs: sinceUnixMs)
        queues[sceneIndex].note(
            RecentMatch(session: target, atUnixMs: now.unixMs, reason: group.reason), max: limits.recentMatchesMax)
        let subjects = group.members.map { joined[$0].subject }
        actions.append(.notice(.formed(target, scenes[sceneIndex].id, subjects, group.reason)))
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
    @inline(__always)
    private func others(in target: SessionID, than group: PoolGroup) -> JoinNumbers {
        guard let room = ledger.details(of: target)?.room, room.members.count > group.members.count else { return JoinNumbers() }
        return JoinNumbers(room.members.filter { !group.members.contains($0) })
    }

    /// Opens a room for members who have left theirs and have places in the pool. Nobody in the pool is without a room but
    /// the one who is just coming: whoever is found there can be moved.
    mutating func seatTogether(_ joins: JoinNumbers, _ sceneIndex: Int, _ now: Moment) -> SessionID {
        let id = openRoom(sceneIndex)
        var room: PoolRoom?
        for (index, join) in joins.enumerated() {
            place(join, in: id, now)
            guard let unit = joined[join].unit, !joins[..<index].contains(where: { joined[$0].unit == unit }) else { continue }
            queues[sceneIndex].pool.leaveRoom(unit)
            if let room {
                queues[sceneIndex].pool.enter(room, unit)
            } else {
                room = openPoolRoom(unit, of: id, sceneIndex)
            }
            queues[sceneIndex].pool.searchAgain(around: unit)
        }
        return id
    }

    /// Whoever is left in a room may go on in a more senior one; an empty one ends.
    private mutating func leaveBehind(_ id: SessionID, _ sceneIndex: Int, _ now: Moment) {
        guard let joins = ledger.details(of: id)?.room?.members else { return }
        if joins.isEmpty { endRoom(id, .movedTogether, now) }
        for join in joins {
            if let unit = joined[join].unit { queues[sceneIndex].pool.searchAgain(around: unit) }
        }
    }

    private mutating func move(_ join: JoinNumber, from source: SessionID, to target: SessionID, _ now: Moment) {
        displace(join, from: source)
        place(join, in: target, now)
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
        guard let (sceneIndex, unit, _) = waitingUnit(of: subject) else { return }
        queues[sceneIndex].pool.searchAgain(around: unit)
    }

    /// The scene and the unit of one whose room is open, and which of the unit's it is.
    private func waitingUnit(of subject: SubjectID) -> (sceneIndex: Int, unit: PoolUnit, join: JoinNumber)? {
        guard let id = ledger.session(of: subject), let room = ledger.details(of: id)?.room,
            let join = join(of: subject, in: room), let unit = joined[join].unit
        else { return nil }
        return (room.sceneIndex, unit, join)
    }

    /// The pools take note of pairs with this subject from now on.
    mutating func becameKnown(_ subject: SubjectID) {
        guard let (sceneIndex, unit, join) = waitingUnit(of: subject) else { return }
        queues[sceneIndex].pool.becameKnown(unit, join, subject, &pairs)
    }

    /// The server's own round trip to a client; the least one of a place counts.
    mutating func measured(
        _ connection: ConnectionHandle, _ ms: UInt32, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let join = joined.number(of: connection), let id = ledger.session(of: joined[join].subject),
            let room = ledger.details(of: id)?.room, room.members.contains(join), ms < joined[join].pingMs ?? .max
        else { return }
        joined[join].pingMs = ms
        guard let unit = joined[join].unit, queues[room.sceneIndex].pool.setPing(unit, join, pingMs: ms) else { return }
        queues[room.sceneIndex].pool.searchAgain(around: unit)
        shareOut(room.sceneIndex, changed: [], now, &actions)
    }

    /// A unit that has a room looks for a better one.
    private mutating func settleAgain(
        _ unit: PoolUnit, _ sceneIndex: Int, _ now: Moment, _ changed: inout [SessionID],
        _ actions: inout [MatchmakerAction]
    ) {
        switch queues[sceneIndex].pool.placement(of: unit, now: now, pairs) {
        case .complete(let group): form(group, arriving: JoinNumbers(), sceneIndex, now, &changed, &actions)
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
        let (from, to) = (session(of: source, sceneIndex), session(of: target, sceneIndex))
        for unit in units.sorted(by: { queues[sceneIndex].pool.index.isMoreSenior($0.slot, than: $1.slot) }) {
            queues[sceneIndex].pool.leaveRoom(unit)
            queues[sceneIndex].pool.enter(target, unit)
            for join in queues[sceneIndex].pool.members(unit) { move(join, from: from, to: to, now) }
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
        // The numbers of those who go are another's.
        for subject in queues[sceneIndex].pool.members(unit).map({ joined[$0].subject }) {
            guard let id = ledger.session(of: subject), let room = ledger.details(of: id)?.room,
                let join = join(of: subject, in: room)
            else { continue }
            waitIsOver(id, slot: joined[join].slot, now, &actions)
        }
    }

    // MARK: Leaving

    /// Takes a member out of the pool, before it leaves its room. The others go on: those of a group that can now not
    /// play are back in the pool, with the places that they had.
    mutating func leavePool(_ join: JoinNumber, of id: SessionID, _ now: Moment) {
        guard let room = ledger.details(of: id)?.room else { return }
        let sceneIndex = room.sceneIndex
        let others = room.members.filter { $0 != join }
        if let unit = joined[join].unit {
            queues[sceneIndex].removeFromPool(unit, &pairs)
            // The rest of a party stays together.
            let party = others.filter { joined[$0].unit == unit }
            reenter(party, id, sceneIndex, now)
            for other in others where !party.contains(other) {
                if let unit = joined[other].unit { queues[sceneIndex].pool.searchAgain(around: unit) }
            }
        } else if room.isFormed {
            breakUp(id)
            for (index, other) in others.enumerated()
            where !others[..<index].contains(where: { joined[$0].partyOrder == joined[other].partyOrder }) {
                reenter(others.filter { joined[$0].partyOrder == joined[other].partyOrder }, id, sceneIndex, now)
            }
        }
    }

    /// Members of a room without a place in the pool, as one unit.
    private mutating func reenter(
        _ joins: [JoinNumber], _ id: SessionID, _ sceneIndex: Int, _ now: Moment
    ) {
        guard !joins.isEmpty else { return }
        let known = ledger.details(of: id)?.room?.members.compactMap { joined[$0].unit }.compactMap {
            queues[sceneIndex].pool.contains($0) ? queues[sceneIndex].pool.room(of: $0) : nil
        }
        let unit = insert(JoinNumbers(joins), sceneIndex, now)
        if let room = known?.first {
            queues[sceneIndex].pool.enter(room, unit)
        } else {
            _ = openPoolRoom(unit, of: id, sceneIndex)
        }
        queues[sceneIndex].pool.searchAgain(around: unit)
    }

    /// Brings the members of a room without places in the pool back there, the most senior first. Those who cannot stay in
    /// the room have others then, which are returned.
    mutating func reenterRoom(_ id: SessionID, _ sceneIndex: Int, _ now: Moment) -> [SessionID] {
        var left = ledger.details(of: id)?.room?.members.sorted {
            (joined[$0].sinceUnixMs, joined[$0].order) < (joined[$1].sinceUnixMs, joined[$1].order)
        } ?? []
        var others: [SessionID] = []
        var room: PoolRoom?
        while let first = left.first {
            let partyOrder = joined[first].partyOrder
            let joins = JoinNumbers(left.filter { joined[$0].partyOrder == partyOrder })
            left.removeAll { joins.contains($0) }
            let unit = insert(joins, sceneIndex, now)
            queues[sceneIndex].pool.searchAgain(around: unit)
            if let room, queues[sceneIndex].pool.hasPlace(in: room, for: unit, pairs) {
                queues[sceneIndex].pool.enter(room, unit)
            } else if room == nil {
                room = openPoolRoom(unit, of: id, sceneIndex)
            } else {
                for join in joins { displace(join, from: id) }
                others.append(seatTogether(joins, sceneIndex, now))
            }
        }
        return others
    }

    /// A member has shown an older place than the one it had.
    mutating func becameOlder(_ join: JoinNumber, in id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let room = ledger.details(of: id)?.room else { return }
        if room.isFormed { return queues[room.sceneIndex].insert(id, sinceUnixMs: sinceUnixMs(room) ?? now.unixMs) }
        guard let unit = joined[join].unit else { return }
        queues[room.sceneIndex].removeFromPool(unit, &pairs)
        reenter(room.members.filter { joined[$0].unit == unit }, id, room.sceneIndex, now)
        shareOut(room.sceneIndex, changed: [], now, &actions)
    }
}
