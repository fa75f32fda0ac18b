import Digests

/// Gives out time-limited credentials for TURN servers that share a secret with us: the REST scheme of
/// draft-uberti-behave-turn-rest-00, which coturn knows as `use-auth-secret`. The user's name says until when it is good, and
/// the password is a code of that name, so that the server needs to know nobody.
public struct TurnIssuer: Sendable {
    private let secret: [UInt8]
    public let lifetimeS: UInt64

    public init(secret: [UInt8], lifetimeS: UInt64) {
        self.secret = secret
        self.lifetimeS = lifetimeS
    }

    public struct Credential: Equatable, Sendable {
        public let username: String
        public let credential: String
    }

    /// - Parameter tag: whom it is for, for the server's log; without a colon.
    public func credential(for tag: String, nowUnixMs: UInt64) -> Credential {
        let (untilS, overflow) = (nowUnixMs / 1000).addingReportingOverflow(lifetimeS)
        let username = "\(overflow ? .max : untilS):\(tag)"
        let code = HMACSHA1.authenticate(Array(username.utf8), key: secret)
        return Credential(username: username, credential: Base64.standard.encode(code.span))
    }

    /// A scene's ICE servers, a JSON array, with a credential in each entry that names a TURN server and has no name or password
    /// of its own. All else stays as it is, byte for byte; what is no such array does too.
    public func fill(_ iceServers: String, for tag: String, nowUnixMs: UInt64) -> [UInt8] {
        let json = Array(iceServers.utf8)
        guard let ends = try? Self.endsOfOpenEntries(json.span), !ends.isEmpty else { return json }
        let credential = credential(for: tag, nowUnixMs: nowUnixMs)
        var members: [UInt8] = []
        // An entry that names its servers is not empty.
        members.append(UInt8(ascii: ","))
        JSONWriter.append(to: &members) { json in
            json.object { json in
                json.member("username", credential.username)
                json.member("credential", credential.credential)
            }
        }
        // Without the braces.
        members.remove(at: 1)
        members.removeLast()
        var filled: [UInt8] = []
        var start = 0
        for end in ends {
            filled += json[start..<end]
            filled += members
            start = end
        }
        return filled + json[start...]
    }

    /// Where the closing braces stand of those entries.
    private static func endsOfOpenEntries(_ json: Span<UInt8>) throws(JSONError) -> [Int] {
        var ends: [Int] = []
        var at = 0
        JSONScanner.skipSpace(json, &at)
        guard try JSONScanner.enter(json, &at) == .array else { return [] }
        var isFirst = true
        while try JSONScanner.nextElement(json, &at, &isFirst) {
            var behind = at
            if try JSONScanner.skipValue(json, &behind) == .object, try isOpenTurn(json, at) { ends.append(behind - 1) }
            at = behind
        }
        return ends
    }

    private static func isOpenTurn(_ json: Span<UInt8>, _ start: Int) throws(JSONError) -> Bool {
        var at = start
        _ = try JSONScanner.enter(json, &at)
        var isFirst = true
        var isTurn = false
        while let name = try JSONScanner.nextMember(json, &at, &isFirst) {
            switch try JSONText.decode(json, name) {
            case "username", "credential": return false
            case "urls", "url": isTurn = try namesTurn(json, at) || isTurn
            default: break
            }
            _ = try JSONScanner.skipValue(json, &at)
        }
        return isTurn
    }

    /// Whether a text, or one of an array, is the address of a TURN server.
    private static func namesTurn(_ json: Span<UInt8>, _ start: Int) throws(JSONError) -> Bool {
        var at = start
        switch try JSONScanner.enter(json, &at) {
        case .string:
            let url = try JSONText.decode(json, start..<at).lowercased()
            return url.hasPrefix("turn:") || url.hasPrefix("turns:")
        case .array:
            var isFirst = true
            while try JSONScanner.nextElement(json, &at, &isFirst) {
                let element = at
                if try JSONScanner.skipValue(json, &at) == .string, try namesTurn(json, element) { return true }
            }
            return false
        case .object, .number, .bool, .null: return false
        }
    }
}
