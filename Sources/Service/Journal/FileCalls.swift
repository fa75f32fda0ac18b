import Glibc

/// What the kernel said no to: the call, and its `errno`.
struct FileFailure: Error, Equatable {
    let operation: String
    let code: Int32
    /// The file or folder, where the call knows it.
    var path: String?

    init(operation: String, code: Int32, path: String? = nil) {
        (self.operation, self.code, self.path) = (operation, code, path)
    }

    /// The same, of this file when nothing says which one it was.
    func at(_ path: String) -> FileFailure { FileFailure(operation: operation, code: code, path: self.path ?? path) }
}

/// How a file is opened.
enum FileMode {
    /// It must be there.
    case existing
    /// It is made when it is not there.
    case appending
    /// It begins empty.
    case replacing
}

/// What a journal needs of a file system. Tests put a failing disk in its place.
protocol FileCalls: Sendable {
    func open(_ path: String, _ mode: FileMode) throws(FileFailure) -> Int32
    func size(_ descriptor: Int32) throws(FileFailure) -> Int
    /// Up to `count` bytes from `offset` on; fewer only at the end of the file.
    func read(_ descriptor: Int32, at offset: Int, count: Int) throws(FileFailure) -> [UInt8]
    /// Appends a first part of the bytes from `start` on, and says how many.
    func write(_ descriptor: Int32, _ bytes: [UInt8], from start: Int) throws(FileFailure) -> Int
    /// What was written survives a power cut.
    func sync(_ descriptor: Int32) throws(FileFailure)
    func truncate(_ descriptor: Int32, to count: Int) throws(FileFailure)
    /// The file at `path` has this other name, too.
    func link(_ path: String, as newPath: String) throws(FileFailure)
    func rename(_ path: String, to newPath: String) throws(FileFailure)
    func remove(_ path: String) throws(FileFailure)
    /// Names of the folder in which `path` lies survive a power cut.
    func syncFolder(of path: String) throws(FileFailure)
    /// Whether the open file is the one at `path`.
    func isNamed(_ descriptor: Int32, _ path: String) throws(FileFailure) -> Bool
    func close(_ descriptor: Int32)
}

/// The kernel's own.
struct SystemFiles: FileCalls {
    func open(_ path: String, _ mode: FileMode) throws(FileFailure) -> Int32 {
        var flags = O_RDWR | O_APPEND | O_CLOEXEC
        switch mode {
        case .existing: break
        case .appending: flags |= O_CREAT
        case .replacing: flags |= O_CREAT | O_TRUNC
        }
        let descriptor = unsafe Glibc.open(path, flags, 0o600)
        if descriptor < 0 { throw failure("open", path) }
        return descriptor
    }

    func size(_ descriptor: Int32) throws(FileFailure) -> Int {
        var status = stat()
        if unsafe fstat(descriptor, &status) != 0 { throw failure("fstat") }
        return Int(status.st_size)
    }

    func read(_ descriptor: Int32, at offset: Int, count: Int) throws(FileFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                return unsafe pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
            }
            if got < 0 && errno == EINTR { continue }
            if got < 0 { throw failure("read") }
            if got == 0 { break }
            done += got
        }
        bytes.removeLast(count - done)
        return bytes
    }

    func write(_ descriptor: Int32, _ bytes: [UInt8], from start: Int) throws(FileFailure) -> Int {
        while true {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                return unsafe Glibc.write(descriptor, base + start, buffer.count - start)
            }
            if count > 0 || start == bytes.count { return count }
            if count == 0 { throw FileFailure(operation: "write", code: ENOSPC) }
            if errno != EINTR { throw failure("write") }
        }
    }

    func sync(_ descriptor: Int32) throws(FileFailure) {
        while fdatasync(descriptor) != 0 {
            if errno != EINTR { throw failure("fdatasync") }
        }
    }

    func truncate(_ descriptor: Int32, to count: Int) throws(FileFailure) {
        if ftruncate(descriptor, off_t(count)) != 0 { throw failure("truncate") }
    }

    func link(_ path: String, as newPath: String) throws(FileFailure) {
        if unsafe Glibc.link(path, newPath) != 0 { throw failure("link", newPath) }
    }

    func rename(_ path: String, to newPath: String) throws(FileFailure) {
        if unsafe Glibc.rename(path, newPath) != 0 { throw failure("rename", path) }
    }

    func remove(_ path: String) throws(FileFailure) {
        if unsafe unlink(path) != 0 { throw failure("unlink", path) }
    }

    func syncFolder(of path: String) throws(FileFailure) {
        let above = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        let folder = above.isEmpty ? "/" : String(above)
        let descriptor = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { throw failure("open", folder) }
        defer { Glibc.close(descriptor) }
        while fsync(descriptor) != 0 {
            if errno != EINTR { throw failure("fsync", folder) }
        }
    }

    func isNamed(_ descriptor: Int32, _ path: String) throws(FileFailure) -> Bool {
        var (mine, named) = (stat(), stat())
        if unsafe fstat(descriptor, &mine) != 0 { throw failure("fstat") }
        if unsafe stat(path, &named) != 0 { throw failure("stat", path) }
        return mine.st_dev == named.st_dev && mine.st_ino == named.st_ino
    }

    func close(_ descriptor: Int32) { Glibc.close(descriptor) }

    private func failure(_ operation: String, _ path: String? = nil) -> FileFailure {
        FileFailure(operation: operation, code: errno, path: path)
    }
}

extension FileCalls {
    /// Gives a file another name, durably, replacing what had it.
    func replace(_ path: String, by newPath: String) throws(FileFailure) {
        try rename(newPath, to: path)
        try syncFolder(of: path)
    }

    /// The whole file, or nil when there is none.
    func contents(of path: String, countMax: Int = .max) throws(FileFailure) -> [UInt8]? {
        let descriptor: Int32
        do {
            descriptor = try open(path, .existing)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
        defer { close(descriptor) }
        do throws(FileFailure) {
            let count = try size(descriptor)
            if count > countMax { throw FileFailure(operation: "read", code: EFBIG) }
            return try read(descriptor, at: 0, count: count)
        } catch {
            throw error.at(path)
        }
    }

    /// Puts a small file there as a whole, durably: after a crash it is the old one or the new one.
    func put(_ bytes: [UInt8], at path: String) throws(FileFailure) {
        do throws(FileFailure) {
            let file = try JournalFile(path: path + ".new", .replacing, self)
            try file.append(bytes)
            try file.sync()
            try replace(path, by: path + ".new")
        } catch {
            try? remove(path + ".new")
            throw error.at(path)
        }
    }
}
