import Matchmaking
import SessionProtocol
import Testing

/// A coordinator says that a game goes on without one of its players.
@Suite struct LossTests {
    /// Three who play at `east`.
    private func playing() -> Lobby {
        var scene = Scene.group(3)
        scene.playRules.absence = AbsenceRule(loss: .empty)
        var lobby = Lobby(scene)
        lobby.handle(.linkProven(LinkHandle(1), PlayRuleTests.hello("east", versionMax: 2)))
        lobby.say(.inventoryEnd, link: 1)
        for (number, name) in ["ann", "bob", "cid"].enumerated() { lobby.join(name, on: UInt64(number + 1)) }
        lobby.sync()
        lobby.accept("S1", link: 1)
        for connection in [UInt64(1), 2, 3] { lobby.disconnect(connection) }
        lobby.state("S1", .playing, link: 1)
        return lobby
    }

    private func holding(_ lobby: Lobby, without player: UInt8, _ reason: EndReason) throws -> Message {
        var held = try #require(lobby.assignment("S1"))
        held.extensions.losses = [PlayerLoss(PlayerIndex(player), reason)]
        return .holding(.playing, held)
    }

    @Test("a lost player who waits here for its game's coordinator hears that the game is over for it, and may join anew")
    func waits() throws {
        var lobby = playing()
        lobby.down(1)
        let resume = try #require(lobby.resumes[1])
        #expect(lobby.join("ann", on: 11, resume: resume) == ["11: waiting 3/3 in S1"])
        lobby.handle(.linkProven(LinkHandle(2), PlayRuleTests.hello("east", versionMax: 2)))
        #expect(lobby.say(try holding(lobby, without: 0, .playerDisconnected), link: 2) == ["11: ended S1 player_disconnected.", "journal: matched S1#1 at east"])
        lobby.say(.inventoryEnd, link: 2)
        #expect(lobby.join("ann", on: 12, resume: resume) == ["12: waiting 1/3 in S2"])
        #expect(lobby.core.count(in: .playing) == 1, "the others play on")
    }

    @Test("a lost player is free here at once, and the outcome later touches nothing of its next game")
    func plays() throws {
        var lobby = playing()
        #expect(lobby.say(try holding(lobby, without: 1, .playerLeft), link: 1) == ["journal: matched S1#1 at east"])
        for (number, name) in ["bob", "dee", "eve"].enumerated() { lobby.join(name, on: UInt64(number + 21)) }
        lobby.sync()
        #expect(lobby.accept("S2", link: 1).contains("21: matched S2 as 0 of 3."))
        lobby.end("S1", .completed, in: .playing, link: 1)
        lobby.sync()
        #expect(lobby.core.count(in: .matched) == 1 && lobby.core.count(in: .playing) == 0)
        #expect(lobby.join("bob", on: 31, resume: lobby.resumes[21]).contains { $0.hasPrefix("31: matched S2 as 0 of 3") })
    }

    @Test("who was lost long before the end keeps what it has waited since, also when the record of the match is lost")
    func place() throws {
        var lobby = playing()
        lobby.say(try holding(lobby, without: 1, .playerLeft), link: 1)
        lobby.pass(1_000)
        lobby.join("bob", on: 21)
        lobby.pass(2_000)
        var outcome = lobby.outcome("S1", .completed, in: .playing)
        outcome.extensions.losses = [PlayerLoss(PlayerIndex(1), .playerLeft)]
        // Another process, that has nothing but the key.
        var later = Lobby(restarting: lobby, .group(3), journal: [])
        later.handle(.linkProven(LinkHandle(2), PlayRuleTests.hello("east", versionMax: 2)))
        later.say(.ended(outcome), link: 2)
        later.say(.inventoryEnd, link: 2)
        later.sync()
        later.join("bob", on: 22, resume: lobby.resumes[21])
        #expect(later.waits[22]?.waitedMs == 2_000)
        later.join("ann", on: 23, resume: lobby.resumes[1])
        #expect(later.waits[23]?.waitedMs == 0, "whoever was there till the end has had what it waited for")
    }

    @Test("one who was not lost keeps its place when another is")
    func others() throws {
        var lobby = playing()
        lobby.say(try holding(lobby, without: 1, .playerExcluded), link: 1)
        #expect(lobby.join("ann", on: 41, resume: lobby.resumes[1]).contains { $0.hasPrefix("41: matched S1 as 0 of 3") })
    }
}

/// What the matchmaker says of losses when it has to state an end itself.
@Suite struct StatedLossTests {
    private let lobby: Lobby

    /// Three who play at `east`, of whom bob has been lost since.
    init() throws {
        var scene = Scene.group(3)
        scene.playRules.absence = AbsenceRule(loss: .empty)
        var lobby = Lobby(scene)
        lobby.handle(.linkProven(LinkHandle(1), PlayRuleTests.hello("east", versionMax: 2)))
        lobby.say(.inventoryEnd, link: 1)
        for (number, name) in ["ann", "bob", "cid"].enumerated() { lobby.join(name, on: UInt64(number + 1)) }
        lobby.sync()
        lobby.accept("S1", link: 1)
        for connection in [UInt64(1), 2, 3] { lobby.disconnect(connection) }
        lobby.state("S1", .playing, link: 1)
        self.lobby = lobby
    }

    private let loss = PlayerLoss(PlayerIndex(1), .playerExcluded, text: "away")

    private func holding(_ lobby: Lobby) throws -> Message {
        var held = try #require(lobby.assignment("S1"))
        held.extensions.losses = [loss]
        return .holding(.playing, held)
    }

    private func stated(_ lobby: Lobby) -> Outcome? {
        if case .ended(let outcome)? = lobby.journal.last { outcome } else { nil }
    }

    @Test("a coordinator that is lost takes nobody's loss with it that it had told", arguments: ["silent", "restarted"])
    func coordinatorLost(_ way: String) throws {
        var lobby = lobby
        lobby.say(try holding(lobby), link: 1)
        lobby.down(1)
        if way == "silent" {
            lobby.pass(60_000)
        } else {
            var hello = PlayRuleTests.hello("east", versionMax: 2)
            hello.incarnation = Incarnation(2)
            lobby.handle(.linkProven(LinkHandle(2), hello))
            lobby.say(.inventoryEnd, link: 2)
        }
        let outcome = try #require(stated(lobby))
        #expect(outcome.reason == .coordinatorLost && outcome.losses == [loss])
        #expect(outcome.players.allSatisfy { !$0.isRequeued })
    }

    @Test("a loss is recorded when it is told, once, and named behind a restart of both too, and the lost one is not put back")
    func bothRestarted() throws {
        var before = lobby
        #expect(before.say(try holding(before), link: 1) == ["journal: matched S1#1 at east"])
        before.down(1)
        before.handle(.linkProven(LinkHandle(2), PlayRuleTests.hello("east", versionMax: 2)))
        #expect(before.say(try holding(before), link: 2) == [], "what is known is not recorded anew")
        before.sync()
        var scene = Scene.group(3)
        scene.playRules.absence = AbsenceRule(loss: .empty)
        var lobby = Lobby(restarting: before, scene)
        #expect(lobby.join("bob", on: 11, resume: lobby.resumes[2]) == ["11: waiting 1/3 in S2"], "it is over for it, whatever comes")
        #expect(lobby.join("ann", on: 12, resume: lobby.resumes[1]) == ["12: waiting 3/3 in S1"])
        var hello = PlayRuleTests.hello("east", versionMax: 2)
        hello.incarnation = Incarnation(2)
        lobby.handle(.linkProven(LinkHandle(3), hello))
        lobby.say(.inventoryEnd, link: 3)
        let outcome = try #require(stated(lobby))
        #expect(outcome.reason == .coordinatorLost && outcome.losses == [loss])
        #expect(outcome.players.map(\.isRequeued) == [true, false, true])
        #expect(lobby.sync().contains { $0.hasPrefix("12: waiting") })
        lobby.disconnect(11)
        lobby.disconnect(12)
        #expect(lobby.leftovers == [])
    }

    @Test("a coordinator that comes to another end itself is believed, as ever")
    func ownWord() throws {
        var lobby = lobby
        lobby.say(try holding(lobby), link: 1)
        lobby.down(1)
        lobby.pass(60_000)
        var owners = lobby.outcome("S1", .coordinatorLost, in: .playing)
        owners.extensions = Extensions(losses: [loss, PlayerLoss(PlayerIndex(2), .playerLeft)])
        lobby.handle(.linkProven(LinkHandle(2), PlayRuleTests.hello("east", versionMax: 2)))
        lobby.say(.ended(owners), link: 2)
        #expect(stated(lobby)?.losses.count == 2)
    }
}
