import Service
import WebProtocol

/// The load that `bench ticks` was asked for.
struct TickSettings {
    private static let section = CommonSettings.loadSection
    private static let sessionsOption = Option.integer(
        "sessions", in: 1...5_000, default: 250, section: section, sources: .flag, help: "Sessions at once.")
    private static let playersOption = Option.integer(
        "players", in: 1...64, default: 4, section: section, sources: .flag, help: "Players a session.")
    private static let rateOption = Option.integer(
        "rate", in: 1...200, default: 20, section: section, sources: .flag, help: "Ticks a second.")
    private static let bytesOption = Option.bytes(
        "bytes", in: 1...1024, default: 16, section: section, sources: .flag, help: "Length of each input.")
    private static let ticksOption = Option.integer(
        "ticks", in: 10...100_000, default: 400, section: section, sources: .flag, help: "Ticks of one round.")
    private static let roundsOption = CommonSettings.rounds(default: 9)

    static let options: [any DeclaredOption] = [
        sessionsOption, playersOption, rateOption, bytesOption, ticksOption, roundsOption,
    ]

    let sessions: Int
    let players: Int
    let rate: Int
    let inputBytes: Int
    let ticks: Int
    let rounds: Int

    var intervalMs: Int { 1000 / rate }

    init(_ configuration: Configuration) {
        sessions = configuration[Self.sessionsOption]
        players = configuration[Self.playersOption]
        rate = configuration[Self.rateOption]
        inputBytes = configuration[Self.bytesOption]
        ticks = configuration[Self.ticksOption]
        rounds = configuration[Self.roundsOption]
    }
}

/// `bench ticks`: what lockstep costs a coordinator's core, beside copying the same bytes.
struct TicksCommand: BenchCommand {
    /// The most that a bundle with its inputs may cost, relative to its floor.
    static let ratioMax = 4.0

    static let declaration = Command(
        "ticks",
        help: "Many games in lockstep in one coordinator's core, without sockets: each player's input of each tick is taken and each "
            + "bundle is made, addressed and kept. Prints CPU time for a bundle, its inputs included, and the floor: the same bytes copied "
            + "to the same places without a question. Targets: at most \(ratioMax.fixed(1)) x the floor, and no allocation a tick.",
        options: TickSettings.options)

    private let settings: TickSettings
    private let common: CommonSettings

    init(_ configuration: Configuration) throws(ConfigurationError) {
        settings = TickSettings(configuration)
        common = CommonSettings(configuration)
    }

    func run() throws(BenchError) -> Bool {
        let machine = try Machine()
        try common.checkReport()
        let games = try TickGames(settings)
        var floor = TickFloor(settings)
        // Until the rings have come to their bounds, they grow.
        for _ in 0..<1_000 {
            games.tick()
            floor.tick()
        }
        let allocations = Allocations.areSeen ? Allocations.counted { for _ in 0..<settings.ticks { games.tick() } } : nil
        let (bundlesBefore, inputsBefore) = (games.bundles, games.inputs)
        var (server, least, ratios): ([Double], [Double], [Double]) = ([], [], [])
        for round in 1...settings.rounds {
            CommonSettings.progress("ticks: round \(round) of \(settings.rounds)")
            let floorNs = try ns { for _ in 0..<settings.ticks { floor.tick() } }
            let serverNs = try ns { for _ in 0..<settings.ticks { games.tick() } }
            server.append(serverNs)
            least.append(floorNs)
            ratios.append(serverNs / floorNs)
        }
        let ticks = settings.rounds * settings.ticks
        guard games.bundles - bundlesBefore == ticks * settings.sessions,
            games.inputs - inputsBefore == ticks * settings.sessions * settings.players, floor.bytes > 0
        else { throw .failure("not every tick had its bundle with the inputs of all") }
        let (bundleNs, floorNs, ratio) = (Statistics.median(server), Statistics.median(least), Statistics.median(ratios))
        let share = bundleNs * Double(settings.rate) / 1e9
        Console.line(machine.line)
        Console.line("")
        Console.line("\(settings.sessions) sessions of \(settings.players), \(settings.inputBytes) bytes an input")
        Console.line(
            "\(bundleNs.fixed(0)) ns a bundle with its inputs, floor \(floorNs.fixed(0)) ns, ratio \(ratio.fixed(2))")
        let most = (1 / share).rounded(.down)
        Console.line("one core makes the bundles of \(most.grouped) such sessions at \(settings.rate) ticks a second")
        let count = allocations.map { "\($0)" } ?? "?"
        Console.line("allocations in \(settings.ticks) ticks of all: \(count)")
        try common.writeReport { json in
            json.member("benchmark", "ticks")
            machine.write(to: &json)
            json.member("sessions", settings.sessions)
            json.member("players", settings.players)
            json.member("inputBytes", settings.inputBytes)
            json.member("bundleNs", bundleNs)
            json.member("floorNs", floorNs)
            json.member("ratio", ratio)
            if let allocations { json.member("allocations", allocations) }
        }
        return !common.checksTargets || ratio <= Self.ratioMax && (allocations ?? 0) == 0
    }

    /// CPU time for one bundle.
    private func ns(_ work: () -> Void) throws(BenchError) -> Double {
        let start = try ProcessorClock.ownProcess.readNs()
        work()
        let end = try ProcessorClock.ownProcess.readNs()
        return Double(end - start) / Double(settings.ticks * settings.sessions)
    }
}
