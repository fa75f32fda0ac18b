/// Every bound of a journal, in one place.
public struct JournalLimits: Sendable {
    /// A file of this size is compacted; again when it has doubled since, if that is more.
    public var compactAtBytes = 64 << 20
    /// Records that wait for the disk. From this size on the disk counts as not working, until they are half as much.
    public var pendingBytesMax = 16 << 20
    /// When records have waited for so long and none has come on disk, the disk counts as not working until one does.
    public var silenceMsMax: UInt64 = 5_000
    /// How long after a failure the disk is tried again.
    public var retryMs: UInt64 = 1_000
    /// The longest pause before a new file is written again in place of one that could not be synced.
    public var rewriteMsMax: UInt64 = 8_000
    /// How long after a failed compaction the next one may begin.
    public var compactionRetryMs: UInt64 = 60_000
    /// What compaction copies at a time, between commits.
    public var pieceBytes = 256 << 10
    /// What compaction writes before it waits for the disk, so that no wait is long.
    public var unsyncedBytesMax = 1 << 20
    /// Notices and measured times that wait to be taken by the loop.
    public var noticesMax = 64
    public var syncTimesMax = 1_024

    public init() {}
}
