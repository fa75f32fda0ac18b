import Service

/// `bench join`: a burst of joins at once, beside a bare accept-and-upgrade.
struct JoinCommand: BenchCommand {
    private static let subjects = Option.integer(
        "subjects", in: 2...9000, default: 2000, section: CommonSettings.loadSection, sources: .flag,
        help: "Subjects in the burst; a multiple of 2.")
    private static let deadline = Option.durationMs(
        "deadline", in: 1000...600_000, default: 30_000, section: CommonSettings.loadSection, sources: .flag,
        help: "Time for the whole burst.")
    private static let rounds = CommonSettings.rounds(default: 3)

    static let declaration = Command(
        "join",
        help: "Connect many subjects at once to the matchmaker, upgrade, and join the scene duo-relay. The floor is a server "
            + "that only accepts, answers the upgrade and closes. Every subject must be matched and no socket lost, or the "
            + "exit status is 1, with or without --check. Each round has fresh servers.",
        options: [subjects, deadline, rounds])

    private let subjects: Int
    private let deadlineMs: Int
    private let rounds: Int
    private let common: CommonSettings

    init(_ configuration: Configuration) throws(ConfigurationError) {
        subjects = configuration[Self.subjects]
        guard subjects % 2 == 0 else { throw configuration.error(Self.subjects, "\(subjects) is no multiple of 2") }
        deadlineMs = configuration[Self.deadline]
        rounds = configuration[Self.rounds]
        common = CommonSettings(configuration)
    }

    func run() throws(BenchError) -> Bool {
        let machine = try Machine()
        try common.checkReport()
        guard machine.openFilesMax >= subjects + 100 else {
            throw .failure("\(subjects) subjects need \(subjects + 100) open files and the limit is \(machine.openFilesMax)")
        }
        let binaries = try common.binaries()
        var results: [Round] = []
        for number in 1...rounds {
            CommonSettings.progress("join: round \(number) of \(rounds)")
            let floor = try floorLeg()
            results.append(Round(floor: floor, server: try serverLeg(binaries, number)))
        }
        Console.line(JoinReport.text(results, subjects: subjects, machine))
        try common.writeReport { JoinReport.write(results, subjects: subjects, machine, to: &$0) }
        return results.allSatisfy(\.isWhole)
    }

    struct Round {
        let floor: UpgradeFigures
        let server: JoinFigures

        var isWhole: Bool { floor.isWhole && server.isWhole }
    }

    private func floorLeg() throws(BenchError) -> UpgradeFigures {
        let floor = try FloorProcess.start(AcceptFloor.role)
        let startCPU = try floor.child.clock.readNs()
        let burst = try UpgradeBurst(port: floor.port, connections: subjects, withinMs: deadlineMs)
        let figures = UpgradeFigures(burst: burst, cpuNs: try floor.child.clock.readNs() - startCPU)
        try floor.child.stop(withinMs: FloorProcess.stopMs)
        return figures
    }

    private func serverLeg(_ binaries: String, _ number: Int) throws(BenchError) -> JoinFigures {
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
