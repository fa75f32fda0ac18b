import Matchmaking
import SessionProtocol
import Testing

@Suite struct CancellingTests {
    func lobby() -> Lobby {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        return lobby
    }

    /// ann has gone before the coordinator accepts S1, bob waits for its end.
    func asked() -> Lobby {
        var lobby = lobby()
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.sync()
        lobby.disconnect(1)
        #expect(lobby.accept("S1", link: 1) == ["link 1: cancel S1#1 player_disconnected 0"])
        return lobby
    }

    @Test("a coordinator that ignores a cancel loses its link once, so that both say what they hold; then it is asked again")
    func ignored() throws {
        var lobby = asked()
        lobby.ping(1)
        #expect(lobby.pass(4_999) == [])
        #expect(lobby.pass(1) == ["link 1: close"])
        #expect(lobby.notices.first == .cancelIgnored(lobby.id("S1"), .of("east")))
        let held = try #require(lobby.assignment("S1"))
        #expect(
            lobby.connect("east", link: 2, inventory: [.holding(.matched, held)])
                == ["link 2: cancel S1#1 player_disconnected 0"])
        #expect(lobby.pass(5_000) == ["link 2: cancel S1#1 player_disconnected 0"], "and never hung up again")
        #expect(lobby.notices == [.cancelIgnored(lobby.id("S1"), .of("east"))])
        lobby.end("S1", .playerDisconnected, in: .matched, link: 2, requeued: ["bob"], blamed: ["ann"])
        #expect(lobby.sync() == ["link 2: ack S1#1", "2: waiting 1/2 in S2"])
        #expect(lobby.core.nextDeadlineMs.map { $0 > lobby.now.bootMs } == true)
        lobby.disconnect(2)
        #expect(lobby.leftovers == [])
    }

    @Test("an ignored cancel that turns out to have been lost with the session ends it")
    func lost() {
        var lobby = asked()
        lobby.pass(5_000)
        #expect(lobby.connect("east", link: 2) == ["journal: ended S1 coordinator_lost"])
        #expect(lobby.sync() == ["2: waiting 1/2 in S2"])
    }

    @Test("whatever a coordinator does, one who has been matched is answered in time, and is free of the wait")
    func fate() throws {
        var lobby = asked()
        for link in 1...20 as ClosedRange<UInt64> where lobby.leftovers.contains("fateDeadlines 1") {
            lobby.ping(link)
            let lines = lobby.pass(5_000)
            if lines.last == "link \(link): close" || link > 1 {
                let held = try #require(lobby.assignment("S1"))
                lobby.connect("east", link: link + 1, inventory: [.holding(.matched, held)])
            }
        }
        #expect(lobby.now.bootMs - 1_000_000 == 60_000)
        #expect(!lobby.leftovers.contains { $0.hasPrefix("joined") })
    }

    @Test("one who waits for a disk that does not answer hears so, and comes back with its place")
    func disk() throws {
        var lobby = lobby()
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.handle(.storage(isWorking: false))
        lobby.ping(1)
        #expect(lobby.pass(59_999).allSatisfy { !$0.contains("timeout") })
        #expect(lobby.pass(1) == ["1: error timeout!", "2: error timeout!"])
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]) == ["3: waiting 1/2 in S2"])
        #expect(lobby.waits[3]?.waitedMs == 60_000)
    }

    @Test("an administrator ends a room, and all who wait there are told")
    func room() {
        var lobby = lobby()
        lobby.join("ann", on: 1)
        #expect(lobby.handle(.cancel(lobby.id("S1"))) == ["1: ended S1 cancelled."])
        #expect(lobby.transitions == ["S1 waiting→ended cancelled"])
        #expect(lobby.leftovers == [])
        #expect(lobby.handle(.cancel(lobby.id("S1"))) == [])
        #expect(lobby.notices == [.nothingToCancel(lobby.id("S1"))])
    }

    @Test("an administrator ends a session before it is offered, while it is on offer, and when its coordinator has it")
    func handOff() {
        var lobby = lobby()
        func matched() -> Lobby {
            var lobby = lobby
            lobby.join("ann", on: 1)
            lobby.join("bob", on: 2)
            return lobby
        }
        var recording = matched()
        #expect(recording.handle(.cancel(recording.id("S1"))) == ["journal: ended S1 cancelled"])
        #expect(recording.sync() == ["1: ended S1 cancelled.", "2: ended S1 cancelled."])
        #expect(recording.leftovers == [])

        var offered = matched()
        offered.sync()
        #expect(offered.handle(.cancel(offered.id("S1"))) == [])
        var refused = offered
        #expect(refused.refuse("S1", .full, link: 1) == ["journal: ended S1 cancelled"])
        #expect(offered.accept("S1", link: 1) == ["link 1: cancel S1#1 cancelled "])
        #expect(offered.handle(.cancel(offered.id("S1"))) == [])
        offered.end("S1", .cancelled, in: .matched, link: 1)
        #expect(offered.sync() == ["link 1: ack S1#1", "1: ended S1 cancelled.", "2: ended S1 cancelled."])
        #expect(offered.leftovers == [])

        lobby = matched()
        lobby.sync()
        lobby.accept("S1", link: 1)
        #expect(lobby.handle(.cancel(lobby.id("S1"))) == ["link 1: cancel S1#1 cancelled "])
    }

    /// ann and bob playing S1 at east.
    func playing() -> Lobby {
        var lobby = lobby()
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.state("S1", .playing, link: 1)
        return lobby
    }

    @Test("an administrator ends a session in play, once, and one whose coordinator is out of reach when it is back")
    func outOfReach() throws {
        var lobby = playing()
        #expect(lobby.handle(.cancel(lobby.id("S1"))) == ["link 1: cancel S1#1 cancelled "])
        #expect(lobby.handle(.cancel(lobby.id("S1"))) == [])

        lobby = playing()
        lobby.down(1)
        #expect(lobby.handle(.cancel(lobby.id("S1"))) == [])
        // Nobody is sent there any more.
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]) == ["3: waiting 2/2 in S1"])
        let held = try #require(lobby.assignment("S1"))
        #expect(
            lobby.connect("east", link: 2, inventory: [.holding(.playing, held)])
                == ["link 2: cancel S1#1 cancelled "])
        lobby.end("S1", .cancelled, in: .playing, link: 2)
        #expect(lobby.handle(.cancel(lobby.id("S1"))) == [], "its end is not on disk yet")
        #expect(lobby.notices == [.nothingToCancel(lobby.id("S1"))])
        #expect(lobby.sync() == ["link 2: ack S1#1", "3: ended S1 cancelled."])
        #expect(lobby.leftovers == [])
    }

    @Test("an administrator ends a session that is known from the journal alone; nobody comes back: it is presumed lost")
    func restored() throws {
        let before = playing()
        var lobby = Lobby(restarting: before, .group(2))
        #expect(lobby.handle(.cancel(lobby.id("S1"))) == [])
        let held = try #require(lobby.assignment("S1"))
        var back = lobby
        #expect(
            back.connect("east", link: 2, inventory: [.holding(.playing, held)]) == ["link 2: cancel S1#1 cancelled "])
        #expect(lobby.pass(18_000) == ["journal: ended S1 coordinator_lost presumed"])
        lobby.sync()
        #expect(lobby.leftovers == [])
    }
}
