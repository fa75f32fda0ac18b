import Coordination
import Reactor
import Service
import SessionProtocol
import WebProtocol

/// The coordinator's shell: sockets, outbox file, log and metrics around its core.
final class CoordinatorServer {
    let settings: CoordinatorSettings
    let loop: EventLoop
    let logger: Logger
    let journal: Journal
    // Neither the core nor what a relayed message touches calls anything back, so that no access can meet another: each
    // message is spared the checks.
    @exclusivity(unchecked) var core: CoordinatorCore
    /// To be filled by the core for each relayed message.
    @exclusivity(unchecked) var targets = RelayTargets()
    @exclusivity(unchecked) var relayed = (messages: 0, bytes: 0, refused: 0)
    /// To be filled by the core for each tick.
    @exclusivity(unchecked) var bundle: [UInt8] = []
    @exclusivity(unchecked) var ticked = (bundles: 0, frames: 0, inputs: 0, dropped: 0)
    let web: WebServer
    private(set) var dialer: LinkDialer?
    private(set) lazy var metrics = declareMetrics()
    private(set) lazy var pairMetrics = PairMetrics(metrics.registry)
    private(set) lazy var pairRoundTrips = metrics.registry.histogram(
        "greenroom_pair_round_trip_seconds",
        help: "Round trips between players as they measured them while they were validated, once for each pair.",
        bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5])
    private(set) lazy var administrationMetrics = AdministrationMetrics(metrics.registry)
    private(set) lazy var watchMetrics = WatchMetrics(metrics.registry)
    private lazy var driver = ServerDriver(
        loop: loop, journal: journal, logger: logger, shell: self, parent: settings.parent)
    private var actions: [CoordinatorAction] = []
    /// When `advance` has work for the core: it changes with the core's events, and not with what it relays.
    private var coreDueMs: UInt64?
    private(set) var isStopping = false
    /// Where players are sent; known when it listens.
    private(set) var publicURL = ""
    private var linkFailures = 0

    init(_ settings: CoordinatorSettings) throws(ReactorError) {
        self.settings = settings
        logger = settings.logger
        journal = settings.state.journal
        loop = try EventLoop()
        web = WebServer(loop: loop, limits: settings.web)
        core = CoordinatorCore(
            limits: settings.coordination, retained: Self.unacknowledged(settings.state.contents.records))
    }

    /// The outcomes of an outbox file that no acknowledgement follows, in order.
    private static func unacknowledged(_ records: [Message]) -> [Outcome] {
        var acknowledged: Set<SessionID> = []
        for case .endedAck(let session, _) in records { acknowledged.insert(session) }
        var outcomes: [Outcome] = []
        for case .ended(let outcome) in records where !acknowledged.contains(outcome.session) { outcomes.append(outcome) }
        return outcomes
    }

    private func declareMetrics() -> ServerMetrics {
        let metrics = ServerMetrics(role: "coordinator", loop: loop, journal: journal) { [unowned self] in state }
        metrics.registry.counter("greenroom_relayed_messages_total", help: "Binary messages handed to a player.") {
            [unowned self] in Double(relayed.messages)
        }
        metrics.registry.counter("greenroom_relayed_bytes_total", help: "Payload bytes handed to players.") {
            [unowned self] in Double(relayed.bytes)
        }
        metrics.registry.counter(
            "greenroom_relay_refused_total", help: "Binary messages that went nowhere, since their sender sends too much."
        ) { [unowned self] in Double(relayed.refused) }
        metrics.registry.counter(
            "greenroom_latest_dropped_total", help: "Latest-only messages dropped, since their receiver does not read."
        ) { [unowned self] in Double(loop.counters.dropped) }
        metrics.registry.counter("greenroom_tick_bundles_total", help: "Bundles of inputs made, one for each tick of a session.") {
            [unowned self] in Double(ticked.bundles)
        }
        metrics.registry.counter("greenroom_tick_frames_total", help: "Bundles of inputs handed to a player.") {
            [unowned self] in Double(ticked.frames)
        }
        metrics.registry.counter("greenroom_tick_inputs_total", help: "Inputs taken for a tick.") {
            [unowned self] in Double(ticked.inputs)
        }
        metrics.registry.counter(
            "greenroom_tick_inputs_dropped_total", help: "Inputs that were too late, too many or not to be understood."
        ) { [unowned self] in Double(ticked.dropped) }
        return metrics
    }

    func run() throws(ReactorError) {
        // It is shown with zeros before anything has been measured.
        _ = pairRoundTrips
        _ = pairMetrics
        _ = (administrationMetrics, watchMetrics)
        let contents = settings.state.contents
        let address = try listen()
        publicURL = settings.publicURL(listeningAt: address)
        let url = publicURL
        let hello = Hello(
            versionMin: ProtocolVersion.spoken.lowerBound, versionMax: ProtocolVersion.spoken.upperBound, node: settings.state.identity.node,
            incarnation: settings.state.identity.incarnation, nonce: [],
            capacity: UInt32(settings.coordination.sessionsMax), publicURL: url)
        dialer = LinkDialer(
            loop: loop, limits: LinkLimits(), address: settings.link, hello: hello, secret: settings.secret,
            delegate: self)
        logger.info(
            "started",
            [
                "version": .string(Version.text), "listen": .string("\(address)"),
                "url": .string(url), "link": .string(settings.link),
                "node": .string(settings.state.identity.node.name),
                "incarnation": .string("\(settings.state.identity.incarnation)"),
                "capacity": .int(settings.coordination.sessionsMax), "records": .int(contents.records.count),
            ])
        logger.log(contents, lost: "outcomes that the matchmaker had not acknowledged may be lost")
        // There is nothing to wait for: what is lost is lost.
        if !contents.isComplete { journal.confirmComplete() }
        try driver.run()
        logger.info("stopped")
        logger.flush()
    }

    /// Takes the first free one of the ports allowed.
    private func listen() throws(ReactorError) -> SocketAddress {
        var address = settings.listen
        var portsLeft = settings.listenPorts
        while true {
            do throws(ReactorError) {
                return try web.listen(at: address, connectionsMax: settings.connectionsMax, for: self)
            } catch {
                portsLeft -= 1
                guard case .addressInUse = error, portsLeft > 0, let port = address.port, port > 0 else { throw error }
                address = address.withPort(port + 1)
            }
        }
    }

    var now: Moment { Moment(bootMs: loop.now, unixMs: Clock.unixMs()) }

    func handle(_ event: CoordinatorEvent) {
        core.handle(event, now: now, actions: &actions)
        coreDueMs = core.nextDeadlineMs
        perform()
    }

    private func perform() {
        var due: [CoordinatorAction] = []
        swap(&due, &actions)
        for action in due { perform(action) }
        due.removeAll(keepingCapacity: true)
        if actions.isEmpty { swap(&due, &actions) }
    }

    private func perform(_ action: CoordinatorAction) {
        switch action {
        case .reply(let connection, let reply): say(reply, on: connection)
        case .replay(let connection, let player, let bytes):
            web.sendBinary(connection.id, kind: RelayKind.ordered.rawValue, player: player.number, bytes.span)
        case .replayTick(let connection, let bytes):
            web.sendBinary(
                connection.id, kind: PlayFrameKind.tick.rawValue, player: PlayFrameHeader.everyone, bytes.span)
        case .limitBacklog(let connection, let bytesMax, let dropsLatest):
            web.limitBacklog(connection.id, bytesMax: bytesMax, dropsLatest: dropsLatest)
        case .close(let connection, let close): hangUp(connection, close)
        case .link(let message): dialer?.send(message)
        case .closeLink(let reject): dialer?.close(reject)
        case .persist(let record): journal.append(record)
        case .transition(let transition): metrics.record(transition, logger)
        case .notice(let notice): log(notice)
        }
    }
}

extension CoordinatorServer: ServerShell {
    func advance(now: Moment) {
        core.advance(now: now, actions: &actions)
        coreDueMs = core.nextDeadlineMs
        perform()
        sendBundles(now, &actions)
        perform()
        if !isStopping { dialer?.dialIfDue() }
    }

    func recorded(upTo number: UInt64) { handle(.persisted(upTo: number)) }

    var journalSessions: [SessionID] { core.journalSessions }

    var nextDeadlineMs: UInt64? {
        let nextMs = min(coreDueMs ?? .max, core.nextTickMs ?? .max, isStopping ? .max : dialer?.nextDialMs ?? .max)
        return nextMs == .max ? nil : nextMs
    }

    func beginStopping() {
        isStopping = true
        web.stopListening()
        handle(.shutdown)
    }

    var mayStop: Bool {
        guard core.isQuiet else { return false }
        web.closeAll(.goingAway, reason: "shutdown")
        return web.webSocketCount == 0
    }

    func finishStopping() { dialer?.stop() }

    func storage(isWorking: Bool) { handle(.storage(isWorking: isWorking)) }

    /// Scenes come with each assignment; what stands in the file of a coordinator counts from its next start on.
    func reload() {
        let result = Reload(CoordinatorOptions.program, settings.configuration, logger).run {
            (configuration) throws(ConfigurationError) in
            // It counts from the next start on, which must be possible.
            _ = try ServerOptions.linkSecret(
                configuration, for: CoordinatorOptions.link, at: configuration[CoordinatorOptions.link])
            return nil
        }
        metrics.registry.add(metrics.reloads[result])
    }
}

extension CoordinatorServer: LinkDialerDelegate {
    func linkUp(_ matchmaker: NodeIdentity, _ terms: Welcome, version: UInt8) {
        linkFailures = 0
        logger.info(
            "link_up",
            [
                "matchmaker": .string(matchmaker.node.name), "incarnation": .string("\(matchmaker.incarnation)"),
                "lease_grace_ms": .int(Int(terms.leaseGraceMs)), "protocol": .int(Int(version)),
            ])
        handle(.linkUp(terms: terms))
    }

    func linkReceived(_ message: Message) { handle(.link(message)) }

    func linkDown(_ end: LinkEnd) {
        logger.warning("link_down", ["why": .string("\(end)")])
        handle(.linkDown)
    }

    func linkFailed(_ end: LinkEnd, retryInMs: UInt64) {
        linkFailures += 1
        // One line at once, and then one for each power of two: a matchmaker may be away for hours.
        guard linkFailures & (linkFailures - 1) == 0 else { return }
        logger.warning(
            "link_failed",
            [
                "address": .string(settings.link), "attempts": .int(linkFailures), "why": .string("\(end)"),
                "retry_in_ms": .int(Int(retryInMs)),
            ])
    }
}
