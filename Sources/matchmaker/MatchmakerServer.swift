import Digests
import Matchmaking
import Reactor
import Service
import SessionProtocol
import WebProtocol

/// The matchmaker's shell: sockets, journal, log and metrics around its core.
final class MatchmakerServer {
    let settings: MatchmakerSettings
    let loop: EventLoop
    let logger: Logger
    let journal: Journal
    var core: MatchmakerCore
    let assets = WebAssetLibrary()
    let web: WebServer
    private(set) lazy var links = LinkListener(
        loop: loop, limits: LinkLimits(), identity: settings.state.identity, secret: settings.secret, delegate: self)
    private(set) lazy var metrics = ServerMetrics(role: "matchmaker", loop: loop, journal: journal) {
        [unowned self] in state
    }
    private(set) lazy var waits = WaitMetrics(metrics.registry, scenes: scenes)
    private(set) lazy var admissionMetrics = AdmissionMetrics(metrics.registry)
    private(set) lazy var administrationMetrics = AdministrationMetrics(metrics.registry)
    private lazy var driver = ServerDriver(
        loop: loop, journal: journal, logger: logger, shell: self, parent: settings.parent)
    private var actions: [MatchmakerAction] = []
    /// As they are since the last reload.
    var scenes: [Scene] {
        didSet { sceneIndices = Self.indices(of: scenes) }
    }
    private(set) var sceneIndices: [SceneID: Int]
    var admissions: Admissions
    var rates: JoinRates
    private(set) var isDraining = false
    private(set) var isStopping = false
    /// The journal has gaps that have not been made up for.
    private var isJournalIncomplete = false

    init(_ settings: MatchmakerSettings) throws(ReactorError) {
        self.settings = settings
        scenes = settings.scenes
        sceneIndices = Self.indices(of: settings.scenes)
        admissions = settings.admissions
        rates = JoinRates(settings.joinRates)
        logger = settings.logger
        journal = settings.state.journal
        loop = try EventLoop()
        web = WebServer(loop: loop, limits: settings.web)
        core = MatchmakerCore(
            scenes: settings.scenes, limits: settings.matchmaking,
            resumeKey: Self.resumeKey(settings), generator: SeededGenerator(seed: Randomness.bytes(32)))
    }

    private static func indices(of scenes: [Scene]) -> [SceneID: Int] {
        Dictionary(uniqueKeysWithValues: scenes.enumerated().map { ($0.element.id, $0.offset) })
    }

    /// With a shared secret any matchmaker that knows it honours the same places.
    private static func resumeKey(_ settings: MatchmakerSettings) -> [UInt8] {
        let root = settings.secret.isEmpty ? settings.state.key : settings.secret
        return HMACSHA256.authenticate(Array("greenroom resume".utf8), key: root).array
    }

    func run() throws(ReactorError) {
        let contents = settings.state.contents
        core.restore(contents.records, isComplete: contents.isComplete, now: now)
        isJournalIncomplete = !contents.isComplete
        waits.declare(scenes, in: metrics.registry)
        // Shows its zeros from the first scrape on.
        _ = (admissionMetrics, administrationMetrics)
        let address = try web.listen(at: settings.listen, connectionsMax: settings.connectionsMax, for: self)
        let linkAddress = try links.listen(at: settings.link)
        logger.info(
            "started",
            [
                "version": .string(Version.text), "listen": .string("\(address)"),
                "link_listen": .string("\(linkAddress)"), "node": .string(settings.state.identity.node.name),
                "incarnation": .string("\(settings.state.identity.incarnation)"),
                "scenes": .int(settings.scenes.count), "records": .int(contents.records.count),
            ])
        logger.log(contents, lost: "nobody is matched until coordinators have reported, or the grace and its margin are over")
        try driver.run()
        logger.info("stopped")
        logger.flush()
    }

    var now: Moment { Moment(bootMs: loop.now, unixMs: Clock.unixMs()) }

    func handle(_ event: MatchmakerEvent) {
        core.handle(event, now: now, actions: &actions)
        perform()
    }

    private func perform() {
        var due: [MatchmakerAction] = []
        swap(&due, &actions)
        for action in due { perform(action) }
        due.removeAll(keepingCapacity: true)
        if actions.isEmpty { swap(&due, &actions) }
    }

    private func perform(_ action: MatchmakerAction) {
        switch action {
        case .reply(let connection, let reply): say(reply, on: connection)
        case .close(let connection, .normal): web.close(connection.id, .normal)
        case .close(let connection, .failed(let error)):
            web.close(connection.id, error.code.closeCode, reason: error.rawValue)
        case .link(let link, let message): links.send(message, to: link.id)
        case .closeLink(let link, let reject): links.close(link.id, reject)
        case .persist(let record): journal.append(record)
        case .transition(let transition): metrics.record(transition, logger)
        case .notice(let notice): log(notice)
        }
    }
}

extension MatchmakerServer: ServerShell {
    func advance(now: Moment) {
        core.advance(now: now, actions: &actions)
        perform()
        rates.expire(nowMs: now.bootMs)
        if isJournalIncomplete, !core.isHolding {
            isJournalIncomplete = false
            journal.confirmComplete()
        }
    }

    func recorded(upTo number: UInt64) { handle(.persisted(upTo: number)) }

    var journalSessions: [SessionID] { core.journalSessions }

    var nextDeadlineMs: UInt64? { core.nextDeadlineMs }

    var drainTimeoutMs: UInt64 { settings.drainTimeoutMs }

    func beginDraining() {
        isDraining = true
        handle(.drain)
    }

    /// Those who have been matched are told before the server stops.
    var isDrained: Bool { !core.isAwaited }

    func beginStopping() {
        isStopping = true
        web.stopListening()
        handle(.shutdown)
        web.closeAll(.goingAway, reason: "shutdown")
    }

    var mayStop: Bool { core.isQuiet && web.webSocketCount == 0 }

    func finishStopping() { links.stop() }

    func storage(isWorking: Bool) { handle(.storage(isWorking: isWorking)) }
}

extension LinkHandle {
    init(_ id: ConnectionID) { self.init(id.rawValue) }
    var id: ConnectionID { ConnectionID(rawValue: number) }
}
