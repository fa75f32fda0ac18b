import Conversations
import Digests
import SessionProtocol
import Testing

@testable import Matchmaking

@Suite struct JoinCostTests {
    /// So many who wait, none of whom fits another by skill, all in one language and of one region.
    private func crowd(_ count: Int) -> Lobby {
        var scene = Scene.group(2, waitingMax: .max)
        scene.rules.skill = SkillRule(attribute: "skill", steps: [.init(afterMs: 0, width: 1), .init(afterMs: 60_000, width: 2)])
        scene.rules.latency = LatencyRule(
            steps: [.init(afterMs: 0, capMs: 50)], regionAttribute: "region",
            regions: [.init(first: "here", second: "here", roundTripMs: 20)])
        scene.rules.attributes = [.equal("language")]
        var lobby = Lobby(scene)
        for number in 0..<count { join("p\(number)", number + 1, skill: Double(10 * number), &lobby) }
        return lobby
    }

    private func join(_ name: String, _ connection: Int, skill: Double, _ lobby: inout Lobby) {
        var actions: [MatchmakerAction] = []
        let attributes = Attributes([
            .init(name: "skill", value: .number(skill)), .init(name: "region", value: .text("here")),
            .init(name: "language", value: .text("en")),
        ])
        let request = JoinRequest(scene: "duo", subject: .of(name), attributes: attributes)
        lobby.core.handle(.join(ConnectionHandle(UInt64(connection)), request), now: lobby.now, actions: &actions)
    }

    /// A million may wait, at 500 bytes each in all: the ledger's part and all indices come on top of this.
    @Test("one who waits is kept in few bytes")
    func bytes() {
        #expect(MemoryLayout<Member?>.stride <= 136)
        #expect(MemoryLayout<SessionDetails?>.stride <= 32)
        #expect(MemoryLayout<WaitingEntry>.stride <= 48)
    }

    @Test("a join looks at as few of those who wait when they are ten times as many", arguments: [300, 3000])
    func looks(_ count: Int) {
        var lobby = crowd(count)
        #expect(lobby.core.queues[0].waiting == count)
        var most: UInt64 = 0
        for number in 0..<100 {
            let before = lobby.core.queues[0].pool.search.lookedInAll
            // Half of them between two who wait, and half beside one of them.
            let skill = Double(10 * (number * count / 100)) + (number % 2 == 0 ? 5 : 0.5)
            join("late\(number)", count + number + 1, skill: skill, &lobby)
            most = max(most, lobby.core.queues[0].pool.search.lookedInAll - before)
        }
        // Every other one has made a group.
        #expect(lobby.core.queues[0].formedCount == 50)
        #expect(most >= 1 && most <= 4, "\(most)")
    }
}
