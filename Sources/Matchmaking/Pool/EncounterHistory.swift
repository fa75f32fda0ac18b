import SessionProtocol

/// Who has played with whom, as far as one scene's rule asks: pairs for `never`, last groups for `reunite`.
struct EncounterHistory: Sendable {
    let rule: EncounterRule
    private let countMax: Int
    private var met: PairTable
    /// The number of the group in which a person played last.
    private var lastGroups: [UInt32: UInt32] = [:]
    private var groups: [UInt32: [UInt32]] = [:]
    /// Groups in order of playing; the first ones go when there are too many.
    private var oldestGroup: UInt32 = 1
    private var nextGroup: UInt32 = 1

    init(_ rule: EncounterRule, countMax: Int) {
        self.rule = rule
        self.countMax = max(1, countMax)
        met = PairTable(lifetimeMs: nil, countMax: countMax)
    }

    var isKept: Bool { rule != .any }
    var count: Int { met.count + groups.count }

    /// Takes in a group that has played together.
    mutating func record(_ subjects: [SubjectID], _ book: inout PairBook) {
        switch rule {
        case .any: return
        case .never:
            for (index, subject) in subjects.enumerated() {
                for other in subjects[..<index] where other != subject {
                    let key = PairKey(book.hold(subject), book.hold(other))
                    let isNew = met.insert(1, for: key, nowMs: 0)
                    if !isNew { release(key, &book) }
                    while let dropped = met.popOverflow() { release(dropped, &book) }
                }
            }
        case .reunite:
            let people = subjects.map { book.hold($0) }
            for person in people { lastGroups[person] = nextGroup }
            groups[nextGroup] = people
            nextGroup += 1
            while groups.count > countMax { dropOldestGroup(&book) }
        }
    }

    mutating func removeAll(_ book: inout PairBook) {
        while let key = met.popFirst() { release(key, &book) }
        while oldestGroup < nextGroup { dropOldestGroup(&book) }
    }

    private func release(_ key: PairKey, _ book: inout PairBook) {
        book.release(key.lower)
        book.release(key.higher)
    }

    private mutating func dropOldestGroup(_ book: inout PairBook) {
        defer { oldestGroup += 1 }
        for person in groups.removeValue(forKey: oldestGroup) ?? [] {
            if lastGroups[person] == oldestGroup { lastGroups[person] = nil }
            book.release(person)
        }
    }

    func haveMet(_ a: UInt32, _ b: UInt32) -> Bool { met.count > 0 && met[PairKey(a, b)] != nil }

    /// The group that a person would be put together with again: its last, while it is the last of all its members;
    /// 0 for none.
    func reunion(of person: UInt32) -> UInt32 {
        guard person != 0, let group = lastGroups[person], let people = groups[group], people.count > 1,
            people.allSatisfy({ lastGroups[$0] == group })
        else { return 0 }
        return group
    }

    func people(of group: UInt32) -> [UInt32] { groups[group] ?? [] }
}

extension EncounterRule {
    /// What is remembered for one serves the other.
    func isSameKind(as other: EncounterRule) -> Bool {
        switch (self, other) {
        case (.any, .any), (.never, .never), (.reunite, .reunite): true
        case (.any, _), (.never, _), (.reunite, _): false
        }
    }
}
