/// HMAC with SHA-256 (RFC 2104, FIPS 198-1), incremental. Keep one made from a key and copy it for each message: the
/// copy starts behind the key's block, so that a short message costs two compressions less.
public struct HMACSHA256: Sendable {
    private var inner = SHA256()
    private var outer = SHA256()

    /// Keys of any length are fine; those over 64 bytes are hashed first, as RFC 2104 says.
    public init(key: Span<UInt8>) {
        var block = keyBlock(key) { SHA256.hash($0).array }
        for index in 0..<64 { block[index] ^= 0x36 }
        inner.update(block.span)
        for index in 0..<64 { block[index] ^= 0x36 ^ 0x5c }
        outer.update(block.span)
    }

    public init(key: [UInt8]) { self.init(key: key.span) }

    public mutating func update(_ bytes: RawSpan) { inner.update(bytes) }
    public mutating func update(_ bytes: Span<UInt8>) { inner.update(bytes) }
    public mutating func update(_ bytes: [UInt8]) { inner.update(bytes) }

    public consuming func finalize() -> SHA256.Digest {
        let digest = inner.finalize()
        outer.update(digest.bytes.span)
        return outer.finalize()
    }

    public static func authenticate(_ message: Span<UInt8>, key: Span<UInt8>) -> SHA256.Digest {
        var code = HMACSHA256(key: key)
        code.update(message)
        return code.finalize()
    }

    public static func authenticate(_ message: [UInt8], key: [UInt8]) -> SHA256.Digest {
        authenticate(message.span, key: key.span)
    }

    /// Whether `code` is the whole, untruncated code of `message`, in time that does not depend on where they differ.
    public static func isValid(_ code: Span<UInt8>, for message: Span<UInt8>, key: Span<UInt8>) -> Bool {
        constantTimeEqual(code, authenticate(message, key: key).bytes.span)
    }

    public static func isValid(_ code: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool {
        isValid(code.span, for: message.span, key: key.span)
    }
}

/// The key as HMAC takes it: one block, with zeros behind the key, or the digest of one that is longer (RFC 2104, section 2).
func keyBlock(_ key: Span<UInt8>, digest: ([UInt8]) -> [UInt8]) -> InlineArray<64, UInt8> {
    var block = InlineArray<64, UInt8>(repeating: 0)
    guard key.count <= block.count else { return keyBlock(digest(copyOfBytes(key)).span, digest: digest) }
    for index in key.indices { block[index] = key[index] }
    return block
}
