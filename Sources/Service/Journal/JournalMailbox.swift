import Glibc
import CLinux
import Reactor
import SessionProtocol
import Synchronization

/// What loop and writer hand to each other. Neither waits for the other for longer than it takes to swap a few words.
final class JournalMailbox: Sendable {
    /// From the loop.
    struct Orders: Sendable {
        /// Encoded records to be written.
        var bytes: [UInt8] = []
        /// The number of the last of them.
        var upTo: UInt64 = 0
        /// A compaction is wanted; sessions whose records it must keep.
        var compaction: [SessionID]?
        /// What the folder is to remember of the journal from now on.
        var mark: JournalMark?
        var isStopping = false
    }

    /// From the writer.
    struct Report: Sendable {
        /// The number of the last record that is on disk, and how many bytes all of them have had.
        var committed: UInt64 = 0
        var committedBytes = 0
        var fileBytes = 0
        /// Set while the disk takes no records.
        var failure: JournalError?
        var isCompactionDue = false
        var failureCount = 0
        var compactionCount = 0
        var notices: [JournalNotice] = []
        /// How long each wait for the disk took.
        var syncNs: [UInt64] = []
    }

    private let orders = Mutex(Orders())
    private let report: Mutex<Report>
    private let hasNews = Atomic(true)
    /// The writer sleeps on it.
    let work: Int32
    let loop: Mutex<LoopWaker?> = Mutex(nil)

    init(fileBytes: Int) throws(FileFailure) {
        work = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard work >= 0 else { throw FileFailure(operation: "eventfd", code: errno) }
        report = Mutex(Report(fileBytes: fileBytes))
    }

    deinit { close(work) }

    // MARK: The loop's side

    /// Adds to the orders and wakes the writer.
    func order(_ change: (inout Orders) -> Void) {
        orders.withLock { change(&$0) }
        _ = eventfd_write(work, 1)
    }

    /// What has changed since the last call; nil when nothing has.
    func takeReport() -> Report? {
        guard hasNews.exchange(false, ordering: .acquiringAndReleasing) else { return nil }
        return report.withLock { report in
            let taken = report
            report.isCompactionDue = false
            report.notices = []
            report.syncNs = []
            return taken
        }
    }

    // MARK: The writer's side

    func takeOrders() -> Orders {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(work, &count)
        return orders.withLock { orders in
            let taken = orders
            orders = Orders(isStopping: taken.isStopping)
            return taken
        }
    }

    /// Sleeps until there are orders, or for `ms` (nil: however long).
    func waitForOrders(ms: UInt64?) {
        var wait = pollfd(fd: work, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&wait, 1, ms.map { Int32(clamping: $0) } ?? -1)
    }

    func tell(_ change: (inout Report) -> Void) {
        report.withLock { change(&$0) }
        hasNews.store(true, ordering: .releasing)
        loop.withLock { $0?.wake() }
    }
}
