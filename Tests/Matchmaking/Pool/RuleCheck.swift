import Matchmaking
import SessionProtocol

/// What a scene's rules say of a group, straight from the words of the rules: every pair, every seating, without any of the
/// pool's parts. Slow, and only for tests.
struct RuleCheck {
    let rules: MatchingRules
    let groupSize: Int
    var apart: Set<Set<String>> = []
    var met: Set<Set<String>> = []

    /// Whether these may play together at this time.
    func isGroup(_ parties: [WaitingParty], nowMs: UInt64) -> Bool {
        let people = parties.flatMap(\.members)
        let bots = parties.filter { isBot($0.members[0]) }
        let others = parties.filter { !isBot($0.members[0]) }
        guard !others.isEmpty else { return false }
        let waits = others.map { nowMs - $0.sinceMs }
        let longestMs = waits.max() ?? 0
        if people.count != groupSize {
            guard people.count < groupSize, bots.isEmpty,
                rules.smallerGroups.contains(where: { $0.size <= people.count && $0.afterMs <= longestMs })
            else { return false }
        }
        if !bots.isEmpty {
            guard let rule = rules.bots, longestMs >= rule.afterMs, people.count - bots.count >= rule.playersMin
            else { return false }
        }
        for (index, party) in parties.enumerated() {
            for other in parties[..<index] where !fits(party, other, nowMs: nowMs) { return false }
        }
        for rule in rules.attributes {
            guard case .equal(let name) = rule else { continue }
            if Set(others.flatMap(\.members).map { $0.attributes[name] }).count > 1 { return false }
        }
        return canBeSeated(others.flatMap(\.members).map(\.attributes), size: people.count)
    }

    func isBot(_ waiter: Waiter) -> Bool {
        rules.bots != nil && waiter.attributes["role"] == .text("bot")
    }

    func fits(_ a: WaitingParty, _ b: WaitingParty, nowMs: UInt64) -> Bool {
        let waitedMs = max(nowMs - a.sinceMs, nowMs - b.sinceMs)
        for x in a.members {
            for y in b.members {
                if apart.contains([x.name, y.name]) || met.contains([x.name, y.name]) { return false }
                if isBot(x) || isBot(y) { continue }
                if let skill = rules.skill {
                    let widths = skill.steps.filter { $0.afterMs <= waitedMs }.map(\.width)
                    let difference = abs(value(x, skill) - value(y, skill))
                    if !widths.contains(where: { $0 == nil || difference <= $0! }) { return false }
                }
                for case .different(let name) in rules.attributes {
                    if let value = x.attributes[name], value == y.attributes[name] { return false }
                }
                if let latency = rules.latency {
                    let caps = latency.steps.filter { $0.afterMs <= waitedMs }.map(\.capMs)
                    let trip = roundTripMs(x, y, latency)
                    if !caps.contains(where: { cap in cap == nil || trip.map { $0 <= cap! } ?? false }) { return false }
                }
            }
        }
        return true
    }

    private func value(_ waiter: Waiter, _ rule: SkillRule) -> Double {
        if case .number(let value)? = waiter.attributes[rule.attribute] { value } else { rule.fallback ?? 0 }
    }

    private func roundTripMs(_ x: Waiter, _ y: Waiter, _ rule: LatencyRule) -> UInt32? {
        if let name = rule.regionAttribute, case .text(let first)? = x.attributes[name],
            case .text(let second)? = y.attributes[name],
            let pair = rule.regions.first(where: {
                ($0.first == first && $0.second == second) || ($0.first == second && $0.second == first)
            })
        {
            return pair.roundTripMs
        }
        if let first = x.pingMs, let second = y.pingMs { return first + second }
        return nil
    }

    /// Tries all ways to give seats.
    private func canBeSeated(_ people: [Attributes], size: Int) -> Bool {
        guard let rule = rules.roles else { return true }
        var free = Array(rule.seats.flatMap { [String](repeating: $0.role, count: $0.count) }.prefix(size))
        func seat(_ at: Int) -> Bool {
            if at == people.count { return true }
            let wanted: [String]? =
                switch people[at][rule.attribute] {
                case .text(let role)?: [role]
                case .texts(let roles)?: roles
                default: nil
                }
            for index in free.indices where wanted?.contains(free[index]) ?? true {
                let role = free.remove(at: index)
                if seat(at + 1) { return true }
                free.insert(role, at: index)
            }
            return false
        }
        return seat(0)
    }
}
