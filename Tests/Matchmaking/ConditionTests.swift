import Conversations
import Digests
import Matchmaking
import SessionProtocol
import Testing

/// Treatment and roles of a session that its matchmaker has on record, and what of them others are told.
@Suite struct ConditionTests {
    static let key = Array("a key".utf8)
    static let id = SessionID(high: 1, low: 2)

    static var assignment: Assignment {
        let signer = ResumeSignature(high: 3, low: 4)
        return Assignment(
            session: id, attempt: .first, scene: .of("duo"), settings: SessionSettings(validatesPeers: false), seed: 7,
            resumeExpiresUnixMs: 2_000_000,
            players: ["ann", "bob"].map {
                AssignedPlayer(
                    subject: .of($0), ticket: Ticket(high: 5, low: 6), sinceUnixMs: 1, placeSignature: signer,
                    releaseSignature: signer)
            }, extensions: Extensions(treatment: "high", roles: [nil, "responder"]))
    }

    /// As one says it who speaks version 1.
    static var plain: Assignment {
        var plain = assignment
        plain.extensions = .none
        return plain
    }

    static func outcome(_ players: [String] = ["ann", "bob"]) -> Outcome {
        Outcome(
            session: id, attempt: .first, scene: .of("duo"), reason: .completed, endedIn: .playing, endedAtUnixMs: 9,
            players: players.map { PlayerOutcome(subject: .of($0), hasFinished: true) })
    }

    /// A matchmaker that has read its journal, with its coordinator linked and what that holds reported.
    struct Restarted {
        var core = MatchmakerCore(
            scenes: [Scene.group(2, identity: .open)], resumeKey: ConditionTests.key, generator: SeededGenerator(number: 1))
        var actions: [MatchmakerAction] = []
        let now = Moment(bootMs: 1_000, unixMs: 1_000_000)

        init(journal: [Message], reported: Message?) {
            core.restore(journal, isComplete: true, now: now)
            say(.linkProven(LinkHandle(1), .of("east")))
            if let reported { say(.link(LinkHandle(1), reported)) }
            say(.link(LinkHandle(1), .inventoryEnd))
        }

        mutating func say(_ event: MatchmakerEvent) { core.handle(event, now: now, actions: &actions) }

        var recorded: [Outcome] {
            actions.compactMap { if case .persist(.ended(let outcome)) = $0 { outcome } else { nil } }
        }

        func condition(on connection: UInt64) -> Condition? {
            for case .reply(ConnectionHandle(connection), .matched(_, _, _, _, _, let condition)) in actions { return condition }
            return nil
        }
    }

    @Test("after a restart a player hears treatment and role again, though its coordinator never knew them")
    func restart() {
        var world = Restarted(
            journal: [.journalMatched(.of("east"), Self.assignment)], reported: .holding(.playing, Self.plain))
        world.say(.join(ConnectionHandle(1), JoinRequest(scene: "duo", subject: .of("ann"))))
        world.say(.join(ConnectionHandle(2), JoinRequest(scene: "duo", subject: .of("bob"))))
        #expect(world.condition(on: 1) == Condition(treatment: "high"))
        #expect(world.condition(on: 2) == Condition(treatment: "high", role: "responder"))
    }

    @Test("a matchmaker that lost its journal knows them from the coordinator that holds the session")
    func adopted() {
        var world = Restarted(journal: [], reported: .holding(.playing, Self.assignment))
        #expect(world.actions.contains(.persist(.journalMatched(.of("east"), Self.assignment))))
        world.say(.join(ConnectionHandle(2), JoinRequest(scene: "duo", subject: .of("bob"))))
        #expect(world.condition(on: 2) == Condition(treatment: "high", role: "responder"))
    }

    @Test("an outcome that comes without them is recorded with those of the matchmaker's own record")
    func completed() {
        var world = Restarted(
            journal: [.journalMatched(.of("east"), Self.assignment)], reported: .holding(.playing, Self.plain))
        world.say(.link(LinkHandle(1), .ended(Self.outcome())))
        #expect(world.recorded.map(\.extensions) == [Self.assignment.extensions])
    }

    @Test("what the owner says itself stands")
    func ownWord() {
        var world = Restarted(
            journal: [.journalMatched(.of("east"), Self.plain)], reported: .holding(.playing, Self.plain))
        var outcome = Self.outcome()
        outcome.extensions = Extensions(treatment: "low")
        world.say(.link(LinkHandle(1), .ended(outcome)))
        #expect(world.recorded == [outcome])
    }

    @Test("a loss that is presumed is recorded with them")
    func presumed() {
        var world = Restarted(journal: [.journalMatched(.of("east"), Self.assignment)], reported: nil)
        #expect(world.recorded.map(\.extensions) == [Self.assignment.extensions])
        world.say(.shutdown)
    }

    @Test("an outcome of other players than were assigned gets no role that is not there")
    func otherPlayers() {
        var outcome = Self.outcome(["ann"])
        outcome.note(Self.assignment)
        #expect(outcome.extensions == .none)
    }
}
