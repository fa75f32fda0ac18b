import Reactor
import Testing
import WebProtocol

@testable import Service

/// Says back what it hears, and writes down what happens.
final class EchoApplication: WebApplication {
    var server: WebServer!
    var events: [String] = []
    var clients: [String] = []
    var roundTripsMs: [UInt32] = []
    /// How the first message settles a connection.
    var measuresAtOnce = false
    var opened: [ConnectionID] = []
    var onText: (ConnectionID, String) -> Bool = { _, _ in false }

    func respond(to request: HTTPRequest) -> HTTPResponse? {
        request.path == "/hello" ? .text(.ok, "hello\n") : nil
    }
    func servesWebSocket(at path: String) -> Bool { path == "/ws" }
    func webNoticed(_ notice: WebNotice) {
        switch notice {
        case .refused(let refusal, let origin, let client):
            events.append("refused \(refusal) \(origin ?? "-") \(client.host)")
        case .unreadableProxyHeader(let text, _): events.append("unreadable \(text)")
        case .slowReader: events.append("slow")
        }
    }
    func measured(roundTripMs: UInt32, of id: ConnectionID) { roundTripsMs.append(roundTripMs) }
    func webSocketOpened(_ id: ConnectionID, client: SocketAddress) {
        clients.append(client.host)
        opened.append(id)
        events.append("opened")
    }
    func received(text: Span<UInt8>, from id: ConnectionID) {
        let text = text.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        events.append("text \(text)")
        if onText(id, text) { return }
        server.settle(id, measuresAtOnce: measuresAtOnce)
        server.sendText(id) { $0.append(contentsOf: text.utf8) }
    }
    func received(binary: Span<UInt8>, from id: ConnectionID) {
        server.settle(id)
        server.sendBinary(id, kind: binary[0], player: binary[1], binary.extracting(2..<binary.count))
    }
    func webSocketFailed(_ id: ConnectionID, _ failure: WebSocketFailure) {
        events.append("failed")
        guard let (code, _) = failure.clientError(server.limits, first: "join") else { return }
        server.sendText(id) { $0.append(contentsOf: code.rawValue.utf8) }
    }
    func webSocketClosed(_ id: ConnectionID) { events.append("closed") }
}

final class WebHarness {
    let loop: EventLoop
    let application = EchoApplication()
    let server: WebServer
    let address: SocketAddress

    init(connectionsMax: Int = 100, _ change: (inout WebLimits) -> Void = { _ in }) throws {
        var reactorLimits = ReactorLimits()
        reactorLimits.closeTimeoutMs = 200
        loop = try EventLoop(limits: reactorLimits)
        var limits = WebLimits()
        change(&limits)
        server = WebServer(loop: loop, limits: limits)
        application.server = server
        address = try server.listen(at: .loopback(port: 0), connectionsMax: connectionsMax, for: application)
    }

    func client() throws -> RawClient { try RawClient(address) }

    static let upgrade = upgrade([])

    /// A handshake with further header lines.
    static func upgrade(_ headers: [String]) -> String {
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + headers.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    /// A client whose WebSocket is open; what it has received so far is taken away.
    func webSocket(_ headers: [String] = []) throws -> RawClient {
        let client = try client()
        client.send(Self.upgrade(headers))
        #expect(try until(client) { client.text.hasSuffix("\r\n\r\n") })
        #expect(client.take().starts(with: Array("HTTP/1.1 101 ".utf8)))
        return client
    }

    func until(_ client: RawClient, for ms: UInt64 = 5_000, _ condition: () -> Bool) throws -> Bool {
        try loop.turns(for: ms) {
            client.read()
            return condition()
        }
    }

    func untilEnd(_ client: RawClient) throws {
        #expect(try until(client) { client.hasEnded })
    }

    /// Nothing is left: no connection, no WebSocket, and each that was opened was closed once.
    func expectEmpty() throws {
        #expect(try loop.turns { loop.counters.connections == 0 })
        #expect(server.webSocketCount == 0)
        #expect(application.events.count { $0 == "opened" } == application.events.count { $0 == "closed" })
    }
}

/// A client's frame (RFC 6455, section 5.2): final, masked; with the given first byte.
func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    var bytes: [UInt8] = [first]
    if payload.count < 126 {
        bytes.append(0x80 | UInt8(payload.count))
    } else if payload.count > 0xFFFF {
        bytes += [0x80 | 127, 0, 0, 0, 0, 0, UInt8(payload.count >> 16), UInt8(payload.count >> 8 & 0xFF), UInt8(payload.count & 0xFF)]
    } else {
        bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    }
    bytes += mask
    for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index % 4]) }
    return bytes
}
func text(_ text: String) -> [UInt8] { frame(0x81, Array(text.utf8)) }
func close(_ code: UInt16) -> [UInt8] { frame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)]) }

/// What a server's text and close frames look like on the wire.
func serverText(_ text: String) -> [UInt8] { [0x81, UInt8(text.utf8.count)] + Array(text.utf8) }
func serverClose(_ code: UInt16, _ reason: String = "") -> [UInt8] {
    [0x88, UInt8(2 + reason.utf8.count), UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8)
}
