import Reactor

/// Asks a server whether it is ready.
enum ReadinessProbe {
    /// Another server may have the port, and be ready: the one that answers must have this name.
    static func isReady(host: String, port: Int, node: String) -> Bool {
        guard answer("/readyz", host, port).starts(with: "HTTP/1.1 200 ") else { return false }
        return answer("/v1/state", host, port).contains("\"nodeId\":\"\(node)\"")
    }

    /// Head and body; empty when none came.
    private static func answer(_ path: String, _ host: String, _ port: Int) -> String {
        guard let handler = try? Handler(host: host, port: port) else { return "" }
        return String(decoding: handler.ask(path), as: UTF8.self)
    }

    private final class Handler: ConnectionHandler {
        private let loop: EventLoop
        private let address: SocketAddress
        private var answer: [UInt8] = []
        private var isDone = false

        init(host: String, port: Int) throws {
            loop = try EventLoop()
            address = try SocketAddress(parsing: "\(host):\(port)")
        }

        func ask(_ path: String) -> [UInt8] {
            do {
                let id = try loop.connect(to: address, handler: self, timeoutMs: 500)
                let request = Array("GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n".utf8)
                _ = loop.send(request.span, to: id)
                let deadlineMs = Clock.bootMs() + 1_000
                while !isDone, Clock.bootMs() < deadlineMs { try loop.runOnce(timeoutMs: 100) }
            } catch {
                return []
            }
            return answer
        }

        func opened(_ id: ConnectionID, peer: SocketAddress) {}
        func received(_ bytes: inout MutableSpan<UInt8>, from id: ConnectionID) {
            for index in bytes.indices { answer.append(bytes[index]) }
        }
        func deadlineReached(_ id: ConnectionID) {}
        func drained(_ id: ConnectionID) {}
        func closed(_ id: ConnectionID, reason: ConnectionCloseReason) { isDone = true }
    }
}
