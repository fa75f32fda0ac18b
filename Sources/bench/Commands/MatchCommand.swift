import Service

/// `bench match`: the matchmaker's core on generated populations, within this process.
struct MatchCommand: BenchCommand {
    private static let waiting = Option.integer(
        "waiting", in: 0...10_000_000, default: 0, section: CommonSettings.loadSection, sources: .flag,
        help: "So many wait, in each scene; 0 for the targets' numbers.")
    private static let joins = Option.integer(
        "joins", in: 2000...100_000_000, default: 200_000, section: CommonSettings.loadSection, sources: .flag,
        help: "Joins that are measured, in each population.")
    private static let only = Option.text(
        "scene", "NAME", default: "", section: CommonSettings.loadSection, sources: .flag,
        help: "Only this scene: first-come or rules.")
    private static let growth = Option.flag(
        "growth", section: CommonSettings.loadSection, sources: .flag,
        help: "Also the table of growth, 1,000 to 1,000,000 waiting: a join may grow by the logarithm, beside what the floor grows by.")
    private static let seed = Option.integer(
        "seed", in: 0...Int.max, default: 1, section: CommonSettings.loadSection, sources: .flag,
        help: "Of the populations.")

    static let firstComeWaiting = 1_000_000
    static let firstComeJoinsPerSecondMin = 1e6
    static let rulesWaiting = 100_000
    static let rulesJoinsPerSecondMin = 1e5
    static let rulesP99NsMax = 1e5
    static let bytesMax = 500.0
    static let growthSteps = [1_000, 10_000, 100_000, 1_000_000]
    static let populations = 100

    static let declaration = Command(
        "match",
        help: "Run the matchmaker's core within this process on populations drawn from a seed, with immediate records and a "
            + "coordinator that accepts at once. Scene `first-come`: full pairs wait for a coordinator with room; each session "
            + "that ends lets the most senior pair go. Scene `rules`: a window of skill, a cap of the round trip between 8 "
            + "regions, both wider with waiting, and one of 10 languages; those who wait have nobody who fits, and half of "
            + "those who come do. In CPU time: joins and matches a second with all that comes of them (steps, hand-offs to a "
            + "coordinator, ends of sessions); the time of one join by itself; then each stage apart: joins while there is no "
            + "coordinator (a subject waits or completes a group, places are signed, everyone in the room is told), hand-offs "
            + "(a waiting group is recorded, offered, accepted and played, its players are told and close) and ends (the "
            + "owner's word is recorded and acknowledged, the session forgotten), beside the least of a join, which is to be put into "
            + "three bare hash tables as large, to be found again by name, connection and session, and to be told a signed place; "
            + "and beside the floor, one name into and one out of one such table. Also the memory allocated for each who waits, the wait, and "
            + "how far the pairs of small populations are from an exact optimum. Targets: first come "
            + "\(firstComeJoinsPerSecondMin.grouped) joins/s at \(Double(firstComeWaiting).grouped) waiting; rules "
            + "\(rulesJoinsPerSecondMin.grouped) joins/s, p99 at most \((rulesP99NsMax / 1000).fixed(0)) µs at "
            + "\(Double(rulesWaiting).grouped) waiting; at most \(bytesMax.fixed(0)) bytes each.",
        options: [waiting, joins, only, growth, seed])

    private let waiting: Int
    private let joins: Int
    private let scenes: [MatchScene]
    private let showsGrowth: Bool
    private let seed: UInt64
    private let common: CommonSettings

    init(_ configuration: Configuration) throws(ConfigurationError) {
        waiting = configuration[Self.waiting]
        joins = configuration[Self.joins]
        let name = configuration[Self.only]
        scenes = MatchScene.allCases.filter { name.isEmpty || $0.rawValue == name }
        guard !scenes.isEmpty else { throw configuration.error(Self.only, "there is no scene \(name)") }
        showsGrowth = configuration[Self.growth]
        seed = UInt64(configuration[Self.seed])
        common = CommonSettings(configuration)
    }

    func run() throws(BenchError) -> Bool {
        let machine = try Machine()
        try common.checkReport()
        var figures: [MatchFigures] = []
        for scene in scenes {
            let target = scene == .firstCome ? Self.firstComeWaiting : Self.rulesWaiting
            let own = waiting == 0 ? target : waiting
            let counts = showsGrowth ? Array(Set(Self.growthSteps + [own])).sorted() : [own]
            for count in counts {
                CommonSettings.progress("match: \(scene.rawValue), \(count) waiting")
                figures.append(try MatchMeasure.figures(scene, waiting: count, joins: joins, seed: seed))
            }
        }
        CommonSettings.progress("match: quality")
        let quality = scenes.contains(.rules) ? try MatchQuality.measured(populations: Self.populations, seed: seed) : nil
        MatchReport.print(figures, quality, machine)
        try common.writeReport { MatchReport.write(figures, quality, machine, seed: seed, to: &$0) }
        let missed = figures.flatMap(Self.misses)
            + MatchGrowth.all(figures).filter { !$0.isLogarithmic }.map { "growth: \($0.line)" }
        for miss in missed { Console.line("missed: \(miss)") }
        return missed.isEmpty || !common.checksTargets
    }

    /// Targets hold for their number of those who wait, and for all smaller ones.
    private static func misses(_ figures: MatchFigures) -> [String] {
        var missed: [String] = []
        let name = "\(figures.scene.rawValue), \(Double(figures.waiting).grouped) waiting"
        let (waitingMax, rateMin) =
            switch figures.scene {
            case .firstCome: (firstComeWaiting, firstComeJoinsPerSecondMin)
            case .rules: (rulesWaiting, rulesJoinsPerSecondMin)
            }
        if figures.waiting <= waitingMax, figures.joinsPerSecond < rateMin {
            missed.append(
                "\(name): \(figures.joinsPerSecond.grouped) joins/s of \(rateMin.grouped); joins alone "
                    + (1e9 / figures.stages.nsPerJoin).grouped)
        }
        if figures.scene == .rules, figures.waiting <= waitingMax, figures.p99Ns > rulesP99NsMax {
            missed.append("\(name): p99 \((figures.p99Ns / 1000).fixed(1)) µs of \((rulesP99NsMax / 1000).fixed(0))")
        }
        if figures.bytesPerSubject > bytesMax, figures.waiting >= 100_000 {
            missed.append("\(name): \(figures.bytesPerSubject.fixed(0)) bytes each of \(bytesMax.fixed(0))")
        }
        return missed
    }
}
