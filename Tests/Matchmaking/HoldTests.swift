import Matchmaking
import SessionProtocol
import Testing

/// A journal was lost, or accepted with gaps, while a stale copy of a session is at another coordinator: rule 13.
@Suite struct HoldTests {
    /// Attempt 1 of S1 went to east, whose answer never came; attempt 2 plays at west. Returns both assignments.
    private func twoAttempts() throws -> (lobby: Lobby, stale: Assignment, live: Assignment) {
        var before = Lobby(.group(2))
        before.connect("east", link: 1)
        before.connect("west", link: 2)
        before.join("ann", on: 1)
        before.join("bob", on: 2)
        before.sync()
        let stale = try #require(before.assignment("S1"))
        before.down(1)
        before.sync()
        let live = try #require(before.assignment("S1"))
        #expect(live.attempt > stale.attempt)
        before.accept("S1", link: 2, attempt: 2)
        return (before, stale, live)
    }

    private func lost(_ before: Lobby, journal: [Message] = []) -> Lobby {
        Lobby(restarting: before, .group(2), journal: journal, isComplete: false)
    }

    @Test("a stale copy that is reported first does not keep the live one out")
    func staleCopyFirst() throws {
        let (before, stale, live) = try twoAttempts()
        var lobby = lost(before)
        #expect(lobby.connect("east", link: 3, inventory: [.holding(.matched, stale)]) == [])
        #expect(lobby.core.count(in: .matched) == 0)
        lobby.prove("west", link: 4)
        #expect(
            lobby.say(.holding(.playing, live), link: 4) == ["link 3: drop S1#1", "journal: matched S1#2 at west"])
        lobby.say(.inventoryEnd, link: 4)
        #expect(lobby.core.count(in: .playing) == 1)
    }

    @Test("a stale copy that is reported last is dropped, also while the live one is in doubt")
    func staleCopyLast() throws {
        let (before, stale, live) = try twoAttempts()
        var lobby = lost(before)
        #expect(lobby.connect("west", link: 4, inventory: [.holding(.matched, live)]) == [])
        lobby.prove("east", link: 3)
        #expect(lobby.say(.holding(.matched, stale), link: 3) == ["link 3: drop S1#1"])
        #expect(lobby.state("S1", .playing, link: 4, attempt: 2) == ["journal: matched S1#2 at west"])
        #expect(lobby.core.count(in: .playing) == 1)
    }

    @Test("a stale outcome that is reported first is not believed, and is acknowledged when the live copy has been heard of")
    func staleOutcomeFirst() throws {
        let (before, _, live) = try twoAttempts()
        var lobby = lost(before)
        lobby.prove("east", link: 3)
        #expect(lobby.end("S1", .noShow, in: .matched, link: 3) == [])
        lobby.say(.inventoryEnd, link: 3)
        lobby.connect("west", link: 4, inventory: [.holding(.playing, live)])
        #expect(lobby.core.count(in: .playing) == 1)
        lobby.pass(9000)
        lobby.ping(3)
        lobby.ping(4)
        #expect(lobby.pass(9000) == ["link 3: ack S1#1"])
        #expect(lobby.core.count(in: .playing) == 1)
        lobby.sync()
        #expect(!lobby.core.isHolding)
    }

    @Test("an outcome of a session in which somebody was inside counts at once")
    func playedOutcome() throws {
        let (before, _, _) = try twoAttempts()
        var lobby = lost(before)
        lobby.prove("west", link: 4)
        #expect(lobby.end("S1", .completed, in: .playing, link: 4, attempt: 2) == ["journal: ended S1 completed"])
        #expect(lobby.sync() == ["link 4: ack S1#2"])
    }

    @Test("of two outcomes that nobody was inside of the higher attempt's is recorded, and both are acknowledged")
    func twoOutcomes() throws {
        let (before, _, _) = try twoAttempts()
        var lobby = lost(before)
        lobby.prove("east", link: 3)
        #expect(lobby.end("S1", .noShow, in: .matched, link: 3) == [])
        lobby.say(.inventoryEnd, link: 3)
        lobby.prove("west", link: 4)
        #expect(lobby.end("S1", .shutdown, in: .matched, link: 4, attempt: 2) == [])
        lobby.say(.inventoryEnd, link: 4)
        lobby.pass(9000)
        lobby.ping(3)
        lobby.ping(4)
        #expect(lobby.pass(9000) == ["journal: ended S1 shutdown"])
        #expect(lobby.sync() == ["link 4: ack S1#2", "link 3: ack S1#1"])
    }

    @Test("who is in a copy that has not begun plays nowhere else until its owner has ended it, which it is asked to")
    func inDoubt() throws {
        let (before, _, live) = try twoAttempts()
        var lobby = lost(before)
        lobby.connect("west", link: 4, inventory: [.holding(.matched, live)])
        lobby.join("ann", on: 5)
        lobby.join("bob", on: 6)
        lobby.pass(9000)
        lobby.ping(4)
        #expect(lobby.pass(9000) == ["link 4: cancel S1#2 player_disconnected "])
        #expect(lobby.core.isHolding)
        #expect(lobby.ping(4) == ["link 4: pong"])
        let ended = lobby.end("S1", .playerDisconnected, in: .matched, link: 4, attempt: 2, requeued: ["ann", "bob"])
        #expect(ended.first == "journal: ended S1 player_disconnected")
        #expect(ended.contains { $0.hasPrefix("journal: matched S2#1 at west") })
        lobby.sync()
        #expect(!lobby.core.isHolding)
    }

    @Test("an owner that does not answer is made to report anew, and one that is lost is not waited for")
    func silentOwner() throws {
        let (before, _, live) = try twoAttempts()
        var lobby = lost(before)
        lobby.connect("west", link: 4, inventory: [.holding(.matched, live)])
        lobby.pass(17_999)
        lobby.ping(4)
        lobby.pass(1)
        #expect(lobby.pass(MatchmakingLimits().cancelTimeoutMs) == ["link 4: close"])
        lobby.prove("west", link: 5)
        lobby.say(.holding(.matched, live), link: 5)
        #expect(lobby.say(.inventoryEnd, link: 5) == ["link 5: cancel S1#2 player_disconnected "])
        lobby.down(5)
        lobby.pass(18_000)
        #expect(!lobby.core.isHolding)
        #expect(lobby.leftovers == [])
    }

    @Test("a restored session gives way to a higher attempt, and nobody is sent to it meanwhile")
    func restoredLower() throws {
        let (before, stale, live) = try twoAttempts()
        var lobby = lost(before, journal: [.journalMatched(.of("east"), stale)])
        lobby.connect("east", link: 3, inventory: [.holding(.matched, stale)])
        #expect(lobby.join("ann", on: 5, resume: before.resumes[1]) == ["5: waiting 2/2 in S1"])
        lobby.prove("west", link: 4)
        #expect(
            lobby.say(.holding(.playing, live), link: 4) == ["link 3: drop S1#1", "journal: matched S1#2 at west"])
        #expect(lobby.say(.inventoryEnd, link: 4) == ["5: matched S1 as 0 of 2."])
        #expect(lobby.tickets[5] == live.players[0].ticket)
    }

    @Test("what an inventory leaves out has ended only when all have reported")
    func restoredAbsent() throws {
        let (before, stale, live) = try twoAttempts()
        var lobby = lost(before, journal: [.journalMatched(.of("east"), stale)])
        #expect(lobby.connect("east", link: 3) == [])
        #expect(lobby.connect("west", link: 4, inventory: [.holding(.playing, live)]) == [])
        #expect(lobby.core.count(in: .playing) == 1)
    }

    @Test("an outcome of a higher attempt than the restored one ends the session")
    func restoredOutdated() throws {
        let (before, stale, _) = try twoAttempts()
        var lobby = lost(before, journal: [.journalMatched(.of("east"), stale)])
        lobby.connect("east", link: 3, inventory: [.holding(.matched, stale)])
        lobby.prove("west", link: 4)
        #expect(
            lobby.end("S1", .completed, in: .playing, link: 4, attempt: 2)
                == ["link 3: drop S1#1", "journal: ended S1 completed"])
        #expect(lobby.sync() == ["link 4: ack S1#2"])
    }

    @Test("a restored session that nobody has begun is ended when all have reported, and its players are put back")
    func restoredDoubtful() throws {
        let (before, _, live) = try twoAttempts()
        var lobby = lost(before, journal: [.journalMatched(.of("west"), live)])
        lobby.connect("west", link: 4, inventory: [.holding(.matched, live)])
        lobby.join("ann", on: 5, resume: before.resumes[1])
        lobby.pass(9000)
        lobby.ping(4)
        #expect(lobby.pass(9000) == ["link 4: cancel S1#2 player_disconnected "])
        lobby.end("S1", .playerDisconnected, in: .matched, link: 4, attempt: 2, requeued: ["ann", "bob"])
        #expect(lobby.sync().contains("5: waiting 1/2 in S2"))
    }

    @Test("players who are inside of a session are in no other that the journal names")
    func restoredElsewhere() throws {
        let (before, _, live) = try twoAttempts()
        var older = live
        older.session = SessionID(high: 7, low: 7)
        var lobby = lost(before, journal: [.journalMatched(.of("east"), older)])
        lobby.connect("west", link: 4, inventory: [.holding(.playing, live)])
        #expect(lobby.core.count(in: .playing) == 1)
        lobby.connect("east", link: 3, inventory: [])
        #expect(lobby.join("ann", on: 5, resume: before.resumes[1]) == ["5: matched S1 as 0 of 2."])
    }

    @Test("what is reported after all others on a link that came before is not read any more")
    func lateReport() throws {
        let (before, _, _) = try twoAttempts()
        var lobby = lost(before)
        lobby.prove("west", link: 4)
        lobby.pass(17_999)
        lobby.ping(4)
        #expect(lobby.pass(1) == ["link 4: close"])
    }

    @Test("an outcome of a higher attempt takes the place of one that was recorded after the journal was lost")
    func higherOutcome() throws {
        let (before, _, _) = try twoAttempts()
        var lobby = lost(before)
        lobby.connect("east", link: 3)
        lobby.pass(9000)
        lobby.ping(3)
        lobby.pass(9000)
        #expect(lobby.end("S1", .noShow, in: .matched, link: 3) == ["journal: ended S1 no_show"])
        lobby.prove("west", link: 4)
        #expect(lobby.end("S1", .completed, in: .playing, link: 4, attempt: 2) == ["journal: ended S1 completed"])
        #expect(lobby.end("S1", .noShow, in: .matched, link: 3) == [])
        #expect(lobby.sync() == ["link 3: ack S1#1", "link 4: ack S1#2", "link 3: ack S1#1"])
    }

    @Test("the journal counts as whole only when what was taken on is on disk")
    func durable() throws {
        let (before, _, live) = try twoAttempts()
        var lobby = lost(before)
        lobby.connect("west", link: 4, inventory: [.holding(.playing, live)])
        lobby.pass(9000)
        lobby.ping(4)
        lobby.pass(9000)
        #expect(lobby.core.isHolding)
        lobby.sync()
        #expect(!lobby.core.isHolding)
    }

    @Test("with a whole journal, too, a copy of an unknown session that has not begun is not taken on, but ended")
    func unknownLater() throws {
        let (before, stale, _) = try twoAttempts()
        var lobby = Lobby(restarting: before, .group(2), journal: [])
        lobby.prove("east", link: 3)
        #expect(lobby.say(.holding(.matched, stale), link: 3) == ["link 3: cancel S1#1 player_disconnected "])
        #expect(lobby.leftovers == [])
    }

    /// Sessions of two that nobody has begun, with their own players.
    private func copies(_ count: Int) -> [Assignment] {
        (1...count).map { number in
            Assignment(
                session: SessionID(high: 7, low: UInt64(number)), attempt: .first, scene: .of("duo"),
                settings: SessionSettings(validatesPeers: false), seed: 1, resumeExpiresUnixMs: 1_800_000_000_000,
                players: ["a", "b"].map { letter in
                    AssignedPlayer(
                        subject: .of("\(letter)\(number)"), ticket: Ticket(high: 1, low: UInt64(number)), sinceUnixMs: 1,
                        placeSignature: ResumeSignature(high: 0, low: 0), releaseSignature: ResumeSignature(high: 0, low: 0))
                })
        }
    }

    @Test("ten thousand copies in doubt, and as many outcomes, are taken in without a search through all of them")
    func manyCopies() throws {
        let (before, _, _) = try twoAttempts()
        var lobby = lost(before)
        lobby.prove("east", link: 3)
        let copies = copies(10_000)
        let clock = ContinuousClock()
        let took = clock.measure {
            for copy in copies { lobby.say(.holding(.matched, copy), link: 3) }
            lobby.say(.inventoryEnd, link: 3)
            for copy in copies {
                lobby.say(
                    .ended(
                        Outcome(
                            session: copy.session, attempt: copy.attempt, scene: copy.scene, reason: .noShow, endedIn: .matched,
                            endedAtUnixMs: 1, players: copy.players.map { PlayerOutcome(subject: $0.subject) })), link: 3)
            }
        }
        // Through all of them it would be a thousand million steps.
        #expect(took < .seconds(20))
        #expect(lobby.core.tables.first { $0.name == "sessionsInDoubt" }?.count == 10_000)
        lobby.pass(17_000)
        lobby.ping(3)
        lobby.pass(1_000)
        lobby.sync()
        #expect(lobby.leftovers == [] && !lobby.core.isHolding)
    }

    @Test("nobody is matched while a coordinator holds more copies in doubt than are kept in mind; it reports them anew until it does not")
    func tooManyCopies() throws {
        let (before, _, _) = try twoAttempts()
        var lobby = Lobby(
            restarting: before, .group(2), limits: MatchmakingLimits(copiesInDoubtMax: 2), journal: [], isComplete: false)
        let copies = copies(3)
        let inventory = copies.map { Message.holding(.matched, $0) }
        lobby.connect("east", link: 3, inventory: inventory)
        lobby.join("ann", on: 5)
        lobby.join("bob", on: 6)
        #expect(lobby.core.tables.first { $0.name == "sessionsInDoubt" }?.count == 3)
        lobby.pass(17_000)
        lobby.ping(3)
        #expect(lobby.pass(1_000) == ["link 3: close"])
        // It lists all of them again: each is asked to end, though only two are kept in mind.
        lobby.prove("east", link: 4)
        let said = inventory.flatMap { lobby.say($0, link: 4) } + lobby.say(.inventoryEnd, link: 4)
        for copy in copies {
            #expect(said.contains("link 4: cancel \(lobby.names[copy.session] ?? "?")#1 player_disconnected "))
        }
        func end(_ copy: Assignment, link: UInt64) {
            lobby.say(
                .ended(
                    Outcome(
                        session: copy.session, attempt: copy.attempt, scene: copy.scene, reason: .playerDisconnected,
                        endedIn: .matched, endedAtUnixMs: 1, players: copy.players.map { PlayerOutcome(subject: $0.subject) })),
                link: link)
        }
        for copy in copies { end(copy, link: 4) }
        lobby.sync()
        // As far as is known here, it may hold more.
        #expect(lobby.core.isHolding)
        #expect(lobby.pass(MatchmakingLimits().cancelTimeoutMs) == ["link 4: close"])
        #expect(lobby.connect("east", link: 5).contains { $0.hasPrefix("journal: matched") })
        lobby.sync()
        #expect(!lobby.core.isHolding)
    }
}
