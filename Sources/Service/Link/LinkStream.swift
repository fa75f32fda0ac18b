import Reactor
import SessionProtocol

/// Frames over one connection of the loop.
struct LinkStream {
    let id: ConnectionID
    private var decoder = FrameDecoder()

    init(id: ConnectionID) { self.id = id }

    /// Bytes came in.
    mutating func append(_ bytes: Span<UInt8>) { decoder.append(bytes) }

    /// The next whole message.
    mutating func next() throws(WireError) -> Message? { try decoder.next() }
}

extension EventLoop {
    /// Queues one message; `scratch` is a buffer to be reused.
    func send(_ message: Message, to id: ConnectionID, scratch: inout [UInt8]) {
        scratch.removeAll(keepingCapacity: true)
        Frame.append(message, to: &scratch)
        _ = send(scratch.span, to: id)
    }
}
