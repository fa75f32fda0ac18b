/// `bench join`: a burst of joins at once, beside a bare accept-and-upgrade.
enum JoinCommand: BenchCommand {
    static let name = "join"
    static let summary = "a burst of joins at once on the matchmaker"
    static let options = [Option.value("--subjects"), .value("--deadline")] + CommonOptions.all

    static let help = """
        usage: bench join [OPTION]...

        Connects many subjects at once to the matchmaker, upgrades and joins the scene duo-relay. The floor is a server that
        only accepts, answers the upgrade and closes. Every subject must be matched and no socket lost, or the
        exit status is 1, with or without --check. Each round has fresh servers.

          --subjects N     subjects in the burst (default 2000; a multiple of 2)
          --deadline S     time for the whole burst (default 30)
        \(CommonOptions.help)
        """

    static func run(_ options: Options) throws(BenchError) -> Bool {
        let subjects = try options.integer("--subjects", default: 2000, in: 2...9000)
        guard subjects % 2 == 0 else { throw .usage("--subjects is \(subjects) and must be a multiple of 2") }
        let rounds = try options.integer("--rounds", default: 3, in: 1...1000)
        let deadlineMs = Int(try options.seconds("--deadline", default: 30, in: 1...600) * 1000)
        let machine = try Machine()
        try CommonOptions.checkReport(options)
        guard machine.openFilesMax >= subjects + 100 else {
            throw .failure("\(subjects) subjects need \(subjects + 100) open files and the limit is \(machine.openFilesMax)")
        }
        let binaries = try CommonOptions.binaries(options)
        var results: [Round] = []
        for number in 1...rounds {
            CommonOptions.progress("join: round \(number) of \(rounds)")
            let floor = try floorLeg(subjects, deadlineMs)
            results.append(Round(floor: floor, server: try serverLeg(binaries, subjects, deadlineMs, number)))
        }
        Console.line(JoinReport.text(results, subjects: subjects, machine))
        try CommonOptions.write(JoinReport.json(results, subjects: subjects, machine), options)
        return results.allSatisfy(\.isWhole)
    }

    struct Round {
        let floor: UpgradeFigures
        let server: JoinFigures

        var isWhole: Bool { floor.isWhole && server.isWhole }
    }

    private static func floorLeg(_ subjects: Int, _ deadlineMs: Int) throws(BenchError) -> UpgradeFigures {
        let floor = try FloorProcess.start(AcceptFloor.role)
        let startCPU = try floor.child.clock.readNs()
        let burst = try UpgradeBurst(port: floor.port, connections: subjects, withinMs: deadlineMs)
        let figures = UpgradeFigures(burst: burst, cpuNs: try floor.child.clock.readNs() - startCPU)
        try floor.child.stop(withinMs: FloorProcess.stopMs)
        return figures
    }

    private static func serverLeg(
        _ binaries: String, _ subjects: Int, _ deadlineMs: Int, _ number: Int
    ) throws(BenchError) -> JoinFigures {
        let servers = try ServerPair(binaries: binaries)
        do {
            let startCPU = (try servers.matchmaker.clock.readNs(), try servers.coordinator.clock.readNs())
            let burst = try JoinBurst(
                port: servers.matchmakerPort, scene: "duo-relay", subjects: subjects, namePrefix: "b-\(number)-",
                withinMs: deadlineMs)
            let figures = JoinFigures(
                burst: burst, matchmakerCPUNs: try servers.matchmaker.clock.readNs() - startCPU.0,
                coordinatorCPUNs: try servers.coordinator.clock.readNs() - startCPU.1)
            if figures.isWhole { try burst.checkRosters(players: 2) }
            try servers.stop()
            return figures
        } catch {
            throw servers.explained(error)
        }
    }
}

/// The figures of one burst of joins on the servers.
struct JoinFigures {
    let burst: JoinBurst
    let matchmakerCPUNs: UInt64
    /// What accepting the hand-offs cost the coordinator.
    let coordinatorCPUNs: UInt64

    var subjects: Int { burst.matches.count }
    var isWhole: Bool { burst.matched == subjects && burst.losses.isEmpty && burst.closedCleanly == subjects }
    var perSecond: Double { Double(burst.matched) / (Double(burst.elapsedNs) / 1e9) }
    var latenciesNs: [Double] { burst.matches.compactMap { $0.map { Double($0.elapsedNs) } } }
    var cpuMicroseconds: Double { Double(matchmakerCPUNs) / 1000 / Double(subjects) }
    var coordinatorCPUMicroseconds: Double { Double(coordinatorCPUNs) / 1000 / Double(subjects) }
}

/// The figures of one burst of upgrades on the floor.
struct UpgradeFigures {
    let burst: UpgradeBurst
    let cpuNs: UInt64

    var isWhole: Bool { burst.latenciesNs.count == burst.connections && burst.losses.isEmpty }
    var perSecond: Double { Double(burst.latenciesNs.count) / (Double(burst.elapsedNs) / 1e9) }
    var latenciesNs: [Double] { burst.latenciesNs }
    var cpuMicroseconds: Double { Double(cpuNs) / 1000 / Double(burst.connections) }
}
