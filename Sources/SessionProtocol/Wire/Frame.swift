import Digests

/// The frame around every message, on the link and in a journal:
///
///      0       4         5      6       7          8          12
///     +--------+---------+------+-------+----------+----------+---------
///     | length | version | kind | flags | reserved | checksum | body …
///     +--------+---------+------+-------+----------+----------+---------
///
/// All integers are big-endian. `length` counts the bytes behind itself. `checksum` is the CRC-32C of version, kind,
/// flags, reserved and body. Flags and the reserved byte are 0.
public enum Frame {
    /// The one version that there is.
    public static let version: UInt8 = 1
    /// Bytes of the length field.
    static let lengthBytes = 4
    /// Bytes of the header behind the length field.
    static let headerBytes = 8
    private static let checksumOffset = 8

    /// Appends the whole frame of a message to `buffer`.
    public static func append(_ message: borrowing Message, to buffer: inout [UInt8]) {
        let length = headerBytes + message.bodyByteCount
        precondition(length <= ProtocolLimits.frameBytesMax, "a message within its limits fits its frame")
        ByteWriter.append(lengthBytes + length, to: &buffer) { writer in
            writer.u32(UInt32(length))
            writer.u8(version)
            writer.u8(message.kind.rawValue)
            writer.u16(0)
            writer.u32(0)
            message.encodeBody(into: &writer)
            writer.seal(at: checksumOffset) { checksum(of: $0, from: lengthBytes, to: $0.count) }
        }
    }

    /// The checksum of a frame's bytes behind the length field, leaving out the checksum's own four.
    @inline(__always)
    static func checksum(of bytes: Span<UInt8>, from start: Int, to end: Int) -> UInt32 {
        CRC32C.checksum(bytes.extracting(start..<start + 4), then: bytes.extracting(start + headerBytes..<end))
    }

    /// Reads the frame that begins at `offset`: the message and the number of bytes it took, or nil when more bytes
    /// are needed. Nothing is allocated by a length that has not been checked.
    public static func read(
        _ bytes: Span<UInt8>, at offset: Int
    ) throws(WireError) -> (message: Message, byteCount: Int)? {
        var end = offset
        guard let message = try read(bytes, at: &end) else { return nil }
        return (message, end - offset)
    }

    /// The same for one frame after another: `offset` moves behind the frame when there is a message.
    public static func read(_ bytes: Span<UInt8>, at offset: inout Int) throws(WireError) -> Message? {
        guard bytes.count - offset >= lengthBytes else { return nil }
        let length = bytes.bigEndian32(at: offset)
        if length < UInt32(headerBytes) { throw .lengthTooSmall(length) }
        if length > UInt32(ProtocolLimits.frameBytesMax) { throw .lengthTooLarge(length) }
        let start = offset + lengthBytes
        // The header is judged as it comes: a stranger's bytes are refused before a whole frame is awaited.
        guard let kind = try readHeader(bytes, at: start), bytes.count - start >= Int(length) else { return nil }
        let end = start + Int(length)
        if bytes.bigEndian32(at: start + 4) != checksum(of: bytes, from: start, to: end) { throw .badChecksum }
        let message = try Message(kind, body: bytes.extracting(start + headerBytes..<end))
        offset = end
        return message
    }

    /// How many bytes the frame at `offset` lacks, as far as that can be said: those of its length field first.
    /// `read` has found no fault with what is there.
    static func lackingBytes(_ bytes: Span<UInt8>, at offset: Int) -> Int {
        let available = bytes.count - offset
        if available < lengthBytes { return lengthBytes - available }
        return max(0, lengthBytes + Int(bytes.bigEndian32(at: offset)) - available)
    }

    private static func readHeader(_ bytes: Span<UInt8>, at start: Int) throws(WireError) -> MessageKind? {
        let available = bytes.count - start
        guard available >= 1 else { return nil }
        if bytes[start] != version { throw .unknownVersion(bytes[start]) }
        guard available >= 2 else { return nil }
        guard let kind = MessageKind(rawValue: bytes[start + 1]) else { throw .unknownKind(bytes[start + 1]) }
        guard available >= 3 else { return nil }
        if bytes[start + 2] != 0 { throw .unknownFlags(bytes[start + 2]) }
        guard available >= 4 else { return nil }
        if bytes[start + 3] != 0 { throw .reservedNotZero(bytes[start + 3]) }
        return kind
    }
}
