import SessionProtocol
import Testing

@testable import Coordination

/// A coordinator under test: says an event, gives back what came of it as lines that read like a transcript.
///
///     "1 < …"  a reply to connection 1      "1 x …"  its close
///     "> …"    a message on the link        "> x …"  the link's close
///     "# …"    a write to the outbox file
///
/// Pings, questions of the clock, transitions and notices are kept aside, since few tests are about them.
struct Stage {
    var core: CoordinatorCore
    var now = Moment(bootMs: 100_000, unixMs: 1_700_000_000_000)
    /// The disk answers within the turn.
    var isDiskFast = true
    var transitions: [Transition] = []
    var notices: [CoordinatorNotice] = []
    var pings: [Ping] = []
    var clocks: [String] = []
    private var persistCount: UInt64 = 0
    private var connections: [ConnectionHandle] = []

    static let graceMs: UInt64 = 15_000
    static let pingMs: UInt64 = 2_000

    init(limits: CoordinationLimits = CoordinationLimits(), retained: [Outcome] = []) {
        core = CoordinatorCore(limits: limits, retained: retained)
    }

    /// Runs a test on a stage whose link is up, and checks behind it that nothing stays once all has ended.
    static func play(
        limits: CoordinationLimits = CoordinationLimits(), _ body: (inout Stage) throws -> Void
    ) rethrows {
        var stage = Stage(limits: limits)
        stage.linkUp()
        try body(&stage)
        stage.windUp()
    }

    mutating func windUp() {
        isDiskFast = true
        for connection in connections { say(.disconnected(connection)) }
        say(.shutdown)
        say(.persisted(upTo: persistCount))
        if !core.isLinkUp { linkUp() }
        for session in core.outbox.keys {
            if let attempt = core.outbox[session]?.outcome.attempt { say(.link(.endedAck(session, attempt))) }
        }
        for table in core.tables { #expect(table.count == 0, "\(table.name) is not empty at the end") }
        #expect(core.isQuiet)
        #expect(core.scenes.isEmpty)
    }

    // MARK: Events

    @discardableResult
    mutating func say(_ event: CoordinatorEvent) -> [String] {
        var actions: [CoordinatorAction] = []
        core.advance(now: now, actions: &actions)
        core.handle(event, now: now, actions: &actions)
        return settle(&actions)
    }

    /// Time goes on by so much at once.
    @discardableResult
    mutating func pass(_ ms: UInt64) -> [String] {
        now.bootMs += ms
        now.unixMs += ms
        var actions: [CoordinatorAction] = []
        core.advance(now: now, actions: &actions)
        return settle(&actions)
    }

    /// Time goes on from deadline to deadline, with the matchmaker answering every ping.
    @discardableResult
    mutating func passLinked(_ ms: UInt64) -> [String] {
        var lines: [String] = []
        let endMs = now.bootMs + ms
        while now.bootMs < endMs {
            lines += pass(min(core.nextDeadlineMs ?? endMs, endMs) - now.bootMs)
            if let sentAtMs = pings.last?.sentAtMs, core.isLinkUp { lines += say(.link(.pong(sentAtMs: sentAtMs))) }
        }
        return lines
    }

    @discardableResult
    mutating func linkUp() -> [String] {
        say(.linkUp(terms: Welcome(leaseGraceMs: UInt32(Stage.graceMs), pingIntervalMs: UInt32(Stage.pingMs))))
    }

    @discardableResult
    mutating func assign(_ assignment: Assignment) -> [String] { say(.link(.assign(assignment))) }

    @discardableResult
    mutating func enter(_ connection: UInt64, _ session: UInt64, player: UInt64, received: UInt64 = 0, tick: UInt32 = 0) -> [String] {
        enter(connection, session, ticket: Stage.ticket(session, player), received: received, tick: tick)
    }

    @discardableResult
    mutating func enter(_ connection: UInt64, _ session: UInt64, ticket: Ticket, received: UInt64 = 0, tick: UInt32 = 0) -> [String] {
        connections.append(ConnectionHandle(connection))
        return say(.enter(ConnectionHandle(connection), Stage.session(session), ticket, received: received, tick: tick))
    }

    @discardableResult
    mutating func ask(_ connection: UInt64, _ request: PlayerRequest) -> [String] {
        say(.request(ConnectionHandle(connection), request))
    }

    @discardableResult
    mutating func cut(_ connection: UInt64) -> [String] { say(.disconnected(ConnectionHandle(connection))) }

    @discardableResult
    mutating func ack(_ session: UInt64, _ attempt: Attempt = .first) -> [String] {
        say(.link(.endedAck(Stage.session(session), attempt)))
    }

    /// The connections that a binary message goes to, or the error.
    mutating func relay(
        _ connection: UInt64, kind: UInt8 = 0, to address: UInt8 = 255, _ payload: [UInt8] = [1]
    ) -> String {
        var targets = RelayTargets()
        let result = core.relay(
            from: ConnectionHandle(connection), kind: kind, address: address, payload: payload.span, now: now,
            targets: &targets)
        switch result {
        case .forwarded(let player): return "p\(player) to \((0..<targets.count).map { targets[$0].number })"
        case .refused(let error): return error.rawValue
        case .dropped: return "dropped"
        }
    }

    /// A player's input, for a tick.
    @discardableResult
    mutating func input(_ connection: UInt64, _ tick: UInt32 = 0, _ bytes: [UInt8], to address: UInt8 = 255) -> String {
        let payload = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: tick >> UInt32($0)) } + bytes
        return input(connection, raw: payload, to: address)
    }

    mutating func input(_ connection: UInt64, raw payload: [UInt8], to address: UInt8 = 255) -> String {
        switch core.input(from: ConnectionHandle(connection), address: address, payload: payload.span, now: now) {
        case .taken: return "taken"
        case .dropped: return "dropped"
        case .refused(let error): return error.rawValue
        }
    }

    /// The bundles that are due, with the connections that they go to.
    mutating func ticks() -> [String] {
        var lines: [String] = []
        var (bundle, targets, actions) = ([UInt8](), RelayTargets(), [CoordinatorAction]())
        while core.nextBundle(now: now, into: &bundle, targets: &targets, actions: &actions) {
            lines.append("\(tickLine(bundle.span)) to \((0..<targets.count).map { targets[$0].number })")
        }
        _ = settle(&actions)
        return lines
    }

    /// Time goes on, and the ticks with it.
    mutating func tickOn(_ ms: UInt64) -> [String] {
        pass(ms)
        return ticks()
    }

    /// A session with everyone inside; the first connection is player 0, and so on. It plays, or validates.
    mutating func begin(_ assignment: Assignment, from first: UInt64 = 1) {
        assign(assignment)
        for player in assignment.players.indices {
            enter(first + UInt64(player), assignment.session.low, player: UInt64(player))
        }
    }

    /// Reports of all players about all others.
    mutating func validateAll(_ count: UInt8) {
        for player in 0..<count {
            for peer in 0..<count where peer != player {
                ask(UInt64(player) + 1, .validated(peer: PlayerIndex(peer), rttMs: nil))
            }
        }
    }

    // MARK: Names

    static func session(_ number: UInt64) -> SessionID { SessionID(high: 0, low: number) }
    static func ticket(_ session: UInt64, _ player: UInt64) -> Ticket { Ticket(high: session, low: player + 1) }

    static func assignment(
        _ number: UInt64, players: Int = 2, attempt: UInt32 = 1, seed: UInt64 = 7, subjects: String? = nil,
        _ settings: SessionSettings = SessionSettings(validatesPeers: false)
    ) -> Assignment {
        guard let scene = try? SceneID("scene") else { preconditionFailure() }
        return Assignment(
            session: session(number), attempt: Attempt(attempt), scene: scene, settings: settings, seed: seed,
            resumeExpiresUnixMs: 99, players: (0..<players).map { player in
                guard let subject = try? SubjectID("\(subjects ?? "s\(number)")-\(player)") else {
                    preconditionFailure()
                }
                return AssignedPlayer(
                    subject: subject, ticket: ticket(number, UInt64(player)), sinceUnixMs: 3,
                    placeSignature: ResumeSignature(high: 1, low: UInt64(player)),
                    releaseSignature: ResumeSignature(high: 2, low: UInt64(player)))
            })
    }

    static func validating(
        _ number: UInt64, players: Int = 2, onFailure: ValidationFailureAction = .requeue, attempts: AttemptRule? = nil
    ) -> Assignment {
        var assignment = assignment(
            number, players: players, SessionSettings(validatesPeers: true, onValidationFailure: onFailure))
        assignment.extensions.playRules.attempts = attempts
        return assignment
    }

    /// One attempt, as long as validation may take.
    static let once = AttemptRule(attemptsMax: 1, attemptTimeoutMs: 15_000)

    // MARK: Reading

    private mutating func settle(_ actions: inout [CoordinatorAction]) -> [String] {
        var lines = read(actions)
        if isDiskFast && persistCount > core.persistedUpTo {
            actions.removeAll()
            core.handle(.persisted(upTo: persistCount), now: now, actions: &actions)
            lines += read(actions)
        }
        core.checkInvariants()
        return lines
    }

    private mutating func read(_ actions: [CoordinatorAction]) -> [String] {
        var lines: [String] = []
        for action in actions {
            switch action {
            case .transition(let transition): transitions.append(transition)
            case .notice(let notice): notices.append(notice)
            case .link(.ping(let ping)): pings.append(ping)
            case .reply(_, .clock): clocks.append(action.line)
            case .persist:
                persistCount += 1
                lines.append(action.line)
            case .reply, .replay, .replayTick, .limitBacklog, .close, .link, .closeLink: lines.append(action.line)
            }
        }
        return lines
    }
}
