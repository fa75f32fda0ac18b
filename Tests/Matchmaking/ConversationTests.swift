import Conversations
import Digests
import Matchmaking
import SessionProtocol
import Testing

@Suite struct ConversationTests {
    @Test("in every recorded conversation a matchmaker says exactly the recorded bytes")
    func conversations() throws {
        let conversations = try Conversation.all(checking: "matchmaker")
        #expect(conversations.count > 12)
        for conversation in conversations {
            var side = RecordedMatchmaker(conversation)
            for (index, step) in conversation.steps.enumerated() { try side.take(step, index) }
            // One that ends at `welcome` is cut there: the inventory would follow.
            let isCut = conversation.steps.last?.message?.kind == .welcome
            #expect(isCut || side.sayings.pending.isEmpty, "\(conversation.name): something more is said at the end")
        }
    }
}

/// The real handshake and the real core, with the rest of the world as recorded. Its disk answers at once.
private struct RecordedMatchmaker {
    let conversation: Conversation
    var sayings = Sayings()
    var core: MatchmakerCore
    var handshake: MatchmakerHandshake?
    var now: Moment
    var journal: [Message] = []
    var persistCount: UInt64 = 0
    var link = LinkHandle(0)
    var connections: [String: ConnectionHandle] = [:]

    init(_ conversation: Conversation) {
        self.conversation = conversation
        now = conversation.start
        core = RecordedMatchmaker.core(conversation, seed: 1)
    }

    /// Scenes as the recorded assignments tell of them.
    private static func core(_ conversation: Conversation, seed: UInt64) -> MatchmakerCore {
        var scenes: [Scene] = []
        for step in conversation.steps {
            guard case .assign(let assignment)? = step.message else { continue }
            let scene = Scene(id: assignment.scene, groupSize: assignment.players.count, settings: assignment.settings)
            if !scenes.contains(where: { $0.id == scene.id }) { scenes.append(scene) }
        }
        return MatchmakerCore(
            scenes: scenes, resumeKey: conversation.resumeKey, generator: SeededGenerator(number: seed))
    }

    mutating func take(_ step: Conversation.Step, _ index: Int) throws {
        let isSaidToIt = step.who == "coordinator" && step.message != nil
        guard step.who != "coordinator" || (isSaidToIt && !step.isLost) else { return }
        now = conversation.now(step.atMs)
        act { core, now, actions in core.advance(now: now, actions: &actions) }
        if let event = step.event {
            return try happens(event.split(separator: " ").map(String.init), after: index)
        }
        guard let message = step.message else { return }
        if isSaidToIt { return try hear(message, at: index) }
        #expect(sayings.next() == step.bytes, "\(conversation.name), step \(index): \(message.kind)")
    }

    private mutating func hear(_ message: Message, at index: Int) throws {
        // The first message of a link, whatever it is.
        if message.kind == .hello || index == 0 { handshake = try listening(from: index) }
        guard var machine = handshake else { return handle(.link(link, message)) }
        do {
            switch try machine.receive(message) {
            case .send(let answer):
                handshake = machine
                sayings.say(answer)
            case .proven(let hello):
                handshake = nil
                sayings.version = machine.version
                link = LinkHandle(link.number + 1)
                handle(.linkProven(link, hello))
            }
        } catch {
            handshake = nil
            if let reject = error.reject { sayings.say(.reject(reject)) }
        }
    }

    /// With the identity and the nonce of the next challenge that is recorded, if there is one.
    private func listening(from index: Int) throws -> MatchmakerHandshake {
        var identity = NodeIdentity(node: .of("matchmaker"), incarnation: Incarnation(1))
        var nonce = [UInt8](repeating: 0, count: 32)
        for step in conversation.steps[index...] {
            guard case .challenge(let challenge)? = step.message else { continue }
            identity = NodeIdentity(node: challenge.node, incarnation: challenge.incarnation)
            nonce = challenge.nonce
            break
        }
        return MatchmakerHandshake(
            identity: identity, secret: try #require(conversation.secrets["matchmaker"]), nonce: nonce,
            versions: conversation.matchmakerVersions)
    }

    private mutating func happens(_ words: [String], after index: Int) throws {
        switch words[0] {
        case "wake": break
        case "link":
            sayings.drop()
            handle(.linkDown(link))
        case "restart":
            sayings.drop()
            persistCount = 0
            connections = [:]
            core = RecordedMatchmaker.core(conversation, seed: 2)
            core.restore(journal, isComplete: true, now: now)
        case "claim":
            handle(.linkProven(LinkHandle(1_000), .of(words[1], incarnation: 99)))
        case "join":
            let connection = ConnectionHandle(UInt64(connections.count + 1))
            connections[words[1]] = connection
            let scene = try scene(of: words[1], after: index)
            handle(.join(connection, JoinRequest(scene: scene, subject: .of(words[1]))))
        case "leave": handle(.leave(try #require(connections[words[1]])))
        default: Issue.record("\(conversation.name): a matchmaker knows no \(words)")
        }
    }

    /// The scene of the next assignment that names the subject.
    private func scene(of subject: String, after index: Int) throws -> String {
        for step in conversation.steps[index...] {
            if case .assign(let assignment)? = step.message, assignment.players.contains(where: { $0.subject.name == subject }) {
                return assignment.scene.name
            }
        }
        throw NoScene()
    }

    private struct NoScene: Error {}

    private mutating func handle(_ event: MatchmakerEvent) {
        act { core, now, actions in core.handle(event, now: now, actions: &actions) }
    }

    private mutating func act(_ step: (inout MatchmakerCore, Moment, inout [MatchmakerAction]) -> Void) {
        var actions: [MatchmakerAction] = []
        step(&core, now, &actions)
        let before = persistCount
        for action in actions {
            switch action {
            case .link(let to, let message): if to == link { sayings.say(message) }
            case .closeLink(let to, let reject): if to == link, let reject { sayings.say(.reject(reject)) }
            case .persist(let message):
                persistCount += 1
                journal.append(message)
            case .reply, .close, .transition, .notice: break
            }
        }
        if persistCount > before { handle(.persisted(upTo: persistCount)) }
    }
}
