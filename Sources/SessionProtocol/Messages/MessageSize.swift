/// What a body takes, told before it is written, so that its frame is reserved once. The writer holds every message to this.
struct BodySize {
    /// Extensions included.
    var byteCount: Int
    var isExtended = false

    /// With extensions behind so many other bytes.
    @inline(__always)
    init(_ byteCount: Int, _ extensions: Extensions) {
        isExtended = !extensions.isEmpty
        self.byteCount = byteCount + extensions.byteCount
    }

    @inline(__always)
    init(_ byteCount: Int) { self.byteCount = byteCount }
}

extension Message {
    /// What the body takes; without its extensions where these are left out.
    func bodySize(withExtensions: Bool) -> BodySize {
        switch self {
        case .assign(let assignment): assignment.size(behind: 0, withExtensions)
        case .ended(let outcome): outcome.size(withExtensions)
        case .holding(_, let assignment): assignment.size(behind: 1, withExtensions)
        case .journalMatched(let node, let assignment):
            assignment.size(behind: countedBytes(node.bytes.byteCount), withExtensions)
        case .hello, .challenge, .proof, .welcome, .reject, .accepted, .refused, .state, .endedAck, .cancel, .drop, .ping,
            .pong, .drain, .inventoryEnd:
            BodySize(fixedByteCount)
        }
    }

    /// Of a message that has no extensions.
    private var fixedByteCount: Int {
        switch self {
        case .hello(let hello): hello.byteCount
        case .challenge(let challenge):
            HandshakeMagic.bytes.count + 1 + countedBytes(challenge.node.bytes.byteCount) + 8 + HandshakeProof.nonceBytes
                + HandshakeProof.byteCount
        case .proof: HandshakeProof.byteCount
        case .welcome: 8
        case .reject(let reject): 2 + countedBytes(reject.detail.utf8.count)
        case .accepted, .endedAck, .drop: Message.sessionBytes
        case .refused, .state: Message.sessionBytes + 1
        case .cancel(_, _, _, let blamed): Message.sessionBytes + 2 + blamed.count
        case .ping: 16
        case .pong: 8
        case .drain, .inventoryEnd: 0
        case .assign, .ended, .holding, .journalMatched: preconditionFailure("\(kind) may have extensions")
        }
    }

    /// Session and attempt.
    static let sessionBytes = 20
}

extension Hello {
    fileprivate var byteCount: Int { HandshakeMagic.bytes.count + provenByteCount }

    /// All but the magic: the part that stands in a proof.
    var provenByteCount: Int {
        2 + countedBytes(node.bytes.byteCount) + 8 + HandshakeProof.nonceBytes + 4 + countedBytes(publicURL.utf8.count)
    }
}

extension Assignment {
    @inline(__always)
    fileprivate func size(behind count: Int, _ withExtensions: Bool) -> BodySize {
        BodySize(count + byteCount, withExtensions ? extensions : .none)
    }

    private var byteCount: Int {
        // Behind the settings: seed, expiry and the number of players.
        var count = Message.sessionBytes + countedBytes(scene.bytes.byteCount) + settings.byteCount + 17
        // Of a seat: ticket, since when, and two signatures.
        for player in players { count += countedBytes(player.subject.bytes.byteCount) + 56 }
        return count
    }
}

extension SessionSettings {
    fileprivate var byteCount: Int {
        // Two bytes of policy, five timeouts, and the number of codes.
        var count = 2 + 20 + countedBytes(iceServers.utf8.count) + 1
        for entry in completionCodes { count += 1 + countedBytes(entry.code.utf8.count) }
        return count
    }
}

extension Outcome {
    @inline(__always)
    fileprivate func size(_ withExtensions: Bool) -> BodySize { BodySize(byteCount, withExtensions ? extensions : .none) }

    private var byteCount: Int {
        // Reason, state, presumption, time and the number of players; behind the players the number of pairs.
        var count = Message.sessionBytes + countedBytes(scene.bytes.byteCount) + 12 + 2 + 2 * failedPairs.count
        for player in players {
            count += countedBytes(player.subject.bytes.byteCount) + 3 + countedBytes(player.result.count)
        }
        return count
    }
}
