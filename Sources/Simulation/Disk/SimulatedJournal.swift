import SessionProtocol

/// A journal as the servers keep theirs: real frames in a file, committed in groups, one sync at a time, and compacted
/// beside the running file. Writing is at once; each sync takes time, and the world says when it has ended.
struct SimulatedJournal: Sendable {
    static let name = "journal"
    static let newName = "journal.new"

    enum Step: Hashable, Sendable {
        /// Records up to `upTo` are being synced.
        case commit
        /// The compacted file is being synced, and with it what was appended to the old one meanwhile.
        case compact
        /// The new name of the compacted file is being synced.
        case rename
    }

    private struct Commit: Sendable {
        var upTo: UInt64
        var fileBytes: Int
        var records: [Message]
    }

    private var pending: [UInt8] = []
    private var pendingRecords: [Message] = []
    /// Records asked for so far.
    private(set) var appended: UInt64 = 0
    private(set) var committed: UInt64 = 0
    private var commit: Commit?
    /// Where the old file ended when its records were chosen.
    private var compactedFrom: Int?
    /// How much of the new file is being synced.
    private var compactedBytes = 0
    private var rotateNextBytes: Int
    private let rotateAtBytes: Int
    /// The disk takes no records; tried again from time to time.
    private(set) var hasFailed = false
    private(set) var compactions = 0

    init(rotateAtBytes: Int) {
        self.rotateAtBytes = rotateAtBytes
        rotateNextBytes = rotateAtBytes
    }

    var hasPending: Bool { appended > committed }

    mutating func append(_ record: Message) {
        appended += 1
        Frame.append(record, to: &pending)
        pendingRecords.append(record)
    }

    /// Writes what has gathered. Returns whether a sync has to follow.
    mutating func beginCommit(_ disk: inout VirtualDisk) -> Bool {
        guard commit == nil, compactedBytes == 0, !pendingRecords.isEmpty else { return false }
        let before = disk.byteCount(of: SimulatedJournal.name)
        do throws(VirtualDisk.Failure) {
            try disk.append(pending, to: SimulatedJournal.name)
        } catch {
            // What was written of it would be damage in front of the next record.
            disk.truncate(SimulatedJournal.name, to: before)
            hasFailed = true
            return false
        }
        hasFailed = false
        commit = Commit(upTo: appended, fileBytes: before + pending.count, records: pendingRecords)
        pending.removeAll(keepingCapacity: true)
        pendingRecords = []
        return true
    }

    /// The sync of a commit has ended: the records that are durable now.
    mutating func endCommit(_ disk: inout VirtualDisk) -> [Message] {
        guard let done = commit else { return [] }
        commit = nil
        disk.synced(SimulatedJournal.name, upTo: done.fileBytes)
        disk.syncFolder()
        committed = done.upTo
        return done.records
    }

    func isCompactionDue(_ disk: borrowing VirtualDisk) -> Bool {
        compactedFrom == nil && commit == nil && disk.byteCount(of: SimulatedJournal.name) >= rotateNextBytes
    }

    /// Writes the records to keep into a new file. Returns whether a sync has to follow.
    mutating func beginCompaction(_ disk: inout VirtualDisk, keeping sessions: [SessionID]) -> Bool {
        var bytes: [UInt8] = []
        let old = disk.bytes(of: SimulatedJournal.name) ?? []
        guard (try? JournalCompaction(keeping: sessions).copy(old, to: &bytes)) == old.count else { return false }
        disk.remove(SimulatedJournal.newName)
        do throws(VirtualDisk.Failure) {
            try disk.append(bytes, to: SimulatedJournal.newName)
        } catch {
            disk.remove(SimulatedJournal.newName)
            rotateNextBytes += rotateAtBytes
            return false
        }
        compactedFrom = disk.byteCount(of: SimulatedJournal.name)
        rotateNextBytes = max(rotateAtBytes, 2 * bytes.count)
        return true
    }

    /// The new file's first part is synced: adds what the old one got meanwhile. From here on commits wait for the new
    /// name. Returns whether a sync has to follow; otherwise a commit is under way, and it is tried again behind it.
    mutating func continueCompaction(_ disk: inout VirtualDisk) -> Bool {
        guard let from = compactedFrom, commit == nil else { return false }
        let bytes = disk.bytes(of: SimulatedJournal.name) ?? []
        do throws(VirtualDisk.Failure) {
            try disk.append(Array(bytes[from...]), to: SimulatedJournal.newName)
        } catch {
            disk.remove(SimulatedJournal.newName)
            compactedFrom = nil
            return false
        }
        compactedBytes = disk.byteCount(of: SimulatedJournal.newName)
        return true
    }

    /// Both parts are synced: the new file takes the old one's name.
    mutating func renameCompacted(_ disk: inout VirtualDisk) {
        disk.synced(SimulatedJournal.newName, upTo: compactedBytes)
        disk.rename(SimulatedJournal.newName, to: SimulatedJournal.name)
    }

    mutating func endCompaction(_ disk: inout VirtualDisk) {
        disk.syncFolder()
        compactedFrom = nil
        compactedBytes = 0
        compactions += 1
    }

    /// The records of a file and where they are, as far as it can be read.
    static func frames(_ bytes: [UInt8]) -> [(record: Message, bytes: Range<Int>)] {
        var frames: [(Message, Range<Int>)] = []
        var offset = 0
        while let (record, count) = try? Frame.read(bytes.span, at: offset) {
            frames.append((record, offset..<offset + count))
            offset += count
        }
        return frames
    }

    /// What a start finds. A torn tail is cut off, as the servers do; what is damaged is left out when that is accepted.
    static func open(
        _ disk: inout VirtualDisk, acceptsDamage: Bool = false
    ) -> (records: [Message], tornBytes: Int, error: WireError?) {
        disk.remove(newName)
        let bytes = disk.bytes(of: name) ?? []
        let (records, end, error) = JournalReader.read(bytes)
        if error != nil, acceptsDamage {
            let salvage = JournalReader.salvage(bytes)
            disk.replace(name, by: salvage.good.flatMap { bytes[$0] })
            return (salvage.records, bytes.count - salvage.end, error)
        }
        if error == nil, end < bytes.count { disk.truncate(name, to: end) }
        disk.synced(name, upTo: end)
        disk.syncFolder()
        return (records, bytes.count - end, error)
    }
}
