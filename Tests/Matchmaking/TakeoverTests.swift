import Matchmaking
import SessionProtocol
import Testing

@Suite struct TakeoverTests {
    @Test("a subject's name alone disturbs nobody who waits")
    func nameAlone() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        #expect(lobby.join("ann", on: 2) == ["2: error subject_in_use!"])
        #expect(lobby.join("bob", on: 3) == ["1: waiting 2/2 in S1", "3: waiting 2/2 in S1"])
    }

    @Test("a reload with proof takes over the place; the older connection hears superseded")
    func reload() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.pass(300)
        let resume = lobby.resumes[1]
        #expect(lobby.join("ann", on: 2, resume: resume) == ["1: ended S1 superseded.", "2: waiting 1/2 in S1"])
        #expect(lobby.resumes[2] == resume)
        #expect(lobby.waits[2]?.waitedMs == 300)
        #expect(lobby.waits[2]?.timeoutMs == 120_000 - 300)
        #expect(lobby.disconnect(1) == [])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [1])
        lobby.disconnect(2)
        #expect(lobby.leftovers == [])
    }

    @Test("a scene of open identity trusts names")
    func open() {
        var lobby = Lobby(.group(2, identity: .open))
        lobby.join("ann", on: 1)
        #expect(lobby.join("ann", on: 2) == ["1: ended S1 superseded.", "2: waiting 1/2 in S1"])
    }

    @Test("a join for another scene moves the subject")
    func move() {
        var lobby = Lobby(.group(2), .group(3, "trio"))
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2, scene: "trio")
        #expect(
            lobby.join("bob", on: 3, resume: lobby.resumes[2])
                == ["2: ended S2 superseded.", "1: waiting 2/2 in S1", "3: waiting 2/2 in S1"])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [2, 0])
    }

    @Test("the same subject in each phase of a hand-off: refused without proof, with it the newer connection is told")
    func duringHandOff() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        let resume = lobby.resumes[1]
        #expect(lobby.join("ann", on: 3) == ["3: error subject_in_use!"])
        #expect(lobby.join("ann", on: 4, resume: resume) == ["1: ended S1 superseded.", "4: waiting 2/2 in S1"])
        lobby.sync()
        #expect(lobby.join("ann", on: 5) == ["5: error subject_in_use!"])
        #expect(lobby.join("ann", on: 6, resume: resume) == ["4: ended S1 superseded.", "6: waiting 2/2 in S1"])
        #expect(lobby.accept("S1", link: 1) == ["6: matched S1 as 0 of 2.", "2: matched S1 as 1 of 2."])
        #expect(lobby.join("ann", on: 7) == ["7: error subject_in_use!"])
        #expect(lobby.join("ann", on: 8, resume: resume) == ["8: matched S1 as 0 of 2."])
        #expect(lobby.tickets[8] == lobby.tickets[6])
    }

    @Test("one who reloads while the session is handed off is not missing from it")
    func backInTime() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.disconnect(1)
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]) == ["3: waiting 2/2 in S1"])
        lobby.sync()
        #expect(lobby.accept("S1", link: 1) == ["3: matched S1 as 0 of 2.", "2: matched S1 as 1 of 2."])
    }

    @Test("matched is repeated only while the link is up and the inventory taken; until then the join waits")
    func reloadWhileLinkIsDown() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.down(1)
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]) == ["3: waiting 2/2 in S1"])
        #expect(lobby.waits[3]?.timeoutMs == 18_000)
        lobby.prove("east", link: 2)
        #expect(lobby.join("bob", on: 4, resume: lobby.resumes[2]) == ["4: waiting 2/2 in S1"])
        lobby.say(.holding(.playing, lobby.assignment("S1")!), link: 2)
        #expect(lobby.transitions == ["S1 matched→playing"])
        #expect(
            lobby.say(.inventoryEnd, link: 2) == ["3: matched S1 as 0 of 2.", "4: matched S1 as 1 of 2."])
        #expect(lobby.tickets[3] == lobby.tickets[1])
    }

    @Test("one who is back while the coordinator is out of reach waits for a bounded time, and may come again")
    func fateStaysUnknown() {
        var lobby = Lobby(.group(2), limits: MatchmakingLimits(fateTimeoutMs: 9_000))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.down(1)
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]) == ["3: waiting 2/2 in S1"])
        #expect(lobby.waits[3]?.timeoutMs == 9_000)
        #expect(lobby.core.nextDeadlineMs == lobby.now.bootMs + 9_000)
        #expect(lobby.pass(8_999) == [])
        #expect(lobby.pass(1) == ["3: error timeout!"])
        #expect(lobby.join("ann", on: 4, resume: lobby.resumes[3]) == ["4: waiting 2/2 in S1"])
    }

    @Test("one whose game is presumed lost waits anew when it had begun, and keeps its time when it had not")
    func timeAfterLoss() {
        for (state, waitedMs) in [(SessionState.playing, UInt64(0)), (.validating, 20_000)] {
            var lobby = Lobby(.group(2))
            lobby.connect("east", link: 1)
            lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
            lobby.state("S1", state, link: 1)
            lobby.pass(2_000)
            lobby.down(1)
            lobby.join("ann", on: 3, resume: lobby.resumes[1])
            lobby.pass(18_000)
            #expect(lobby.sync() == ["3: waiting 1/2 in S2"])
            #expect(lobby.waits[3]?.waitedMs == waitedMs)
        }
    }

    @Test("one who leaves during the hand-off and comes back in time is there")
    func leftAndBack() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.leave(1)
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]) == ["1: ended S1 superseded.", "3: waiting 2/2 in S1"])
        lobby.sync()
        #expect(lobby.accept("S1", link: 1) == ["3: matched S1 as 0 of 2.", "2: matched S1 as 1 of 2."])
    }

    @Test("one whose fate was unknown waits for as long as its scene allows when the session is lost, after a restart too")
    func waitsAnew() {
        var before = Lobby(.group(2))
        before.connect("east", link: 1)
        before.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        var lobby = Lobby(restarting: before, .group(2))
        lobby.join("ann", on: 3, resume: before.resumes[1])
        lobby.pass(18_000)
        #expect(lobby.sync() == ["3: waiting 1/2 in S2"])
        #expect(lobby.waits[3]?.timeoutMs == 102_000)
    }

    @Test("a release takes the place of a connection that waits for the fate of the session, which hears no more")
    func releasedWhileWaiting() throws {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.down(1)
        lobby.join("ann", on: 3, resume: lobby.resumes[1])
        let played = try #require(lobby.assignment("S1"))
        let release = played.resume(of: played.players[0], isRequeued: false)
        #expect(lobby.join("ann", on: 4, resume: release) == ["3: ended S1 superseded.", "4: waiting 1/2 in S2"])
        #expect(lobby.connect("east", link: 2, inventory: [.holding(.playing, played)]) == [])
        #expect(lobby.end("S1", .completed, in: .playing, link: 2) == ["journal: ended S1 completed"])
        #expect(lobby.sync() == ["link 2: ack S1#1"])
        lobby.disconnect(4)
        #expect(lobby.leftovers == [])
    }

    @Test("a connection that waits for the end of an older session takes nobody's place with it, also not its own subject's")
    func olderConnection() throws {
        for isDurable in [false, true] {
            var lobby = Lobby(.group(2))
            lobby.connect("east", link: 1)
            lobby.join("ann", on: 1)
            lobby.join("bob", on: 2)
            lobby.sync()
            lobby.end("S1", .noShow, in: .matched, link: 1)
            // Before the end of S1 is on disk, a session of hers that was not known is taken on, and she is back for it.
            var other = try #require(lobby.assignment("S1"))
            other.session = SessionID(high: 9, low: 9)
            lobby.connect("west", link: 2, inventory: [.holding(.validating, other)])
            lobby.down(2)
            #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]) == ["3: waiting 2/2 in S2"])
            var outcome = lobby.outcome("S1", .validationFailed, in: .validating, requeued: ["ann"])
            outcome.session = other.session
            lobby.connect("west", link: 3, inventory: [.ended(outcome)])
            if isDurable {
                let told = lobby.sync()
                #expect(told.contains("1: ended S1 superseded.") && told.contains("3: waiting 1/2 in S3"))
            } else {
                #expect(lobby.join("ann", on: 4, resume: lobby.resumes[3]) == ["3: ended S2 superseded.", "4: waiting 1/2 in S3"])
                for _ in 1...4 {
                    lobby.pass(14_000)
                    lobby.ping(1)
                    lobby.ping(3)
                }
                #expect(lobby.leave(1) == [])
                #expect(lobby.pass(4_000).contains("1: error timeout!"))
            }
            #expect(lobby.core.tables.first { $0.name == "waitingSubjects" }?.count == 1)
        }
    }

    @Test("a release frees its subject from the session that it was given for, at once and without credit")
    func release() throws {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.down(1)
        lobby.pass(5000)
        let played = try #require(lobby.assignment("S1"))
        let ann = played.resume(of: played.players[0], isRequeued: false)
        #expect(lobby.join("ann", on: 3, resume: ann) == ["3: waiting 1/2 in S2"])
        #expect(lobby.waits[3]?.waitedMs == 0)
        let bob = played.resume(of: played.players[1], isRequeued: true)
        #expect(lobby.join("bob", on: 4, resume: bob) == ["4: waiting 2/2 in S2", "3: waiting 2/2 in S2"])
        #expect(lobby.waits[4]?.waitedMs == 5000)
        // Good once: the same release is nothing but proof now.
        #expect(lobby.join("ann", on: 5, resume: ann) == ["3: ended S2 superseded.", "5: waiting 2/2 in S2"])
        lobby.connect("east", link: 2, inventory: [.ended(lobby.outcome("S1", .completed, in: .playing))])
        lobby.sync()
        #expect(lobby.core.count(in: .matched) == 1)
        #expect(lobby.core.tables.first { $0.name == "subjects" }?.count == 2)
    }
}

@Suite struct ResumeTests {
    @Test("a place is kept by seniority after a reload whose old connection closed first")
    func closedFirst() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.pass(400)
        lobby.disconnect(1)
        #expect(lobby.join("ann", on: 2, resume: lobby.resumes[1]) == ["2: waiting 1/2 in S2"])
        #expect(lobby.waits[2]?.waitedMs == 400)
    }

    @Test("time waited for a session that was played is spent, whichever session the resume was given for")
    func spent() {
        var lobby = Lobby(.group(2), .group(3, "trio"), limits: MatchmakingLimits(ledger: LedgerLimits(tombstoneLifetimeMs: 10, tombstonesMax: 10)))
        lobby.connect("east", link: 1)
        // The first place is left behind, in a room that is never played.
        lobby.join("ann", on: 1)
        lobby.pass(1_000)
        lobby.disconnect(1)
        lobby.ping(1)
        lobby.pass(10_000)
        lobby.playDuo("ann", "bob", connections: (2, 3), link: 1, session: "S2")
        lobby.state("S2", .playing, link: 1)
        lobby.end("S2", .completed, in: .playing, link: 1)
        lobby.sync()
        // Nothing is left of the end but that.
        lobby.ping(1)
        lobby.pass(3_600_000)
        #expect(lobby.core.expiring.first { $0.name == "tombstones" }?.count == 0)
        for (connection, resume) in [(UInt64(4), lobby.resumes[1]), (5, lobby.resumes[2])] {
            lobby.join("ann", on: connection, resume: resume)
            #expect(lobby.waits[connection]?.waitedMs == 0)
            lobby.disconnect(connection)
        }
        // What is waited from then on counts, also for one who shows it later.
        lobby.join("ann", on: 6)
        lobby.pass(500)
        lobby.disconnect(6)
        lobby.join("ann", on: 7, resume: lobby.resumes[6])
        #expect(lobby.waits[7]?.waitedMs == 500)
    }

    @Test("time is spent when play begins, and known to be after a restart as long as the journal has the outcome")
    func spentAfterRestart() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.pass(1_000)
        lobby.disconnect(1)
        lobby.playDuo("ann", "bob", connections: (2, 3), link: 1, session: "S2")
        lobby.state("S2", .playing, link: 1)
        #expect(lobby.core.expiring.first { $0.name == "playedSubjects" }?.count == 2)
        lobby.end("S2", .completed, in: .playing, link: 1)
        var later = Lobby(restarting: lobby, .group(2))
        later.join("ann", on: 4, resume: lobby.resumes[1])
        #expect(later.waits[4]?.waitedMs == 0)
    }

    @Test("an older place that was proved when `matched` was told again is what the next resume claims")
    func olderPlaceBehindMatched() throws {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        let sinceUnixMs = lobby.now.unixMs
        lobby.disconnect(1)
        lobby.pass(1_000)
        lobby.playDuo("ann", "bob", connections: (2, 3), link: 1, session: "S2")
        #expect(lobby.join("ann", on: 4, resume: lobby.resumes[1]).contains { $0.hasPrefix("4: matched S2") })
        lobby.disconnect(4)
        lobby.down(1)
        lobby.pass(500)
        lobby.join("ann", on: 5, resume: lobby.resumes[1])
        #expect(lobby.waits[5]?.waitedMs == 1_500)
        #expect(Resume(try #require(lobby.resumes[5]))?.claim.sinceUnixMs == sinceUnixMs)
    }

    @Test("a wall clock that is set back behind a game costs nobody its place; what was waited since counts no more behind a restart")
    func clockSetBack() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.end("S1", .completed, in: .playing, link: 1)
        lobby.sync()
        lobby.now.unixMs -= 3_600_000
        lobby.join("ann", on: 11)
        lobby.pass(1_000)
        lobby.join("ann", on: 13, resume: lobby.resumes[11])
        #expect(lobby.waits[13]?.waitedMs == 1_000)
        // Whether it has waited since the game, or for it, a time that lies before the game does not say.
        var later = Lobby(restarting: lobby, .group(2))
        later.join("ann", on: 21, resume: lobby.resumes[13])
        #expect(later.waits[21]?.waitedMs == 0)
        later.pass(700)
        later.join("ann", on: 22, resume: later.resumes[21])
        #expect(later.waits[22]?.waitedMs == 700)
    }

    @Test("who has played is remembered for as long as places are good, and of too many the oldest are forgotten")
    func spentBounds() {
        var lobby = Lobby(.group(2), limits: MatchmakingLimits(playedSubjectsMax: 3, playedLifetimeMs: 5_000))
        lobby.connect("east", link: 1)
        func remembered() -> Int? { lobby.core.expiring.first { $0.name == "playedSubjects" }?.count }
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.end("S1", .completed, in: .playing, link: 1)
        #expect(remembered() == 2)
        lobby.playDuo("cid", "dan", connections: (3, 4), link: 1, session: "S2")
        lobby.end("S2", .completed, in: .playing, link: 1)
        #expect(remembered() == 3)
        lobby.pass(5_000)
        #expect(remembered() == 0)
    }

    @Test("a place is kept by seniority after a restart with the same key, and not with another")
    func restart() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.pass(400)
        var same = Lobby(restarting: lobby, .group(2))
        same.join("ann", on: 2, resume: lobby.resumes[1])
        #expect(same.waits[2]?.waitedMs == 400)
        var other = Lobby(restarting: lobby, .group(2), key: Array("another".utf8))
        other.join("ann", on: 2, resume: lobby.resumes[1])
        #expect(other.waits[2]?.waitedMs == 0)
    }

    @Test("forged, cut, expired and another's resumes are no proof and give no credit")
    func bad() throws {
        var lobby = Lobby(.group(4), limits: MatchmakingLimits(resumeLifetimeMs: 1000))
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        let good = try #require(lobby.resumes[1])
        lobby.pass(500)
        var forgeries = ["", "x", String(good.dropLast()), String(good.dropFirst()), good + "A", String(repeating: "A", count: 5000)]
        for index in stride(from: 0, to: good.count, by: 7) {
            var letters = Array(good)
            letters[index] = letters[index] == "A" ? "B" : "A"
            forgeries.append(String(letters))
        }
        for forgery in forgeries + [try #require(lobby.resumes[2])] {
            #expect(lobby.join("ann", on: 9, resume: forgery) == ["9: error subject_in_use!"])
            lobby.disconnect(9)
        }
        lobby.disconnect(1)
        lobby.join("ann", on: 3, resume: lobby.resumes[2])
        #expect(lobby.waits[3]?.waitedMs == 0)
        lobby.disconnect(3)
        lobby.pass(500)
        lobby.join("ann", on: 4, resume: good)
        #expect(lobby.waits[4]?.waitedMs == 0)
    }

    @Test("a place of another scene proves who one is, and gives no credit")
    func otherScene() {
        var lobby = Lobby(.group(2), .group(3, "trio"))
        lobby.join("ann", on: 1)
        lobby.pass(500)
        lobby.join("ann", on: 2, scene: "trio", resume: lobby.resumes[1])
        #expect(lobby.waits[2]?.waitedMs == 0)
    }

    @Test("the longest waiting of those who come back is matched first")
    func seniority() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.pass(1000)
        lobby.disconnect(1)
        for (connection, name) in zip(UInt64(2)..., ["bob", "cid", "dan"]) { lobby.join(name, on: connection) }
        // bob and cid fill a room; dan waits in another, which ann completes and, being senior, takes to the front.
        lobby.join("ann", on: 9, resume: lobby.resumes[1])
        #expect(lobby.connect("east", link: 1, capacity: 1) == ["journal: matched S3#1 at east"])
    }
}
