import SessionProtocol
import Testing

@testable import Matchmaking

@Suite struct PoolPolicyTests {
    @Test("without rules those who came first play first, whatever the size")
    func firstCome() {
        var waiters = Waiters(MatchingRules(), size: 3)
        for name in ["ann", "bob", "cid", "dan", "eve", "fay", "gus"] { waiters.join(name) }
        #expect(waiters.groups == [["ann", "bob", "cid"], ["dan", "eve", "fay"]])
        #expect(waiters.formed[0].reason.description == "3 of 3: first come first served; the longest wait was 0.0 s")
    }

    @Test("a place from before comes first, and then the order of coming")
    func seniority() {
        var waiters = Waiters(MatchingRules(), size: 3)
        waiters.join("ann")
        waiters.join("bob", waitedMs: 5000)
        waiters.join("cid")
        #expect(waiters.groups == [["bob", "ann", "cid"]])
    }

    @Test("the skill window widens by its steps, and the wider one of two counts")
    func skillSteps() {
        let rules = MatchingRules.with { $0.skill = MatchingRules.skill((0, 50), (10_000, 200), (20_000, nil)) }
        var waiters = Waiters(rules, size: 2)
        waiters.join("ann", [skill(1000)])
        waiters.join("bob", [skill(1051)])
        #expect(waiters.groups == [])
        waiters.join("cid", [skill(1100)])
        #expect(waiters.groups == [["bob", "cid"]], "within 50, to the dot")
        waiters.pass(9_999)
        waiters.join("dan", [skill(1200)])
        #expect(waiters.groups.count == 1)
        waiters.pass(1)
        #expect(waiters.groups.last == ["ann", "dan"], "200 apart, within the window of the one who waited")
        waiters.join("eve", [skill(0)])
        waiters.join("fay", [skill(3000)])
        waiters.pass(19_999)
        #expect(waiters.groups.count == 2)
        waiters.pass(1)
        #expect(waiters.groups.last == ["eve", "fay"])
        #expect(
            waiters.formed[1].reason.description
                == "2 of 2: skill 200 apart (within 200); the longest wait was 10.0 s")
    }

    @Test("the nearest is chosen, of two equally near the more senior")
    func nearest() {
        let rules = MatchingRules.with { $0.skill = MatchingRules.skill((0, 100)) }
        var waiters = Waiters(rules, size: 2)
        waiters.join("far", [skill(0)])
        waiters.join("low", [skill(160)])
        waiters.join("high", [skill(320)])
        waiters.join("mid", [skill(240)])
        #expect(waiters.groups == [["low", "mid"]])
        waiters.join("new", [skill(90)])
        #expect(waiters.groups == [["low", "mid"], ["far", "new"]])
    }

    @Test("who is overdue goes before all who fit better")
    func overdue() {
        let rules = MatchingRules.with { $0.skill = MatchingRules.skill((0, 10), (1000, 100)) }
        var waiters = Waiters(rules, size: 2, limits: PoolLimits(overdueMs: 5000))
        waiters.join("old", [skill(0)])
        waiters.pass(4999)
        waiters.join("near", [skill(95)])
        #expect(waiters.groups == [["old", "near"]])
        waiters.join("old", [skill(0)])
        waiters.pass(4000)
        waiters.join("other", [skill(150)])
        waiters.join("new", [skill(100)])
        #expect(waiters.groups.count == 2, "old and new are 100 apart")
        waiters = Waiters(rules, size: 2, limits: PoolLimits(overdueMs: 5000))
        waiters.join("old", [skill(0)])
        waiters.pass(6000)
        waiters.join("near", [skill(111)])
        waiters.join("new", [skill(100)])
        #expect(waiters.groups == [["old", "new"]], "11 apart would have been nearer")
    }

    @Test("one who says nothing has the fallback, or does not fit the scene")
    func fallback() {
        let rules = MatchingRules.with { $0.skill = MatchingRules.skill((0, 10), fallback: 500) }
        var waiters = Waiters(rules, size: 2)
        waiters.join("ann", [skill(505)])
        waiters.join("bob")
        #expect(waiters.groups == [["ann", "bob"]])
        #expect(rules.misfit(of: .none) == nil)
        let strict = MatchingRules.with { $0.skill = MatchingRules.skill((0, 10)) }
        #expect(strict.misfit(of: .none) == AttributeMisfit(attribute: "skill", problem: .missing))
        #expect(strict.misfit(of: Attributes([text("skill", "high")]))?.problem == .notANumber)
        #expect(strict.misfit(of: Attributes([skill(.infinity)]))?.problem == .notANumber)
        #expect(rules.misfit(of: Attributes([text("skill", "high")]))?.problem == .notANumber)
    }

    @Test("equal attributes hold together, different ones apart; who has none is equal to nobody who has")
    func attributes() {
        var waiters = Waiters(.with { $0.attributes = [.equal("lang"), .different("team")] }, size: 2)
        waiters.join("ann", [text("lang", "en"), text("team", "red")])
        waiters.join("bob", [text("lang", "de"), text("team", "blue")])
        waiters.join("cid", [text("lang", "en"), text("team", "red")])
        waiters.join("dan", [text("team", "blue")])
        #expect(waiters.groups == [])
        waiters.join("eve", [text("lang", "en")])
        #expect(waiters.groups == [["ann", "eve"]])
        waiters.join("fay", [text("team", "red")])
        #expect(waiters.groups.last == ["dan", "fay"])
        #expect(waiters.formed[1].reason.description.hasPrefix("2 of 2: same lang, different team;"))
        #expect(waiters.names == ["bob", "cid"])
    }

    @Test("seats want roles; several may be offered, and the seats' order is the players'")
    func seats() {
        let rule = RoleRule(attribute: "role", seats: [.init(role: "proposer", count: 1), .init(role: "responder", count: 2)])
        let rules = MatchingRules.with { $0.roles = rule }
        var waiters = Waiters(rules, size: 3)
        waiters.join("ann", [text("role", "responder")])
        waiters.join("bob", [roles("proposer", "responder")])
        waiters.join("cid", [text("role", "responder")])
        #expect(waiters.groups == [["bob", "ann", "cid"]])
        for name in ["p1", "p2", "p3", "p4"] { waiters.join(name, [text("role", "proposer")]) }
        waiters.join("any")
        waiters.join("r1", [text("role", "responder")])
        #expect(waiters.groups.last == ["p1", "any", "r1"])
        #expect(rules.misfit(of: Attributes([text("role", "judge")]))?.problem == .noSuchSeat)
        #expect(rules.misfit(of: Attributes([skill(1), Attributes.Entry(name: "role", value: .flag(true))]))?.problem == .notAText)
        #expect(rules.misfit(of: Attributes([roles("judge", "proposer")])) == nil)
    }

    @Test("one proposer is found behind any number of responders")
    func wantedRole() {
        let rule = RoleRule(attribute: "role", seats: [.init(role: "a", count: 1), .init(role: "b", count: 1)])
        var waiters = Waiters(.with { $0.roles = rule }, size: 2, limits: PoolLimits(candidatesMax: 4))
        for number in 0..<300 { waiters.join("b\(number)", [text("role", "b")]) }
        waiters.join("a", [text("role", "a")])
        #expect(waiters.groups == [["a", "b0"]])
    }

    @Test("a group comes together of people of many kinds, most of whom are of one", arguments: [(20, 10), (100, 25)])
    func manyKinds(_ size: Int, _ kinds: Int) {
        let names = (0..<kinds).map { "role \($0)" }
        let rule = RoleRule(attribute: "role", seats: names.map { .init(role: $0, count: size / kinds) })
        var waiters = Waiters(.with { $0.roles = rule }, size: size)
        for (number, name) in names.enumerated() { waiters.join("one \(number)", [text("role", name)]) }
        for number in kinds..<size { waiters.join("any \(number)", [Attributes.Entry(name: "role", value: .texts(names))]) }
        #expect(waiters.groups.map(\.count) == [size])
    }

    @Test("a smaller group is accepted after a wait, the largest that there is")
    func smaller() {
        let rules = MatchingRules.with { $0.smallerGroups = [.init(afterMs: 1000, size: 3), .init(afterMs: 2000, size: 2)] }
        var waiters = Waiters(rules, size: 4)
        waiters.join("ann")
        waiters.join("bob")
        waiters.pass(1999)
        #expect(waiters.groups == [])
        waiters.pass(1)
        #expect(waiters.groups == [["ann", "bob"]])
        #expect(
            waiters.formed[0].reason.description
                == "2 instead of 4: first come first served, fewer being enough after such a wait; the longest wait was 2.0 s")
        waiters.join("cid")
        waiters.pass(1500)
        waiters.join("dan")
        waiters.join("eve")
        #expect(waiters.groups.last == ["cid", "dan", "eve"])
    }

    @Test("the size of a smaller group is the least that is accepted: nobody is left out who fits")
    func least() {
        let rules = MatchingRules.with {
            $0.smallerGroups = [.init(afterMs: 1000, size: 2)]
            $0.attributes = [.different("team")]
        }
        var waiters = Waiters(rules, size: 8)
        for name in ["ann", "bob", "cid", "dan", "eve"] { waiters.join(name) }
        waiters.join("red 1", [text("team", "red")])
        waiters.join("red 2", [text("team", "red")])
        waiters.pass(1000)
        #expect(waiters.groups == [["ann", "bob", "cid", "dan", "eve", "red 1"]])
        waiters.join("fay")
        #expect(waiters.groups.last == ["red 2", "fay"])
    }

    @Test("bots wait apart, and fill seats after the scene's wait")
    func bots() {
        let rules = MatchingRules.with { $0.bots = BotRule(afterMs: 5000, playersMin: 2) }
        var waiters = Waiters(rules, size: 3)
        for name in ["b1", "b2", "b3"] { waiters.join(name, [text("role", "bot")]) }
        #expect(waiters.groups == [], "bots alone are no group")
        waiters.join("ann")
        waiters.pass(6000)
        #expect(waiters.groups == [], "two players at least")
        waiters.join("bob")
        #expect(waiters.groups == [["b1", "ann", "bob"]] || waiters.groups == [["ann", "bob", "b1"]])
        #expect(waiters.formed[0].reason.bots == 1)
        for name in ["b2", "b3"] { waiters.leave(name) }
        waiters.join("cid")
        waiters.join("dan")
        waiters.pass(5000)
        #expect(waiters.groups.count == 1)
        waiters.join("b4", [text("role", "bot")])
        #expect(waiters.groups.count == 2, "the bot that comes later is given to those who wait for it")
    }

    @Test("a party stays together, and only those come in for whom there are seats")
    func parties() {
        var waiters = Waiters(MatchingRules.with { $0.partySizeMax = 3 }, size: 4)
        waiters.join([Waiter(name: "a1"), Waiter(name: "a2"), Waiter(name: "a3")])
        waiters.join([Waiter(name: "b1"), Waiter(name: "b2")])
        #expect(waiters.groups == [])
        waiters.join("cid")
        #expect(waiters.groups == [["a1", "a2", "a3", "cid"]])
        #expect(waiters.formed[0].reason.description == "4 of 4: a party of 3; the longest wait was 0.0 s")
        waiters.join([Waiter(name: "d1"), Waiter(name: "d2")])
        #expect(waiters.groups.last == ["b1", "b2", "d1", "d2"])
        #expect(waiters.formed[1].reason.description == "4 of 4: parties of 2 and 2; the longest wait was 0.0 s")
    }

    @Test("pairs kept apart do not meet until that is over")
    func apart() {
        var waiters = Waiters(MatchingRules(), size: 2)
        waiters.keepApart("ann", "bob")
        waiters.join("ann")
        waiters.join("bob")
        #expect(waiters.groups == [])
        waiters.pass(59_999)
        #expect(waiters.groups == [])
        waiters.pass(1)
        #expect(waiters.groups == [["ann", "bob"]])
        #expect(waiters.book.peopleCount == 0)
    }

    @Test("what becomes known of a pair that waits already counts too")
    func apartLate() {
        var waiters = Waiters(MatchingRules(), size: 3)
        waiters.join("ann")
        waiters.join("bob")
        waiters.keepApart("ann", "bob")
        waiters.join("cid")
        #expect(waiters.groups == [])
        waiters.join("dan")
        #expect(waiters.groups == [["ann", "cid", "dan"]])
    }

    @Test("the same partners never meet twice")
    func neverAgain() {
        var waiters = Waiters(.with { $0.encounters = .never }, size: 2)
        waiters.havePlayed("ann", "bob")
        waiters.havePlayed("ann", "cid")
        for name in ["ann", "bob", "cid"] { waiters.join(name) }
        #expect(waiters.groups == [["bob", "cid"]])
        waiters.join("dan")
        #expect(waiters.groups.last == ["ann", "dan"])
        #expect(waiters.formed[0].reason.description.contains("no two have met before"))
    }

    @Test("what is remembered of meetings is bounded, and the oldest goes")
    func historyBounded() {
        var waiters = Waiters(.with { $0.encounters = .never }, size: 2, limits: PoolLimits(encountersMax: 3))
        for number in 0..<10 { waiters.havePlayed("a\(number)", "b\(number)") }
        #expect(waiters.pool.history.count == 3)
        #expect(waiters.book.peopleCount == 6)
        waiters.join("a0")
        waiters.join("b0")
        #expect(waiters.groups.count == 1)
    }
}
