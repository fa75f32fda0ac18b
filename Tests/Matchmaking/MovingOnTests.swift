import Matchmaking
import SessionProtocol
import Testing

@Suite struct MovingOnTests {
    static func scene(_ name: String, to other: String?, size: Int = 2, waitTimeoutMs: UInt64 = 100) -> Scene {
        var scene = Scene.group(size, name, waitTimeoutMs: waitTimeoutMs, codes: [CompletionCode(reason: .waitTimeout, code: "C-\(name)")])
        if let other { scene.whenWaitIsOver = .moveTo(.of(other)) }
        return scene
    }

    @Test("one whose time is up goes on in the scene that its own names, with its seniority and a new deadline")
    func moves() {
        var lobby = Lobby(Self.scene("duo", to: "other"), Self.scene("other", to: nil, size: 3, waitTimeoutMs: 500))
        lobby.pass(10)
        lobby.join("bob", on: 2, scene: "other")
        lobby.join("ann", on: 1)
        #expect(lobby.pass(100) == ["2: waiting 2/3 in S1", "1: waiting 2/3 in S1"])
        #expect(lobby.transitions == ["S2 waiting→ended all_left"])
        #expect(lobby.fates == [])
        #expect(lobby.waits[1]?.waitedMs == 100)
        #expect(lobby.waits[1]?.timeoutMs == 500)
        #expect(lobby.pass(400) == ["1: waiting 1/3 in S1", "2: ended S1 wait_timeout C-other."])
        #expect(lobby.pass(100) == ["1: ended S1 wait_timeout C-other."])
        #expect(lobby.fates == ["1: ann timed_out in S1 after 600/600"])
        #expect(lobby.leftovers == [])
    }

    @Test("where the other scene would refuse a join it ends, with the code of the scene where the time was up")
    func refused() {
        var closed = Self.scene("other", to: nil)
        closed.isOpen = false
        var full = Self.scene("other", to: nil)
        full.waitingMax = 0
        var picky = Self.scene("other", to: nil)
        picky.rules.skill = SkillRule(attribute: "rating", steps: [.init(afterMs: 0, width: 5)])
        for other in [closed, full, picky, Self.scene("elsewhere", to: nil)] {
            var lobby = Lobby(Self.scene("duo", to: "other"), other)
            lobby.join("ann", on: 1)
            #expect(lobby.pass(100) == ["1: ended S1 wait_timeout C-duo."])
            #expect(lobby.transitions == ["S1 waiting→ended wait_timeout"])
            #expect(lobby.fates == ["1: ann timed_out in S1 after 100/100"])
            #expect(lobby.leftovers == [])
        }
        var lobby = Lobby(Self.scene("duo", to: "other"), Self.scene("other", to: nil))
        lobby.join("ann", on: 1)
        lobby.handle(.drain)
        #expect(lobby.pass(100) == ["1: ended S1 wait_timeout C-duo."])
    }

    @Test("scenes in a circle keep nobody for ever, not even with no time to wait")
    func circle() {
        var lobby = Lobby(Self.scene("duo", to: "other", waitTimeoutMs: 0), Self.scene("other", to: "duo", waitTimeoutMs: 0))
        lobby.join("ann", on: 1)
        var steps = 0
        while lobby.core.hasJoined(ConnectionHandle(1)), steps < 10 {
            lobby.pass(1)
            steps += 1
        }
        #expect(steps == 3)
        #expect(lobby.fates == ["1: ann timed_out in S3 after 3/3"])
        #expect(lobby.leftovers == [])
    }

    @Test("a new page that joins the first scene keeps the place in the second")
    func reload() {
        var lobby = Lobby(Self.scene("duo", to: "other"), Self.scene("other", to: nil, waitTimeoutMs: 500))
        lobby.join("ann", on: 1)
        lobby.pass(100)
        #expect(lobby.join("ann", on: 2, resume: lobby.resumes[1]) == ["1: ended S2 superseded.", "2: waiting 1/2 in S2"])
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[2]) == ["2: ended S2 superseded.", "3: waiting 1/2 in S2"])
        #expect(lobby.waits[3]?.waitedMs == 100)
    }

    @Test("one who was moved, went away and joins the first scene again is back in the second, as long as one waits there")
    func comesBack() {
        var lobby = Lobby(Self.scene("duo", to: "next"), Self.scene("next", to: "other"), Self.scene("other", to: nil, waitTimeoutMs: 500))
        lobby.join("ann", on: 1)
        lobby.pass(100)
        lobby.pass(100)
        lobby.disconnect(1)
        lobby.pass(50)
        #expect(lobby.join("ann", on: 2, resume: lobby.resumes[1]) == ["2: waiting 1/2 in S4"])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [0, 0, 1])
        #expect(lobby.waits[2]?.waitedMs == 250)
        // A page that has not heard of the move is this one's too.
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[2]) == ["2: ended S4 superseded.", "3: waiting 1/2 in S4"])
        lobby.disconnect(3)
        let late = lobby.resumes[3]
        lobby.pass(500)
        #expect(lobby.join("ann", on: 4, resume: late) == ["4: waiting 1/2 in S5"])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [1, 0, 0])
        #expect(lobby.waits[4]?.waitedMs == 0)
    }

    @Test("where the second scene takes nobody any more it says so; one that is gone sends nobody anywhere")
    func comesBackToAClosedScene() {
        var lobby = Lobby(Self.scene("duo", to: "other"), Self.scene("other", to: nil))
        lobby.join("ann", on: 1)
        lobby.pass(100)
        lobby.disconnect(1)
        var closed = Self.scene("other", to: nil)
        closed.isOpen = false
        lobby.handle(.reconfigure([Self.scene("duo", to: "other"), closed]))
        #expect(lobby.join("ann", on: 2, resume: lobby.resumes[1]) == ["2: error scene_closed!"])
        lobby.handle(.reconfigure([Self.scene("duo", to: "other")]))
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]) == ["3: waiting 1/2 in S3"])
    }

    @Test("after a restart too; but a place in a scene that the first one does not send to gives none there")
    func comesBackAfterRestart() {
        var lobby = Lobby(Self.scene("duo", to: "other"), Self.scene("other", to: nil))
        lobby.join("ann", on: 1)
        lobby.pass(100)
        var again = Lobby(restarting: lobby, Self.scene("duo", to: "other"), Self.scene("other", to: nil))
        #expect(again.join("ann", on: 2, resume: lobby.resumes[1]) == ["2: waiting 1/2 in S3"])
        #expect(again.core.sceneStatus.map(\.waiting) == [0, 1])
        var apart = Lobby(restarting: lobby, Self.scene("duo", to: nil), Self.scene("other", to: nil))
        apart.join("ann", on: 2, resume: lobby.resumes[1])
        #expect(apart.core.sceneStatus.map(\.waiting) == [1, 0])
        #expect(apart.waits[2]?.waitedMs == 0)
    }

    @Test("a party moves on as one")
    func party() {
        var lobby = Lobby(
            .parties(3, max: 2, waitTimeoutMs: 100, whenWaitIsOver: .moveTo(.of("other"))), .parties(2, max: 2, "other"))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1, party: ("x", 2))
        lobby.join("bob", on: 2, party: ("x", 2))
        #expect(lobby.pass(100).last?.hasPrefix("journal") == true)
    }
}
