import Glibc
import Reactor
import SessionProtocol

/// A server's own part of a turn: its core with all that surrounds it.
public protocol ServerShell: AnyObject {
    /// Does what has fallen due. Comes before any input of the turn, but only when `nextDeadlineMs` has come.
    func advance(now: Moment)
    /// Records up to this number are on disk.
    func recorded(upTo number: UInt64)
    /// Sessions whose records a compacted journal must keep.
    var journalSessions: [SessionID] { get }
    /// When `advance` is to be called next, by the boot clock.
    var nextDeadlineMs: UInt64? { get }
    /// How long those who are here may still get what they came for when the process is told to stop, in milliseconds.
    var drainTimeoutMs: UInt64 { get }
    /// Takes nothing new, and says so.
    func beginDraining()
    /// Nobody is here any more whom a longer wait would serve.
    var isDrained: Bool { get }
    /// Begins to stop: takes nothing new, ends what has to end.
    func beginStopping()
    /// Everything that had to be said has been said.
    var mayStop: Bool { get }
    /// The last words before the loop ends.
    func finishStopping()
    /// The disk takes no records from now on, or takes them again.
    func storage(isWorking: Bool)
    /// The configuration file is to be read again.
    func reload()
}

/// A server stops at once where it does not say otherwise.
extension ServerShell {
    public var drainTimeoutMs: UInt64 { 0 }
    public func beginDraining() {}
    public var isDrained: Bool { true }
}

/// What both servers do around their core in each turn of the loop: deadlines first, then input, then what the journal has
/// written and what it is to write, then the log; and the way from a signal to the end.
public final class ServerDriver: LoopDelegate {
    private let loop: EventLoop
    private let journal: Journal
    private let logger: Logger
    private unowned let shell: any ServerShell
    private var drainUntilMs: UInt64?
    private var stopByMs: UInt64?
    /// When the shell has something to do next; before that, turns go by without asking it.
    private var dueMs: UInt64 = 0
    private var advancedMs: UInt64 = 0
    private var isStorageWorking = true
    /// The process that started this one and that it must not outlive.
    private let parent: pid_t?
    private var parentCheckMs: UInt64 = 0

    /// How long a stopping server waits for its last words to be heard.
    public static let stopTimeoutMs: UInt64 = 5_000
    /// In turns this far apart the shell is asked in any case, so that it forgets what expires without a deadline.
    private static let advanceEveryMs: UInt64 = 1_000
    /// How often in one turn records are told of that are on disk, since what that sets free may ask for others: without a
    /// file these are on disk at once.
    private static let collectionsPerTurnMax = 8

    /// How long this process can outlive its parent.
    private static let parentCheckIntervalMs: UInt64 = 1_000

    /// - Parameter parent: as `ServerOptions.parent` says; 0 for none.
    public init(loop: EventLoop, journal: Journal, logger: Logger, shell: any ServerShell, parent: Int = 0) {
        self.parent = parent > 0 ? pid_t(clamping: parent) : nil
        self.loop = loop
        self.journal = journal
        self.logger = logger
        self.shell = shell
    }

    /// Runs until a signal has stopped it.
    public func run() throws(ReactorError) {
        loop.delegate = self
        try loop.handleSignals([SIGTERM, SIGINT, SIGHUP])
        try journal.start(waking: try loop.makeWaker())
        loop.wake(at: loop.now)
        try loop.run()
        // With something pending the disk hangs, and a thread that waits for it could not be waited for.
        if !journal.hasPending { journal.close() }
        logger.flush()
    }

    public func turnBegan(now: UInt64) {
        if let parent, now >= parentCheckMs { watch(parent, now) }
        guard now >= min(dueMs, advancedMs + ServerDriver.advanceEveryMs) else { return }
        advancedMs = now
        shell.advance(now: Moment(bootMs: now, unixMs: Clock.unixMs()))
    }

    public func turnEnded(now: UInt64) {
        exchangeRecords(now)
        if let drainUntilMs, shell.isDrained || now >= drainUntilMs { beginStopping() }
        if let stopByMs, shell.mayStop && !journal.hasPending || now >= stopByMs {
            tellOfUnwritten()
            shell.finishStopping()
            loop.stop()
        }
        logger.flush()
        dueMs = shell.nextDeadlineMs ?? .max
        var wakeMs = min(dueMs, stopByMs ?? drainUntilMs ?? .max)
        if journal.hasPending, !journal.isDurable { wakeMs = min(wakeMs, now) }
        if logger.hasPending { wakeMs = min(wakeMs, now + 100) }
        loop.wake(at: wakeMs == .max ? nil : wakeMs)
    }

    /// Tells the shell of what is on disk, and hands on what it says then and has said in this turn.
    private func exchangeRecords(_ now: UInt64) {
        journal.flush()
        var collections = 0
        var told = journal.committed
        while collections < ServerDriver.collectionsPerTurnMax, journal.collect() {
            collections += 1
            if journal.committed > told { shell.recorded(upTo: journal.committed) }
            told = journal.committed
            journal.flush()
        }
        journal.checkSilence(nowMs: now)
        for notice in journal.takeNotices() { logger.log(notice) }
        if journal.isWorking != isStorageWorking {
            isStorageWorking = journal.isWorking
            shell.storage(isWorking: isStorageWorking)
            journal.flush()
        }
        if journal.isCompactionDue { journal.compact(keeping: shell.journalSessions) }
    }

    public func signalled(_ signal: Int32) {
        if signal == SIGHUP {
            if stopByMs == nil { shell.reload() }
            return
        }
        if stopByMs != nil {
            logger.warning("stopping_at_once", ["signal": .int(Int(signal))])
            tellOfUnwritten()
            loop.stop()
            return
        }
        if shell.drainTimeoutMs > 0, drainUntilMs == nil {
            logger.info("draining", ["signal": .int(Int(signal)), "timeout_ms": .int(Int(clamping: shell.drainTimeoutMs))])
            drainUntilMs = loop.now + shell.drainTimeoutMs
            return shell.beginDraining()
        }
        logger.info("stopping", ["signal": .int(Int(signal))])
        beginStopping()
    }

    private func tellOfUnwritten() {
        guard journal.hasPending else { return }
        logger.error(
            "journal_unwritten", ["bytes": .int(journal.pendingBytes), "why": .optional(journal.problem)],
            message: "the disk has not taken the last records in time")
    }

    private func beginStopping() {
        drainUntilMs = nil
        stopByMs = loop.now + ServerDriver.stopTimeoutMs
        shell.beginStopping()
    }

    /// A parent that was killed cannot stop its children. The loop turns at least once a second, also when nothing happens.
    private func watch(_ parent: pid_t, _ now: UInt64) {
        parentCheckMs = now + ServerDriver.parentCheckIntervalMs
        guard getppid() != parent, stopByMs == nil else { return }
        logger.warning("stopping", ["parent": .int(Int(parent))], message: "the process that started this one has ended")
        beginStopping()
    }
}
