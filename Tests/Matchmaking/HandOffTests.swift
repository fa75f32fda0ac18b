import Matchmaking
import SessionProtocol
import Testing

@Suite struct HandOffTests {
    /// ann and bob in S1, its record asked for and not yet on disk.
    func matched(_ limits: MatchmakingLimits = MatchmakingLimits()) -> Lobby {
        var lobby = Lobby(.group(2), limits: limits)
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        return lobby
    }

    @Test("the order is record, durable, assign, accepted, and only then matched")
    func order() throws {
        var lobby = matched()
        #expect(lobby.pass(1000) == [])
        #expect(lobby.handle(.persisted(upTo: 0)) == [])
        #expect(lobby.sync() == ["link 1: assign S1#1"])
        #expect(lobby.sync() == [])
        #expect(lobby.accept("S1", link: 1) == ["1: matched S1 as 0 of 2.", "2: matched S1 as 1 of 2."])
        let assignment = try #require(lobby.assignment("S1"))
        #expect(lobby.tickets[1] == assignment.players[0].ticket)
        #expect(lobby.tickets[2] == assignment.players[1].ticket)
        #expect(lobby.tickets[1] != lobby.tickets[2])
        #expect(lobby.accept("S1", link: 1) == [])
        #expect(lobby.state("S1", .validating, link: 1) == [])
        #expect(lobby.transitions == ["S1 matched→validating"])
        #expect(lobby.state("S1", .playing, link: 1) == [])
        #expect(lobby.end("S1", .completed, in: .playing, link: 1) == ["journal: ended S1 completed"])
        #expect(lobby.transitions == ["S1 playing→ended completed"])
        #expect(lobby.sync() == ["link 1: ack S1#1"])
        #expect(lobby.notices == [.outcome(lobby.outcome("S1", .completed, in: .playing))])
        #expect(lobby.leftovers == [])
    }

    @Test("a refusal leads to a new attempt elsewhere, with new tickets, recorded first")
    func refused() throws {
        var lobby = matched()
        lobby.connect("west", link: 2)
        lobby.sync()
        let first = try #require(lobby.assignment("S1"))
        #expect(lobby.refuse("S1", .full, link: 1) == ["journal: matched S1#2 at west"])
        #expect(lobby.sync() == ["link 2: assign S1#2"])
        let second = try #require(lobby.assignment("S1"))
        #expect(first.players.map(\.ticket) != second.players.map(\.ticket))
        #expect(lobby.accept("S1", link: 1, attempt: 1) == ["link 1: drop S1#1"])
        #expect(lobby.notices == [.stale(.accepted, lobby.id("S1"))])
        #expect(lobby.accept("S1", link: 2, attempt: 2).count == 2)
        #expect(lobby.tickets[1] == second.players[0].ticket)
    }

    @Test("a coordinator that does not answer in time is told to drop the session, which goes elsewhere")
    func timedOut() {
        var lobby = matched(MatchmakingLimits(assignTimeoutMs: 500))
        lobby.connect("west", link: 2)
        lobby.sync()
        #expect(lobby.pass(499) == [])
        #expect(lobby.pass(1) == ["link 1: drop S1#1", "journal: matched S1#2 at west"])
        #expect(lobby.notices == [.assignTimedOut(lobby.id("S1"), .of("east"))])
    }

    @Test("a link that goes down before accepted leads to a new attempt at once")
    func linkDown() {
        var lobby = matched()
        lobby.connect("west", link: 2)
        lobby.sync()
        #expect(lobby.down(1) == ["journal: matched S1#2 at west"])
        #expect(lobby.connect("east", link: 3, inventory: [.holding(.matched, lobby.assignment("S1")!.attempted(1))]) == [])
        #expect(lobby.core.linkStatus.map(\.sessions) == [0, 1])
    }

    @Test("a coordinator that is gone when the record is durable is not offered the session")
    func downWhileRecording() {
        var lobby = matched()
        lobby.down(1)
        lobby.connect("west", link: 2)
        #expect(lobby.sync() == ["journal: matched S1#2 at west"])
        #expect(lobby.sync() == ["link 2: assign S1#2"])
    }

    @Test("without another coordinator the session ends as no_coordinator, and all wait on in a new one")
    func nowhereElse() {
        var lobby = matched()
        lobby.pass(1000)
        lobby.sync()
        #expect(lobby.down(1) == ["journal: ended S1 no_coordinator"])
        #expect(lobby.sync() == ["1: waiting 1/2 in S2", "1: waiting 2/2 in S2", "2: waiting 2/2 in S2"])
        #expect(lobby.waits[1]?.waitedMs == 1000)
        #expect(lobby.connect("west", link: 2) == ["journal: matched S2#1 at west"])
    }

    @Test("a session that is given up while on offer ends as an attempt of its own, and what its holder says of the older one counts as absent")
    func givenUpOnOffer() {
        var lobby = matched(MatchmakingLimits(attemptsMax: 1))
        lobby.sync()
        lobby.down(1)
        let given = lobby.journal.compactMap { if case .ended(let outcome) = $0 { outcome } else { nil } }
        #expect(given.map(\.attempt) == [Attempt(2)])
        lobby.sync()
        lobby.prove("east", link: 2)
        // The coordinator had accepted, and its lease ran out meanwhile.
        #expect(lobby.end("S1", .coordinatorLost, in: .matched, link: 2) == ["link 2: ack S1#1"])
        #expect(lobby.journal.count { if case .ended = $0 { true } else { false } } == 1)
    }

    @Test("attempts are bounded")
    func attempts() {
        var lobby = matched(MatchmakingLimits(attemptsMax: 2))
        lobby.connect("west", link: 2)
        lobby.sync()
        lobby.refuse("S1", .busy, link: 1)
        lobby.sync()
        #expect(lobby.refuse("S1", .busy, link: 2, attempt: 2) == ["journal: ended S1 no_coordinator"])
    }

    @Test("words about another attempt, from another node or of no session change nothing")
    func stale() {
        var lobby = matched()
        lobby.connect("west", link: 2)
        lobby.sync()
        #expect(lobby.accept("S1", link: 1, attempt: 2) == ["link 1: drop S1#2"])
        #expect(lobby.accept("S1", link: 2) == ["link 2: drop S1#1"])
        #expect(lobby.state("S1", .playing, link: 1) == [])
        #expect(lobby.notices == [.stale(.state, lobby.id("S1"))])
        #expect(lobby.refuse("S1", .full, link: 2) == [])
        #expect(lobby.end("S1", .completed, in: .playing, link: 1, attempt: 9) == ["link 1: ack S1#9"])
        #expect(lobby.end("S1", .completed, in: .playing, link: 2) == ["link 2: ack S1#1"])
        #expect(lobby.notices == [.stale(.ended, lobby.id("S1"))])
        lobby.accept("S1", link: 1)
        #expect(lobby.refuse("S1", .full, link: 1) == [])
        #expect(lobby.notices == [.stale(.refused, lobby.id("S1"))])
        #expect(lobby.say(.holding(.playing, lobby.assignment("S1")!.attempted(3)), link: 1) == ["link 1: drop S1#3"])
        #expect(lobby.core.count(in: .matched) == 1)
    }

    @Test("a member that is gone before accepted makes the owner end it, and the others wait on at the front")
    func memberGone() {
        var lobby = matched()
        lobby.pass(700)
        lobby.disconnect(2)
        #expect(lobby.sync() == ["link 1: assign S1#1"])
        #expect(lobby.accept("S1", link: 1) == ["link 1: cancel S1#1 player_disconnected 1"])
        lobby.join("cid", on: 3)
        #expect(
            lobby.end("S1", .playerDisconnected, in: .matched, link: 1, requeued: ["ann"], blamed: ["bob"])
                == ["journal: ended S1 player_disconnected"])
        #expect(
            lobby.sync() == [
                "link 1: ack S1#1", "1: waiting 2/2 in S2", "3: waiting 2/2 in S2", "journal: matched S2#1 at east",
            ])
        #expect(lobby.waits[1]?.waitedMs == 700)
    }

    @Test("one who leaves after the match was made hears player_left when the owner has ended it")
    func leaveInMatched() {
        var lobby = matched()
        #expect(lobby.leave(1) == [])
        lobby.sync()
        #expect(lobby.accept("S1", link: 1) == ["link 1: cancel S1#1 player_left 0"])
        lobby.end("S1", .playerLeft, in: .matched, link: 1, requeued: ["bob"], blamed: ["ann"])
        #expect(lobby.sync() == ["link 1: ack S1#1", "1: ended S1 player_left.", "2: waiting 1/2 in S2"])
        lobby.disconnect(2)
        #expect(lobby.leftovers == [])
    }

    @Test("an end is acknowledged and told only when its record is durable, and a repeat is acknowledged again")
    func repeatedEnd() {
        var lobby = matched()
        lobby.sync()
        lobby.accept("S1", link: 1)
        lobby.end("S1", .completed, in: .playing, link: 1)
        #expect(lobby.end("S1", .completed, in: .playing, link: 1) == [])
        #expect(lobby.sync() == ["link 1: ack S1#1", "link 1: ack S1#1"])
        #expect(lobby.end("S1", .completed, in: .playing, link: 1) == ["link 1: ack S1#1"])
        #expect(lobby.journal.filter { $0.kind == .ended }.count == 1)
        #expect(lobby.leftovers == [])
    }

    @Test("the end of a session that nobody here knows is recorded and acknowledged")
    func unknownEnd() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        #expect(lobby.end("?", .completed, in: .playing, link: 1) == ["journal: ended S1 completed"])
        #expect(lobby.sync() == ["link 1: ack S1#1"])
        #expect(lobby.leftovers == [])
    }

    @Test("a pair that could not reach each other is not matched again while that is remembered")
    func rejectedPair() throws {
        var lobby = matched(MatchmakingLimits(rejectionLifetimeMs: 1000))
        lobby.sync()
        lobby.accept("S1", link: 1)
        lobby.disconnect(1)
        lobby.disconnect(2)
        let pair = try #require(PlayerPair(PlayerIndex(1), PlayerIndex(0)))
        lobby.end("S1", .validationFailed, in: .validating, link: 1, requeued: ["ann", "bob"], pairs: [pair])
        lobby.sync()
        #expect(lobby.core.expiring.contains { $0.name == "rejections" && $0.count == 1 })
        #expect(lobby.join("bob", on: 3) == ["3: waiting 1/2 in S2"])
        #expect(lobby.join("ann", on: 4) == ["4: waiting 1/2 in S3"])
        #expect(lobby.join("cid", on: 5).last == "journal: matched S2#1 at east")
        lobby.disconnect(4)
        lobby.pass(1000)
        #expect(lobby.core.expiring.contains { $0.name == "rejections" && $0.count == 0 })
    }
}

extension Assignment {
    func attempted(_ number: UInt32) -> Assignment {
        var copy = self
        copy.attempt = Attempt(number)
        return copy
    }
}
