import SessionProtocol

/// A message put together from the fields of a fixture, and from nothing that the decoder said. Every field must be there,
/// and no other.
struct FixtureFields {
    private let fields: [String: JSON]
    private var used: Set<String> = []

    init(_ json: JSON) throws {
        guard case .fields(let fields) = json else { throw FixtureError("no fields: \(json)") }
        self.fields = fields
    }

    mutating func take(_ name: String) throws -> JSON {
        guard let value = fields[name] else { throw FixtureError("no field \(name)") }
        used.insert(name)
        return value
    }

    func finish() throws {
        let left = Set(fields.keys).subtracting(used)
        if !left.isEmpty { throw FixtureError("fields that no message has: \(left)") }
    }

    mutating func flag(_ name: String) throws -> Bool {
        guard case .flag(let flag) = try take(name) else { throw FixtureError("\(name) is no flag") }
        return flag
    }

    mutating func text(_ name: String) throws -> String {
        guard case .text(let text) = try take(name) else { throw FixtureError("\(name) is no text") }
        return text
    }

    mutating func list(_ name: String) throws -> [JSON] {
        guard case .list(let list) = try take(name) else { throw FixtureError("\(name) is no list") }
        return list
    }

    mutating func number<Number: FixedWidthInteger>(_ name: String) throws -> Number {
        try FixtureFields.number(try take(name), name)
    }

    /// Up to 2^53 a number, above it decimal text.
    static func number<Number: FixedWidthInteger>(_ json: JSON, _ name: String) throws -> Number {
        switch json {
        case .number(let number) where number <= 1 << 53:
            if let number = Number(exactly: number) { return number }
        case .text(let text):
            if let number = Number(text), number > 1 << 53, String(number) == text { return number }
        case .number, .flag, .list, .fields: break
        }
        throw FixtureError("\(name) is no such number: \(json)")
    }

    mutating func hex(_ name: String) throws -> [UInt8] { try bytesOf(hex: try text(name)) }

    mutating func bits(_ name: String) throws -> (high: UInt64, low: UInt64) {
        let bytes = try hex(name)
        guard bytes.count == 16 else { throw FixtureError("\(name) has \(bytes.count) bytes") }
        func half(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        return (half(bytes[..<8]), half(bytes[8...]))
    }

    /// A code by the name that its type writes.
    mutating func code<Code: CaseIterable>(_ name: String, _ type: Code.Type) throws -> Code {
        let text = try text(name)
        guard let code = Code.allCases.first(where: { "\($0)" == text }) else { throw FixtureError("no code \(text)") }
        return code
    }

    mutating func session() throws -> SessionID {
        let (high, low) = try bits("session")
        return SessionID(high: high, low: low)
    }

    mutating func attempt() throws -> Attempt { Attempt(try number("attempt")) }
    mutating func subject() throws -> SubjectID { try SubjectID(try text("subject")) }
    mutating func scene() throws -> SceneID { try SceneID(try text("scene")) }
    mutating func node() throws -> NodeID { try NodeID(try text("node")) }

    func has(_ name: String) -> Bool { fields[name] != nil }

    /// The extensions that a fixture names.
    mutating func extensions() throws -> Extensions {
        var roundTrips: [PairRoundTrip] = []
        for entry in has("pairs") ? try list("pairs") : [] {
            var f = try FixtureFields(entry)
            roundTrips.append(PairRoundTrip(try pair(.list(try f.list("players"))), roundTripUs: try f.number("roundTripUs")))
            try f.finish()
        }
        var extensions = Extensions(treatment: has("treatment") ? try text("treatment") : nil, roundTrips: roundTrips)
        if has("roles") {
            for entry in try list("roles") {
                var f = try FixtureFields(entry)
                extensions[roleOf: PlayerIndex(try f.number("player"))] = try f.text("role")
                try f.finish()
            }
        }
        if has("losses") {
            extensions.losses = try list("losses").map { entry in
                var f = try FixtureFields(entry)
                let loss = PlayerLoss(
                    PlayerIndex(try f.number("player")), try f.code("reason", EndReason.self), text: try f.text("text"))
                try f.finish()
                return loss
            }
        }
        extensions.playRules = try playRules()
        if has("extensions") {
            for entry in try list("extensions") {
                var f = try FixtureFields(entry)
                extensions.addUnknown(tag: try f.number("tag"), try f.hex("bytes"))
                try f.finish()
            }
        }
        return extensions
    }

    fileprivate func pair(_ entry: JSON) throws -> PlayerPair {
        guard case .list(let two) = entry, two.count == 2,
            let pair = PlayerPair(
                PlayerIndex(try FixtureFields.number(two[0], "pair")), PlayerIndex(try FixtureFields.number(two[1], "pair")))
        else { throw FixtureError("no pair: \(entry)") }
        return pair
    }

    mutating func signature(_ name: String) throws -> ResumeSignature {
        let (high, low) = try bits(name)
        return ResumeSignature(high: high, low: low)
    }
}

extension Message {
    /// The message that a fixture describes.
    static func described(by json: JSON) throws -> Message {
        var fields = try FixtureFields(json)
        let kind = try fields.code("kind", MessageKind.self)
        let message = try Message.described(kind, &fields)
        try fields.finish()
        return message
    }

    private static func described(_ kind: MessageKind, _ f: inout FixtureFields) throws -> Message {
        switch kind {
        case .hello:
            return .hello(
                Hello(
                    versionMin: try f.number("versionMin"), versionMax: try f.number("versionMax"), node: try f.node(),
                    incarnation: Incarnation(try f.number("incarnation")), nonce: try f.hex("nonce"),
                    capacity: try f.number("capacity"), publicURL: try f.text("publicURL")))
        case .challenge:
            return .challenge(
                Challenge(
                    version: try f.number("version"), node: try f.node(),
                    incarnation: Incarnation(try f.number("incarnation")), nonce: try f.hex("nonce"),
                    proof: try f.hex("proof")))
        case .proof: return .proof(Proof(proof: try f.hex("proof")))
        case .welcome:
            return .welcome(
                Welcome(leaseGraceMs: try f.number("leaseGraceMs"), pingIntervalMs: try f.number("pingIntervalMs")))
        case .reject: return .reject(Reject(code: try f.code("code", RejectCode.self), detail: try f.text("detail")))
        case .assign: return .assign(try f.assignment())
        case .accepted: return .accepted(try f.session(), try f.attempt())
        case .refused: return .refused(try f.session(), try f.attempt(), try f.code("reason", RefusalReason.self))
        case .state: return .state(try f.session(), try f.attempt(), try f.code("state", SessionState.self))
        case .ended: return .ended(try f.outcome())
        case .endedAck: return .endedAck(try f.session(), try f.attempt())
        case .cancel:
            return .cancel(
                try f.session(), try f.attempt(), try f.code("reason", EndReason.self),
                blamed: try f.list("blamed").map { PlayerIndex(try FixtureFields.number($0, "blamed")) })
        case .drop: return .drop(try f.session(), try f.attempt())
        case .ping:
            return .ping(
                Ping(sentAtMs: try f.number("sentAtMs"), sessions: try f.number("sessions"), players: try f.number("players")))
        case .pong: return .pong(sentAtMs: try f.number("sentAtMs"))
        case .drain: return .drain
        case .holding: return .holding(try f.code("state", SessionState.self), try f.assignment())
        case .inventoryEnd: return .inventoryEnd
        case .journalMatched: return .journalMatched(try f.node(), try f.assignment())
        }
    }
}

extension FixtureFields {
    fileprivate mutating func assignment() throws -> Assignment {
        var settings = SessionSettings(
            validatesPeers: try flag("validatesPeers"),
            onValidationFailure: try code("onValidationFailure", ValidationFailureAction.self),
            enterTimeoutMs: try number("enterTimeoutMs"), validationTimeoutMs: try number("validationTimeoutMs"),
            reconnectGraceMs: try number("reconnectGraceMs"), barrierTimeoutMs: try number("barrierTimeoutMs"),
            playTimeoutMs: try number("playTimeoutMs"), iceServers: try text("iceServers"))
        settings.completionCodes = try list("completionCodes").map { entry in
            var f = try FixtureFields(entry)
            let code = CompletionCode(reason: try f.code("reason", EndReason.self), code: try f.text("code"))
            try f.finish()
            return code
        }
        let players = try list("players").map { entry in
            var f = try FixtureFields(entry)
            let (high, low) = try f.bits("ticket")
            let player = AssignedPlayer(
                subject: try f.subject(), ticket: Ticket(high: high, low: low), sinceUnixMs: try f.number("sinceUnixMs"),
                placeSignature: try f.signature("placeSignature"), releaseSignature: try f.signature("releaseSignature"))
            try f.finish()
            return player
        }
        return Assignment(
            session: try session(), attempt: try attempt(), scene: try scene(), settings: settings,
            seed: try number("seed"), resumeExpiresUnixMs: try number("resumeExpiresUnixMs"), players: players,
            extensions: try extensions())
    }

    fileprivate mutating func outcome() throws -> Outcome {
        let players = try list("players").map { entry in
            var f = try FixtureFields(entry)
            let player = PlayerOutcome(
                subject: try f.subject(), isBlamed: try f.flag("isBlamed"), isRequeued: try f.flag("isRequeued"),
                hasFinished: try f.flag("hasFinished"), result: try f.hex("result"))
            try f.finish()
            return player
        }
        let pairs = try list("failedPairs").map(pair)
        return Outcome(
            session: try session(), attempt: try attempt(), scene: try scene(), reason: try code("reason", EndReason.self),
            endedIn: try code("endedIn", SessionState.self), isPresumed: try flag("isPresumed"),
            endedAtUnixMs: try number("endedAtUnixMs"), players: players, failedPairs: pairs,
            extensions: try extensions())
    }
}
