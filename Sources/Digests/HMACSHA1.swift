/// HMAC with SHA-1 (RFC 2104, test vectors in RFC 2202), of bytes that are all there. Only because TURN servers take
/// time-limited credentials in this form; as a keyed code it has not been broken, and it is used for nothing else.
public enum HMACSHA1 {
    /// Keys of any length are fine; those over 64 bytes are hashed first.
    public static func authenticate(_ message: [UInt8], key: [UInt8]) -> InlineArray<20, UInt8> {
        let block = keyBlock(key.span) { bytes(of: SHA1.hash($0)) }
        let inner = SHA1.hash(block.indices.map { block[$0] ^ 0x36 } + message)
        return SHA1.hash(block.indices.map { block[$0] ^ 0x5c } + bytes(of: inner))
    }

    private static func bytes(of digest: InlineArray<20, UInt8>) -> [UInt8] { digest.indices.map { digest[$0] } }
}
