/// How `bench relay` shows its figures.
enum RelayReport {
    static func text(_ depths: [RelayCommand.Depth], _ settings: RelaySettings, _ machine: Machine) -> String {
        var table = Table(["in flight", "", "messages/s", "CPU µs/message", "p50 µs", "p99 µs", "busy", "waited", "driver"])
        var verdicts: [String] = []
        for depth in depths {
            table.add(row("\(depth.inFlight)", "floor", depth.rounds.map(\.floor)))
            table.add(row("", settings.isNull ? "floor again" : "server", depth.rounds.map(\.server)))
            let ratios = depth.rounds.map(\.ratio)
            verdicts.append(
                "\(depth.inFlight) in flight: \(settings.isNull ? "floor" : "server") / floor \(depth.ratio.fixed(2))"
                    + " (\((ratios.min() ?? 0).fixed(2)) to \((ratios.max() ?? 0).fixed(2)));"
                    + " target at most \(RelayCommand.ratioMax.fixed(2)): \(depth.isWithinTarget ? "met" : "MISSED")")
        }
        return """
            relay: \(settings.sessions) sessions of \(settings.players) players, \(settings.messageBytes)-byte messages, \
            \(settings.rounds) rounds of \(settings.seconds) s; medians
            \(machine.line)

            \(table.text)

            \(verdicts.joined(separator: "\n"))
            CPU is that of the relaying process, user and system; p50 and p99 are round trips, there and back through it.
            busy: share of a core it used; waited: of the time, ready without a core (others' load); driver: share of a core.
            """
    }

    private static func row(_ label: String, _ name: String, _ figures: [RelayFigures]) -> [String] {
        func median(_ value: (RelayFigures) -> Double) -> Double { Statistics.median(figures.map(value)) }
        return [
            label, name,
            median(\.messagesPerSecond).grouped,
            median(\.cpuMicrosecondsPerMessage).fixed(3),
            median { Double($0.roundTrips.percentile(0.5)) / 1000 }.fixed(0),
            median { Double($0.roundTrips.percentile(0.99)) / 1000 }.fixed(0),
            "\((median(\.serverBusy) * 100).fixed(0)) %",
            "\((median(\.serverWaited) * 100).fixed(0)) %",
            "\((median(\.driverBusy) * 100).fixed(0)) %",
        ]
    }

    static func json(_ depths: [RelayCommand.Depth], _ settings: RelaySettings, _ machine: Machine) -> JSONText {
        .object([
            ("benchmark", .string("relay")),
            ("machine", machine.json),
            (
                "settings",
                .object([
                    ("scene", .string(settings.scene)), ("players", .integer(settings.players)),
                    ("sessions", .integer(settings.sessions)), ("messageBytes", .integer(settings.messageBytes)),
                    ("seconds", .number(settings.seconds)), ("rounds", .integer(settings.rounds)),
                    ("drivers", .integer(settings.drivers)), ("driverSleeps", .bool(settings.driverSleeps)),
                    ("null", .bool(settings.isNull)), ("load", .string("a burst in one segment, the next when it is answered")),
                ])
            ),
            ("depths", .array(depths.map(json))),
        ])
    }

    private static func json(_ depth: RelayCommand.Depth) -> JSONText {
        .object([
            ("inFlight", .integer(depth.inFlight)),
            ("ratio", .number(depth.ratio)),
            ("ratioMax", .number(RelayCommand.ratioMax)),
            ("met", .bool(depth.isWithinTarget)),
            (
                "rounds",
                .array(
                    depth.rounds.map { round in
                        .object([("ratio", .number(round.ratio)), ("floor", json(round.floor)), ("server", json(round.server))])
                    })
            ),
        ])
    }

    private static func json(_ figures: RelayFigures) -> JSONText {
        .object([
            ("seconds", .number(figures.seconds)),
            ("delivered", .integer(figures.delivered)),
            ("messagesPerSecond", .number(figures.messagesPerSecond)),
            ("cpuNs", .integer(figures.serverCPUNs)),
            ("cpuMicrosecondsPerMessage", .number(figures.cpuMicrosecondsPerMessage)),
            ("busy", .number(figures.serverBusy)),
            ("waited", .number(figures.serverWaited)),
            ("driverBusy", .number(figures.driverBusy)),
            ("roundTrips", .integer(figures.roundTrips.total)),
            ("roundTripP50Ns", .integer(figures.roundTrips.percentile(0.5))),
            ("roundTripP99Ns", .integer(figures.roundTrips.percentile(0.99))),
            ("roundTripWorstNs", .integer(figures.roundTrips.largestNs)),
        ])
    }
}
