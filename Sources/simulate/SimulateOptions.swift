import Service
import Simulation

/// What `simulate` can be asked.
enum SimulateOptions {
    private static let run = "Run"
    private static let world = "World"
    private static let output = "Output"

    static let seed = Option.integer(
        "seed", in: 0...Int.max, default: 1, section: run, sources: .flag, help: "The first seed.")
    static let seeds = Option.integer(
        "seeds", in: 1...1_000_000_000, section: run, sources: .flag,
        help: "How many seeds from there on. Without --seed and --seeds it is the standard run: \(standardSeeds) seeds, in "
            + "which every exit path and every rare branch must be reached.")
    static let alsoSeeds = Option.list(
        "also-seeds", "SEED,…", section: run, sources: .flag, help: "More seeds behind those: of the day, say.")
    static let cpu = Option.durationMs(
        "cpu", in: 1...86_400_000, default: 86_400_000, section: run, sources: .flag,
        help: "Begin no other run when so much CPU time has been used.")
    static let failures = Option.integer(
        "failures", in: 1...1000, default: 1, section: run, sources: .flag, help: "Stop behind so many failures.")
    static let shrink = Option.flag(
        "shrink", default: true, section: run, sources: .flag, help: "Make a failing run as small as it gets.")
    static let check = Option.flag(
        "check-coverage", section: run, sources: .flag,
        help: "Exit with 3 when a path was never reached; the standard run always does.")

    static let preset = Option.choice(
        "preset", default: RunOptions.Preset.standard, section: world, sources: .flag,
        help: "standard: faults and quirks chosen per run; storm: small and full of faults; crowd: thousands of clients; calm: "
            + "no faults, for the simulator's own speed.")
    static let clients = Option.integer(
        "clients", in: 1...100_000, section: world, sources: .flag, help: "Clients; what the seed says when not given.")
    static let coordinators = Option.integer(
        "coordinators", in: 1...200, section: world, sources: .flag, help: "Coordinators, likewise.")
    static let duration = Option.durationMs(
        "duration", in: 0...86_400_000, default: 0, section: world, sources: .flag,
        help: "How long faults and workload go on, in virtual time; 0 for what the seed says.")
    static let faults = Option.list(
        "faults", "KIND,…", default: ["all"], section: world, sources: .flag,
        help: "Kinds of faults: all, none, or some of \(FaultKind.allCases.map(\.name).joined(separator: " ")).")
    static let quirks = Option.list(
        "quirks", "KIND,…", default: ["all"], section: world, sources: .flag,
        help: "What clients do wrong: all, none, or some of \(Quirk.allCases.map(\.name).joined(separator: " ")).")
    static let keepFaults = Option.list(
        "keep-faults", "N,…", itemsMax: 10_000, default: ["all"], section: world, sources: .flag,
        help: "Of the faults that the seed decides, only these: all, none, or their numbers.")
    static let keepClients = Option.list(
        "keep-clients", "N,…", itemsMax: 100_000, default: ["all"], section: world, sources: .flag,
        help: "Of the clients only these: all, none, or their numbers.")
    static let canary = Option.text(
        "canary", default: "", section: world, sources: .flag,
        help: "Break a promise on purpose, to see it found: \(Canary.allCases.map(\.rawValue).joined(separator: " ")).")

    static let trace = Option.integer(
        "trace", "LINES", in: 0...10_000_000, default: 0, section: output, sources: .flag,
        help: "Print the last lines of each run's trace, failed or not.")
    static let coverage = Option.flag(
        "coverage", section: output, sources: .flag, help: "Print how often each path and branch was reached.")
    static let json = Option.path(
        "json", section: output, sources: .flag, help: "Also write all figures there.")

    static let standardSeeds = 600

    static let program = Program(
        name: "simulate",
        summary: "runs both cores with many coordinators and clients in a world of virtual time, network, disk and chance, "
            + "and checks every promise after every step. Build it with -c release.",
        options: [
            seed, seeds, alsoSeeds, cpu, failures, shrink, check, preset, clients, coordinators, duration, faults, quirks,
            keepFaults, keepClients, canary, trace, coverage, json,
        ],
        readsFile: false)
}

/// What it was asked, checked.
struct SimulateSettings {
    let seeds: [UInt64]
    let cpuSecondsMax: Double?
    let failuresMax: Int
    let shrinks: Bool
    let checksCoverage: Bool
    let traceLines: Int
    let printsCoverage: Bool
    let jsonPath: String?
    private let base: RunOptions

    init(_ configuration: Configuration) throws(ConfigurationError) {
        let isStandard =
            configuration.origin(of: SimulateOptions.seed) == .fallback && configuration[SimulateOptions.seeds] == nil
            && configuration[SimulateOptions.preset] == .standard
        let isOne = configuration.origin(of: SimulateOptions.seed) != .fallback
        let count = configuration[SimulateOptions.seeds] ?? (isOne ? 1 : SimulateOptions.standardSeeds)
        let first = UInt64(configuration[SimulateOptions.seed])
        var seeds = (0..<UInt64(count)).map { first &+ $0 }
        for text in configuration[SimulateOptions.alsoSeeds] {
            guard let seed = UInt64(text) else { throw configuration.error(SimulateOptions.alsoSeeds, "\(text) is no seed") }
            seeds.append(seed)
        }
        self.seeds = seeds
        let cpuMs = configuration[SimulateOptions.cpu]
        cpuSecondsMax = configuration.origin(of: SimulateOptions.cpu) == .fallback ? nil : Double(cpuMs) / 1000
        failuresMax = configuration[SimulateOptions.failures]
        shrinks = configuration[SimulateOptions.shrink]
        checksCoverage = isStandard || configuration[SimulateOptions.check]
        traceLines = configuration[SimulateOptions.trace]
        printsCoverage = configuration[SimulateOptions.coverage]
        jsonPath = configuration[SimulateOptions.json]

        var base = RunOptions(seed: first, preset: configuration[SimulateOptions.preset])
        base.clients = configuration[SimulateOptions.clients]
        base.coordinators = configuration[SimulateOptions.coordinators]
        let durationMs = configuration[SimulateOptions.duration]
        base.activeMs = durationMs == 0 ? nil : UInt64(durationMs)
        if let kinds = try Self.choices(configuration, SimulateOptions.faults, FaultKind.init(name:)) { base.faultKinds = Set(kinds) }
        if let kinds = try Self.choices(configuration, SimulateOptions.quirks, Quirk.init(name:)) { base.quirks = Set(kinds) }
        base.keptFaults = try Self.choices(configuration, SimulateOptions.keepFaults) { Int($0) }
        base.keptClients = try Self.choices(configuration, SimulateOptions.keepClients) { Int($0) }
        let canary = configuration[SimulateOptions.canary]
        if !canary.isEmpty {
            base.canary = Canary(rawValue: canary)
            if base.canary == nil { throw configuration.error(SimulateOptions.canary, "there is no canary \(canary)") }
        }
        self.base = base
    }

    func options(_ seed: UInt64) -> RunOptions {
        var options = base
        options.seed = seed
        return options
    }

    /// Nil for all of them.
    private static func choices<Choice>(
        _ configuration: Configuration, _ option: Option<[String]>, _ make: (String) -> Choice?
    ) throws(ConfigurationError) -> [Choice]? {
        let words = configuration[option]
        if words == ["all"] { return nil }
        if words == ["none"] { return [] }
        var choices: [Choice] = []
        for word in words {
            guard let choice = make(word) else { throw configuration.error(option, "there is no \(word)") }
            choices.append(choice)
        }
        return choices
    }
}
