import Matchmaking
import Reactor
import Service
import SessionProtocol

/// The matchmaker's own options.
enum MatchmakerOptions {
    static let listen = Option.address(
        "listen", default: "127.0.0.1:8080", section: "Players", help: "Where players connect.")
    static let linkListen = Option.address(
        "link-listen", default: "unix:/tmp/greenroom-link.sock", section: "Link", help: "Where coordinators dial in.")
    static let linkGrace = Option.durationMs(
        "link-grace", in: 200...600_000, default: 15_000, section: "Link",
        help: "A coordinator without its matchmaker for this long ends its sessions itself.")
    static let linkMargin = Option.durationMs(
        "link-margin", in: 100...600_000, default: 3_000, section: "Link",
        help: "How much longer the matchmaker waits before it presumes them lost.")
    static let pingInterval = Option.durationMs(
        "ping-interval", in: 50...60_000, default: 1_000, section: "Link", help: "How often coordinators ping.")

    static let joinsPerAddress = Option.integer(
        "joins-per-address", in: 0...1_000_000, default: 0, section: "Players",
        help: "Joins a minute from one address, of IPv6 from one /64; one more hears rate_limited. 0 for no limit. A classroom may "
            + "well be one address.")
    static let joinsPerAddressBurst = Option.integer(
        "joins-per-address-burst", in: 1...1_000_000, default: 60, section: "Players",
        help: "How many of them may come at once after a pause.")
    static let joinsPerSubject = Option.integer(
        "joins-per-subject", in: 0...1_000_000, default: 60, section: "Players",
        help: "Joins a minute of one subject; 0 for no limit. Those with and without a token count apart.")
    static let joinsPerSubjectBurst = Option.integer(
        "joins-per-subject-burst", in: 1...1_000_000, default: 30, section: "Players",
        help: "How many of them may come at once after a pause.")
    static let roundTripInterval = Option.durationMs(
        "round-trip-interval", in: 0...600_000, default: 5_000, section: "Players",
        help: "How often the way to each client who waits is measured by a ping; 0 does not measure. Who answers nothing for the "
            + "idle timeout is given up.")
    static let roundTripsKept = Option.durationMs(
        "round-trips-kept", in: 1_000...31_536_000_000, default: Int(PoolLimits().measuredPairsLifetimeMs), section: "Players",
        help: "For how long the round trip that a pair has measured in a session counts in scenes that go by latency.")

    static let drainTimeout = Option.durationMs(
        "drain-timeout", in: 0...86_400_000, default: 0, section: "Players",
        help: "How long those who wait may still be matched when SIGTERM comes, while new joins hear draining; a second one stops "
            + "the server in order. 0 stops it at once.")

    static let program = Program(
        name: "matchmaker", summary: "puts waiting players together and hands their games to coordinators",
        options: [listen] + ServerOptions.players
            + [joinsPerAddress, joinsPerAddressBurst, joinsPerSubject, joinsPerSubjectBurst, roundTripInterval, roundTripsKept, drainTimeout]
            + [linkListen, ServerOptions.secret, linkGrace, linkMargin, pingInterval]
            + [Administration.token] + ServerOptions.state + LogOptions.all,
        structuredKeys: [StructuredKey("scenes", help: "the kinds of games, in place of the built-in ones. SIGHUP reads them again.")],
        reloads: true, environmentOfOthers: ServerOptions.environmentNames)
}

/// Everything that a matchmaker runs with, checked.
struct MatchmakerSettings {
    let listen: SocketAddress
    let connectionsMax: Int
    let web: WebLimits
    let administration: Administration?
    let joinRates: JoinRateLimits
    let drainTimeoutMs: UInt64
    let link: SocketAddress
    let secret: [UInt8]
    let matchmaking: MatchmakingLimits
    let scenes: [Scene]
    let admissions: Admissions
    let state: NodeState
    let logger: Logger
    let parent: Int
    let configuration: Configuration

    init(_ configuration: Configuration) throws(ConfigurationError) {
        logger = Logger(configuration, role: "matchmaker")
        parent = configuration[ServerOptions.parent]
        self.configuration = configuration
        for warning in configuration.warnings { logger.warning("configuration", message: warning) }
        listen = try ServerOptions.socketAddress(configuration, MatchmakerOptions.listen)
        connectionsMax = configuration[ServerOptions.connectionsMax]
        var web = try ServerOptions.webLimits(configuration)
        web.roundTripIntervalMs = UInt64(configuration[MatchmakerOptions.roundTripInterval])
        self.web = web
        administration = try Administration(configuration)
        joinRates = JoinRateLimits(
            perAddress: RateLimit(
                perMinute: configuration[MatchmakerOptions.joinsPerAddress],
                burst: configuration[MatchmakerOptions.joinsPerAddressBurst]),
            perSubject: RateLimit(
                perMinute: configuration[MatchmakerOptions.joinsPerSubject],
                burst: configuration[MatchmakerOptions.joinsPerSubjectBurst]))
        drainTimeoutMs = UInt64(configuration[MatchmakerOptions.drainTimeout])
        secret = try ServerOptions.linkSecret(
            configuration, for: MatchmakerOptions.linkListen, at: configuration[MatchmakerOptions.linkListen])
        link = try ServerOptions.socketAddress(configuration, MatchmakerOptions.linkListen)
        guard configuration[MatchmakerOptions.pingInterval] * 2 <= configuration[MatchmakerOptions.linkGrace] else {
            throw configuration.error(MatchmakerOptions.pingInterval, "is more than half of --link-grace")
        }
        matchmaking = MatchmakingLimits(
            leaseGraceMs: UInt32(configuration[MatchmakerOptions.linkGrace]),
            leaseMarginMs: UInt32(configuration[MatchmakerOptions.linkMargin]),
            pingIntervalMs: UInt32(configuration[MatchmakerOptions.pingInterval]),
            pool: PoolLimits(measuredPairsLifetimeMs: UInt64(configuration[MatchmakerOptions.roundTripsKept])))
        scenes = try SceneFile.scenes(configuration[structured: "scenes"], serverOrigins: web.access.origins)
        admissions = try Admissions(configuration[structured: "scenes"])
        let remembers = configuration[ServerOptions.dataDir] != nil
        for warning in SceneFile.warnings(scenes, remembers: remembers) + admissions.warnings { logger.warning("configuration", message: warning) }
        state = try NodeState(configuration, role: "matchmaker")
    }
}
