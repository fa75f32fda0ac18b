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
            /// One unit, by its distance; then its neighbour.
            case upwards
            case downwards
        }
        var rank: Double
        /// The unit whose seniority decides between equal ranks.
        var slot: Int32
        var node: Int32
        var bucket: Int32
        var way: Way
    }
    enum Phase: Sendable {
        /// The most senior first; with a skill window these are the overdue.
        case bySeniority
        case byDistance
        case over
    }

    var phase = Phase.over
    var nowMs: UInt64 = 0
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
    private func isWorthwhile(_ key: PoolBucket.Key, _ head: Int32, knowsMeasured: Bool) -> Bool {
        guard Int(key.size) + size(head) <= groupSize else { return false }
        let entry = entries[Int(head)]
        if hasZones, entry.nextMember < 0, entry.person == 0 || !knowsMeasured {
            let capMs = max(stages.stages[Int(entry.stage)].capMs, stages.levels[Int(key.level)].capMs)
            if !zones.isWithin(capMs, entry.place, zone: key.zone) { return false }
        }
        guard entry.nextMember < 0, key.size == 1, entry.roles | key.roles != RoleSeats.anyRole else { return true }
        return seats?.canSeat(entry.roles, key.roles) ?? true
    }

    // MARK: Looking for candidates

    private func width(_ head: Int32, _ bucket: Int32) -> Double {
        max(stages.stages[Int(entries[Int(head)].stage)].width, stages.levels[Int(buckets[Int(bucket)].key.level)].width)
    }

    mutating func beginSearch(around head: Int32, _ book: PairBook) {
        search.found.removeAll(keepingCapacity: true)
        search.foundMembers = 0
        search.pairChecks = 0
        search.looked = 0
        let lookedMax = max(limits.candidatesMax, 2 * groupSize)
        // The overdue may take up half of it, so that those who fit better are reached too.
        search.lookedMax = hasSkill ? lookedMax / 2 : lookedMax
        search.frontier.removeAll(keepingCapacity: true)
        search.phase = .bySeniority
        // The book is too large to be handed on for each bucket.
        let knowsMeasured = book.knowsMeasured
        var worthwhile = 0
        var bucket = kindHeads[Int(kind(head))]
        while bucket >= 0 {
            buckets[Int(bucket)].looked = 0
            let key = buckets[Int(bucket)].key
            let root = buckets[Int(bucket)].root
            if root != -1, isWorthwhile(key, head, knowsMeasured: knowsMeasured) {
                worthwhile += 1
                if !hasSkill {
                    push(onwards: index.first(atLeast: -.infinity, root), bucket)
                } else if stages.levels[Int(key.level)].isOverdue {
                    push(below: root, bucket)
                }
            } else {
                buckets[Int(bucket)].looked = .max
            }
            bucket = buckets[Int(bucket)].next
        }
        // All of a group may be of one kind, however many there are.
        search.bucketQuota = Int32(clamping: max(8, groupSize - 1, lookedMax / max(1, worthwhile)))
    }

    private mutating func beginByDistance(from head: Int32) {
        search.phase = .byDistance
        let lookedMax = max(limits.candidatesMax, 2 * groupSize)
        let hasSeenOverdue = search.looked < search.lookedMax
        search.lookedMax = lookedMax
        search.frontier.removeAll(keepingCapacity: true)
        let key = index.key(head)
        var bucket = kindHeads[Int(kind(head))]
        while bucket >= 0 {
            let next = buckets[Int(bucket)].next
            let isOverdue = stages.levels[Int(buckets[Int(bucket)].key.level)].isOverdue
            if buckets[Int(bucket)].looked != .max, !(isOverdue && hasSeenOverdue) {
                let nearest = index.neighbours(of: key, buckets[Int(bucket)].root)
                let width = width(head, bucket)
                push(nearest.atLeast, from: key, width, bucket, .upwards)
                push(nearest.below, from: key, width, bucket, .downwards)
            }
            bucket = next
        }
    }

    private mutating func push(below node: Int32, _ bucket: Int32) {
        let senior = index.senior(node)
        push(PoolSearch.Item(rank: Double(index.sinceUnixMs(senior)), slot: senior, node: node, bucket: bucket, way: .below))
    }

    private mutating func push(onwards slot: Int32, _ bucket: Int32) {
        guard slot >= 0 else { return }
        let rank = Double(index.sinceUnixMs(slot))
        push(PoolSearch.Item(rank: rank, slot: slot, node: -1, bucket: bucket, way: .onwards))
    }

    private mutating func push(
        _ unit: SkillIndex.Neighbour, from key: Double, _ width: Double, _ bucket: Int32, _ way: PoolSearch.Item.Way
    ) {
        guard unit.slot >= 0 else { return }
        let distance = abs(unit.key - key)
        guard distance <= width else { return }
        push(PoolSearch.Item(rank: distance, slot: unit.slot, node: unit.slot, bucket: bucket, way: way))
    }

    private mutating func push(_ slot: Int32, from head: Int32, _ bucket: Int32, _ way: PoolSearch.Item.Way) {
        guard slot >= 0 else { return }
        push((slot, index.key(slot)), from: index.key(head), width(head, bucket), bucket, way)
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
            // Of a bucket of which enough have been looked at nothing more is wanted.
            if buckets[Int(item.bucket)].looked >= search.bucketQuota { continue }
            switch item.way {
            case .below:
                unfold(item, around: head)
                continue
            case .itself: break
            case .onwards: push(onwards: index.next(item.slot), item.bucket)
            case .upwards: push(index.next(item.slot), from: head, item.bucket, .upwards)
            case .downwards: push(index.previous(item.slot), from: head, item.bucket, .downwards)
            }
            if item.slot == head { continue }
            buckets[Int(item.bucket)].looked += 1
            search.looked += 1
            search.lookedInAll += 1
            return item.slot
        }
    }

    /// In the place of a node comes what is in it, as far as that is within the skill window.
    private mutating func unfold(_ item: PoolSearch.Item, around head: Int32) {
        if SkillIndex.unit(item.node) >= 0 {
            unfold(item.slot, index.key(item.slot), index.key(item.slot), item, around: head)
            return
        }
        for place in 0..<index.count(item.node) {
            let (low, high) = index.bounds(item.node, place)
            unfold(index.item(item.node, place), low, high, item, around: head)
        }
    }

    private mutating func unfold(_ inner: Int32, _ low: Double, _ high: Double, _ item: PoolSearch.Item, around head: Int32) {
        let key = index.key(head)
        let width = width(head, item.bucket)
        if low > key, low - key > width { return }
        if high < key, key - high > width { return }
        if SkillIndex.unit(item.node) < 0, !index.nodes[Int(item.node)].isLeaf { return push(below: inner, item.bucket) }
        let rank = Double(index.sinceUnixMs(inner))
        push(PoolSearch.Item(rank: rank, slot: inner, node: -1, bucket: item.bucket, way: .itself))
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

    // MARK: The frontier, a binary heap

    private func isBefore(_ a: PoolSearch.Item, _ b: PoolSearch.Item) -> Bool {
        if a.rank != b.rank { return a.rank < b.rank }
        if a.slot != b.slot { return index.isMoreSenior(a.slot, than: b.slot) }
        return a.way == .itself && b.way != .itself
    }

    private mutating func push(_ item: PoolSearch.Item) {
        search.frontier.append(item)
        var at = search.frontier.count - 1
        while at > 0 {
            let parent = (at - 1) / 2
            guard isBefore(item, search.frontier[parent]) else { break }
            search.frontier[at] = search.frontier[parent]
            at = parent
        }
        search.frontier[at] = item
    }

    private mutating func popItem() -> PoolSearch.Item? {
        guard let first = search.frontier.first else { return nil }
        let item = search.frontier.removeLast()
        let count = search.frontier.count
        if count == 0 { return first }
        var at = 0
        while true {
            var child = 2 * at + 1
            guard child < count else { break }
            if child + 1 < count, isBefore(search.frontier[child + 1], search.frontier[child]) { child += 1 }
            guard isBefore(search.frontier[child], item) else { break }
            search.frontier[at] = search.frontier[child]
            at = child
        }
        search.frontier[at] = item
        return first
    }
}
