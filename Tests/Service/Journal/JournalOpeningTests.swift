import Glibc
import SessionProtocol
import Synchronization
import Testing

@testable import Service

@Suite struct JournalOpeningTests {
    let folder: TestFolder
    let path: String

    init() throws {
        folder = try TestFolder()
        path = folder.file("journal")
    }

    /// A file of nine records, of which the second, the fifth and the eighth are damaged, and what is good in it.
    private func damaged() throws -> (bytes: [UInt8], good: [Message], ranges: [Range<Int>]) {
        var (bytes, ranges): ([UInt8], [Range<Int>]) = ([], [])
        for (index, frame) in frames(try records(1...9)).enumerated() {
            var frame = frame
            if [1, 4, 7].contains(index) {
                frame[10] ^= 0x40
                ranges.append(bytes.count..<bytes.count + frame.count)
            }
            bytes += frame
        }
        return (bytes, try [1, 3, 4, 6, 7, 9].map(record), ranges)
    }

    /// Opens it, and says which calls made a difference to what a power cut leaves, in their order.
    private func open(
        acceptsDamage: Bool = false
    ) throws -> (journal: Journal, contents: JournalContents, calls: [String]) {
        let made = Mutex<[String]>([])
        let files = FaultyFiles()
        files.watch { call, path in
            guard [.sync, .syncFolder, .link, .rename].contains(call) else { return }
            made.withLock { $0.append("\(call) \(path.split(separator: "/").last ?? "")") }
        }
        let (journal, contents) = try openJournal(path, acceptsDamage: acceptsDamage, calls: files)
        return (journal, contents, made.withLock { $0 })
    }

    private static let journalKept = ["sync journal", "syncFolder journal"]
    private static let markPut = ["sync journal.mark.new", "rename journal.mark.new", "syncFolder journal.mark"]

    @Test("A first start makes an empty journal, and when that is on disk the mark that there is one")
    func first() throws {
        let (journal, contents, calls) = try open()
        #expect(contents.isComplete && !contents.isMissing && contents.records.isEmpty && journal.byteCount == 0)
        #expect(folder.names == ["journal", "journal.mark"])
        #expect(calls == Self.journalKept + Self.markPut)
        #expect(try openJournal(path).contents.isComplete)
    }

    @Test("A journal that is read has its bytes and its name on disk before anything is said of it")
    func kept() throws {
        _ = try openJournal(path)
        #expect(try open().calls == Self.journalKept)
    }

    @Test("A repair has each file on disk before it takes another one's place")
    func repairOrder() throws {
        try folder.write(try damaged().bytes, to: "journal")
        #expect(try open(acceptsDamage: true).calls
            == Self.markPut + ["link journal", "sync journal.new", "rename journal.new", "syncFolder journal"] + Self.journalKept)
    }

    @Test("What a killed process had written but not synced is on disk before it is read as a record")
    func unsynced() throws {
        let files = FaultyFiles()
        do {
            let file = try JournalFile(path: path, .appending, files)
            try file.append(frames(try records(1...3)).joined().map { $0 })
        }
        #expect(try openJournal(path, calls: files).contents.records == (try records(1...3)))
        try files.cutPower(path)
        #expect(try openJournal(path).contents.records == (try records(1...3)))
    }

    @Test("A journal without a mark, as an earlier version left it, is taken and marked")
    func unmarked() throws {
        try folder.write(frames(try records(1...2)).joined().map { $0 }, to: "journal")
        let contents = try openJournal(path).contents
        #expect(try contents.isComplete && contents.records == (records(1...2)))
        #expect(folder.names == ["journal", "journal.mark"])
    }

    @Test("A journal that is gone is missed at every start until somebody confirms that its lack is made up for")
    func missing() throws {
        _ = try openJournal(path)
        unlink(path)
        let (journal, contents) = try openJournal(path)
        #expect(contents.isMissing && !contents.isComplete && contents.records.isEmpty)
        try journal.write([try record(1)])
        // A crash meanwhile: the journal is there again, and does not say everything.
        let (again, second) = try openJournal(path)
        #expect(try !second.isMissing && !second.isComplete && second.records == [record(1)])
        again.confirmComplete()
        try again.settle()
        let third = try openJournal(path).contents
        #expect(try third.isComplete && third.records == [record(1)])
    }

    @Test("A crash between a missing journal's mark and the new file does not hide that it is missing")
    func missingTwice() throws {
        _ = try openJournal(path)
        unlink(path)
        let files = FaultyFiles()
        files.fail(.open, at: path, ENOSPC)
        #expect(throws: JournalError.self) { try openJournal(path, calls: files) }
        #expect(try !openJournal(path).contents.isComplete)
    }

    @Test("What is confirmed while the disk is full is confirmed when it works again")
    func confirmLater() throws {
        try JournalMark.incomplete.put(beside: path, SystemFiles())
        let files = FaultyFiles()
        let journal = try openJournal(path, calls: files).journal
        files.leaveSpace(0)
        journal.confirmComplete()
        #expect(try journal.settle(nowMs: 100) == 1_000)
        #expect(try JournalMark.read(beside: path, SystemFiles()) == .incomplete)
        files.heal()
        #expect(try journal.settle(nowMs: 1_100) == nil)
        #expect(try openJournal(path).contents.isComplete)
        #expect(folder.names == ["journal", "journal.mark"])
    }

    @Test("What is confirmed is marked behind the records from which it is known, and also when the process ends then")
    func confirmInOrder() throws {
        try JournalMark.incomplete.put(beside: path, SystemFiles())
        let files = FaultyFiles()
        let journal = try openJournal(path, calls: files).journal
        files.fail(.sync, at: path, EIO)
        journal.append(try record(1))
        journal.confirmComplete()
        journal.runWriter()
        #expect(try JournalMark.read(beside: path, SystemFiles()) == .incomplete)

        try JournalMark.incomplete.put(beside: path, SystemFiles())
        let other = try openJournal(path).journal
        other.confirmComplete()
        other.close()
        other.runWriter()
        #expect(try openJournal(path).contents.isComplete)
    }

    @Test("A mark that says something else is taken for the worse", arguments: ["", "comp", "complete?", "\u{0}"])
    func strangeMark(text: String) throws {
        try folder.write(Array(text.utf8), to: "journal.mark")
        try folder.write([], to: "journal")
        #expect(try !openJournal(path).contents.isComplete)
    }

    @Test("A damaged journal is refused, and nothing in the folder changes")
    func refused() throws {
        let (bytes, _, ranges) = try damaged()
        try folder.write(bytes, to: "journal")
        let error = #expect(throws: JournalError.self) { try openJournal(path) }
        #expect(error == .damaged(path: path, offset: ranges[0].lowerBound, .badChecksum))
        #expect(try folder.bytes("journal") == bytes && folder.names == ["journal"])
    }

    @Test("An accepted one gives every good record, is kept under another name, and is whole from then on")
    func accepted() throws {
        let (bytes, good, ranges) = try damaged()
        try folder.write(bytes + frames([try record(3)])[0].prefix(50), to: "journal")
        do {
            let (journal, contents) = try openJournal(path, acceptsDamage: true)
            #expect(contents.records == good && contents.damaged == ranges && !contents.isComplete)
            #expect(contents.tornBytes == 50 && contents.tornAt == journal.byteCount)
            let aside = try #require(contents.damagedPath?.split(separator: "/").last.map(String.init))
            #expect(aside.hasPrefix("journal.damaged-17") || aside.hasPrefix("journal.damaged-18"))
            #expect(try folder.bytes(aside).starts(with: bytes))
            #expect(folder.names == ["journal", aside, "journal.mark"])
            try journal.write([try record(10)])
        }
        let contents = try openJournal(path).contents
        #expect(try contents.records == good + [record(10)] && contents.damaged.isEmpty)
        #expect(!contents.isComplete, "what is lost is still lost")
    }

    @Test("The permission to accept damage does nothing to a sound journal")
    func acceptedSound() throws {
        try folder.write(frames(try records(1...3)).joined().dropLast(3), to: "journal")
        let contents = try openJournal(path, acceptsDamage: true).contents
        #expect(try contents.isComplete && contents.records == (records(1...2)) && contents.damagedPath == nil)
        #expect(folder.names == ["journal", "journal.mark"])
    }

    @Test("A crash at any moment of a repair loses nothing, and makes nothing look complete")
    func crashes() throws {
        let (bytes, good, _) = try damaged()
        try folder.write(bytes, to: "journal")
        try folder.write(Array("complete\n".utf8), to: "journal.mark")
        let files = FaultyFiles()
        let copies = Mutex<[TestFolder]>([])
        files.watch { [folder] _, _ in
            guard let copy = try? TestFolder() else { return }
            for name in folder.names { try? copy.write(folder.bytes(name), to: name) }
            copies.withLock { $0.append(copy) }
        }
        _ = try openJournal(path, acceptsDamage: true, calls: files)
        let moments = copies.withLock { $0 }
        #expect(moments.count > 12)
        for copy in moments {
            let contents = try openJournal(copy.file("journal"), acceptsDamage: true).contents
            #expect(contents.records == good && !contents.isComplete)
            let kept = try copy.names.filter { $0.hasPrefix("journal.damaged-") }.map { try copy.bytes($0) }
            #expect(kept.contains(bytes))
        }
    }

    @Test("An error names the file that it is about, not always the journal", arguments: ["journal.mark", "journal.new", "journal.mark.new"])
    func otherFile(name: String) throws {
        try #require(mkdir(folder.file(name), 0o700) == 0)
        defer { rmdir(folder.file(name)) }
        let error = #expect(throws: JournalError.self) { try openJournal(path) }
        #expect(error?.description.hasPrefix("\(folder.file(name)): ") == true)
        #expect(error?.description.hasSuffix(": Is a directory") == true)
    }

    @Test("A mark that is far too long is named, too")
    func longMark() throws {
        try folder.write([UInt8](repeating: 0x61, count: 65), to: "journal.mark")
        let error = #expect(throws: JournalError.self) { try openJournal(path) }
        #expect(error?.description == "\(path).mark: read: File too large")
    }

    @Test("What cannot be opened, read or repaired keeps the process from starting, with the call that failed", arguments: [
        (FaultyFiles.Call.open, EROFS, "Read-only file system"), (.open, EACCES, "Permission denied"),
        (.read, EIO, "Input/output error"), (.sync, EIO, "Input/output error"), (.truncate, EIO, "Input/output error"),
        (.remove, EROFS, "Read-only file system"),
    ])
    func unusable(call: FaultyFiles.Call, code: Int32, words: String) throws {
        try folder.write(Array(frames(try records(1...3)).joined().dropLast(3)), to: "journal")
        let files = FaultyFiles()
        files.fail(call, code)
        let error = #expect(throws: JournalError.self) { try openJournal(path, calls: files) }
        #expect(error?.description.hasPrefix("\(path): ") == true && error?.description.hasSuffix(": \(words)") == true)
        #expect(try openJournal(path).contents.records == (try records(1...2)))
    }
}
