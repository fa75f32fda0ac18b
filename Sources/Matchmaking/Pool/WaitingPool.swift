import SessionProtocol

/// Those who wait in one scene, so that a group of them is found without a look at all of them. A value: the same calls give
/// the same answers.
///
/// Two units fit when all of their members do, pair by pair: they are not kept apart, have not met where partners must
/// be new, are within the skill window and the cap of the round trip (the looser of both units' present steps), and
/// agree in what must be equal or different. The members of a party have chosen each other: among themselves only
/// seats and equal attributes count.
///
/// Of those who fit, the overdue come first, the most senior of them foremost; then the nearest by skill, then the most
/// senior. A search looks at so many (`PoolLimits.candidatesMax`); within these it is exhaustive for groups of two, and for
/// larger ones as long as it compares no more pairs than `PoolLimits.pairChecksMax`.
struct WaitingPool: Sendable {
    let rules: MatchingRules
    let groupSize: Int
    let limits: PoolLimits
    let stages: Stages
    let seats: RoleSeats?
    let zones: LatencyZones
    let hasZones: Bool
    let hasSkill: Bool
    private let skillAttribute: String?
    let equalAttributes: [String]
    let differentAttributes: [String]
    /// Without them whoever is not in the book of pairs fits everybody.
    let hasPairRules: Bool

    var entries: [WaitingEntry] = []
    /// By the same slots, apart: no search asks who it is.
    var joins: [JoinNumber] = []
    private var free: [Int32] = []
    var index = SkillIndex()
    /// When the next step of each passes.
    var due: StepLines
    /// For each member and each attribute that must differ the number of its value.
    private(set) var different: [UInt32] = []

    var buckets: [PoolBucket] = []
    var bucketsFree: [Int32] = []
    var bucketNumbers: [PoolBucket.Key: Int32] = [:]
    var values = Interner<AttributeValue>()
    var kinds = Interner<KindLink>()
    var kindTable: [PoolKind] = [PoolKind()]
    var shelves: [PoolShelf] = []
    var shelvesFree: [Int32] = []

    var rooms = PoolRooms()
    var history: EncounterHistory
    /// Who waits for a last group, by its number.
    var reunions: [UInt32: [Int32]] = [:]
    /// The last group of each of these.
    var reunionOf: [Int32: UInt32] = [:]
    /// Units whose wait allows bots, as they asked for them; those gone are left out when it is their turn.
    var hungry: [PoolUnit] = []
    var hungryFirst = 0
    var botsBucket: Int32 = -1
    /// Units whose step has passed, from `readyNext` on still to be searched around.
    var ready: [Int32] = []
    var readyNext = 0

    private(set) var unitCount = 0
    private(set) var memberCount = 0
    var search = PoolSearch()

    init(rules: MatchingRules, groupSize: Int, limits: PoolLimits = PoolLimits()) {
        self.rules = rules
        self.groupSize = groupSize
        self.limits = limits
        stages = Stages(rules, groupSize: groupSize, overdueMs: limits.overdueMs)
        due = StepLines(stages: stages.boundariesMs.count)
        seats = RoleSeats(rules)
        zones = LatencyZones(rules.latency)
        hasZones = rules.latency != nil
        hasSkill = rules.skill != nil
        skillAttribute = rules.skill?.attribute
        var equal: [String] = []
        var different: [String] = []
        for rule in rules.attributes {
            switch rule {
            case .equal(let name): equal.append(name)
            case .different(let name): different.append(name)
            }
        }
        equalAttributes = equal
        differentAttributes = different
        hasPairRules = hasSkill || rules.latency != nil || !different.isEmpty
        history = EncounterHistory(rules.encounters, countMax: limits.encountersMax)
    }

    /// One more attribute on the way to a kind: those of one kind agree in all that must be equal.
    struct KindLink: Hashable, Sendable {
        let before: UInt32
        let value: UInt32
    }

    // MARK: Coming and going

    /// Takes in a unit. Its members must not be in the pool.
    /// - Parameters:
    ///   - sinceUnixMs: its seniority; of equal ones the lower `order` comes first.
    mutating func insert(
        _ members: some Collection<PoolMember>, sinceUnixMs: UInt64, order: UInt64, now: Moment, _ book: inout PairBook
    ) -> PoolUnit {
        precondition(!members.isEmpty && members.count <= groupSize, "a unit has a group's members at most")
        let waitedMs = now.unixMs - min(now.unixMs, sinceUnixMs)
        var head: Int32 = -1
        var last: Int32 = -1
        var kind: UInt32 = 0
        for member in members {
            let slot = freeSlot(member.join)
            fill(slot, member, &book)
            if head < 0 {
                head = slot
                kind = holdKind(of: member.attributes)
            } else {
                entries[Int(last)].nextMember = slot
            }
            last = slot
        }
        entries[Int(head)].sinceMs = Int64(clamping: now.bootMs) - Int64(clamping: waitedMs)
        entries[Int(head)].size = UInt8(clamping: members.count)
        if rules.bots != nil, members.count == 1, members.allSatisfy({ rules.isBot($0.attributes) }) {
            entries[Int(head)].marks.insert(.bot)
        }
        index.set(head, sinceUnixMs: sinceUnixMs, order: order)
        entries[Int(head)].stage = UInt8(clamping: stages.stage(afterMs: waitedMs))
        unitCount += 1
        memberCount += members.count
        if case .reunite = rules.encounters { expectReunion(head) }
        shelve(head, kind: kind)
        schedule(head)
        if stage(head).allowsBots { askForBots(head) }
        return PoolUnit(slot: head)
    }

    private mutating func freeSlot(_ join: JoinNumber) -> Int32 {
        if let slot = free.popLast() {
            entries[Int(slot)] = WaitingEntry()
            joins[Int(slot)] = join
            return slot
        }
        let slot = Int32(entries.count)
        entries.appendToTable(WaitingEntry())
        joins.appendToTable(join)
        index.set(slot, sinceUnixMs: 0, order: 0)
        different.appendToTable(repeating: 0, count: differentAttributes.count)
        return slot
    }

    private mutating func fill(_ slot: Int32, _ member: PoolMember, _ book: inout PairBook) {
        let at = Int(slot)
        entries[at].person = book.holdKnown(member.subject)
        if let skillAttribute {
            if case .number(let value)? = member.attributes[skillAttribute], value.isFinite {
                entries[at].skill = value
            } else {
                entries[at].skill = rules.skill?.fallback ?? 0
            }
        }
        if let seats { entries[at].roles = seats.mask(of: member.attributes[seats.attribute]) }
        if hasZones { entries[at].region = zones.region(of: member.attributes) }
        if let pingMs = member.pingMs { entries[at].pingMs = UInt16(min(pingMs, UInt32(LatencyZones.unknownMs) - 1)) }
        for (number, name) in differentAttributes.enumerated() {
            different[at * differentAttributes.count + number] = member.attributes[name].map { values.hold($0) } ?? 0
        }
    }

    private mutating func holdKind(of attributes: Attributes) -> UInt32 {
        var kind: UInt32 = 0
        for name in equalAttributes {
            let value = attributes[name].map { values.hold($0) } ?? 0
            kind = kinds.hold(KindLink(before: kind, value: value))
        }
        while kindTable.count <= Int(kind) { kindTable.append(PoolKind()) }
        return kind
    }

    private mutating func releaseKind(_ last: UInt32) {
        var kind = last
        while kind != 0, let link = kinds.value(of: kind) {
            values.release(link.value)
            kinds.release(kind)
            kind = link.before
        }
    }

    /// Takes a unit out of everything.
    mutating func remove(_ unit: PoolUnit, _ book: inout PairBook) {
        let head = unit.slot
        let kind = buckets[Int(entries[Int(head)].bucket)].key.kind
        leaveRoom(unit)
        unshelve(head)
        unschedule(head)
        forgetReunion(head)
        memberCount -= size(head)
        unitCount -= 1
        releaseKind(kind)
        var slot = head
        while slot >= 0 {
            let entry = entries[Int(slot)]
            book.release(entry.person)
            for number in differentAttributes.indices {
                values.release(different[Int(slot) * differentAttributes.count + number])
            }
            entries[Int(slot)].nextMember = -1
            entries[Int(slot)].size = 0
            entries[Int(slot)].marks = []
            free.append(slot)
            slot = entry.nextMember
        }
        if unitCount == 0 { reset() }
    }

    /// With nobody there, nothing stays of those who were, nor the room that many of them took.
    private mutating func reset() {
        let isLarge = entries.capacity > 1024
        entries.removeAll(keepingCapacity: !isLarge)
        joins.removeAll(keepingCapacity: !isLarge)
        free.removeAll(keepingCapacity: !isLarge)
        different.removeAll(keepingCapacity: !isLarge)
        hungry.removeAll(keepingCapacity: !isLarge)
        hungryFirst = 0
        index.removeAll(keepingCapacity: !isLarge)
        due.removeAll(keepingCapacity: !isLarge)
        if isLarge { search = PoolSearch() }
    }

    // MARK: Of one unit

    // A value as large as this is copied for every call of a function that leaves it as it is: those that are called often
    // are inlined instead.

    @inline(__always)
    func size(_ head: Int32) -> Int { Int(entries[Int(head)].size) }
    @inline(__always)
    func stage(_ head: Int32) -> Stages.Stage { stages.stages[Int(entries[Int(head)].stage)] }
    @inline(__always)
    func kind(_ head: Int32) -> UInt32 { buckets[Int(entries[Int(head)].bucket)].key.kind }

    /// What a unit is found by: its members' mean skill, or without a window its seniority.
    @inline(__always)
    func key(_ head: Int32) -> Double {
        if !hasSkill { return Double(index.sinceUnixMs(head)) }
        if entries[Int(head)].nextMember < 0 { return entries[Int(head)].skill }
        var sum = 0.0
        var slot = head
        while slot >= 0 {
            sum += entries[Int(slot)].skill
            slot = entries[Int(slot)].nextMember
        }
        return sum / Double(size(head))
    }

    @inline(__always)
    func contains(_ unit: PoolUnit) -> Bool { Int(unit.slot) < entries.count && entries[Int(unit.slot)].bucket >= 0 }

    @inline(__always)
    func members(_ unit: PoolUnit) -> JoinNumbers {
        var members = JoinNumbers()
        var slot = unit.slot
        while slot >= 0 {
            members.append(joins[Int(slot)])
            slot = entries[Int(slot)].nextMember
        }
        return members
    }

    /// Tables of the pool, all 0 when nobody waits; what is remembered of games is under `history`.
    var tableSizes: [(name: String, count: Int)] {
        [
            ("poolUnits", unitCount), ("poolMembers", memberCount), ("poolBuckets", bucketNumbers.count),
            ("poolValues", values.count + kinds.count), ("poolRooms", rooms.count), ("poolSteps", due.count),
            ("poolReunions", reunions.count), ("poolHungry", hungry.count - hungryFirst),
        ]
    }
}
