import SessionProtocol

/// A group that can play.
struct PoolGroup: Sendable {
    /// The most senior first.
    let units: [PoolUnit]
    /// In order of `PlayerIndex`.
    let members: JoinNumbers
    let reason: MatchReason
}

/// Where a unit goes.
enum PoolPlacement: Sendable {
    /// A group is complete. Its units are still in the pool.
    case complete(PoolGroup)
    /// The most senior tentative room with a free seat that will have it.
    case room(PoolRoom)
    case alone
}

extension WaitingPool {
    /// What a group must have beside members that fit.
    private struct Goal {
        /// People in it.
        var size: Int
        /// Bots beside them.
        var bots = 0
        /// Someone's wait must allow a group as small as this.
        var needsSmaller: Bool { bots == 0 && sizeFull != size }
        let sizeFull: Int

        func isAllowed(by stage: Stages.Stage) -> Bool {
            bots > 0 ? stage.allowsBots : stage.sizeMin <= size
        }
        var needsAllowance: Bool { bots > 0 || needsSmaller }
    }

    /// The best complete group around a unit, or else the room for it. Rooms of its own do not count.
    mutating func placement(of unit: PoolUnit, now: Moment, _ book: PairBook) -> PoolPlacement {
        search.nowMs = now.bootMs
        let head = unit.slot
        if entries[Int(head)].isBot { return placementOfBot(book) }
        if entries[Int(head)].marks.contains(.reunites) { return placementOfReunion(head, book) }
        beginSearch(around: head, book)
        if completeGroup(around: head, book) { return .complete(group(around: head, book)) }
        return roomPlacement(of: head, book)
    }

    private mutating func completeGroup(around head: Int32, _ book: PairBook) -> Bool {
        let full = Goal(size: groupSize, sizeFull: groupSize)
        let wanted = groupSize - size(head)
        let waiting = Int(kindTable[Int(kind(head))].members)
        if wanted == 0 { return assemble(around: head, full, book) }
        if waiting >= groupSize {
            let first = wanted == 1 ? 1 : 4 * wanted
            var hasMore = true
            while hasMore {
                hasMore = findCandidates(around: head, members: search.found.isEmpty ? first : .max / 2, book)
                if search.foundMembers >= wanted, assemble(around: head, full, book) { return true }
            }
        }
        let last = stages.stages[stages.stages.count - 1]
        guard last.sizeMin < groupSize || last.allowsBots && botCount > 0 else { return false }
        _ = findCandidates(around: head, members: .max / 2, book)
        if let bots = rules.bots, botCount > 0, stage(head).allowsBots || last.allowsBots {
            for people in stride(from: groupSize - 1, through: max(1, bots.playersMin, groupSize - botCount), by: -1) {
                guard people >= size(head) else { break }
                let goal = Goal(size: people, bots: groupSize - people, sizeFull: groupSize)
                if assemble(around: head, goal, book), addBots(goal.bots, book) { return true }
            }
        }
        return smallerGroup(around: head, book)
    }

    /// How many pairs one search compares: enough to put a group together once, however large it is.
    private var pairChecksMax: Int { max(limits.pairChecksMax, groupSize * max(limits.candidatesMax, 2 * groupSize)) }

    /// The largest group that is as large as the wait of one in it asks for. Each size has its share of the comparisons, so
    /// that those that cannot be leave enough for those that can; the least has all of them.
    private mutating func smallerGroup(around head: Int32, _ book: PairBook) -> Bool {
        var least = stage(head).sizeMin
        for candidate in search.found { least = min(least, stage(candidate).sizeMin) }
        least = max(least, size(head))
        let most = min(groupSize - 1, size(head) + search.foundMembers)
        guard least <= most else { return false }
        let checksMax = pairChecksMax
        let share = checksMax / (most - least + 1)
        var spent = 0
        for size in (least...most).reversed() where size == least || spent < 4 * checksMax {
            let before = size == least ? 0 : checksMax - max(share, min(checksMax, size * search.found.count))
            search.pairChecks = before
            if assemble(around: head, Goal(size: size, sizeFull: groupSize), book) { return true }
            spent += search.pairChecks - before
        }
        return false
    }

    // MARK: Assembling

    /// The first group in order of preference that fits the goal, into `search.chosen`.
    private mutating func assemble(around head: Int32, _ goal: Goal, _ book: PairBook) -> Bool {
        var fill = seats.map { RoleFill($0, size: goal.bots > 0 ? goal.sizeFull : goal.size) }
        search.chosen.removeAll(keepingCapacity: true)
        search.domains.removeAll(keepingCapacity: true)
        let remaining = goal.size - size(head)
        guard remaining >= 0, seat(head, &fill) else { return false }
        search.chosen.append(head)
        let isAllowed = !goal.needsAllowance || goal.isAllowed(by: stage(head))
        if remaining == 0 { return isAllowed }
        guard search.foundMembers >= remaining else { return false }
        if isAllowed {
            search.domains.append(contentsOf: search.found)
            return extend(0, search.found.count, remaining, &fill, book)
        }
        // Someone else must allow it.
        for candidate in search.found where goal.isAllowed(by: stage(candidate)) {
            guard size(candidate) <= remaining, seat(candidate, &fill) else { continue }
            search.chosen.append(candidate)
            if size(candidate) == remaining { return true }
            search.domains.removeAll(keepingCapacity: true)
            for other in search.found where other != candidate && fitsCounted(candidate, other, book) {
                search.domains.append(other)
            }
            if extend(0, search.domains.count, remaining - size(candidate), &fill, book) { return true }
            unseat(candidate, &fill)
            search.chosen.removeLast()
        }
        return false
    }

    @inline(__always)
    private mutating func fitsCounted(_ a: Int32, _ b: Int32, _ book: PairBook) -> Bool {
        search.pairChecks += 1
        return fits(a, b, book)
    }

    /// Adds units of one stretch of the domains until nobody is wanting, going back where that leads nowhere.
    private mutating func extend(
        _ start: Int, _ end: Int, _ remaining: Int, _ fill: inout RoleFill?, _ book: PairBook
    ) -> Bool {
        var left = 0
        for at in start..<end { left += size(search.domains[at]) }
        for at in start..<end {
            if left < remaining { return false }
            let candidate = search.domains[at]
            left -= size(candidate)
            guard size(candidate) <= remaining, seat(candidate, &fill) else { continue }
            search.chosen.append(candidate)
            if size(candidate) == remaining { return true }
            guard search.pairChecks < pairChecksMax else { return false }
            let next = search.domains.count
            for other in (at + 1)..<end where fitsCounted(candidate, search.domains[other], book) {
                search.domains.append(search.domains[other])
            }
            if extend(next, search.domains.count, remaining - size(candidate), &fill, book) { return true }
            search.domains.removeLast(search.domains.count - next)
            search.chosen.removeLast()
            unseat(candidate, &fill)
        }
        return false
    }

    @inline(__always)
    private func seat(_ head: Int32, _ fill: inout RoleFill?) -> Bool {
        if fill == nil { return true }
        var slot = head
        var seated = 0
        while slot >= 0 {
            guard fill?.add(entries[Int(slot)].roles) == true else {
                for _ in 0..<seated { fill?.removeLast() }
                return false
            }
            seated += 1
            slot = entries[Int(slot)].nextMember
        }
        return true
    }

    @inline(__always)
    private func unseat(_ head: Int32, _ fill: inout RoleFill?) {
        for _ in 0..<size(head) { fill?.removeLast() }
    }

    // MARK: Bots

    var botCount: Int { botsBucket < 0 ? 0 : Int(buckets[Int(botsBucket)].units) }

    /// The most senior bots that are not kept apart from those chosen.
    private mutating func addBots(_ wanted: Int, _ book: PairBook) -> Bool {
        let people = search.chosen.count
        var bot = botsBucket < 0 ? -1 : index.first(shelves[Int(buckets[Int(botsBucket)].shelf)].tree)
        var looked = 0
        while bot >= 0, search.chosen.count < people + wanted, looked < max(limits.candidatesMax, 2 * groupSize) {
            looked += 1
            if search.chosen.allSatisfy({ fits($0, bot, book) }) { search.chosen.append(bot) }
            bot = index.next(bot)
        }
        return search.chosen.count == people + wanted
    }

    /// A bot fills a seat of those who have waited for one.
    private mutating func placementOfBot(_ book: PairBook) -> PoolPlacement {
        let tries = min(hungry.count - hungryFirst, max(1, limits.candidatesMax / 8))
        for _ in 0..<tries {
            let unit = hungry[hungryFirst]
            hungryFirst += 1
            if hungryFirst > 64, hungryFirst * 2 > hungry.count {
                hungry.removeFirst(hungryFirst)
                hungryFirst = 0
            }
            guard isHungry(unit) else { continue }
            hungry.append(unit)
            beginSearch(around: unit.slot, book)
            if completeGroup(around: unit.slot, book) { return .complete(group(around: unit.slot, book)) }
        }
        return .alone
    }

    // MARK: Reunions

    /// The last group, once all of it waits.
    private mutating func placementOfReunion(_ head: Int32, _ book: PairBook) -> PoolPlacement {
        let number = reunionOf[head] ?? 0
        let units = reunions[number] ?? []
        let members = units.reduce(0) { $0 + size($1) }
        guard members == history.people(of: number).count, members <= groupSize else { return .alone }
        search.chosen = units
        var fill = seats.map { RoleFill($0, size: members) }
        for (at, unit) in units.enumerated() {
            guard seat(unit, &fill), kind(unit) == kind(head) else { return .alone }
            for other in units[..<at] where !fits(unit, other, book) { return .alone }
        }
        return .complete(group(around: head, book, reunited: true))
    }

    // MARK: Rooms

    /// Of the rooms of those who were found, the most senior with free seats that will have the unit.
    private mutating func roomPlacement(of head: Int32, _ book: PairBook) -> PoolPlacement {
        // A room has somebody in it, and one that would be full is a complete group.
        guard size(head) + 1 < groupSize else { return .alone }
        let isBySeniority = !hasSkill
        var best: (room: PoolRoom, senior: Int32)?
        var next = 0
        while true {
            if next == search.found.count, !findCandidates(around: head, members: 1, book) { break }
            let candidate = search.found[next]
            next += 1
            let number = entries[Int(candidate)].room
            guard number >= 0, number != entries[Int(head)].room, best?.room.number != number else { continue }
            // One that would be full is a complete group, and none was possible.
            guard rooms.members(number) + size(head) < groupSize else { continue }
            let room = PoolRoom(number: number)
            let senior = isBySeniority ? candidate : mostSenior(in: room)
            if let best, index.isMoreSenior(best.senior, than: senior) { continue }
            guard accepts(room, head, book) else { continue }
            best = (room, senior)
            // Here the first who is found is the most senior of its room, and of all rooms.
            if isBySeniority { break }
        }
        return best.map { .room($0.room) } ?? .alone
    }

    /// Whether a unit can be together with all of a room.
    func hasPlace(in room: PoolRoom, for unit: PoolUnit, _ book: PairBook) -> Bool {
        rooms.members(room.number) + size(unit.slot) <= groupSize && accepts(room, unit.slot, book)
    }

    @inline(__always)
    private func accepts(_ room: PoolRoom, _ head: Int32, _ book: PairBook) -> Bool {
        if !hasPairRules, seats == nil, equalAttributes.isEmpty, history.rule == .any, botCount == 0, entries[Int(head)].nextMember < 0, entries[Int(head)].person == 0 { return true }
        var fill = seats.map { RoleFill($0, size: groupSize) }
        guard seat(head, &fill) else { return false }
        var slot = rooms[room.number].first
        while slot >= 0 {
            guard seat(slot, &fill), isOfOneKind(slot, head), fits(slot, head, book) else { return false }
            slot = entries[Int(slot)].nextInRoom
        }
        return true
    }

    /// Of equal attributes, and both to be found by others or neither.
    @inline(__always)
    private func isOfOneKind(_ a: Int32, _ b: Int32) -> Bool {
        let (first, second) = (buckets[Int(entries[Int(a)].bucket)].key, buckets[Int(entries[Int(b)].bucket)].key)
        return first.kind == second.kind && first.side == .players && second.side == .players
    }

    // MARK: Results

    private mutating func group(around head: Int32, _ book: PairBook, reunited: Bool = false) -> PoolGroup {
        var units: [PoolUnit] = []
        units.reserveCapacity(search.chosen.count)
        for chosen in search.chosen {
            // They are few; most come in order.
            var at = units.count
            while at > 0, index.isMoreSenior(chosen, than: units[at - 1].slot) { at -= 1 }
            units.insert(PoolUnit(slot: chosen), at: at)
        }
        var slots: [Int32] = []
        slots.reserveCapacity(groupSize)
        for unit in units {
            var slot = unit.slot
            while slot >= 0 {
                slots.append(slot)
                slot = entries[Int(slot)].nextMember
            }
        }
        if let seats { slots = seated(slots, seats) }
        var members = JoinNumbers()
        for slot in slots { members.append(joins[Int(slot)]) }
        return PoolGroup(units: units, members: members, reason: reason(units, slots, book, reunited: reunited))
    }

    /// In the order of the seats; bots have what is left.
    private func seated(_ slots: [Int32], _ seats: RoleSeats) -> [Int32] {
        var fill = RoleFill(seats, size: slots.count)
        let people = slots.filter { !entries[Int($0)].isBot }
        var bots = slots.filter { entries[Int($0)].isBot }[...]
        for slot in people { _ = fill.add(entries[Int(slot)].roles) }
        let order = fill.order(seats, size: slots.count).compactMap { $0.map { people[$0] } ?? bots.popFirst() }
        return order.count == slots.count ? order : slots
    }
}
