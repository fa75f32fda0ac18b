/// Bounds of tokens.
public struct JWTLimits: Hashable, Sendable {
    /// The whole token.
    public var tokenBytesMax = 4096
    /// Its header, decoded.
    public var headerBytesMax = 1024
    /// A name within it: `iss`, `sub`, and each of `aud` and `scene`.
    public var nameBytesMax = 256
    /// Audiences and scenes that one token names.
    public var namesMax = 32
    /// By how much the clocks of the two servers may differ.
    public var leewayMs: UInt64 = 30_000

    public init() {}
}
