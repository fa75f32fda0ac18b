import Glibc
import SessionProtocol

/// Opens a journal's file, repairs what a crash has left and refuses what it has not.
struct JournalOpening {
    let path: String
    let acceptsDamage: Bool
    let nowUnixMs: UInt64
    let calls: any FileCalls

    func open(_ contents: inout JournalContents) throws(JournalError) -> JournalFile {
        var damage: (offset: Int, error: WireError)?
        let file = try JournalError.from(path) { () throws(FileFailure) -> JournalFile? in
            try removeRemains()
            let mark = try JournalMark.read(beside: path, calls)
            contents.isComplete = mark != .incomplete
            guard let bytes = try calls.contents(of: path) else { return try create(mark, &contents) }
            let (records, end, error) = JournalReader.read(bytes)
            if let error {
                damage = (end, error)
                guard acceptsDamage else { return nil }
                try repair(bytes, &contents)
            } else {
                contents.records = records
                (contents.tornAt, contents.tornBytes) = (end, bytes.count - end)
            }
            let file = try JournalFile(path: path, .existing, calls)
            if contents.tornBytes > 0 { try file.cut(to: contents.tornAt) }
            // What a killed process has written is there to be read, and may not yet be on disk.
            try file.sync()
            try calls.syncFolder(of: path)
            if mark == nil, contents.isComplete { try JournalMark.complete.put(beside: path, calls) }
            return file
        }
        if let file { return file }
        guard let damage else { preconditionFailure("a journal is not opened because it is damaged") }
        throw .damaged(path: path, offset: damage.offset, damage.error)
    }

    /// A crash in the middle of a compaction leaves the beginning of a file that never counted.
    private func removeRemains() throws(FileFailure) {
        for remains in [JournalCompactor.newPath(path), JournalCompactor.newPath(JournalMark.path(path))] {
            do { try calls.remove(remains) } catch {
                if error.code != ENOENT, error.code != ENOTDIR { throw error }
            }
        }
    }

    private func create(_ mark: JournalMark?, _ contents: inout JournalContents) throws(FileFailure) -> JournalFile {
        if mark != nil {
            contents.isMissing = true
            try markIncomplete(&contents)
        }
        let file = try JournalFile(path: path, .appending, calls)
        try file.sync()
        try calls.syncFolder(of: path)
        // Last: a folder is marked only when there is something to be missed.
        if mark == nil { try JournalMark.complete.put(beside: path, calls) }
        return file
    }

    /// First of all, so that a crash in the middle is no way to a journal that seems to say everything.
    private func markIncomplete(_ contents: inout JournalContents) throws(FileFailure) {
        contents.isComplete = false
        try JournalMark.incomplete.put(beside: path, calls)
    }

    /// Keeps the damaged file under another name, and puts one with all that is good in its place. At any moment there is
    /// one of them at the path.
    private func repair(_ bytes: [UInt8], _ contents: inout JournalContents) throws(FileFailure) {
        let salvage = JournalReader.salvage(bytes)
        contents.records = salvage.records
        contents.damaged = salvage.damaged
        let tornBytes = bytes.count - salvage.end
        try markIncomplete(&contents)
        let aside = "\(path).damaged-\(nowUnixMs)"
        try calls.link(path, as: aside)
        contents.damagedPath = aside
        let new = try JournalFile(path: JournalCompactor.newPath(path), .replacing, calls)
        for range in salvage.good { try new.append(Array(bytes[range])) }
        // The tail goes the way of every torn one, so that it is told of as such.
        try new.append(Array(bytes[salvage.end...]))
        try new.sync()
        try calls.replace(path, by: JournalCompactor.newPath(path))
        contents.tornBytes = tornBytes
        contents.tornAt = salvage.good.reduce(0) { $0 + $1.count }
    }
}
