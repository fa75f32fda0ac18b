import Reactor
import WebProtocol

/// Who may open a WebSocket, as far as the request for it tells.
public struct WebAccess: Sendable {
    public var origins = OriginPolicy.any
    public var proxies = ProxyTrust.none
    /// WebSockets at once from one address (`AddressKey`); 0 for no limit of its own.
    public var connectionsPerAddressMax = 0

    public init() {}
}

/// Who may connect to a Unix socket: a proxy in front of it often runs as a user of its own.
public enum UnixAccess: String, CaseIterable, Sendable {
    case owner
    case group
    case all

    var permissions: UInt32 {
        switch self {
        case .owner: 0o600
        case .group: 0o660
        case .all: 0o666
        }
    }
}

/// Why a WebSocket was not opened though the request for it was in order.
public enum UpgradeRefusal: String, CaseIterable, Sendable {
    /// 403.
    case origin
    /// 429.
    case connections
}

/// Something about a request that an operator may want to know.
public enum WebNotice: Sendable {
    case refused(UpgradeRefusal, origin: String?, client: SocketAddress)
    /// A proxy that is trusted says something that is no address; its own counts as the client's.
    case unreadableProxyHeader(String, peer: SocketAddress)
    /// A client was closed since it does not read.
    case slowReader(client: SocketAddress)
}

extension UpgradeRefusal {
    var response: HTTPResponse {
        switch self {
        case .origin: .text(.forbidden, "origin_refused: pages of this origin may not connect here\n")
        case .connections: .text(.tooManyRequests, "rate_limited: too many connections from this address\n")
        }
    }
}

extension ServerMetrics {
    /// Counts and logs what the web server has noticed.
    public func record(_ notice: WebNotice, _ logger: Logger) {
        switch notice {
        case .refused(let refusal, let origin, let client):
            registry.add(upgradesRefused[refusal])
            logger.warning(
                "upgrade_refused",
                ["why": .string(refusal.rawValue), "origin": .optional(origin), "client": .string(client.host)])
        case .unreadableProxyHeader(let text, let peer):
            registry.add(unreadableProxyHeaders)
            logger.warning(
                "proxy_header_unreadable", ["header": .string(text), "peer": .string("\(peer)")],
                message: "a trusted proxy does not say for whom it asks; its own address counts")
        case .slowReader(let client):
            registry.add(slowReaders)
            logger.warning("slow_reader", ["client": .string(client.host)], message: "it did not read what it was sent")
        }
    }
}
