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
    private let locks: (folder: Int32, file: Int32)
    private let calls: any FileCalls

    public convenience init(path: String) throws(DataFolderError) { try self.init(path: path, calls: SystemFiles()) }

    init(path: String, calls: any FileCalls) throws(DataFolderError) {
        // What stands behind the last slash is the name by which the folder is known to the one above.
        let end = path.lastIndex { $0 != "/" }
        let path = end.map { String(path[...$0]) } ?? path
        self.path = path
        self.calls = calls
        try Self.make(path, calls)
        // Two, since a file can be taken for a remnant and removed, and some file systems do not lock folders.
        let folder = try Self.lock(path, path, O_RDONLY | O_DIRECTORY, isOptional: true)
        do {
            locks = (folder, try Self.lock(path + "/lock", path, O_RDWR | O_CREAT, isOptional: false))
        } catch {
            Glibc.close(folder)
            throw error
        }
    }

    deinit {
        Glibc.close(locks.file)
        Glibc.close(locks.folder)
    }

    private static func make(_ path: String, _ calls: any FileCalls) throws(DataFolderError) {
        if unsafe mkdir(path, 0o700) != 0 {
            if errno == EEXIST { return }
            throw .system(path: path, operation: "mkdir", errno: errno)
        }
        do { try calls.syncFolder(of: path) } catch {
            throw .system(path: error.path ?? path, operation: error.operation, errno: error.code)
        }
    }

    /// An open descriptor with an exclusive lock, which it keeps until it is closed.
    private static func lock(
        _ path: String, _ folder: String, _ flags: Int32, isOptional: Bool
    ) throws(DataFolderError) -> Int32 {
        let descriptor = unsafe open(path, flags | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw .system(path: path, operation: "open", errno: errno) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
        let code = errno
        if isOptional, code != EWOULDBLOCK { return descriptor }
        Glibc.close(descriptor)
        throw code == EWOULDBLOCK ? .inUse(path: folder) : .system(path: path, operation: "flock", errno: code)
    }

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
