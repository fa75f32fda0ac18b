import CLinux
import Glibc
import Reactor

/// Why a data folder cannot be used.
public enum DataFolderError: Error, Sendable, CustomStringConvertible {
    case system(path: String, operation: String, errno: Int32)
    /// Another process of this kind uses it.
    case inUse(path: String)
    /// A file that is never empty is: something has gone wrong with the disk, or with a copy.
    case empty(path: String)

    public var description: String {
        switch self {
        case .system(let path, let operation, let code): "\(path): \(operation): \(ReactorError.text(of: code))"
        case .inUse(let path): "\(path) is in use by another process"
        case .empty(let path): "\(path) is empty: bring back what it held, or remove it and be another node"
        }
    }
}

/// The folder that makes a process the same one after a restart: its node id, its key, its journal. One process at a
/// time has it, by an exclusive lock that goes with the process.
public final class DataFolder {
    public let path: String
    private let lock: Int32
    private let calls: any FileCalls

    public convenience init(path: String) throws(DataFolderError) { try self.init(path: path, calls: SystemFiles()) }

    init(path: String, calls: any FileCalls) throws(DataFolderError) {
        self.path = path
        self.calls = calls
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
        var bytes: [UInt8]
        do throws(FileFailure) {
            if let present = try calls.contents(of: path, countMax: countMax) {
                bytes = present
            } else {
                bytes = make()
                try calls.put(bytes, at: path)
            }
        } catch {
            throw .system(path: error.path ?? path, operation: error.operation, errno: error.code)
        }
        if bytes.isEmpty { throw .empty(path: path) }
        return bytes
    }
}
