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
    var decoder = WebSocketDecoder()
    var closing = WebSocketClosing.open
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
}
