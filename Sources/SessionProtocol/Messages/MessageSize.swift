/// How many bytes a body takes, told before it is written, so that its frame is reserved once. The writer holds every
/// message to this count.
extension Message {
    var bodyByteCount: Int {
        switch self {
        case .hello(let hello): hello.byteCount
        case .challenge(let challenge):
            HandshakeMagic.bytes.count + 1 + countedBytes(challenge.node.bytes.byteCount) + 8 + HandshakeProof.nonceBytes
                + HandshakeProof.byteCount
        case .proof: HandshakeProof.byteCount
        case .welcome: 8
        case .reject(let reject): 2 + countedBytes(reject.detail.utf8.count)
        case .assign(let assignment): assignment.byteCount
        case .accepted, .endedAck, .drop: Message.sessionBytes
        case .refused, .state: Message.sessionBytes + 1
        case .ended(let outcome): outcome.byteCount
        case .cancel(_, _, _, let blamed): Message.sessionBytes + 2 + blamed.count
        case .ping: 16
        case .pong: 8
        case .drain, .inventoryEnd: 0
        case .holding(_, let assignment): 1 + assignment.byteCount
        case .journalMatched(let node, let assignment): countedBytes(node.bytes.byteCount) + assignment.byteCount
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
    fileprivate var byteCount: Int {
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
    fileprivate var byteCount: Int {
        // Reason, state, presumption, time and the number of players; behind the players the number of pairs.
        var count = Message.sessionBytes + countedBytes(scene.bytes.byteCount) + 12 + 2 + 2 * failedPairs.count
        for player in players {
            count += countedBytes(player.subject.bytes.byteCount) + 3 + countedBytes(player.result.count)
        }
        return count
    }
}
