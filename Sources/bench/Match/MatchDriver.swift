import Digests
import Matchmaking
import SessionProtocol

/// The real core with all that stands around it made immediate: records are on disk at once, one coordinator accepts
/// whatever it is offered, and ends its oldest session as completed when it has too many.
struct MatchDriver {
    static let liveMax = 1000

    private(set) var core: MatchmakerCore
    private(set) var now = Moment(bootMs: 1_000_000_000, unixMs: 1_800_000_000_000)
    private var actions: [MatchmakerAction] = []
    private var recordsAsked: UInt64 = 0
    private var recordsDurable: UInt64 = 0
    private var offered: [Assignment] = []
    private var closed: [ConnectionHandle] = []
    private var live: [Assignment] = []
    private var liveFirst = 0
    private var hello: Hello?
    private var link: LinkHandle?
    private var linkNext: UInt64 = 0
    private var hasLostLink = false
    /// One session ends for each new group, as soon as there are enough.
    private var endsOwed = 0
    private var connectionNext: UInt64 = 1
    private var subjectNext: UInt64 = 1

    /// Subjects who have been sent to their game, and how long they waited.
    private(set) var matchedSubjects = 0
    private(set) var waitedMs = 0.0
    private(set) var groups = 0
    private(set) var gaps = 0.0
    private(set) var roundTripsMs = 0.0
    private(set) var refused = 0

    /// - Parameter pastMax: so many of those who have played are kept in mind, and so many outcomes; nil for the server's
    ///   defaults.
    init(_ scene: Scene, seed: UInt64, pastMax: Int? = nil) {
        // What has ended is kept for a while, so many at most; here few, so that those who wait can be weighed.
        var limits = MatchmakingLimits(
            ledger: LedgerLimits(tombstoneLifetimeMs: 600_000, tombstonesMax: MatchDriver.liveMax))
        if let pastMax { (limits.playedSubjectsMax, limits.outcomesRetainedMax) = (pastMax, pastMax) }
        core = MatchmakerCore(
            scenes: [scene], limits: limits, resumeKey: Array("bench".utf8), generator: SeededGenerator(number: seed))
    }

    var waiting: Int { core.sceneStatus.first?.waiting ?? 0 }

    /// Forgets the figures so far.
    mutating func beginCounting() {
        (matchedSubjects, waitedMs, groups, gaps, roundTripsMs) = (0, 0, 0, 0, 0)
    }

    /// A coordinator comes up; every group that waits and that it has room for is handed to it.
    mutating func connect(capacity: UInt32) throws(BenchError) {
        guard let node = try? NodeID("bench") else { throw .failure("no name for a coordinator") }
        hello = Hello(
            versionMin: 1, versionMax: 1, node: node, incarnation: Incarnation(1), nonce: [UInt8](repeating: 0, count: 32),
            capacity: capacity, publicURL: "ws://bench.example/v1/play")
        dial()
        settle()
    }

    /// With its inventory, the coordinator has no outcome left to report once more.
    mutating func reconnect() {
        guard let link else { return }
        core.handle(.linkDown(link), now: now, actions: &actions)
        dial()
        settle()
    }

    // MARK: Stages apart

    /// Sessions at the coordinator.
    var liveCount: Int { live.count - liveFirst }

    /// No new sessions; with none left the link goes, and groups wait.
    mutating func hangUp() {
        guard let link else { return }
        drain()
        endAll()
        core.handle(.linkDown(link), now: now, actions: &actions)
        self.link = nil
        settle()
    }

    /// The coordinator takes no new sessions until it dials again.
    mutating func drain() {
        guard let link else { return }
        core.handle(.link(link, .drain), now: now, actions: &actions)
        settle()
    }

    mutating func endAll() {
        guard let link else { return }
        while liveCount > 0 {
            endOldest(link)
            settle()
        }
        live.removeAll()
        liveFirst = 0
    }

    /// The coordinator is there and has room for so many, but no disk is, so that nobody is handed to it yet.
    mutating func prepareHandOffs(capacity: UInt32) throws(BenchError) {
        core.handle(.storage(isWorking: false), now: now, actions: &actions)
        try connect(capacity: capacity)
        endsOwed = 0
    }

    /// Hands on all groups that there is room for.
    mutating func handOffAll() {
        core.handle(.storage(isWorking: true), now: now, actions: &actions)
        settle()
    }

    private mutating func dial() {
        guard let hello else { return }
        linkNext += 1
        let link = LinkHandle(linkNext)
        self.link = link
        core.handle(.linkProven(link, hello), now: now, actions: &actions)
        for assignment in live[liveFirst...] {
            core.handle(.link(link, .holding(.playing, assignment)), now: now, actions: &actions)
        }
        core.handle(.link(link, .inventoryEnd), now: now, actions: &actions)
    }

    /// A join that has not been made yet, so that its making is not measured.
    mutating func request(_ attributes: Attributes) throws(BenchError) -> JoinRequest {
        guard let subject = try? SubjectID("participant-\(subjectNext)") else { throw .failure("no name for a subject") }
        subjectNext += 1
        return JoinRequest(scene: MatchScene.id, subject: subject, attributes: attributes)
    }

    /// Time passes, and what falls due is done.
    mutating func pass(to bootMs: UInt64) {
        guard bootMs > now.bootMs else { return }
        now.unixMs += bootMs - now.bootMs
        now.bootMs = bootMs
        core.advance(now: now, actions: &actions)
        settle()
        // A coordinator is heard of, or its sessions are presumed lost.
        if let link, bootMs / 1000 != (lastPingMs / 1000) {
            lastPingMs = bootMs
            core.handle(.link(link, .ping(Ping(sentAtMs: 0, sessions: 0, players: 0))), now: now, actions: &actions)
            settle()
        }
    }
    private var lastPingMs: UInt64 = 0

    /// The join alone; what it asks for is done by `settle`.
    mutating func join(_ request: JoinRequest) {
        core.advance(now: now, actions: &actions)
        core.handle(.join(ConnectionHandle(connectionNext), request), now: now, actions: &actions)
        connectionNext += 1
    }

    /// Does what the core has asked for, until it asks for nothing.
    mutating func settle() {
        while !actions.isEmpty {
            for action in actions { take(action) }
            actions.removeAll(keepingCapacity: true)
            for connection in closed { core.handle(.disconnected(connection), now: now, actions: &actions) }
            closed.removeAll(keepingCapacity: true)
            if recordsAsked > recordsDurable {
                recordsDurable = recordsAsked
                core.handle(.persisted(upTo: recordsAsked), now: now, actions: &actions)
            }
            if hasLostLink {
                // It has kept too many outcomes, and begins anew.
                hasLostLink = false
                dial()
            }
            guard let link else { continue }
            for assignment in offered {
                core.handle(.link(link, .accepted(assignment.session, assignment.attempt)), now: now, actions: &actions)
                core.handle(
                    .link(link, .state(assignment.session, assignment.attempt, .playing)), now: now, actions: &actions)
                live.append(assignment)
            }
            offered.removeAll(keepingCapacity: true)
            while endsOwed > 0, liveCount >= MatchDriver.liveMax {
                endsOwed -= 1
                endOldest(link)
            }
        }
    }

    private mutating func endOldest(_ link: LinkHandle) {
        let assignment = live[liveFirst]
        liveFirst += 1
        if liveFirst == MatchDriver.liveMax {
            live.removeFirst(liveFirst)
            liveFirst = 0
        }
        let outcome = Outcome(
            session: assignment.session, attempt: assignment.attempt, scene: assignment.scene, reason: .completed,
            endedIn: .playing, endedAtUnixMs: now.unixMs,
            players: assignment.players.map { PlayerOutcome(subject: $0.subject, hasFinished: true) })
        core.handle(.link(link, .ended(outcome)), now: now, actions: &actions)
    }

    private mutating func take(_ action: MatchmakerAction) {
        switch action {
        case .persist: recordsAsked += 1
        case .link(_, .assign(let assignment)): offered.append(assignment)
        case .close(let connection, _): closed.append(connection)
        case .notice(.fate(let fate)):
            if fate.kind == .matched {
                matchedSubjects += 1
                waitedMs += Double(fate.waitedMs)
            } else {
                refused += 1
            }
        case .notice(.formed(_, _, _, let reason)):
            groups += 1
            if link != nil { endsOwed += 1 }
            gaps += reason.skill?.spread ?? 0
            roundTripsMs += Double(reason.latency?.longestMs ?? 0)
        case .closeLink: hasLostLink = true
        case .reply, .link, .transition, .notice: break
        }
    }
}
