import Reactor
import SessionProtocol
import WebProtocol

/// The options that both servers have.
public enum ServerOptions {
    public static let connectionsMax = Option.integer(
        "connections-max", in: 1...19_000, default: 16_000, section: "Players",
        help: "Connections at once; one more hears 503.")
    public static let requestTimeout = Option.durationMs(
        "request-timeout", in: 100...600_000, default: 10_000, section: "Players",
        help: "From accept to a whole HTTP request.")
    public static let firstMessageTimeout = Option.durationMs(
        "first-message-timeout", in: 100...600_000, default: 10_000, section: "Players",
        help: "From the WebSocket's opening to join or enter.")
    public static let idleTimeout = Option.durationMs(
        "idle-timeout", in: 1_000...3_600_000, default: 60_000, section: "Players",
        help: "A WebSocket without a byte for this long is given up; it is pinged after a third of it.")
    public static let allowedOrigins = Option.list(
        "allowed-origins", "ORIGINS", section: "Players",
        help: "Pages that may connect, as https://example.org or https://example.org:8443 each; null for pages without an "
            + "origin. All others hear 403. Without the option any page may.")
    public static let connectionsPerAddress = Option.integer(
        "connections-per-address", in: 0...19_000, default: 0, section: "Players",
        help: "WebSockets at once from one address, of IPv6 from one /64; one more hears 429. 0 for no limit.")
    public static let listenAccess = Option.choice(
        "listen-access", default: UnixAccess.owner, section: "Players",
        help: "Who may connect where players' connections come by a Unix socket: the user that runs this process, its group too, "
            + "or all.")
    public static let trustedProxies = Option.list(
        "trusted-proxies", "ADDRESSES", section: "Players",
        help: "Proxies that are believed when they say for whom they ask: addresses, networks such as 10.0.0.0/8, and unix for "
            + "all that come by a Unix socket.")
    public static let proxyHeader = Option.choice(
        "proxy-header", default: ProxyTrust.Header.xForwardedFor, section: "Players",
        help: "The header in which they say it. It must be the one that they write themselves.")
    public static let secret = Option.secret(
        "secret", section: "Link",
        help: "Shared by matchmaker and coordinators, who prove to each other that they know it. "
            + "Without one the link may only use a Unix socket or loopback.")
    public static let dataDir = Option.path(
        "data-dir", "DIR", section: "State",
        help: "Keeps what must survive a restart; without it a restart forgets.")
    public static let nodeID = Option.text(
        "node-id", "NAME", bytesMax: ProtocolLimits.nodeBytesMax, section: "State",
        help: "This process's lasting name on the link; drawn by chance otherwise, and kept in the data folder.")

    public static let journalCompactAt = Option.bytes(
        "journal-compact-at", in: 1 << 16...1 << 36, default: JournalLimits().compactAtBytes, section: "State",
        help: "From this size on the journal is replaced by one that holds only what the next start needs, and later when it "
            + "has doubled since, if that is more.")
    public static let journalPendingMax = Option.bytes(
        "journal-pending-max", in: 1 << 16...1 << 30, default: JournalLimits().pendingBytesMax, section: "State",
        help: "When so much waits for a slow disk, no new sessions are begun until half of it is written.")
    public static let acceptDamagedJournal = Option.flag(
        "accept-damaged-journal", section: "State", sources: .flag,
        help: "Starts on a journal that is damaged: keeps what can be read of it, and the damaged file beside it. Sessions "
            + "whose records are lost count as unknown until the link's grace and margin have passed.")

    public static let parent = Option.integer(
        "parent", "PID", in: 0...Int(Int32.max), default: 0, section: "State", sources: .flag,
        help: "Stops when this process, which started it, has ended in whatever way; 0 for none.")

    /// What a process keeps on disk.
    public static let state: [any DeclaredOption] = [
        dataDir, nodeID, journalCompactAt, journalPendingMax, acceptDamagedJournal, parent,
    ]

    public static let players: [any DeclaredOption] = [
        connectionsMax, requestTimeout, firstMessageTimeout, idleTimeout, allowedOrigins, connectionsPerAddress, listenAccess,
        trustedProxies, proxyHeader,
    ]

    /// Variables that one of the servers reads; one environment may serve them all.
    public static let environmentNames: Set<String> = [
        "GREENROOM_ADMIN_TOKEN", "GREENROOM_ADMIN_TOKEN_FILE", "GREENROOM_CAPACITY", "GREENROOM_CONFIG", "GREENROOM_DRAIN_TIMEOUT", "GREENROOM_JOINS_PER_ADDRESS", "GREENROOM_JOINS_PER_ADDRESS_BURST",
        "GREENROOM_JOINS_PER_SUBJECT", "GREENROOM_JOINS_PER_SUBJECT_BURST", "GREENROOM_ROUND_TRIP_INTERVAL", "GREENROOM_ROUND_TRIPS_KEPT",
        "GREENROOM_LINK", "GREENROOM_LINK_GRACE", "GREENROOM_LINK_LISTEN",
        "GREENROOM_LINK_MARGIN", "GREENROOM_LISTEN", "GREENROOM_LISTEN_PORTS", "GREENROOM_PING_INTERVAL", "GREENROOM_PORT",
        "GREENROOM_PUBLIC_URL", "GREENROOM_RELAY_BYTES", "GREENROOM_RELAY_MESSAGES", "GREENROOM_TELL_WAIT",
        "GREENROOM_TURN_LIFETIME", "GREENROOM_TURN_SECRET", "GREENROOM_TURN_SECRET_FILE",
    ]

    /// The limits of the public listener, as configured.
    public static func webLimits(_ configuration: Configuration) throws(ConfigurationError) -> WebLimits {
        var limits = WebLimits()
        limits.requestTimeoutMs = UInt64(configuration[requestTimeout])
        limits.firstMessageTimeoutMs = UInt64(configuration[firstMessageTimeout])
        limits.idleTimeoutMs = UInt64(configuration[idleTimeout])
        limits.pingAfterMs = limits.idleTimeoutMs / 3
        limits.access = try webAccess(configuration)
        limits.unixAccess = configuration[listenAccess]
        if configuration[Administration.token] != nil { limits.http.bodyBytesMax = Administration.bodyBytesMax }
        return limits
    }

    private static func webAccess(_ configuration: Configuration) throws(ConfigurationError) -> WebAccess {
        var access = WebAccess()
        access.connectionsPerAddressMax = configuration[connectionsPerAddress]
        do {
            access.origins = try OriginPolicy(configuration[allowedOrigins])
        } catch {
            throw configuration.error(allowedOrigins, "\(quoted(error.text)) is neither SCHEME://HOST[:PORT] nor null")
        }
        do {
            access.proxies = try ProxyTrust(configuration[trustedProxies], header: configuration[proxyHeader])
        } catch {
            throw configuration.error(trustedProxies, "\(quoted(error.text)) \(error.problem)")
        }
        return access
    }

    /// The shared secret, and whether this link may go without one.
    public static func linkSecret(
        _ configuration: Configuration, for option: some DeclaredOption, at address: AddressText
    ) throws(ConfigurationError) -> [UInt8] {
        if let secret = configuration[secret] {
            guard secret.utf8.count >= secretBytesMin else {
                throw configuration.error(Self.secret, "is shorter than \(secretBytesMin) bytes")
            }
            return Array(secret.utf8)
        }
        switch address {
        case .unix: return []
        case .tcp(let host, _) where host == "localhost": return []
        case .tcp:
            if let known = try? SocketAddress(parsing: address.description), known.isLoopback { return [] }
            throw configuration.error(
                option, "\(address) is neither a Unix socket nor loopback, so a secret is needed: set GREENROOM_SECRET "
                    + "or --secret-file")
        }
    }

    static let secretBytesMin = 16

    /// The address to listen at, looked up when it is a name.
    public static func socketAddress(
        _ configuration: Configuration, _ option: Option<AddressText>
    ) throws(ConfigurationError) -> SocketAddress {
        do {
            if let first = try SocketAddress.resolve(configuration[option].description).first { return first }
        } catch {
            throw configuration.error(option, "\(error)")
        }
        throw configuration.error(option, "stands for no address")
    }
}
