import Digests
import SessionProtocol
import Testing

@testable import Matchmaking

/// In which order a search finds those who fit, held against all of them sorted.
@Suite struct PoolOrderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let rules: MatchingRules
        /// Skills are whole numbers below this: few are often equal.
        var skills: UInt64 = 40
        var partySize = 1
        var testDescription: String { name }
    }

    static let roles = ["a", "b", "c", "d"]
    static let window = MatchingRules.skill((0, 4), (5000, 9), (12_000, 20))
    static let cases: [Case] = [
        Case(name: "first come", rules: .with { $0.partySizeMax = 2 }, partySize: 2),
        Case(name: "skill", rules: .with { $0.skill = window }),
        Case(name: "skill of many", rules: .with { $0.skill = MatchingRules.skill((0, 40_000), (5000, 90_000)) }, skills: 1_000_000),
        Case(name: "skill and parties", rules: .with { $0.skill = window; $0.partySizeMax = 2 }, partySize: 2),
        Case(name: "any skill in the end", rules: .with { $0.skill = MatchingRules.skill((0, 2), (9000, nil)) }),
        Case(
            name: "more buckets than tags",
            rules: .with {
                $0.skill = window
                $0.latency = MatchingRules.latency((0, 60), (8000, nil), regions: PoolPropertyTests.regions)
                $0.attributes = [.different("team")]
                $0.roles = RoleRule(attribute: "role", seats: roles.map { .init(role: $0, count: 1) })
            }),
        Case(
            name: "more buckets than tags, first come",
            rules: .with {
                $0.latency = MatchingRules.latency((0, 60), (8000, nil), regions: PoolPropertyTests.regions)
                $0.attributes = [.different("team")]
                $0.roles = RoleRule(attribute: "role", seats: roles.map { .init(role: $0, count: 1) })
            }),
    ]

    private func attributes(_ random: inout SeededGenerator, _ test: Case) -> Attributes {
        var attributes = Attributes()
        attributes.set("skill", .number(Double(random.next() % test.skills)))
        attributes.set("team", .text("t\(random.next() % 7)"))
        attributes.set("region", .text(["eu", "us"][Int(random.next() % 2)]))
        let roles = random.next() % 15 + 1
        attributes.set("role", .texts(Self.roles.indices.filter { roles >> UInt64($0) & 1 == 1 }.map { Self.roles[$0] }))
        return attributes
    }

    @Test("those who fit are found in order: the overdue by seniority, the others by skill and then seniority", arguments: cases)
    func order(_ test: Case) {
        var random = SeededGenerator(number: 17)
        let limits = PoolLimits(candidatesMax: 100_000)
        var pool = WaitingPool(rules: test.rules, groupSize: 4, limits: limits)
        var book = PairBook(apartLifetimeMs: 60_000, apartMax: 10, measuredLifetimeMs: 86_400_000, measuredMax: 10)
        var now = Moment(bootMs: 1_000_000, unixMs: 2_000_000)
        var units: [PoolUnit] = []
        var found = 0
        for number in 0..<1500 {
            let size = 1 + Int(random.next() % UInt64(test.partySize))
            let members = (0..<size).map { PoolMember(JoinNumber(slot: Int32(8 * number + $0)), .of("p\(number)x\($0)"), attributes(&random, test)) }
            let sinceUnixMs = now.unixMs - random.next() % 40 * 1000
            units.append(pool.insert(members, sinceUnixMs: sinceUnixMs, order: random.next() % 4 << 32 + UInt64(number), now: now, &book))
            if number > 600, random.next() % 2 == 0 {
                pool.remove(units.remove(at: Int(random.next() % UInt64(units.count))), &book)
            }
            if random.next() % 10 == 0 {
                now.bootMs += 700
                now.unixMs += 700
                while pool.popDue(now: now) != nil {}
            }
            guard number % 60 == 0 else { continue }
            #expect(pool.shelves.allSatisfy { $0.tags == 0 || pool.index.isSound($0.tree) })
            let head = units[Int(random.next() % UInt64(units.count))].slot
            let fitting = units.map(\.slot).filter { slot in
                slot != head && pool.size(slot) + pool.size(head) <= 4 && pool.fits(head, slot, book)
                    && pool.seats?.canSeat(pool.entries[Int(head)].roles, pool.entries[Int(slot)].roles) ?? true
            }
            let expected = fitting.sorted { a, b in
                let (first, second) = (pool.stage(a).isOverdue, pool.stage(b).isOverdue)
                if first != second { return first }
                if !first, test.rules.skill != nil {
                    let middle = pool.key(head)
                    let (near, far) = (abs(pool.key(a) - middle), abs(pool.key(b) - middle))
                    if near != far { return near < far }
                }
                return pool.index.isMoreSenior(a, than: b)
            }
            pool.beginSearch(around: head, book)
            _ = pool.findCandidates(around: head, members: .max / 2, book)
            #expect(pool.search.found == expected)
            found += expected.count
        }
        #expect(found > 100, "the test is about nothing otherwise")
        if test.name.hasPrefix("more buckets") { #expect(pool.shelves.filter { !$0.tree.ranks }.count > 1) }
        for unit in units { pool.remove(unit, &book) }
        #expect(pool.tableSizes.allSatisfy { $0.count == 0 } && pool.shelves.allSatisfy { $0.tags == 0 && $0.tree.root == -1 })
    }
}
