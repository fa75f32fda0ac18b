/// What a search for a group has looked at so far. It belongs to the pool so that its arrays are used again.
struct PoolSearch: Sendable {
    /// Somewhere to go on from: the best first.
    struct Item: Sendable {
        enum Way: Sendable {
            /// A subtree, ranked by its most senior unit.
            case below
            /// One unit, by its seniority.
            case itself
            /// One unit, by its seniority, where that is the key; then the next one.
            case onwards
            /// One unit, by its distance; then the next one in that direction.
            case upwards
            case downwards
        }
        var rank: Double
        /// The unit whose seniority decides between equal ranks.
        var slot: Int32
        /// The subtree, or the leaf and where in it the unit is; −1 for one that takes no node.
        var node: Int32
        var at: UInt8 = 0
        /// The tree, by its number in `fronts`.
        var front: Int32
        var way: Way

        var place: SkillIndex.Place { SkillIndex.Place(node, Int(at)) }
    }
    /// What is wanted of one shelf.
    struct Front: Sendable {
        let shelf: Int32
        let tree: SkillIndex.Tree
        /// Tags of which more may be looked at, and those of them that the search has not gone beyond on either side.
        var wanted: UInt64
        var above: UInt64 = 0
        var below: UInt64 = 0
        /// As far as any of these may be from the one in the middle.
        let reach: Double
    }
    enum Phase: Sendable {
        /// The most senior first; with a skill window these are the overdue.
        case bySeniority
        case byDistance
        case over
    }

    var phase = Phase.over
    var nowMs: UInt64 = 0
    /// What the one in the middle is sorted by, and its own window.
    var key = 0.0
    var width = 0.0
    /// Of all searches so far.
    var number: UInt64 = 0
    var fronts: [Front] = []
    var frontier: [Item] = []
    /// Units that fit the one in the middle, best first.
    var found: [Int32] = []
    /// Members of all of these.
    var foundMembers = 0
    /// Units looked at, and how many may be until the phase is over.
    var looked = 0
    var lookedMax = 0
    var bucketQuota: Int32 = 0
    var pairChecks = 0
    /// The group as it grows.
    var chosen: [Int32] = []
    /// Those who can still join it, one stretch for each one chosen.
    var domains: [Int32] = []
    /// Units looked at in all searches so far; for measurements.
    var lookedInAll: UInt64 = 0
    /// And so many steps of the frontier.
    var steps: UInt64 = 0
}

extension WaitingPool {
    // MARK: Who fits whom

    /// Whether all members of two units can be in one group, seats aside.
    @inline(__always)
    func fits(_ a: Int32, _ b: Int32, _ book: PairBook) -> Bool {
        let (first, second) = (stage(a), stage(b))
        let width = max(first.width, second.width)
        let capMs = max(first.capMs, second.capMs)
        let asksPairsOnly = entries[Int(a)].isBot || entries[Int(b)].isBot
        var x = a
        while x >= 0 {
            var y = b
            while y >= 0 {
                if !fitsPerson(x, y, book) { return false }
                if hasPairRules, !asksPairsOnly, !fitsPair(x, y, width: width, capMs: capMs, book) { return false }
                y = entries[Int(y)].nextMember
            }
            x = entries[Int(x)].nextMember
        }
        return true
    }

    private func fitsPerson(_ x: Int32, _ y: Int32, _ book: PairBook) -> Bool {
        let (p, q) = (entries[Int(x)].person, entries[Int(y)].person)
        if p == 0 || q == 0 { return true }
        return !book.areApart(p, q) && !history.haveMet(p, q)
    }

    private func fitsPair(_ x: Int32, _ y: Int32, width: Double, capMs: UInt32, _ book: PairBook) -> Bool {
        if width.isFinite, abs(entries[Int(x)].skill - entries[Int(y)].skill) > width { return false }
        let count = differentAttributes.count
        for number in 0..<count {
            let value = different[Int(x) * count + number]
            if value != 0, value == different[Int(y) * count + number] { return false }
        }
        if capMs == LatencyZones.anyMs { return true }
        guard let estimateMs = roundTripMs(x, y, book) else { return false }
        return estimateMs <= capMs
    }

    /// The round trip between two members, as far as it can be told.
    func roundTripMs(_ x: Int32, _ y: Int32, _ book: PairBook) -> UInt32? {
        let (p, q) = (entries[Int(x)].person, entries[Int(y)].person)
        if p != 0, q != 0, let measuredMs = book.measuredMs(p, q) { return measuredMs }
        return zones.estimateMs(entries[Int(x)].place, entries[Int(y)].place)
    }

    /// False when nobody in a bucket can fit the unit.
    @inline(__always)
    private func isWorthwhile(_ key: PoolBucket.Key, _ head: Int32, isMeasured: Bool) -> Bool {
        guard Int(key.size) + size(head) <= groupSize else { return false }
        let entry = entries[Int(head)]
        if hasZones, entry.nextMember < 0, !isMeasured {
            let capMs = max(stages.stages[Int(entry.stage)].capMs, stages.levels[Int(key.level)].capMs)
            if !zones.isWithin(capMs, entry.place, zone: key.zone) { return false }
        }
        guard entry.nextMember < 0, key.size == 1, entry.roles | key.roles != RoleSeats.anyRole else { return true }
        return seats?.canSeat(entry.roles, key.roles) ?? true
    }

    // MARK: Looking for candidates

    mutating func beginSearch(around head: Int32, _ book: PairBook) {
        search.number += 1
        search.found.removeAll(keepingCapacity: true)
        search.foundMembers = 0
        search.pairChecks = 0
        search.looked = 0
        search.key = key(head)
        search.width = stage(head).width
        let lookedMax = max(limits.candidatesMax, 2 * groupSize)
        // The overdue may take up half of it, so that those who fit better are reached too.
        search.lookedMax = hasSkill ? lookedMax / 2 : lookedMax
        search.frontier.removeAll(keepingCapacity: true)
        search.fronts.removeAll(keepingCapacity: true)
        search.phase = .bySeniority
        let isMeasured = entries[Int(head)].person != 0 && book.knowsMeasured
        var worthwhile = 0
        var shelf = kindTable[Int(kind(head))].shelf
        while shelf >= 0 {
            let tree = shelves[Int(shelf)].tree
            let wants = wants(head, of: shelf, isMeasured: isMeasured)
            if wants.tags != 0 {
                worthwhile += Int(wants.buckets)
                let front = Int32(search.fronts.count)
                search.fronts.append(PoolSearch.Front(shelf: shelf, tree: tree, wanted: wants.tags, reach: wants.reach))
                if tree.ranks {
                    push(below: tree.root, front)
                } else if !hasSkill {
                    search.fronts[Int(front)].above = wants.tags
                    pushFirst(of: tree, front, .onwards)
                }
            }
            shelf = shelves[Int(shelf)].next
        }
        // All of a group may be of one kind, however many there are.
        search.bucketQuota = Int32(clamping: max(8, groupSize - 1, lookedMax / max(1, worthwhile)))
    }

    /// The buckets of a shelf in which somebody can fit the unit. For most it is the same as for others of their own bucket.
    private mutating func wants(_ head: Int32, of shelf: Int32, isMeasured: Bool) -> PoolBucket.Wants {
        let own = Int(entries[Int(head)].bucket)
        let isOwn = buckets[own].shelf == shelf && !isMeasured
        if isOwn, buckets[own].wants.version == shelves[Int(shelf)].version { return buckets[own].wants }
        var wants = PoolBucket.Wants(version: shelves[Int(shelf)].version, reach: search.width)
        var asksPing = false
        var bucket = shelves[Int(shelf)].bucket
        while bucket >= 0 {
            let key = buckets[Int(bucket)].key
            if hasZones, zones.asksPing(entries[Int(head)].place, zone: key.zone) { asksPing = true }
            if isWorthwhile(key, head, isMeasured: isMeasured) {
                wants.buckets += 1
                wants.tags |= SkillIndex.bit(buckets[Int(bucket)].tag)
                wants.reach = max(wants.reach, stages.levels[Int(key.level)].width)
            }
            bucket = buckets[Int(bucket)].next
        }
        if isOwn, !asksPing { buckets[own].wants = wants }
        return wants
    }

    private mutating func beginByDistance(from head: Int32) {
        search.phase = .byDistance
        let lookedMax = max(limits.candidatesMax, 2 * groupSize)
        let hasSeenOverdue = search.looked < search.lookedMax
        search.lookedMax = lookedMax
        search.frontier.removeAll(keepingCapacity: true)
        let own = buckets[Int(entries[Int(head)].bucket)].shelf
        for number in search.fronts.indices {
            let front = search.fronts[number]
            if front.tree.ranks && hasSeenOverdue || front.wanted == 0 { continue }
            search.fronts[number].above = front.wanted
            search.fronts[number].below = front.wanted
            if front.tree.root < 0 {
                pushFirst(of: front.tree, Int32(number), .upwards)
                continue
            }
            // Mostly the way to it is known: by itself.
            let itself = front.shelf == own ? index.place(of: head) : nil
            if let itself, index.isFirstOfItsKey(itself) {
                pushAbove(SkillIndex.Place(itself.leaf, Int(itself.at) + 1), Int32(number), .upwards)
                pushBelow(itself, Int32(number))
            } else {
                let middle = index.place(atLeast: search.key, front.tree.root)
                pushAbove(middle, Int32(number), .upwards)
                pushBelow(middle, Int32(number))
            }
        }
    }

    /// The next unit to look at, in order of preference; −1 when there is none, or enough have been looked at.
    private mutating func nextCandidate(around head: Int32) -> Int32 {
        while true {
            guard search.looked < search.lookedMax, let item = popItem() else {
                guard search.phase == .bySeniority, hasSkill else {
                    search.phase = .over
                    return -1
                }
                beginByDistance(from: head)
                continue
            }
            search.steps += 1
            if item.way == .below {
                unfold(item)
                continue
            }
            let isLooked = item.slot != head && look(item.slot, item.front)
            if item.node >= 0 {
                switch item.way {
                case .below, .itself: break
                case .onwards, .upwards: pushAbove(SkillIndex.Place(item.node, Int(item.at) + 1), item.front, item.way)
                case .downwards: pushNextBelow(item)
                }
            }
            if isLooked { return item.slot }
        }
    }

    /// False when enough of its bucket have been looked at: then nothing more of it is wanted.
    private mutating func look(_ slot: Int32, _ front: Int32) -> Bool {
        let bucket = Int(entries[Int(slot)].bucket)
        let looked = buckets[bucket].search == search.number ? buckets[bucket].looked : 0
        guard looked < search.bucketQuota else { return false }
        buckets[bucket].search = search.number
        buckets[bucket].looked = looked + 1
        if looked + 1 == search.bucketQuota {
            let others = ~SkillIndex.bit(buckets[bucket].tag)
            search.fronts[Int(front)].wanted &= others
            search.fronts[Int(front)].above &= others
            search.fronts[Int(front)].below &= others
        }
        search.looked += 1
        search.lookedInAll += 1
        return true
    }

    /// Goes on until so many members more have been found that fit; false when there are no more.
    mutating func findCandidates(around head: Int32, members wanted: Int, _ book: PairBook) -> Bool {
        let goal = search.foundMembers + wanted
        while search.foundMembers < goal {
            guard search.phase != .over else { return false }
            let candidate = nextCandidate(around: head)
            if candidate < 0 { return false }
            guard fits(head, candidate, book) else { continue }
            // The overdue may come a second time, by distance, when there were too many of them.
            if stage(candidate).isOverdue, search.phase == .byDistance, search.found.contains(candidate) { continue }
            search.found.append(candidate)
            search.foundMembers += size(candidate)
        }
        return true
    }
}
