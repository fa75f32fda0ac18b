import Digests
import SessionProtocol
import Testing

@testable import Matchmaking

/// Random populations and events, held against `RuleCheck`.
@Suite struct PoolPropertyTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let size: Int
        let rules: MatchingRules
        var testDescription: String { name }
    }

    static let regions = [
        LatencyRule.RegionPair(first: "eu", second: "eu", roundTripMs: 30),
        LatencyRule.RegionPair(first: "us", second: "us", roundTripMs: 40),
        LatencyRule.RegionPair(first: "eu", second: "us", roundTripMs: 120),
    ]
    static let seats = RoleRule(attribute: "role", seats: [.init(role: "p", count: 1), .init(role: "r", count: 2)])
    static let window = MatchingRules.skill((0, 100), (5000, 300), (12_000, 600))

    static let cases: [Case] = [
        Case(name: "first come", size: 3, rules: .with { $0.partySizeMax = 3 }),
        Case(name: "skill", size: 2, rules: .with { $0.skill = window }),
        Case(name: "skill in threes", size: 3, rules: .with { $0.skill = window }),
        Case(name: "skill and parties", size: 4, rules: .with { $0.skill = window; $0.partySizeMax = 3 }),
        Case(name: "pings", size: 2, rules: .with { $0.latency = MatchingRules.latency((0, 60), (8000, 150)) }),
        Case(name: "regions", size: 3, rules: .with { $0.latency = MatchingRules.latency((0, 60), (8000, nil), regions: regions) }),
        Case(name: "attributes", size: 3, rules: .with { $0.attributes = [.equal("lang"), .different("team")] }),
        Case(name: "roles", size: 3, rules: .with { $0.roles = seats }),
        Case(name: "roles and parties", size: 3, rules: .with { $0.roles = seats; $0.skill = window; $0.partySizeMax = 2 }),
        Case(
            name: "smaller", size: 4,
            rules: .with { $0.skill = window; $0.smallerGroups = [.init(afterMs: 6000, size: 3), .init(afterMs: 9000, size: 2)] }),
        Case(
            name: "at least two of five", size: 5,
            rules: .with { $0.attributes = [.different("team")]; $0.smallerGroups = [.init(afterMs: 7000, size: 2)]; $0.partySizeMax = 2 }),
        Case(name: "bots", size: 3, rules: .with { $0.skill = window; $0.bots = BotRule(afterMs: 7000, playersMin: 2) }),
        Case(name: "never again", size: 2, rules: .with { $0.encounters = .never; $0.skill = window }),
        Case(
            name: "all", size: 3,
            rules: .with {
                $0.skill = window
                $0.latency = MatchingRules.latency((0, 100), (9000, 250), regions: regions)
                $0.attributes = [.equal("lang"), .different("team")]
                $0.roles = seats
                $0.encounters = .never
                $0.smallerGroups = [.init(afterMs: 10_000, size: 2)]
            }),
    ]

    private func waiter(_ name: String, _ random: inout SeededGenerator, _ test: Case) -> Waiter {
        var attributes = Attributes()
        attributes.set("skill", .number(Double(random.next() % 1500)))
        attributes.set("lang", .text(random.next() % 4 == 0 ? "de" : "en"))
        if random.next() % 5 > 0 { attributes.set("team", .text("t\(random.next() % 4)")) }
        if random.next() % 5 > 0 { attributes.set("region", .text(["eu", "us", "mars"][Int(random.next() % 3)])) }
        switch random.next() % 5 {
        case 0, 1: attributes.set("role", .text("r"))
        case 2: attributes.set("role", .text("p"))
        case 3: attributes.set("role", .texts(["p", "r"]))
        default: break
        }
        if test.rules.bots != nil, random.next() % 3 == 0 { attributes.set("role", .text("bot")) }
        return Waiter(name: name, attributes: attributes, pingMs: random.next() % 6 == 0 ? nil : UInt32(random.next() % 90))
    }

    private func rule(_ test: Case, _ waiters: Waiters, apart: Set<Set<String>>, met: Set<Set<String>>) -> RuleCheck {
        RuleCheck(rules: test.rules, groupSize: test.size, apart: apart, met: met)
    }

    /// Runs random events and calls back after each.
    private func run(
        _ test: Case, seed: UInt64, events: Int, waitingMax: Int, after: (Waiters, RuleCheck) -> Void = { _, _ in },
        formed check: @escaping (Waiters, RuleCheck, Waiters.Formed) -> Void = { _, _, _ in }
    ) -> Waiters {
        var random = SeededGenerator(number: seed)
        var waiters = Waiters(test.rules, size: test.size, limits: PoolLimits(candidatesMax: 1000, pairChecksMax: 1_000_000))
        var checker = RuleCheck(rules: test.rules, groupSize: test.size)
        for event in 0..<events {
            let known = checker
            waiters.check = { waiters, formed in check(waiters, known, formed) }
            let already = waiters.formed.count
            switch random.next() % 12 {
            case 0...5 where waiters.names.count < waitingMax:
                var party = [waiter("p\(event)", &random, test)]
                if test.rules.partySizeMax > 1, random.next() % 3 == 0 {
                    for extra in 1..<Int(2 + random.next() % UInt64(test.rules.partySizeMax - 1)) {
                        var member = waiter("p\(event)x\(extra)", &random, test)
                        member.attributes.set("role", .texts(["r", "p"]))
                        party.append(member)
                    }
                    if party.count == test.size, test.rules.roles != nil { party.removeLast() }
                    if party.count > 1 { party[0].attributes.set("role", .texts(["r", "p"])) }
                }
                waiters.join(party, waitedMs: random.next() % 4 == 0 ? random.next() % 9000 : 0)
            case 6 where !waiters.names.isEmpty:
                waiters.leave(waiters.names[Int(random.next() % UInt64(waiters.names.count))])
            case 7 where waiters.names.count > 1:
                let names = waiters.names
                let (a, b) = (names[Int(random.next() % UInt64(names.count))], names[Int(random.next() % UInt64(names.count))])
                if a != b {
                    // For so long as the test lasts, by renewing it.
                    checker.apart.insert([a, b])
                    waiters.keepApart(a, b)
                }
            case 8 where !waiters.names.isEmpty:
                waiters.setPing(waiters.names[Int(random.next() % UInt64(waiters.names.count))], UInt32(random.next() % 90))
            case 9 where test.rules.encounters == .never && waiters.names.count > 1:
                let names = waiters.names
                let (a, b) = (names[0], names[names.count - 1])
                checker.met.insert([a, b])
                waiters.havePlayed(a, b)
                for name in [a, b] {
                    waiters.becameKnown(name)
                }
            default:
                for pair in checker.apart {
                    let names = pair.sorted()
                    waiters.keepApart(names[0], names[1])
                }
                waiters.pass(random.next() % 4000)
            }
            if waiters.formed.count > already { checker.apart = checker.apart.filter { $0.isSubset(of: waiters.names) } }
            after(waiters, checker)
        }
        return waiters
    }

    @Test("every group that is formed holds all rules", arguments: cases)
    func valid(_ test: Case) {
        for seed in 1...6 as ClosedRange<UInt64> {
            let waiters = run(test, seed: seed, events: 300, waitingMax: 60, formed: { waiters, checker, formed in
                #expect(checker.isGroup(formed.parties, nowMs: formed.atMs), "\(formed.names) at seed \(seed)")
                #expect(Set(formed.names) == Set(formed.parties.flatMap(\.members).map(\.name)))
                if let roles = test.rules.roles {
                    let seats = roles.seats.flatMap { [String](repeating: $0.role, count: $0.count) }
                    for (name, seat) in zip(formed.names, seats) {
                        let member = formed.parties.flatMap(\.members).first { $0.name == name }
                        switch member?.attributes["role"] {
                        case .text(let role)?: #expect(role == seat)
                        case .texts(let some)?: #expect(some.contains(seat))
                        default: break
                        }
                    }
                }
            })
            #expect(waiters.formed.count > 3, "the test is about nothing otherwise")
            var rest = waiters
            for name in waiters.names { rest.leave(name) }
            #expect(rest.pool.tableSizes.allSatisfy { $0.count == 0 }, "\(rest.pool.tableSizes)")
        }
    }

    @Test("after each event nobody waits who could play, as long as the search's bounds are not reached", arguments: cases)
    func complete(_ test: Case) {
        for seed in 11...14 as ClosedRange<UInt64> {
            _ = run(test, seed: seed, events: 150, waitingMax: 8, after: { waiters, checker in
                let parties = waiters.parties
                for bits in 1..<(1 << parties.count) {
                    let some = parties.indices.filter { bits & (1 << $0) != 0 }.map { parties[$0] }
                    let count = some.reduce(0) { $0 + $1.members.count }
                    guard count <= test.size else { continue }
                    #expect(
                        !checker.isGroup(some, nowMs: waiters.now.bootMs),
                        "\(some.flatMap(\.members).map(\.name)) could play, seed \(seed)")
                }
            })
        }
    }

    @Test("nobody overdue is passed over for one who could have been left out instead", arguments: cases)
    func overtaking(_ test: Case) {
        for seed in 21...24 as ClosedRange<UInt64> {
            _ = run(test, seed: seed, events: 300, waitingMax: 40, formed: { waiters, checker, formed in
                let isPlain = formed.parties.allSatisfy { $0.isSingle && !checker.isBot($0.members[0]) }
                guard isPlain, formed.names.count == test.size else { return }
                let lastMs = max(30_000, test.rules.skill.map { $0.steps.map(\.afterMs).max() ?? 0 } ?? 0)
                func isOverdue(_ party: WaitingParty) -> Bool {
                    test.rules.skill == nil || formed.atMs - party.sinceMs >= lastMs
                }
                func precedes(_ a: WaitingParty, _ b: WaitingParty) -> Bool {
                    a.sinceMs != b.sinceMs ? a.sinceMs < b.sinceMs : a.order < b.order
                }
                for waiter in waiters.parties
                where waiter.isSingle && !formed.parties.contains(waiter) && isOverdue(waiter)
                    && !checker.isBot(waiter.members[0])
                {
                    for (index, member) in formed.parties.enumerated()
                    where member != formed.around && (!isOverdue(member) || precedes(waiter, member)) {
                        var instead = formed.parties
                        instead[index] = waiter
                        #expect(
                            !checker.isGroup(instead, nowMs: formed.atMs),
                            "\(waiter.members[0].name) could have had the seat of \(member.members[0].name), seed \(seed)")
                    }
                }
            })
        }
    }

    @Test("waiting makes nobody unfit for anybody", arguments: cases)
    func monotone(_ test: Case) {
        var random = SeededGenerator(number: 5)
        var pool = WaitingPool(rules: test.rules, groupSize: test.size)
        var book = PairBook(apartLifetimeMs: 60_000, apartMax: 10, measuredLifetimeMs: 86_400_000, measuredMax: 10)
        var now = Moment(bootMs: 1_000_000, unixMs: 2_000_000)
        var units: [PoolUnit] = []
        for number in 0..<40 {
            let waiter = waiter("p\(number)", &random, test)
            let member = PoolMember(JoinNumber(slot: Int32(number)), .of(waiter.name), waiter.attributes, pingMs: waiter.pingMs)
            units.append(
                pool.insert(
                    [member], sinceUnixMs: now.unixMs - random.next() % 20_000, order: UInt64(number), now: now, &book))
        }
        var before: [Bool] = []
        for _ in 0..<20 {
            let fits = units.flatMap { a in units.map { b in pool.fits(a.slot, b.slot, book) } }
            for (old, new) in zip(before, fits) { #expect(!old || new) }
            before = fits
            now.bootMs += 1700
            now.unixMs += 1700
            while pool.popDue(now: now) != nil {}
        }
    }

    @Test("the same events give the same groups", arguments: cases)
    func same(_ test: Case) {
        let first = run(test, seed: 31, events: 400, waitingMax: 60)
        let second = run(test, seed: 31, events: 400, waitingMax: 60)
        #expect(first.groups == second.groups)
        #expect(first.pool.search.lookedInAll == second.pool.search.lookedInAll)
    }
}
