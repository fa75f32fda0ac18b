import Matchmaking
import SessionProtocol
import Testing

@Suite struct JoinFateTests {
    @Test("those who are matched have that fate when they hear it, with how long they waited")
    func matched() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.pass(300)
        lobby.join("bob", on: 2)
        #expect(lobby.fates == [])
        lobby.pass(50)
        lobby.sync()
        lobby.accept("S1", link: 1)
        #expect(lobby.fates == ["1: ann matched in S1 after 350/350", "2: bob matched in S1 after 50/50"])
        lobby.disconnect(1)
        #expect(lobby.fates == [])
    }

    @Test("leaving, a broken connection and the end of the time to wait are told apart")
    func goingAway() {
        var lobby = Lobby(.group(4, waitTimeoutMs: 100))
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.join("cid", on: 3)
        lobby.pass(20)
        lobby.leave(1)
        #expect(lobby.fates == ["1: ann left in S1 after 20/20"])
        lobby.disconnect(1)
        #expect(lobby.fates == [])
        lobby.disconnect(2)
        #expect(lobby.fates == ["2: bob disconnected in S1 after 20/20"])
        lobby.pass(80)
        #expect(lobby.fates == ["3: cid timed_out in S1 after 100/100"])
    }

    @Test("every refusal is a fate, also that of a second join on one connection, which leaves the first alone")
    func refused() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1, scene: "nowhere")
        #expect(lobby.fates == ["1: ann refused unknown_scene after 0/0"])
        lobby.join("ann", on: 2)
        lobby.join("ann", on: 3)
        #expect(lobby.fates == ["3: ann refused subject_in_use after 0/0"])
        #expect(lobby.join("eve", on: 2) == ["2: error wrong_state"])
        #expect(lobby.fates == ["2: eve refused wrong_state after 0/0"])
        lobby.handle(.drain)
        lobby.join("bob", on: 4)
        #expect(lobby.fates == ["4: bob refused draining after 0/0"])
        lobby.leave(2)
        #expect(lobby.fates == ["2: ann left in S1 after 0/0"])
    }

    @Test("a newer connection ends the older join, and goes on counting the time since the first")
    func superseded() {
        var lobby = Lobby(.group(2), .group(2, "other"))
        lobby.join("ann", on: 1)
        lobby.pass(70)
        lobby.join("ann", on: 2, resume: lobby.resumes[1])
        #expect(lobby.fates == ["1: ann superseded in S1 after 70/70"])
        lobby.pass(30)
        lobby.join("ann", on: 3, scene: "other", resume: lobby.resumes[2])
        #expect(lobby.fates == ["2: ann superseded in S1 after 30/100"])
        lobby.pass(5)
        lobby.leave(3)
        #expect(lobby.fates == ["3: ann left in S2 after 5/5"])
    }

    @Test("a join whose session fails on its way to a coordinator has one fate, in the end")
    func putBack() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.sync()
        lobby.pass(10)
        lobby.disconnect(2)
        #expect(lobby.fates == ["2: bob disconnected in S1 after 10/10"])
        lobby.accept("S1", link: 1)
        lobby.end("S1", .playerDisconnected, in: .matched, link: 1, requeued: ["ann"], blamed: ["bob"])
        lobby.sync()
        #expect(lobby.fates == [])
        lobby.pass(90)
        lobby.join("cid", on: 3)
        lobby.sync()
        lobby.accept("S2", link: 1)
        #expect(lobby.fates == ["1: ann matched in S2 after 100/100", "3: cid matched in S2 after 0/0"])
    }

    @Test("an administrator's end and the server's stop are fates of their own")
    func operators() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.handle(.cancel(lobby.id("S1")))
        #expect(lobby.fates == ["1: ann cancelled in S1 after 0/0"])
        lobby.join("bob", on: 2)
        lobby.join("cid", on: 3)
        lobby.join("dan", on: 4)
        lobby.handle(.shutdown)
        #expect(lobby.fates == ["4: dan shutdown in S3 after 0/0"])
        lobby.disconnect(2)
        #expect(lobby.fates == ["2: bob shutdown in S2 after 0/0"])
        lobby.disconnect(3)
        #expect(lobby.fates == ["3: cid shutdown in S2 after 0/0"])
        #expect(lobby.core.tables.first { $0.name == "joined" }?.count == 0)
    }

    @Test("one who is not told in time what became of its match has timed out")
    func unknown() {
        var lobby = Lobby(.group(2), limits: MatchmakingLimits(fateTimeoutMs: 400))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(lobby.pass(400) == ["1: error timeout!", "2: error timeout!"])
        #expect(
            lobby.fates == ["1: ann timed_out timeout in S1 after 400/400", "2: bob timed_out timeout in S1 after 400/400"])
    }
}
