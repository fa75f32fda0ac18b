import WebProtocol

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

    static func write(
        _ depths: [RelayCommand.Depth], _ settings: RelaySettings, _ machine: Machine, to json: inout JSONWriter
    ) {
        json.member("benchmark", "relay")
        machine.write(to: &json)
        json.key("settings")
        json.object { json in
            json.member("scene", settings.scene)
            json.member("players", settings.players)
            json.member("sessions", settings.sessions)
            json.member("messageBytes", settings.messageBytes)
            json.member("seconds", settings.seconds)
            json.member("rounds", settings.rounds)
            json.member("drivers", settings.drivers)
            json.member("driverSleeps", settings.driverSleeps)
            json.member("null", settings.isNull)
            json.member("load", "a burst in one segment, the next when it is answered")
        }
        json.key("depths")
        json.array { json in
            for depth in depths { json.object { write(depth, to: &$0) } }
        }
    }

    private static func write(_ depth: RelayCommand.Depth, to json: inout JSONWriter) {
        json.member("inFlight", depth.inFlight)
        json.member("ratio", depth.ratio)
        json.member("ratioMax", RelayCommand.ratioMax)
        json.member("met", depth.isWithinTarget)
        json.key("rounds")
        json.array { json in
            for round in depth.rounds {
                json.object { json in
                    json.member("ratio", round.ratio)
                    json.key("floor")
                    json.object { write(round.floor, to: &$0) }
                    json.key("server")
                    json.object { write(round.server, to: &$0) }
                }
            }
        }
    }

    private static func write(_ figures: RelayFigures, to json: inout JSONWriter) {
        json.member("seconds", figures.seconds)
        json.member("delivered", figures.delivered)
        json.member("messagesPerSecond", figures.messagesPerSecond)
        json.member("cpuNs", figures.serverCPUNs)
        json.member("cpuMicrosecondsPerMessage", figures.cpuMicrosecondsPerMessage)
        json.member("busy", figures.serverBusy)
        json.member("waited", figures.serverWaited)
        json.member("driverBusy", figures.driverBusy)
        json.member("roundTrips", figures.roundTrips.total)
        json.member("roundTripP50Ns", figures.roundTrips.percentile(0.5))
        json.member("roundTripP99Ns", figures.roundTrips.percentile(0.99))
        json.member("roundTripWorstNs", figures.roundTrips.largestNs)
    }
}
