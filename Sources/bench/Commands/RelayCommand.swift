/// `bench relay`: what a relayed message costs the coordinator, beside a bare relay.
enum RelayCommand: BenchCommand {
    static let name = "relay"
    static let summary = "CPU of the coordinator for a relayed message"
    static let options =
        [
            Option.value("--players"), .value("--sessions"), .value("--inflight"), .value("--bytes"), .value("--seconds"),
            .value("--drivers"), .flag("--sleep"), .flag("--null"),
        ] + CommonOptions.all

    /// The most that the server may cost, relative to its floor.
    static let ratioMax = 1.3

    static let help = """
        usage: bench relay [OPTION]...

        Plays many sessions of the scene duo-relay (or quartet-relay) on the real servers and on the floor, a bare
        epoll relay that only removes masks, and compares the CPU time that each spends on a message delivered.
        Each player keeps N messages in flight: it sends N frames by one write, in one segment, and the next N
        when N have come from each other player. Target: at most \(ratioMax.fixed(1)) x the floor at every depth.

          --players N      players a session, 2 or 4 (default 2)
          --sessions N     sessions at once (default 32)
          --inflight N,... messages in flight for each player (default 1,8)
          --bytes N        message length, its 2-byte header included (default 64)
          --seconds S      measured time of one leg (default 1)
          --drivers N      driver threads (default 1)
          --sleep          the driver sleeps when nothing has come, so that waking it is part of what a send costs;
                           otherwise it spins, as clients on other machines cost a server no wake-up
          --null           a second floor takes the servers' place: the ratio, which should be 1, shows the method's error
        \(CommonOptions.help)
        """

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

    static func run(_ options: Options) throws(BenchError) -> Bool {
        let settings = try RelaySettings(options)
        let machine = try Machine()
        try CommonOptions.checkReport(options)
        let floor = try FloorProcess.start(RelayFloor.role, ["--players", "\(settings.players)"])
        let depths: [Depth]
        if settings.isNull {
            let second = try FloorProcess.start(RelayFloor.role, ["--players", "\(settings.players)"])
            depths = try measure(settings, floor) { (plan, _) throws(BenchError) in try floorLeg(second, plan, settings) }
            try second.child.stop(withinMs: FloorProcess.stopMs)
        } else {
            let servers = try ServerPair(binaries: try CommonOptions.binaries(options))
            do {
                depths = try measure(settings, floor) { (plan, label) throws(BenchError) in
                    try serverLeg(servers, plan, settings, label)
                }
            } catch {
                throw servers.explained(error)
            }
            try servers.stop()
        }
        try floor.child.stop(withinMs: FloorProcess.stopMs)
        Console.line(RelayReport.text(depths, settings, machine))
        try CommonOptions.write(RelayReport.json(depths, settings, machine), options)
        return !options.has("--check") || depths.allSatisfy(\.isWithinTarget)
    }

    private static let setUpMs = 20_000

    /// Floor and server in turn, at every depth. `serverLeg` gets the plan and a name that no other leg has.
    private static func measure(
        _ settings: RelaySettings, _ floor: FloorProcess,
        _ serverLeg: (RelayPlan, String) throws(BenchError) -> RelayFigures
    ) throws(BenchError) -> [Depth] {
        var depths: [Depth] = []
        for inFlight in settings.inFlight {
            let plan = RelayPlan(players: settings.players, inFlight: inFlight, messageBytes: settings.messageBytes)
            var rounds: [Round] = []
            for number in 1...settings.rounds {
                CommonOptions.progress("relay: \(inFlight) in flight, round \(number) of \(settings.rounds)")
                let floorFigures = try floorLeg(floor, plan, settings)
                rounds.append(Round(floor: floorFigures, server: try serverLeg(plan, "\(inFlight)-\(number)")))
            }
            depths.append(Depth(inFlight: inFlight, rounds: rounds))
        }
        return depths
    }

    private static func floorLeg(
        _ floor: FloorProcess, _ plan: RelayPlan, _ settings: RelaySettings
    ) throws(BenchError) -> RelayFigures {
        let table = try PlayTable(
            floorPort: floor.port, sessions: settings.sessions, players: settings.players, withinMs: setUpMs)
        let figures = try RelayLoad.measure(
            table, plan: plan, settings: settings, server: floor.child)
        table.crowd.closeAll()
        return figures
    }

    private static func serverLeg(
        _ servers: ServerPair, _ plan: RelayPlan, _ settings: RelaySettings, _ label: String
    ) throws(BenchError) -> RelayFigures {
        let burst = try JoinBurst(
            port: servers.matchmakerPort, scene: settings.scene, subjects: settings.sessions * settings.players,
            namePrefix: "b-\(label)-", withinMs: setUpMs)
        guard burst.matched == burst.matches.count else {
            throw .failure("\(burst.matched) of \(burst.matches.count) subjects were matched\(burst.firstLosses)")
        }
        try burst.checkRosters(players: settings.players)
        let table = try PlayTable(entering: burst, withinMs: setUpMs)
        let figures = try RelayLoad.measure(
            table, plan: plan, settings: settings, server: servers.coordinator)
        try table.finish(withinMs: setUpMs)
        return figures
    }
}

/// The load that `bench relay` was asked for.
struct RelaySettings {
    let players: Int
    let sessions: Int
    let inFlight: [Int]
    let messageBytes: Int
    let seconds: Double
    let rounds: Int
    let drivers: Int
    let driverSleeps: Bool
    /// A second floor takes the servers' place.
    let isNull: Bool

    var scene: String { players == 2 ? "duo-relay" : "quartet-relay" }

    init(_ options: Options) throws(BenchError) {
        players = try options.integer("--players", default: 2, in: 2...4)
        guard players != 3 else { throw .usage("--players is 3; the default scenes have 2 or 4") }
        sessions = try options.integer("--sessions", default: 32, in: 1...2000)
        inFlight = try options.integers("--inflight", default: [1, 8], in: 1...256)
        messageBytes = try options.integer("--bytes", default: 64, in: RelayPlan.messageBytesMin...16384)
        seconds = try options.seconds("--seconds", default: 1, in: 0.1...600)
        rounds = try options.integer("--rounds", default: 9, in: 1...1000)
        drivers = try options.integer("--drivers", default: 1, in: 1...64)
        driverSleeps = options.has("--sleep")
        isNull = options.has("--null")
        for depth in inFlight where depth * (messageBytes + 8) > RelayPlan.burstBytesMax {
            throw .usage("--inflight \(depth) of --bytes \(messageBytes) is a burst of over \(RelayPlan.burstBytesMax) bytes")
        }
    }
}
