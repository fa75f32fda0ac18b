extension Frame {
    /// Whether a frame stands there as it was once written: whole, and with the checksum of its bytes. Its version, kind
    /// and fields may still be ones that this reader does not know.
    public static func isSealed(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
        guard bytes.count - offset >= lengthBytes + headerBytes else { return false }
        let length = bytes.bigEndian32(at: offset)
        guard length >= UInt32(headerBytes), length <= UInt32(ProtocolLimits.frameBytesMax) else { return false }
        let start = offset + lengthBytes
        let end = start + Int(length)
        return end <= bytes.count && bytes.bigEndian32(at: start + 4) == checksum(of: bytes, from: start, to: end)
    }
}
