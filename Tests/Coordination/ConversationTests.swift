import Conversations
import Coordination
import SessionProtocol
import Testing

@Suite struct ConversationTests {
    @Test("in every recorded conversation a coordinator says exactly the recorded bytes")
    func conversations() throws {
        let conversations = try Conversation.all(checking: "coordinator")
        #expect(conversations.count > 12)
        for conversation in conversations {
            var side = RecordedCoordinator(conversation)
            for (index, step) in conversation.steps.enumerated() { try side.take(step, index) }
            // One that ends at `welcome` is cut there: the inventory would follow.
            let isCut = conversation.steps.last?.message?.kind == .welcome
            #expect(isCut || side.sayings.pending.isEmpty, "\(conversation.name): something more is said at the end")
        }
    }
}

/// The real handshake and the real core, with the rest of the world as recorded. Its disk answers at once.
private struct RecordedCoordinator {
    let conversation: Conversation
    var sayings = Sayings()
    var core = CoordinatorCore()
    var handshake: CoordinatorHandshake?
    var now: Moment
    var persistCount: UInt64 = 0
    var outbox: [Outcome] = []
    var late: [Message] = []
    var assignments: [Assignment] = []
    var connections: [String: ConnectionHandle] = [:]

    init(_ conversation: Conversation) {
        self.conversation = conversation
        now = conversation.start
    }

    mutating func take(_ step: Conversation.Step, _ index: Int) throws {
        let isSaidToIt = step.who == "matchmaker" && step.message != nil
        guard step.who != "matchmaker" || (isSaidToIt && !step.isLost && !step.isLate) else {
            if step.isLate, let message = step.message { late.append(message) }
            return
        }
        now = conversation.now(step.atMs)
        act { core, now, actions in core.advance(now: now, actions: &actions) }
        if let event = step.event { return try happens(event.split(separator: " ", maxSplits: 2).map(String.init)) }
        guard let message = step.message else { return }
        if isSaidToIt { return hear(message) }
        if case .hello(let hello) = message {
            handshake = CoordinatorHandshake(
                hello: hello, secret: try #require(conversation.secrets["coordinator"]))
        } else {
            let said = sayings.next()
            #expect(said == step.bytes, "\(conversation.name), step \(index): \(message.kind)")
        }
    }

    private mutating func hear(_ message: Message) {
        if case .assign(let assignment) = message { assignments.append(assignment) }
        guard var machine = handshake else { return handle(.link(message)) }
        do {
            switch try machine.receive(message) {
            case .send(let answer):
                handshake = machine
                sayings.say(answer)
            case .established(_, let terms):
                handshake = nil
                sayings.version = machine.version
                handle(.linkUp(terms: terms))
            }
        } catch {
            handshake = nil
            if let reject = error.reject { sayings.say(.reject(reject)) }
        }
    }

    private mutating func happens(_ words: [String]) throws {
        switch words[0] {
        case "wake": break
        case "link":
            sayings.drop()
            handle(.linkDown)
        case "read":
            let messages = late
            late = []
            for message in messages { hear(message) }
        case "restart":
            sayings.drop()
            persistCount = 0
            connections = [:]
            core = CoordinatorCore(retained: outbox)
        case "shutdown": handle(.shutdown)
        case "enter":
            let seat = try seat(of: words[1])
            let connection = ConnectionHandle(UInt64(connections.count + 1))
            connections[words[1]] = connection
            handle(.enter(connection, seat.assignment.session, seat.player.ticket, received: 0))
        case "leave": handle(.request(try connection(words[1]), .leave))
        case "finish":
            let result = words.count > 2 ? Array(words[2].utf8) : nil
            handle(.request(try connection(words[1]), .finish(result: result)))
        case "validated", "failed":
            let assignment = try seat(of: words[1]).assignment
            // Behind the peer may stand the round trip in milliseconds.
            let about = words[2].split(separator: " ")
            let index = try #require(assignment.players.firstIndex { $0.subject.name == about[0] })
            let peer = try #require(PlayerIndex(exactly: index))
            let connection = try connection(words[1])
            if words[0] == "validated" {
                handle(.request(connection, .validated(peer: peer, rttMs: about.count > 1 ? Double(about[1]) : nil)))
            } else {
                // However often it tries: that it does so is between the coordinator and its players.
                for _ in 0..<3 { handle(.request(connection, .validationFailed(peer: peer, detail: ""))) }
            }
        default: Issue.record("\(conversation.name): a coordinator knows no \(words)")
        }
    }

    private func connection(_ subject: String) throws -> ConnectionHandle { try #require(connections[subject]) }

    private func seat(of subject: String) throws -> (assignment: Assignment, player: AssignedPlayer) {
        for assignment in assignments.reversed() {
            if let player = assignment.players.first(where: { $0.subject.name == subject }) { return (assignment, player) }
        }
        throw SeatError()
    }

    private struct SeatError: Error {}

    private mutating func handle(_ event: CoordinatorEvent) {
        act { core, now, actions in core.handle(event, now: now, actions: &actions) }
    }

    private mutating func act(_ step: (inout CoordinatorCore, Moment, inout [CoordinatorAction]) -> Void) {
        var actions: [CoordinatorAction] = []
        step(&core, now, &actions)
        let before = persistCount
        for action in actions {
            switch action {
            case .link(let message): sayings.say(message)
            case .closeLink(let reject): if let reject { sayings.say(.reject(reject)) }
            case .persist(let message):
                persistCount += 1
                if case .ended(let outcome) = message { outbox.append(outcome) }
                if case .endedAck(let session, _) = message { outbox.removeAll { $0.session == session } }
            case .reply, .replay, .replayTick, .limitBacklog, .close, .transition, .notice: break
            }
        }
        if persistCount > before { handle(.persisted(upTo: persistCount)) }
    }
}
