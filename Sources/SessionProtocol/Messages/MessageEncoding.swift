/// The bodies of messages on their way out. Every write has its twin in `MessageDecoding.swift`, in the same order.
extension Message {
    /// - Parameter isExtended: that the message has extensions, and says them.
    func encodeBody(isExtended: Bool, into writer: inout ByteWriter) {
        switch self {
        case .hello(let hello): hello.encode(into: &writer)
        case .challenge(let challenge): challenge.encode(into: &writer)
        case .proof(let proof): writer.fixed(proof.proof, count: HandshakeProof.byteCount)
        case .welcome(let welcome):
            writer.u32(welcome.leaseGraceMs)
            writer.u32(welcome.pingIntervalMs)
        case .reject(let reject):
            writer.u16(reject.code.rawValue)
            writer.text(reject.detail, bytesMax: ProtocolLimits.detailBytesMax)
        case .assign(let assignment): assignment.encode(isExtended, into: &writer)
        case .accepted(let session, let attempt), .endedAck(let session, let attempt), .drop(let session, let attempt):
            writer.session(session, attempt)
        case .refused(let session, let attempt, let reason):
            writer.session(session, attempt)
            writer.u8(reason.rawValue)
        case .state(let session, let attempt, let state):
            writer.session(session, attempt)
            writer.u8(state.rawValue)
        case .ended(let outcome): outcome.encode(isExtended, into: &writer)
        case .cancel(let session, let attempt, let reason, let blamed):
            writer.session(session, attempt)
            writer.u8(reason.rawValue)
            precondition(blamed.count <= ProtocolLimits.playersMax)
            writer.u8(UInt8(blamed.count))
            for player in blamed { writer.u8(player.number) }
        case .ping(let ping):
            writer.u64(ping.sentAtMs)
            writer.u32(ping.sessions)
            writer.u32(ping.players)
        case .pong(let sentAtMs): writer.u64(sentAtMs)
        case .drain, .inventoryEnd: break
        case .holding(let state, let assignment):
            writer.u8(state.rawValue)
            assignment.encode(isExtended, into: &writer)
        case .journalMatched(let node, let assignment):
            writer.name(node.bytes)
            assignment.encode(isExtended, into: &writer)
        }
    }
}

extension ByteWriter {
    fileprivate mutating func session(_ session: SessionID, _ attempt: Attempt) {
        u64(session.high)
        u64(session.low)
        u32(attempt.number)
    }

    fileprivate mutating func signature(_ signature: ResumeSignature) {
        u64(signature.high)
        u64(signature.low)
    }
}

extension Hello {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.fixed(HandshakeMagic.bytes, count: HandshakeMagic.bytes.count)
        encodeProven(into: &writer)
    }

    /// All but the magic: the part that stands in a proof.
    func encodeProven(into writer: inout ByteWriter) {
        writer.u8(versionMin)
        writer.u8(versionMax)
        writer.name(node.bytes)
        writer.u64(incarnation.number)
        writer.fixed(nonce, count: HandshakeProof.nonceBytes)
        writer.u32(capacity)
        writer.text(publicURL, bytesMax: ProtocolLimits.urlBytesMax)
    }
}

extension Challenge {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.fixed(HandshakeMagic.bytes, count: HandshakeMagic.bytes.count)
        writer.u8(version)
        writer.name(node.bytes)
        writer.u64(incarnation.number)
        writer.fixed(nonce, count: HandshakeProof.nonceBytes)
        writer.fixed(proof, count: HandshakeProof.byteCount)
    }
}

extension Assignment {
    @inline(__always)
    fileprivate func encode(_ isExtended: Bool, into writer: inout ByteWriter) {
        writer.session(session, attempt)
        writer.name(scene.bytes)
        settings.encode(into: &writer)
        writer.u64(seed)
        writer.u64(resumeExpiresUnixMs)
        precondition((1...ProtocolLimits.playersMax).contains(players.count), "a roster has 1 to 255 players")
        writer.u8(UInt8(players.count))
        for player in players {
            writer.name(player.subject.bytes)
            writer.u64(player.ticket.high)
            writer.u64(player.ticket.low)
            writer.u64(player.sinceUnixMs)
            writer.signature(player.placeSignature)
            writer.signature(player.releaseSignature)
        }
        if isExtended { extensions.encode(into: &writer) }
    }
}

extension SessionSettings {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.bool(validatesPeers)
        writer.u8(onValidationFailure.rawValue)
        writer.u32(enterTimeoutMs)
        writer.u32(validationTimeoutMs)
        writer.u32(reconnectGraceMs)
        writer.u32(barrierTimeoutMs)
        writer.u32(playTimeoutMs)
        writer.text(iceServers, bytesMax: ProtocolLimits.iceServersBytesMax)
        writer.u8(UInt8(completionCodes.count))
        for entry in completionCodes {
            writer.u8(entry.reason.rawValue)
            writer.text(entry.code, bytesMax: ProtocolLimits.completionCodeBytesMax)
        }
    }
}

extension Outcome {
    @inline(__always)
    fileprivate func encode(_ isExtended: Bool, into writer: inout ByteWriter) {
        writer.session(session, attempt)
        writer.name(scene.bytes)
        writer.u8(reason.rawValue)
        writer.u8(endedIn.rawValue)
        writer.bool(isPresumed)
        writer.u64(endedAtUnixMs)
        precondition((1...ProtocolLimits.playersMax).contains(players.count), "an outcome has 1 to 255 players")
        writer.u8(UInt8(players.count))
        for player in players {
            writer.name(player.subject.bytes)
            writer.bool(player.isBlamed)
            writer.bool(player.isRequeued)
            writer.bool(player.hasFinished)
            writer.blob(player.result, bytesMax: ProtocolLimits.resultBytesMax)
        }
        precondition(failedPairs.count <= ProtocolLimits.failedPairsMax)
        writer.u16(UInt16(failedPairs.count))
        for pair in failedPairs {
            writer.u8(pair.lower.number)
            writer.u8(pair.higher.number)
        }
        if isExtended { extensions.encode(into: &writer) }
    }
}
