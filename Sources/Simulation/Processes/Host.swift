import Coordination
import Digests
import Matchmaking
import SessionProtocol

/// A machine with its disk and clocks, and the process on it, if it runs.
class Host {
    enum Phase {
        case down
        case running
        /// Stopped by a signal; its sockets gather.
        case stalled
    }

    /// Why a journal may be found damaged, and is started on all the same.
    enum Doubt {
        /// What was not synced is there in part, also behind what is missing.
        case scattered
        /// A bit has changed.
        case damaged
    }

    let number: Int
    /// Counts the process's lives, so that what was meant for an earlier one is dropped.
    var life: UInt32 = 0
    var phase = Phase.down
    var stalledUntilUs: UInt64 = 0
    /// What has come while the process was stopped.
    var inbox: [Input] = []
    var disk = VirtualDisk()
    var journal: SimulatedJournal
    var syncIsSlowUntilUs: UInt64 = 0
    var random: SmallGenerator

    /// Each machine has been up for another time.
    let bootOffsetMs: UInt64
    /// Where its wall clock stands against the true time.
    var unixOffsetMs: Int64 = 0

    /// When the core has something to do, as it said behind the last event, in its own boot time.
    var coreDueMs: UInt64?
    /// When the loop asks the core next, likewise.
    var dueMs: UInt64 = 0
    var advancedMs: UInt64 = 0
    /// When the loop is woken, in virtual time; nothing to wake for at `.max`.
    var wakeUs: UInt64 = .max
    /// Actions until it is killed; nil when nobody is after it.
    var killAfter: Int?
    var killIsPowerLoss = false
    /// How long it is away then.
    var downUs: UInt64 = 0
    /// Dies this often while it starts.
    var killsAtStart = 0
    var losesJournal = false
    /// Nil for a journal that must be whole.
    var doubt: Doubt?
    /// What a mark beside the journal says: a lost one has been made up for.
    var isJournalComplete = true
    var isStopping = false
    var acceptsClients = false
    var storageIsWorking = true
    /// Open connections of clients, in the order of their opening.
    var connections: [Int] = []
    var dirtyLinks: [Int] = []
    var rotateAtBytes: Int

    init(number: Int, random: SmallGenerator, rotateAtBytes: Int) {
        self.number = number
        self.random = random
        self.rotateAtBytes = rotateAtBytes
        bootOffsetMs = 1_000_000 + UInt64(number) * 7_777_777
        journal = SimulatedJournal(rotateAtBytes: rotateAtBytes)
    }

    static let epochMs: Int64 = 1_700_000_000_000

    func bootMs(_ us: UInt64) -> UInt64 { us / 1000 + bootOffsetMs }
    func virtualUs(_ bootMs: UInt64) -> UInt64 { (bootMs - min(bootMs, bootOffsetMs)) * 1000 }
    func moment(_ us: UInt64) -> Moment {
        Moment(bootMs: bootMs(us), unixMs: UInt64(max(0, Host.epochMs + Int64(us / 1000) + unixOffsetMs)))
    }

    var isRunning: Bool { phase != .down }
}

final class MatchmakerHost: Host {
    var core = MatchmakerHost.none
    /// While no process runs.
    static let none = MatchmakerCore(scenes: [], resumeKey: [], generator: SeededGenerator(number: 0))
    var actions: [MatchmakerAction] = []
    /// Links that are accepted, in the order of their coming.
    var links: [Int] = []

    var nextDeadlineMs: UInt64? { CoreQuestion.nextDeadlineMs(&core) }
}

final class CoordinatorHost: Host {
    /// The coordinator's end of its one link.
    enum Dial {
        case waiting(untilUs: UInt64)
        case connecting(Int)
        case handshaking(Int, CoordinatorHandshake)
        case up(Int)
        case stopped
    }

    let node: NodeID
    let limits: CoordinationLimits
    var core = CoordinatorHost.none
    /// While no process runs.
    static let none = CoordinatorCore()
    var actions: [CoordinatorAction] = []
    var dial = Dial.stopped
    var dialFailures = 0
    /// Until then it finds no way to the matchmaker.
    var dialsFromUs: UInt64 = 0
    var hello: Hello?
    var targets = RelayTargets()
    var bundle: [UInt8] = []

    init(number: Int, node: NodeID, limits: CoordinationLimits, random: SmallGenerator, rotateAtBytes: Int) {
        self.node = node
        self.limits = limits
        super.init(number: number, random: random, rotateAtBytes: rotateAtBytes)
    }

    var nextDeadlineMs: UInt64? { CoreQuestion.nextDeadlineMs(&core) }
    var sessionCount: Int { CoreQuestion.sessionCount(&core) }
}

/// What is asked of a core in every turn, where it is: a property of it that is read through its host copies it first, and
/// counts every reference that it holds.
private enum CoreQuestion {
    static func nextDeadlineMs(_ core: inout MatchmakerCore) -> UInt64? { core.nextDeadlineMs }
    static func nextDeadlineMs(_ core: inout CoordinatorCore) -> UInt64? { core.nextDeadlineMs }
    static func sessionCount(_ core: inout CoordinatorCore) -> Int { core.sessionCount }
}
