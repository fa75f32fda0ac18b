import WebProtocol

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

    static func write(
        _ rounds: [JoinCommand.Round], subjects: Int, _ machine: Machine, to json: inout JSONWriter
    ) {
        json.member("benchmark", "join")
        machine.write(to: &json)
        json.key("settings")
        json.object { json in
            json.member("scene", "duo-relay")
            json.member("subjects", subjects)
            json.member("rounds", rounds.count)
        }
        json.member("whole", rounds.allSatisfy(\.isWhole))
        json.key("rounds")
        json.array { json in
            for round in rounds { json.object { write(round, to: &$0) } }
        }
    }

    private static func write(_ round: JoinCommand.Round, to json: inout JSONWriter) {
        let burst = round.server.burst
        json.key("floor")
        json.object { json in
            json.member("upgraded", round.floor.burst.latenciesNs.count)
            json.member("lost", round.floor.burst.losses.count)
            json.member("elapsedNs", round.floor.burst.elapsedNs)
            json.member("cpuNs", round.floor.cpuNs)
            write(latenciesNs: round.floor.latenciesNs, to: &json)
        }
        json.key("server")
        json.object { json in
            json.member("matched", burst.matched)
            json.member("lost", burst.losses.count)
            json.member("closedCleanly", burst.closedCleanly)
            json.member("elapsedNs", burst.elapsedNs)
            json.member("matchmakerCpuNs", round.server.matchmakerCPUNs)
            json.member("coordinatorCpuNs", round.server.coordinatorCPUNs)
            write(latenciesNs: round.server.latenciesNs, to: &json)
        }
    }

    private static func write(latenciesNs values: [Double], to json: inout JSONWriter) {
        json.member("p50Ns", Statistics.percentile(values, 0.5))
        json.member("p99Ns", Statistics.percentile(values, 0.99))
        json.member("worstNs", Statistics.percentile(values, 1))
    }
}

extension JoinBurst {
    /// The first few reasons for losses, a line each, to put behind a message.
    var firstLosses: String { losses.prefix(5).map { "\n  \($0)" }.joined() }
}
