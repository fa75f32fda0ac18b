/// Cuts a stream of bytes, in whatever pieces it comes, into messages. Holds at most one frame that is not yet whole,
/// and what came in the same piece.
public struct FrameDecoder: Sendable {
    private var buffer: [UInt8] = []
    private var offset = 0
    private var failure: WireError?

    public init() {}

    /// Bytes that wait for the rest of their frame, or to be read by `next`.
    public var bufferedBytes: Int { buffer.count - offset }

    /// Takes bytes as they came.
    public mutating func append(_ bytes: Span<UInt8>) {
        guard failure == nil else { return }
        if offset > 0 {
            buffer.removeFirst(offset)
            offset = 0
        }
        buffer.reserveCapacity(buffer.count + bytes.count)
        for index in bytes.indices { buffer.append(bytes[index]) }
    }

    /// The next whole message, or nil when more bytes are needed. After an error every call throws it again: a stream
    /// that was misread once has no next frame.
    public mutating func next() throws(WireError) -> Message? {
        if let failure { throw failure }
        do {
            guard let (message, byteCount) = try Frame.read(buffer.span, at: offset) else {
                if offset == buffer.count {
                    buffer.removeAll(keepingCapacity: buffer.capacity <= FrameDecoder.idleBytesMax)
                    offset = 0
                }
                return nil
            }
            offset += byteCount
            return message
        } catch {
            failure = error
            buffer = []
            offset = 0
            throw error
        }
    }

    /// Capacity kept while no frame is under way.
    static let idleBytesMax = 64 * 1024
}
