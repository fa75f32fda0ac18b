/// Why a request cannot be read. Where the next one would start is then unknown: answer `response` and close.
public enum HTTPError: Error, Equatable, Sendable {
    // 400
    case malformedRequestLine
    case malformedTarget
    case malformedHeader
    /// A line that ends in a line feed alone, or a carriage return inside a line.
    case malformedLineEnd
    case foldedHeader
    case missingHost
    case malformedHost
    case malformedContentLength
    case conflictingLength
    // 405
    case methodNotAllowed
    // 413
    case bodyTooLong
    // 414
    case targetTooLong
    // 417
    case expectation
    // 431
    case headersTooLong
    case tooManyHeaders
    // 501
    case unknownMethod
    case transferEncoding
    // 505
    case unsupportedVersion

    public var status: HTTPStatus {
        switch self {
        case .malformedRequestLine, .malformedTarget, .malformedHeader, .malformedLineEnd, .foldedHeader,
            .missingHost, .malformedHost, .malformedContentLength, .conflictingLength:
            .badRequest
        case .methodNotAllowed: .methodNotAllowed
        case .bodyTooLong: .contentTooLarge
        case .targetTooLong: .uriTooLong
        case .expectation: .expectationFailed
        case .headersTooLong, .tooManyHeaders: .requestHeaderFieldsTooLarge
        case .unknownMethod, .transferEncoding: .notImplemented
        case .unsupportedVersion: .httpVersionNotSupported
        }
    }

    /// One line for the person who reads the answer.
    public var explanation: String {
        switch self {
        case .malformedRequestLine: "the request line is not METHOD TARGET HTTP/1.1"
        case .malformedTarget: "the request target is not a path"
        case .malformedHeader: "a header line is not NAME: VALUE"
        case .malformedLineEnd: "lines must end in CR LF, and have no other CR"
        case .foldedHeader: "a header value must not be folded over lines"
        case .missingHost: "one Host header is required"
        case .malformedHost: "the Host header is not a host"
        case .malformedContentLength: "Content-Length must be one number"
        case .conflictingLength: "Content-Length and Transfer-Encoding exclude each other"
        case .methodNotAllowed: "this method is not allowed"
        case .bodyTooLong: "the body is too long"
        case .targetTooLong: "the request target is too long"
        case .expectation: "expectations are not supported"
        case .headersTooLong: "the headers are too long"
        case .tooManyHeaders: "there are too many headers"
        case .unknownMethod: "this method is unknown"
        case .transferEncoding: "transfer encodings are not supported"
        case .unsupportedVersion: "only HTTP/1.1 and HTTP/1.0 are supported"
        }
    }

    /// The whole answer, to be sent with `Connection: close`.
    public var response: HTTPResponse {
        var response = HTTPResponse.text(status, explanation + "\n")
        if self == .methodNotAllowed { response.headers.append(HTTPField("Allow", "GET, HEAD")) }
        return response
    }
}
