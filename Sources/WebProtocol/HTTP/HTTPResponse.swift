/// One header line of a response. Both parts are the server's own words.
public struct HTTPField: Sendable, Equatable {
    public var name: String
    public var value: String

    /// - Precondition: no line end in either: text from outside must not reach a header unchecked.
    public init(_ name: String, _ value: String) {
        precondition(!name.isEmpty && name.utf8.allSatisfy(HTTPCharacters.isToken), "a header name is a token")
        precondition(value.utf8.allSatisfy(HTTPCharacters.isFieldValue), "a header value is one line")
        self.name = name
        self.value = value
    }
}

public struct HTTPResponse: Sendable, Equatable {
    public var status: HTTPStatus
    public var contentType: String?
    public var headers: [HTTPField]
    public var body: [UInt8]

    public init(_ status: HTTPStatus, contentType: String? = nil, headers: [HTTPField] = [], body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    public static func text(_ status: HTTPStatus, _ text: String) -> HTTPResponse {
        HTTPResponse(status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    public static func json(_ status: HTTPStatus, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(status, contentType: "application/json", headers: [HTTPField("Cache-Control", "no-store")], body: body)
    }

    /// Appends the whole response.
    /// - Parameters:
    ///   - withoutBody: the request was HEAD: the head is the same, the body stays here.
    ///   - closes: says `Connection: close`; the caller closes once this is sent.
    ///   - version: the request's; an HTTP/1.0 client is told when the connection stays open.
    public func encode(
        into bytes: inout [UInt8], withoutBody: Bool = false, closes: Bool, version: HTTPVersion = .http11
    ) {
        encodeHead(into: &bytes, contentByteCount: body.count, closes: closes, version: version)
        if !withoutBody, !status.hasNoBody { bytes.append(contentsOf: body) }
    }

    /// Appends the response to `request`: no body for HEAD, and closed when the client does not keep alive.
    public func encode(into bytes: inout [UInt8], answering request: HTTPRequest, closes: Bool = false) {
        encode(
            into: &bytes, withoutBody: request.method == .head, closes: closes || !request.keepsAlive,
            version: request.version)
    }

    /// Appends the head alone, for a body that is sent from where it lies.
    public func encodeHead(
        into bytes: inout [UInt8], contentByteCount: Int, closes: Bool, version: HTTPVersion = .http11
    ) {
        appendStatusLine(status, to: &bytes)
        if let contentType { appendField("Content-Type", contentType, to: &bytes) }
        if !status.hasNoBody { appendField("Content-Length", String(contentByteCount), to: &bytes) }
        for field in headers { appendField(field.name, field.value, to: &bytes) }
        if closes {
            appendField("Connection", "close", to: &bytes)
        } else if version == .http10 {
            appendField("Connection", "keep-alive", to: &bytes)
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }
}

func appendStatusLine(_ status: HTTPStatus, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: "HTTP/1.1 ".utf8)
    bytes.append(contentsOf: String(status.code).utf8)
    bytes.append(0x20)
    bytes.append(contentsOf: status.reasonPhrase.utf8)
    bytes.append(contentsOf: "\r\n".utf8)
}

func appendField(_ name: String, _ value: String, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: name.utf8)
    bytes.append(contentsOf: ": ".utf8)
    bytes.append(contentsOf: value.utf8)
    bytes.append(contentsOf: "\r\n".utf8)
}
