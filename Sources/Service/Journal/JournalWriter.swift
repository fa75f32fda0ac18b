import Glibc
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

    /// Why records could not be written.
    struct Failure: Error {
        let error: JournalError
        /// What stands in the file is in doubt, and cutting it takes nothing back: only a new one will do.
        let needsRewrite: Bool
    }

    let mailbox: JournalMailbox
    let limits: JournalLimits
    let calls: any FileCalls
    var file: JournalFile
    /// Encoded records that are in no synced file.
    var batch: [UInt8] = []
    /// The number of the last record taken.
    private var takenUpTo: UInt64 = 0
    /// Bytes of records not yet told of as committed.
    var uncommittedBytes = 0
    var failing: Failing?
    var compaction: Compaction
    var mark: (JournalMark, afterMs: UInt64)?

    init(_ file: JournalFile, _ mailbox: JournalMailbox, _ limits: JournalLimits, _ calls: any FileCalls) {
        self.file = file
        self.mailbox = mailbox
        self.limits = limits
        self.calls = calls
        compaction = Compaction(nextBytes: limits.compactAtBytes)
        askForSessionsIfDue(nowMs: 0)
    }

    /// Does what comes next, and no more than one commit and one piece of a compaction.
    func turn(nowMs: UInt64) -> Next {
        let orders = mailbox.takeOrders()
        // Before the records that came along: those may be of sessions that the core had not yet when it was asked.
        if let sessions = orders.compaction { beginCompaction(keeping: sessions, nowMs) }
        take(orders)
        if failing != nil {
            retryIfDue(nowMs, isLast: orders.isStopping)
            if failing != nil, orders.isStopping { return .ended }
        } else if uncommittedBytes > 0 {
            commit(nowMs)
        } else if orders.isStopping {
            putMark(nowMs)
            compaction.compactor?.abandon()
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
        takenUpTo = orders.upTo
        uncommittedBytes += orders.bytes.count
        if batch.isEmpty { batch = orders.bytes } else { batch += orders.bytes }
    }

    private func next(_ nowMs: UInt64) -> Next {
        if let failing { return .sleep(ms: failing.nextMs > nowMs ? failing.nextMs - nowMs : 0) }
        if compaction.compactor != nil { return .again }
        return .sleep(ms: mark.map { max($0.afterMs, nowMs) - nowMs })
    }

    // MARK: Committing

    private func commit(_ nowMs: UInt64) {
        do throws(Failure) {
            try write()
            committed()
        } catch {
            fail(error, nowMs)
        }
        askForSessionsIfDue(nowMs: nowMs)
    }

    func write() throws(Failure) {
        let began = Self.clockNs()
        do throws(FileFailure) { try file.append(batch) } catch {
            throw Failure(error: JournalError(error, file.path), needsRewrite: false)
        }
        do throws(FileFailure) { try file.sync() } catch {
            throw Failure(error: JournalError(error, file.path), needsRewrite: true)
        }
        let syncNs = Self.clockNs() - began
        mailbox.tell { [limits] in
            if $0.syncNs.count < limits.syncTimesMax { $0.syncNs.append(syncNs) }
        }
        batch.removeAll(keepingCapacity: batch.capacity <= limits.unsyncedBytesMax)
        try checkPlace()
    }

    /// A file that was taken from its place goes on taking records, which nobody would ever find.
    private func checkPlace() throws(Failure) {
        let isInPlace: Bool
        do throws(FileFailure) { isInPlace = try file.isInPlace() } catch {
            throw Failure(error: JournalError(error, file.path), needsRewrite: true)
        }
        if !isInPlace { throw Failure(error: .replaced(path: file.path), needsRewrite: true) }
    }

    /// Tells that all records taken are in the file, and the file on disk.
    func committed() {
        let (upTo, bytes, fileBytes) = (takenUpTo, uncommittedBytes, file.durableBytes)
        uncommittedBytes = 0
        mailbox.tell {
            $0.committed = upTo
            $0.committedBytes += bytes
            $0.fileBytes = fileBytes
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
    mutating func add(_ notice: JournalNotice, _ limits: JournalLimits) {
        if notices.count < limits.noticesMax { notices.append(notice) }
    }
}
