import Service

/// `bench relay`: what a relayed message costs the coordinator, beside a bare relay.
struct RelayCommand: BenchCommand {
    /// The most that the server may cost, relative to its floor.
    static let ratioMax = 1.3

    static let declaration = Command(
        "relay",
        help: "Play many sessions of the scene duo-relay (or quartet-relay) on the real servers and on the floor, a bare "
            + "epoll relay that only removes masks, and compare the CPU time that each spends on a message delivered. Each "
            + "player keeps N messages in flight: it sends N frames by one write, in one segment, and the next N when N have "
            + "come from each other player. Target: at most \(ratioMax.fixed(1)) x the floor at every depth.",
        options: RelaySettings.options)

    private let settings: RelaySettings
    private let common: CommonSettings

    init(_ configuration: Configuration) throws(ConfigurationError) {
        settings = try RelaySettings(configuration)
        common = CommonSettings(configuration)
    }

    /// The floor's and the server's figures of one round.
    struct Round {
        let floor: RelayFigures
        let server: RelayFigures

        var ratio: Double { server.cpuMicrosecondsPerMessage / floor.cpuMicrosecondsPerMessage }
    }

    struct Depth {
        let inFlight: Int
        let rounds: [Round]

        var ratio: Double { Statistics.median(rounds.map(\.ratio)) }
        var isWithinTarget: Bool { ratio <= ratioMax }
    }

    func run() throws(BenchError) -> Bool {
        let machine = try Machine()
        try common.checkReport()
        let floor = try FloorProcess.start(RelayFloor.role, ["\(settings.players)"])
        let depths: [Depth]
        if settings.isNull {
            let second = try FloorProcess.start(RelayFloor.role, ["\(settings.players)"])
            depths = try measure(floor) { (plan, _) throws(BenchError) in try floorLeg(second, plan) }
            try second.child.stop(withinMs: FloorProcess.stopMs)
        } else {
            let servers = try ServerPair(binaries: try common.binaries())
            do {
                depths = try measure(floor) { (plan, label) throws(BenchError) in
                    try serverLeg(servers, plan, label)
                }
            } catch {
                throw servers.explained(error)
            }
            try servers.stop()
        }
        try floor.child.stop(withinMs: FloorProcess.stopMs)
        Console.line(RelayReport.text(depths, settings, machine))
        try common.writeReport { RelayReport.write(depths, settings, machine, to: &$0) }
        return !common.checksTargets || depths.allSatisfy(\.isWithinTarget)
    }

    private static let setUpMs = 20_000

    /// Floor and server in turn, at every depth. `serverLeg` gets the plan and a name that no other leg has.
    private func measure(
        _ floor: FloorProcess,
        _ serverLeg: (RelayPlan, String) throws(BenchError) -> RelayFigures
    ) throws(BenchError) -> [Depth] {
        var depths: [Depth] = []
        for inFlight in settings.inFlight {
            let plan = RelayPlan(players: settings.players, inFlight: inFlight, messageBytes: settings.messageBytes)
            var rounds: [Round] = []
            for number in 1...settings.rounds {
                CommonSettings.progress("relay: \(inFlight) in flight, round \(number) of \(settings.rounds)")
                let floorFigures = try floorLeg(floor, plan)
                rounds.append(Round(floor: floorFigures, server: try serverLeg(plan, "\(inFlight)-\(number)")))
            }
            depths.append(Depth(inFlight: inFlight, rounds: rounds))
        }
        return depths
    }

    private func floorLeg(_ floor: FloorProcess, _ plan: RelayPlan) throws(BenchError) -> RelayFigures {
        let table = try PlayTable(
            floorPort: floor.port, sessions: settings.sessions, players: settings.players, withinMs: Self.setUpMs)
        let figures = try RelayLoad.measure(
            table, plan: plan, settings: settings, server: floor.child)
        table.crowd.closeAll()
        return figures
    }

    private func serverLeg(_ servers: ServerPair, _ plan: RelayPlan, _ label: String) throws(BenchError) -> RelayFigures {
        let burst = try JoinBurst(
            port: servers.matchmakerPort, scene: settings.scene, subjects: settings.sessions * settings.players,
            namePrefix: "b-\(label)-", withinMs: Self.setUpMs)
        guard burst.matched == burst.matches.count else {
            throw .failure("\(burst.matched) of \(burst.matches.count) subjects were matched\(burst.firstLosses)")
        }
        try burst.checkRosters(players: settings.players)
        let table = try PlayTable(entering: burst, withinMs: Self.setUpMs)
        let figures = try RelayLoad.measure(
            table, plan: plan, settings: settings, server: servers.coordinator)
        try table.finish(withinMs: Self.setUpMs)
        return figures
    }
}
