import SessionProtocol
import Testing

@testable import Matchmaking

@Suite struct CoordinatorTests {
    @Test("a proven coordinator is welcomed with the terms of its lease, and takes sessions after its inventory")
    func welcome() {
        var lobby = Lobby(.group(1))
        lobby.join("ann", on: 1)
        #expect(lobby.prove("east", link: 1) == ["link 1: welcome"])
        #expect(
            lobby.actions.first
                == .link(LinkHandle(1), .welcome(Welcome(leaseGraceMs: 15_000, pingIntervalMs: 1_000))))
        #expect(!lobby.core.hasCoordinator)
        #expect(lobby.say(.inventoryEnd, link: 1) == ["journal: matched S1#1 at east"])
        #expect(lobby.core.hasCoordinator)
        #expect(lobby.ping(1, players: 3) == ["link 1: pong"])
        #expect(lobby.core.linkStatus.map(\.players) == [3])
        #expect(lobby.core.linkStatus.map(\.url) == ["ws://east.example/v1/play"])
    }

    @Test("another live process of the same node is refused; the same one that dials again is taken")
    func sameNode() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1, incarnation: 1)
        #expect(lobby.prove("east", link: 2, incarnation: 2) == ["link 2: close node_in_use"])
        #expect(lobby.notices == [.coordinatorRefused(.of("east"), .nodeInUse)])
        #expect(lobby.down(2) == [])
        #expect(lobby.core.linkStatus.map(\.isUp) == [true])
        #expect(lobby.prove("east", link: 3, incarnation: 1) == ["link 1: close", "link 3: welcome"])
        #expect(lobby.down(1) == [])
        lobby.say(.inventoryEnd, link: 3)
        #expect(lobby.core.linkStatus.map(\.isUp) == [true])
        lobby.down(3)
        #expect(lobby.prove("east", link: 4, incarnation: 2) == ["link 4: welcome"])
    }

    @Test("there are only so many coordinators")
    func tooMany() {
        var lobby = Lobby(.group(2), limits: MatchmakingLimits(coordinatorsMax: 1))
        lobby.connect("east", link: 1)
        #expect(lobby.prove("west", link: 2) == ["link 2: close too_many_links"])
    }

    @Test("a message that coordinators do not send closes the link")
    func unexpected() {
        var lobby = Lobby(.group(2))
        lobby.connect("east", link: 1)
        #expect(lobby.say(.pong(sentAtMs: 1), link: 1) == ["link 1: close unexpected"])
        #expect(lobby.core.linkStatus.map(\.isUp) == [false])
        #expect(lobby.say(.pong(sentAtMs: 1), link: 1) == [])
    }

    @Test("the one with the smallest share of its capacity in use takes the next session")
    func share() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1, capacity: 4)
        lobby.connect("west", link: 2, capacity: 8)
        for connection in 1...6 as ClosedRange<UInt64> { lobby.join("p\(connection)", on: connection) }
        #expect(lobby.core.linkStatus.map(\.sessions) == [2, 4])
    }

    @Test("capacity is kept, and what is over it waits until a session ends")
    func capacity() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1, capacity: 1)
        lobby.join("ann", on: 1)
        #expect(lobby.join("bob", on: 2) == ["2: waiting 1/1 in S2"])
        lobby.sync()
        lobby.accept("S1", link: 1)
        #expect(lobby.ping(1) == ["link 1: pong"])
        #expect(lobby.end("S1", .completed, in: .playing, link: 1) == ["journal: ended S1 completed"])
        #expect(lobby.sync() == ["link 1: ack S1#1", "journal: matched S2#1 at east"])
    }

    @Test("a draining coordinator takes nothing more and keeps what it has")
    func draining() {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1)
        lobby.sync()
        lobby.say(.drain, link: 1)
        #expect(lobby.notices == [.coordinatorDraining(.of("east"))])
        #expect(lobby.accept("S1", link: 1) == ["1: matched S1 as 0 of 1."])
        #expect(lobby.join("bob", on: 2) == ["2: waiting 1/1 in S2"])
        #expect(lobby.core.linkStatus.map(\.isDraining) == [true])
    }

    @Test("a lease that runs out presumes the sessions lost; the owner's late word replaces that once")
    func lease() {
        var lobby = Lobby(.group(2), limits: MatchmakingLimits(leaseGraceMs: 1000, leaseMarginMs: 200, pingIntervalMs: 100))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.pass(100)
        lobby.ping(1)
        lobby.down(1)
        lobby.join("ann", on: 3, resume: lobby.resumes[1])
        #expect(lobby.pass(1199) == [])
        #expect(lobby.pass(1) == ["journal: ended S1 coordinator_lost presumed"])
        #expect(lobby.notices == [.coordinatorLost(.of("east"), sessions: 1)])
        #expect(lobby.sync() == ["3: waiting 1/2 in S2"])
        #expect(lobby.core.linkStatus.isEmpty)
        let outcome = lobby.outcome("S1", .completed, in: .playing)
        lobby.prove("east", link: 2)
        #expect(lobby.say(.ended(outcome), link: 2) == ["journal: ended S1 completed"])
        #expect(lobby.say(.ended(outcome), link: 2) == [])
        #expect(lobby.sync() == ["link 2: ack S1#1", "link 2: ack S1#1"])
        #expect(lobby.notices == [.outcome(outcome)])
        lobby.disconnect(3)
        #expect(lobby.leftovers == [])
    }

    @Test("a linked coordinator that is silent for grace and margin is hung up on, and its sessions are lost")
    func silent() {
        var lobby = Lobby(.group(2), limits: MatchmakingLimits(leaseGraceMs: 1000, leaseMarginMs: 200, pingIntervalMs: 100))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        #expect(lobby.core.nextDeadlineMs == lobby.now.bootMs + 1200)
        #expect(lobby.pass(1200) == ["link 1: close", "journal: ended S1 coordinator_lost presumed"])
        lobby.sync()
        #expect(lobby.leftovers == [])
    }

    @Test("an inventory settles what is held, missing, unknown and ended")
    func inventory() throws {
        var lobby = Lobby(.group(1))
        lobby.connect("east", link: 1)
        for (connection, name) in zip(UInt64(1)..., ["ann", "bob", "cid"]) {
            lobby.join(name, on: connection)
            lobby.sync()
            lobby.accept("S\(connection)", link: 1)
        }
        lobby.down(1)
        lobby.prove("east", link: 2, incarnation: 2)
        let held = try #require(lobby.assignment("S1"))
        #expect(lobby.say(.holding(.playing, held), link: 2) == [])
        lobby.say(.ended(lobby.outcome("S2", .completed, in: .playing)), link: 2)
        var unknown = held
        unknown.session = SessionID(high: 5, low: 5)
        unknown.players[0].subject = .of("dan")
        #expect(lobby.say(.holding(.validating, unknown), link: 2) == ["journal: matched S4#1 at east"])
        #expect(lobby.notices == [.adopted(unknown.session, .of("east"))])
        let ended = try #require(lobby.assignment("S2"))
        #expect(lobby.say(.holding(.playing, ended), link: 2) == ["link 2: drop S2#1"])
        unknown.session = SessionID(high: 6, low: 6)
        #expect(lobby.say(.holding(.playing, unknown), link: 2).first?.contains("drop") == true)
        #expect(lobby.say(.inventoryEnd, link: 2) == ["journal: ended S3 coordinator_lost"])
        lobby.sync()
        #expect(lobby.core.tables.first { $0.name == "sessions" }?.count == 2)
        #expect(lobby.core.linkStatus.map(\.sessions) == [2])
    }

    @Test("a matchmaker restored from its journal waits for its coordinators' word, and matches again after it")
    func restored() throws {
        var before = Lobby(.group(2))
        before.connect("east", link: 1)
        before.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        before.playDuo("cid", "dan", connections: (3, 4), link: 1, session: "S2")
        before.end("S2", .completed, in: .playing, link: 1)
        var lobby = Lobby(restarting: before, .group(2))
        #expect(lobby.core.count(in: .matched) == 1)
        #expect(lobby.join("bob", on: 5) == ["5: error subject_in_use!"])
        #expect(lobby.join("ann", on: 6, resume: lobby.resumes[1]) == ["6: waiting 2/2 in S1"])
        let held = try #require(lobby.assignment("S1"))
        #expect(lobby.connect("east", link: 1, inventory: [.holding(.playing, held)]) == ["6: matched S1 as 0 of 2."])
        #expect(lobby.tickets[6] == before.tickets[1])
        #expect(lobby.core.ledger[held.session]?.details.handOff?.assignment == held)
        // S2's end was recorded before the crash, but its acknowledgement may have been lost.
        #expect(lobby.end("S2", .completed, in: .playing, link: 1) == ["link 1: ack S2#1"])
    }

    @Test("a restored session whose coordinator never comes back is presumed lost after grace and margin")
    func restoredAndLost() {
        var before = Lobby(.group(2))
        before.connect("east", link: 1)
        before.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        var lobby = Lobby(restarting: before, .group(2))
        #expect(lobby.pass(18_000) == ["journal: ended S1 coordinator_lost presumed"])
        lobby.sync()
        #expect(lobby.leftovers == [])
    }
}
