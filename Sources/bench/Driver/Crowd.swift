/// Many WebSocket clients on one thread, for the phases in which they upgrade and talk JSON.
final class Crowd {
    private static let receiveBytes = 65536

    private(set) var clients: [WebSocketClient] = []
    private let poller: Poller
    private let buffer: UnsafeMutableRawBufferPointer
    private var events: [ClientEvent] = []

    init() throws(BenchError) {
        poller = try Poller()
        buffer = .allocate(byteCount: Crowd.receiveBytes, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// Starts one more connection and returns its index.
    @discardableResult
    func connect(port: UInt16, path: String) throws(BenchError) -> Int {
        let client = try WebSocketClient(port: port, path: path, seed: clients.count + 1)
        try poller.add(client.descriptor, token: clients.count, .writing)
        clients.append(client)
        return clients.count - 1
    }

    /// Handles what arrives until `finished` or the deadline; false when the deadline came first.
    ///
    /// `handle` gets the client's index and the event.
    func run(
        withinMs: Int, until finished: () -> Bool, handle: (Int, ClientEvent) throws(BenchError) -> Void
    ) throws(BenchError) -> Bool {
        let deadlineNs = nowNs() + UInt64(withinMs) * 1_000_000
        while !finished() {
            try Interrupt.check()
            guard nowNs() < deadlineNs else { return false }
            for ready in 0..<(try poller.wait(timeoutMs: 50)) {
                let index = poller.token(ready)
                let client = clients[index]
                switch client.phase {
                case .connecting:
                    client.connected(&events)
                    if client.phase == .upgrading { try poller.change(client.descriptor, token: index, .reading) }
                case .upgrading, .open: client.readable(into: buffer, &events)
                case .closed: break
                }
                for event in events { try handle(index, event) }
                events.removeAll(keepingCapacity: true)
            }
        }
        return true
    }

    /// Closes all connections.
    func closeAll() {
        for client in clients { client.close() }
    }
}
