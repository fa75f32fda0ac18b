import Matchmaking
import SessionProtocol
import Testing

/// Leaving gives up the place; losing the connection does not.
@Suite struct LeavingTests {
    @Test("one who leaves a room and joins again waits anew, whatever it shows; one whose connection broke does not")
    func room() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.pass(100)
        let resume = lobby.resumes[1]
        lobby.leave(1)
        lobby.join("ann", on: 2, resume: resume)
        #expect(lobby.waits[2]?.waitedMs == 0)
        lobby.pass(100)
        lobby.disconnect(2)
        lobby.join("ann", on: 3, resume: lobby.resumes[2])
        #expect(lobby.waits[3]?.waitedMs == 100)
        lobby.disconnect(3)
        lobby.join("ann", on: 4, resume: resume)
        #expect(lobby.waits[4]?.waitedMs == 0)
    }

    @Test("who leaves under a name gives up its own place, and no other that was waited for under it")
    func another() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.pass(100)
        lobby.disconnect(1)
        lobby.join("ann", on: 2)
        lobby.leave(2)
        lobby.join("ann", on: 3, resume: lobby.resumes[1])
        #expect(lobby.waits[3]?.waitedMs == 100)
    }

    @Test("one who leaves and is back within the same millisecond has a place of its own")
    func atOnce() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.leave(1)
        lobby.join("ann", on: 2, resume: lobby.resumes[1])
        lobby.pass(100)
        lobby.disconnect(2)
        lobby.join("ann", on: 3, resume: lobby.resumes[2])
        #expect(lobby.waits[3]?.waitedMs == 100)
    }

    @Test("one who leaves where its scene has sent it begins anew in the first one")
    func moved() {
        var first = Scene.group(2, waitTimeoutMs: 100)
        first.whenWaitIsOver = .moveTo(.of("other"))
        var lobby = Lobby(first, .group(2, "other"))
        lobby.join("ann", on: 1)
        lobby.pass(100)
        lobby.leave(1)
        lobby.join("ann", on: 2, resume: lobby.resumes[1])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [1, 0])
        #expect(lobby.waits[2]?.waitedMs == 0)
    }

    @Test("one who left after the match, here or at the coordinator, waits anew; the one who stayed keeps its time")
    func matched() {
        for state in [SessionState.matched, .validating] {
            var lobby = Lobby(.group(2))
            lobby.connect("east", link: 1)
            lobby.join("ann", on: 1)
            lobby.pass(100)
            lobby.join("bob", on: 2)
            if state == .matched { lobby.leave(1) }
            lobby.sync()
            lobby.accept("S1", link: 1)
            for connection in [1, 2] as [UInt64] { lobby.disconnect(connection) }
            lobby.state("S1", .validating, link: 1)
            lobby.end("S1", .playerLeft, in: state, link: 1, requeued: ["bob"], blamed: ["ann"])
            lobby.sync()
            lobby.pass(100)
            lobby.join("ann", on: 3, resume: lobby.resumes[1])
            lobby.join("bob", on: 4, resume: lobby.resumes[2])
            #expect(lobby.waits[3]?.waitedMs == 0, "\(state)")
            #expect(lobby.waits[4]?.waitedMs == 100, "\(state)")
        }
    }

    @Test("places that were left are remembered for as long as places are good, and so many of them")
    func bounded() {
        var lobby = Lobby(.group(3), limits: MatchmakingLimits(resumeLifetimeMs: 1_000, placesLeftMax: 2))
        func count(_ lobby: Lobby) -> Int? { lobby.core.expiring.first { $0.name == "placesLeft" }?.count }
        for connection in 1...3 as ClosedRange<UInt64> {
            lobby.join("a\(connection)", on: connection)
            lobby.leave(connection)
        }
        #expect(count(lobby) == 2)
        lobby.pass(1_000)
        #expect(count(lobby) == 0)
    }
}
