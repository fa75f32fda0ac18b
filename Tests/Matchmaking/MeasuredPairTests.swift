import SessionProtocol
import Testing

@testable import Matchmaking

/// Round trips that pairs have measured in earlier sessions: they count before all that is only estimated.
@Suite struct MeasuredPairTests {
    static func scene(_ size: Int = 2, capMs: UInt32 = 100) -> Scene {
        var scene = Scene.group(size)
        scene.rules = .with { $0.latency = MatchingRules.latency((0, capMs)) }
        return scene
    }

    private static func measured(_ us: UInt32, _ lower: UInt8 = 0, _ higher: UInt8 = 1) throws -> [PairRoundTrip] {
        [PairRoundTrip(try #require(PlayerPair(PlayerIndex(lower), PlayerIndex(higher))), roundTripUs: us)]
    }

    /// Joins with a ping; the reasons for what that brought about stay.
    private static func join(_ lobby: inout Lobby, _ name: String, on connection: UInt64, pingMs: UInt32) {
        lobby.join(name, on: connection)
        let reasons = lobby.reasons
        lobby.handle(.roundTrip(ConnectionHandle(connection), pingMs))
        lobby.reasons = reasons + lobby.reasons
    }

    /// ann and bob, whose pings allow it, in S1 at east.
    private static func playing(_ scene: Scene = scene(), limits: MatchmakingLimits = MatchmakingLimits()) -> Lobby {
        var lobby = Lobby(scene, limits: limits)
        lobby.connect("east", link: 1)
        let session = play(&lobby, "ann", "bob", 1)
        precondition(session == "S1")
        return lobby
    }

    /// The name of their session.
    private static func play(_ lobby: inout Lobby, _ a: String, _ b: String, _ connection: UInt64) -> String {
        join(&lobby, a, on: connection, pingMs: 20)
        join(&lobby, b, on: connection + 1, pingMs: 20)
        lobby.sync()
        let session = lobby.core.ledger.session(of: .of(a)).flatMap { lobby.names[$0] } ?? ""
        lobby.accept(session, link: 1)
        lobby.disconnect(connection)
        lobby.disconnect(connection + 1)
        return session
    }

    private static func known(_ lobby: Lobby) -> Int? { lobby.core.expiring.first { $0.name == "measuredPairs" }?.count }

    @Test("a pair that has measured more than the cap is not put together again, though its pings allow it; after a restart neither")
    func overTheCap() throws {
        var lobby = Self.playing()
        lobby.end("S1", .completed, in: .playing, link: 1, roundTrips: try Self.measured(100_001))
        lobby.sync()
        #expect(lobby.core.journalSessions.contains(lobby.id("S1")))
        for again in [lobby, Lobby(restarting: lobby, Self.scene())] {
            var lobby = again
            Self.join(&lobby, "ann", on: 3, pingMs: 20)
            Self.join(&lobby, "bob", on: 4, pingMs: 20)
            #expect(lobby.reasons == [])
            Self.join(&lobby, "cid", on: 5, pingMs: 20)
            #expect(lobby.reasons.count == 1)
            #expect(lobby.reasons[0].hasPrefix("2 of 2: round trip at most 40 ms"))
        }
    }

    @Test("a pair that has measured what the cap allows is, though its pings do not; after a restart too")
    func withinTheCap() throws {
        var lobby = Self.playing()
        lobby.end("S1", .completed, in: .playing, link: 1, roundTrips: try Self.measured(99_001))
        lobby.sync()
        for again in [lobby, Lobby(restarting: lobby, Self.scene())] {
            var lobby = again
            Self.join(&lobby, "cid", on: 5, pingMs: 90)
            Self.join(&lobby, "ann", on: 3, pingMs: 90)
            #expect(lobby.reasons == [])
            Self.join(&lobby, "bob", on: 4, pingMs: 90)
            #expect(lobby.reasons.count == 1)
            #expect(lobby.reasons[0].hasPrefix("2 of 2: round trip at most 100 ms"))
        }
    }

    @Test("the latest measurement of a pair counts")
    func latest() throws {
        var lobby = Self.playing()
        lobby.end("S1", .completed, in: .playing, link: 1, roundTrips: try Self.measured(30_000))
        lobby.sync()
        let second = Self.play(&lobby, "bob", "ann", 3)
        lobby.end(second, .completed, in: .playing, link: 1, roundTrips: try Self.measured(300_000))
        lobby.sync()
        #expect(Self.known(lobby) == 1)
        for again in [lobby, Lobby(restarting: lobby, Self.scene())] {
            var lobby = again
            Self.join(&lobby, "ann", on: 5, pingMs: 20)
            Self.join(&lobby, "bob", on: 6, pingMs: 20)
            #expect(lobby.core.count(in: .waiting) == 2)
        }
    }

    @Test("a session that failed while it validated tells what it has measured; those who failed are apart besides")
    func failed() throws {
        var lobby = Lobby(Self.scene(3))
        lobby.connect("east", link: 1)
        for (connection, name) in [(1, "ann"), (2, "bob"), (3, "cid")] as [(UInt64, String)] {
            Self.join(&lobby, name, on: connection, pingMs: 20)
        }
        lobby.sync()
        lobby.accept("S1", link: 1)
        let pair = try #require(PlayerPair(PlayerIndex(0), PlayerIndex(2)))
        lobby.end("S1", .validationFailed, in: .validating, link: 1, pairs: [pair], roundTrips: try Self.measured(500_000, 1, 2))
        lobby.sync()
        #expect(Self.known(lobby) == 1)
        #expect(lobby.core.journalSessions.contains(lobby.id("S1")))
        #expect(Self.known(Lobby(restarting: lobby, Self.scene(3))) == 1)
    }

    @Test("nothing is taken over before it is on disk, and what is said again changes nothing")
    func durable() throws {
        var lobby = Self.playing()
        lobby.end("S1", .completed, in: .playing, link: 1, roundTrips: try Self.measured(30_000))
        #expect(Self.known(lobby) == 0)
        lobby.sync()
        #expect(Self.known(lobby) == 1)
        lobby.end("S1", .completed, in: .playing, link: 1, roundTrips: try Self.measured(300_000))
        lobby.sync()
        Self.join(&lobby, "ann", on: 3, pingMs: 90)
        Self.join(&lobby, "bob", on: 4, pingMs: 90)
        #expect(lobby.reasons.last?.hasPrefix("2 of 2: round trip at most 30 ms") == true)
    }

    @Test("a scene without a latency rule neither asks nor keeps records for it")
    func unasked() throws {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1, inventory: [])
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.end("S1", .completed, in: .playing, link: 1, roundTrips: try Self.measured(30_000))
        lobby.sync()
        #expect(Self.known(lobby) == 0)
        lobby.down(1)
        lobby.connect("east", link: 2)
        #expect(lobby.core.journalSessions == [])
    }

    @Test("pairs and the records of their sessions stay within their limits, and the oldest go")
    func bounded() throws {
        let limits = MatchmakingLimits(pool: PoolLimits(measuredPairsMax: 2, encountersMax: 3))
        var lobby = Lobby(Self.scene(), limits: limits)
        lobby.connect("east", link: 1)
        var sessions: [SessionID] = []
        for number in 1...6 as ClosedRange<UInt64> {
            let session = Self.play(&lobby, "a\(number)", "b\(number)", 10 * number)
            sessions.append(lobby.id(session))
            lobby.end(session, .completed, in: .playing, link: 1, roundTrips: try Self.measured(300_000))
            lobby.sync()
        }
        #expect(Self.known(lobby) == 2)
        #expect(Set(lobby.core.journalSessions.suffix(3)) == Set(sessions[3...]))
        Self.join(&lobby, "a4", on: 71, pingMs: 20)
        Self.join(&lobby, "b4", on: 72, pingMs: 20)
        #expect(lobby.core.count(in: .waiting) == 0, "they are put together: nothing is known of them any more")
        Self.join(&lobby, "a6", on: 73, pingMs: 20)
        Self.join(&lobby, "b6", on: 74, pingMs: 20)
        #expect(lobby.core.count(in: .waiting) == 2)
    }

    @Test("what a pair has measured counts for so long, and those who wait are looked at again when that is over")
    func expires() throws {
        var lobby = Self.playing(limits: Self.hour)
        lobby.end("S1", .completed, in: .playing, link: 1, roundTrips: try Self.measured(300_000))
        lobby.sync()
        lobby.pass(3_590_000)
        Self.join(&lobby, "ann", on: 3, pingMs: 20)
        Self.join(&lobby, "bob", on: 4, pingMs: 20)
        #expect(lobby.core.count(in: .waiting) == 2)
        #expect(lobby.core.nextDeadlineMs == lobby.now.bootMs + 10_000)
        lobby.pass(9_999)
        #expect(Self.known(lobby) == 1)
        lobby.pass(1)
        #expect(Self.known(lobby) == 0)
        #expect(lobby.reasons.first?.hasPrefix("2 of 2: round trip at most 40 ms") == true)
    }

    @Test("what is measured anew begins its time anew")
    func renewed() throws {
        var lobby = Self.playing(limits: Self.hour)
        lobby.end("S1", .completed, in: .playing, link: 1, roundTrips: try Self.measured(30_000))
        lobby.sync()
        lobby.pass(3_000_000)
        lobby.connect("east", link: 1)
        let second = Self.play(&lobby, "ann", "bob", 3)
        lobby.end(second, .completed, in: .playing, link: 1, roundTrips: try Self.measured(30_000))
        lobby.sync()
        lobby.pass(3_000_000)
        #expect(Self.known(lobby) == 1)
        lobby.pass(600_000)
        #expect(Self.known(lobby) == 0)
    }

    @Test("a restart gives no more time, and no record is kept for what is too old")
    func restarted() throws {
        var lobby = Self.playing(limits: Self.hour)
        lobby.end("S1", .completed, in: .playing, link: 1, roundTrips: try Self.measured(300_000))
        lobby.sync()
        lobby.pass(3_500_000)
        var again = Lobby(restarting: lobby, Self.scene(), limits: Self.hour)
        #expect(Self.known(again) == 1)
        again.pass(99_999)
        #expect(Self.known(again) == 1)
        again.pass(1)
        #expect(Self.known(again) == 0)
        lobby.pass(100_000)
        #expect(Self.known(Lobby(restarting: lobby, Self.scene(), limits: Self.hour)) == 0)
    }

    /// Of what has been measured.
    private static let hour = MatchmakingLimits(pool: PoolLimits(measuredPairsLifetimeMs: 3_600_000))

    @Test("an outcome that comes when both wait already brings them together at once")
    func late() throws {
        var lobby = Self.playing()
        let old = try #require(lobby.assignment("S1"))
        lobby.down(1)
        for (connection, player, name) in [(3, 0, "ann"), (4, 1, "bob")] as [(UInt64, Int, String)] {
            lobby.join(name, on: connection, resume: old.resume(of: old.players[player], isRequeued: false))
            lobby.handle(.roundTrip(ConnectionHandle(connection), 90))
        }
        #expect(lobby.core.count(in: .waiting) == 2)
        let outcome = lobby.outcome("S1", .completed, in: .playing, roundTrips: try Self.measured(40_000))
        lobby.connect("east", link: 2, inventory: [.ended(outcome)])
        let heard = lobby.sync()
        #expect(heard.contains("3: waiting 2/2 in \(lobby.names[lobby.core.ledger.session(of: .of("ann")) ?? old.session] ?? "")"), "\(heard)")
        #expect(lobby.reasons.last?.hasPrefix("2 of 2: round trip at most 40 ms") == true)
    }
}
