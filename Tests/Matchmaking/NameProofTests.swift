import Matchmaking
import SessionProtocol
import Testing

/// Whoever joins under a name that nobody waits under is given a `resume` for it: what that one is good for when the name is
/// another's.
@Suite struct NameProofTests {
    /// ann has waited for 100 ms on 1 and lost her connection; then somebody has waited under her name, on 2.
    private func visited() -> Lobby {
        var lobby = Lobby(.group(2), .group(2, "lobby", identity: .open), .group(2, "exam", authority: "school"))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.pass(100)
        lobby.disconnect(1)
        lobby.join("ann", on: 2)
        lobby.pass(100)
        return lobby
    }

    @Test("who has waited under a name while its owner was away takes nothing of the owner's with what it was given")
    func whileAway() {
        var lobby = visited()
        lobby.disconnect(2)
        lobby.join("ann", on: 3, resume: lobby.resumes[1])
        #expect(lobby.waits[3]?.waitedMs == 200)
        #expect(lobby.join("ann", on: 4, resume: lobby.resumes[2]) == ["4: error subject_in_use!"])
        #expect(lobby.join("ann", on: 5, scene: "lobby", resume: lobby.resumes[2]) == ["5: error subject_in_use!"])
        #expect(lobby.join("ann", on: 6, resume: lobby.resumes[3]) == ["3: ended S3 superseded.", "6: waiting 1/2 in S3"])
        #expect(lobby.core.sceneStatus.map(\.waiting) == [1, 0, 0])
    }

    @Test("the owner takes the place of who waits under its name, and is not put out again")
    func whileThere() {
        var lobby = visited()
        #expect(lobby.join("ann", on: 3, resume: lobby.resumes[1]) == ["2: ended S2 superseded.", "3: waiting 1/2 in S2"])
        #expect(lobby.waits[3]?.waitedMs == 200)
        // It names the very session, and is younger all the same.
        #expect(lobby.join("ann", on: 4, resume: lobby.resumes[2]) == ["4: error subject_in_use!"])
        #expect(lobby.join("ann", on: 5, resume: lobby.resumes[1]) == ["3: ended S2 superseded.", "5: waiting 1/2 in S2"])
    }

    @Test("nor is it proof in any phase of a session, nor between its end and its telling")
    func inSession() {
        var lobby = visited()
        lobby.disconnect(2)
        let (own, other) = (lobby.resumes[1], lobby.resumes[2])
        lobby.join("ann", on: 3, resume: own)
        lobby.join("bob", on: 4)
        func isRefused(_ connection: UInt64) -> Bool {
            lobby.join("ann", on: connection, resume: other) == ["\(connection): error subject_in_use!"]
        }
        #expect(isRefused(5))
        lobby.sync()
        #expect(isRefused(6))
        lobby.disconnect(4)
        lobby.accept("S3", link: 1)
        #expect(isRefused(7))
        lobby.end("S3", .playerDisconnected, in: .matched, link: 1, requeued: ["ann"], blamed: ["bob"])
        #expect(isRefused(8))
        #expect(lobby.sync() == ["link 1: ack S3#1", "3: waiting 1/2 in S4"])
        lobby.disconnect(3)
        #expect(lobby.leftovers == [])
    }

    @Test("what one is told that shows its older place to a session on its way proves that place")
    func toldAgain() {
        var lobby = visited()
        lobby.join("bob", on: 3)
        #expect(lobby.join("ann", on: 4, resume: lobby.resumes[1]) == ["2: ended S2 superseded.", "4: waiting 2/2 in S2"])
        #expect(lobby.waits[4]?.waitedMs == 200)
        #expect(lobby.join("ann", on: 5, resume: lobby.resumes[2]) == ["5: error subject_in_use!"])
        #expect(lobby.join("ann", on: 6, resume: lobby.resumes[4]) == ["4: ended S2 superseded.", "6: waiting 2/2 in S2"])
    }

    @Test("also when it was sent into the session at once, and hears later that its coordinator is away")
    func toldLater() {
        var lobby = visited()
        lobby.join("bob", on: 3)
        lobby.sync()
        lobby.accept("S2", link: 1)
        #expect(lobby.join("ann", on: 4, resume: lobby.resumes[1]) == ["4: matched S2 as 0 of 2."])
        lobby.down(1)
        #expect(lobby.join("ann", on: 5, resume: lobby.resumes[1]) == ["5: waiting 2/2 in S2"])
        #expect(lobby.join("ann", on: 6, resume: lobby.resumes[5]) == ["5: ended S2 superseded.", "6: waiting 2/2 in S2"])
    }

    @Test("a resume of a scene that trusts names, or of another authority's, proves nothing elsewhere")
    func otherScenes() {
        for given in ["lobby", "duo"] {
            var lobby = Lobby(.group(2), .group(2, "lobby", identity: .open), .group(2, "exam", authority: "school"))
            lobby.join("ann", on: 1, scene: given)
            let early = lobby.resumes[1]
            lobby.disconnect(1)
            lobby.pass(50)
            let wanted = given == "lobby" ? "duo" : "exam"
            lobby.join("ann", on: 2, scene: wanted, isProven: wanted == "exam")
            for (connection, scene) in [(3, given), (4, wanted)] as [(UInt64, String)] {
                #expect(lobby.join("ann", on: connection, scene: scene, resume: early) == ["\(connection): error subject_in_use!"])
            }
            #expect(lobby.join("ann", on: 5, scene: wanted, resume: lobby.resumes[2]).last == "5: waiting 1/2 in S2")
        }
    }

    @Test("between scenes of one authority, and between those without, a resume is proof")
    func sameNames() {
        var lobby = Lobby(
            .group(2), .group(2, "trio"), .group(2, "exam", authority: "school"), .group(2, "test", authority: "school"))
        for (subject, first, second) in [("ann", "duo", "trio"), ("bob", "exam", "test")] {
            lobby.join(subject, on: 1, scene: first)
            let early = lobby.resumes[1]
            lobby.pass(50)
            #expect(lobby.join(subject, on: 2, scene: second, resume: early).first?.hasSuffix("superseded.") == true)
            // The answer was lost on its way.
            #expect(lobby.join(subject, on: 3, scene: second, resume: early).first?.hasSuffix("superseded.") == true)
            lobby.disconnect(3)
        }
        #expect(lobby.leftovers == [])
    }
}
