import Reactor
import SessionProtocol

extension EventLoop {
    /// Queues one message, as it is said in a version of the protocol; `scratch` is a buffer to be reused.
    func send(_ message: Message, version: UInt8, to id: ConnectionID, scratch: inout [UInt8]) {
        scratch.removeAll(keepingCapacity: true)
        Frame.append(message, version: version, to: &scratch)
        _ = send(scratch.span, to: id)
    }
}
