import Matchmaking
import SessionProtocol
import Testing

@Suite struct WaitEstimateTests {
    /// Pairs of whom the first has waited so long, and the second not at all.
    static func lobby(_ waitedMs: [UInt64], limits: MatchmakingLimits = MatchmakingLimits(), waitTimeoutMs: UInt64 = 1_000_000) -> Lobby {
        var lobby = Lobby(.group(2, waitTimeoutMs: waitTimeoutMs), limits: limits)
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

    @Test("where most have waited in vain nothing is said, however quick it was for the others")
    func inVain() {
        var lobby = Self.lobby([1000, 1000, 1000, 1000], waitTimeoutMs: 20_000)
        lobby.join("ann", on: 1)
        #expect(lobby.estimates[1] == 1000)
        lobby.leave(1)
        // Of those who had to wait four were matched then, and so many were not.
        for number in 1...6 as ClosedRange<UInt64> {
            lobby.join("alone \(number)", on: 10 + number)
            #expect(lobby.estimates[10 + number] == (number <= 5 ? 1000 : nil))
            for _ in 0..<2 {
                lobby.pass(10_000)
                lobby.ping(1)
            }
            #expect(lobby.core.sceneStatus[0].waiting == 0, "its time is up")
        }
    }

    @Test("how long bots have waited tells nobody anything")
    func bots() {
        var scene = Scene.group(3, waitTimeoutMs: 1_000_000)
        scene.rules.bots = BotRule(afterMs: 2000, playersMin: 1)
        var limits = MatchmakingLimits()
        limits.waitsKeptMin = 3
        var lobby = Lobby(scene, limits: limits)
        lobby.connect("east", link: 1)
        for number in 1...3 as ClosedRange<UInt64> {
            for bot in 1...2 as ClosedRange<UInt64> {
                lobby.join("bot \(number) \(bot)", on: 100 * number + bot, attributes: Attributes([Attributes.Entry(name: "role", value: .text("bot"))]))
            }
            for _ in 0..<6 {
                lobby.pass(10_000)
                lobby.ping(1)
            }
            lobby.join("person \(number)", on: 10 + number)
            lobby.pass(2000)
            #expect(lobby.reasons.count == 1)
        }
        lobby.join("ann", on: 1)
        #expect(lobby.estimates[1] == 2000)
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
