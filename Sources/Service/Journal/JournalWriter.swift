import Glibc
import Reactor
import SessionProtocol

/// Writes a journal on a thread of its own: all records that have gathered while the disk was busy go out together; between
/// such commits it compacts, piece by piece. When the disk fails it keeps what is not written, tries again, and counts
/// nothing as recorded meanwhile.
final class JournalWriter {
    enum Next: Equatable {
        case again
        /// Nothing to do for so long, or until there are orders.
        case sleep(ms: UInt64?)
        case ended
    }

    private struct Failing {
        let sinceMs: UInt64
        var attempts = 0
        var nextMs: UInt64
        /// What stands in the file is in doubt: only a new one will do.
        var needsRewrite: Bool
    }

    private let mailbox: JournalMailbox
    private let limits: JournalLimits
    private let calls: any FileCalls
    private(set) var file: JournalFile
    /// Encoded records that are in no synced file.
    private var batch: [UInt8] = []
    private var batchUpTo: UInt64 = 0
    /// Bytes of records not yet told of as committed.
    private var uncommittedBytes = 0
    private var failing: Failing?
    private var compactor: JournalCompactor?
    private var compaction = (fromBytes: 0, sinceMs: UInt64(0))
    private var compactNextBytes: Int
    private var compactAfterMs: UInt64 = 0
    private var hasAskedForSessions = false
    private var mark: (JournalMark, afterMs: UInt64)?

    init(_ file: JournalFile, _ mailbox: JournalMailbox, _ limits: JournalLimits, _ calls: any FileCalls) {
        self.file = file
        self.mailbox = mailbox
        self.limits = limits
        self.calls = calls
        compactNextBytes = limits.compactAtBytes
        askForSessionsIfDue(nowMs: 0)
    }

    /// Does what comes next, and no more than one commit and one piece of a compaction.
    func turn(nowMs: UInt64) -> Next {
        let orders = mailbox.takeOrders()
        if let sessions = orders.compaction {
            hasAskedForSessions = false
            // Before the records that came along: those may be of sessions that the core had not yet when it was asked.
            if failing == nil, compactor == nil { beginCompaction(keeping: sessions, nowMs) }
        }
        take(orders)
        if failing != nil {
            retryIfDue(nowMs, isLast: orders.isStopping)
            if failing != nil, orders.isStopping { return .ended }
        } else if uncommittedBytes > 0 {
            commit(nowMs)
        } else if orders.isStopping {
            putMark(nowMs)
            compactor?.abandon()
            return .ended
        }
        if failing == nil {
            putMark(nowMs)
            compactPiece(nowMs)
        }
        return orders.isStopping ? .again : next(nowMs)
    }

    private func take(_ orders: consuming JournalMailbox.Orders) {
        if let mark = orders.mark { self.mark = (mark, 0) }
        guard orders.upTo > 0 else { return }
        batchUpTo = orders.upTo
        uncommittedBytes += orders.bytes.count
        if batch.isEmpty { batch = orders.bytes } else { batch += orders.bytes }
    }

    private func next(_ nowMs: UInt64) -> Next {
        if let failing { return .sleep(ms: failing.nextMs > nowMs ? failing.nextMs - nowMs : 0) }
        if compactor != nil { return .again }
        return .sleep(ms: mark.map { max($0.afterMs, nowMs) - nowMs })
    }

    // MARK: Committing

    private func commit(_ nowMs: UInt64) {
        do throws(JournalError) {
            try write()
            committed()
        } catch {
            fail(error, nowMs, needsRewrite: isInDoubt)
        }
        askForSessionsIfDue(nowMs: nowMs)
    }

    /// Whether what `write` has done cannot be taken back by cutting the file: the sync failed, or it is not our file.
    private var isInDoubt = false

    private func write() throws(JournalError) {
        isInDoubt = false
        let began = Self.clockNs()
        try JournalError.from(file.path) { () throws(FileFailure) in
            try file.append(batch)
            isInDoubt = true
            try file.sync()
        }
        let syncNs = Self.clockNs() - began
        mailbox.tell { [limits] in
            if $0.syncNs.count < limits.syncTimesMax { $0.syncNs.append(syncNs) }
        }
        batch.removeAll(keepingCapacity: batch.capacity <= limits.unsyncedBytesMax)
        try checkPlace()
    }

    /// A file that was taken from its place goes on taking records, which nobody would ever find.
    private func checkPlace() throws(JournalError) {
        let isInPlace = try JournalError.from(file.path) { () throws(FileFailure) in try file.isInPlace() }
        if !isInPlace { throw .replaced(path: file.path) }
    }

    private func committed() {
        let (upTo, bytes, fileBytes) = (batchUpTo, uncommittedBytes, file.durableBytes)
        uncommittedBytes = 0
        mailbox.tell {
            $0.committed = upTo
            $0.committedBytes += bytes
            $0.fileBytes = fileBytes
        }
    }

    // MARK: A failing disk

    private func fail(_ error: JournalError, _ nowMs: UInt64, needsRewrite: Bool) {
        // It may be what has filled the disk: not again at once.
        if compactor != nil { abandonCompaction(nowMs) }
        // What was not written whole must not stand in front of what comes next: if not now, it is cut off before that.
        try? file.cut()
        failing = Failing(sinceMs: nowMs, nextMs: nowMs + limits.retryMs, needsRewrite: needsRewrite)
        let pendingBytes = uncommittedBytes
        mailbox.tell { [limits] in
            $0.failure = error
            $0.failureCount += 1
            $0.add(.failed(error, pendingBytes: pendingBytes), limits)
        }
    }

    private func retryIfDue(_ nowMs: UInt64, isLast: Bool) {
        guard var attempt = failing, nowMs >= attempt.nextMs || isLast else { return }
        attempt.attempts += 1
        do throws(JournalError) {
            if attempt.needsRewrite { try rewrite() } else { try writeAgain() }
        } catch {
            attempt.needsRewrite = attempt.needsRewrite || isInDoubt
            var pauseMs = limits.retryMs
            // To write everything again is much work for a disk that fails.
            if attempt.needsRewrite { pauseMs = min(pauseMs << UInt64(min(attempt.attempts, 16)), limits.rewriteMsMax) }
            attempt.nextMs = nowMs + max(pauseMs, limits.retryMs)
            failing = attempt
            return mailbox.tell { $0.failure = error }
        }
        failing = nil
        let (afterMs, attempts) = (nowMs - attempt.sinceMs, attempt.attempts)
        committed()
        mailbox.tell { [limits] in
            $0.failure = nil
            $0.add(.recovered(afterMs: afterMs, attempts: attempts), limits)
        }
        askForSessionsIfDue(nowMs: nowMs)
    }

    private func writeAgain() throws(JournalError) {
        isInDoubt = false
        do throws(FileFailure) { try file.cut() } catch {
            isInDoubt = true
            throw JournalError(error, file.path)
        }
        try write()
    }

    /// After a failed sync the kernel may have given up what it could not write, and say of a second one that all is well.
    /// What is known to be on disk is copied, and what is not known to be is written anew.
    private func rewrite() throws(JournalError) {
        isInDoubt = true
        do throws(FileFailure) {
            if try !file.isInPlace() { throw FileFailure(operation: "stat", code: EEXIST) }
        } catch {
            if error.code == EEXIST { throw .replaced(path: file.path) }
            if error.code != ENOENT { throw JournalError(error, file.path) }
        }
        let copy = try JournalCompactor(file, keeping: nil, limits, calls)
        let finished: (file: JournalFile, doubt: JournalError?)
        do throws(JournalError) {
            while !copy.isCaughtUp { try copy.step() }
            finished = try copy.finish(adding: batch)
        } catch {
            copy.abandon()
            throw error
        }
        file = finished.file
        batch = []
        if let doubt = finished.doubt { throw doubt }
    }

    // MARK: Compaction

    /// The core is asked once for the sessions that matter, when the file has grown to its limit.
    private func askForSessionsIfDue(nowMs: UInt64) {
        guard file.durableBytes >= compactNextBytes, compactor == nil, !hasAskedForSessions, failing == nil,
            nowMs >= compactAfterMs
        else { return }
        hasAskedForSessions = true
        mailbox.tell { $0.isCompactionDue = true }
    }

    private func beginCompaction(keeping sessions: [SessionID], _ nowMs: UInt64) {
        compaction = (file.durableBytes, nowMs)
        do throws(JournalError) {
            compactor = try JournalCompactor(file, keeping: sessions, limits, calls)
        } catch {
            giveUpCompaction(error, nowMs)
        }
    }

    private func compactPiece(_ nowMs: UInt64) {
        guard let compactor else { return }
        do throws(JournalError) {
            if !compactor.isCaughtUp { try compactor.step() }
            guard compactor.isCaughtUp else { return }
            let finished = try compactor.finish()
            self.compactor = nil
            file = finished.file
            compactNextBytes = max(limits.compactAtBytes, 2 * file.durableBytes)
            let (from, to, durationMs) = (compaction.fromBytes, file.durableBytes, nowMs - compaction.sinceMs)
            mailbox.tell { [limits] in
                $0.fileBytes = to
                $0.compactionCount += 1
                $0.add(.compacted(fromBytes: from, toBytes: to, durationMs: durationMs), limits)
            }
            if let doubt = finished.doubt { fail(doubt, nowMs, needsRewrite: true) }
        } catch {
            giveUpCompaction(error, nowMs)
        }
    }

    /// The old file stays in force.
    private func giveUpCompaction(_ error: JournalError, _ nowMs: UInt64) {
        abandonCompaction(nowMs)
        mailbox.tell { [limits] in $0.add(.compactionFailed(error), limits) }
    }

    private func abandonCompaction(_ nowMs: UInt64) {
        compactor?.abandon()
        compactor = nil
        compactAfterMs = nowMs + limits.compactionRetryMs
    }

    private func putMark(_ nowMs: UInt64) {
        guard let (wanted, afterMs) = mark, nowMs >= afterMs else { return }
        do throws(FileFailure) {
            try wanted.put(beside: file.path, calls)
            mark = nil
        } catch {
            mark = (wanted, nowMs + limits.retryMs)
        }
    }

    private static func clockNs() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(max(0, time.tv_sec)) &* 1_000_000_000 &+ UInt64(max(0, time.tv_nsec))
    }
}

extension JournalMailbox.Report {
    /// What nobody has taken for long makes no heap.
    fileprivate mutating func add(_ notice: JournalNotice, _ limits: JournalLimits) {
        if notices.count < limits.noticesMax { notices.append(notice) }
    }
}
