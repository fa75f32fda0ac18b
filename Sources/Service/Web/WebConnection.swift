import Reactor
import WebProtocol

/// One connection of the public listener.
final class WebConnection {
    enum Phase {
        /// Between requests, or inside one → `webSocket`, `closing`
        case http
        /// After the upgrade, before the first message that counts → `webSocket`, `closing`
        case fresh
        /// → `overflowed`, `closing`
        case webSocket
        /// It has not read what it was sent: it is closed as soon as that may be said. → `closing`
        case overflowed
        /// Nothing more is read as messages; the close frame or the end is awaited.
        case closing
    }

    let id: ConnectionID
    /// The peer, until a trusted proxy has said for whom it asks.
    var client: SocketAddress
    /// The page that asked for the WebSocket, until the first message has settled what it may.
    var origin = RequestOrigin.none
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
    /// When the round trip is measured next; nil when it is not.
    var measuresAtMs: UInt64?
    /// What the ping that is on its way holds; 0 when none is.
    var pingNumber: UInt64 = 0
    var pingSentUs: UInt64 = 0

    init(id: ConnectionID, peer: SocketAddress, nowMs: UInt64) {
        self.id = id
        client = peer
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
