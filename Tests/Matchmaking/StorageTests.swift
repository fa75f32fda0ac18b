import Matchmaking
import SessionProtocol
import Testing

@Suite struct StorageTests {
    @Test("while the disk takes no records nobody is matched, and waiting goes on; when it does again, full rooms are matched")
    func failing() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        #expect(lobby.handle(.storage(isWorking: false)) == [])
        #expect(lobby.join("ann", on: 1) == ["1: waiting 1/2 in S1"])
        #expect(lobby.join("bob", on: 2) == ["1: waiting 2/2 in S1", "2: waiting 2/2 in S1"])
        #expect(lobby.ping(1) == ["link 1: pong"])
        #expect(lobby.handle(.storage(isWorking: true)) == ["journal: matched S1#1 at east"])
        #expect(lobby.sync() == ["link 1: assign S1#1"])
    }

    @Test("those who wait while the disk takes no records still wait no longer than their scene allows")
    func waitingIsBounded() {
        var lobby = Lobby(.group(1, waitTimeoutMs: 5000))
        lobby.connect("east", link: 1)
        lobby.handle(.storage(isWorking: false))
        lobby.join("ann", on: 1)
        #expect(lobby.pass(5000) == ["1: ended S1 no_coordinator."])
        #expect(lobby.leftovers == [])
    }

    @Test("with a journal that is not whole nobody is matched until grace and margin have passed")
    func incomplete() {
        let before = Lobby(.group(1))
        var lobby = Lobby(restarting: before, .group(1), isComplete: false)
        #expect(lobby.core.nextDeadlineMs == lobby.now.bootMs + 18_000)
        lobby.connect("east", link: 1)
        #expect(lobby.join("ann", on: 1) == ["1: waiting 1/1 in S1"])
        #expect(lobby.core.nextDeadlineMs.map { $0 - lobby.now.bootMs } == 18_000)
        lobby.pass(10_000)
        lobby.ping(1)
        #expect(lobby.pass(7_999) == [])
        #expect(lobby.pass(1) == ["journal: matched S1#1 at east"])
        #expect(lobby.core.nextDeadlineMs.map { $0 > lobby.now.bootMs } == true)
    }

    @Test("what a coordinator reports while the journal is not whole is taken on, and its players do not play twice")
    func adopting() throws {
        var before = Lobby(.group(2))
        before.connect("east", link: 1)
        before.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        var lobby = Lobby(restarting: before, .group(2), journal: [], isComplete: false)
        lobby.join("ann", on: 3)
        lobby.join("bob", on: 4)
        let held = try #require(before.assignment("S1"))
        lobby.connect("east", link: 1, inventory: [.holding(.playing, held)])
        #expect(lobby.core.count(in: .playing) == 1)
        #expect(lobby.core.count(in: .waiting) == 0)
        #expect(lobby.pass(18_000).filter { $0.contains("assign") } == [])
    }

    @Test("a compacted journal keeps the records of hand-offs that live")
    func journalSessions() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.handle(.storage(isWorking: false))
        lobby.join("bob", on: 2)
        // A waiting room may be named, too: it has no records.
        #expect(lobby.core.journalSessions.contains(lobby.id("S1")))
    }

    @Test("whoever was hung up because the disk was slow is not blamed when the session cannot begin")
    func givenUp() {
        var lobby = Lobby(.group(2), limits: MatchmakingLimits(assignTimeoutMs: 90_000, fateTimeoutMs: 60_000))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        for _ in 1...4 {
            lobby.pass(14_000)
            lobby.ping(1)
        }
        #expect(lobby.join("bob", on: 3, resume: lobby.resumes[2]) == ["2: ended S1 superseded.", "3: waiting 2/2 in S1"])
        #expect(lobby.pass(4_000) == ["1: error timeout!"])
        lobby.sync()
        #expect(lobby.accept("S1", link: 1) == ["link 1: cancel S1#1 player_disconnected "])
    }

    @Test("one who has gone of itself meanwhile is blamed, and who was hung up is not")
    func goneOfItself() {
        var lobby = Lobby(.group(3), limits: MatchmakingLimits(assignTimeoutMs: 90_000, fateTimeoutMs: 60_000))
        lobby.connect("east", link: 1)
        for (subject, connection) in [("ann", UInt64(1)), ("bob", 2), ("cid", 3)] { lobby.join(subject, on: connection) }
        for _ in 1...4 {
            lobby.pass(14_000)
            lobby.ping(1)
        }
        lobby.join("bob", on: 4, resume: lobby.resumes[2])
        lobby.disconnect(3)
        lobby.pass(4_000)
        lobby.sync()
        #expect(lobby.accept("S1", link: 1) == ["link 1: cancel S1#1 player_disconnected 2"])
    }
}
