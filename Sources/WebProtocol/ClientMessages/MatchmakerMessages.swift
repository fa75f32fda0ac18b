/// What a client says to the matchmaker (design: "The client protocol").
public enum MatchmakerRequest: Equatable, Sendable {
    /// - `attributes`: a JSON object, byte for byte.
    case join(
        scene: String, subject: String, token: String?, attributes: [UInt8]?, resume: String?, party: PartyRequest? = nil)
    case leave
    case confirm

    /// Reads one text message.
    /// - Throws: `bad_json`, `bad_message` (naming the member), `unknown_type` or `too_large`.
    public static func decode(
        _ json: Span<UInt8>, limits: ClientMessageLimits
    ) throws(ClientMessageError) -> MatchmakerRequest {
        let fields = try ClientMessageFields(json, limits: limits)
        let type = try fields.type(json)
        switch type {
        case "join":
            return .join(
                scene: try fields.string(.scene, json, bytesMax: limits.sceneBytesMax),
                subject: try fields.string(.subject, json, bytesMax: limits.subjectBytesMax),
                token: try fields.optionalString(.token, json, bytesMax: limits.tokenBytesMax),
                attributes: try fields.optionalRawObject(.attributes, json, bytesMax: limits.attributesBytesMax),
                resume: try fields.optionalString(.resume, json, bytesMax: limits.resumeBytesMax),
                party: try PartyRequest.decode(fields, json, limits: limits))
        case "leave": return .leave
        case "confirm": return .confirm
        default: throw ClientMessageFields.unknownType(type)
        }
    }
}

extension MatchmakerRequest {
    /// Whether a text that `decode` refuses is a join all the same: one JSON object that names no known member twice, with
    /// `join` as its `type`.
    public static func isJoin(_ json: Span<UInt8>, limits: ClientMessageLimits) -> Bool {
        guard let fields = try? ClientMessageFields(json, limits: limits) else { return false }
        return (try? fields.type(json)) == "join"
    }
}

/// How many of a party have come.
public struct PartyCount: Equatable, Sendable {
    public var members: Int
    public var size: Int

    public init(members: Int, size: Int) {
        self.members = members
        self.size = size
    }
}

/// What the matchmaker says to a client.
public enum MatchmakerReply: Equatable, Sendable {
    /// - `estimateMs`: left out when it is not known.
    /// - `party`: while it gathers.
    case waiting(
        session: String, players: Int, needed: Int, waitedMs: Int, timeoutMs: Int, resume: String, estimateMs: Int? = nil,
        party: PartyCount? = nil)
    case confirm(deadlineMs: Int)
    case matched(
        session: String, player: Int, players: Int, url: String, ticket: String, role: String? = nil,
        treatment: String? = nil)
    case ended(session: String, reason: String, completionCode: String?)
    case error(code: ErrorCode, message: String)

    /// Appends the message's JSON.
    public func encode(into bytes: inout [UInt8]) {
        JSONWriter.append(to: &bytes) { json in
            json.object { json in
                switch self {
                case .waiting(let session, let players, let needed, let waitedMs, let timeoutMs, let resume, let estimateMs, let party):
                    json.member("type", "waiting")
                    json.member("session", session)
                    json.member("players", players)
                    json.member("needed", needed)
                    json.member("waitedMs", waitedMs)
                    json.member("timeoutMs", timeoutMs)
                    json.member("resume", resume)
                    if let estimateMs { json.member("estimateMs", estimateMs) }
                    if let party {
                        json.key("party")
                        json.object { json in
                            json.member("members", party.members)
                            json.member("size", party.size)
                        }
                    }
                case .confirm(let deadlineMs):
                    json.member("type", "confirm")
                    json.member("deadlineMs", deadlineMs)
                case .matched(let session, let player, let players, let url, let ticket, let role, let treatment):
                    json.member("type", "matched")
                    json.member("session", session)
                    json.member("player", player)
                    json.member("players", players)
                    json.member("url", url)
                    json.member("ticket", ticket)
                    json.member("role", ifPresent: role)
                    json.member("treatment", ifPresent: treatment)
                case .ended(let session, let reason, let completionCode):
                    json.member("type", "ended")
                    json.member("session", session)
                    json.member("reason", reason)
                    json.member("completionCode", ifPresent: completionCode)
                case .error(let code, let message):
                    json.error(code, message)
                }
            }
        }
    }
}

extension JSONWriter {
    mutating func error(_ code: ErrorCode, _ message: String) {
        member("type", "error")
        member("code", code.rawValue)
        member("message", message)
    }
}
