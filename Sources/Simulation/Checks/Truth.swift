import Coordination
import Matchmaking
import SessionProtocol

/// What an observer who sees every action of every process knows: the checkers' own account, kept apart from the cores.
struct Truth {
    enum AtMatchmaker: UInt8 {
        case unknown
        case waiting
        /// Matched and not ended.
        case live
        case ended
    }

    /// One hand-off.
    struct HandOff {
        let attempt: Attempt
        /// The coordinator's number.
        let node: Int
        let assignment: Assignment
        var isDurable = false
        /// Its record was on disk, and has gone with it.
        var wasLost = false
        var wasAccepted = false
        /// By player: its ticket has left the matchmaker.
        var hasLeft: [Bool]
    }

    /// The owner's word on a session's end.
    struct OwnersEnd {
        let node: Int
        /// The life of the coordinator that said it.
        let life: UInt32
        let outcome: Outcome
        let atMs: UInt64
        var isDurable = false
        var isAcknowledged = false
        var wasTold = false
        var isLost = false
        /// It was on a disk that has failed.
        var wasOnLostDisk = false
    }

    struct Session {
        let id: SessionID
        var atMatchmaker = AtMatchmaker.unknown
        /// The matchmaker's mirror of its state, once it is matched.
        var mirror = SessionState.matched
        /// Why it needs another coordinator.
        var retriesFor: ExitCause?
        /// The matchmaker knows it from its journal, and has not heard of it since.
        var wasRestored = false
        var handOffs: [HandOff] = []
        var isMatchDurable = false
        /// The durable outcome at the matchmaker.
        var outcome: Outcome?
        /// The life of the matchmaker that recorded it.
        var outcomeLife: UInt32 = 0
        /// What was durable before a journal was lost, or was damaged, each time.
        var lostOutcomes: [Outcome] = []
        /// The newest that the matchmaker wants to be durable.
        var askedOutcome: Outcome?
        /// It was presumed lost at some time.
        var wasPresumed = false
        /// It was given up as one of too many outcomes: a repeat counts as new.
        var isReleased = false
        var ends: [OwnersEnd] = []
        var toldByMatchmaker: [EndReason] = []
        /// Clients whom it has gone on without, at the owner of its newest attempt.
        var lostClients: [Int: EndReason] = [:]
        /// Its losses, as far as the matchmaker has been told of them.
        var lossesTold: [PlayerLoss] = []
        /// What its ticks brought, by number.
        var bundles: [UInt64] = []
        /// What was relayed in it.
        var relay: RelayAccount?

        /// What was recorded and acknowledged is gone with the matchmaker's disk, so that nobody can know it any more.
        func isLost(_ end: OwnersEnd) -> Bool {
            // Of an attempt that it does not know any more the matchmaker believes nothing (rule 3).
            if let index = handOff(end.outcome.attempt), handOffs[index].wasLost { return true }
            return end.isAcknowledged && lostOutcomes.contains(end.outcome)
        }

        /// Its owner has its outcome on disk, and the matchmaker either has it too or was never said to. The end of an attempt
        /// that was taken back counts as absent (rule 3), and is nobody's once it is acknowledged.
        var isOwedOutcome: Bool {
            lostOutcomes.isEmpty
                && ends.contains { end in
                    end.isDurable && !end.isLost && (!end.isAcknowledged || end.outcome.attempt == handOffs.last?.attempt)
                }
        }

        func handOff(_ attempt: Attempt) -> Int? { handOffs.lastIndex { $0.attempt == attempt } }
    }

    enum DeadlineKind: UInt8 { case phase, reconnect, barrier, episode, tick }
    struct DeadlineKey: Hashable {
        let session: Int
        let kind: DeadlineKind
        let slot: UInt8
    }

    struct Seat {
        let session: Int
        let player: Int
        /// Nil for one who waits to be told of an end.
        let copy: Copy?
    }

    /// A coordinator, as its actions show it.
    struct Coordinator {
        /// By session number.
        var copies: [Int: Copy] = [:]
        /// Those that have just ended, until their outcome is seen.
        var endedCopies: [Int: Copy] = [:]
        /// By connection.
        var seats: [Int: Seat] = [:]
        var deadlines = DeadlineQueue<DeadlineKey>()
        var isLinkUp = false
        var linkDownSinceMs: UInt64 = 0
        /// When the newest answered ping was sent, or the link first came up.
        var leaseFromMs: UInt64?
        var leaseGraceMs: UInt64 = 0
        /// The lease has run out and the link is still to be closed.
        var owesClosing = false
        /// Records asked for before the link came up.
        var inventoryAfter: UInt64 = 0
        /// What the matchmaker asks it to end just now, and as what.
        var cancelling: (session: Int, reason: EndReason)?
        /// What has to be said in this turn.
        var owed: [Owed] = []
        /// Sessions in which play may go on again.
        var mayResume: [Int] = []

        /// One that lives, or that the core has just ended in what it is doing.
        func copy(_ number: Int) -> Copy? { copies[number] ?? endedCopies[number] }
    }

    /// A copy that a player could enter, because its ticket has left.
    struct Enterable {
        let session: Int
        let handOff: Int
        let node: Int
    }

    /// What a client was told of an end.
    struct Heard {
        let session: SessionID
        let resume: String
        let isAcknowledged: Bool
        let step: UInt64
    }

    /// A place that a client was told when it had been released from sessions that a restart would have brought back.
    struct PlaceBehindRelease {
        let resume: String
        let releasedFrom: [Int]
        /// The life of the matchmaker that gave it.
        let life: UInt32
    }

    /// What the checkers keep for a connection.
    struct Connection {
        var joinedAtStep: UInt64 = 0
        var resume: String?
        /// The scene that the matchmaker last read from it.
        var scene: String?
        /// What it last entered with.
        var ticket: Ticket?
        /// How long it waits in rooms at most, by what it was told first.
        var waitUntilMs: UInt64?
        var isClosed = false
        /// Joins that this life of the matchmaker has read, and not said the fate of.
        var joinsWithoutFate = 0
        /// It was sent to a game.
        var wasMatched = false
        /// It has asked to leave, and not to join since.
        var hasLeft = false
        /// The sessions that it was shown to be released from, and that a restart would have brought back then.
        var releasedFrom: [Int] = []
        /// What its coordinator has heard from it; nil before it has entered.
        var evidence: WatchEvidence?
    }

    /// What a coordinator owes one of its connections.
    struct Owed: Equatable {
        enum Word: Equatable {
            case gone(Int), back(Int), paused(Int), resumed, lost(Int), seated(Int)
            case go(String)
            case relay
        }

        let connection: Int
        let word: Word
    }

    /// Whom an administrator has just asked to exclude.
    var administered: (session: SessionID, player: PlayerIndex)?
    private(set) var sessions: [Session] = []
    private(set) var hasLostJournal = false
    private var numbers: [SessionID: Int] = [:]
    var coordinators: [Coordinator]
    var enterable: [[Enterable]]
    var heard: [[Heard]]
    var placesBehindRelease: [[PlaceBehindRelease]]
    var connections: [Connection] = []
    /// Joined connections in rooms, by when they must have been answered.
    var waits = DeadlineQueue<Int>()
    /// What each joined connection was last told that it waits for.
    var waitsFor: [Int: Int] = [:]
    /// The connection on which each client was last told to wait; -1 for none.
    var waitingOn: [Int]
    /// The session into which each client was last matched; -1 for none.
    var matchedInto: [Int]
    /// What each client was matched into, in this order.
    var games: [[Game]]
    var encounters: [SceneID: Encounters] = [:]
    /// What pairs of clients have measured last, in scenes that ask, and since which step the matchmaker has it on disk.
    var measured: [Encounters.Pair: (ms: UInt32, step: UInt64)] = [:]
    var waiting: WaitingAccount
    /// The room in which each client has last been asked whether it is still there, and when it said so.
    var asked: [Asked?]
    struct Asked {
        let session: Int
        var answeredMs: UInt64?
    }
    /// Sessions in each state at the matchmaker.
    var roomCount = 0
    var liveCount = 0
    /// What the core is being asked just now.
    var entering: (connection: Int, session: SessionID, ticket: Ticket, received: UInt64)?
    var asking: (connection: Int, request: PlayerRequest)?
    /// The connection that has just entered, and the rule that its backlog is still to be bounded by.
    var justEntered: (connection: Int, rule: RelayRule?)?
    var duties: Duties
    /// With the room that the subject already waits in, and whether that is of the scene that it asks for.
    var joining: (connection: Int, request: JoinRequest, room: Int?, isSameScene: Bool)?

    init(clients: Int, coordinators count: Int) {
        coordinators = Array(repeating: Coordinator(), count: count)
        duties = Duties(coordinators: count)
        waiting = WaitingAccount(clients: clients)
        waitingOn = Array(repeating: -1, count: clients)
        matchedInto = Array(repeating: -1, count: clients)
        games = Array(repeating: [], count: clients)
        asked = Array(repeating: nil, count: clients)
        enterable = Array(repeating: [], count: clients)
        heard = Array(repeating: [], count: clients)
        placesBehindRelease = Array(repeating: [], count: clients)
    }

    func find(_ id: SessionID) -> Int? { numbers[id] }

    mutating func number(of id: SessionID) -> Int {
        if let number = numbers[id] { return number }
        numbers[id] = sessions.count
        sessions.append(Session(id: id))
        return sessions.count - 1
    }

    subscript(number: Int) -> Session {
        get { sessions[number] }
        _modify { yield &sessions[number] }
    }

    /// Changes where a session stands at the matchmaker; the counts go along.
    mutating func move(_ number: Int, to state: AtMatchmaker) {
        switch sessions[number].atMatchmaker {
        case .waiting: roomCount -= 1
        case .live: liveCount -= 1
        case .unknown, .ended: break
        }
        switch state {
        case .waiting: roomCount += 1
        case .live: liveCount += 1
        case .unknown, .ended: break
        }
        sessions[number].atMatchmaker = state
    }

    mutating func forgetMatchmaker() {
        for number in sessions.indices { sessions[number].atMatchmaker = .unknown }
        (roomCount, liveCount) = (0, 0)
        waits = DeadlineQueue()
        waitsFor = [:]
        for connection in connections.indices { connections[connection].joinsWithoutFate = 0 }
    }

    /// A matchmaker starts on its journal: hand-offs whose record has not survived were never made.
    mutating func forgetUnrecorded() {
        for number in sessions.indices {
            while let last = sessions[number].handOffs.last, !last.isDurable, !last.wasLost { sessions[number].handOffs.removeLast() }
        }
    }

    /// A journal is gone, or what is left of it is still to be read: what it said is known only to others.
    mutating func loseJournal(of process: Int) {
        guard process == 0 else { return loseOutbox(of: process) }
        hasLostJournal = true
        for number in sessions.indices {
            sessions[number].isMatchDurable = false
            if let outcome = sessions[number].outcome { sessions[number].lostOutcomes.append(outcome) }
            sessions[number].outcome = nil
            for index in sessions[number].handOffs.indices where sessions[number].handOffs[index].isDurable {
                sessions[number].handOffs[index].isDurable = false
                sessions[number].handOffs[index].wasLost = true
            }
        }
    }

    private mutating func loseOutbox(of process: Int) {
        for number in sessions.indices {
            for index in sessions[number].ends.indices where sessions[number].ends[index].node == process {
                sessions[number].ends[index].isDurable = false
                sessions[number].ends[index].wasOnLostDisk = true
            }
        }
    }

    /// A session that lives has an end of an attempt that was taken back, which is not acknowledged.
    var hasOldEnd: Bool {
        sessions.indices.contains { number in
            guard sessions[number].atMatchmaker == .live, !sessions[number].ends.isEmpty else { return false }
            let newest = sessions[number].handOffs.last?.attempt
            return sessions[number].ends.contains { end in
                !end.isAcknowledged && !end.isLost && newest.map { $0 > end.outcome.attempt } == true
            }
        }
    }

    /// Some session that lives at the matchmaker; the newest ones more often.
    func pickLive(_ choice: UInt64) -> SessionID? {
        var left = Int(choice % 16)
        for number in sessions.indices.reversed() where sessions[number].atMatchmaker == .waiting || sessions[number].atMatchmaker == .live {
            if left == 0 { return sessions[number].id }
            left -= 1
        }
        return nil
    }

    /// The right ticket of some player, for a world that helps strangers on purpose.
    func anyTicket(of id: SessionID) -> Ticket? {
        find(id).flatMap { sessions[$0].handOffs.last?.assignment.players.first?.ticket }
    }

    func isClosed(_ number: Int) -> Bool { number < connections.count && connections[number].isClosed }

    mutating func connection(_ number: Int) -> Connection {
        while connections.count <= number { connections.append(Connection()) }
        return connections[number]
    }

    mutating func update(_ number: Int, _ change: (inout Connection) -> Void) {
        while connections.count <= number { connections.append(Connection()) }
        change(&connections[number])
    }
}

extension NodeID {
    /// `n3` → 3
    var number: Int { Int(name.dropFirst()) ?? 0 }
}
