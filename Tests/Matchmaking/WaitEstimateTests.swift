import Matchmaking
import SessionProtocol
import Testing

@Suite struct WaitEstimateTests {
    /// Pairs of whom the first has waited so long, and the second not at all.
    static func lobby(_ waitedMs: [UInt64], limits: MatchmakingLimits = MatchmakingLimits()) -> Lobby {
        var lobby = Lobby(.group(2, waitTimeoutMs: 1_000_000), limits: limits)
        lobby.connect("east", link: 1)
        for (index, ms) in waitedMs.enumerated() {
            lobby.join("a\(index)", on: UInt64(100 + 2 * index))
            lobby.pass(min(ms, 10_000))
            lobby.ping(1)
            lobby.pass(ms - min(ms, 10_000))
            lobby.ping(1)
            lobby.join("b\(index)", on: UInt64(101 + 2 * index))
        }
        return lobby
    }

    @Test("nothing is said while too few are known")
    func few() {
        var lobby = Self.lobby([1000, 2000])
        lobby.join("ann", on: 1)
        #expect(lobby.estimates[1] == nil)
    }

    @Test("the median of those who had to wait longer, less what one has waited; nothing beyond the longest")
    func median() {
        // Three waited for nothing, the others for 1, 3 and 8 seconds.
        var lobby = Self.lobby([3000, 1000, 8000])
        lobby.join("ann", on: 1)
        #expect(lobby.estimates[1] == 3000)
        lobby.pass(2000)
        lobby.join("ann", on: 2, resume: lobby.resumes[1])
        #expect(lobby.estimates[2] == 1000)
        lobby.pass(2000)
        lobby.join("ann", on: 3, resume: lobby.resumes[2])
        #expect(lobby.estimates[3] == 4000)
        lobby.pass(4000)
        lobby.join("ann", on: 4, resume: lobby.resumes[3])
        #expect(lobby.estimates[4] == nil, "it has never taken longer")
    }

    @Test("old waits count no more, and only the newest are kept")
    func recent() {
        var lobby = Self.lobby([3000, 1000, 8000])
        lobby.pass(900_000)
        lobby.connect("east", link: 2)
        lobby.join("ann", on: 1)
        #expect(lobby.estimates[1] == nil)

        var limits = MatchmakingLimits()
        limits.waitsKeptMax = 6
        var other = Self.lobby([20_000, 20_000, 20_000, 2000, 2000, 2000], limits: limits)
        other.join("ann", on: 1)
        #expect(other.estimates[1] == 2000)
    }

    @Test("nobody whose group is complete is told an estimate")
    func complete() {
        var lobby = Self.lobby([3000, 1000, 8000])
        lobby.down(1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(lobby.estimates[1] == nil && lobby.estimates[2] == nil)
    }
}
