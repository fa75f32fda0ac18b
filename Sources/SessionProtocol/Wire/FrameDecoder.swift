/// Cuts a stream of bytes, in whatever pieces it comes, into messages. Whole frames are read where they lie; at most one
/// that is not yet whole is kept.
public struct FrameDecoder: Sendable {
    private var buffer: [UInt8] = []
    private var offset = 0
    private var failure: WireError?
    /// The version that is spoken where the bytes come from. The next frame is read in it.
    public var version: UInt8

    public init(version: UInt8 = ProtocolVersion.latest) { self.version = version }

    /// Bytes that wait for the rest of their frame.
    public var bufferedBytes: Int { buffer.count - offset }

    private mutating func append(_ bytes: Span<UInt8>) {
        if offset > 0 {
            buffer.removeFirst(offset)
            offset = 0
        }
        unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
    }

    /// The next whole message of what is kept and `bytes` from `position` on, which moves behind it; nil when all bytes
    /// have been taken and more are needed. Call it again with the same bytes until it gives nil. After an error every
    /// call throws it again: a stream that was misread once has no next frame.
    public mutating func next(
        from bytes: Span<UInt8>, at position: inout Int
    ) throws(WireError) -> Message? {
        if let failure { throw failure }
        do {
            while bufferedBytes > 0 {
                // A frame that came in pieces is put together here, and nothing behind it.
                var end = offset
                if let message = try Frame.read(buffer.span, at: &end, version: version) {
                    offset = end
                    if offset == buffer.count { forgetRead() }
                    return message
                }
                let lacking = min(Frame.lackingBytes(buffer.span, at: offset), bytes.count - position)
                guard lacking > 0 else { return nil }
                append(bytes.extracting(position..<position + lacking))
                position += lacking
            }
            if let message = try Frame.read(bytes, at: &position, version: version) { return message }
            append(bytes.extracting(position..<bytes.count))
            position = bytes.count
            return nil
        } catch {
            throw fail(error)
        }
    }

    private mutating func forgetRead() {
        buffer.removeAll(keepingCapacity: buffer.capacity <= FrameDecoder.idleBytesMax)
        offset = 0
    }

    private mutating func fail(_ error: WireError) -> WireError {
        failure = error
        buffer = []
        offset = 0
        return error
    }

    /// Capacity kept while no frame is under way.
    static let idleBytesMax = 64 * 1024
}
