import Digests

/// What a token that holds says of who shows it.
public struct JWTClaims: Equatable, Sendable {
    public var subject: String?
    /// The scenes that it is good for; nil for all of this issuer's.
    public var scenes: [String]?
    /// The JSON object of the claim `attributes`, byte for byte.
    public var attributes: [UInt8]?
    /// All else holds, and its time is over.
    public var isExpired = false
}

/// Checks tokens of one issuer: JSON Web Tokens (RFC 7519) in the compact form of RFC 7515, signed with HMAC-SHA-256 (`HS256`,
/// RFC 7518, section 3.2), and with nothing else, whatever their header says.
public struct JWTVerifier: Sendable {
    /// RFC 7518, section 3.2: a key has at least as many bytes as the hash.
    public static let keyBytesMin = 32

    private let code: HMACSHA256
    private let issuer: String?
    private let audience: String?
    private let limits: JWTLimits

    /// - Parameters:
    ///   - key: at least `keyBytesMin` bytes.
    ///   - issuer: what `iss` has to be; nil takes any.
    ///   - audience: what has to be among `aud`; nil takes tokens without one only (RFC 7519, section 4.1.3).
    public init(key: [UInt8], issuer: String? = nil, audience: String? = nil, limits: JWTLimits = JWTLimits()) {
        precondition(key.count >= Self.keyBytesMin, "a key shorter than the hash")
        code = HMACSHA256(key: key)
        self.issuer = issuer
        self.audience = audience
        self.limits = limits
    }

    /// Reads a token and holds it against key, time, issuer and audience. Nothing of the claims is looked at before the
    /// signature has been found right.
    /// - Parameter takesExpired: lets a token pass whose time is over, and says so, if nothing else is wrong with it.
    public func verify(_ token: String, nowUnixMs: UInt64, takesExpired: Bool = false) throws(JWTError) -> JWTClaims {
        let token = Array(token.utf8)
        guard token.count <= limits.tokenBytesMax else { throw .malformed }
        guard let first = token.firstIndex(of: UInt8(ascii: ".")) else { throw .malformed }
        guard let second = token[(first + 1)...].firstIndex(of: UInt8(ascii: ".")) else { throw .malformed }
        try checkHeader(Self.decode(token, 0..<first, bytesMax: limits.headerBytesMax))
        try checkSignature(token, second)
        let payload = try Self.decode(token, (first + 1)..<second, bytesMax: limits.tokenBytesMax)
        let fields = try JWTFields(payload.span)
        let isExpired = try checkTimes(fields, payload.span, nowUnixMs)
        if isExpired, !takesExpired { throw .expired }
        if let issuer {
            guard try fields.text(.iss, payload.span, limits) == issuer else { throw .issuer }
        }
        if let names = try fields.texts(.aud, payload.span, limits) {
            guard let audience, names.contains(audience) else { throw .audience }
        } else if audience != nil {
            throw .audience
        }
        return JWTClaims(
            subject: try fields.text(.sub, payload.span, limits), scenes: try fields.texts(.scene, payload.span, limits),
            attributes: try fields.object(.attributes, payload.span), isExpired: isExpired)
    }

    private func checkHeader(_ header: [UInt8]) throws(JWTError) {
        let fields = try JWTFields(header.span)
        guard try fields.text(.alg, header.span, limits) == "HS256" else { throw .algorithm }
        // RFC 7515, section 4.1.11: what is critical has to be understood, and nothing is.
        guard !fields.has(.crit) else { throw .header }
        if let type = try fields.text(.typ, header.span, limits)?.lowercased() {
            guard type == "jwt" || type == "application/jwt" else { throw .header }
        }
    }

    private func checkSignature(_ token: [UInt8], _ dot: Int) throws(JWTError) {
        let signature = try Self.decode(token, (dot + 1)..<token.count, bytesMax: limits.tokenBytesMax)
        var code = code
        code.update(token.span.extracting(0..<dot))
        guard constantTimeEqual(signature.span, code.finalize().bytes.span) else { throw .signature }
    }

    /// - Returns: whether its time is over.
    private func checkTimes(_ fields: JWTFields, _ payload: Span<UInt8>, _ nowUnixMs: UInt64) throws(JWTError) -> Bool {
        let now = Double(nowUnixMs)
        let leeway = Double(limits.leewayMs)
        guard let expires = try fields.seconds(.exp, payload) else { throw .endless }
        if now >= expires * 1000 + leeway { return true }
        for name in [JWTFields.Name.nbf, .iat] {
            guard let begins = try fields.seconds(name, payload) else { continue }
            guard now >= begins * 1000 - leeway else { throw .early }
        }
        return false
    }

    /// Base64url without padding, in the one spelling that each text of bytes has.
    private static func decode(_ token: [UInt8], _ range: Range<Int>, bytesMax: Int) throws(JWTError) -> [UInt8] {
        guard range.count * 3 / 4 <= bytesMax, let bytes = try? Base64.url.decode(token.span.extracting(range)) else {
            throw .malformed
        }
        return bytes
    }
}
