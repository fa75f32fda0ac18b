import Digests

/// The dialling side of the handshake: says `hello`, checks the matchmaker's proof, gives its own, is welcomed.
public struct CoordinatorHandshake: Sendable {
    private enum State {
        /// `hello` was sent. → awaitingWelcome, failed
        case awaitingChallenge
        /// Our proof was sent. → established, failed
        case awaitingWelcome(NodeIdentity)
        case established
        case failed
    }

    public enum Step: Hashable, Sendable {
        case send(Message)
        case established(matchmaker: NodeIdentity, terms: Welcome)
    }

    private let hello: Hello
    private let secret: [UInt8]
    private var state = State.awaitingChallenge
    /// The version that the link speaks, once it is established; the first before.
    public private(set) var version = ProtocolVersion.first

    /// `secret` is empty when the deployment has none; `hello` is sent by the caller first.
    public init(hello: Hello, secret: [UInt8]) {
        self.hello = hello
        self.secret = secret
    }

    /// Takes the matchmaker's next message.
    public mutating func receive(_ message: Message) throws(HandshakeError) -> Step {
        let now = state
        state = .failed
        switch (now, message) {
        case (_, .reject(let reject)): throw .rejected(reject)
        case (.awaitingChallenge, .challenge(let challenge)):
            let ours = hello.versionMin...hello.versionMax
            guard ours.contains(challenge.version) else {
                throw .noCommonVersion(ours: ours, theirs: challenge.version...challenge.version)
            }
            let matchmaker = NodeIdentity(node: challenge.node, incarnation: challenge.incarnation)
            let expected = proof(of: .matchmaker, challenge, matchmaker)
            guard constantTimeEqual(expected, challenge.proof) else { throw .badProof }
            state = .awaitingWelcome(matchmaker)
            version = challenge.version
            return .send(.proof(Proof(proof: proof(of: .coordinator, challenge, matchmaker))))
        case (.awaitingWelcome(let matchmaker), .welcome(let terms)):
            state = .established
            return .established(matchmaker: matchmaker, terms: terms)
        default: throw .unexpected(message.kind)
        }
    }

    private func proof(of role: NodeRole, _ challenge: Challenge, _ matchmaker: NodeIdentity) -> [UInt8] {
        HandshakeProof.make(
            by: role, secret: secret, version: challenge.version, hello: hello, challenger: matchmaker,
            nonce: challenge.nonce)
    }
}

extension CoordinatorHandshake: CustomStringConvertible, CustomReflectable {
    /// Hides the secret, so that it cannot reach a log by way of interpolation or a dump.
    public var description: String { "CoordinatorHandshake" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
