import SessionProtocol

/// The pool's tentative groups: which units sit together, until a group is complete.
struct PoolRooms: Sendable {
    struct Room: Sendable {
        /// Its units, chained by `WaitingEntry.nextInRoom`.
        var first: Int32
        var members: Int32
    }

    private(set) var rooms: [Room] = []
    private var free: [Int32] = []

    var count: Int { rooms.count - free.count }
    subscript(number: Int32) -> Room { rooms[Int(number)] }
    func members(_ number: Int32) -> Int { Int(rooms[Int(number)].members) }

    mutating func open(with head: Int32, members: Int) -> Int32 {
        let room = Room(first: head, members: Int32(members))
        if let number = free.popLast() {
            rooms[Int(number)] = room
            return number
        }
        rooms.appendToTable(room)
        return Int32(rooms.count - 1)
    }

    mutating func update(_ number: Int32, first: Int32, members: Int) {
        rooms[Int(number)].first = first
        rooms[Int(number)].members = Int32(members)
        if members == 0 { free.append(number) }
    }
}

extension WaitingPool {
    @inline(__always)
    func room(of unit: PoolUnit) -> PoolRoom? {
        let number = entries[Int(unit.slot)].room
        return number < 0 ? nil : PoolRoom(number: number)
    }

    @inline(__always)
    func units(in room: PoolRoom) -> [PoolUnit] {
        var units: [PoolUnit] = []
        var slot = rooms[room.number].first
        while slot >= 0 {
            units.append(PoolUnit(slot: slot))
            slot = entries[Int(slot)].nextInRoom
        }
        return units
    }

    mutating func openRoom(_ unit: PoolUnit) -> PoolRoom {
        precondition(entries[Int(unit.slot)].room < 0, "a unit is in one room")
        let number = rooms.open(with: unit.slot, members: size(unit.slot))
        entries[Int(unit.slot)].room = number
        entries[Int(unit.slot)].nextInRoom = -1
        return PoolRoom(number: number)
    }

    mutating func enter(_ room: PoolRoom, _ unit: PoolUnit) {
        precondition(entries[Int(unit.slot)].room < 0, "a unit is in one room")
        let old = rooms[room.number]
        entries[Int(unit.slot)].room = room.number
        entries[Int(unit.slot)].nextInRoom = old.first
        rooms.update(room.number, first: unit.slot, members: Int(old.members) + size(unit.slot))
    }

    /// An empty room goes.
    mutating func leaveRoom(_ unit: PoolUnit) {
        let number = entries[Int(unit.slot)].room
        guard number >= 0 else { return }
        let old = rooms[number]
        var first = old.first
        if first == unit.slot {
            first = entries[Int(first)].nextInRoom
        } else {
            var before = first
            while entries[Int(before)].nextInRoom != unit.slot { before = entries[Int(before)].nextInRoom }
            entries[Int(before)].nextInRoom = entries[Int(unit.slot)].nextInRoom
        }
        entries[Int(unit.slot)].room = -1
        entries[Int(unit.slot)].nextInRoom = -1
        rooms.update(number, first: first, members: Int(old.members) - size(unit.slot))
    }

    /// A room is as senior as its most senior unit.
    @inline(__always)
    func isMoreSenior(_ room: PoolRoom, than other: PoolRoom) -> Bool {
        index.isMoreSenior(mostSenior(in: room), than: mostSenior(in: other))
    }

    /// The most senior unit of a room.
    @inline(__always)
    func mostSenior(in room: PoolRoom) -> Int32 {
        var senior = rooms[room.number].first
        var slot = senior
        while slot >= 0 {
            if index.isMoreSenior(slot, than: senior) { senior = slot }
            slot = entries[Int(slot)].nextInRoom
        }
        return senior
    }
}
