import Reactor
import WebProtocol

/// One connection of the public listener.
final class WebConnection {
    enum Phase {
        /// Between requests, or inside one → `webSocket`, `closing`
        case http
        /// After the upgrade, before the first message that counts → `webSocket`, `closing`
        case fresh
        /// → `closing`
        case webSocket
        /// Nothing more is read as messages; the close frame or the end is awaited.
        case closing
    }

    let id: ConnectionID
    let peer: SocketAddress
    var phase = Phase.http
    var parser: HTTPRequestParser?
    /// It calls nothing, so that no access to it can meet another: each message is spared the check.
    @exclusivity(unchecked) var decoder = WebSocketDecoder()
    /// The application has been told of a WebSocket.
    var isOpened = false
    /// A request has begun whose deadline runs.
    var isInsideRequest = true
    /// When a byte last came, by the loop's clock.
    var heardMs: UInt64
    var hasPinged = false

    init(id: ConnectionID, peer: SocketAddress, nowMs: UInt64) {
        self.id = id
        self.peer = peer
        heardMs = nowMs
        parser = HTTPRequestParser()
    }

    /// Reads the payload of the event that the decoder gave last. A message that lies in the input, as most do, is read
    /// without touching the decoder.
    @inline(__always)
    func withPayload(_ payload: WebSocketPayload, in input: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        switch payload {
        case .input(let range): body(input.extracting(range))
        case .message:
            let message = unsafe decoder.message
            body(message.span)
        case .control:
            let control = unsafe decoder.control
            body(control.span)
        }
    }
}
