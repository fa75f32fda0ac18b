import Conversations
import Matchmaking
import SessionProtocol
import Testing

/// What a scene asks of play goes to coordinators that understand it, and to no others.
@Suite struct PlayRuleTests {
    static var scene: Scene {
        var scene = Scene.group(2, identity: .open)
        scene.playRules = PlayRules(ticks: TickRule(intervalMs: 50))
        return scene
    }

    static func hello(_ node: String, versionMax: UInt8) -> Hello {
        var hello = Hello.of(node)
        hello.versionMax = versionMax
        return hello
    }

    /// Where each session was assigned to, after a full group has come.
    static func assigned(_ lobby: inout Lobby) -> [(link: LinkHandle, rules: PlayRules)] {
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.sync()
        return lobby.actions.compactMap {
            if case .link(let link, .assign(let assignment)) = $0 { (link, assignment.extensions.playRules) } else { nil }
        }
    }

    @Test("a coordinator that speaks version 1 is never asked for what only version 2 can say", arguments: [UInt8(1), 2])
    func version(versionMax: UInt8) {
        var lobby = Lobby(Self.scene)
        lobby.handle(.linkProven(LinkHandle(1), Self.hello("east", versionMax: versionMax)))
        lobby.say(.inventoryEnd, link: 1)
        let assigned = Self.assigned(&lobby)
        #expect(assigned.map(\.rules) == (versionMax == 1 ? [] : [Self.scene.playRules]))
    }

    @Test("of two coordinators the one that understands it has the session")
    func both() {
        var lobby = Lobby(Self.scene)
        lobby.handle(.linkProven(LinkHandle(1), Self.hello("old", versionMax: 1)))
        lobby.say(.inventoryEnd, link: 1)
        lobby.handle(.linkProven(LinkHandle(2), Self.hello("young", versionMax: 2)))
        lobby.say(.inventoryEnd, link: 2)
        #expect(Self.assigned(&lobby).map(\.link) == [LinkHandle(2)])
    }

    @Test("one that comes back speaking version 1 while the record is written is not asked either")
    func downgraded() {
        var lobby = Lobby(Self.scene)
        lobby.handle(.linkProven(LinkHandle(1), Self.hello("east", versionMax: 2)))
        lobby.say(.inventoryEnd, link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.down(1)
        lobby.handle(.linkProven(LinkHandle(2), Self.hello("east", versionMax: 1)))
        lobby.say(.inventoryEnd, link: 2)
        let said = lobby.sync() + lobby.sync()
        let assigned = lobby.actions.contains { if case .link(_, .assign) = $0 { true } else { false } }
        #expect(!assigned)
        let ended = "journal: ended S1 no_coordinator"
        #expect(said == [ended, "1: waiting 1/2 in S2", "1: waiting 2/2 in S2", "2: waiting 2/2 in S2"], "they wait for another")
    }
}
