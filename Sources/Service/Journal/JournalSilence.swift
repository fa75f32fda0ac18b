/// How long a disk has said neither yes nor no, while records wait for it.
struct JournalSilence {
    private var waiting: (committed: UInt64, checkedMs: UInt64)?
    private(set) var ms: UInt64 = 0

    /// Between two checks no more than this counts: a process that was stopped meanwhile could hear nothing.
    private static let checkMsMax: UInt64 = 1_000

    /// To be called at least once a second.
    /// - Parameter isWaiting: whether there is something for the disk to answer.
    mutating func check(committed: UInt64, isWaiting: Bool, nowMs: UInt64) {
        if isWaiting, let waiting, waiting.committed == committed {
            ms += min(nowMs - min(waiting.checkedMs, nowMs), Self.checkMsMax)
        } else {
            ms = 0
        }
        waiting = isWaiting ? (committed, nowMs) : nil
    }
}
