import Matchmaking
import SessionProtocol
import Testing

@Suite struct SharingOutTests {
    @Test("a full room that loses a member is filled from the next one")
    func refilled() {
        var lobby = Lobby(.group(2))
        for (connection, name) in zip(UInt64(1)..., ["ann", "bob", "cid"]) {
            lobby.join(name, on: connection)
            lobby.pass(50)
        }
        #expect(lobby.leave(2) == ["1: waiting 2/2 in S1", "3: waiting 2/2 in S1", "2: ended S1 player_left."])
        #expect(lobby.transitions == ["S2 waiting→ended all_left"])
        #expect(lobby.waits[3]?.waitedMs == 50)
        #expect(lobby.waits[3]?.timeoutMs == 119_950)
        #expect(lobby.connect("east", link: 1) == ["journal: matched S1#1 at east"])
        #expect(lobby.disconnect(3) == [])
    }

    @Test("those who were kept apart meet when that is forgotten")
    func forgotten() throws {
        var lobby = Lobby(.group(2), limits: MatchmakingLimits(rejectionLifetimeMs: 1000))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        let pair = try #require(PlayerPair(PlayerIndex(0), PlayerIndex(1)))
        lobby.end("S1", .validationFailed, in: .validating, link: 1, requeued: ["ann", "bob"], pairs: [pair])
        lobby.sync()
        lobby.join("ann", on: 3)
        lobby.join("bob", on: 4)
        #expect(lobby.core.nextDeadlineMs == lobby.now.bootMs + 1000)
        #expect(
            lobby.pass(1000) == [
                "3: waiting 2/2 in S2", "4: waiting 2/2 in S2", "journal: matched S2#1 at east",
            ])
    }

    @Test("a restart does not bring them together before that")
    func apartAfterRestart() throws {
        let limits = MatchmakingLimits(rejectionLifetimeMs: 1000)
        var old = Lobby(.group(2), limits: limits)
        old.connect("east", link: 1)
        old.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        let pair = try #require(PlayerPair(PlayerIndex(0), PlayerIndex(1)))
        old.end("S1", .validationFailed, in: .validating, link: 1, requeued: ["ann", "bob"], pairs: [pair])
        old.sync()
        old.pass(400)
        var lobby = Lobby(restarting: old, .group(2), limits: limits)
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 3)
        lobby.join("bob", on: 4)
        #expect(lobby.core.count(in: .waiting) == 2)
        lobby.pass(599)
        #expect(lobby.core.count(in: .waiting) == 2)
        #expect(lobby.pass(1).last?.hasPrefix("journal: matched") == true)
    }

    @Test("in larger groups the next room gives as many as are wanted, its senior members first, and keeps the rest")
    func larger() {
        var lobby = Lobby(.group(3))
        for connection in 1...5 as ClosedRange<UInt64> {
            lobby.join("p\(connection)", on: connection)
            lobby.pass(1)
        }
        #expect(
            lobby.leave(1) == [
                "2: waiting 3/3 in S1", "3: waiting 3/3 in S1", "4: waiting 3/3 in S1", "5: waiting 1/3 in S2",
                "1: ended S1 player_left.",
            ])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [4])
        for connection in 2...5 as ClosedRange<UInt64> { lobby.disconnect(connection) }
        #expect(lobby.leftovers == [])
    }
}
