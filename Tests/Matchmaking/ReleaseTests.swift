import Digests
import Matchmaking
import SessionProtocol
import Testing

/// Releases, and places that their holders were given behind them: over restarts, and for no one else.
@Suite struct ReleaseTests {
    /// ann told the end of S1 by a coordinator that is out of reach, and waiting in S2 on 5 with what she was given for it.
    func released() throws -> Lobby {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.down(1)
        let old = try #require(lobby.assignment("S1"))
        let release = old.resume(of: old.players[0], isRequeued: false)
        #expect(lobby.join("ann", on: 5, resume: release) == ["5: waiting 1/2 in S2"])
        return lobby
    }

    @Test("one who was released stays released over restarts, and keeps the time that was waited since")
    func overRestarts() throws {
        var before = try released()
        before.pass(3000)
        var lobby = Lobby(restarting: before, .group(2))
        #expect(lobby.core.count(in: .matched) == 1)
        #expect(lobby.join("ann", on: 7, resume: before.resumes[5]) == ["7: waiting 1/2 in S3"])
        #expect(lobby.waits[7]?.waitedMs == 3000)
        // bob was told nothing yet.
        #expect(lobby.join("bob", on: 8, resume: before.resumes[2]) == ["8: waiting 2/2 in S1"])
        lobby.pass(2000)
        lobby = Lobby(restarting: lobby, .group(2))
        // The first room of each restarted matchmaker has the same name: their generators begin alike.
        #expect(lobby.join("ann", on: 9, resume: lobby.resumes[7]) == ["9: waiting 1/2 in S3"])
        #expect(lobby.waits[9]?.waitedMs == 5000)
        lobby.pass(18_000)
        lobby.sync()
        lobby.disconnect(9)
        #expect(lobby.leftovers == [])
    }

    @Test("a place that is given when the session's end is not on disk yet releases from it too")
    func endNotDurable() throws {
        var before = try released()
        #expect(before.pass(18_000) == ["journal: ended S1 coordinator_lost presumed"])
        before.disconnect(5)
        #expect(before.join("ann", on: 6, resume: before.resumes[5]) == ["6: waiting 1/2 in S3"])
        before.journal.removeLast()
        var lobby = Lobby(restarting: before, .group(2))
        #expect(lobby.join("ann", on: 7, resume: before.resumes[6]) == ["7: waiting 1/2 in S4"])
    }

    @Test("a release that is shown when the session's end is not on disk yet is not forgotten either")
    func shownBeforeDurable() throws {
        var before = Lobby(.group(2))
        before.connect("east", link: 1)
        before.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        let old = try #require(before.assignment("S1"))
        before.end("S1", .completed, in: .playing, link: 1)
        before.join("ann", on: 5, resume: old.resume(of: old.players[0], isRequeued: false))
        before.journal.removeLast()
        var lobby = Lobby(restarting: before, .group(2))
        #expect(lobby.join("ann", on: 7, resume: before.resumes[5]) == ["7: waiting 1/2 in S3"])
        #expect(lobby.core.tables.first { $0.name == "releases" }?.count == 1)
        lobby.connect("east", link: 1)
        lobby.sync()
        #expect(lobby.core.tables.first { $0.name == "releases" }?.count == 0)
    }

    @Test("the record of a later session shows that one was released from the earlier one, also when the later one has ended")
    func laterSessionEnded() throws {
        var before = try released()
        before.connect("west", link: 2)
        before.join("cid", on: 6)
        before.sync()
        before.accept("S2", link: 2)
        before.end("S2", .completed, in: .playing, link: 2)
        before.sync()
        let newer = try #require(before.assignment("S2"))
        var lobby = Lobby(restarting: before, .group(2))
        let index = try #require(newer.players.firstIndex { $0.subject == .of("ann") })
        let release = newer.resume(of: newer.players[index], isRequeued: false)
        #expect(lobby.join("ann", on: 7, resume: release) == ["7: waiting 1/2 in S3"])
        // What she is given then holds for the earlier one too.
        lobby = Lobby(restarting: lobby, .group(2), journal: Array(before.journal.prefix(1)))
        #expect(lobby.join("ann", on: 8, resume: lobby.resumes[7]) == ["8: waiting 1/2 in S3"])
    }

    @Test("nobody else is released by it, and nobody when it has expired or was signed by another key")
    func notGood() throws {
        let before = try released()
        let place = try #require(before.resumes[5])
        var lobby = Lobby(restarting: before, .group(2))
        #expect(lobby.join("bob", on: 7, resume: place) == ["7: error subject_in_use!"])
        #expect(lobby.join("ann", on: 8) == ["8: error subject_in_use!"])
        #expect(lobby.join("ann", on: 9, resume: before.resumes[1]) == ["9: waiting 2/2 in S1"])
        lobby = Lobby(restarting: before, .group(2), key: Array("another".utf8))
        #expect(lobby.join("ann", on: 7, resume: place) == ["7: error subject_in_use!"])
        lobby = Lobby(restarting: before, .group(2))
        lobby.now.unixMs += 86_400_000
        #expect(lobby.join("ann", on: 7, resume: place) == ["7: error subject_in_use!"])
    }

    @Test("of many releases a place names the newest, and a table keeps no more")
    func bounded() throws {
        var lobby = Lobby(.group(2))
        var resume: String?
        for round in 1...6 as ClosedRange<UInt64> {
            let node = "node\(round)"
            lobby.connect(node, link: round)
            lobby.join("ann", on: 10 * round, resume: resume)
            lobby.join("bob\(round)", on: 10 * round + 1)
            lobby.sync()
            let session = "S\(round)"
            lobby.accept(session, link: round)
            lobby.down(round)
            let assignment = try #require(lobby.assignment(session))
            let index = try #require(assignment.players.firstIndex { $0.subject == .of("ann") })
            resume = assignment.resume(of: assignment.players[index], isRequeued: false)
        }
        lobby.join("ann", on: 99, resume: resume)
        let named = try #require(lobby.resumes[99].flatMap(Resume.init)).claim
        #expect(named.releasedFrom == (3...6).map { lobby.id("S\($0)") })
        #expect(lobby.core.tables.first { $0.name == "releases" }?.count == 1)
        lobby.pass(18_000)
        lobby.sync()
        #expect(lobby.core.tables.first { $0.name == "releases" }?.count == 0)
    }

    // MARK: Places that are taken over

    @Test("who shows an older place keeps its time when somebody has taken the place over by the name alone")
    func olderPlace() throws {
        var lobby = Lobby(.group(3))
        lobby.join("ann", on: 1)
        let place = try #require(lobby.resumes[1])
        lobby.disconnect(1)
        lobby.pass(2000)
        lobby.join("zoe", on: 2)
        lobby.pass(3000)
        #expect(lobby.join("ann", on: 3) == ["2: waiting 2/3 in S2", "3: waiting 2/3 in S2"])
        #expect(lobby.join("ann", on: 4, resume: place) == ["3: ended S2 superseded.", "4: waiting 2/3 in S2"])
        #expect(lobby.waits[4]?.waitedMs == 5000)
        // Neither a newer resume nor a name takes it away again.
        #expect(lobby.join("ann", on: 9, resume: lobby.resumes[3]) == ["9: error subject_in_use!"])
        #expect(lobby.join("ann", on: 5, resume: lobby.resumes[4]) == ["4: ended S2 superseded.", "5: waiting 2/3 in S2"])
        #expect(lobby.waits[5]?.waitedMs == 5000)
        lobby.disconnect(5)
        lobby.join("ann", on: 6, resume: lobby.resumes[5])
        #expect(lobby.waits[6]?.waitedMs == 5000)
    }

    @Test("a room goes before others by the older place of one who waits there")
    func olderRoom() throws {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        let place = lobby.resumes[1]
        lobby.disconnect(1)
        lobby.pass(1000)
        for (name, connection) in [("bob", 2), ("cid", 3), ("ann", 4), ("dan", 5)] as [(String, UInt64)] {
            lobby.join(name, on: connection)
            lobby.pass(1000)
        }
        #expect(lobby.core.count(in: .waiting) == 2)
        lobby.join("ann", on: 6, resume: place)
        #expect(lobby.connect("east", link: 1, capacity: 1) == ["journal: matched S3#1 at east"])
    }

    @Test("who waits for the fate of a session keeps the time of an older place, for when it is put back")
    func olderThanTheSession() throws {
        var lobby = Lobby(.group(2, identity: .open))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        let place = lobby.resumes[1]
        lobby.disconnect(1)
        lobby.pass(3000)
        lobby.playDuo("ann", "bob", connections: (2, 3), link: 1, session: "S2")
        lobby.down(1)
        lobby.join("ann", on: 4, resume: place)
        #expect(lobby.waits[4]?.waitedMs == 3000)
        lobby.pass(18_000)
        #expect(lobby.sync() == ["4: waiting 1/2 in S3"])
        #expect(lobby.waits[4]?.waitedMs == 21_000)
    }
}
