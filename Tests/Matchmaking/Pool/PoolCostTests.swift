import Digests
import SessionProtocol
import Testing

@testable import Matchmaking

@Suite struct PoolCostTests {
    /// Fills a pool with people none of whom can play, for want of a second of the same language.
    private func crowd(_ count: Int, _ rules: MatchingRules, _ attributes: (Int) -> [Attributes.Entry]) -> Waiters {
        var waiters = Waiters(rules, size: 2)
        for number in 0..<count { waiters.join("p\(number)", attributes(number), pingMs: UInt32(number % 90)) }
        return waiters
    }

    @Test("a search looks at a bounded number, however many wait and whatever does not fit", arguments: [100, 3000])
    func bounded(_ count: Int) {
        // All are near by skill and of one team, so that nothing but a look tells that they do not fit.
        let rules = MatchingRules.with {
            $0.skill = MatchingRules.skill((0, 1000))
            $0.attributes = [.different("team")]
        }
        var waiters = crowd(count, rules) { [skill(Double($0 % 100)), text("team", "red")] }
        #expect(waiters.groups == [])
        let before = waiters.pool.search.lookedInAll
        waiters.join("late", [skill(50), text("team", "red")])
        #expect(waiters.pool.search.lookedInAll - before <= UInt64(waiters.pool.limits.candidatesMax))
        waiters.join("blue", [skill(50), text("team", "blue")])
        #expect(waiters.groups.count == 1)
    }

    @Test("first come first served looks at one a join")
    func firstCome() {
        var waiters = Waiters(MatchingRules(), size: 5)
        for number in 0..<1000 { waiters.join("p\(number)") }
        #expect(waiters.groups.count == 200)
        // The four who come to an open room look at one each, the fifth at those four.
        #expect(waiters.pool.search.lookedInAll <= 200 * 8)
    }

    @Test("groups of any size come together, by whatever rule", arguments: [(255, ""), (100, "skill"), (100, "different")])
    func large(_ size: Int, _ rule: String) {
        let rules = MatchingRules.with {
            if rule == "skill" { $0.skill = MatchingRules.skill((0, 1000)) }
            if rule == "different" { $0.attributes = [.different("team")] }
        }
        var waiters = Waiters(rules, size: size)
        for number in 0..<size { waiters.join("p\(number)", [skill(Double(number)), text("team", "\(number)")]) }
        #expect(waiters.groups.map(\.count) == [size])
    }

    @Test("a smaller group of many leaves nobody out but who does not fit")
    func largeSmaller() {
        let rules = MatchingRules.with {
            $0.smallerGroups = [.init(afterMs: 1000, size: 30)]
            $0.attributes = [.different("team")]
        }
        var waiters = Waiters(rules, size: 120)
        for number in 0..<90 { waiters.join("p\(number)", [text("team", "\(max(number, 1))")]) }
        waiters.pass(1000)
        #expect(waiters.groups.map(\.count) == [89])
    }

    @Test("what a unit takes in the pool is within its measure")
    func memory() {
        #expect(MemoryLayout<WaitingEntry>.stride + SkillIndex.unitBytes <= 128)
    }

    @Test("the index holds its order, its balance, its seniors and its tags through random changes", arguments: [true, false])
    func index(_ ranks: Bool) {
        var random = SeededGenerator(number: 3)
        var index = SkillIndex()
        var tree = SkillIndex.Tree(ranks: ranks)
        let keys = (0..<500).map { _ in Double(random.next() % 100) }
        func key(_ slot: Int32) -> Double { keys[Int(slot)] }
        for slot in 0..<Int32(500) { index.set(slot, sinceUnixMs: random.next() % 50, order: UInt64(slot)) }
        var tags: [Int32: UInt8] = [:]
        for step in 0..<4000 {
            let slot = Int32(random.next() % 500)
            let tag = UInt8(random.next() % 64)
            if tags[slot] == nil {
                tags[slot] = tag
                index.insert(slot, key: key(slot), tag: tag, into: &tree)
            } else if random.next() % 2 == 0 {
                tags[slot] = tag
                index.retag(slot, tag, in: &tree)
            } else {
                tags[slot] = nil
                index.remove(slot, from: &tree)
            }
            guard step % 40 == 0 else { continue }
            #expect(index.isSound(tree))
            var walked: [Int32] = []
            var at = index.first(tree)
            while at >= 0 {
                walked.append(at)
                at = index.next(at)
            }
            #expect(Set(walked) == Set(tags.keys) && walked.count == tags.count)
            #expect(zip(walked, walked.dropFirst()).allSatisfy {
                key($0) < key($1) || key($0) == key($1) && index.isMoreSenior($0, than: $1)
            })
            guard tree.root >= 0 else { continue }
            // From somewhere to either side, over those who are not wanted, as far as the reach goes.
            let wanted = random.next() & random.next() & random.next()
            let (middle, reach) = (Double(random.next() % 100), Double(random.next() % 60))
            let some = walked.filter { wanted >> UInt64(tags[$0] ?? 0) & 1 == 1 && abs(key($0) - middle) <= reach }
            let start = index.place(atLeast: middle, tree.root)
            var above: [Int32] = []
            var next = start
            while let place = index.above(next, wanted, of: middle, within: reach) {
                above.append(index.unit(place))
                next = SkillIndex.Place(place.leaf, Int(place.at) + 1)
            }
            var below: [Int32] = []
            next = start
            while let place = index.below(next, wanted, of: middle, within: reach) {
                below.append(index.unit(place))
                next = place
            }
            #expect(above == some.filter { key($0) >= middle })
            #expect(below.reversed() == some.filter { key($0) < middle })
        }
    }

    @Test("the index holds through crowds that come and go, with few keys and with many", arguments: [3, 10_000])
    func crowds(_ keys: UInt64) {
        var random = SeededGenerator(number: 5)
        var index = SkillIndex()
        var trees = [SkillIndex.Tree(ranks: true), SkillIndex.Tree(ranks: false)]
        for slot in 0..<Int32(4000) { index.set(slot, sinceUnixMs: random.next() % 50, order: UInt64(slot)) }
        for _ in 0..<2 {
            var inside: [Int32] = []
            for slot in 0..<Int32(4000) {
                index.insert(slot, key: Double(random.next() % keys), tag: UInt8(slot % 7), into: &trees[Int(slot % 2)])
                inside.append(slot)
                if slot % 500 == 0 { #expect(trees.allSatisfy { index.isSound($0) }) }
            }
            let even = inside.filter { $0 % 2 == 0 }
            let senior = even.min { index.isMoreSenior($0, than: $1) }
            #expect(index.senior(trees[0].root) == senior)
            while !inside.isEmpty {
                let slot = inside.remove(at: Int(random.next() % UInt64(inside.count)))
                index.remove(slot, from: &trees[Int(slot % 2)])
                if inside.count % 500 < 3 { #expect(trees.allSatisfy { index.isSound($0) }) }
            }
            #expect(trees.allSatisfy { $0.root == -1 })
        }
        // The second crowd has found the nodes of the first.
        #expect(index.nodes.count <= 4000 / (SkillIndex.nodeMax / 2) + 64)
    }

    @Test("two can be seated at once when they can one after the other")
    func twoSeats() throws {
        let rules = MatchingRules.with {
            $0.roles = RoleRule(attribute: "role", seats: [.init(role: "a", count: 1), .init(role: "b", count: 2), .init(role: "c", count: 0)])
        }
        let seats = try #require(RoleSeats(rules))
        for first in UInt32(0)..<8 {
            for second in UInt32(0)..<8 {
                var fill = RoleFill(seats, size: 3)
                let isPossible = fill.add(first) && fill.add(second)
                #expect(seats.canSeat(first, second) == isPossible, "\(first) and \(second)")
            }
        }
        #expect(seats.canSeat(RoleSeats.anyRole, 1) && !seats.canSeat(1, 1) && seats.canSeat(2, 2))
    }

    @Test("a bucket of which enough have been looked at is not walked through")
    func walks() {
        let rules = MatchingRules.with {
            $0.skill = MatchingRules.skill((0, 1000))
            $0.attributes = [.different("team")]
        }
        var waiters = crowd(2000, rules) { [skill(Double($0 % 100)), text("team", "red")] }
        let before = waiters.pool.search.steps
        waiters.join("late", [skill(50), text("team", "red")])
        #expect(waiters.pool.search.steps - before <= UInt64(2 * waiters.pool.limits.candidatesMax))
    }

    @Test("by skill the pairs are not far from the best that there is")
    func quality() {
        var random = SeededGenerator(number: 8)
        var ours = 0.0
        var best = 0.0
        for _ in 0..<30 {
            let skills = (0..<10).map { _ in Double(random.next() % 1000) }
            var waiters = Waiters(.with { $0.skill = MatchingRules.skill((0, 60), (5000, 150), (10_000, 400), (20_000, nil)) }, size: 2)
            for (number, value) in skills.enumerated() {
                waiters.join("\(number)", [skill(value)])
                waiters.pass(500)
            }
            waiters.pass(40_000)
            #expect(waiters.groups.count == 5)
            for group in waiters.groups {
                let pair = group.compactMap { Int($0) }.map { skills[$0] }
                ours += abs(pair[0] - pair[1]) / 150
            }
            best += Self.leastGap(skills) / 150
        }
        #expect(best > 10, "\(best)")
        #expect(ours < 2.5 * best, "a mean gap of \(ours), where \(best) is the least")
    }

    /// The least sum of gaps over all ways to make pairs, by trying all.
    static func leastGap(_ skills: [Double]) -> Double {
        guard let first = skills.first else { return 0 }
        return skills.indices.dropFirst().map { partner in
            var rest = skills
            let other = rest.remove(at: partner)
            rest.removeFirst()
            return abs(first - other) + leastGap(rest)
        }.min() ?? 0
    }
}
