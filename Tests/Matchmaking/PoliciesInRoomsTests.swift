import SessionProtocol
import Testing

@testable import Matchmaking

/// The rules of scenes, through the whole core.
@Suite struct PoliciesInRoomsTests {
    private func scene(_ size: Int, _ rules: MatchingRules) -> Scene {
        var scene = Scene.group(size)
        scene.rules = rules
        return scene
    }

    private static let window = MatchingRules.with { $0.skill = MatchingRules.skill((0, 100), (20_000, nil)) }

    @Test("an open room is a tentative group: another group takes its members out, and the rest hear new counts")
    func tentative() {
        var lobby = Lobby(scene(3, Self.window))
        #expect(lobby.join("ann", on: 1, [skill(0)]) == ["1: waiting 1/3 in S1"])
        #expect(lobby.join("bob", on: 2, [skill(90)]) == ["1: waiting 2/3 in S1", "2: waiting 2/3 in S1"])
        #expect(lobby.join("cid", on: 3, [skill(160)]) == ["3: waiting 1/3 in S2"])
        #expect(
            lobby.join("dan", on: 4, [skill(150)]) == [
                "2: waiting 3/3 in S1", "3: waiting 3/3 in S1", "4: waiting 3/3 in S1", "1: waiting 1/3 in S3",
            ])
        #expect(lobby.reasons == ["3 of 3: skill 70 apart (within 100); the longest wait was 0.0 s"])
        #expect(lobby.core.sceneStatus[0].recentMatches.map(\.reason.description) == lobby.reasons)
        for connection in 1...4 as ClosedRange<UInt64> { lobby.disconnect(connection) }
        #expect(lobby.leftovers == [])
    }

    @Test("a step that passes makes a group, and the core says when that is")
    func step() {
        var lobby = Lobby(scene(2, Self.window))
        lobby.join("ann", on: 1, [skill(0)])
        lobby.pass(500)
        lobby.join("bob", on: 2, [skill(500)])
        #expect(lobby.core.nextDeadlineMs == lobby.now.bootMs + 19_500)
        #expect(lobby.pass(19_500) == ["1: waiting 2/2 in S1", "2: waiting 2/2 in S1"])
        #expect(lobby.reasons == ["2 of 2: skill 500 apart (without a limit); the longest wait was 20.0 s"])
    }

    @Test("who leaves a group that waits for a coordinator leaves the others in their places", arguments: [1, 2])
    func reopened(_ leaver: UInt64) {
        var lobby = Lobby(scene(2, Self.window))
        lobby.join("ann", on: 1, [skill(0)])
        lobby.pass(10)
        lobby.join("bob", on: 2, [skill(10)])
        let other = 3 - leaver
        #expect(lobby.leave(leaver) == ["\(other): waiting 1/2 in S1", "\(leaver): ended S1 player_left."])
        #expect(lobby.join("cid", on: 3, [skill(20)]) == ["\(other): waiting 2/2 in S1", "3: waiting 2/2 in S1"])
    }

    @Test("attributes that a scene needs and does not get refuse the join, and name the attribute")
    func misfits() {
        var lobby = Lobby(scene(2, Self.window))
        #expect(lobby.join("ann", on: 1) == ["1: error bad_message!"])
        guard case .reply(_, .error(_, let message))? = lobby.actions.first else { return #expect(Bool(false)) }
        #expect(message == "this scene needs the attribute skill")
        #expect(lobby.leftovers == [])
    }

    @Test("players have the seats of their roles")
    func seats() throws {
        let roles = RoleRule(attribute: "role", seats: [.init(role: "boss", count: 1), .init(role: "worker", count: 2)])
        var lobby = Lobby(scene(3, .with { $0.roles = roles }))
        lobby.connect("east", link: 1)
        lobby.join("ann", on: 1, [text("role", "worker")])
        lobby.join("bob", on: 2)
        lobby.join("cid", on: 3, [text("role", "boss")])
        #expect(try #require(lobby.assignment("S1")).players.map(\.subject.name) == ["cid", "ann", "bob"])
    }

    @Test("the server's own round trip to each client counts, and the least of it stays with the place")
    func roundTrips() {
        var lobby = Lobby(scene(2, .with { $0.latency = MatchingRules.latency((0, 100)) }))
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(lobby.handle(.roundTrip(ConnectionHandle(1), 40)) == [])
        #expect(lobby.handle(.roundTrip(ConnectionHandle(2), 70)) == [])
        #expect(lobby.handle(.roundTrip(ConnectionHandle(1), 900)) == [])
        #expect(lobby.handle(.roundTrip(ConnectionHandle(2), 60)) == ["1: waiting 2/2 in S1", "2: waiting 2/2 in S1"])
        #expect(lobby.reasons[0].hasPrefix("2 of 2: round trip at most 100 ms (cap 100 ms);"))
        lobby.leave(1)
        lobby.join("cid", on: 3)
        #expect(lobby.handle(.roundTrip(ConnectionHandle(3), 40)).count == 2, "bob's is still known")
        #expect(lobby.handle(.roundTrip(ConnectionHandle(9), 1)) == [])
    }

    @Test("who has played together is kept in mind across a restart, and its records stay in the journal")
    func encountersSurvive() {
        let never = scene(2, .with { $0.encounters = .never })
        var lobby = Lobby(never)
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.end("S1", .completed, in: .playing, link: 1)
        lobby.sync()
        #expect(lobby.core.journalSessions.contains(lobby.id("S1")))
        for again in [lobby, Lobby(restarting: lobby, never)] {
            var lobby = again
            lobby.join("ann", on: 3)
            lobby.join("bob", on: 4)
            #expect(lobby.reasons == [])
            lobby.join("cid", on: 5)
            #expect(lobby.reasons.count == 1)
        }
    }

    @Test("games of other scenes count where a scene says so, after a restart and without those scenes too")
    func encountersElsewhere() {
        let first = Scene.group(2, "day one")
        var second = Scene.group(2, "day two")
        second.rules.encounters = .reunite(waitMs: 60_000, otherwise: .others)
        second.rules.encountersIn = [first.id]
        var strangers = Scene.group(2, "strangers")
        strangers.rules.encounters = .never
        strangers.rules.encountersIn = [first.id]
        var lobby = Lobby(first, second, strangers)
        lobby.connect("east", link: 1)
        for name in ["ann", "bob"] { lobby.join(name, on: name == "ann" ? 1 : 2, scene: "day one") }
        lobby.sync()
        lobby.accept("S1", link: 1)
        lobby.end("S1", .completed, in: .playing, link: 1)
        lobby.sync()
        #expect(lobby.core.journalSessions.contains(lobby.id("S1")))
        for again in [lobby, Lobby(restarting: lobby, first, second, strangers), Lobby(restarting: lobby, second, strangers)] {
            var lobby = again
            lobby.join("ann", on: 3, scene: "strangers")
            lobby.join("bob", on: 4, scene: "strangers")
            #expect(lobby.reasons == [])
            for connection in [3, 4] as [UInt64] { lobby.leave(connection) }
            lobby.join("ann", on: 5, scene: "day two")
            lobby.join("cid", on: 6, scene: "day two")
            #expect(lobby.reasons == [])
            lobby.join("bob", on: 7, scene: "day two")
            #expect(lobby.reasons.map { $0.hasPrefix("2 of 2: the group of the last game, all of it back") } == [true])
        }
    }

    @Test("an end that is not on disk yet stays in a compacted journal, though no coordinator can report it any more")
    func unrecordedStays() {
        var lobby = Lobby(scene(2, .with { $0.encounters = .never }))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.state("S1", .playing, link: 1)
        lobby.down(1)
        // Another life of the coordinator has nothing of it.
        lobby.connect("east", link: 2, incarnation: 2)
        #expect(lobby.core.count(in: .playing) == 0)
        #expect(lobby.core.journalSessions.contains(lobby.id("S1")))
        lobby.sync()
        #expect(lobby.core.journalSessions == [lobby.id("S1")])
    }

    @Test("what is remembered of sessions stays within its limit")
    func encountersBounded() {
        let never = scene(2, .with { $0.encounters = .never })
        var lobby = Lobby(never, limits: MatchmakingLimits(pool: PoolLimits(encountersMax: 3)))
        lobby.connect("east", link: 1)
        for number in 1...6 as ClosedRange<UInt64> {
            lobby.playDuo("a\(number)", "b\(number)", connections: (10 * number, 10 * number + 1), link: 1, session: "S\(number)")
            lobby.end("S\(number)", .completed, in: .playing, link: 1)
            lobby.sync()
        }
        #expect(Set(lobby.core.journalSessions.suffix(3)) == [lobby.id("S4"), lobby.id("S5"), lobby.id("S6")])
        #expect(lobby.core.expiring.first { $0.name == "encounters" }?.count == 3)
    }

    @Test("one whose last group does not come is told that its wait is over, where the scene says so")
    func reunionOver() {
        let rules = MatchingRules.with { $0.encounters = .reunite(waitMs: 5000, otherwise: .end) }
        var lobby = Lobby(scene(2, rules))
        lobby.connect("east", link: 1)
        lobby.playDuo("ann", "bob", connections: (1, 2), link: 1, session: "S1")
        lobby.end("S1", .completed, in: .playing, link: 1)
        lobby.sync()
        lobby.pass(1)
        #expect(lobby.join("ann", on: 3) == ["3: waiting 1/2 in S2"])
        #expect(lobby.join("new", on: 4) == ["4: waiting 1/2 in S3"])
        #expect(lobby.pass(5000) == ["3: ended S2 wait_timeout."])
        // The time that she has waited already gives her no others.
        #expect(lobby.join("ann", on: 5, resume: lobby.resumes[3]) == ["5: waiting 1/2 in S4"])
        #expect(lobby.waits[5]?.waitedMs == 5000)
        lobby.join("bob", on: 6)
        #expect(lobby.reasons[0].hasPrefix("2 of 2: the group of the last game, all of it back"))
    }

    @Test("a party enters as one and stays together when its group is no more")
    func party() {
        var lobby = Lobby(scene(4, MatchingRules()))
        let members = ["p1", "p2"].enumerated().map {
            Member(
                subject: .of($1), connection: ConnectionHandle(UInt64(20 + $0)), sinceUnixMs: lobby.now.unixMs,
                waitUntilMs: lobby.now.bootMs + 100_000)
        }
        var actions: [MatchmakerAction] = []
        lobby.core.enroll(members, sceneIndex: 0, lobby.now, &actions)
        lobby.join("ann", on: 1)
        lobby.join("bob", on: 2)
        #expect(lobby.reasons.count == 1)
        lobby.leave(1)
        lobby.join("trio", on: 3)
        #expect(lobby.reasons.count == 1)
        lobby.disconnect(20)
        for connection in [2, 3, 21] as [UInt64] { lobby.disconnect(connection) }
        #expect(lobby.leftovers == [])
    }
}

extension Lobby {
    @discardableResult
    mutating func join(_ subject: String, on connection: UInt64, _ attributes: [Attributes.Entry]) -> [String] {
        handle(
            .join(
                ConnectionHandle(connection),
                JoinRequest(scene: "duo", subject: .of(subject), attributes: Attributes(attributes))))
    }
}
