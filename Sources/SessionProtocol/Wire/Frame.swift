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

    /// Appends the whole frame of a message to `buffer`.
    public static func append(_ message: borrowing Message, to buffer: inout [UInt8]) {
        let start = buffer.count
        var writer = ByteWriter(bytes: [])
        swap(&writer.bytes, &buffer)
        writer.u32(0)
        writer.u8(version)
        writer.u8(message.kind.rawValue)
        writer.u8(0)
        writer.u8(0)
        writer.u32(0)
        message.encodeBody(into: &writer)
        swap(&writer.bytes, &buffer)
        let length = buffer.count - start - lengthBytes
        precondition(length <= ProtocolLimits.frameBytesMax, "a message within its limits fits its frame")
        buffer.setBigEndian32(UInt32(length), at: start)
        let checksum = Frame.checksum(of: buffer.span, from: start + lengthBytes, to: buffer.count)
        buffer.setBigEndian32(checksum, at: start + 8)
    }

    /// The checksum of a frame's bytes behind the length field, leaving out the checksum's own four.
    static func checksum(of bytes: Span<UInt8>, from start: Int, to end: Int) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes.extracting(start..<start + 4))
        crc.update(bytes.extracting(start + headerBytes..<end))
        return crc.value
    }

    /// Reads the frame that begins at `offset`: the message and the number of bytes it took, or nil when more bytes
    /// are needed. Nothing is allocated by a length that has not been checked.
    public static func read(
        _ bytes: Span<UInt8>, at offset: Int
    ) throws(WireError) -> (message: Message, byteCount: Int)? {
        guard bytes.count - offset >= lengthBytes else { return nil }
        let length = bytes.bigEndian32(at: offset)
        if length < UInt32(headerBytes) { throw .lengthTooSmall(length) }
        if length > UInt32(ProtocolLimits.frameBytesMax) { throw .lengthTooLarge(length) }
        let start = offset + lengthBytes
        // The header is judged as soon as it is there: a stranger's bytes are refused before a whole frame is awaited.
        guard bytes.count - start >= headerBytes else { return nil }
        let kind = try readHeader(bytes, at: start)
        guard bytes.count - start >= Int(length) else { return nil }
        let end = start + Int(length)
        if bytes.bigEndian32(at: start + 4) != checksum(of: bytes, from: start, to: end) { throw .badChecksum }
        let message = try Message(kind, body: bytes.extracting(start + headerBytes..<end))
        return (message, end - offset)
    }

    private static func readHeader(_ bytes: Span<UInt8>, at start: Int) throws(WireError) -> MessageKind {
        let version = bytes[start]
        if version != Frame.version { throw .unknownVersion(version) }
        guard let kind = MessageKind(rawValue: bytes[start + 1]) else { throw .unknownKind(bytes[start + 1]) }
        if bytes[start + 2] != 0 { throw .unknownFlags(bytes[start + 2]) }
        if bytes[start + 3] != 0 { throw .reservedNotZero(bytes[start + 3]) }
        return kind
    }
}

extension [UInt8] {
    fileprivate mutating func setBigEndian32(_ value: UInt32, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: value >> 24)
        self[offset + 1] = UInt8(truncatingIfNeeded: value >> 16)
        self[offset + 2] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset + 3] = UInt8(truncatingIfNeeded: value)
    }
}
