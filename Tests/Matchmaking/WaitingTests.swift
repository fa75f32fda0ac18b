import Matchmaking
import SessionProtocol
import Testing

@Suite struct WaitingTests {
    @Test("two who join are told the count at each change, and are matched first come, first served")
    func pairs() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        #expect(lobby.join("ann", on: 1) == ["1: waiting 1/2 in S1"])
        #expect(
            lobby.join("bob", on: 2) == [
                "1: waiting 2/2 in S1", "2: waiting 2/2 in S1", "journal: matched S1#1 at east",
            ])
        #expect(lobby.transitions == ["S1 waiting→matched"])
        #expect(lobby.join("cid", on: 3) == ["3: waiting 1/2 in S2"])
    }

    @Test("one alone is enough for a scene of one")
    func single() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1)
        #expect(lobby.join("ann", on: 1) == ["1: waiting 1/1 in S1", "journal: matched S1#1 at east"])
        #expect(lobby.sync() == ["link 1: assign S1#1"])
        #expect(lobby.accept("S1", link: 1) == ["1: matched S1 as 0 of 1."])
    }

    @Test("a group of four starts with its fourth member")
    func four() {
        var lobby = Lobby(.group(4))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(
            lobby.join("cid", on: 3) == [
                "1: waiting 3/4 in S1", "2: waiting 3/4 in S1", "3: waiting 3/4 in S1",
            ])
        #expect(lobby.join("dan", on: 4).last == "journal: matched S1#1 at east")
        #expect(lobby.assignment("S1")?.players.map(\.subject.name) == ["ann", "bob", "cid", "dan"])
    }

    @Test("one who leaves hears it, and the others the new count")
    func leaving() {
        var lobby = Lobby(.group(4, codes: [CompletionCode(reason: .playerLeft, code: "L1")]))
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(lobby.leave(1) == ["2: waiting 1/4 in S1", "1: ended S1 player_left L1."])
        #expect(lobby.disconnect(1) == [])
        #expect(lobby.leave(2) == ["2: ended S1 player_left L1."])
        #expect(lobby.transitions == ["S1 waiting→ended all_left"])
        #expect(lobby.leftovers == [])
    }

    @Test("one who disconnects is gone from the room at once")
    func disconnecting() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        #expect(lobby.disconnect(1) == [])
        #expect(lobby.transitions == ["S1 waiting→ended all_left"])
        #expect(lobby.leftovers == [])
        #expect(lobby.join("bob", on: 2) == ["2: waiting 1/2 in S2"])
    }

    @Test("one who has waited for as long as the scene allows is told so, and the room goes on")
    func timeout() {
        var lobby = Lobby(.group(4, waitTimeoutMs: 100, codes: [CompletionCode(reason: .waitTimeout, code: "W")]))
        lobby.join("ann", on: 1)
        lobby.pass(60)
        lobby.join("bob", on: 2)
        #expect(lobby.waits[2]?.timeoutMs == 100)
        #expect(lobby.waits[1]?.timeoutMs == 40)
        #expect(lobby.waits[1]?.waitedMs == 60)
        #expect(lobby.core.nextDeadlineMs == lobby.now.bootMs + 40)
        #expect(lobby.pass(39) == [])
        #expect(lobby.pass(1) == ["2: waiting 1/4 in S1", "1: ended S1 wait_timeout W."])
        #expect(lobby.pass(60) == ["2: ended S1 wait_timeout W."])
        #expect(lobby.transitions == ["S1 waiting→ended wait_timeout"])
        #expect(lobby.leftovers == [])
    }

    @Test("a full room that no coordinator takes ends as no_coordinator when its time is over")
    func noCoordinator() {
        var lobby = Lobby(.group(2, waitTimeoutMs: 100))
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(lobby.notices == [.noCoordinator(.of("duo"))])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [2])
        #expect(lobby.pass(100) == ["1: ended S1 no_coordinator.", "2: ended S1 no_coordinator."])
        #expect(lobby.transitions == ["S1 waiting→ended no_coordinator"])
        #expect(lobby.leftovers == [])
    }

    @Test("what is allowed only when the time to wait is up happens then, also after a pause")
    func lastMoment() {
        for pauseMs in [100, 5_000] as [UInt64] {
            var smaller = Scene.group(3, waitTimeoutMs: 100)
            smaller.rules.smallerGroups = [SmallerGroup(afterMs: 100, size: 2)]
            var lobby = Lobby(smaller)
            lobby.connect("east", link: 1)
            lobby.join("ann", on: 1)
            lobby.join("bob", on: 2)
            #expect(lobby.pass(pauseMs).last == "journal: matched S1#1 at east")
            var filled = Scene.group(2, waitTimeoutMs: 100)
            filled.rules.bots = BotRule(afterMs: 100)
            lobby = Lobby(filled)
            lobby.connect("east", link: 1)
            var robot = Attributes()
            robot.set("role", .text(BotRule.role))
            lobby.join("ann", on: 1)
            lobby.join("bot", on: 2, attributes: robot)
            #expect(lobby.pass(pauseMs).last?.hasPrefix("journal: matched") == true)
        }
    }

    @Test("joins that cannot be are refused, and leave nothing behind")
    func refusals() {
        var lobby = Lobby(.group(2), .group(2, "shut", isOpen: false), .group(3, "small", waitingMax: 1))
        #expect(lobby.join("ann", on: 1, scene: "nowhere") == ["1: error unknown_scene!"])
        #expect(lobby.join("ann", on: 2, scene: "") == ["2: error unknown_scene!"])
        #expect(lobby.join("ann", on: 3, scene: String(repeating: "x", count: 65)) == ["3: error unknown_scene!"])
        #expect(lobby.join("ann", on: 4, scene: "shut") == ["4: error scene_closed!"])
        #expect(lobby.join("ann", on: 5, scene: "small") == ["5: waiting 1/3 in S1"])
        #expect(lobby.join("bob", on: 6, scene: "small") == ["6: error room_full!"])
        lobby.handle(.drain)
        #expect(lobby.join("bob", on: 7) == ["7: error draining!"])
        lobby.disconnect(5)
        #expect(lobby.leftovers == [])
    }

    @Test("a second join on a connection, a leave before the first and an unasked confirm change nothing")
    func outOfOrder() {
        var lobby = Lobby(.group(2))
        #expect(lobby.leave(1) == ["1: error wrong_state"])
        #expect(lobby.handle(.confirm(ConnectionHandle(1))) == ["1: error wrong_state"])
        lobby.join("ann", on: 1)
        #expect(lobby.join("ann", on: 1) == ["1: error wrong_state"])
        #expect(lobby.join("bob", on: 1) == ["1: error wrong_state"])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [1])
    }

    @Test("draining lets those who wait go on, be matched, and reload")
    func draining() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.handle(.drain)
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]) == ["1: ended S1 superseded.", "3: waiting 2/2 in S1"])
        #expect(lobby.connect("east", link: 1) == ["journal: matched S1#1 at east"])
    }

    @Test("shutting down ends the rooms and leaves live sessions to their coordinators")
    func shutdown() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.join("cid", on: 3)
        #expect(lobby.handle(.shutdown) == ["3: ended S2 shutdown."])
        #expect(lobby.core.isQuiet)
        #expect(lobby.core.count(in: .matched) == 1)
        #expect(lobby.join("dan", on: 4) == ["4: error draining!"])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [0])
    }
}
