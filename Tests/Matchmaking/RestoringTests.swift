import Digests
import Matchmaking
import SessionProtocol
import Testing

@Suite struct RestoringTests {
    /// A matchmaker with ann and bob playing S1 at east.
    func playing() -> Lobby {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        return lobby
    }

    @Test("the resume told to one whose session's fate is unknown never releases from it")
    func noRelease() throws {
        let before = playing()
        var lobby = Lobby(restarting: before, .group(2))
        lobby.join("ann", on: 3, resume: before.resumes[1])
        let told = try #require(lobby.resumes[3])
        #expect(lobby.join("ann", on: 4, resume: told) == ["3: ended S1 superseded.", "4: waiting 2/2 in S1"])
    }

    @Test("a loss that is only presumed is told to nobody as a fact, at a shutdown neither")
    func presumedAtShutdown() {
        let before = playing()
        var lobby = Lobby(restarting: before, .group(2))
        lobby.join("ann", on: 3, resume: before.resumes[1])
        #expect(lobby.pass(18_000) == ["journal: ended S1 coordinator_lost presumed"])
        lobby.handle(.shutdown)
        #expect(lobby.sync() == ["3: error draining!"])
        #expect(lobby.leftovers == [])
    }

    @Test("a session of a scene that is configured no longer is carried on, and puts nobody back anywhere else")
    func sceneGone() {
        let before = playing()
        var lobby = Lobby(restarting: before, .group(2, "other"))
        #expect(lobby.join("ann", on: 3, scene: "other", resume: before.resumes[1]) == ["3: waiting 2/2 in S1"])
        lobby.pass(18_000)
        // Rule 14: a presumed loss is no fact, and there is no room left to wait in.
        #expect(lobby.sync() == ["3: error unknown_scene!"])
        #expect(lobby.leftovers == [])
    }

    @Test("after a change of the key nobody has waited since 1970")
    func otherKey() throws {
        let before = playing()
        var lobby = Lobby(restarting: before, .group(2, identity: .open), key: Array("another".utf8))
        lobby.join("ann", on: 3)
        #expect(lobby.waits[3]?.waitedMs == 0)
    }

    /// ann released from S1, whose owner is out of reach, and playing S2 with cid at west.
    func released() throws -> Lobby {
        var lobby = playing()
        lobby.down(1)
        lobby.connect("west", link: 2)
        let old = try #require(lobby.assignment("S1"))
        let release = old.resume(of: old.players[0], isRequeued: false)
        lobby.join("ann", on: 5, resume: release)
        lobby.join("cid", on: 6)
        lobby.sync()
        lobby.accept("S2", link: 2)
        return lobby
    }

    @Test("one who was released from a session and plays another is found in the newer one after a restart")
    func releasedBefore() throws {
        let before = try released()
        var lobby = Lobby(restarting: before, .group(2))
        #expect(lobby.core.count(in: .matched) == 2)
        let newer = try #require(lobby.assignment("S2"))
        #expect(lobby.connect("west", link: 2, inventory: [.holding(.playing, newer)]) == [])
        #expect(lobby.core.count(in: .playing) == 1)
        #expect(lobby.join("ann", on: 7, resume: lobby.resumes[5]) == ["7: matched S2 as 0 of 2."])
    }

    @Test("a journal whose records contradict each other is read without harm")
    func contradictions() throws {
        let before = playing()
        let matched = try #require(before.journal.first)
        let ended = Message.ended(before.outcome("S1", .completed, in: .playing))
        for journal in [[matched, ended, matched], [ended, matched], [matched, matched, ended, ended], [.drain, matched]] {
            var lobby = Lobby(restarting: before, .group(2), journal: journal)
            #expect(lobby.core.count(in: .matched) == (journal.first == .drain ? 1 : 0))
            lobby.pass(18_000)
            lobby.sync()
            #expect(lobby.leftovers == [])
        }
    }

    @Test("a generator that repeats itself after a restart draws no session id twice")
    func sameSeed() throws {
        let before = playing()
        var lobby = before
        lobby.core = MatchmakerCore(
            scenes: [.group(2)], resumeKey: Lobby.key, generator: SeededGenerator(number: 1))
        lobby.core.restore(before.journal + [.ended(before.outcome("S1", .completed, in: .playing))], isComplete: true, now: before.now)
        #expect(lobby.join("zoe", on: 9) == ["9: waiting 1/2 in S2"])
    }

    @Test("a live session that a coordinator reports is taken on, also when a member has come back to wait meanwhile")
    func journalLost() throws {
        let before = playing()
        var lobby = Lobby(restarting: before, .group(2), journal: [])
        lobby.join("ann", on: 3)
        let held = try #require(before.assignment("S1"))
        lobby.prove("east", link: 1)
        #expect(lobby.say(.holding(.playing, held), link: 1) == ["3: ended S2 superseded.", "journal: matched S1#1 at east"])
        #expect(lobby.notices == [.adopted(held.session, .of("east"))])
        lobby.say(.inventoryEnd, link: 1)
        // The name alone was no proof that it was ann who waited.
        #expect(lobby.join("ann", on: 4) == ["4: error subject_in_use!"])
        #expect(lobby.join("ann", on: 5, resume: before.resumes[1]) == ["5: matched S1 as 0 of 2."])
    }

    @Test("those who give way to a session that is taken on are matched with nobody while the others give way")
    func givesWayAtOnce() throws {
        var other = Lobby(.group(2))
        other.connect("east", link: 1)
        other.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        var played = try #require(other.assignment("S1"))
        played.session = SessionID(high: 7, low: 7)
        // Ann is in a group that waits for a coordinator; bob, who could have the seat that she leaves, waits by himself.
        var lobby = Lobby(.group(3))
        for (connection, name) in zip(UInt64(1)..., ["ann", "xia", "yan", "bob"]) { lobby.join(name, on: connection) }
        lobby.prove("east", link: 2)
        #expect(
            lobby.say(.holding(.playing, played), link: 2) == [
                "1: ended S1 superseded.", "4: ended S2 superseded.", "2: waiting 2/3 in S1", "3: waiting 2/3 in S1",
                "journal: matched S3#1 at east",
            ])
        #expect(lobby.notices == [.adopted(played.session, .of("east"))])
    }
}
