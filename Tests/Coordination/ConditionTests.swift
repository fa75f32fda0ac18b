import SessionProtocol
import Testing

@testable import Coordination

/// Treatment and roles of a session, as its coordinator passes them on.
@Suite struct ConditionTests {
    static let extensions = Extensions(treatment: "high", roles: ["proposer", nil])

    static var assignment: Assignment {
        var assignment = Stage.assignment(1)
        assignment.extensions = extensions
        return assignment
    }

    /// All that the core asks for, from the assignment on.
    private static func actions(_ events: [CoordinatorEvent]) -> [CoordinatorAction] {
        var core = CoordinatorCore()
        var actions: [CoordinatorAction] = []
        let now = Moment(bootMs: 1_000, unixMs: 1_000_000)
        for event in [.linkUp(terms: Welcome(leaseGraceMs: 15_000, pingIntervalMs: 1_000))] + events {
            core.handle(event, now: now, actions: &actions)
        }
        return actions
    }

    private static func enter(_ player: UInt64) -> CoordinatorEvent {
        .enter(ConnectionHandle(player + 1), Stage.session(1), Stage.ticket(1, player), received: 0)
    }

    @Test("each player hears the treatment and its own role when it enters")
    func entering() {
        var heard: [Condition] = []
        for case .reply(_, .entered(_, _, _, _, _, _, let condition)) in Self.actions(
            [.link(.assign(Self.assignment)), Self.enter(0), Self.enter(1)])
        {
            heard.append(condition)
        }
        #expect(heard == [Condition(treatment: "high", role: "proposer"), Condition(treatment: "high")])
    }

    @Test("the outcome says them, on disk and on the link")
    func outcome() {
        let actions = Self.actions(
            [.link(.assign(Self.assignment)), .link(.cancel(Stage.session(1), .first, .cancelled, blamed: []))])
        var said: [Extensions] = []
        for action in actions {
            switch action {
            case .persist(.ended(let outcome)), .link(.ended(let outcome)): said.append(outcome.extensions)
            default: break
            }
        }
        #expect(said == [Self.extensions, Self.extensions])
    }

    @Test("what is held is listed with them after a reconnect")
    func inventory() {
        let actions = Self.actions(
            [.link(.assign(Self.assignment)), .linkDown, .linkUp(terms: Welcome(leaseGraceMs: 15_000, pingIntervalMs: 1_000))])
        #expect(actions.contains(.link(.holding(.matched, Self.assignment))))
    }

    @Test("an extension that must be understood and is not known is refused as unsupported; one that need not is taken")
    func demanding() {
        for (tag, answer) in [
            (127, .accepted(Stage.session(1), .first)), (128, .refused(Stage.session(1), .first, .unsupported)),
        ] as [(UInt8, Message)] {
            var assignment = Self.assignment
            assignment.extensions.addUnknown(tag: tag, [1])
            #expect(Self.actions([.link(.assign(assignment))]).contains(.link(answer)), "\(tag)")
        }
    }
}
