import Digests
import Matchmaking
import SessionProtocol
import Testing

@Suite struct RetainedOutcomeTests {
    /// Tombstones that are gone at once, so that nothing but the index of outcomes can know an old one.
    func lobby(retainedMax: Int = 100, unrecordedMax: Int = 100) -> Lobby {
        let limits = MatchmakingLimits(
            unrecordedMax: unrecordedMax, outcomesRetainedMax: retainedMax,
            ledger: LedgerLimits(tombstoneLifetimeMs: 10, tombstonesMax: 1000))
        var lobby = Lobby(.group(1), limits: limits)
        lobby.connect("east", link: 1)
        return lobby
    }

    /// One who plays S1, S2, … at east to its end, all of it on disk.
    func play(_ lobby: inout Lobby, _ session: String, _ connection: UInt64, link: UInt64 = 1) {
        lobby.join("p\(connection)", on: connection)
        lobby.sync()
        lobby.accept(session, link: link)
        lobby.disconnect(connection)
        lobby.end(session, .completed, in: .playing, link: link)
        lobby.sync()
        lobby.pass(10)
    }

    func news(_ lobby: Lobby) -> Int {
        lobby.notices.count { if case .outcome = $0 { true } else { false } }
    }

    @Test("an outcome that is reported once more long after its tombstone is acknowledged, and is not new")
    func repeated() {
        var lobby = lobby()
        play(&lobby, "S1", 1)
        #expect(lobby.core.expiring.allSatisfy { $0.count == 0 || ["retainedOutcomes", "playedSubjects"].contains($0.name) })
        #expect(lobby.end("S1", .completed, in: .playing, link: 1) == ["link 1: ack S1#1"])
        #expect(news(lobby) == 0)
        #expect(lobby.leftovers == [])
    }

    @Test("an outcome is kept as long as inventories list it, and no longer: it cannot come again then")
    func inventories() {
        var lobby = lobby()
        play(&lobby, "S1", 1)
        play(&lobby, "S2", 2)
        #expect(lobby.core.journalSessions == [lobby.id("S1"), lobby.id("S2")])
        lobby.down(1)
        lobby.connect("east", link: 2, inventory: [.ended(lobby.outcome("S2", .completed, in: .playing))])
        #expect(lobby.core.journalSessions == [lobby.id("S2")])
        lobby.down(2)
        lobby.connect("west", link: 3)
        #expect(lobby.core.journalSessions == [lobby.id("S2")], "another's inventory says nothing of it")
        lobby.connect("east", link: 4)
        #expect(lobby.core.journalSessions == [])
    }

    @Test("an outcome is kept for every coordinator that was offered the session")
    func offeredTwice() {
        var lobby = lobby()
        lobby.join("ann", on: 1)
        lobby.sync()
        lobby.connect("west", link: 2)
        #expect(lobby.pass(5000).contains("journal: matched S1#2 at west"))
        lobby.sync()
        lobby.accept("S1", link: 2, attempt: 2)
        lobby.end("S1", .completed, in: .playing, link: 2, attempt: 2)
        lobby.sync()
        lobby.pass(10)
        #expect(lobby.end("S1", .noShow, in: .matched, link: 1) == ["link 1: ack S1#1"])
        #expect(news(lobby) == 0)
        lobby.down(2)
        lobby.connect("west", link: 3)
        #expect(lobby.core.journalSessions == [lobby.id("S1")])
        lobby.down(1)
        lobby.connect("east", link: 4)
        #expect(lobby.core.journalSessions == [])
    }

    @Test("the end of an older attempt does not take the place of a presumed one")
    func presumedAttempt() {
        var lobby = lobby()
        lobby.join("ann", on: 1)
        lobby.sync()
        lobby.connect("west", link: 2)
        lobby.pass(5000)
        lobby.sync()
        lobby.accept("S1", link: 2, attempt: 2)
        for _ in 0..<4 {
            lobby.pass(4500)
            lobby.ping(1)
        }
        lobby.sync()
        #expect(lobby.core.count(in: .matched) == 0)
        #expect(lobby.end("S1", .noShow, in: .matched, link: 1) == ["link 1: ack S1#1"])
        lobby.connect("west", link: 3)
        #expect(lobby.end("S1", .completed, in: .playing, link: 3, attempt: 2) == ["journal: ended S1 completed"])
        lobby.sync()
        #expect(news(lobby) == 1)
    }

    @Test("a journal that is read gives the index back, and a live report of what ended long ago is dropped")
    func restored() throws {
        var before = lobby()
        play(&before, "S1", 1)
        let held = try #require(before.assignment("S1"))
        let limits = MatchmakingLimits(ledger: LedgerLimits(tombstoneLifetimeMs: 10, tombstonesMax: 1000))
        var lobby = Lobby(restarting: before, .group(1), limits: limits)
        lobby.pass(10)
        #expect(lobby.core.journalSessions == [lobby.id("S1")])
        lobby.prove("east", link: 2)
        #expect(lobby.say(.holding(.playing, held), link: 2) == ["link 2: drop S1#1"])
        #expect(lobby.end("S1", .completed, in: .playing, link: 2) == ["link 2: ack S1#1"])
        lobby.say(.inventoryEnd, link: 2)
        #expect(lobby.core.journalSessions == [lobby.id("S1")])
    }

    @Test("an outcome whose coordinator the journal does not name is kept until one has reported it, and then let go as others")
    func unnamed() throws {
        var before = lobby()
        before.end("S9", .completed, in: .playing, link: 1)
        let unknown = before.id("S9")
        var lobby = Lobby(restarting: before, .group(1))
        #expect(lobby.core.journalSessions == [unknown])
        lobby.connect("west", link: 2)
        #expect(lobby.core.journalSessions == [unknown])
        lobby.connect("east", link: 3, inventory: [before.journal[0]])
        #expect(lobby.core.journalSessions == [unknown])
        lobby.down(3)
        lobby.connect("east", link: 4)
        #expect(lobby.core.journalSessions == [])
    }

    @Test("over their bound, the coordinator with the most outcomes loses its link once, and its inventory lets them go")
    func bounded() {
        var lobby = lobby(retainedMax: 3)
        for number in 1...3 as ClosedRange<UInt64> { play(&lobby, "S\(number)", number) }
        lobby.connect("west", link: 2)
        lobby.say(.drain, link: 1)
        lobby.join("p4", on: 4)
        lobby.sync()
        #expect(lobby.accept("S4", link: 2).count == 1)
        lobby.disconnect(4)
        #expect(lobby.end("S4", .completed, in: .playing, link: 2) == ["journal: ended S4 completed", "link 1: close"])
        #expect(lobby.notices.contains(.inventoryAsked(.of("east"), outcomes: 3)))
        #expect(lobby.sync() == ["link 2: ack S4#1"])
        lobby.connect("east", link: 3)
        #expect(lobby.core.journalSessions == [lobby.id("S4")])
    }

    @Test("what coordinators that are away could report goes oldest first when there is too much of it, and that is said")
    func away() {
        var lobby = lobby(retainedMax: 2)
        play(&lobby, "S1", 1)
        play(&lobby, "S2", 2)
        lobby.down(1)
        lobby.connect("west", link: 2)
        for _ in 0..<2 {
            lobby.pass(9_000)
            lobby.ping(2)
        }
        play(&lobby, "S3", 3, link: 2)
        #expect(lobby.core.journalSessions == [lobby.id("S2"), lobby.id("S3")])
        lobby.connect("east", link: 5)
        #expect(lobby.core.journalSessions == [lobby.id("S3")])
    }

    @Test("at twice the bound the oldest go, though their coordinator may only be reconnecting")
    func hardBound() {
        var lobby = lobby(retainedMax: 2)
        lobby.prove("east", link: 2, incarnation: 1)
        var outcome = lobby.outcome("S9", .completed, in: .playing)
        for number in 1...9 as ClosedRange<UInt64> {
            outcome.session = SessionID(high: 0, low: number)
            lobby.say(.ended(outcome), link: 2)
        }
        lobby.sync()
        #expect(lobby.core.journalSessions.map(\.low) == [6, 7, 8, 9])
    }

    @Test("an outcome that comes while too many wait for the disk is asked for again when they are written")
    func tooManyUnrecorded() {
        var lobby = lobby(unrecordedMax: 1)
        #expect(lobby.end("S8", .completed, in: .playing, link: 1) == ["journal: ended S1 completed"])
        let other = SessionID(high: 4, low: 4)
        var outcome = lobby.outcome("S1", .completed, in: .playing)
        outcome.session = other
        #expect(lobby.say(.ended(outcome), link: 1) == [])
        #expect(lobby.sync() == ["link 1: ack S1#1", "link 1: close"])
        lobby.prove("east", link: 2)
        #expect(lobby.say(.ended(outcome), link: 2) == ["journal: ended S2 completed"])
        #expect(lobby.sync() == ["link 2: ack S2#1"])
    }

    @Test("a known outcome that is listed while too many wait for the disk is still known when it comes once more")
    func knownWhileTooManyUnrecorded() {
        var lobby = lobby(unrecordedMax: 1)
        play(&lobby, "S1", 1)
        lobby.down(1)
        lobby.prove("east", link: 2)
        var other = lobby.outcome("S1", .completed, in: .playing)
        other.session = SessionID(high: 4, low: 4)
        #expect(lobby.say(.ended(other), link: 2) == ["journal: ended S2 completed"])
        #expect(lobby.end("S1", .completed, in: .playing, link: 2) == [])
        lobby.say(.inventoryEnd, link: 2)
        #expect(lobby.sync() == ["link 2: ack S2#1", "link 2: close"])
        lobby.prove("east", link: 3)
        #expect(lobby.end("S1", .completed, in: .playing, link: 3) == ["link 3: ack S1#1"])
        #expect(news(lobby) == 0)
    }

    @Test("a coordinator with more to report than is kept is asked to report anew only when it has its acknowledgements")
    func acknowledgedBeforeAsked() {
        var lobby = lobby(retainedMax: 2)
        lobby.down(1)
        lobby.prove("east", link: 2)
        var outcome = lobby.outcome("S9", .completed, in: .playing)
        for number in 1...3 as ClosedRange<UInt64> {
            outcome.session = SessionID(high: 0, low: number)
            lobby.say(.ended(outcome), link: 2)
        }
        #expect(lobby.say(.inventoryEnd, link: 2) == [])
        #expect(
            lobby.sync() == ["link 2: ack S1#1", "link 2: ack S2#1", "link 2: ack S3#1", "link 2: close"])
    }
}
