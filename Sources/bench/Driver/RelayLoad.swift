/// The figures of one leg of the relay benchmark.
struct RelayFigures {
    let seconds: Double
    let delivered: Int
    /// CPU time of the measured process.
    let serverCPUNs: UInt64
    /// CPU time of the driver, all its threads.
    let driverCPUNs: UInt64
    /// How long the measured process was ready and did not get a core: others disturbed the leg.
    let serverWaitedNs: UInt64
    let roundTrips: LatencyHistogram

    var messagesPerSecond: Double { Double(delivered) / seconds }
    var cpuMicrosecondsPerMessage: Double { Double(serverCPUNs) / 1000 / Double(delivered) }
    /// Share of one core that the measured process used.
    var serverBusy: Double { Double(serverCPUNs) / 1e9 / seconds }
    var serverWaited: Double { Double(serverWaitedNs) / 1e9 / seconds }
    var driverBusy: Double { Double(driverCPUNs) / 1e9 / seconds }
}

/// Relays messages among the players of a table and measures the process that relays them.
enum RelayLoad {
    private static let warmUpMs = 300

    static func measure(
        _ table: PlayTable, plan: RelayPlan, settings: RelaySettings, server: ChildProcess
    ) throws(BenchError) -> RelayFigures {
        var shares: [[RelaySeat]] = Array(repeating: [], count: min(settings.drivers, table.sessions.count))
        for (row, session) in table.sessions.enumerated() {
            for (player, index) in session.enumerated() {
                let seat = RelaySeat(client: table.crowd.clients[index], player: player, plan: plan)
                shares[row % shares.count].append(seat)
            }
        }
        var workers: [RelayWorker] = []
        for share in shares { workers.append(try RelayWorker(seats: share, spinning: !settings.driverSleeps)) }
        let figures: Result<RelayFigures, BenchError>
        do {
            for worker in workers { try worker.start() }
            figures = .success(try window(workers, seconds: settings.seconds, server: server))
        } catch {
            figures = .failure(error)
        }
        // Every thread must be gone before its seats are.
        var failure: BenchError?
        for worker in workers {
            do { try worker.join() } catch { failure = error }
        }
        if let failure { throw failure }
        return try figures.get()
    }

    private static func window(
        _ workers: [RelayWorker], seconds: Double, server: ChildProcess
    ) throws(BenchError) -> RelayFigures {
        let driver = ProcessorClock.ownProcess
        try sleep(ms: warmUpMs, workers)
        for worker in workers { worker.record(true) }
        let (startNs, startCPU, startDriver) = (nowNs(), try server.clock.readNs(), try driver.readNs())
        let startWaited = server.waitedNs
        let startCount = workers.reduce(0) { $0 + $1.delivered }
        try sleep(ms: Int(seconds * 1000), workers)
        let (endNs, endCPU, endDriver) = (nowNs(), try server.clock.readNs(), try driver.readNs())
        let waitedNs = server.waitedNs &- startWaited
        let endCount = workers.reduce(0) { $0 + $1.delivered }
        for worker in workers { worker.record(false) }
        guard endCount > startCount else { throw .failure("no message was relayed") }
        // The threads write their histograms until they have stopped, so these are read afterwards.
        for worker in workers { try worker.join() }
        var roundTrips = LatencyHistogram()
        for worker in workers { roundTrips.merge(worker.roundTrips) }
        return RelayFigures(
            seconds: Double(endNs - startNs) / 1e9, delivered: endCount - startCount, serverCPUNs: endCPU - startCPU,
            driverCPUNs: endDriver - startDriver, serverWaitedNs: waitedNs, roundTrips: roundTrips)
    }

    /// Sleeps in slices, so that a failure or a signal ends the leg at once.
    private static func sleep(ms: Int, _ workers: [RelayWorker]) throws(BenchError) {
        let endNs = nowNs() + UInt64(ms) * 1_000_000
        while true {
            let now = nowNs()
            guard now < endNs else { return }
            try Interrupt.check()
            if workers.contains(where: \.hasFailed) { return }
            pause(ms: min(100, Int((endNs - now) / 1_000_000) + 1))
        }
    }
}
