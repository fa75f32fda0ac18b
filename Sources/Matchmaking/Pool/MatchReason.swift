/// Why a group was put together, in numbers; `description` says it in a sentence.
public struct MatchReason: Hashable, Sendable, CustomStringConvertible {
    public var players = 0
    public var groupSize = 0
    public var bots = 0
    /// The longest wait of a member.
    public var waitedMs: UInt64 = 0
    /// The scene's attribute of skill with the members' greatest difference, and the widest window of a member.
    public var skill: Skill?
    /// The longest round trip that could be told, and the widest cap of a member; nil for none.
    public var latency: Latency?
    public var equal: [String] = []
    public var different: [String] = []
    public var roles: [String] = []
    public var areNewPartners = false
    public var isReunion = false
    /// The sizes of those who came with a party code.
    public var parties: [Int] = []

    public struct Skill: Hashable, Sendable {
        public let attribute: String
        public let spread: Double
        public let width: Double
    }
    public struct Latency: Hashable, Sendable {
        public let longestMs: UInt32?
        public let capMs: UInt32?
    }

    public init() {}

    public var description: String {
        var parts: [String] = []
        if isReunion { parts.append("the group of the last game, all of it back") }
        if let skill {
            let window = skill.width.isFinite ? "within \(Self.text(skill.width))" : "without a limit"
            parts.append("\(skill.attribute) \(Self.text(skill.spread)) apart (\(window))")
        }
        if let latency {
            let longest = latency.longestMs.map { "round trip at most \($0) ms" } ?? "round trips not known"
            parts.append("\(longest) (\(latency.capMs.map { "cap \($0) ms" } ?? "without a cap"))")
        }
        if !equal.isEmpty { parts.append("same \(equal.joined(separator: ", "))") }
        if !different.isEmpty { parts.append("different \(different.joined(separator: ", "))") }
        if !roles.isEmpty { parts.append("roles \(roles.joined(separator: ", "))") }
        if areNewPartners { parts.append("no two have met before") }
        if bots > 0 { parts.append(bots == 1 ? "1 bot for a seat that stayed free" : "\(bots) bots for seats that stayed free") }
        if !parties.isEmpty { parts.append(Self.text(parties)) }
        if parts.isEmpty { parts.append("first come first served") }
        if players < groupSize, !isReunion { parts.append("fewer being enough after such a wait") }
        let size = players == groupSize ? "\(players) of \(groupSize)" : "\(players) instead of \(groupSize)"
        return "\(size): \(parts.joined(separator: ", ")); the longest wait was \(Self.seconds(waitedMs))"
    }

    /// What is not negative, with at most one digit behind the point.
    private static func text(_ given: Double) -> String {
        let value = max(0, given)
        guard value < 1e15 else { return "\(value)" }
        let tenths = Int64(value * 10 + 0.5)
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    private static func text(_ parties: [Int]) -> String {
        let sizes = parties.map(String.init)
        guard sizes.count > 1 else { return "a party of \(sizes[0])" }
        return "parties of \(sizes.dropLast().joined(separator: ", ")) and \(sizes[sizes.count - 1])"
    }

    private static func seconds(_ ms: UInt64) -> String { "\(ms / 1000).\(ms % 1000 / 100) s" }
}

extension WaitingPool {
    @inline(__always)
    func reason(_ units: [PoolUnit], _ slots: [Int32], _ book: PairBook, reunited: Bool) -> MatchReason {
        var reason = MatchReason()
        reason.players = slots.count
        reason.groupSize = groupSize
        var width = 0.0
        var capMs: UInt32 = 0
        for unit in units {
            let stage = stage(unit.slot)
            width = max(width, stage.width)
            capMs = max(capMs, stage.capMs)
            reason.waitedMs = max(reason.waitedMs, waitedMs(unit.slot, nowMs: search.nowMs))
            if size(unit.slot) > 1 { reason.parties.append(size(unit.slot)) }
        }
        for slot in slots where entries[Int(slot)].isBot { reason.bots += 1 }
        let people = reason.bots == 0 ? slots : slots.filter { !entries[Int($0)].isBot }
        if let skill = rules.skill {
            var lowest = Double.infinity
            var highest = -Double.infinity
            for slot in people {
                lowest = min(lowest, entries[Int(slot)].skill)
                highest = max(highest, entries[Int(slot)].skill)
            }
            reason.skill = MatchReason.Skill(attribute: skill.attribute, spread: max(0, highest - lowest), width: width)
        }
        if rules.latency != nil {
            var longestMs: UInt32?
            for (at, slot) in people.enumerated() {
                for other in people[..<at] {
                    if let ms = roundTripMs(slot, other, book) { longestMs = max(longestMs ?? 0, ms) }
                }
            }
            reason.latency = MatchReason.Latency(longestMs: longestMs, capMs: capMs == LatencyZones.anyMs ? nil : capMs)
        }
        reason.equal = equalAttributes
        reason.different = differentAttributes
        if let seats { reason.roles = seats.seats.prefix(slots.count).map { seats.roles[Int($0)] } }
        reason.areNewPartners = rules.encounters == .never
        reason.isReunion = reunited
        return reason
    }
}
