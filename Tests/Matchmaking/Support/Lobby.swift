import Digests
import Matchmaking
import SessionProtocol

/// A matchmaker in a test: each method is one event in, and returns the actions out as lines that read like a
/// transcript. Sessions are named S1, S2, … in the order of their appearance. A line that ends in "." closes its
/// connection after what was said, one that ends in "!" closes it as failed.
struct Lobby {
    var core: MatchmakerCore
    var now = Moment(bootMs: 1_000_000, unixMs: 1_700_000_000_000)
    /// What the journal was given, in order.
    var journal: [Message] = []
    /// The changes of state and the notices of the last event; what became of joins is apart.
    var transitions: [String] = []
    var notices: [MatchmakerNotice] = []
    private(set) var joinFates: [JoinFate] = []
    /// Why the groups of the last event were put together.
    var reasons: [String] = []
    /// The raw actions of the last event.
    var actions: [MatchmakerAction] = []

    /// The last `resume` that each connection was given.
    var resumes: [UInt64: String] = [:]
    /// The last `waiting` that each connection was told.
    var waits: [UInt64: (waitedMs: UInt64, timeoutMs: UInt64)] = [:]
    /// The estimate in it.
    var estimates: [UInt64: UInt64] = [:]
    /// The last ticket that each connection was given.
    var tickets: [UInt64: Ticket] = [:]
    /// The last assignment of each session.
    var assignments: [String: Assignment] = [:]
    private(set) var names: [SessionID: String] = [:]
    private(set) var sessions: [String: SessionID] = [:]

    static let key: [UInt8] = Array("a key for tests".utf8)

    init(
        _ scenes: Scene..., limits: MatchmakingLimits = MatchmakingLimits(), seed: UInt64 = 1, key: [UInt8] = Lobby.key
    ) {
        core = MatchmakerCore(
            scenes: scenes, limits: limits, resumeKey: key, generator: SeededGenerator(number: seed))
    }

    /// A matchmaker started anew from the journal of another one, which has crashed.
    init(
        restarting old: Lobby, _ scenes: Scene..., limits: MatchmakingLimits = MatchmakingLimits(),
        key: [UInt8] = Lobby.key, journal: [Message]? = nil, isComplete: Bool = true
    ) {
        core = MatchmakerCore(
            scenes: scenes, limits: limits, resumeKey: key, generator: SeededGenerator(number: 99))
        now = old.now
        self.journal = journal ?? old.journal
        resumes = old.resumes
        assignments = old.assignments
        names = old.names
        sessions = old.sessions
        journalRestored = self.journal.count
        core.restore(self.journal, isComplete: isComplete, now: now)
    }

    // MARK: Events

    @discardableResult
    mutating func handle(_ event: MatchmakerEvent) -> [String] {
        actions = []
        core.advance(now: now, actions: &actions)
        core.handle(event, now: now, actions: &actions)
        return render()
    }

    /// Lets time pass; what falls due is done when all of it has passed.
    @discardableResult
    mutating func pass(_ ms: UInt64) -> [String] {
        now.bootMs += ms
        now.unixMs += ms
        actions = []
        core.advance(now: now, actions: &actions)
        return render()
    }

    @discardableResult
    mutating func join(
        _ subject: String, on connection: UInt64, scene: String = "duo", resume: String? = nil,
        isProven: Bool = false, party: (code: String, size: Int)? = nil, attributes: Attributes = .none
    ) -> [String] {
        handle(
            .join(
                ConnectionHandle(connection),
                JoinRequest(
                    scene: scene, subject: .of(subject), resume: resume, attributes: attributes,
                    party: party.map { JoinRequest.Party(code: $0.code, size: $0.size) }, isProven: isProven)))
    }

    @discardableResult
    mutating func leave(_ connection: UInt64) -> [String] { handle(.leave(ConnectionHandle(connection))) }

    @discardableResult
    mutating func confirm(_ connection: UInt64) -> [String] { handle(.confirm(ConnectionHandle(connection))) }

    @discardableResult
    mutating func disconnect(_ connection: UInt64) -> [String] { handle(.disconnected(ConnectionHandle(connection))) }

    /// All that was asked for is on disk now.
    @discardableResult
    mutating func sync() -> [String] { handle(.persisted(upTo: recordsAsked)) }

    @discardableResult
    mutating func prove(
        _ node: String, link: UInt64, incarnation: UInt64 = 1, capacity: UInt32 = 100
    ) -> [String] {
        handle(.linkProven(LinkHandle(link), .of(node, incarnation: incarnation, capacity: capacity)))
    }

    @discardableResult
    mutating func say(_ message: Message, link: UInt64) -> [String] { handle(.link(LinkHandle(link), message)) }

    @discardableResult
    mutating func down(_ link: UInt64) -> [String] { handle(.linkDown(LinkHandle(link))) }

    /// A coordinator that is proven and has given its inventory; returns what its end brought about.
    @discardableResult
    mutating func connect(
        _ node: String, link: UInt64, incarnation: UInt64 = 1, capacity: UInt32 = 100,
        inventory: [Message] = []
    ) -> [String] {
        prove(node, link: link, incarnation: incarnation, capacity: capacity)
        for message in inventory { say(message, link: link) }
        return say(.inventoryEnd, link: link)
    }

    @discardableResult
    mutating func ping(_ link: UInt64, players: UInt32 = 0) -> [String] {
        say(.ping(Ping(sentAtMs: 7, sessions: 0, players: players)), link: link)
    }

    @discardableResult
    mutating func accept(_ session: String, link: UInt64, attempt: UInt32 = 1) -> [String] {
        say(.accepted(id(session), Attempt(attempt)), link: link)
    }

    @discardableResult
    mutating func refuse(
        _ session: String, _ reason: RefusalReason, link: UInt64, attempt: UInt32 = 1
    ) -> [String] {
        say(.refused(id(session), Attempt(attempt), reason), link: link)
    }

    @discardableResult
    mutating func state(_ session: String, _ state: SessionState, link: UInt64, attempt: UInt32 = 1) -> [String] {
        say(.state(id(session), Attempt(attempt), state), link: link)
    }

    @discardableResult
    mutating func end(
        _ session: String, _ reason: EndReason, in state: SessionState, link: UInt64, attempt: UInt32 = 1,
        requeued: [String] = [], blamed: [String] = [], pairs: [PlayerPair] = [], roundTrips: [PairRoundTrip] = []
    ) -> [String] {
        say(
            .ended(
                outcome(
                    session, reason, in: state, attempt: attempt, requeued: requeued, blamed: blamed, pairs: pairs,
                    roundTrips: roundTrips)),
            link: link)
    }

    /// Two who wait in `duo`, matched, assigned and accepted by the coordinator on `link`, told and gone from here.
    mutating func playDuo(_ a: String, _ b: String, connections: (UInt64, UInt64), link: UInt64, session: String) {
        join(a, on: connections.0)
        join(b, on: connections.1)
        sync()
        accept(session, link: link)
        disconnect(connections.0)
        disconnect(connections.1)
    }

    // MARK: What is known

    var recordsAsked: UInt64 { UInt64(journal.count - journalRestored) }
    var journalRestored = 0

    func id(_ name: String) -> SessionID { sessions[name] ?? SessionID(high: 0, low: 0) }
    func assignment(_ name: String) -> Assignment? { assignments[name] }

    func outcome(
        _ session: String, _ reason: EndReason, in state: SessionState, attempt: UInt32 = 1,
        requeued: [String] = [], blamed: [String] = [], pairs: [PlayerPair] = [], roundTrips: [PairRoundTrip] = []
    ) -> Outcome {
        let players = assignments[session]?.players.map(\.subject) ?? [.of("nobody")]
        return Outcome(
            session: id(session), attempt: Attempt(attempt), scene: assignments[session]?.scene ?? .of("duo"),
            reason: reason, endedIn: state, endedAtUnixMs: now.unixMs,
            players: players.map {
                PlayerOutcome(
                    subject: $0, isBlamed: blamed.contains($0.name), isRequeued: requeued.contains($0.name))
            }, failedPairs: pairs, extensions: Extensions(roundTrips: roundTrips))
    }

    /// The fates of the last event.
    var fates: [String] {
        joinFates.map { fate in
            let error = fate.error.map { " \($0.rawValue)" } ?? ""
            let session = fate.session.flatMap { names[$0] }.map { " in \($0)" } ?? ""
            return "\(fate.connection.number): \(fate.subject) \(fate.kind.rawValue)\(error)\(session) after \(fate.waitedMs)/\(fate.waitedInAllMs)"
        }
    }

    /// Tables that are not empty.
    var leftovers: [String] { core.tables.filter { $0.count != 0 }.map { "\($0.name) \($0.count)" } }

    // MARK: Rendering

    private mutating func name(_ id: SessionID) -> String {
        if let name = names[id] { return name }
        let name = "S\(names.count + 1)"
        names[id] = name
        sessions[name] = id
        return name
    }

    private mutating func render() -> [String] {
        var lines: [String] = []
        transitions = []
        notices = []
        joinFates = []
        reasons = []
        for action in actions {
            switch action {
            case .reply(let connection, let reply):
                lines.append("\(connection.number): \(describe(reply, on: connection.number))")
            case .close(let connection, let close):
                let mark = close == .normal ? "." : "!"
                if let last = lines.last, last.hasPrefix("\(connection.number): ") {
                    lines[lines.count - 1] = last + mark
                } else {
                    lines.append("\(connection.number): " + mark)
                }
            case .link(let link, let message): lines.append("link \(link.number): \(describe(message))")
            case .closeLink(let link, let reject):
                lines.append("link \(link.number): close" + (reject.map { " \($0.code)" } ?? ""))
            case .persist(let message):
                journal.append(message)
                lines.append("journal: \(describe(message))")
            case .transition(let change):
                let reason = change.reason.map { " \($0)" } ?? ""
                transitions.append(
                    "\(name(change.session)) \(change.from)→\(change.to)\(reason)\(change.isLegal ? "" : " refused")")
            case .notice(.fate(let fate)): joinFates.append(fate)
            case .notice(.formed(_, _, _, let reason)): reasons.append(reason.description)
            case .notice(let notice): notices.append(notice)
            }
        }
        return lines
    }

    private mutating func describe(_ reply: MatchmakerReply, on connection: UInt64) -> String {
        switch reply {
        case .waiting(let news):
            resumes[connection] = news.resume
            waits[connection] = (news.waitedMs, news.timeoutMs)
            estimates[connection] = news.estimateMs
            let party = news.party.map { ", party \($0.members)/\($0.size)" } ?? ""
            return "waiting \(news.players)/\(news.needed) in \(name(news.session))\(party)"
        case .confirm(let deadlineMs): return "confirm within \(deadlineMs)"
        case .matched(let session, let player, let players, _, let ticket, let condition):
            tickets[connection] = ticket
            return "matched \(name(session)) as \(player) of \(players)" + (condition.treatment.map { ", treated \($0)" } ?? "")
        case .ended(let session, let reason, let code):
            return "ended \(name(session)) \(reason)" + (code.map { " \($0)" } ?? "")
        case .error(let error, _): return "error \(error.rawValue)"
        }
    }

    private mutating func describe(_ message: Message) -> String {
        switch message {
        case .assign(let assignment):
            assignments[name(assignment.session)] = assignment
            return "assign \(name(assignment.session))#\(assignment.attempt)"
        case .journalMatched(let node, let assignment):
            assignments[name(assignment.session)] = assignment
            return "matched \(name(assignment.session))#\(assignment.attempt) at \(node)"
        case .ended(let outcome):
            return "ended \(name(outcome.session)) \(outcome.reason)" + (outcome.isPresumed ? " presumed" : "")
        case .endedAck(let session, let attempt): return "ack \(name(session))#\(attempt)"
        case .drop(let session, let attempt): return "drop \(name(session))#\(attempt)"
        case .cancel(let session, let attempt, let reason, let blamed):
            let players = blamed.map(\.description).joined(separator: ",")
            return "cancel \(name(session))#\(attempt) \(reason) \(players)"
        case .hello, .challenge, .proof, .welcome, .reject, .accepted, .refused, .state, .ping, .pong, .drain,
            .holding, .inventoryEnd:
            return "\(message.kind)"
        }
    }
}
