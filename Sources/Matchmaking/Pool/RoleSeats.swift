/// The seats of a group by role, as bits: who can take which.
struct RoleSeats: Sendable {
    /// In order of the rule; a role that stands there twice has its seats together.
    let roles: [String]
    /// The role of each seat, in order of `PlayerIndex`.
    let seats: [UInt8]
    let attribute: String
    /// Roles that have a seat, and those that have two.
    private let open: UInt32
    private let open2: UInt32

    static let anyRole = UInt32.max

    init?(_ rules: MatchingRules) {
        guard let rule = rules.roles else { return nil }
        var roles: [String] = []
        var seats: [UInt8] = []
        for entry in rule.seats {
            let index = roles.firstIndex(of: entry.role) ?? roles.count
            if index == roles.count { roles.append(entry.role) }
            precondition(index < RoleRule.rolesMax, "a scene has at most \(RoleRule.rolesMax) roles")
            seats += [UInt8](repeating: UInt8(index), count: max(0, entry.count))
        }
        var (open, open2): (UInt32, UInt32) = (0, 0)
        for seat in seats {
            let bit: UInt32 = 1 << UInt32(seat)
            open2 |= open & bit
            open |= bit
        }
        (self.open, self.open2) = (open, open2)
        self.roles = roles
        self.seats = seats
        attribute = rule.attribute
    }

    /// Whether two people can have seats of a full group, as `RoleFill` would give them.
    func canSeat(_ first: UInt32, _ second: UInt32) -> Bool {
        let (one, other) = (first & open, second & open)
        if one == 0 || other == 0 { return false }
        let either = one | other
        // Of two roles or more each can have one of its own; of one role there must be two seats.
        return either & (either - 1) != 0 || either & open2 != 0
    }

    /// The roles that a subject would take; none when no seat has what it asks for.
    func mask(of value: AttributeValue?) -> UInt32 {
        switch value {
        case nil: Self.anyRole
        case .text(let role)?: bit(role)
        case .texts(let names)?: names.reduce(0) { $0 | bit($1) }
        case .number?, .flag?: 0
        }
    }

    private func bit(_ role: String) -> UInt32 { roles.firstIndex(of: role).map { 1 << UInt32($0) } ?? 0 }
}

/// People being given seats, one after the other: a bipartite matching by augmenting paths.
struct RoleFill: Sendable {
    /// Seats that there are of each role.
    private var capacity: [Int]
    private var taken: [Int]
    private var masks: [UInt32] = []
    private var roleOf: [Int] = []

    /// The first `size` seats: a smaller group leaves the last ones out.
    init(_ seats: RoleSeats, size: Int) {
        capacity = [Int](repeating: 0, count: seats.roles.count)
        for role in seats.seats.prefix(size) { capacity[Int(role)] += 1 }
        taken = [Int](repeating: 0, count: capacity.count)
    }

    /// Seats one more, moving others to roles that they would take as well; false, and no change, when that cannot be.
    mutating func add(_ mask: UInt32) -> Bool {
        masks.append(mask)
        roleOf.append(-1)
        var tried: UInt32 = 0
        if augment(masks.count - 1, &tried) { return true }
        masks.removeLast()
        roleOf.removeLast()
        return false
    }

    /// Lets go of the one that was seated last.
    mutating func removeLast() {
        masks.removeLast()
        taken[roleOf.removeLast()] -= 1
    }

    private mutating func augment(_ person: Int, _ tried: inout UInt32) -> Bool {
        for role in capacity.indices where masks[person] & (1 << UInt32(role)) != 0 && tried & (1 << UInt32(role)) == 0 {
            tried |= 1 << UInt32(role)
            if taken[role] < capacity[role] {
                taken[role] += 1
                roleOf[person] = role
                return true
            }
            for other in roleOf.indices where roleOf[other] == role && other != person {
                // The other one's new seat is counted; the old one passes on to this person.
                guard augment(other, &tried) else { continue }
                roleOf[person] = role
                return true
            }
        }
        return false
    }

    /// For each of the seats in order the person who has it, as counted by `add`; nil where nobody has.
    func order(_ seats: RoleSeats, size: Int) -> [Int?] {
        var people = capacity.indices.map { role in roleOf.indices.filter { roleOf[$0] == role }[...] }
        return seats.seats.prefix(size).map { people[Int($0)].popFirst() }
    }
}
