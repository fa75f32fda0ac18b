/// The files of one machine. What is written is read back at once, also by a process that is started again; only what was
/// synced survives a loss of power. Of what was not, some prefix may survive, with nothing but zeros behind it.
struct VirtualDisk: Sendable {
    struct File: Sendable {
        var bytes: [UInt8] = []
        /// The first so many bytes survive a loss of power.
        var syncedBytes = 0
    }

    /// Why nothing was written.
    enum Failure: Error, Hashable, Sendable {
        /// No room is left; a part may have been written.
        case full
    }

    static let sectorBytes = 512

    private(set) var files: [String: File] = [:]
    /// What the folder said when it was last synced, where it differs: the file that a name stood for, or none.
    private var unsyncedNames: [String: File?] = [:]
    /// Bytes that can still be written; nil for as many as one likes.
    var freeBytes: Int?

    func bytes(of name: String) -> [UInt8]? { files[name]?.bytes }
    func byteCount(of name: String) -> Int { files[name]?.bytes.count ?? 0 }
    func unsyncedBytes(of name: String) -> Int { files[name].map { $0.bytes.count - $0.syncedBytes } ?? 0 }

    /// Appends to a file, which is created if it is not there. On a full disk a part is written, and the error thrown.
    mutating func append(_ bytes: [UInt8], to name: String) throws(Failure) {
        let count = min(bytes.count, freeBytes ?? .max)
        if let freeBytes { self.freeBytes = freeBytes - count }
        if files[name] == nil {
            unsyncedNames[name] = unsyncedNames[name] ?? .some(nil)
            files[name] = File()
        }
        if count == bytes.count {
            files[name]?.bytes.append(contentsOf: bytes)
        } else {
            files[name]?.bytes.append(contentsOf: bytes[..<count])
            throw .full
        }
    }

    mutating func truncate(_ name: String, to count: Int) {
        guard let file = files[name], count < file.bytes.count else { return }
        if let freeBytes { self.freeBytes = freeBytes + file.bytes.count - count }
        files[name]?.bytes.removeSubrange(count...)
        files[name]?.syncedBytes = min(file.syncedBytes, count)
    }

    /// The first `count` bytes are on the platter: a sync that began when the file had so many has ended.
    mutating func synced(_ name: String, upTo count: Int) {
        guard let file = files[name] else { return }
        files[name]?.syncedBytes = max(file.syncedBytes, min(count, file.bytes.count))
    }

    /// Gives a file another name, in place of what had it. Until `syncFolder` a loss of power may undo it.
    mutating func rename(_ name: String, to newName: String) {
        guard let file = files.removeValue(forKey: name) else { return }
        if unsyncedNames[newName] == nil { unsyncedNames[newName] = .some(files[newName]) }
        if unsyncedNames[name] == nil { unsyncedNames[name] = .some(nil) }
        files[newName] = file
    }

    mutating func syncFolder() { unsyncedNames = [:] }

    mutating func remove(_ name: String) {
        files[name] = nil
        unsyncedNames[name] = nil
    }

    /// Changes a bit of a file, chosen by a number.
    mutating func flip(_ choice: UInt64, of name: String) {
        guard let count = files[name]?.bytes.count, count > 0 else { return }
        let bit = Int(choice % UInt64(count * 8))
        files[name]?.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }

    /// Makes a range of a file unreadable. The length of the frame that begins there stays, and nothing in it looks like a
    /// sector that was never written.
    mutating func overwrite(_ range: Range<Int>, of name: String) {
        for index in range.dropFirst(4) { files[name]?.bytes[index] = 0xA5 }
    }

    /// Replaces a file by one that is on disk.
    mutating func replace(_ name: String, by bytes: [UInt8]) {
        files[name] = File(bytes: bytes, syncedBytes: bytes.count)
        syncFolder()
    }

    /// Power is lost, and of what was not synced each sector is on disk or is not: then there are zeros.
    mutating func losePowerScattered(_ random: inout SmallGenerator) {
        for name in files.keys.sorted() {
            guard var file = files[name], file.bytes.count > file.syncedBytes else { continue }
            var start = file.syncedBytes
            while start < file.bytes.count {
                let end = min((start / VirtualDisk.sectorBytes + 1) * VirtualDisk.sectorBytes, file.bytes.count)
                if random.perMille(400) {
                    for index in start..<end { file.bytes[index] = 0 }
                }
                start = end
            }
            file.syncedBytes = file.bytes.count
            files[name] = file
        }
        losePower(&random)
    }

    /// Power is lost: what was not synced is gone, or a part of it is left.
    mutating func losePower(_ random: inout SmallGenerator) {
        for name in unsyncedNames.keys.sorted() where random.perMille(500) {
            if let before = unsyncedNames[name] { files[name] = before }
        }
        unsyncedNames = [:]
        for name in files.keys.sorted() {
            guard var file = files[name], file.bytes.count > file.syncedBytes else { continue }
            var lostFrom = random.between(file.syncedBytes, file.bytes.count)
            var length = lostFrom
            if random.perMille(300) {
                // The file had been made longer than what was written. A sector is written whole or not at all.
                let sectorFrom = lostFrom / VirtualDisk.sectorBytes * VirtualDisk.sectorBytes
                lostFrom = max(file.syncedBytes, sectorFrom)
                length = random.between(lostFrom, file.bytes.count)
            }
            file.bytes.removeSubrange(length...)
            for index in lostFrom..<length { file.bytes[index] = 0 }
            file.syncedBytes = length
            files[name] = file
        }
    }
}
