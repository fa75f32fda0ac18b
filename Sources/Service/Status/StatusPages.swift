import SessionProtocol
import WebProtocol

/// What `/v1/state` says of a server.
public struct ServerState {
    public var role: NodeRole
    public var identity: NodeIdentity
    /// Live sessions in each state but `ended`.
    public var sessions: [(state: SessionState, count: Int)] = []
    /// Of those that play, how many are in each phase of their game; a coordinator's.
    public var phases: [(name: String, count: Int)] = []
    public var tables: [(name: String, count: Int)] = []
    public var expiring: [(name: String, count: Int)] = []
    /// Writes one link each into the array that it is given.
    public var links: (inout JSONWriter) -> Void = { _ in }
    public var scenes: (inout JSONWriter) -> Void = { _ in }

    public init(role: NodeRole, identity: NodeIdentity) {
        self.role = role
        self.identity = identity
    }

    var json: [UInt8] {
        var bytes: [UInt8] = []
        JSONWriter.append(to: &bytes) { json in
            json.object { json in
                json.member("role", role == .matchmaker ? "matchmaker" : "coordinator")
                json.member("nodeId", identity.node.name)
                json.member("incarnation", identity.incarnation.description)
                json.member("version", Version.text)
                json.key("sessions")
                json.object { json in for entry in sessions { json.member(entry.state.description, entry.count) } }
                if !phases.isEmpty {
                    json.key("phases")
                    json.object { json in for entry in phases { json.member(entry.name, entry.count) } }
                }
                json.key("tables")
                json.object { json in for entry in tables { json.member(entry.name, entry.count) } }
                json.key("expiring")
                json.object { json in for entry in expiring { json.member(entry.name, entry.count) } }
                json.key("links")
                json.array { json in links(&json) }
                json.key("scenes")
                json.array { json in scenes(&json) }
            }
        }
        bytes.append(0x0A)
        return bytes
    }
}

/// The pages that operators and probes read, the same on both servers.
public enum StatusPages {
    /// Nil for any other path.
    public static func respond(
        to request: HTTPRequest, state: () -> ServerState, notReadyBecause: () -> String?, metrics: Metrics
    ) -> HTTPResponse? {
        switch request.path {
        case "/healthz": break
        case "/readyz", "/metrics", "/v1/state": break
        default: return nil
        }
        guard request.method == .get || request.method == .head else {
            return HTTPResponse(.methodNotAllowed, headers: [HTTPField("Allow", "GET, HEAD")])
        }
        switch request.path {
        case "/healthz": return .text(.ok, "ok\n")
        case "/readyz":
            if let reason = notReadyBecause() { return .text(.serviceUnavailable, "not ready: \(reason)\n") }
            return .text(.ok, "ready\n")
        case "/metrics": return HTTPResponse(.ok, contentType: Metrics.contentType, body: metrics.render())
        default: return .json(.ok, state().json)
        }
    }
}
