import SessionProtocol

@testable import Matchmaking

/// Those who wait in a test, as they themselves see it: what the pool is told, kept apart from what it makes of that.
struct Waiter: Equatable {
    var name: String
    var attributes = Attributes.none
    var pingMs: UInt32?
}

struct WaitingParty: Equatable {
    var members: [Waiter]
    var sinceMs: UInt64
    var order: UInt64
    var isSingle: Bool { members.count == 1 }
}

/// A pool, driven as the matchmaker drives it: each event is followed by a search around whom it concerns.
struct Waiters {
    var pool: WaitingPool
    var book = PairBook(apartLifetimeMs: 60_000, apartMax: 1000, measuredLifetimeMs: 86_400_000, measuredMax: 1000)
    var now = Moment(bootMs: 10_000_000, unixMs: 1_700_000_000_000)
    private(set) var waiting: [PoolUnit: WaitingParty] = [:]
    private(set) var orderNext: UInt64 = 0
    /// Everyone who has come, by number.
    private var known: [String] = []

    struct Formed {
        var names: [String]
        var parties: [WaitingParty]
        var around: WaitingParty
        var reason: MatchReason
        var atMs: UInt64
    }
    private(set) var formed: [Formed] = []
    private(set) var given: [String] = []
    /// Called before the units of a new group leave.
    var check: ((Waiters, Formed) -> Void)?

    init(_ rules: MatchingRules, size: Int, limits: PoolLimits = PoolLimits()) {
        pool = WaitingPool(rules: rules, groupSize: size, limits: limits)
    }

    /// In order of coming.
    var parties: [WaitingParty] { waiting.values.sorted { $0.order < $1.order } }
    var names: [String] { parties.flatMap { $0.members.map(\.name) } }
    var groups: [[String]] { formed.map(\.names) }

    mutating func join(_ name: String, _ attributes: [Attributes.Entry] = [], pingMs: UInt32? = nil, waitedMs: UInt64 = 0) {
        join([Waiter(name: name, attributes: Attributes(attributes), pingMs: pingMs)], waitedMs: waitedMs)
    }

    mutating func join(_ members: [Waiter], waitedMs: UInt64 = 0) {
        orderNext += 1
        for member in members where !known.contains(member.name) { known.append(member.name) }
        let unit = pool.insert(
            members.map { PoolMember(number($0.name), .of($0.name), $0.attributes, pingMs: $0.pingMs) }, sinceUnixMs: now.unixMs - waitedMs,
            order: orderNext, now: now, &book)
        waiting[unit] = WaitingParty(members: members, sinceMs: now.bootMs - waitedMs, order: orderNext)
        place(unit)
    }

    mutating func leave(_ name: String) {
        guard let unit = unit(name) else { return }
        remove(unit)
    }

    private func number(_ name: String) -> JoinNumber { JoinNumber(slot: Int32(known.firstIndex(of: name) ?? -1)) }

    func unit(_ name: String) -> PoolUnit? {
        waiting.first { $0.value.members.contains { $0.name == name } }?.key
    }

    mutating func pass(_ ms: UInt64) {
        let target = now.bootMs + ms
        while let nextMs = [pool.nextDueMs, book.nextMs].compactMap({ $0 }).min(), nextMs <= target {
            advance(to: max(nextMs, now.bootMs))
            while let (a, b) = book.popExpired(nowMs: now.bootMs) {
                for name in [a.name, b.name] { if let unit = unit(name) { place(unit) } }
            }
            while let step = pool.popDue(now: now) {
                switch step {
                case .search(let unit): place(unit)
                case .reunionFailed(let unit):
                    given += waiting[unit]?.members.map(\.name) ?? []
                    remove(unit)
                }
            }
        }
        advance(to: target)
    }

    private mutating func advance(to bootMs: UInt64) {
        now.unixMs += bootMs - now.bootMs
        now.bootMs = bootMs
    }

    mutating func setPing(_ name: String, _ ms: UInt32) {
        guard let unit = unit(name) else { return }
        let old = waiting[unit]?.members.first { $0.name == name }?.pingMs ?? .max
        if ms < old, let at = waiting[unit]?.members.firstIndex(where: { $0.name == name }) {
            waiting[unit]?.members[at].pingMs = ms
        }
        if pool.setPing(unit, number(name), pingMs: ms) { place(unit) }
    }

    mutating func keepApart(_ a: String, _ b: String) {
        book.keepApart(.of(a), .of(b), nowMs: now.bootMs)
        for name in [a, b] { becameKnown(name) }
    }

    mutating func becameKnown(_ name: String) {
        if let unit = unit(name) { pool.becameKnown(unit, number(name), .of(name), &book) }
    }

    mutating func havePlayed(_ names: String...) { pool.history.record(names.map { .of($0) }, &book) }

    private mutating func place(_ unit: PoolUnit) {
        switch pool.placement(of: unit, now: now, book) {
        case .complete(let group):
            let parties = group.units.compactMap { waiting[$0] }
            guard let around = waiting[unit] else { return }
            let formed = Formed(
                names: group.members.map { known[Int($0.slot)] }, parties: parties, around: around, reason: group.reason, atMs: now.bootMs)
            check?(self, formed)
            self.formed.append(formed)
            for unit in group.units { remove(unit) }
        case .room(let room):
            pool.leaveRoom(unit)
            pool.enter(room, unit)
        case .alone:
            if pool.room(of: unit) == nil { _ = pool.openRoom(unit) }
        }
    }

    private mutating func remove(_ unit: PoolUnit) {
        waiting[unit] = nil
        pool.remove(unit, &book)
    }
}

func skill(_ value: Double) -> Attributes.Entry { Attributes.Entry(name: "skill", value: .number(value)) }
func text(_ name: String, _ value: String) -> Attributes.Entry { Attributes.Entry(name: name, value: .text(value)) }
func roles(_ names: String...) -> Attributes.Entry { Attributes.Entry(name: "role", value: .texts(names)) }

extension MatchingRules {
    static func with(_ change: (inout MatchingRules) -> Void) -> MatchingRules {
        var rules = MatchingRules()
        change(&rules)
        return rules
    }

    /// A window by steps of (milliseconds, width).
    static func skill(_ steps: (UInt64, Double?)..., fallback: Double? = nil) -> SkillRule {
        SkillRule(
            attribute: "skill", steps: steps.map { SkillRule.Step(afterMs: $0.0, width: $0.1) }, fallback: fallback)
    }

    static func latency(_ steps: (UInt64, UInt32?)..., regions: [LatencyRule.RegionPair] = []) -> LatencyRule {
        LatencyRule(
            steps: steps.map { LatencyRule.Step(afterMs: $0.0, capMs: $0.1) },
            regionAttribute: regions.isEmpty ? nil : "region", regions: regions)
    }
}
