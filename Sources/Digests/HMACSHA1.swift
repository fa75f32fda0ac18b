/// HMAC with SHA-1 (RFC 2104, test vectors in RFC 2202), of bytes that are all there. Only because TURN servers take
/// time-limited credentials in this form; as a keyed code it has not been broken, and it is used for nothing else.
public enum HMACSHA1 {
    /// Keys of any length are fine; those over 64 bytes are hashed first.
    public static func authenticate(_ message: [UInt8], key: [UInt8]) -> InlineArray<20, UInt8> {
        var block = [UInt8](repeating: 0, count: 64)
        if key.count > block.count {
            let hashed = SHA1.hash(key)
            for index in hashed.indices { block[index] = hashed[index] }
        } else {
            for index in key.indices { block[index] = key[index] }
        }
        let inner = SHA1.hash(block.map { $0 ^ 0x36 } + message)
        return SHA1.hash(block.map { $0 ^ 0x5c } + inner.indices.map { inner[$0] })
    }
}
