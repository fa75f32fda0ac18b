import SessionProtocol
import Testing

@testable import Matchmaking

@Suite struct PoolReunionTests {
    private func waiters(_ otherwise: EncounterRule.Reunion, size: Int = 3) -> Waiters {
        Waiters(.with { $0.encounters = .reunite(waitMs: 10_000, otherwise: otherwise) }, size: size)
    }

    @Test("a group comes together again, whoever else waits")
    func together() {
        var waiters = waiters(.others)
        waiters.havePlayed("ann", "bob", "cid")
        waiters.join("new")
        waiters.join("cid")
        waiters.join("ann")
        #expect(waiters.groups == [])
        waiters.join("bob")
        #expect(waiters.groups == [["cid", "ann", "bob"]])
        #expect(waiters.formed[0].reason.description.hasPrefix("3 of 3: the group of the last game, all of it back"))
    }

    @Test("whose partners do not come is matched with others after the deadline")
    func others() {
        var waiters = waiters(.others)
        waiters.havePlayed("ann", "bob", "cid")
        waiters.join("ann")
        waiters.join("new")
        waiters.join("newer")
        waiters.pass(9999)
        #expect(waiters.groups == [])
        waiters.pass(1)
        #expect(waiters.groups == [["ann", "new", "newer"]])
    }

    @Test("or its wait ends, where the scene says so")
    func ends() {
        var waiters = waiters(.end)
        waiters.havePlayed("ann", "bob", "cid")
        waiters.join("ann")
        waiters.join("new")
        waiters.pass(20_000)
        #expect(waiters.given == ["ann"])
        #expect(waiters.names == ["new"])
    }

    @Test("a group one of whom has played with others since is not waited for")
    func dissolved() {
        var waiters = waiters(.others, size: 2)
        waiters.havePlayed("ann", "bob")
        waiters.havePlayed("bob", "cid")
        waiters.join("ann")
        waiters.join("new")
        #expect(waiters.groups == [["ann", "new"]])
    }

    @Test("the oldest groups are forgotten when there are too many")
    func bounded() {
        var waiters = Waiters(
            .with { $0.encounters = .reunite(waitMs: 10_000, otherwise: .others) }, size: 2,
            limits: PoolLimits(encountersMax: 2))
        for number in 0..<5 { waiters.havePlayed("a\(number)", "b\(number)") }
        #expect(waiters.pool.history.count == 2)
        #expect(waiters.book.peopleCount == 4)
        waiters.join("a0")
        waiters.join("new")
        #expect(waiters.groups == [["a0", "new"]])
    }
}
