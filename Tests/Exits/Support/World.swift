import Digests
import SessionProtocol
import Testing

@testable import Coordination
@testable import Matchmaking

/// Both cores, and all that is around them in the real servers: links, disks, clients, time. What one says arrives at the
/// other at once unless a fault is between them; a disk answers behind everything else that a moment brings.
final class World {
    var matchmaker: MatchmakerCore
    /// What the matchmaker asked its disk to keep in this life.
    var journal = Disk()
    var nodes: [String: Node] = [:]
    var players: [String: Client] = [:]
    var now = Moment(bootMs: 1_000_000, unixMs: 1_700_000_000_000)
    /// Connections that have been taken over, and whose they were.
    var older: [ConnectionHandle: String] = [:]
    var packets: [Packet] = []
    private var numberNext: UInt64 = 1
    private var isPumping = false

    /// What was seen, for the checks.
    var transitions: [(side: String, transition: Transition)] = []
    var outcomes: [Outcome] = []
    var reported: [Outcome] = []
    /// What the matchmaker has said to coordinators.
    var said: [(node: String, message: Message)] = []
    var notices: [MatchmakerNotice] = []
    var coordinatorNotices: [CoordinatorNotice] = []
    var complaints: [String] = []
    /// Players say that they are still there as soon as they are asked.
    var answersConfirm = true

    struct Disk {
        /// Records of earlier lives.
        var kept: [Message] = []
        var asked: [Message] = []
        var durable = 0
        var isWorking = true
        var records: [Message] { kept + asked.prefix(durable) }

        func hasOutcome(of session: SessionID) -> Bool {
            records.contains { if case .ended(let outcome) = $0 { outcome.session == session } else { false } }
        }
        /// Whether any record is about this session.
        func names(_ session: SessionID) -> Bool {
            records.contains { record in
                switch record {
                case .journalMatched(_, let assignment): assignment.session == session
                case .ended(let outcome): outcome.session == session
                case .endedAck(let other, _): other == session
                case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .cancel, .drop,
                    .ping, .pong, .drain, .holding, .inventoryEnd:
                    false
                }
            }
        }
        /// The process is gone, and what had not been written.
        mutating func restart() { self = Disk(kept: records) }
    }

    struct Node {
        var core: CoordinatorCore
        var incarnation: UInt64 = 1
        var disk = Disk()
        var link: LinkHandle?
        var isCut = false
        var isAlive = true
        /// Stands still: nothing is read, no deadline is handled.
        var isStalled = false
        var ignoresCancel = false
        var inbox: [CoordinatorEvent] = []
    }

    enum Packet {
        case toMatchmaker(LinkHandle, Message)
        case toCoordinator(String, LinkHandle, Message)
        case lost(String, LinkHandle)
        case linkGone(LinkHandle)
        case clientGone(ConnectionHandle, node: String?)
    }

    struct Client {
        var connection: ConnectionHandle?
        /// Nil while it is at the matchmaker.
        var node: String?
        var resume: String?
        var seat: (session: SessionID, ticket: Ticket, node: String)?
        var heard: [String] = []
    }

    static let scenes: [Scene] = [
        scene("relay", SessionSettings(validatesPeers: false, playTimeoutMs: 90_000)),
        scene("other", SessionSettings(validatesPeers: false)),
        scene("requeue", SessionSettings(validatesPeers: true, onValidationFailure: .requeue)),
        scene("finally", SessionSettings(validatesPeers: true, onValidationFailure: .end)),
        scene("relayed", SessionSettings(validatesPeers: true, onValidationFailure: .relay)),
        scene("watched", SessionSettings(validatesPeers: false), watch: WatchRule(hiddenForMs: 5_000, warningMs: 1_000)),
        scene("watched peers", SessionSettings(validatesPeers: true), watch: WatchRule(hiddenForMs: 5_000, warningMs: 1_000)),
        scene("asked", SessionSettings(validatesPeers: false), confirmTimeoutMs: 10_000),
        scene(
            "lossy", SessionSettings(validatesPeers: false),
            PlayRules(absence: AbsenceRule(loss: .empty, playersMin: 2), barriers: BarrierRule(missing: .lose))),
    ]
    private static func scene(
        _ name: String, _ settings: SessionSettings, _ playRules: PlayRules = .none, confirmTimeoutMs: UInt64? = nil,
        watch: WatchRule? = nil
    ) -> Scene {
        var scene = Scene(
            id: .of(name), groupSize: 3, settings: settings, playRules: playRules, waitTimeoutMs: 40_000,
            confirmTimeoutMs: confirmTimeoutMs)
        if let watch { scene.playRules.watch = watch }
        return scene
    }

    init() { matchmaker = World.newMatchmaker(seed: 1) }

    private static func newMatchmaker(seed: UInt64) -> MatchmakerCore {
        MatchmakerCore(scenes: scenes, resumeKey: [1, 2, 3], generator: SeededGenerator(number: seed))
    }

    func number() -> UInt64 {
        numberNext += 1
        return numberNext
    }

    // MARK: Events

    func tell(_ event: MatchmakerEvent) {
        var actions: [MatchmakerAction] = []
        matchmaker.advance(now: now, actions: &actions)
        matchmaker.handle(event, now: now, actions: &actions)
        perform(actions)
    }

    func tell(_ name: String, _ event: CoordinatorEvent) {
        guard var node = nodes[name], node.isAlive else { return }
        if node.isStalled {
            nodes[name]?.inbox.append(event)
            return
        }
        var actions: [CoordinatorAction] = []
        node.core.advance(now: now, actions: &actions)
        node.core.handle(event, now: now, actions: &actions)
        nodes[name] = node
        perform(actions, of: name)
    }

    /// Delivers all that is on its way, then lets the disks answer, until nothing happens any more.
    func pump() {
        if isPumping { return }
        isPumping = true
        repeat {
            while !packets.isEmpty { deliver(packets.removeFirst()) }
            dial()
        } while !packets.isEmpty || sync()
        isPumping = false
    }

    private func deliver(_ packet: Packet) {
        switch packet {
        case .toMatchmaker(let link, let message): tell(.link(link, message))
        case .toCoordinator(let name, let link, let message):
            guard let node = nodes[name], node.link == link else { return }
            if case .welcome(let terms) = message { return tell(name, .linkUp(terms: terms)) }
            if node.ignoresCancel, message.kind == .cancel { return }
            tell(name, .link(message))
        case .lost(let name, let link):
            guard nodes[name]?.link == link else { return }
            nodes[name]?.link = nil
            tell(name, .linkDown)
        case .linkGone(let link): tell(.linkDown(link))
        case .clientGone(let connection, let node):
            if let node { tell(node, .disconnected(connection)) } else { tell(.disconnected(connection)) }
        }
    }

    private func dial() {
        for name in nodes.keys.sorted() {
            guard let node = nodes[name], node.isAlive, !node.isStalled, !node.isCut, node.link == nil else { continue }
            let link = LinkHandle(number())
            nodes[name]?.link = link
            tell(
                .linkProven(
                    link,
                    Hello(
                        versionMin: ProtocolVersion.spoken.lowerBound, versionMax: ProtocolVersion.spoken.upperBound, node: .of(name), incarnation: Incarnation(node.incarnation),
                        nonce: [UInt8](repeating: 0, count: 32), capacity: 100, publicURL: name)))
        }
    }

    private func sync() -> Bool {
        var hasWritten = false
        if journal.isWorking, journal.durable < journal.asked.count {
            journal.durable = journal.asked.count
            hasWritten = true
            tell(.persisted(upTo: UInt64(journal.durable)))
        }
        for name in nodes.keys.sorted() {
            guard let node = nodes[name], node.isAlive, !node.isStalled, node.disk.isWorking,
                node.disk.durable < node.disk.asked.count
            else { continue }
            nodes[name]?.disk.durable = node.disk.asked.count
            hasWritten = true
            tell(name, .persisted(upTo: UInt64(node.disk.asked.count)))
        }
        return hasWritten
    }

    /// Time goes on from deadline to deadline.
    func pass(_ ms: UInt64) {
        let endMs = now.bootMs + ms
        repeat {
            pump()
            let running = nodes.values.filter { $0.isAlive && !$0.isStalled }.compactMap(\.core.nextDeadlineMs)
            let nextMs = (running + [matchmaker.nextDeadlineMs].compactMap { $0 }).min() ?? endMs
            let stepMs = min(max(nextMs, now.bootMs + 1), endMs) - now.bootMs
            now.bootMs += stepMs
            now.unixMs += stepMs
            advance()
            pump()
        } while now.bootMs < endMs
    }

    private func advance() {
        var actions: [MatchmakerAction] = []
        matchmaker.advance(now: now, actions: &actions)
        perform(actions)
        for name in nodes.keys.sorted() {
            guard var node = nodes[name], node.isAlive, !node.isStalled else { continue }
            var actions: [CoordinatorAction] = []
            node.core.advance(now: now, actions: &actions)
            nodes[name] = node
            perform(actions, of: name)
        }
    }

    // MARK: Faults

    func start(_ name: String, _ limits: CoordinationLimits = CoordinationLimits()) {
        nodes[name] = Node(core: CoordinatorCore(limits: limits))
        pump()
    }

    /// Both ends learn that the link is down.
    func cut(_ name: String) {
        nodes[name]?.isCut = true
        guard let link = nodes[name]?.link else { return }
        packets += [.lost(name, link), .linkGone(link)]
        pump()
    }

    func heal() {
        for name in nodes.keys { nodes[name]?.isCut = false }
        pump()
    }

    func stall(_ name: String) { nodes[name]?.isStalled = true }

    func wake(_ name: String) {
        nodes[name]?.isStalled = false
        let inbox = nodes[name]?.inbox ?? []
        nodes[name]?.inbox = []
        // The process handles what is due before it reads; what it then has closed it does not read.
        advance()
        for event in inbox { tell(name, event) }
        pump()
    }

    /// The coordinator's process is gone, with all connections to it.
    func kill(_ name: String) {
        guard let link = nodes[name]?.link else { return }
        nodes[name]?.isAlive = false
        nodes[name]?.link = nil
        for key in players.keys where players[key]?.node == name { players[key]?.connection = nil }
        packets.append(.linkGone(link))
        pump()
    }

    func restart(_ name: String) {
        guard let old = nodes[name] else { return }
        var disk = old.disk
        disk.restart()
        var retained: [Outcome] = []
        for record in disk.kept {
            switch record {
            case .ended(let outcome): retained.append(outcome)
            case .endedAck(let session, _): retained.removeAll { $0.session == session }
            case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .cancel, .drop, .ping,
                .pong, .drain, .holding, .inventoryEnd, .journalMatched:
                complaints.append("\(record.kind) in an outbox file")
            }
        }
        nodes[name] = Node(core: CoordinatorCore(retained: retained), incarnation: old.incarnation + 1, disk: disk)
        pump()
    }

    /// The matchmaker's process is gone and comes back; with its journal, or without.
    func restartMatchmaker(keepingJournal: Bool = true) {
        for name in nodes.keys.sorted() {
            if let link = nodes[name]?.link { packets.append(.lost(name, link)) }
        }
        for key in players.keys where players[key]?.node == nil { players[key]?.connection = nil }
        journal.restart()
        if !keepingJournal { journal = Disk() }
        packets.removeAll { packet in
            switch packet {
            case .toMatchmaker, .linkGone, .clientGone(_, nil): true
            case .toCoordinator, .lost, .clientGone: false
            }
        }
        matchmaker = World.newMatchmaker(seed: number())
        matchmaker.restore(journal.kept, isComplete: keepingJournal, now: now)
        pump()
    }

    // MARK: What the cores want done

    private func perform(_ actions: [MatchmakerAction]) {
        for action in actions {
            switch action {
            case .reply(let connection, let reply): hear(connection, reply)
            case .close(let connection, _): closed(connection, at: nil)
            case .link(let link, let message):
                guard let name = node(on: link) else { continue }
                said.append((name, message))
                packets.append(.toCoordinator(name, link, message))
            case .closeLink(let link, _): if let name = node(on: link) { packets.append(.lost(name, link)) }
            case .persist(let record): journal.asked.append(record)
            case .transition(let transition): transitions.append(("matchmaker", transition))
            case .notice(let notice):
                notices.append(notice)
                if case .outcome(let outcome) = notice { outcomes.append(outcome) }
            }
        }
    }

    private func node(on link: LinkHandle) -> String? { nodes.keys.sorted().first { nodes[$0]?.link == link } }

    private func perform(_ actions: [CoordinatorAction], of name: String) {
        for action in actions {
            switch action {
            case .reply(let connection, let reply): hear(connection, reply, at: name)
            case .replay, .replayTick, .limitBacklog: break
            case .close(let connection, let why):
                if why == .replaced { note(connection, "replaced") }
                closed(connection, at: name)
            case .link(let message):
                if case .ended(let outcome) = message { reported.append(outcome) }
                if let link = nodes[name]?.link { packets.append(.toMatchmaker(link, message)) }
            case .closeLink:
                guard let link = nodes[name]?.link else { continue }
                nodes[name]?.link = nil
                packets.append(.linkGone(link))
            case .persist(let record): nodes[name]?.disk.asked.append(record)
            case .transition(let transition): transitions.append((name, transition))
            case .notice(let notice): coordinatorNotices.append(notice)
            }
        }
    }

    private func closed(_ connection: ConnectionHandle, at node: String?) {
        for key in players.keys where players[key]?.connection == connection { players[key]?.connection = nil }
        packets.append(.clientGone(connection, node: node))
    }
}
