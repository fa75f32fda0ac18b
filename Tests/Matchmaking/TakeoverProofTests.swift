import Matchmaking
import SessionProtocol
import Testing

@Suite struct TakeoverProofTests {
    @Test("a scene that trusts names gives no hold on places and sessions of one that does not")
    func throughAnOpenScene() {
        var lobby = Lobby(.group(2), .group(2, "lobby", identity: .open))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        #expect(lobby.join("ann", on: 2, scene: "lobby") == ["2: error subject_in_use!"])
        lobby.join("bob", on: 3)
        lobby.sync()
        lobby.accept("S1", link: 1)
        #expect(lobby.join("ann", on: 4, scene: "lobby") == ["4: error subject_in_use!"])
        lobby.join("cid", on: 5, scene: "lobby")
        #expect(lobby.join("cid", on: 6) == ["5: ended S2 superseded.", "6: waiting 1/2 in S3"])
    }

    @Test("a move to a scene that refuses leaves the place as it is")
    func refusedMove() {
        var lobby = Lobby(.group(2), .group(2, "shut", isOpen: false), .group(2, "full", waitingMax: 0))
        lobby.join("ann", on: 1)
        let resume = lobby.resumes[1]
        #expect(lobby.join("ann", on: 2, scene: "shut", resume: resume) == ["2: error scene_closed!"])
        #expect(lobby.join("ann", on: 3, scene: "full", resume: resume) == ["3: error room_full!"])
        lobby.handle(.drain)
        #expect(lobby.join("ann", on: 4, scene: "full", resume: resume) == ["4: error draining!"])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [1, 0, 0])
    }

    /// ann still connected on 1, her session with bob ended by its owner, and not yet told.
    func untold() -> Lobby {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.disconnect(2)
        lobby.sync()
        lobby.accept("S1", link: 1)
        lobby.end("S1", .playerDisconnected, in: .matched, link: 1, requeued: ["ann"], blamed: ["bob"])
        return lobby
    }

    @Test("one whose session has ended and who is not yet told so is still in use")
    func untoldIsInUse() {
        var lobby = untold()
        #expect(lobby.join("ann", on: 3) == ["3: error subject_in_use!"])
        #expect(lobby.join("ann", on: 4, resume: lobby.resumes[1]) == ["1: ended S1 superseded.", "4: waiting 1/2 in S2"])
        #expect(lobby.sync() == ["link 1: ack S1#1"])
        lobby.disconnect(4)
        #expect(lobby.leftovers == [])
    }

    @Test("one who leaves between the end and its telling is not put back")
    func leavesUntold() {
        var lobby = untold()
        #expect(lobby.leave(1) == [])
        #expect(lobby.sync() == ["link 1: ack S1#1", "1: ended S1 player_left."])
        #expect(lobby.leftovers == [])
    }

    @Test("one whose connection closes between the end and its telling is gone")
    func goneUntold() {
        var lobby = untold()
        #expect(lobby.disconnect(1) == [])
        #expect(lobby.join("ann", on: 3) == ["3: waiting 1/2 in S2"])
        #expect(lobby.sync() == ["link 1: ack S1#1"])
        lobby.disconnect(3)
        #expect(lobby.leftovers == [])
    }

    @Test("the place of a session that was played gives no waiting time")
    func playedPlace() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.pass(9000)
        lobby.end("S1", .completed, in: .playing, link: 1)
        lobby.sync()
        lobby.join("ann", on: 3, resume: lobby.resumes[1])
        #expect(lobby.waits[3]?.waitedMs == 0)
    }

    @Test("one who comes back when the owner was already asked to end the session waits for its word")
    func backTooLate() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.disconnect(2)
        lobby.sync()
        lobby.accept("S1", link: 1)
        #expect(lobby.join("bob", on: 3, resume: lobby.resumes[2]) == ["3: waiting 2/2 in S1"])
        lobby.end("S1", .playerDisconnected, in: .matched, link: 1, requeued: ["ann"], blamed: ["bob"])
        #expect(
            lobby.sync() == ["link 1: ack S1#1", "1: waiting 1/2 in S2", "3: ended S1 player_disconnected."])
    }

    @Test("a cancel that the link lost is said again, and nobody is sent to the session in between")
    func cancelAgain() throws {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        lobby.disconnect(2)
        lobby.sync()
        lobby.accept("S1", link: 1)
        lobby.down(1)
        let held = try #require(lobby.assignment("S1"))
        #expect(
            lobby.connect("east", link: 2, inventory: [.holding(.matched, held)])
                == ["link 2: cancel S1#1 player_disconnected 1"])
    }

    @Test("one who leaves while the coordinator is out of reach makes it end the session when it is back")
    func leavesOutOfReach() throws {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.down(1)
        lobby.join("ann", on: 3, resume: lobby.resumes[1])
        #expect(lobby.leave(3) == [])
        let held = try #require(lobby.assignment("S1"))
        #expect(
            lobby.connect("east", link: 2, inventory: [.holding(.playing, held)])
                == ["link 2: cancel S1#1 player_left 0"])
        lobby.end("S1", .playerLeft, in: .playing, link: 2, blamed: ["ann"])
        #expect(lobby.sync() == ["link 2: ack S1#1", "3: ended S1 player_left."])
        #expect(lobby.leftovers == [])
    }
}
