public enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
}

public enum HTTPVersion: Sendable {
    case http10
    /// Also what a client says it is that claims a later 1.x (RFC 9110, 2.5).
    case http11
}

/// One whole request, its body included.
public struct HTTPRequest: Sendable {
    public let method: HTTPMethod
    public let version: HTTPVersion
    /// The target's path as sent: begins with `/` (or is `*` for OPTIONS), percent signs undecoded.
    public let path: String
    /// What follows the first `?`, as sent; nil when there is none.
    public let query: String?
    /// Host and port that the client means: of an absolute target, otherwise of the Host header; nil in a bare HTTP/1.0.
    public let authority: String?
    public let headers: HTTPHeaders
    public let body: [UInt8]
    /// Whether another request may follow on this connection (RFC 9112, 9.3).
    public let keepsAlive: Bool

    /// The value of the first query parameter with this name, as sent.
    public func queryValue(_ name: String) -> String? {
        guard let query else { return nil }
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts[0] == name { return parts.count == 2 ? String(parts[1]) : "" }
        }
        return nil
    }
}
