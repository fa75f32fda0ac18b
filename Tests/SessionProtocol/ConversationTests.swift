import SessionProtocol
import Testing

/// The handshakes of all recorded conversations; the cores' own tests hold the rest of them.
@Suite struct ConversationTests {
    @Test("both machines of the handshake answer with exactly the recorded bytes")
    func handshakes() throws {
        var count = 0
        for (name, _, fixture) in try Published.all(ConversationFixture.self, in: "conversations") {
            var steps = fixture.steps.filter { $0.hex != nil }[...]
            while !steps.isEmpty {
                var handshake = RecordedHandshake(fixture, name)
                try handshake.run(&steps)
                count += 1
                // What follows is the link's business, until the next one.
                steps = steps.drop { $0.kind != .hello }
            }
        }
        #expect(count > 35)
    }

    @Test("what is said in a conversation is what its fields say")
    func fields() throws {
        for (name, _, fixture) in try Published.all(ConversationFixture.self, in: "conversations") {
            for step in fixture.steps {
                guard let hex = step.hex, let fields = step.message else { continue }
                let message = try Message.described(by: fields)
                #expect(encoded(message) == hex.bytes, "\(name)")
                #expect(try Frame.read(hex.bytes.span, at: 0)?.message == message, "\(name)")
            }
        }
    }
}

extension ConversationFixture.Step {
    fileprivate var kind: MessageKind? { hex.flatMap { try? Frame.read($0.bytes.span, at: 0)?.message.kind } }
}

/// One handshake, up to `welcome` or `reject`: each side that is to be checked is a real machine.
private struct RecordedHandshake {
    let fixture: ConversationFixture
    let name: String
    var coordinator: CoordinatorHandshake?
    var matchmaker: MatchmakerHandshake?
    var coordinatorSays: [UInt8]?
    var matchmakerSays: [UInt8]?

    init(_ fixture: ConversationFixture, _ name: String) {
        self.fixture = fixture
        self.name = name
    }

    mutating func run(_ steps: inout ArraySlice<ConversationFixture.Step>) throws {
        if fixture.checks.contains("matchmaker") { matchmaker = try listening(steps) }
        while let step = steps.popFirst(), let bytes = step.hex?.bytes {
            let message = try #require(try Frame.read(bytes.span, at: 0)).message
            if step.from == "coordinator" {
                try coordinatorSpeaks(message, bytes)
            } else {
                matchmakerSpeaks(message, bytes)
            }
            if message.kind == .welcome || message.kind == .reject { return }
        }
    }

    private mutating func coordinatorSpeaks(_ message: Message, _ bytes: [UInt8]) throws {
        if coordinator != nil { #expect(coordinatorSays == bytes, "\(name): the coordinator") }
        if case .hello(let hello) = message, fixture.checks.contains("coordinator") {
            coordinator = CoordinatorHandshake(hello: hello, secret: try bytesOf(hex: fixture.secrets.coordinator))
        }
        guard message.kind != .reject else { return }
        do {
            switch try matchmaker?.receive(message) {
            case .send(let answer): matchmakerSays = encoded(answer)
            // Whether it is taken is the core's to say.
            case .proven: matchmaker = nil
            case nil: break
            }
        } catch {
            matchmakerSays = error.reject.map { encoded(.reject($0)) }
        }
    }

    private mutating func matchmakerSpeaks(_ message: Message, _ bytes: [UInt8]) {
        if matchmaker != nil { #expect(matchmakerSays == bytes, "\(name): the matchmaker") }
        guard message.kind != .reject else { return }
        do {
            switch try coordinator?.receive(message) {
            case .send(let answer): coordinatorSays = encoded(answer)
            case .established(let identity, _): #expect(identity.node.name.isEmpty == false)
            case nil: break
            }
        } catch {
            coordinatorSays = error.reject.map { encoded(.reject($0)) }
        }
    }

    /// The matchmaker that said the recorded challenge, if it came to that.
    private func listening(_ steps: ArraySlice<ConversationFixture.Step>) throws -> MatchmakerHandshake {
        var identity = HandshakeTests.matchmaker
        var nonce = [UInt8](repeating: 0, count: 32)
        for step in steps {
            guard let bytes = step.hex?.bytes, case .challenge(let challenge)? = try Frame.read(bytes.span, at: 0)?.message
            else { continue }
            identity = NodeIdentity(node: challenge.node, incarnation: challenge.incarnation)
            nonce = challenge.nonce
            break
        }
        let versions = fixture.versions?["matchmaker"] ?? [1, 1]
        return MatchmakerHandshake(
            identity: identity, secret: try bytesOf(hex: fixture.secrets.matchmaker), nonce: nonce,
            versions: versions[0]...versions[1])
    }
}
