/// The bodies of messages on their way in: every value is checked before it becomes one of ours.
extension Message {
    @inline(__always)
    init(_ kind: MessageKind, body: Span<UInt8>, isExtended: Bool) throws(WireError) {
        var reader = ByteReader()
        self = try Message.decode(kind, isExtended, body, &reader)
        try reader.finish(body)
    }

    @inline(__always)
    private static func decode(
        _ kind: MessageKind, _ isExtended: Bool, _ body: Span<UInt8>, _ reader: inout ByteReader
    ) throws(WireError) -> Message {
        switch kind {
        case .hello: return .hello(try reader.hello(body))
        case .challenge: return .challenge(try reader.challenge(body))
        case .proof:
            return .proof(Proof(proof: try reader.fixed(body, "proof", count: HandshakeProof.byteCount)))
        case .welcome:
            let grace = try reader.u32(body, "leaseGraceMs")
            let interval = try reader.u32(body, "pingIntervalMs")
            guard interval > 0, grace > interval else { throw .badValue("pingIntervalMs") }
            return .welcome(Welcome(leaseGraceMs: grace, pingIntervalMs: interval))
        case .reject:
            guard let code = RejectCode(rawValue: try reader.u16(body, "code")) else { throw .badValue("code") }
            let detail = try reader.text(body, "detail", bytesMax: ProtocolLimits.detailBytesMax)
            return .reject(Reject(code: code, detail: detail))
        case .assign: return try assign(isExtended, body, &reader)
        case .accepted: return .accepted(try reader.session(body), try reader.attempt(body))
        case .endedAck: return .endedAck(try reader.session(body), try reader.attempt(body))
        case .drop: return .drop(try reader.session(body), try reader.attempt(body))
        case .refused:
            let (session, attempt) = (try reader.session(body), try reader.attempt(body))
            guard let reason = RefusalReason(rawValue: try reader.u8(body, "reason")) else { throw .badValue("reason") }
            return .refused(session, attempt, reason)
        case .state:
            let (session, attempt) = (try reader.session(body), try reader.attempt(body))
            let state = try reader.state(body, "state", from: .validating)
            return .state(session, attempt, state)
        case .ended: return .ended(try reader.outcome(body, isExtended))
        case .cancel:
            let (session, attempt) = (try reader.session(body), try reader.attempt(body))
            let reason = try reader.endReason(body, "reason")
            var blamed: [PlayerIndex] = []
            for _ in 0..<(try reader.u8(body, "blamed")) {
                let player = try reader.player(body, "blamed")
                if let last = blamed.last, player <= last { throw .badValue("blamed") }
                blamed.append(player)
            }
            return .cancel(session, attempt, reason, blamed: blamed)
        case .ping:
            return .ping(
                Ping(
                    sentAtMs: try reader.u64(body, "sentAtMs"), sessions: try reader.u32(body, "sessions"),
                    players: try reader.u32(body, "players")))
        case .pong: return .pong(sentAtMs: try reader.u64(body, "sentAtMs"))
        case .drain: return .drain
        case .inventoryEnd: return .inventoryEnd
        case .holding:
            let state = try reader.state(body, "state", from: .matched)
            return try holding(state, isExtended, body, &reader)
        case .journalMatched:
            return try journalMatched(try reader.node(body), isExtended, body, &reader)
        }
    }

    // An assignment is read where its message is made: handed on, all of it would be moved once more.
    private static func assign(
        _ isExtended: Bool, _ body: Span<UInt8>, _ reader: inout ByteReader
    ) throws(WireError) -> Message {
        .assign(try reader.assignment(body, isExtended))
    }

    private static func holding(
        _ state: SessionState, _ isExtended: Bool, _ body: Span<UInt8>, _ reader: inout ByteReader
    ) throws(WireError) -> Message {
        .holding(state, try reader.assignment(body, isExtended))
    }

    private static func journalMatched(
        _ node: NodeID, _ isExtended: Bool, _ body: Span<UInt8>, _ reader: inout ByteReader
    ) throws(WireError) -> Message {
        .journalMatched(node, try reader.assignment(body, isExtended, isDemanding: true))
    }
}

extension ByteReader {
    @inline(__always)
    fileprivate mutating func session(_ body: Span<UInt8>) throws(WireError) -> SessionID {
        let words: InlineArray<2, UInt64> = try u64s(body) { _ in "session" }
        return SessionID(high: words[0], low: words[1])
    }

    @inline(__always)
    fileprivate mutating func attempt(_ body: Span<UInt8>) throws(WireError) -> Attempt {
        let number = try u32(body, "attempt")
        if number == 0 { throw .badValue("attempt") }
        return Attempt(number)
    }

    fileprivate mutating func node(_ body: Span<UInt8>) throws(WireError) -> NodeID {
        NodeID(checked: try name(body, "node", bytesMax: ProtocolLimits.nodeBytesMax))
    }

    @inline(__always)
    fileprivate mutating func scene(_ body: Span<UInt8>) throws(WireError) -> SceneID {
        SceneID(checked: try name(body, "scene", bytesMax: ProtocolLimits.sceneBytesMax))
    }

    @inline(__always)
    fileprivate mutating func subject(_ body: Span<UInt8>) throws(WireError) -> SubjectID {
        SubjectID(checked: try name(body, "subject", bytesMax: ProtocolLimits.subjectBytesMax))
    }

    fileprivate mutating func player(_ body: Span<UInt8>, _ field: String) throws(WireError) -> PlayerIndex {
        guard let player = PlayerIndex(exactly: Int(try u8(body, field))) else { throw .badValue(field) }
        return player
    }

    @inline(__always)
    fileprivate mutating func endReason(_ body: Span<UInt8>, _ field: String) throws(WireError) -> EndReason {
        guard let reason = EndReason(rawValue: try u8(body, field)) else { throw .badValue(field) }
        return reason
    }

    /// A state from this one on to playing.
    @inline(__always)
    fileprivate mutating func state(
        _ body: Span<UInt8>, _ field: String, from first: SessionState
    ) throws(WireError) -> SessionState {
        guard let state = SessionState(rawValue: try u8(body, field)), state.rawValue >= first.rawValue, state != .ended
        else { throw .badValue(field) }
        return state
    }

    fileprivate mutating func magic(_ body: Span<UInt8>) throws(WireError) {
        if try fixed(body, "magic", count: HandshakeMagic.bytes.count) != HandshakeMagic.bytes { throw .badMagic }
    }

    fileprivate mutating func hello(_ body: Span<UInt8>) throws(WireError) -> Hello {
        try magic(body)
        let versionMin = try u8(body, "versionMin")
        if versionMin == 0 { throw .badValue("versionMin") }
        let versionMax = try u8(body, "versionMax")
        if versionMin > versionMax { throw .badValue("versionMax") }
        let node = try node(body)
        let incarnation = Incarnation(try u64(body, "incarnation"))
        let nonce = try fixed(body, "nonce", count: HandshakeProof.nonceBytes)
        let capacity = try u32(body, "capacity")
        let at = offset + 2
        let url = try text(body, "publicURL", bytesMax: ProtocolLimits.urlBytesMax)
        // By bytes: for text, a prefix ends where a character does, and the next byte may belong to its last one.
        guard body.holds("ws://", at: at, upTo: offset) || body.holds("wss://", at: at, upTo: offset) else {
            throw .badValue("publicURL")
        }
        return Hello(
            versionMin: versionMin, versionMax: versionMax, node: node, incarnation: incarnation, nonce: nonce,
            capacity: capacity, publicURL: url)
    }

    fileprivate mutating func challenge(_ body: Span<UInt8>) throws(WireError) -> Challenge {
        try magic(body)
        let version = try u8(body, "version")
        if version == 0 { throw .badValue("version") }
        let node = try node(body)
        let incarnation = Incarnation(try u64(body, "incarnation"))
        let nonce = try fixed(body, "nonce", count: HandshakeProof.nonceBytes)
        let proof = try fixed(body, "proof", count: HandshakeProof.byteCount)
        return Challenge(version: version, node: node, incarnation: incarnation, nonce: nonce, proof: proof)
    }

    @inline(__always)
    fileprivate mutating func assignment(
        _ body: Span<UInt8>, _ isExtended: Bool, isDemanding: Bool = false
    ) throws(WireError) -> Assignment {
        let session = try session(body)
        let attempt = try attempt(body)
        let scene = try scene(body)
        let settings = try settings(body)
        let seed = try u64(body, "seed")
        let resumeExpiresUnixMs = try u64(body, "resumeExpiresUnixMs")
        let count = Int(try u8(body, "players"))
        if count == 0 || count > ProtocolLimits.playersMax { throw .badValue("players") }
        var players: [AssignedPlayer] = []
        players.reserveCapacity(count)
        var subjects = SeatedSubjects(count)
        for _ in 0..<count {
            let subject = try subject(body)
            let isNew = subjects.insert(subject) { players[$0].subject }
            guard isNew else { throw .duplicateSubject }
            let words: InlineArray<7, UInt64> = try u64s(body) { index in
                index < 2 ? "ticket" : index == 2 ? "sinceUnixMs" : index < 5 ? "placeSignature" : "releaseSignature"
            }
            players.append(
                AssignedPlayer(
                    subject: subject, ticket: Ticket(high: words[0], low: words[1]), sinceUnixMs: words[2],
                    placeSignature: ResumeSignature(high: words[3], low: words[4]),
                    releaseSignature: ResumeSignature(high: words[5], low: words[6])))
        }
        let extensions: Extensions =
            isExtended ? try extensions(body, playerCount: count, isDemanding: isDemanding) : .none
        return Assignment(
            session: session, attempt: attempt, scene: scene, settings: settings, seed: seed,
            resumeExpiresUnixMs: resumeExpiresUnixMs, players: players, extensions: extensions)
    }

    @inline(__always)
    private mutating func settings(_ body: Span<UInt8>) throws(WireError) -> SessionSettings {
        let validates = try bool(body, "validatesPeers")
        guard let action = ValidationFailureAction(rawValue: try u8(body, "onValidationFailure")) else {
            throw .badValue("onValidationFailure")
        }
        let times: InlineArray<5, UInt32> = try u32s(body) { index in
            switch index {
            case 0: "enterTimeoutMs"
            case 1: "validationTimeoutMs"
            case 2: "reconnectGraceMs"
            case 3: "barrierTimeoutMs"
            default: "playTimeoutMs"
            }
        }
        return SessionSettings(
            validatesPeers: validates, onValidationFailure: action, enterTimeoutMs: times[0],
            validationTimeoutMs: times[1], reconnectGraceMs: times[2], barrierTimeoutMs: times[3],
            playTimeoutMs: times[4],
            iceServers: try text(body, "iceServers", bytesMax: ProtocolLimits.iceServersBytesMax),
            orderedCodes: try completionCodes(body))
    }

    @inline(__always)
    private mutating func completionCodes(_ body: Span<UInt8>) throws(WireError) -> [CompletionCode] {
        let count = try u8(body, "completionCodes")
        var codes: [CompletionCode] = []
        for _ in 0..<count {
            let reason = try endReason(body, "completionCodes")
            if let last = codes.last, reason.rawValue <= last.reason.rawValue { throw .badValue("completionCodes") }
            let code = try text(body, "completionCodes", bytesMax: ProtocolLimits.completionCodeBytesMax)
            codes.append(CompletionCode(reason: reason, code: code))
        }
        return codes
    }

    fileprivate mutating func outcome(_ body: Span<UInt8>, _ isExtended: Bool) throws(WireError) -> Outcome {
        let session = try session(body)
        let attempt = try attempt(body)
        let scene = try scene(body)
        let reason = try endReason(body, "reason")
        let endedIn = try state(body, "endedIn", from: .waiting)
        let isPresumed = try bool(body, "isPresumed")
        let endedAtUnixMs = try u64(body, "endedAtUnixMs")
        let count = Int(try u8(body, "players"))
        if count == 0 || count > ProtocolLimits.playersMax { throw .badValue("players") }
        var players: [PlayerOutcome] = []
        players.reserveCapacity(count)
        var subjects = SeatedSubjects(count)
        for _ in 0..<count {
            let subject = try subject(body)
            let isNew = subjects.insert(subject) { players[$0].subject }
            guard isNew else { throw .duplicateSubject }
            players.append(
                PlayerOutcome(
                    subject: subject, isBlamed: try bool(body, "isBlamed"), isRequeued: try bool(body, "isRequeued"),
                    hasFinished: try bool(body, "hasFinished"),
                    result: try blob(body, "result", bytesMax: ProtocolLimits.resultBytesMax)))
        }
        let pairCount = Int(try u16(body, "failedPairs"))
        if pairCount > ProtocolLimits.failedPairsMax { throw .tooMany("failedPairs") }
        var pairs: [PlayerPair] = []
        for _ in 0..<pairCount {
            let lower = try player(body, "failedPairs")
            let higher = try player(body, "failedPairs")
            guard lower < higher, Int(higher.number) < count, let pair = PlayerPair(lower, higher) else {
                throw .badValue("failedPairs")
            }
            pairs.append(pair)
        }
        let extensions: Extensions =
            isExtended ? try extensions(body, playerCount: count, isDemanding: false) : .none
        return Outcome(
            session: session, attempt: attempt, scene: scene, reason: reason, endedIn: endedIn,
            isPresumed: isPresumed, endedAtUnixMs: endedAtUnixMs, players: players, failedPairs: pairs,
            extensions: extensions)
    }
}
