import Reactor
import WebProtocol

// Who may open a WebSocket.
extension WebServer {
    /// Who is at the other end of a connection, behind the proxies that are trusted.
    public func client(of id: ConnectionID) -> SocketAddress? { connection(id)?.client }

    /// Which page opened a WebSocket; known until `settle`, after which nobody asks any more.
    public func origin(of id: ConnectionID) -> RequestOrigin { connection(id)?.origin ?? .none }

    /// Addresses with WebSockets, where they are counted.
    public var addressCount: Int { connectionsByAddress.count }

    /// Looks at a request for a WebSocket that is in order otherwise; counts the connection if it is not refused.
    func refusal(of request: HTTPRequest, _ connection: WebConnection) -> UpgradeRefusal? {
        let access = limits.access
        let found = access.proxies.client(of: connection.client, request.headers)
        if let text = found.unreadable {
            application?.webNoticed(.unreadableProxyHeader(text, peer: connection.client))
        }
        let origin = RequestOrigin(request.headers)
        guard access.origins.admits(origin) || application?.admits(origin) == true else {
            return refuse(.origin, request, found.address)
        }
        if access.connectionsPerAddressMax > 0 {
            let key = AddressKey(found.address)
            guard connectionsByAddress[key, default: 0] < access.connectionsPerAddressMax else {
                return refuse(.connections, request, found.address)
            }
            connectionsByAddress[key, default: 0] += 1
        }
        connection.client = found.address
        connection.origin = origin
        return nil
    }

    /// What the application answers to an administrator.
    func administered(_ request: HTTPRequest, _ connection: WebConnection) -> HTTPResponse? {
        let client = limits.access.proxies.client(of: connection.client, request.headers).address
        return application?.administer(request, client: client)
    }

    /// Bodies are taken for administrators alone, whose answers are JSON.
    func refusal(for error: HTTPError) -> HTTPResponse {
        error == .bodyTooLong && limits.http.bodyBytesMax > 0 ? AdministrationError.contentTooLarge.response : error.response
    }

    private func refuse(_ refusal: UpgradeRefusal, _ request: HTTPRequest, _ client: SocketAddress) -> UpgradeRefusal {
        application?.webNoticed(.refused(refusal, origin: request.headers["origin"], client: client))
        return refusal
    }

    /// A WebSocket has closed.
    func release(_ connection: WebConnection) {
        guard limits.access.connectionsPerAddressMax > 0 else { return }
        let key = AddressKey(connection.client)
        guard let count = connectionsByAddress[key] else { return }
        connectionsByAddress[key] = count > 1 ? count - 1 : nil
    }
}
