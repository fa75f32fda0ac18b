import Reactor
import SessionProtocol

/// Why a journal cannot be used.
public enum JournalError: Error, Sendable, CustomStringConvertible {
    case system(path: String, operation: String, errno: Int32)
    /// A frame that is not the last one cannot be read: the file was damaged after it was written.
    case damaged(path: String, offset: Int, WireError)

    public var description: String {
        switch self {
        case .system(let path, let operation, let code):
            "\(path): \(operation): \(ReactorError.text(of: code))"
        case .damaged(let path, let offset, let error):
            "\(path) is damaged at byte \(offset): \(error)"
        }
    }
}

/// A file of protocol frames, appended and flushed to disk once a turn for all records of the turn.
/// Without a path it keeps nothing, and everything counts as recorded: a restart forgets then.
public final class Journal {
    /// What was found at start.
    public struct Contents: Sendable {
        public var records: [Message] = []
        /// Bytes of a last frame that had not been written whole; they were cut off.
        public var tornBytes = 0
    }

    private var file: JournalFile?
    private let rotateAtBytes: Int
    /// The size below which a rotation would gain nothing.
    private var rotateNextBytes: Int
    private var pending: [UInt8] = []
    private var appended: UInt64 = 0
    /// The number of the last record that is on disk.
    public private(set) var committed: UInt64 = 0
    /// Set when the disk failed: nothing is recorded from then on, and nothing counts as recorded.
    public private(set) var failure: JournalError?

    /// A journal that keeps nothing.
    public init() {
        rotateAtBytes = .max
        rotateNextBytes = .max
    }

    /// Opens the file and reads what is there. Throws when it cannot be read, or is damaged before its end.
    public init(path: String, rotateAtBytes: Int, contents: inout Contents) throws(JournalError) {
        self.rotateAtBytes = rotateAtBytes
        rotateNextBytes = rotateAtBytes
        var damage: JournalError?
        do throws(JournalFile.Failure) {
            let file = try JournalFile(path: path)
            let bytes = try file.readAll()
            let (records, end, error) = JournalReader.read(bytes)
            contents.records = records
            contents.tornBytes = bytes.count - end
            if bytes.isEmpty { try JournalFile.syncFolder(of: path) }
            if let error {
                damage = .damaged(path: path, offset: end, error)
            } else if contents.tornBytes > 0 {
                try file.truncate(to: end)
            }
            self.file = file
        } catch {
            throw .system(path: path, operation: error.operation, errno: error.code)
        }
        if let damage { throw damage }
    }

    public var hasPending: Bool { appended > committed && failure == nil }
    public var byteCount: Int { file?.byteCount ?? 0 }
    public var isDurable: Bool { file != nil }

    /// Adds a record to what the next commit writes. The n-th has number n.
    public func append(_ record: Message) {
        appended += 1
        if file != nil, failure == nil { Frame.append(record, to: &pending) }
    }

    /// Writes what has gathered and waits for the disk. Returns whether it is all there.
    public func commit() -> Bool {
        guard failure == nil else { return false }
        if let file, !pending.isEmpty {
            do throws(JournalFile.Failure) {
                try file.append(pending)
                try file.sync()
            } catch {
                failure = .system(path: file.path, operation: error.operation, errno: error.code)
                pending = []
                return false
            }
            pending.removeAll(keepingCapacity: pending.capacity < 1 << 20)
        }
        committed = appended
        return true
    }

    /// Replaces the file by a new one that begins with `snapshot`, when it has grown to its limit.
    /// To be called after a commit, before anything else is appended.
    public func rotateIfDue(_ snapshot: () -> [Message]) {
        guard let old = file, failure == nil, old.byteCount >= rotateNextBytes else { return }
        var bytes: [UInt8] = []
        for record in snapshot() { Frame.append(record, to: &bytes) }
        let path = old.path
        do throws(JournalFile.Failure) {
            let new = try JournalFile(path: path + ".new", truncating: true)
            try new.append(bytes)
            try new.sync()
            try JournalFile.rename(path + ".new", to: path)
            file = try JournalFile(path: path)
            rotateNextBytes = max(rotateAtBytes, 2 * bytes.count)
        } catch {
            failure = .system(path: path, operation: error.operation, errno: error.code)
        }
    }
}
