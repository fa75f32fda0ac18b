import Glibc

/// A file that is only appended to. Errors are the kernel's `errno` with the call that gave it.
final class JournalFile {
    struct Failure: Error {
        let operation: String
        let code: Int32
    }

    let path: String
    private let descriptor: Int32
    private(set) var byteCount: Int

    /// Opens or creates the file for appending.
    init(path: String, truncating: Bool = false) throws(Failure) {
        self.path = path
        let flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (truncating ? O_TRUNC : 0)
        descriptor = unsafe open(path, flags, 0o600)
        if descriptor < 0 { throw Failure(operation: "open", code: errno) }
        let end = lseek(descriptor, 0, SEEK_END)
        if end < 0 {
            let code = errno
            Glibc.close(descriptor)
            throw Failure(operation: "lseek", code: code)
        }
        byteCount = Int(end)
    }

    deinit { Glibc.close(descriptor) }

    /// The whole file.
    func readAll() throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                return unsafe pread(descriptor, base + done, buffer.count - done, off_t(done))
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw Failure(operation: "read", code: errno) }
            if count == 0 { break }
            done += count
        }
        return Array(bytes.prefix(done))
    }

    /// Cuts the file off behind `count` bytes.
    func truncate(to count: Int) throws(Failure) {
        if ftruncate(descriptor, off_t(count)) != 0 { throw Failure(operation: "truncate", code: errno) }
        byteCount = count
        try sync()
    }

    /// Writes all bytes. After a failure the end of the file is unknown: nothing more may be appended.
    func append(_ bytes: [UInt8]) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                return unsafe write(descriptor, base + done, buffer.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw Failure(operation: "write", code: errno) }
            done += count
        }
        byteCount += done
    }

    /// What was appended survives a power cut once this returns.
    func sync() throws(Failure) {
        while fdatasync(descriptor) != 0 {
            if errno != EINTR { throw Failure(operation: "fdatasync", code: errno) }
        }
    }

    /// Gives the file another name, durably, replacing what had it.
    static func rename(_ path: String, to newPath: String) throws(Failure) {
        if unsafe Glibc.rename(path, newPath) != 0 { throw Failure(operation: "rename", code: errno) }
        try syncFolder(of: newPath)
    }

    /// A file's name is on disk only once its folder is.
    static func syncFolder(of path: String) throws(Failure) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = unsafe open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { throw Failure(operation: "open", code: errno) }
        defer { Glibc.close(descriptor) }
        if fsync(descriptor) != 0 { throw Failure(operation: "fsync", code: errno) }
    }
}
