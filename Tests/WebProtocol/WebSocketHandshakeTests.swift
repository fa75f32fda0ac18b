import Testing
import WebProtocol

@Suite struct WebSocketHandshakeTests {
    static let fields = [
        "Host": "server.example.com", "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
    ]

    static func request(
        method: String = "GET", version: String = "HTTP/1.1", with changes: [String: String?] = [:], extra: String = ""
    ) throws -> HTTPRequest {
        var fields = Self.fields
        for (name, value) in changes { fields[name] = value }
        let lines = fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
        var limits = HTTPLimits()
        limits.bodyBytesMax = 10
        return try #require(parse("\(method) /chat \(version)\r\n\(lines)\(extra)\r\nab", limits: limits).requests.first)
    }

    @Test("the handshake of RFC 6455, 1.3, is accepted with its key")
    func sample() throws {
        let key = try WebSocketHandshake.validate(Self.request())
        #expect(key == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        var bytes: [UInt8] = []
        WebSocketHandshake.encodeAcceptance(key, into: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
        bytes = []
        WebSocketHandshake.encodeAcceptance(key, subprotocol: "chat", headers: [HTTPField("X-A", "b")], into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("\r\nSec-WebSocket-Protocol: chat\r\nX-A: b\r\n\r\n"))
    }

    @Test("lists and letter case do not matter, nor what else is in the lists", arguments: [
        ["Connection": "keep-alive, Upgrade"], ["Connection": "UPGRADE"], ["Upgrade": "WebSocket"],
        ["Upgrade": "h2c, websocket"], ["Origin": "https://example.com"],
    ])
    func accepted(changes: [String: String]) throws {
        let request = try Self.request(with: changes)
        #expect(throws: Never.self) { try WebSocketHandshake.validate(request) }
        #expect(request.headers["origin"] == changes["Origin"])
    }

    @Test("what is missing or wrong is refused with its status", arguments: [
        (["Upgrade": nil], .notAnUpgrade, 426), (["Upgrade": "h2c"], .notAnUpgrade, 426),
        (["Upgrade": "websockets"], .notAnUpgrade, 426),
        (["Connection": nil], .connectionNotUpgrade, 400), (["Connection": "keep-alive"], .connectionNotUpgrade, 400),
        (["Sec-WebSocket-Version": nil], .unsupportedVersion, 426), (["Sec-WebSocket-Version": "8"], .unsupportedVersion, 426),
        (["Sec-WebSocket-Version": "13, 8"], .unsupportedVersion, 426),
        (["Sec-WebSocket-Key": nil], .badKey, 400), (["Sec-WebSocket-Key": ""], .badKey, 400),
        (["Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j"], .badKey, 400),
        (["Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ="], .badKey, 400),
        (["Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZR=="], .badKey, 400),
        (["Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZSEh"], .badKey, 400),
        (["Sec-WebSocket-Key": "!!hlIHNhbXBsZSBub25jZQ=="], .badKey, 400),
        (["Content-Length": "2"], .bodyPresent, 400),
    ] as [([String: String?], WebSocketHandshakeError, Int)])
    func refused(changes: [String: String?], error: WebSocketHandshakeError, status: Int) throws {
        let request = try Self.request(with: changes)
        #expect(throws: error) { try WebSocketHandshake.validate(request) }
        #expect(error.status.code == status)
    }

    @Test("keys given twice, other methods and HTTP/1.0 are refused")
    func others() throws {
        let twice = try Self.request(extra: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        #expect(throws: WebSocketHandshakeError.badKey) { try WebSocketHandshake.validate(twice) }
        let versions = try Self.request(extra: "Sec-WebSocket-Version: 8\r\n")
        #expect(throws: WebSocketHandshakeError.unsupportedVersion) { try WebSocketHandshake.validate(versions) }
        let post = try Self.request(method: "POST")
        #expect(throws: WebSocketHandshakeError.methodNotGet) { try WebSocketHandshake.validate(post) }
        let old = try Self.request(version: "HTTP/1.0")
        #expect(throws: WebSocketHandshakeError.versionNotHTTP11) { try WebSocketHandshake.validate(old) }
    }

    @Test("a refusal for the version says which one is spoken")
    func versionHeader() {
        let headers = WebSocketHandshakeError.unsupportedVersion.response.headers
        #expect(headers.contains(HTTPField("Sec-WebSocket-Version", "13")))
        #expect(headers.contains(HTTPField("Upgrade", "websocket")))
        #expect(WebSocketHandshakeError.badKey.response.headers.isEmpty)
    }
}
