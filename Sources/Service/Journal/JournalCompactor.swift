import SessionProtocol

/// Writes what a journal must keep into a new file beside it, a piece at a time, and puts that in its place. Until then the
/// old file is in force, and grows; whatever is appended to it meanwhile is copied as well.
final class JournalCompactor {
    private let source: JournalFile
    private let target: JournalFile
    private let rule: JournalCompaction
    private let limits: JournalLimits
    private let calls: any FileCalls
    /// To here the rule holds; what is behind came later, and is all kept.
    private let ruledBytes: Int
    private(set) var copiedBytes = 0
    private var unsyncedBytes = 0
    private var piece: [UInt8] = []

    static func newPath(_ path: String) -> String { path + ".new" }

    /// - Parameter sessions: as a core named them when all of the source's durable bytes had been appended; nil keeps all.
    init(
        _ source: JournalFile, keeping sessions: [SessionID]?, _ limits: JournalLimits, _ calls: any FileCalls
    ) throws(JournalError) {
        self.source = source
        self.limits = limits
        self.calls = calls
        rule = JournalCompaction(keeping: sessions)
        ruledBytes = source.durableBytes
        target = try JournalError.from(source.path) { () throws(FileFailure) in
            try JournalFile(path: Self.newPath(source.path), .replacing, calls)
        }
    }

    var isCaughtUp: Bool { copiedBytes == source.durableBytes }

    /// Copies one piece.
    func step() throws(JournalError) {
        let (start, end) = (copiedBytes, copiedBytes < ruledBytes ? ruledBytes : source.durableBytes)
        piece.removeAll(keepingCapacity: true)
        var wanted = min(limits.pieceBytes, end - start)
        while true {
            let count = wanted
            let bytes = try JournalError.from(source.path) { () throws(FileFailure) in
                try source.read(at: start, count: count)
            }
            guard bytes.count == count else { throw damage(at: start + bytes.count, .truncated("frame")) }
            do throws(JournalDamage) {
                copiedBytes += start < ruledBytes ? try rule.copy(bytes, to: &piece) : copyAll(bytes)
            } catch {
                throw damage(at: start + error.offset, error.error)
            }
            if copiedBytes > start || wanted == 0 { break }
            // One frame is longer than a piece.
            guard wanted < end - start, wanted < ProtocolLimits.frameBytesMax + 4 else {
                throw damage(at: start, .truncated("frame"))
            }
            wanted = min(end - start, ProtocolLimits.frameBytesMax + 4)
        }
        try write(piece)
    }

    private func copyAll(_ bytes: [UInt8]) -> Int {
        piece.append(contentsOf: bytes)
        return bytes.count
    }

    private func damage(at offset: Int, _ error: WireError) -> JournalError {
        .damaged(path: source.path, offset: offset, error)
    }

    private func write(_ bytes: [UInt8]) throws(JournalError) {
        try JournalError.from(target.path) { () throws(FileFailure) in
            try target.append(bytes)
            unsyncedBytes += bytes.count
            if unsyncedBytes >= limits.unsyncedBytesMax {
                try target.sync()
                unsyncedBytes = 0
            }
        }
    }

    /// Puts the new file in the old one's place. To be called when it has caught up.
    /// - Parameter records: what is to stand behind all that, and is in no file yet.
    /// - Returns: the new file, and why its name may be lost again in a power cut, if so.
    func finish(adding records: [UInt8] = []) throws(JournalError) -> (file: JournalFile, doubt: JournalError?) {
        precondition(isCaughtUp)
        let path = source.path
        try write(records)
        try JournalError.from(path) { () throws(FileFailure) in
            try target.sync()
            try target.rename(to: path)
        }
        do throws(FileFailure) {
            try calls.syncFolder(of: path)
        } catch {
            return (target, JournalError(error, path))
        }
        return (target, nil)
    }

    /// Leaves nothing behind.
    func abandon() { try? calls.remove(target.path) }
}

extension JournalError {
    static func from<Value>(
        _ path: String, _ body: () throws(FileFailure) -> Value
    ) throws(JournalError) -> Value {
        do { return try body() } catch { throw JournalError(error, path) }
    }
}
