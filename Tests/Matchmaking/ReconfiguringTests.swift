import Matchmaking
import SessionProtocol
import Testing

@Suite struct ReconfiguringTests {
    private func scene(_ size: Int, _ name: String = "duo", _ change: (inout Scene) -> Void = { _ in }) -> Scene {
        var scene = Scene.group(size, name)
        change(&scene)
        return scene
    }

    @Test("the same scenes again change nothing, and nobody hears of it")
    func same() {
        var lobby = Lobby(.group(2), .group(3, "trio"))
        lobby.join("ann", on: 1)
        #expect(lobby.handle(.reconfigure([.group(3, "trio"), .group(2)])) == [])
        #expect(lobby.transitions == [])
        lobby.connect("east", link: 1)
        #expect(lobby.join("bob", on: 2).last == "journal: matched S1#1 at east")
    }

    @Test("one who waits in a scene that is gone is told so, with its code; joins find no such scene")
    func removed() {
        var lobby = Lobby(.group(2, codes: [CompletionCode(reason: .cancelled, code: "C1")]), .group(3, "trio"))
        lobby.join("ann", on: 1)
        lobby.join("cid", on: 3, scene: "trio")
        #expect(lobby.handle(.reconfigure([.group(3, "trio")])) == ["1: ended S1 cancelled C1."])
        #expect(lobby.transitions == ["S1 waiting→ended cancelled"])
        #expect(lobby.join("ann", on: 2) == ["2: error unknown_scene!"])
        #expect(lobby.join("dan", on: 4, scene: "trio") == ["3: waiting 2/3 in S2", "4: waiting 2/3 in S2"])
        lobby.disconnect(3)
        lobby.disconnect(4)
        #expect(lobby.leftovers == [])
    }

    @Test("a new scene takes joins, also where another one has stood, and rooms of others stay theirs")
    func added() {
        var lobby = Lobby(.group(2), .group(3, "trio"))
        lobby.join("cid", on: 3, scene: "trio")
        lobby.handle(.reconfigure([.group(3, "trio")]))
        lobby.handle(.reconfigure([.group(4, "four"), .group(3, "trio"), .group(5, "five")]))
        #expect(lobby.join("ann", on: 1, scene: "four") == ["1: waiting 1/4 in S2"])
        #expect(lobby.join("bob", on: 2, scene: "five") == ["2: waiting 1/5 in S3"])
        #expect(lobby.join("dan", on: 4, scene: "trio") == ["3: waiting 2/3 in S1", "4: waiting 2/3 in S1"])
        #expect(lobby.core.sceneStatus.map(\.id.name).sorted() == ["five", "four", "trio"])
        #expect(lobby.core.sceneStatus.count == 3, "the places of removed scenes are used again")
    }

    @Test("scenes that come and go for ever take no more room than those configured at once")
    func bounded() {
        var lobby = Lobby(.group(2))
        for round in 0..<500 {
            lobby.handle(.reconfigure([.group(2, "a\(round)"), .group(2, "b\(round)")]))
            lobby.join("ann", on: UInt64(round + 1), scene: "a\(round)")
        }
        #expect(lobby.core.sceneStatus.map(\.waiting) .reduce(0, +) == 1)
        #expect(lobby.core.sceneStatus.count == 2)
        let size = String(describing: lobby.core.tables.map(\.count))
        lobby.handle(.reconfigure([.group(2, "c")]))
        #expect(lobby.leftovers == [], "before: \(size)")
    }

    @Test("a group that becomes larger waits for more, each to the deadline it had")
    func larger() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.pass(10_000)
        lobby.join("bob", on: 2)
        lobby.join("cid", on: 3)
        #expect(
            lobby.handle(.reconfigure([scene(4) { $0.waitTimeoutMs = 5_000 }])) == [
                "1: waiting 3/4 in S1", "2: waiting 3/4 in S1", "3: waiting 3/4 in S1",
            ])
        #expect(lobby.transitions == ["S2 waiting→ended all_left"], "the emptied room is gone")
        #expect(lobby.waits[1]?.timeoutMs == 110_000 && lobby.waits[1]?.waitedMs == 10_000)
        #expect(lobby.waits[3]?.timeoutMs == 120_000)
        lobby.pass(109_999)
        #expect(lobby.pass(1) == ["2: waiting 2/4 in S1", "3: waiting 2/4 in S1", "1: ended S1 wait_timeout."])
        #expect(lobby.join("dan", on: 4).last == "4: waiting 3/4 in S1")
        #expect(lobby.waits[4]?.timeoutMs == 5_000, "newcomers wait as long as the scene says now")
    }

    @Test("a group that becomes smaller is formed of the most senior; the others wait on in rooms of their own")
    func smaller() {
        var lobby = Lobby(.group(5))
        for (index, name) in ["ann", "bob", "cid", "dan"].enumerated() {
            lobby.join(name, on: UInt64(index + 1))
            lobby.pass(1_000)
        }
        lobby.connect("east", link: 1)
        let lines = lobby.handle(.reconfigure([scene(3)]))
        #expect(
            lines == [
                "1: waiting 3/3 in S1", "2: waiting 3/3 in S1", "3: waiting 3/3 in S1", "4: waiting 1/3 in S2",
                "journal: matched S1#1 at east",
            ])
        #expect(lobby.assignment("S1")?.players.map(\.subject.name) == ["ann", "bob", "cid"])
        #expect(lobby.waits[4]?.timeoutMs == 119_000 && lobby.waits[4]?.waitedMs == 1_000)
        for connection in 1...4 as ClosedRange<UInt64> { lobby.disconnect(connection) }
    }

    @Test("rooms that are full and wait for a coordinator are formed anew too")
    func full() {
        var lobby = Lobby(.group(4))
        for (index, name) in ["ann", "bob", "cid", "dan"].enumerated() { lobby.join(name, on: UInt64(index + 1)) }
        lobby.handle(.reconfigure([scene(2)]))
        let lines = lobby.connect("east", link: 1)
        #expect(lines == ["journal: matched S1#1 at east", "journal: matched S2#1 at east"])
        #expect(lobby.assignment("S1")?.players.map(\.subject.name) == ["ann", "bob"])
        #expect(lobby.assignment("S2")?.players.map(\.subject.name) == ["cid", "dan"])
    }

    @Test("those for whom a smaller group has no seat left form the next one, though none of them sits anywhere")
    func formedOfTheRest() {
        var lobby = Lobby(.group(6))
        for (number, name) in ["ann", "bob", "cid", "dan", "eva", "fay"].enumerated() {
            lobby.join(name, on: UInt64(number + 1))
        }
        #expect(lobby.handle(.reconfigure([.group(2)])).filter { !$0.contains("waiting 2/2") } == [])
        #expect(lobby.core.count(in: .waiting) == 3)
        let begun = lobby.connect("east", link: 1).filter { $0.contains("journal: matched") }
        #expect(begun.count == 3)
        for connection in 1...6 as ClosedRange<UInt64> { lobby.disconnect(connection) }
        #expect(lobby.core.sceneStatus.map(\.waiting) == [0])
    }

    @Test("a session keeps the settings with which it was matched")
    func settings() {
        let codes = { (code: String) in [CompletionCode(reason: .cancelled, code: code)] }
        var lobby = Lobby(.group(2, codes: codes("old")))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.handle(.reconfigure([.group(2, codes: codes("new"))]))
        #expect(lobby.sync() == ["link 1: assign S1#1"])
        #expect(lobby.assignment("S1")?.settings.completionCodes == codes("old"))
        lobby.handle(.cancel(lobby.id("S1")))
        lobby.refuse("S1", .full, link: 1)
        #expect(lobby.sync() == ["1: ended S1 cancelled old.", "2: ended S1 cancelled old."])
        lobby.connect("west", link: 2)
        lobby.join("ann", on: 3)
        lobby.join("bob", on: 4)
        #expect(lobby.assignment("S2")?.settings.completionCodes == codes("new"))
    }

    @Test("a closed scene refuses joins, and lets those who wait go on")
    func closed() {
        var lobby = Lobby(.group(3))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        #expect(lobby.handle(.reconfigure([scene(3) { $0.isOpen = false }])) == [])
        #expect(lobby.join("bob", on: 2) == ["2: error scene_closed!"])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [1])
        lobby.handle(.reconfigure([scene(3)]))
        #expect(lobby.join("bob", on: 3).last == "3: waiting 2/3 in S1")
    }

    @Test("a coordinator that did not support a scene is asked again when the scene is another")
    func unsupported() {
        // A scene that no coordinator supports holds its rooms back.
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.sync()
        lobby.refuse("S1", .unsupported, link: 1)
        #expect(lobby.sync().last == "2: waiting 2/2 in S2", "nobody takes them")
        #expect(
            lobby.handle(.reconfigure([scene(2) { $0.settings.validatesPeers = false }]))
                == ["journal: matched S2#1 at east"])
    }

    @Test("a survivor goes back to its scene when it is configured again by then, and not to the one in its place")
    func survivors() {
        func ended(_ scenes: [[Scene]]) -> [String] {
            var lobby = Lobby(.group(2))
            lobby.connect("east", link: 1)
            lobby.join("ann", on: 1)
            lobby.join("bob", on: 2)
            lobby.sync()
            lobby.disconnect(1)
            lobby.accept("S1", link: 1)
            for each in scenes { lobby.handle(.reconfigure(each)) }
            lobby.end("S1", .playerDisconnected, in: .matched, link: 1, requeued: ["bob"], blamed: ["ann"])
            return lobby.sync()
        }
        #expect(ended([[.group(3, "trio")]]) == ["link 1: ack S1#1", "2: ended S1 player_disconnected."])
        #expect(ended([[.group(3, "trio")], [.group(3, "trio"), .group(2)]]) == ["link 1: ack S1#1", "2: waiting 1/2 in S2"])
    }
}
