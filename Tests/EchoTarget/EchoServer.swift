import Glibc
import Reactor
import Service
import WebProtocol

/// Sends each message back as what it came: text as text, binary as binary.
final class EchoServer: WebApplication, LoopDelegate {
    private let loop: EventLoop
    private let limits: WebLimits
    private var server: WebServer?

    init(messageBytesMax: Int) throws(ReactorError) {
        var reactorLimits = ReactorLimits()
        // The answer to the longest message must fit, with the headers of those that wait before it.
        reactorLimits.outboundBytesMax = 2 * messageBytesMax + 65_536
        loop = try EventLoop(limits: reactorLimits)
        var limits = WebLimits()
        // The suite sends messages in pieces of 64 bytes and less.
        limits.webSocket = WebSocketLimits(messageBytesMax: messageBytesMax, messageFramesMax: 1 << 20)
        self.limits = limits
    }

    func run(at text: String) throws(ReactorError) {
        try loop.handleSignals([SIGINT, SIGTERM])
        loop.delegate = self
        let server = WebServer(loop: loop, limits: limits)
        self.server = server
        guard let address = try SocketAddress.resolve(text).first else { throw .addressInvalid(text: text) }
        print("listening on \(try server.listen(at: address, connectionsMax: 256, for: self))")
        fflush(nil)
        try loop.run()
    }

    private func echo(_ opcode: WebSocketOpcode, _ payload: Span<UInt8>, to id: ConnectionID) {
        server?.settle(id)
        let header = WebSocketHeaderBytes(opcode, payloadByteCount: payload.count)
        _ = loop.send(header.storage.span.extracting(0..<header.count), payload, to: id)
    }

    // MARK: WebApplication

    func respond(to request: HTTPRequest) -> HTTPResponse? { request.path == "/" ? .text(.ok, "echo\n") : nil }
    func servesWebSocket(at path: String) -> Bool { path == "/echo" }
    func webSocketOpened(_ id: ConnectionID, client: SocketAddress) {}
    func received(text: Span<UInt8>, from id: ConnectionID) { echo(.text, text, to: id) }
    func received(binary: Span<UInt8>, from id: ConnectionID) { echo(.binary, binary, to: id) }
    func webSocketFailed(_ id: ConnectionID, _ failure: WebSocketFailure) {}
    func webSocketClosed(_ id: ConnectionID) {}

    // MARK: LoopDelegate

    func turnBegan(now: UInt64) {}
    func turnEnded(now: UInt64) {}
    func signalled(_ signal: Int32) { loop.stop() }
}
