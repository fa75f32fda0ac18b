/// How `bench join` shows its figures.
enum JoinReport {
    static func text(_ rounds: [JoinCommand.Round], subjects: Int, _ machine: Machine) -> String {
        func median(_ value: (JoinCommand.Round) -> Double) -> Double { Statistics.median(rounds.map(value)) }
        func milliseconds(_ share: Double, _ latencies: (JoinCommand.Round) -> [Double]) -> String {
            (median { Statistics.percentile(latencies($0), share) } / 1e6).fixed(1)
        }
        var table = Table(["", "per second", "p50 ms", "p99 ms", "worst ms", "CPU µs each"])
        let floor = median(\.floor.cpuMicroseconds)
        let server = median(\.server.cpuMicroseconds)
        table.add([
            "floor: connect to upgraded", median(\.floor.perSecond).grouped, milliseconds(0.5, \.floor.latenciesNs),
            milliseconds(0.99, \.floor.latenciesNs), milliseconds(1, \.floor.latenciesNs), floor.fixed(1),
        ])
        table.add([
            "matchmaker: connect to matched", median(\.server.perSecond).grouped, milliseconds(0.5, \.server.latenciesNs),
            milliseconds(0.99, \.server.latenciesNs), milliseconds(1, \.server.latenciesNs), server.fixed(1),
        ])
        table.add(["coordinator: its part of it", "", "", "", "", median(\.server.coordinatorCPUMicroseconds).fixed(1)])
        return """
            join: \(subjects) subjects at once in the scene duo-relay, \(rounds.count) rounds with fresh servers; medians
            \(machine.line)

            \(table.text)

            matchmaker / floor, CPU: \((server / max(floor, 0.001)).fixed(2)). A join is an upgrade, a place in a room, \
            its share of a hand-off, and two or more messages down.
            \(rounds.enumerated().map { verdict($0.offset + 1, $0.element) }.joined(separator: "\n"))
            """
    }

    private static func verdict(_ number: Int, _ round: JoinCommand.Round) -> String {
        let burst = round.server.burst
        let subjects = round.server.subjects
        var line = "round \(number): \(burst.matched) of \(subjects) matched, \(burst.losses.count) sockets lost, "
        line += "\(burst.closedCleanly) closed with 1000: \(round.isWhole ? "whole" : "NOT WHOLE")"
        if !round.floor.isWhole { line += "; the floor lost \(round.floor.burst.losses.count)" }
        return line + burst.firstLosses
    }

    static func json(_ rounds: [JoinCommand.Round], subjects: Int, _ machine: Machine) -> JSONText {
        .object([
            ("benchmark", .string("join")),
            ("machine", machine.json),
            (
                "settings",
                .object([
                    ("scene", .string("duo-relay")), ("subjects", .integer(subjects)), ("rounds", .integer(rounds.count)),
                ])
            ),
            ("whole", .bool(rounds.allSatisfy(\.isWhole))),
            ("rounds", .array(rounds.map(json))),
        ])
    }

    private static func json(_ round: JoinCommand.Round) -> JSONText {
        let burst = round.server.burst
        return .object([
            (
                "floor",
                .object(
                    [
                        ("upgraded", .integer(round.floor.burst.latenciesNs.count)),
                        ("lost", .integer(round.floor.burst.losses.count)),
                        ("elapsedNs", .integer(round.floor.burst.elapsedNs)),
                        ("cpuNs", .integer(round.floor.cpuNs)),
                    ] + latencies(round.floor.latenciesNs))
            ),
            (
                "server",
                .object(
                    [
                        ("matched", .integer(burst.matched)),
                        ("lost", .integer(burst.losses.count)),
                        ("closedCleanly", .integer(burst.closedCleanly)),
                        ("elapsedNs", .integer(burst.elapsedNs)),
                        ("matchmakerCpuNs", .integer(round.server.matchmakerCPUNs)),
                        ("coordinatorCpuNs", .integer(round.server.coordinatorCPUNs)),
                    ] + latencies(round.server.latenciesNs))
            ),
        ])
    }

    private static func latencies(_ values: [Double]) -> [(String, JSONText)] {
        [
            ("p50Ns", .number(Statistics.percentile(values, 0.5))), ("p99Ns", .number(Statistics.percentile(values, 0.99))),
            ("worstNs", .number(Statistics.percentile(values, 1))),
        ]
    }
}

extension JoinBurst {
    /// The first few reasons for losses, a line each, to put behind a message.
    var firstLosses: String { losses.prefix(5).map { "\n  \($0)" }.joined() }
}
