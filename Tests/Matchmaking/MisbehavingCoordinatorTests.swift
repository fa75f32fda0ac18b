import Matchmaking
import SessionProtocol
import Testing

@Suite struct MisbehavingCoordinatorTests {
    @Test("the end of a room that still waits changes nothing, and is acknowledged")
    func endOfRoom() {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.connect("east", link: 1)
        #expect(lobby.end("S1", .completed, in: .playing, link: 1) == ["link 1: ack S1#1"])
        #expect(lobby.notices == [.stale(.ended, lobby.id("S1"))])
        #expect(lobby.join("bob", on: 2).last == "journal: matched S1#1 at east")
    }

    @Test("holding, state, accepted and refused of a room that still waits change nothing")
    func wordsAboutRoom() throws {
        var lobby = Lobby(.group(2))
        lobby.join("ann", on: 1)
        lobby.connect("east", link: 1)
        let seat = AssignedPlayer(
            subject: .of("zoe"), ticket: Ticket(high: 1, low: 1), sinceUnixMs: 0,
            placeSignature: ResumeSignature(high: 0, low: 0), releaseSignature: ResumeSignature(high: 0, low: 0))
        let claimed = Assignment(
            session: lobby.id("S1"), attempt: .first, scene: .of("duo"),
            settings: SessionSettings(validatesPeers: false), seed: 1, resumeExpiresUnixMs: 1, players: [seat])
        #expect(lobby.say(.holding(.playing, claimed), link: 1) == ["link 1: drop S1#1"])
        #expect(lobby.accept("S1", link: 1) == ["link 1: drop S1#1"])
        #expect(lobby.refuse("S1", .full, link: 1) == [])
        #expect(lobby.state("S1", .playing, link: 1) == [])
        #expect(lobby.join("bob", on: 2).last == "journal: matched S1#1 at east")
    }

    @Test("a second end of inventory closes the link and loses no session")
    func inventoryTwice() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.sync()
        lobby.accept("S1", link: 1)
        #expect(lobby.say(.inventoryEnd, link: 1) == ["link 1: close unexpected"])
        #expect(lobby.core.count(in: .matched) == 1)
    }

    @Test("a coordinator whose lease ran out while a hand-off to it was being recorded is counted right when it is back")
    func lostWhileRecording() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.down(1)
        #expect(lobby.pass(18_000) == ["journal: ended S1 no_coordinator"])
        lobby.connect("east", link: 2)
        #expect(lobby.core.linkStatus.map(\.sessions) == [0])
        #expect(lobby.sync() == ["1: waiting 1/1 in S2", "journal: matched S2#1 at east"])
        lobby.sync()
        lobby.accept("S2", link: 2)
        lobby.end("S2", .completed, in: .playing, link: 2)
        lobby.sync()
        #expect(lobby.core.linkStatus.map(\.sessions) == [0])
    }

    @Test("an outcome that names other players than the session's tells the real ones all the same")
    func strangers() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.sync()
        let stranger = Outcome(
            session: lobby.id("S1"), attempt: .first, scene: .of("elsewhere"), reason: .validationFailed, endedIn: .waiting,
            endedAtUnixMs: 0, players: [PlayerOutcome(subject: .of("zoe"), isRequeued: true)])
        lobby.say(.ended(stranger), link: 1)
        #expect(lobby.sync() == ["link 1: ack S1#1", "1: ended S1 validation_failed."])
        #expect(lobby.leftovers == [])
    }

    @Test("states that the table does not have are refused and shown")
    func illegalState() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.sync()
        lobby.accept("S1", link: 1)
        lobby.state("S1", .playing, link: 1)
        lobby.state("S1", .validating, link: 1)
        #expect(lobby.transitions == ["S1 playing→validating refused"])
        #expect(lobby.core.count(in: .playing) == 1)
    }
}
