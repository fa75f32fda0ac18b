import Digests
import SessionProtocol
import Testing

@testable import Matchmaking

/// Thousands of events in an order drawn from a seed, against a world that keeps its own simple account of everything.
@Suite struct RandomEventsTests {
    @Test("whatever happens in whatever order, the promises hold and nothing stays", arguments: 1...16 as ClosedRange<UInt64>)
    func anything(_ seed: UInt64) throws {
        var world = RandomWorld(seed: seed)
        for _ in 0..<1500 {
            world.step()
            try #require(world.complaints == [], "seed \(seed)")
        }
        world.settle()
        #expect(world.complaints == [])
        #expect(world.core.tables.filter { $0.count != 0 }.map(\.name) == [])
        #expect(world.matchedTold > 20)
    }
}

/// Players, coordinators and a disk that behave as they may, at random.
struct RandomWorld {
    /// A coordinator as far as a matchmaker can tell.
    struct Node {
        let name: NodeID
        var incarnation: UInt64 = 1
        var link: LinkHandle?
        var held: [SessionID: (state: SessionState, assignment: Assignment)] = [:]
        var order: [SessionID] = []
        var outbox: [Outcome] = []
        var asked: [Assignment] = []
        /// When its own lease ends, as it counts.
        var leaseMs: UInt64 = 0
    }

    static let scenes: [Scene] = [
        .parties(2, max: 2, waitTimeoutMs: 20_000), .parties(4, max: 3, "four", waitTimeoutMs: 6000, whenWaitIsOver: .moveTo(.of("duo"))), .group(1, "one", identity: .open),
        .asked(3, timeoutMs: 2000),
    ]
    static let limits = MatchmakingLimits(
        leaseGraceMs: 3000, leaseMarginMs: 500, pingIntervalMs: 500, assignTimeoutMs: 1000, rejectionLifetimeMs: 4000,
        ledger: LedgerLimits(tombstoneLifetimeMs: 60_000, tombstonesMax: 1000))

    var core = MatchmakerCore(
        scenes: scenes, limits: limits, resumeKey: Lobby.key, generator: SeededGenerator(number: 5))
    var random: SeededGenerator
    var now = Moment(bootMs: 1_000_000, unixMs: 1_700_000_000_000)
    var nodes: [Node] = ["east", "west", "north"].map { Node(name: .of($0)) }
    var asked: UInt64 = 0
    var durable: UInt64 = 0
    var journal: [Message] = []
    var connectionNext: UInt64 = 1
    var linkNext: UInt64 = 1
    /// Connections that have joined and were not closed, and who is on them.
    var connected: [(connection: ConnectionHandle, subject: String)] = []
    var resumes: [String: String] = [:]
    var outcomes: [SessionID: Outcome] = [:]
    var accepted: Set<SessionID> = []
    var complaints: [String] = []
    var matchedTold = 0
    /// Who has been asked, and will say that it is still there.
    var toConfirm: [ConnectionHandle] = []
    /// Joins of each connection that have no fate yet, and how often each fate was met.
    var joinsOpen: [ConnectionHandle: Int] = [:]
    var fates: [JoinFate.Kind: Int] = [:]

    init(seed: UInt64) { random = SeededGenerator(number: seed) }

    mutating func draw(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    mutating func pick<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &random) }

    // MARK: Steps

    mutating func step() {
        switch draw(100) {
        case 0..<30: join()
        case 30..<36: if let one = pick(connected) { send(.disconnected(one.connection), gone: one.connection) }
        case 36..<40: if let one = pick(connected) { send(.leave(one.connection)) }
        case 40..<62: persist()
        case 62..<80: coordinate()
        case 80..<84: linkUp()
        case 84..<85: linkDown()
        case 85..<86: if let one = pick(connected) { send(.confirm(one.connection)) }
        case 86..<88: crash()
        default: pass(UInt64(draw(10) == 0 ? draw(4000) : draw(300)))
        }
        while !toConfirm.isEmpty, draw(4) > 0 {
            let connection = toConfirm.removeFirst()
            if connected.contains(where: { $0.connection == connection }) { send(.confirm(connection)) }
        }
        check()
    }

    private mutating func join() {
        let subject = "p\(draw(24))"
        let scene = RandomWorld.scenes[draw(RandomWorld.scenes.count)].id.name
        let resume = draw(3) == 0 ? nil : resumes[subject]
        let connection = ConnectionHandle(connectionNext)
        connectionNext += 1
        connected.append((connection, subject))
        joinsOpen[connection] = 1
        let party = draw(3) == 0 ? JoinRequest.Party(code: "c\(draw(4))", size: 2 + draw(2)) : nil
        send(.join(connection, JoinRequest(scene: scene, subject: .of(subject), resume: resume, party: party)))
        if draw(20) == 0, let one = pick(connected) {
            joinsOpen[one.connection, default: 0] += 1
            send(.join(one.connection, JoinRequest(scene: scene, subject: .of(subject))))
        }
    }

    private mutating func persist() {
        guard durable < asked else { return }
        durable += UInt64(1 + draw(Int(asked - durable)))
        send(.persisted(upTo: durable))
    }

    private mutating func coordinate() {
        guard let index = nodes.indices.filter({ nodes[$0].link != nil }).randomElement(using: &random),
            let link = nodes[index].link
        else { return }
        switch draw(10) {
        case 0..<5: answer(index, link)
        case 5..<7: progress(index, link)
        default: endOne(index, link)
        }
    }

    private mutating func answer(_ index: Int, _ link: LinkHandle) {
        guard !nodes[index].asked.isEmpty else { return }
        let assignment = nodes[index].asked.removeFirst()
        if draw(6) == 0 {
            let reason = RefusalReason.allCases[draw(RefusalReason.allCases.count - 1)]
            if reason != .draining { send(.link(link, .refused(assignment.session, assignment.attempt, reason))) }
            return
        }
        nodes[index].held[assignment.session] = (.matched, assignment)
        nodes[index].order.append(assignment.session)
        accepted.insert(assignment.session)
        send(.link(link, .accepted(assignment.session, assignment.attempt)))
    }

    private mutating func progress(_ index: Int, _ link: LinkHandle) {
        guard let id = pick(nodes[index].order), let held = nodes[index].held[id], held.state != .playing else { return }
        let next: SessionState = held.state == .matched && draw(2) == 0 ? .validating : .playing
        nodes[index].held[id]?.state = next
        send(.link(link, .state(id, held.assignment.attempt, next)))
    }

    private mutating func endOne(_ index: Int, _ link: LinkHandle?) {
        guard let id = pick(nodes[index].order) else { return }
        let reason: EndReason = nodes[index].held[id]?.state == .playing ? .completed : .validationFailed
        end(id, reason, blamed: [], at: index, link)
    }

    private mutating func end(
        _ id: SessionID, _ reason: EndReason, blamed: [PlayerIndex], at index: Int, _ link: LinkHandle?
    ) {
        guard let held = nodes[index].held.removeValue(forKey: id) else { return }
        nodes[index].order.removeAll { $0 == id }
        let requeues = held.state != .playing && reason != .completed
        let players = held.assignment.players.enumerated().map { seat, player in
            let isBlamed = blamed.contains(PlayerIndex(UInt8(seat)))
            let isRequeued = requeues && !isBlamed
            // Only one whose link is down hands out a resume without an acknowledgement; the rule allows it for all.
            resumes[player.subject.name] = held.assignment.resume(of: player, isRequeued: isRequeued)
            return PlayerOutcome(subject: player.subject, isBlamed: isBlamed, isRequeued: isRequeued)
        }
        let pair = PlayerPair(PlayerIndex(0), PlayerIndex(1))
        let outcome = Outcome(
            session: id, attempt: held.assignment.attempt, scene: held.assignment.scene, reason: reason,
            endedIn: held.state, endedAtUnixMs: now.unixMs, players: players,
            failedPairs: reason == .validationFailed && players.count > 1 && draw(2) == 0 ? [pair].compactMap { $0 } : [])
        nodes[index].outbox.append(outcome)
        if let link { send(.link(link, .ended(outcome))) }
    }

    private mutating func linkUp() {
        guard let index = nodes.indices.filter({ nodes[$0].link == nil }).randomElement(using: &random) else { return }
        let link = LinkHandle(linkNext)
        linkNext += 1
        nodes[index].link = link
        nodes[index].leaseMs = now.bootMs + 3000
        send(.linkProven(link, .of(nodes[index].name.name, incarnation: nodes[index].incarnation, capacity: 6)))
        for id in nodes[index].order {
            guard let held = nodes[index].held[id], nodes[index].link == link else { continue }
            send(.link(link, .holding(held.state, held.assignment)))
        }
        for outcome in nodes[index].outbox { send(.link(link, .ended(outcome))) }
        send(.link(link, .inventoryEnd))
    }

    private mutating func linkDown() {
        guard let index = nodes.indices.randomElement(using: &random), let link = nodes[index].link else { return }
        nodes[index].link = nil
        nodes[index].asked = []
        send(.linkDown(link))
    }

    /// A coordinator dies and is started again: what it held is gone, its outbox is not.
    private mutating func crash() {
        guard let index = nodes.indices.randomElement(using: &random) else { return }
        let link = nodes[index].link
        nodes[index].link = nil
        nodes[index].incarnation += 1
        nodes[index].held = [:]
        nodes[index].order = []
        nodes[index].asked = []
        if let link { send(.linkDown(link)) }
    }

    mutating func pass(_ ms: UInt64) {
        now.bootMs += ms
        now.unixMs += ms
        var closed: [LinkHandle] = []
        for index in nodes.indices {
            // The coordinator's own lease: it ends what it holds before its matchmaker presumes it lost.
            if now.bootMs >= nodes[index].leaseMs {
                if let link = nodes[index].link { closed.append(link) }
                nodes[index].link = nil
                nodes[index].asked = []
                for id in nodes[index].order { end(id, .coordinatorLost, blamed: [], at: index, nil) }
            }
        }
        var actions: [MatchmakerAction] = []
        core.advance(now: now, actions: &actions)
        perform(actions)
        for link in closed { send(.linkDown(link)) }
        for index in nodes.indices {
            guard let link = nodes[index].link, draw(3) > 0 else { continue }
            nodes[index].leaseMs = now.bootMs + 3000
            send(.link(link, .ping(Ping(sentAtMs: now.bootMs, sessions: 0, players: 0))))
        }
    }

    /// Everyone goes, everything ends, everything is on disk.
    mutating func settle() {
        for one in connected { send(.disconnected(one.connection), gone: one.connection) }
        for _ in 0..<20 {
            for index in nodes.indices {
                while let id = nodes[index].order.first { end(id, .completed, blamed: [], at: index, nodes[index].link) }
            }
            if durable < asked {
                durable = asked
                send(.persisted(upTo: durable))
            }
            pass(1200)
        }
        pass(30_000)
        durable = asked
        send(.persisted(upTo: durable))
        check()
    }

    // MARK: What comes out

    private mutating func send(_ event: MatchmakerEvent, gone: ConnectionHandle? = nil) {
        var actions: [MatchmakerAction] = []
        if let gone { connected.removeAll { $0.connection == gone } }
        core.handle(event, now: now, actions: &actions)
        perform(actions)
    }

    private mutating func perform(_ actions: [MatchmakerAction]) {
        var followUps: [(index: Int, SessionID, EndReason, [PlayerIndex])] = []
        for action in actions {
            switch action {
            case .reply(let connection, let reply): hear(reply, on: connection)
            case .close(let connection, _): connected.removeAll { $0.connection == connection }
            case .persist(let message):
                asked += 1
                journal.append(message)
            case .closeLink(let link, _):
                for index in nodes.indices where nodes[index].link == link {
                    nodes[index].link = nil
                    nodes[index].asked = []
                }
            case .link(let link, let message):
                guard let index = nodes.firstIndex(where: { $0.link == link }) else { continue }
                switch message {
                case .assign(let assignment):
                    nodes[index].asked.append(assignment)
                    demandDurable(assignment)
                case .cancel(let id, _, let reason, let blamed): followUps.append((index, id, reason, blamed))
                case .drop(let id, let attempt):
                    nodes[index].asked.removeAll { $0.session == id && $0.attempt == attempt }
                    if nodes[index].held[id]?.assignment.attempt == attempt {
                        nodes[index].held[id] = nil
                        nodes[index].order.removeAll { $0 == id }
                    }
                case .endedAck(let id, let attempt):
                    let isDurable = journal.prefix(Int(durable)).contains {
                        if case .ended(let outcome) = $0 { outcome.session == id } else { false }
                    }
                    if !isDurable { complain("ack of \(id) before its record") }
                    nodes[index].outbox.removeAll { $0.session == id && $0.attempt == attempt }
                default: break
                }
            case .notice(.outcome(let outcome)):
                if let old = outcomes[outcome.session], !old.isPresumed || outcome.isPresumed {
                    complain("two outcomes of \(outcome.session)")
                }
                outcomes[outcome.session] = outcome
            case .notice(.fate(let fate)):
                fates[fate.kind, default: 0] += 1
                joinsOpen[fate.connection, default: 0] -= 1
                if joinsOpen[fate.connection] == 0 { joinsOpen[fate.connection] = nil }
                if joinsOpen[fate.connection, default: 0] < 0 { complain("\(fate.kind) of nobody's join") }
            case .transition(let change):
                if !change.isLegal, change.from != change.to { complain("\(change.from) to \(change.to)") }
            case .notice: break
            }
        }
        for (index, id, reason, blamed) in followUps { end(id, reason, blamed: blamed, at: index, nodes[index].link) }
    }

    private mutating func demandDurable(_ assignment: Assignment) {
        let isDurable = journal.prefix(Int(durable)).contains {
            if case .journalMatched(_, let recorded) = $0 { recorded == assignment } else { false }
        }
        if !isDurable { complain("assign before its record") }
    }

    private mutating func hear(_ reply: MatchmakerReply, on connection: ConnectionHandle) {
        guard let one = connected.first(where: { $0.connection == connection }) else {
            return complain("said something on a closed connection")
        }
        switch reply {
        case .confirm: if draw(10) > 0 { toConfirm.append(connection) }
        case .waiting(let news):
            let (players, needed, resume) = (news.players, news.needed, news.resume)
            if players > needed || players < 1 { complain("waiting \(players)/\(needed)") }
            resumes[one.subject] = resume
        case .matched(let session, let player, _, _, let ticket, _):
            matchedTold += 1
            let holder = nodes.first { $0.held[session] != nil }
            guard let held = holder?.held[session] else { return complain("matched with a session that nobody holds") }
            let seat = held.assignment.players[Int(player.number)]
            if seat.subject.name != one.subject || seat.ticket != ticket { complain("a ticket of somebody else") }
            if holder?.link == nil { complain("matched while the link is down") }
        case .ended, .error: break
        }
    }

    mutating func complain(_ text: String) { complaints.append(text) }

    // MARK: Invariants

    mutating func check() {
        let tables = Dictionary(uniqueKeysWithValues: core.tables.map { ($0.name, $0.count) })
        for (name, count) in tables where count < 0 { complain("\(name) is \(count)") }
        for link in core.linkStatus where link.sessions < 0 { complain("\(link.node) has \(link.sessions)") }
        if tables["joined"] != connected.count { complain("\(tables["joined"] ?? -1) joined, \(connected.count) connected") }
        if joinsOpen.count != connected.count || joinsOpen.values.contains(where: { $0 != 1 }) {
            complain("\(joinsOpen.count) joins without a fate, \(connected.count) connected")
        }
        if Set(connected.map(\.subject)).count != connected.count { complain("a subject on two connections") }
        let waiting = core.sceneStatus.reduce(0) { $0 + $1.waiting }
        if waiting != tables["waitingSubjects"] { complain("scenes disagree") }
        if tables["openRooms", default: 0] + tables["fullRooms", default: 0] + tables["askedRooms", default: 0] + tables["gatheringParties", default: 0] != core.count(in: .waiting) {
            complain("rooms in queues are not the rooms in the ledger")
        }
        checkParties()
        checkPlaces()
        let assigned = core.count(in: .matched) + core.count(in: .validating) + core.count(in: .playing)
        if tables["assignedSessions"] != assigned { complain("assigned \(tables["assignedSessions"] ?? -1) of \(assigned)") }
        // Promise 1: no two coordinators hold a subject in a session that both sides take for live.
        var holders: [SubjectID: SessionID] = [:]
        for node in nodes {
            for id in node.order {
                guard let held = node.held[id], accepted.contains(id), core.isLive(id, held.assignment) else { continue }
                for player in held.assignment.players {
                    if let other = holders[player.subject], other != id { complain("\(player.subject) is in two") }
                    holders[player.subject] = id
                }
            }
        }
    }
}

extension MatchmakerCore {
    /// Whether this very hand-off is live.
    fileprivate func isLive(_ id: SessionID, _ assignment: Assignment) -> Bool {
        ledger[id]?.details.handOff?.assignment == assignment
    }
}
