import Digests

/// Why a request does not open a WebSocket; `response` is the whole answer.
public enum WebSocketHandshakeError: Error, Equatable, Sendable {
    case methodNotGet
    case versionNotHTTP11
    case bodyPresent
    /// No `Upgrade: websocket`: most likely a browser that was pointed at the address.
    case notAnUpgrade
    /// `Upgrade` came without `Connection: upgrade`, so that it may be meant for a proxy on the way.
    case connectionNotUpgrade
    case unsupportedVersion
    case badKey

    public var status: HTTPStatus {
        switch self {
        case .methodNotGet: .methodNotAllowed
        case .notAnUpgrade, .unsupportedVersion: .upgradeRequired
        case .versionNotHTTP11, .bodyPresent, .connectionNotUpgrade, .badKey: .badRequest
        }
    }

    public var explanation: String {
        switch self {
        case .methodNotGet: "a WebSocket is opened with GET"
        case .versionNotHTTP11: "a WebSocket needs HTTP/1.1"
        case .bodyPresent: "a WebSocket handshake has no body"
        case .notAnUpgrade: "this address speaks WebSocket"
        case .connectionNotUpgrade: "the Connection header must contain upgrade"
        case .unsupportedVersion: "Sec-WebSocket-Version must be 13"
        case .badKey: "Sec-WebSocket-Key must be 16 bytes in base64, once"
        }
    }

    public var response: HTTPResponse {
        var response = HTTPResponse.text(status, explanation + "\n")
        switch self {
        case .methodNotGet:
            response.headers.append(HTTPField("Allow", "GET"))
        case .notAnUpgrade, .unsupportedVersion:
            response.headers.append(HTTPField("Upgrade", "websocket"))
            response.headers.append(HTTPField("Sec-WebSocket-Version", "13"))
        case .versionNotHTTP11, .bodyPresent, .connectionNotUpgrade, .badKey:
            break
        }
        return response
    }
}

/// The server's side of the opening handshake (RFC 6455, section 4.2). Whether the Origin is welcome
/// (`request.headers["origin"]`) is the caller's to decide, before or after.
public enum WebSocketHandshake {
    /// Checks the request.
    /// - Returns: the value for `Sec-WebSocket-Accept`.
    public static func validate(_ request: HTTPRequest) throws(WebSocketHandshakeError) -> String {
        guard request.method == .get else { throw .methodNotGet }
        guard request.headers.hasToken("websocket", in: "upgrade") else { throw .notAnUpgrade }
        guard request.version == .http11 else { throw .versionNotHTTP11 }
        guard request.headers.hasToken("upgrade", in: "connection") else { throw .connectionNotUpgrade }
        guard request.body.isEmpty else { throw .bodyPresent }
        guard request.headers.count(of: "sec-websocket-version") == 1,
            request.headers["sec-websocket-version"] == "13"
        else { throw .unsupportedVersion }
        guard request.headers.count(of: "sec-websocket-key") == 1, let key = request.headers["sec-websocket-key"],
            key.utf8.count == 24, let nonce = try? Base64.standard.decode(key), nonce.count == 16
        else { throw .badKey }
        return acceptKey(for: key)
    }

    /// Appends the answer that opens the WebSocket; frames follow directly behind it.
    /// - Parameter subprotocol: one of those the client offered, or nil.
    public static func encodeAcceptance(
        _ acceptKey: String, subprotocol: String? = nil, headers: [HTTPField] = [], into bytes: inout [UInt8]
    ) {
        appendStatusLine(.switchingProtocols, to: &bytes)
        appendField("Upgrade", "websocket", to: &bytes)
        appendField("Connection", "Upgrade", to: &bytes)
        appendField("Sec-WebSocket-Accept", acceptKey, to: &bytes)
        if let subprotocol { appendField("Sec-WebSocket-Protocol", subprotocol, to: &bytes) }
        for field in headers { appendField(field.name, field.value, to: &bytes) }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// The accept key for a client's key (RFC 6455, section 4.2.2, item 5.4).
    public static func acceptKey(for key: String) -> String {
        let hashed = SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return Base64.standard.encode(hashed.span)
    }
}
