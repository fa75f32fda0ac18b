import Digests

/// The frame around every message, on the link and in a journal:
///
///      0       4         5      6       7          8          12
///     +--------+---------+------+-------+----------+----------+---------
///     | length | version | kind | flags | reserved | checksum | body …
///     +--------+---------+------+-------+----------+----------+---------
///
/// All integers are big-endian. `length` counts the bytes behind itself. `checksum` is the CRC-32C of version, kind,
/// flags, reserved and body. The reserved byte is 0, and so are the flags but for `extended`.
public enum Frame {
    /// Of the layout above, which is the same in all versions of the protocol: what was written by one can be read by another.
    public static let version: UInt8 = 1
    /// The flag of a body that ends in a block of extensions. From version 2 on, and with kinds that may have some.
    static let extended: UInt8 = 1
    /// Bytes of the length field.
    static let lengthBytes = 4
    /// Bytes of the header behind the length field.
    static let headerBytes = 8
    private static let checksumOffset = 8

    /// Appends the whole frame of a message to `buffer`, as it is said in a version: without its extensions in version 1.
    public static func append(
        _ message: borrowing Message, version spoken: UInt8 = ProtocolVersion.latest, to buffer: inout [UInt8]
    ) {
        let size = message.bodySize(withExtensions: spoken >= 2)
        let length = headerBytes + size.byteCount
        precondition(length <= ProtocolLimits.frameBytesMax, "a message within its limits fits its frame")
        ByteWriter.append(lengthBytes + length, to: &buffer) { writer in
            writer.u32(UInt32(length))
            writer.u8(version)
            writer.u8(message.kind.rawValue)
            writer.u16(size.isExtended ? UInt16(extended) << 8 : 0)
            writer.u32(0)
            message.encodeBody(isExtended: size.isExtended, into: &writer)
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
    /// - Parameter version: the one that is spoken where the bytes come from; what is new in a later one is refused.
    public static func read(
        _ bytes: Span<UInt8>, at offset: Int, version: UInt8 = ProtocolVersion.latest
    ) throws(WireError) -> (message: Message, byteCount: Int)? {
        var end = offset
        guard let message = try read(bytes, at: &end, version: version) else { return nil }
        return (message, end - offset)
    }

    /// The same for one frame after another: `offset` moves behind the frame when there is a message.
    public static func read(
        _ bytes: Span<UInt8>, at offset: inout Int, version: UInt8 = ProtocolVersion.latest
    ) throws(WireError) -> Message? {
        guard bytes.count - offset >= lengthBytes else { return nil }
        let length = bytes.bigEndian32(at: offset)
        if length < UInt32(headerBytes) { throw .lengthTooSmall(length) }
        if length > UInt32(ProtocolLimits.frameBytesMax) { throw .lengthTooLarge(length) }
        let start = offset + lengthBytes
        // The header is judged as it comes: a stranger's bytes are refused before a whole frame is awaited.
        guard let (kind, isExtended) = try readHeader(bytes, at: start, version), bytes.count - start >= Int(length) else { return nil }
        let end = start + Int(length)
        if bytes.bigEndian32(at: start + 4) != checksum(of: bytes, from: start, to: end) { throw .badChecksum }
        let message = try Message(kind, body: bytes.extracting(start + headerBytes..<end), isExtended: isExtended)
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

    private static func readHeader(
        _ bytes: Span<UInt8>, at start: Int, _ spoken: UInt8
    ) throws(WireError) -> (kind: MessageKind, isExtended: Bool)? {
        let available = bytes.count - start
        guard available >= 1 else { return nil }
        if bytes[start] != version { throw .unknownVersion(bytes[start]) }
        guard available >= 2 else { return nil }
        guard let kind = MessageKind(rawValue: bytes[start + 1]) else { throw .unknownKind(bytes[start + 1]) }
        guard available >= 3 else { return nil }
        let flags = bytes[start + 2]
        if flags != 0, flags != extended || spoken < 2 || !kind.mayBeExtended { throw .unknownFlags(flags) }
        guard available >= 4 else { return nil }
        if bytes[start + 3] != 0 { throw .reservedNotZero(bytes[start + 3]) }
        return (kind, flags != 0)
    }
}
