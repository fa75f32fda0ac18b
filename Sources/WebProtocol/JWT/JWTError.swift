/// Why a token does not admit who shows it. The words say what is wrong and nothing of what would have been right.
public enum JWTError: String, Error, CaseIterable, Sendable {
    /// Not three parts of base64url with JSON objects in the first two, or longer than is taken.
    case malformed
    /// `alg` is another than HS256; `none` above all (RFC 8725, section 3.1).
    case algorithm
    /// The header asks for something that has to be understood, or is of another type than a JWT.
    case header
    case signature
    /// A claim has a value of the wrong kind.
    case claim
    /// `exp` is missing.
    case endless
    case expired
    /// `nbf` or `iat` lies ahead.
    case early
    case issuer
    case audience
    /// `sub` is missing, or names somebody else.
    case subject
    /// `scene` leaves out the one that is joined.
    case scene

    public var explanation: String {
        switch self {
        case .malformed: "the token is no JWT"
        case .algorithm: "the token is not signed with HS256"
        case .header: "the token's header asks for what is not understood here"
        case .signature: "the token's signature is wrong"
        case .claim: "a claim of the token has a value of the wrong kind"
        case .endless: "the token has no `exp`"
        case .expired: "the token has expired"
        case .early: "the token is not valid yet"
        case .issuer: "the token is from another issuer"
        case .audience: "the token is for another audience"
        case .subject: "the token is for another subject"
        case .scene: "the token is for another scene"
        }
    }
}
