import Service

/// The load that `bench relay` was asked for.
struct RelaySettings {
    private static let section = CommonSettings.loadSection
    private static let inFlightRange = 1...256

    private static let players = Option.integer(
        "players", in: 2...4, default: 2, section: section, sources: .flag, help: "Players a session, 2 or 4.")
    private static let sessions = Option.integer(
        "sessions", in: 1...2000, default: 32, section: section, sources: .flag, help: "Sessions at once.")
    private static let inFlight = Option.list(
        "inflight", "N,...", default: ["1", "8"], section: section, sources: .flag,
        help: "Messages in flight for each player.")
    private static let bytes = Option.bytes(
        "bytes", in: RelayPlan.messageBytesMin...16384, default: 64, section: section, sources: .flag,
        help: "Message length, its 2-byte header included.")
    private static let time = Option.durationMs(
        "time", in: 100...600_000, default: 1000, section: section, sources: .flag, help: "Measured time of one leg.")
    private static let rounds = CommonSettings.rounds(default: 9)
    private static let drivers = Option.integer(
        "drivers", in: 1...64, default: 1, section: section, sources: .flag, help: "Driver threads.")
    private static let sleep = Option.flag(
        "sleep", section: section, sources: .flag,
        help: "The driver sleeps when nothing has come, so that waking it is part of what a send costs; otherwise it spins, "
            + "as clients on other machines cost a server no wake-up.")
    private static let null = Option.flag(
        "null", section: section, sources: .flag,
        help: "A second floor takes the servers' place: the ratio, which should be 1, shows the method's error.")

    static let options: [any DeclaredOption] = [
        players, sessions, inFlight, bytes, time, rounds, drivers, sleep, null,
    ]

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

    init(_ configuration: Configuration) throws(ConfigurationError) {
        players = configuration[Self.players]
        guard players != 3 else { throw configuration.error(Self.players, "the default scenes have 2 or 4") }
        sessions = configuration[Self.sessions]
        messageBytes = configuration[Self.bytes]
        seconds = Double(configuration[Self.time]) / 1000
        rounds = configuration[Self.rounds]
        drivers = configuration[Self.drivers]
        driverSleeps = configuration[Self.sleep]
        isNull = configuration[Self.null]
        var depths: [Int] = []
        for text in configuration[Self.inFlight] {
            guard let depth = Int(text), Self.inFlightRange.contains(depth) else {
                let bounds = "\(Self.inFlightRange.lowerBound) to \(Self.inFlightRange.upperBound)"
                throw configuration.error(Self.inFlight, "must be whole numbers from \(bounds)")
            }
            guard depth * (messageBytes + 8) <= RelayPlan.burstBytesMax else {
                throw configuration.error(
                    Self.inFlight, "\(depth) of --bytes \(messageBytes) is a burst of over \(RelayPlan.burstBytesMax) bytes")
            }
            depths.append(depth)
        }
        guard !depths.isEmpty else { throw configuration.error(Self.inFlight, "is empty") }
        inFlight = depths
    }
}
