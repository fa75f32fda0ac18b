import Digests

/// The first bytes of `hello` and `challenge`, so that a stranger who dialled the wrong port is told apart at once.
enum HandshakeMagic {
    static let bytes: [UInt8] = Array("GREENROOM".utf8)
}

/// Proofs that both sides know the shared secret: HMAC-SHA-256 (RFC 2104) over all that the two have said, with the
/// prover's role, so that a proof can be neither replayed on another link nor sent back to the one who made it.
enum HandshakeProof {
    /// Bytes of each side's random nonce.
    static let nonceBytes = 32
    /// Bytes of a proof.
    static let byteCount = SHA256.digestByteCount

    static func make(
        by role: NodeRole, secret: [UInt8], version: UInt8, hello: Hello, challenger: NodeIdentity, nonce: [UInt8]
    ) -> [UInt8] {
        let byteCount =
            HandshakeMagic.bytes.count + 2 + hello.provenByteCount + countedBytes(challenger.node.bytes.byteCount) + 8
            + nonceBytes
        let said = ByteWriter.bytes(byteCount) { writer in
            writer.fixed(HandshakeMagic.bytes, count: HandshakeMagic.bytes.count)
            writer.u8(role.rawValue)
            writer.u8(version)
            hello.encodeProven(into: &writer)
            writer.name(challenger.node.bytes)
            writer.u64(challenger.incarnation.number)
            writer.fixed(nonce, count: nonceBytes)
        }
        return HMACSHA256.authenticate(said, key: secret).array
    }
}

/// Who a process is on the link.
public struct NodeIdentity: Hashable, Sendable {
    public let node: NodeID
    public let incarnation: Incarnation
    public init(node: NodeID, incarnation: Incarnation) {
        self.node = node
        self.incarnation = incarnation
    }
}

/// Why a handshake went no further. What the other side may know of it is said by `reject`.
public enum HandshakeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The versions of the two sides do not overlap.
    case noCommonVersion(ours: ClosedRange<UInt8>, theirs: ClosedRange<UInt8>)
    /// The other side does not know the secret, or this side has another one.
    case badProof
    /// This message has no place at this point.
    case unexpected(MessageKind)
    /// The other side refused.
    case rejected(Reject)

    public var description: String {
        switch self {
        case .noCommonVersion(let ours, let theirs):
            "no common version: this side speaks \(ProtocolVersion.words(ours)), the other "
                + "\(theirs.lowerBound) to \(theirs.upperBound)"
        case .badProof: "the shared secrets differ"
        case .unexpected(let kind): "\(kind) has no place in the handshake here"
        case .rejected(let reject): "refused by the other side: \(reject.code): \(reject.detail)"
        }
    }

    /// What to tell the other side before the link is closed; nil when it was the one that refused.
    public var reject: Reject? {
        switch self {
        case .noCommonVersion: Reject(code: .noCommonVersion, detail: description)
        case .badProof: Reject(code: .badProof, detail: description)
        case .unexpected: Reject(code: .unexpected, detail: description)
        case .rejected: nil
        }
    }
}
