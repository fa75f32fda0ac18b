import Glibc
import Reactor
import SessionProtocol

/// A file of protocol frames, appended by a thread of its own, so that the loop never waits for the disk.
/// Without a path it keeps nothing, and everything counts as recorded: a restart forgets then.
///
/// In each turn the loop calls `append` for every record, then `flush`, `collect` for what has become of them, and
/// `checkSilence`.
public final class Journal {
    private let writing: (mailbox: JournalMailbox, path: String)?
    /// Until the thread begins.
    private(set) var writer: JournalWriter?
    private var thread: JournalThread?
    private let limits: JournalLimits
    private var outgoing: [UInt8] = []
    private var appended: UInt64 = 0
    private var appendedBytes = 0
    private var isFull = false
    private var silence = JournalSilence()
    /// Since when, once it has lasted for too long.
    private var silentSinceMs: UInt64?
    private var report = JournalMailbox.Report()
    private var metrics = JournalMetrics()

    /// A journal that keeps nothing.
    public init() {
        writing = nil
        limits = JournalLimits()
    }

    /// Opens the file and reads what is there; makes it when it is not there.
    /// - Parameter acceptsDamage: keeps what is readable of a damaged file instead of refusing it.
    /// - Throws: when it cannot be read or made, or is damaged.
    public convenience init(
        path: String, limits: JournalLimits = JournalLimits(), acceptsDamage: Bool = false,
        contents: inout JournalContents
    ) throws(JournalError) {
        try self.init(path: path, limits: limits, acceptsDamage: acceptsDamage, contents: &contents, calls: SystemFiles())
    }

    init(
        path: String, limits: JournalLimits, acceptsDamage: Bool = false, contents: inout JournalContents,
        calls: any FileCalls
    ) throws(JournalError) {
        self.limits = limits
        let opening = JournalOpening(
            path: path, acceptsDamage: acceptsDamage, nowUnixMs: Clock.unixMs(), calls: calls)
        let file = try opening.open(&contents)
        let mailbox = try JournalError.from(path) { () throws(FileFailure) in
            try JournalMailbox(fileBytes: file.durableBytes)
        }
        writing = (mailbox, path)
        writer = JournalWriter(file, mailbox, limits, calls)
        report.fileBytes = file.durableBytes
    }

    deinit { writing?.mailbox.order { $0.isStopping = true } }

    /// Begins to write. To be called when the process's signals are set up; the loop turns when there is something to `collect`.
    public func start(waking waker: LoopWaker? = nil) throws(ReactorError) {
        guard let writing, let writer = writer.take() else { return }
        writing.mailbox.loop.withLock { $0 = waker }
        thread = try JournalThread(writer, writing.mailbox)
    }

    /// Writes what is pending, as far as the disk takes it at once, and ends the thread. To be called when nothing is
    /// pending, or by who can wait.
    public func close() {
        flush()
        writing?.mailbox.order { $0.isStopping = true }
        thread?.join()
        thread = nil
    }

    // MARK: Recording

    /// Adds a record to what the next `flush` hands on. The n-th has number n.
    public func append(_ record: Message) {
        appended += 1
        if isDurable { Frame.append(record, to: &outgoing) }
    }

    /// Hands on what was appended. It is written as soon as the disk has done with what it is at.
    public func flush() {
        guard let writing, !outgoing.isEmpty else { return }
        let (bytes, upTo) = (outgoing, appended)
        outgoing = []
        appendedBytes += bytes.count
        writing.mailbox.order { orders in
            if orders.bytes.isEmpty { orders.bytes = bytes } else { orders.bytes += bytes }
            orders.upTo = upTo
        }
        if !isFull, pendingBytes >= limits.pendingBytesMax {
            isFull = true
            // With a disk that fails that is no news.
            if report.failure == nil { report.notices.append(.slow(pendingBytes: pendingBytes)) }
        }
    }

    /// Takes note of what the disk has done since the last call. False when that is nothing.
    public func collect() -> Bool {
        guard let writing else {
            guard report.committed < appended else { return false }
            report.committed = appended
            return true
        }
        guard var news = writing.mailbox.takeReport() else { return false }
        news.notices = report.notices + news.notices
        news.isCompactionDue = news.isCompactionDue || report.isCompactionDue
        report = news
        for time in news.syncNs { metrics.observe(syncNs: time) }
        if isFull, pendingBytes <= limits.pendingBytesMax / 2 {
            isFull = false
            report.notices.append(.caughtUp)
        }
        return true
    }

    /// Notices a disk that says nothing at all. To be called in every turn, after `collect`.
    public func checkSilence(nowMs: UInt64) {
        silence.check(
            committed: committed, isWaiting: isDurable && hasPending && report.failure == nil, nowMs: nowMs)
        if let sinceMs = silentSinceMs {
            guard silence.ms == 0 else { return }
            silentSinceMs = nil
            report.notices.append(.answered(afterMs: nowMs - min(sinceMs, nowMs)))
        } else if silence.ms >= limits.silenceMsMax {
            silentSinceMs = nowMs - min(silence.ms, nowMs)
            report.notices.append(.silent(afterMs: silence.ms, pendingBytes: pendingBytes))
        }
    }

    /// The number of the last record that is on disk, as of the last `collect`.
    public var committed: UInt64 { report.committed }
    public var hasPending: Bool { appended > committed }
    /// Bytes of records that are not known to be on disk.
    public var pendingBytes: Int { appendedBytes - report.committedBytes + outgoing.count }
    public var byteCount: Int { report.fileBytes }
    public var isDurable: Bool { writing != nil }

    // MARK: State

    /// Whether records are taken, and soon on disk.
    public var isWorking: Bool { report.failure == nil && !isFull && silentSinceMs == nil }
    /// Why it does not work, in words for an operator; nil while it does.
    public var problem: String? {
        if let failure = report.failure { return "\(failure)" }
        if silentSinceMs != nil { return "the disk does not answer: \(pendingBytes) bytes of records wait for it" }
        return isFull ? "the disk is too slow: \(pendingBytes) bytes of records wait for it" : nil
    }

    /// What has happened since the last call.
    public func takeNotices() -> [JournalNotice] {
        defer { report.notices = [] }
        return report.notices
    }

    var failureCount: Int { report.failureCount }
    var compactionCount: Int { report.compactionCount }

    /// Declares what there is to know of a journal.
    func declareMetrics(in registry: Metrics) { metrics.declare(in: registry, of: self) }

    // MARK: Upkeep

    /// The file has grown to its limit: the core should say what still matters.
    public var isCompactionDue: Bool { report.isCompactionDue }

    /// Begins to compact the file. To be called after all records so far have been appended, from which the core's answer
    /// follows.
    public func compact(keeping sessions: [SessionID]) {
        flush()
        report.isCompactionDue = false
        writing?.mailbox.order { $0.compaction = sessions }
    }

    /// What an incomplete journal did not say has become known otherwise, and is in the records so far.
    public func confirmComplete() {
        flush()
        writing?.mailbox.order { $0.mark = .complete }
    }
}
