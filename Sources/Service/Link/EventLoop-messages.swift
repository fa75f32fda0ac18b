import Reactor
import SessionProtocol

extension EventLoop {
    /// Queues one message; `scratch` is a buffer to be reused.
    func send(_ message: Message, to id: ConnectionID, scratch: inout [UInt8]) {
        scratch.removeAll(keepingCapacity: true)
        Frame.append(message, to: &scratch)
        _ = send(scratch.span, to: id)
    }
}
