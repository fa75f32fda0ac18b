import Digests

/// The matchmaker's seal on a claim: HMAC-SHA-256 (RFC 2104) cut to its first 128 bits.
public struct ResumeSignature: Sendable {
    public let high: UInt64
    public let low: UInt64

    static let byteCount = 16

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension ResumeSignature: Hashable {
    /// Compares all bits whatever the first difference, so that timing says nothing about a guess.
    public static func == (a: ResumeSignature, b: ResumeSignature) -> Bool {
        ((a.high ^ b.high) | (a.low ^ b.low)) == 0
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(high) }
}

/// A signed claim, as clients keep it: base64url (RFC 4648, section 5) over the claim's fields and the signature.
/// Whoever has the parts can write the text; only the matchmaker can make the signature.
public struct Resume: Hashable, Sendable {
    public var claim: ResumeClaim
    public var signature: ResumeSignature

    public init(claim: ResumeClaim, signature: ResumeSignature) {
        self.claim = claim
        self.signature = signature
    }

    public var text: String {
        let bytes = ByteWriter.bytes(claim.byteCount + ResumeSignature.byteCount) { writer in
            claim.encode(into: &writer)
            writer.u64(signature.high)
            writer.u64(signature.low)
        }
        return Base64.url.encode(bytes)
    }

    /// Reads what `text` writes; nil for anything else. The signature is not checked.
    public init?(_ text: String) {
        guard text.utf8.count <= ProtocolLimits.resumeBytesMax, let bytes = try? Base64.url.decode(text),
            let resume = try? Resume(bytes.span)
        else { return nil }
        self = resume
    }

    private init?(_ body: Span<UInt8>) throws(WireError) {
        var reader = ByteReader()
        guard let claim = try ResumeClaim(body, &reader) else { return nil }
        let signature = ResumeSignature(
            high: try reader.u64(body, "signature"), low: try reader.u64(body, "signature"))
        try reader.finish(body)
        self.init(claim: claim, signature: signature)
    }
}

/// Signs claims, and tells its own signatures from others'.
public struct ResumeSigner: Sendable {
    private let keyed: HMACSHA256

    public init(key: [UInt8]) { keyed = HMACSHA256(key: key) }

    public func sign(_ claim: ResumeClaim) -> ResumeSignature {
        var code = keyed
        code.update(ByteWriter.bytes(claim.byteCount) { claim.encode(into: &$0) })
        let digest = code.finalize().bytes
        var (high, low): (UInt64, UInt64) = (0, 0)
        for index in 0..<8 {
            high = high << 8 | UInt64(digest[index])
            low = low << 8 | UInt64(digest[index + 8])
        }
        return ResumeSignature(high: high, low: low)
    }

    /// A claim with its signature, as a client gets it.
    public func text(of claim: ResumeClaim) -> String { Resume(claim: claim, signature: sign(claim)).text }

    /// The claim of a text that this signer has signed and that has not expired; nil for any other.
    public func check(_ text: String, nowUnixMs: UInt64) -> ResumeClaim? {
        guard let resume = Resume(text), sign(resume.claim) == resume.signature,
            resume.claim.expiresUnixMs > nowUnixMs
        else { return nil }
        return resume.claim
    }
}
