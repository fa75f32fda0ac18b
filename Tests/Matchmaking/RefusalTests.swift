import Matchmaking
import SessionProtocol
import Testing

@Suite struct RefusalTests {
    @Test("a coordinator that refused is not asked again before its next sign of life", arguments: [RefusalReason.full, .busy])
    func rests(_ reason: RefusalReason) {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.sync()
        #expect(lobby.refuse("S1", reason, link: 1) == ["journal: ended S1 no_coordinator"])
        #expect(lobby.sync() == ["1: waiting 1/1 in S2"])
        #expect(lobby.sync() == [])
        #expect(lobby.join("bob", on: 2) == ["2: waiting 1/1 in S3"])
        #expect(lobby.ping(1).first == "link 1: pong")
        #expect(lobby.journal.last?.kind == .journalMatched)
    }

    @Test("a coordinator that left a hand-off unanswered is not asked again before its next sign of life")
    func silent() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.sync()
        #expect(lobby.pass(5000) == ["link 1: drop S1#1", "journal: ended S1 no_coordinator"])
        #expect(lobby.sync() == ["1: waiting 1/1 in S2"])
    }

    @Test("a scene that a coordinator cannot carry is not offered to it again on that link; other scenes are")
    func unsupported() {
        var lobby = Lobby(.group(1), .group(1, "solo"))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.sync()
        lobby.refuse("S1", .unsupported, link: 1)
        #expect(lobby.sync() == ["1: waiting 1/1 in S2"])
        #expect(lobby.ping(1) == ["link 1: pong"])
        #expect(lobby.join("bob", on: 2, scene: "solo").last == "journal: matched S3#1 at east")
        #expect(lobby.connect("west", link: 2) == ["journal: matched S2#1 at west"])
    }

    @Test("the time that a scene allows for waiting runs on over hand-offs that failed")
    func waitGoesOn() {
        var lobby = Lobby(.group(1, waitTimeoutMs: 1000))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.sync()
        lobby.pass(600)
        lobby.refuse("S1", .unsupported, link: 1)
        lobby.sync()
        #expect(lobby.waits[1]?.timeoutMs == 400)
        #expect(lobby.pass(400) == ["1: ended S2 no_coordinator."])
        #expect(lobby.leftovers == [])
    }

    @Test("one who left in vain hand-offs hears player_left")
    func leftMeanwhile() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.leave(1)
        lobby.sync()
        lobby.refuse("S1", .full, link: 1)
        #expect(lobby.sync() == ["1: ended S1 player_left.", "2: waiting 1/2 in S2"])
    }

    @Test("one who is put back while the server drains goes on waiting")
    func drainedMeanwhile() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.handle(.drain)
        lobby.sync()
        lobby.refuse("S1", .full, link: 1)
        #expect(lobby.sync() == ["1: waiting 1/2 in S2", "1: waiting 2/2 in S2", "2: waiting 2/2 in S2"])
    }

    @Test("want of a coordinator is noticed once for a scene, until its rooms have found one")
    func noticedOnce() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1, capacity: 0)
        lobby.join("ann", on: 1)
        #expect(lobby.notices == [.noCoordinator(.of("duo"))])
        lobby.ping(1)
        #expect(lobby.notices == [])
    }
}
