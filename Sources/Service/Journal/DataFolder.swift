import CLinux
import Glibc
import Reactor

/// Why a data folder cannot be used.
public enum DataFolderError: Error, Sendable, CustomStringConvertible {
    case system(path: String, operation: String, errno: Int32)
    /// Another process of this kind uses it.
    case inUse(path: String)

    public var description: String {
        switch self {
        case .system(let path, let operation, let code): "\(path): \(operation): \(ReactorError.text(of: code))"
        case .inUse(let path): "\(path) is in use by another process"
        }
    }
}

/// The folder that makes a process the same one after a restart: its node id, its key, its journal. One process at a
/// time has it, by an exclusive lock that goes with the process.
public final class DataFolder {
    public let path: String
    private let lock: Int32

    public init(path: String) throws(DataFolderError) {
        self.path = path
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
            throw .system(path: path, operation: "mkdir", errno: errno)
        }
        let lockPath = path + "/lock"
        lock = unsafe open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if lock < 0 { throw .system(path: lockPath, operation: "open", errno: errno) }
        if flock(lock, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            Glibc.close(lock)
            throw code == EWOULDBLOCK ? .inUse(path: path) : .system(path: lockPath, operation: "flock", errno: code)
        }
    }

    deinit { Glibc.close(lock) }

    public func file(_ name: String) -> String { path + "/" + name }

    /// The bytes of a small file; written first, durably, when it is not there yet.
    public func bytes(of name: String, countMax: Int, make: () -> [UInt8]) throws(DataFolderError) -> [UInt8] {
        let path = file(name)
        do throws(JournalFile.Failure) {
            let present = try JournalFile(path: path)
            if present.byteCount > countMax { throw JournalFile.Failure(operation: "read", code: EFBIG) }
            if present.byteCount > 0 { return try present.readAll() }
            let new = try JournalFile(path: path + ".new", truncating: true)
            let bytes = make()
            try new.append(bytes)
            try new.sync()
            try JournalFile.rename(path + ".new", to: path)
            return bytes
        } catch {
            throw .system(path: path, operation: error.operation, errno: error.code)
        }
    }
}
