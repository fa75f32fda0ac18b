import Matchmaking
import SessionProtocol
import Testing

/// Joins whose token says that they are who they say: as good as a `resume` for a takeover.
@Suite struct PlaceTests {
    func has(_ lobby: Lobby, _ subject: String, _ resume: String?, scene: String = "duo", laterMs: UInt64 = 0) -> Bool {
        let request = JoinRequest(scene: scene, subject: .of(subject), resume: resume)
        return lobby.core.hasPlace(request, nowUnixMs: lobby.now.unixMs + laterMs)
    }

    @Test("one has a place who shows its own resume for that scene, from its first join on for a day")
    func own() {
        var lobby = Lobby(.group(2), .group(2, "other"))
        lobby.join("ann", on: 1)
        let resume = lobby.resumes[1]
        #expect(has(lobby, "ann", resume))
        lobby.disconnect(1)
        #expect(has(lobby, "ann", resume))
        #expect(!has(lobby, "bob", resume) && !has(lobby, "ann", resume, scene: "other") && !has(lobby, "ann", nil))
        #expect(!has(lobby, "ann", resume.map { $0 + "A" }))
        lobby.pass(80_000_000)
        lobby.join("ann", on: 2, resume: resume)
        #expect(has(lobby, "ann", lobby.resumes[2], laterMs: 6_399_999))
        #expect(!has(lobby, "ann", lobby.resumes[2], laterMs: 6_400_000))
    }

    @Test("as long as its session lives, and no longer than until it has been played")
    func spent() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        #expect(has(lobby, "ann", lobby.resumes[1]))
        lobby.state("S1", .playing, link: 1)
        #expect(has(lobby, "ann", lobby.resumes[1]))
        lobby.end("S1", .completed, in: .playing, link: 1)
        lobby.sync()
        #expect(!has(lobby, "ann", lobby.resumes[1]))
    }

    @Test("in the scene to which it was moved, by the name of the first")
    func moved() {
        var lobby = Lobby(MovingOnTests.scene("duo", to: "other"), MovingOnTests.scene("other", to: nil))
        lobby.join("ann", on: 1)
        lobby.pass(100)
        #expect(has(lobby, "ann", lobby.resumes[1]) && has(lobby, "ann", lobby.resumes[1], scene: "other"))
    }
}

@Suite struct TokenTakeoverTests {
    @Test("in a room a token takes over the place, with the waiting time that it has")
    func room() {
        var lobby = Lobby(.group(2, authority: "lab"))
        lobby.join("ann", on: 1, isProven: true)
        lobby.pass(4000)
        #expect(lobby.join("ann", on: 2) == ["2: error subject_in_use!"])
        #expect(lobby.join("ann", on: 3, isProven: true) == ["1: ended S1 superseded.", "3: waiting 1/2 in S1"])
        #expect(lobby.waits[3]?.waitedMs == 4000)
        lobby.disconnect(1)
        lobby.disconnect(3)
        #expect(lobby.leftovers == [])
    }

    @Test("a token alone gives no waiting time where there is no place any more; with the resume it does")
    func seniority() {
        var lobby = Lobby(.group(2, authority: "lab"))
        lobby.join("ann", on: 1, isProven: true)
        lobby.pass(4000)
        lobby.disconnect(1)
        lobby.join("ann", on: 2, isProven: true)
        #expect(lobby.waits[2]?.waitedMs == 0)
        lobby.disconnect(2)
        lobby.join("ann", on: 3, resume: lobby.resumes[1], isProven: true)
        #expect(lobby.waits[3]?.waitedMs == 4000)
    }

    @Test("in each phase of a session a token hears what a resume would")
    func session() throws {
        var lobby = Lobby(.group(2, authority: "lab"))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1, isProven: true)
        lobby.join("bob", on: 2, isProven: true)
        #expect(lobby.join("ann", on: 3, isProven: true) == ["1: ended S1 superseded.", "3: waiting 2/2 in S1"])
        lobby.sync()
        #expect(lobby.accept("S1", link: 1) == ["3: matched S1 as 0 of 2.", "2: matched S1 as 1 of 2."])
        lobby.disconnect(3)
        lobby.state("S1", .playing, link: 1)
        #expect(lobby.join("ann", on: 4) == ["4: error subject_in_use!"])
        #expect(lobby.join("ann", on: 5, isProven: true) == ["5: matched S1 as 0 of 2."])
        #expect(lobby.tickets[5] == lobby.tickets[3])
        lobby.down(1)
        #expect(lobby.join("ann", on: 6, isProven: true) == ["6: waiting 2/2 in S1"])
    }

    @Test("one whose session has ended and who is not yet told so can be followed by a token")
    func untold() {
        var lobby = Lobby(.group(2, authority: "lab"))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1, isProven: true)
        lobby.join("bob", on: 2, isProven: true)
        lobby.disconnect(2)
        lobby.sync()
        lobby.accept("S1", link: 1)
        lobby.end("S1", .playerDisconnected, in: .matched, link: 1, requeued: ["ann"], blamed: ["bob"])
        #expect(lobby.join("ann", on: 3) == ["3: error subject_in_use!"])
        #expect(lobby.join("ann", on: 4, isProven: true) == ["1: ended S1 superseded.", "4: waiting 1/2 in S2"])
    }

    @Test("a token moves its subject between scenes of one authority, and touches no place of another")
    func authorities() {
        var lobby = Lobby(
            .group(2, authority: "lab"), .group(3, "trio", authority: "lab"), .group(2, "theirs", authority: "others"),
            .group(2, "plain"))
        lobby.join("ann", on: 1, isProven: true)
        #expect(lobby.join("ann", on: 2, scene: "theirs", isProven: true) == ["2: error subject_in_use!"])
        #expect(lobby.join("ann", on: 3, scene: "plain", isProven: true) == ["3: error subject_in_use!"])
        #expect(lobby.join("ann", on: 4, scene: "trio", isProven: true) == ["1: ended S1 superseded.", "4: waiting 1/3 in S2"])
        lobby.join("bob", on: 5, scene: "plain")
        #expect(lobby.join("bob", on: 6, isProven: true) == ["6: error subject_in_use!"])
        #expect(lobby.join("bob", on: 7, scene: "plain", isProven: true) == ["7: error subject_in_use!"])
    }
}
