import Coordination
import Reactor
import Service
import SessionProtocol
import WebProtocol

/// The coordinator's own options.
enum CoordinatorOptions {
    static let listen = Option.address(
        "listen", default: "127.0.0.1:8081", section: "Players", help: "Where players connect.")
    static let listenPorts = Option.integer(
        "listen-ports", in: 1...10_000, default: 1, section: "Players",
        help: "How many ports may be tried from the one of --listen upwards; the first free one is taken, so that several "
            + "coordinators can share one machine and one command line.")
    static let publicURL = Option.text(
        "public-url", "URL", bytesMax: ProtocolLimits.urlBytesMax, section: "Players",
        help: "The ws: or wss: address that players are sent to, ending in /v1/play; {port} stands for the port that is "
            + "listened on. Made from --listen when that is not a wildcard.")
    static let capacity = Option.integer(
        "capacity", in: 1...1_000_000, default: 10_000, section: "Players", help: "Sessions at once.")
    static let relayMessages = Option.integer(
        "relay-messages", in: 1...10_000_000, default: 2_000, section: "Players",
        help: "Messages a second that a player may send on average through a session whose scene has no rule for it; two seconds' "
            + "worth may go at once.")
    static let relayBytes = Option.bytes(
        "relay-bytes", in: 1_024...1_000_000_000, default: 4 * 1024 * 1024, section: "Players",
        help: "The same in bytes.")
    static let link = Option.address(
        "link", default: "unix:/tmp/greenroom-link.sock", section: "Link", help: "Where the matchmaker listens for us.")
    static let tellWait = Option.durationMs(
        "tell-wait", in: 0...600_000, default: 3_000, section: "Link",
        help: "While the link is down, how long players wait to be told that their session has ended.")

    static let turnSecret = Option.secret(
        "turn-secret", section: "Players",
        help: "Shared with the TURN servers that scenes name without a credential: each player is given one of its own, good for a "
            + "while, in the form of coturn's use-auth-secret.")
    static let turnLifetime = Option.durationMs(
        "turn-lifetime", in: 10_000...86_400_000, default: 600_000, section: "Players",
        help: "How long such a credential is good. A connection that began with it may go on as long as it is refreshed by then.")

    static let program = Program(
        name: "coordinator", summary: "validates peers, carries play and reports how it ended",
        options: [listen, listenPorts, publicURL, capacity, relayMessages, relayBytes, turnSecret, turnLifetime] + ServerOptions.players
            + [link, ServerOptions.secret, tellWait]
            + [Administration.token] + ServerOptions.state + LogOptions.all,
        reloads: true, environmentOfOthers: ServerOptions.environmentNames)
}

/// Everything that a coordinator runs with, checked.
struct CoordinatorSettings {
    let listen: SocketAddress
    let listenPorts: Int
    let publicURL: String?
    let connectionsMax: Int
    let web: WebLimits
    /// Nil where nobody is given credentials.
    let turn: TurnIssuer?
    let administration: Administration?
    let link: String
    let secret: [UInt8]
    let coordination: CoordinationLimits
    let state: NodeState
    let logger: Logger
    let parent: Int
    let configuration: Configuration

    init(_ configuration: Configuration) throws(ConfigurationError) {
        logger = Logger(configuration, role: "coordinator")
        parent = configuration[ServerOptions.parent]
        self.configuration = configuration
        for warning in configuration.warnings { logger.warning("configuration", message: warning) }
        listen = try ServerOptions.socketAddress(configuration, CoordinatorOptions.listen)
        listenPorts = configuration[CoordinatorOptions.listenPorts]
        guard Int(listen.port ?? 0) + listenPorts - 1 <= Int(UInt16.max) else {
            throw configuration.error(CoordinatorOptions.listenPorts, "leads beyond port \(UInt16.max)")
        }
        publicURL = try Self.publicURL(configuration, listen)
        connectionsMax = configuration[ServerOptions.connectionsMax]
        web = try ServerOptions.webLimits(configuration)
        administration = try Administration(configuration)
        secret = try ServerOptions.linkSecret(
            configuration, for: CoordinatorOptions.link, at: configuration[CoordinatorOptions.link])
        turn = try Self.turn(configuration)
        link = configuration[CoordinatorOptions.link].description
        var limits = CoordinationLimits()
        limits.sessionsMax = configuration[CoordinatorOptions.capacity]
        limits.outboxMax = 2 * limits.sessionsMax
        limits.relayMessagesPerSecondMax = configuration[CoordinatorOptions.relayMessages]
        limits.relayBytesPerSecondMax = configuration[CoordinatorOptions.relayBytes]
        limits.tellWaitMs = UInt64(configuration[CoordinatorOptions.tellWait])
        coordination = limits
        state = try NodeState(configuration, role: "coordinator")
    }

    static func turn(_ configuration: Configuration) throws(ConfigurationError) -> TurnIssuer? {
        guard let secret = configuration[CoordinatorOptions.turnSecret] else { return nil }
        guard secret.utf8.count >= 8 else {
            throw configuration.error(CoordinatorOptions.turnSecret, "is shorter than 8 bytes")
        }
        return TurnIssuer(
            secret: Array(secret.utf8), lifetimeS: UInt64(configuration[CoordinatorOptions.turnLifetime]) / 1000)
    }

    private static func publicURL(
        _ configuration: Configuration, _ listen: SocketAddress
    ) throws(ConfigurationError) -> String? {
        guard let url = configuration[CoordinatorOptions.publicURL] else {
            guard !listen.isWildcard, listen.port != nil else {
                throw configuration.error(
                    CoordinatorOptions.publicURL, "is needed: players cannot be sent to \(listen)")
            }
            return nil
        }
        guard isPlayURL(url) else {
            throw configuration.error(
                CoordinatorOptions.publicURL, "\"\(url)\" is not ws://HOST/v1/play or wss://HOST/v1/play")
        }
        return url
    }

    /// A scheme, a host and a path that ends in `/v1/play`, without what would be a query, a fragment or no URL at all.
    private static func isPlayURL(_ url: String) -> Bool {
        guard let scheme = ["ws://", "wss://"].first(where: { url.hasPrefix($0) }) else { return false }
        let rest = url.dropFirst(scheme.count)
        guard let slash = rest.firstIndex(of: "/"), slash > rest.startIndex else { return false }
        return rest[slash...].hasSuffix("/v1/play")
            && rest.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"#?\"<>\\^`|".utf8.contains($0) }
    }

    /// Where players are sent, once the port is known.
    func publicURL(listeningAt address: SocketAddress) -> String {
        guard let publicURL else { return "ws://\(address)/v1/play" }
        guard let mark = publicURL.firstRange(of: "{port}") else { return publicURL }
        return publicURL.replacingCharacters(in: mark, with: String(address.port ?? 0))
    }
}

extension String {
    fileprivate func firstRange(of mark: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(mark) { return start..<index(start, offsetBy: mark.count) }
            start = index(after: start)
        }
        return nil
    }

    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
