import Glibc
import Synchronization
import Testing

@testable import Service

/// The system's files, with a disk behind them that fails as the test says, and that loses what was never synced.
final class FaultyFiles: FileCalls {
    enum Call: String, CaseIterable { case open, read, write, sync, truncate, link, rename, remove, syncFolder, isNamed }

    private struct Fault {
        let call: Call
        let path: String?
        let code: Int32
        var timesLeft: Int
    }

    /// What a power cut would leave of a file.
    private struct Platter {
        var syncedBytes = 0
        /// Given up by the kernel at a failed sync: they read as written until the power is cut.
        var lost: [Range<Int>] = []
    }

    private struct State {
        var faults: [Fault] = []
        var counts: [Call: Int] = [:]
        var spaceBytes: Int?
        var syncUs: UInt32 = 0
        var paths: [Int32: String] = [:]
        var platters: [UInt: Platter] = [:]
        var before: (@Sendable (Call, String) -> Void)?
    }

    private let state = Mutex(State())
    private let system = SystemFiles()

    // MARK: What the test says

    /// From now on such calls fail, in all or for so often.
    func fail(_ call: Call, at path: String? = nil, _ code: Int32, times: Int = .max) {
        state.withLock { $0.faults.append(Fault(call: call, path: path, code: code, timesLeft: times)) }
    }

    func heal() {
        state.withLock {
            $0.faults = []
            $0.spaceBytes = nil
        }
    }

    /// So many bytes can be written until the disk is full.
    func leaveSpace(_ bytes: Int) { state.withLock { $0.spaceBytes = bytes } }

    func slowDown(syncMs: UInt32) { state.withLock { $0.syncUs = syncMs * 1000 } }

    /// Hears of every call before it is made, with the file's path.
    func watch(_ before: (@Sendable (Call, String) -> Void)?) { state.withLock { $0.before = before } }

    func count(_ call: Call) -> Int { state.withLock { $0.counts[call, default: 0] } }

    /// What a file holds after the power was cut.
    func cutPower(_ path: String) throws {
        let descriptor = try system.open(path, .existing)
        defer { close(descriptor) }
        let platter = state.withLock { $0.platters[inode(descriptor)] } ?? Platter()
        let size = try system.size(descriptor)
        // Not opened for appending: there `pwrite` ignores its place.
        let raw = Glibc.open(path, O_RDWR)
        defer { Glibc.close(raw) }
        for range in platter.lost where range.lowerBound < size {
            let zeros = [UInt8](repeating: 0, count: min(range.upperBound, size) - range.lowerBound)
            try #require(pwrite(raw, zeros, zeros.count, off_t(range.lowerBound)) == zeros.count)
        }
        try system.truncate(descriptor, to: min(size, platter.syncedBytes))
    }

    // MARK: FileCalls

    private func check(_ call: Call, _ path: String) throws(FileFailure) {
        let (before, code) = state.withLock { state in
            state.counts[call, default: 0] += 1
            var code: Int32?
            for index in state.faults.indices where code == nil {
                let fault = state.faults[index]
                guard fault.call == call, fault.timesLeft > 0, fault.path == nil || fault.path == path else { continue }
                state.faults[index].timesLeft -= 1
                code = fault.code
            }
            return (state.before, code)
        }
        before?(call, path)
        if let code { throw FileFailure(operation: call.rawValue, code: code) }
    }

    private func path(_ descriptor: Int32) -> String { state.withLock { $0.paths[descriptor] } ?? "" }

    private func inode(_ descriptor: Int32) -> UInt {
        var status = stat()
        fstat(descriptor, &status)
        return UInt(status.st_ino)
    }

    private func change(_ descriptor: Int32, _ body: (inout Platter, Int) -> Void) {
        let (inode, size) = (inode(descriptor), (try? system.size(descriptor)) ?? 0)
        state.withLock { body(&$0.platters[inode, default: Platter()], size) }
    }

    func open(_ path: String, _ mode: FileMode) throws(FileFailure) -> Int32 {
        try check(.open, path)
        let descriptor = try system.open(path, mode)
        state.withLock { $0.paths[descriptor] = path }
        let size = try system.size(descriptor)
        let inode = inode(descriptor)
        state.withLock { state in
            // What was there before is on disk, and a number that is used again is another file.
            if state.platters[inode] == nil || size == 0 { state.platters[inode] = Platter(syncedBytes: size) }
        }
        return descriptor
    }

    func size(_ descriptor: Int32) throws(FileFailure) -> Int { try system.size(descriptor) }

    func read(_ descriptor: Int32, at offset: Int, count: Int) throws(FileFailure) -> [UInt8] {
        try check(.read, path(descriptor))
        return try system.read(descriptor, at: offset, count: count)
    }

    func write(_ descriptor: Int32, _ bytes: [UInt8], from start: Int) throws(FileFailure) -> Int {
        try check(.write, path(descriptor))
        guard let space = state.withLock({ $0.spaceBytes }) else { return try system.write(descriptor, bytes, from: start) }
        if space == 0 { throw FileFailure(operation: "write", code: ENOSPC) }
        let part = Array(bytes[start..<min(bytes.count, start + space)])
        let count = try system.write(descriptor, part, from: 0)
        state.withLock { $0.spaceBytes = space - count }
        return count
    }

    func sync(_ descriptor: Int32) throws(FileFailure) {
        let delayUs = state.withLock { $0.syncUs }
        if delayUs > 0 { usleep(delayUs) }
        do throws(FileFailure) {
            try check(.sync, path(descriptor))
        } catch {
            change(descriptor) { platter, size in
                if platter.syncedBytes < size { platter.lost.append(platter.syncedBytes..<size) }
                platter.syncedBytes = size
            }
            throw error
        }
        change(descriptor) { platter, size in platter.syncedBytes = size }
    }

    func truncate(_ descriptor: Int32, to count: Int) throws(FileFailure) {
        try check(.truncate, path(descriptor))
        try system.truncate(descriptor, to: count)
        change(descriptor) { platter, _ in
            platter.syncedBytes = min(platter.syncedBytes, count)
            platter.lost.removeAll { $0.lowerBound >= count }
        }
    }

    func link(_ path: String, as newPath: String) throws(FileFailure) {
        try check(.link, path)
        try system.link(path, as: newPath)
    }

    func rename(_ path: String, to newPath: String) throws(FileFailure) {
        try check(.rename, path)
        try system.rename(path, to: newPath)
        state.withLock { state in
            for (descriptor, name) in state.paths where name == path { state.paths[descriptor] = newPath }
        }
    }

    func remove(_ path: String) throws(FileFailure) {
        try check(.remove, path)
        try system.remove(path)
    }

    func syncFolder(of path: String) throws(FileFailure) {
        try check(.syncFolder, path)
        try system.syncFolder(of: path)
    }

    func isNamed(_ descriptor: Int32, _ path: String) throws(FileFailure) -> Bool {
        try check(.isNamed, path)
        return try system.isNamed(descriptor, path)
    }

    func close(_ descriptor: Int32) {
        state.withLock { $0.paths[descriptor] = nil }
        system.close(descriptor)
    }
}
