import Digests
import SessionProtocol

/// What a signed `resume` says.
struct ResumeClaim: Hashable {
    enum Kind: UInt8 {
        /// Restores the waiting time, and proves who its holder is.
        case place = 1
        /// Makes the matchmaker forget the session for the subject; gives no waiting time.
        case release = 2
        /// Both: for one who is put back in the queue by the end of a session.
        case releasedPlace = 3

        var restoresPlace: Bool { self != .release }
        var releases: Bool { self != .place }
    }

    var kind: Kind
    var scene: SceneID
    var subject: SubjectID
    /// The session that it was given for.
    var session: SessionID
    /// When the subject first joined, in milliseconds since 1970.
    var sinceUnixMs: UInt64
    var expiresUnixMs: UInt64
}

/// Signs and checks `resume`s with HMAC-SHA-256 (RFC 2104), cut to 128 bits, in base64url (RFC 4648, section 5).
struct ResumeSigner: Sendable {
    private let key: [UInt8]
    private static let signatureBytes = 16
    private static let version: UInt8 = 1

    init(key: [UInt8]) { self.key = key }

    func sign(_ claim: ResumeClaim) -> String {
        var writer = ByteWriter(bytes: [])
        writer.u8(ResumeSigner.version)
        writer.u8(claim.kind.rawValue)
        writer.u64(claim.session.high)
        writer.u64(claim.session.low)
        writer.u64(claim.sinceUnixMs)
        writer.u64(claim.expiresUnixMs)
        writer.text(claim.scene.name, bytesMax: ProtocolLimits.sceneBytesMax)
        writer.text(claim.subject.name, bytesMax: ProtocolLimits.subjectBytesMax)
        let signature = HMACSHA256.authenticate(writer.bytes, key: key).array
        writer.bytes.append(contentsOf: signature.prefix(ResumeSigner.signatureBytes))
        return Base64.url.encode(writer.bytes)
    }

    /// Nil when the text is no `resume` of this signer, or has expired.
    func check(_ text: String, nowUnixMs: UInt64) -> ResumeClaim? {
        guard text.utf8.count <= ProtocolLimits.resumeBytesMax, let bytes = try? Base64.url.decode(text),
            bytes.count > ResumeSigner.signatureBytes
        else { return nil }
        let body = Array(bytes.dropLast(ResumeSigner.signatureBytes))
        let signature = HMACSHA256.authenticate(body, key: key).array.prefix(ResumeSigner.signatureBytes)
        guard constantTimeEqual(Array(signature), Array(bytes.suffix(ResumeSigner.signatureBytes))) else { return nil }
        guard let claim = try? read(body), claim.expiresUnixMs > nowUnixMs else { return nil }
        return claim
    }

    private func read(_ bytes: [UInt8]) throws -> ResumeClaim? {
        let body = bytes.span
        var reader = ByteReader()
        guard try reader.u8(body, "version") == ResumeSigner.version,
            let kind = ResumeClaim.Kind(rawValue: try reader.u8(body, "kind"))
        else { return nil }
        let session = SessionID(high: try reader.u64(body, "session"), low: try reader.u64(body, "session"))
        let sinceUnixMs = try reader.u64(body, "since")
        let expiresUnixMs = try reader.u64(body, "expires")
        let scene = try SceneID(try reader.text(body, "scene", bytesMax: ProtocolLimits.sceneBytesMax))
        let subject = try SubjectID(try reader.text(body, "subject", bytesMax: ProtocolLimits.subjectBytesMax))
        try reader.finish(body)
        return ResumeClaim(
            kind: kind, scene: scene, subject: subject, session: session, sinceUnixMs: sinceUnixMs,
            expiresUnixMs: expiresUnixMs)
    }
}
