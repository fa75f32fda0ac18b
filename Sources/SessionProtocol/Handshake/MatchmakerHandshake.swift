import Digests

/// The listening side of the handshake: hears `hello`, proves itself first, checks the coordinator's proof.
/// The caller sends `welcome` itself once it has decided to take the coordinator.
public struct MatchmakerHandshake: Sendable {
    private enum State {
        /// → awaitingProof, failed
        case awaitingHello
        /// → established, failed
        case awaitingProof(Hello, expected: [UInt8])
        case established
        case failed
    }

    public enum Step: Hashable, Sendable {
        case send(Message)
        /// The coordinator knows the secret, and is who it says.
        case proven(Hello)
    }

    private let identity: NodeIdentity
    private let secret: [UInt8]
    private let nonce: [UInt8]
    private let versions: ClosedRange<UInt8>
    private var state = State.awaitingHello
    /// The version that the link speaks, once the coordinator is proven; the first before.
    public private(set) var version = ProtocolVersion.first

    /// `nonce` is 32 random bytes, new for each link; `secret` is empty when the deployment has none. Of `versions` the
    /// greatest is spoken that the coordinator knows.
    public init(
        identity: NodeIdentity, secret: [UInt8], nonce: [UInt8], versions: ClosedRange<UInt8> = ProtocolVersion.spoken
    ) {
        precondition(nonce.count == HandshakeProof.nonceBytes)
        self.identity = identity
        self.secret = secret
        self.nonce = nonce
        self.versions = versions
    }

    /// Takes the coordinator's next message.
    public mutating func receive(_ message: Message) throws(HandshakeError) -> Step {
        let now = state
        state = .failed
        switch (now, message) {
        case (_, .reject(let reject)): throw .rejected(reject)
        case (.awaitingHello, .hello(let hello)):
            let theirs = hello.versionMin...hello.versionMax
            guard let version = ProtocolVersion.common(versions, theirs) else {
                throw .noCommonVersion(ours: versions, theirs: theirs)
            }
            self.version = version
            state = .awaitingProof(hello, expected: proof(of: .coordinator, hello))
            return .send(
                .challenge(
                    Challenge(
                        version: version, node: identity.node, incarnation: identity.incarnation, nonce: nonce,
                        proof: proof(of: .matchmaker, hello))))
        case (.awaitingProof(let hello, let expected), .proof(let proof)):
            guard constantTimeEqual(expected, proof.proof) else { throw .badProof }
            state = .established
            return .proven(hello)
        default: throw .unexpected(message.kind)
        }
    }

    private func proof(of role: NodeRole, _ hello: Hello) -> [UInt8] {
        HandshakeProof.make(
            by: role, secret: secret, version: version, hello: hello, challenger: identity, nonce: nonce)
    }
}

extension MatchmakerHandshake: CustomStringConvertible, CustomReflectable {
    /// Hides the secret, so that it cannot reach a log by way of interpolation or a dump.
    public var description: String { "MatchmakerHandshake" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
