/// Many connections that connect and upgrade at once, for the floor of a join.
struct UpgradeBurst {
    let connections: Int
    /// From `connect` until the upgrade was answered, for each connection that got so far.
    private(set) var latenciesNs: [Double] = []
    private(set) var losses: [String] = []
    private(set) var elapsedNs: UInt64 = 0

    /// The same steps as in `JoinBurst`, up to the upgrade.
    init(port: UInt16, connections: Int, withinMs: Int) throws(BenchError) {
        self.connections = connections
        let crowd = try Crowd()
        let startNs = nowNs()
        for _ in 0..<connections { try crowd.connect(port: port, path: "/v1/join") }
        var open = connections
        var lastNs = startNs
        _ = try crowd.run(withinMs: withinMs, until: { open == 0 }) { (index, event) throws(BenchError) in
            switch event {
            case .upgraded:
                lastNs = nowNs()
                latenciesNs.append(Double(lastNs - crowd.clients[index].startedNs))
            case .text, .binary, .closing: throw .failure("the floor sent a frame")
            case .ended:
                open -= 1
            case .lost(let reason):
                open -= 1
                losses.append(reason)
            }
        }
        elapsedNs = max(1, lastNs - startNs)
        crowd.closeAll()
    }
}
