import Glibc

/// An open file that is only appended to, and how much of it is known to be on disk.
final class JournalFile {
    private(set) var path: String
    private let calls: any FileCalls
    private let descriptor: Int32
    /// Bytes that were there at the opening, or that a `sync` has confirmed since.
    private(set) var durableBytes: Int
    private var writtenBytes: Int

    init(path: String, _ mode: FileMode, _ calls: any FileCalls) throws(FileFailure) {
        self.path = path
        self.calls = calls
        descriptor = try calls.open(path, mode)
        do throws(FileFailure) {
            durableBytes = try calls.size(descriptor)
        } catch {
            calls.close(descriptor)
            throw error
        }
        writtenBytes = durableBytes
    }

    deinit { calls.close(descriptor) }

    func read(at offset: Int, count: Int) throws(FileFailure) -> [UInt8] {
        try calls.read(descriptor, at: offset, count: count)
    }

    func append(_ bytes: [UInt8]) throws(FileFailure) {
        var done = 0
        while done < bytes.count {
            let count = try calls.write(descriptor, bytes, from: done)
            done += count
            writtenBytes += count
        }
    }

    /// What was appended survives a power cut once this returns. When it fails, what was appended may be lost although a
    /// later call succeeds: the kernel gives up the pages that it could not write.
    func sync() throws(FileFailure) {
        try calls.sync(descriptor)
        durableBytes = writtenBytes
    }

    /// Takes back what is not known to be on disk, or cuts the file off earlier.
    func cut(to count: Int? = nil) throws(FileFailure) {
        let count = count ?? durableBytes
        try calls.truncate(descriptor, to: count)
        (durableBytes, writtenBytes) = (count, count)
    }

    /// Whether it is still what stands at its path.
    func isInPlace() throws(FileFailure) -> Bool { try calls.isNamed(descriptor, path) }

    /// Takes another name, and the place of what had it. Durable when its folder has been synced.
    func rename(to newPath: String) throws(FileFailure) {
        try calls.rename(path, to: newPath)
        path = newPath
    }
}
