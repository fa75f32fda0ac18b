import Glibc
import SessionProtocol
import Testing

@testable import Service

@Suite struct FailingDiskTests {
    let folder: TestFolder
    let path: String
    let files = FaultyFiles()

    init() throws {
        folder = try TestFolder()
        path = folder.file("journal")
    }

    private func open(_ limits: JournalLimits = JournalLimits()) throws -> Journal {
        try openJournal(path, limits, calls: files).journal
    }

    private func reread() throws -> [Message] { try openJournal(path).contents.records }

    @Test("A full disk stops nothing for good: what waits is kept, and written as soon as there is space", arguments: 0..<60)
    func full(space: Int) throws {
        let journal = try open()
        try journal.write(try records(1...2), nowMs: 5)
        let before = try folder.bytes("journal")
        files.leaveSpace(space)
        try journal.write(try records(3...4), nowMs: 100)
        #expect(!journal.isWorking && journal.committed == 2)
        #expect(journal.problem == "\(path): write: No space left on device")
        #expect(try folder.bytes("journal") == before, "nothing of a record that is not whole stays")
        try journal.write(try records(5...6), nowMs: 200)
        #expect(journal.committed == 2 && journal.takeNotices().count == 1)

        // In vain, and then not.
        #expect(try journal.settle(nowMs: 1_100) == 1_000)
        #expect(!journal.isWorking && journal.committed == 2 && journal.takeNotices().isEmpty)
        #expect(try folder.bytes("journal") == before)
        files.heal()
        #expect(try journal.settle(nowMs: 2_099) == 1)
        #expect(!journal.isWorking)
        try journal.settle(nowMs: 2_100)
        #expect(journal.isWorking && journal.problem == nil && journal.committed == 6 && journal.pendingBytes == 0)
        #expect(journal.takeNotices() == [.recovered(afterMs: 2_000, attempts: 2)])
        try journal.write([try record(7)], nowMs: 3_000)
        #expect(try reread() == (try records(1...7)))
        try files.cutPower(path)
        #expect(try reread() == (try records(1...7)))
        #expect(folder.names == ["journal", "journal.mark"])
    }

    @Test("A record that was written in part, and could not be taken back at once, is taken back before the next attempt")
    func cutLater() throws {
        let journal = try open()
        try journal.write([try record(1)])
        files.leaveSpace(10)
        files.fail(.truncate, EIO, times: 1)
        try journal.write([try record(2)], nowMs: 0)
        #expect(try folder.bytes("journal").count == frames([try record(1)])[0].count + 10)
        files.heal()
        try journal.settle(nowMs: 1_000)
        #expect(journal.isWorking && journal.committed == 2)
        #expect(try reread() == (try records(1...2)))
    }

    @Test("The system's own calls say what the kernel said")
    func systemCalls() {
        let system = SystemFiles()
        let refused: [(String, () throws -> Void)] = [
            ("fdatasync", { try system.sync(-1) }), ("truncate", { try system.truncate(-1, to: 0) }),
            ("write", { _ = try system.write(-1, [1], from: 0) }), ("read", { _ = try system.read(-1, at: 0, count: 1) }),
            ("fstat", { _ = try system.size(-1) }), ("fstat", { _ = try system.isNamed(-1, path) }),
        ]
        for (operation, call) in refused {
            #expect(throws: FileFailure(operation: operation, code: EBADF)) { try call() }
        }
        let nowhere = folder.file("nowhere/file")
        let missing: [(String, String, () throws -> Void)] = [
            ("open", nowhere, { _ = try system.open(nowhere, .replacing) }), ("unlink", nowhere, { try system.remove(nowhere) }),
            ("link", path, { try system.link(nowhere, as: path) }), ("rename", nowhere, { try system.rename(nowhere, to: path) }),
            ("open", folder.file("nowhere"), { try system.syncFolder(of: nowhere) }),
        ]
        for (operation, place, call) in missing {
            #expect(throws: FileFailure(operation: operation, code: ENOENT, path: place)) { try call() }
        }
    }

    @Test("A failed sync is not made up for by one that succeeds: a new file is written", arguments: [EIO, ENOSPC, EDQUOT])
    func failedSync(code: Int32) throws {
        let journal = try open()
        try journal.write(try records(1...2))
        let renamesBefore = files.count(.rename)
        files.fail(.sync, code, times: 1)
        try journal.write(try records(3...4), nowMs: 10)
        #expect(!journal.isWorking && journal.committed == 2)
        // Nothing counts yet, and nothing is lost that did.
        try journal.write([try record(5)], nowMs: 500)
        #expect(journal.committed == 2)
        try journal.settle(nowMs: 1_010)
        #expect(journal.isWorking && journal.committed == 5)
        #expect(files.count(.rename) == renamesBefore + 1)
        try journal.write([try record(6)], nowMs: 1_020)
        try files.cutPower(path)
        #expect(try reread() == (try records(1...6)))
        #expect(folder.names == ["journal", "journal.mark"])
    }

    @Test("A new file whose name may be lost in a power cut is not enough either, and is written once more without repeats")
    func failedSyncs() throws {
        let journal = try open()
        try journal.write(try records(1...2))
        files.fail(.sync, EIO, times: 1)
        files.fail(.syncFolder, EIO, times: 2)
        try journal.write(try records(3...4), nowMs: 10)
        for nowMs: UInt64 in [1_010, 3_010] {
            try journal.settle(nowMs: nowMs)
            #expect(!journal.isWorking && journal.committed == 2)
            #expect(journal.problem == "\(path): syncFolder: Input/output error")
        }
        try journal.settle(nowMs: 7_010)
        #expect(journal.isWorking && journal.committed == 4)
        #expect(try reread() == (try records(1...4)))
    }

    @Test("The test's disk does lose what a failed sync gave up")
    func canary() throws {
        let file = try JournalFile(path: path, .appending, files)
        try file.append([1, 2, 3])
        try file.sync()
        files.fail(.sync, EIO, times: 1)
        try file.append([4, 5])
        #expect(throws: FileFailure(operation: "sync", code: EIO)) { try file.sync() }
        try file.append([6])
        try file.sync()
        #expect(try folder.bytes("journal") == [1, 2, 3, 4, 5, 6])
        try files.cutPower(path)
        #expect(try folder.bytes("journal") == [1, 2, 3, 0, 0, 6])
    }

    @Test("Whatever call fails, and for however long, everything is recorded once in the end", arguments: FaultyFiles.Call.allCases, 1...4)
    func anyCall(call: FaultyFiles.Call, times: Int) throws {
        let journal = try open(limits { $0.compactAtBytes = 900 })
        try journal.write(try records(1...6))
        files.fail(.sync, EIO, times: 1)
        files.fail(call, EIO, times: times)
        var (nowMs, number, wasWorking) = (UInt64(0), 6, 0)
        while nowMs < 60_000 || !journal.isWorking {
            nowMs += 1_000
            if number < 30 {
                number += 1
                journal.append(try record(number))
            }
            try journal.settle(nowMs: nowMs)
            let committed = journal.committed
            if committed > wasWorking {
                wasWorking = Int(committed)
                // What counts as recorded is on disk. More may be there, where the file could not be cut back.
                #expect(try openCopy().starts(with: try records(1...Int(committed))))
            }
            if journal.isCompactionDue { journal.compact(keeping: sessions(Array(1...30))) }
            guard nowMs < 300_000 else {
                Issue.record("the journal never works again")
                return
            }
        }
        #expect(journal.committed == 30)
        try files.cutPower(path)
        #expect(try reread() == (try records(1...30)))
    }

    /// What the next start would find after a power cut.
    private func openCopy() throws -> [Message] {
        let copy = try TestFolder()
        try copy.write(try folder.bytes("journal"), to: "journal")
        return try openJournal(copy.file("journal")).contents.records
    }

    @Test("A new file that cannot be written is tried again ever less often")
    func backOff() throws {
        let journal = try open()
        files.fail(.sync, EIO)
        try journal.write([try record(1)], nowMs: 0)
        var (pauses, nowMs): ([UInt64], UInt64) = ([], 1_000)
        for _ in 0..<6 {
            let pause = try #require(try journal.settle(nowMs: nowMs))
            pauses.append(pause)
            nowMs += pause
        }
        #expect(pauses == [2_000, 4_000, 8_000, 8_000, 8_000, 8_000])
        #expect(folder.names == ["journal", "journal.mark"], "no remains while it fails")
    }

    @Test("A journal whose folder has vanished is written again when the folder is back")
    func folderVanished() throws {
        let inner = folder.file("data")
        try #require(mkdir(inner, 0o700) == 0)
        defer { for name in ["journal", "journal.mark"] { unlink("\(inner)/\(name)") }; rmdir(inner) }
        var contents = JournalContents()
        let journal = try Journal(path: "\(inner)/journal", limits: JournalLimits(), contents: &contents, calls: files)
        try journal.write([try record(1)])
        for name in ["journal", "journal.mark"] { unlink("\(inner)/\(name)") }
        rmdir(inner)
        try journal.write([try record(2)], nowMs: 10)
        #expect(!journal.isWorking && journal.committed == 1)
        #expect(journal.problem == "\(inner)/journal: stat: No such file or directory")
        try journal.settle(nowMs: 1_010)
        #expect(!journal.isWorking)
        try #require(mkdir(inner, 0o700) == 0)
        try journal.settle(nowMs: 3_010)
        #expect(journal.isWorking && journal.committed == 2)
        #expect(try openJournal("\(inner)/journal").contents.records == (try records(1...2)))
    }

    @Test("A file that somebody else has put in the journal's place is not overwritten")
    func replaced() throws {
        let journal = try open()
        try journal.write([try record(1)])
        unlink(path)
        try folder.write([1, 2, 3], to: "journal")
        try journal.write([try record(2)], nowMs: 10)
        #expect(journal.problem == "\(path) is another file than the one that was opened: move it away")
        try journal.settle(nowMs: 1_010)
        #expect(!journal.isWorking && journal.committed == 1)
        #expect(try folder.bytes("journal") == [1, 2, 3])
        unlink(path)
        try journal.settle(nowMs: 60_000)
        #expect(journal.isWorking && journal.committed == 2)
        #expect(try reread() == (try records(1...2)))
    }

    @Test("A disk that cannot keep up counts as failing from a limit on, until half of it is written")
    func slow() throws {
        let journal = try open(limits { $0.pendingBytesMax = 1_000 })
        var (number, boundary) = (0, 0)
        while journal.isWorking {
            number += 1
            boundary = journal.pendingBytes
            journal.append(try record(number))
            journal.flush()
        }
        #expect(boundary < 1_000 && journal.pendingBytes >= 1_000)
        #expect(journal.problem?.hasPrefix("the disk is too slow: ") == true)
        #expect(journal.takeNotices() == [.slow(pendingBytes: journal.pendingBytes)])
        // What still comes is kept, since there is no telling a core that a record was not taken.
        journal.append(try record(number + 1))
        try journal.settle()
        #expect(journal.isWorking && journal.committed == UInt64(number + 1) && journal.takeNotices() == [.caughtUp])
        #expect(try reread() == (try records(1...number + 1)))
    }

    @Test("A disk that says nothing counts as failing after a while, until it answers")
    func silent() throws {
        let journal = try open()
        for nowMs: UInt64 in [0, 60_000] { journal.checkSilence(nowMs: nowMs) }
        try journal.write([try record(1)])
        journal.append(try record(2))
        journal.flush()
        // Nothing has been waited for yet; and a process that was stopped has not waited for longer than its last turn.
        for nowMs: UInt64 in [70_000, 71_000, 72_000, 99_000, 100_000, 100_999] { journal.checkSilence(nowMs: nowMs) }
        #expect(journal.isWorking && journal.problem == nil)
        journal.checkSilence(nowMs: 101_000)
        #expect(!journal.isWorking)
        #expect(journal.problem == "the disk does not answer: \(frames([try record(2)])[0].count) bytes of records wait for it")
        journal.append(try record(3))
        journal.checkSilence(nowMs: 102_000)
        #expect(journal.takeNotices() == [.silent(afterMs: 5_000, pendingBytes: frames([try record(2)])[0].count)])
        try journal.settle(nowMs: 103_000)
        journal.checkSilence(nowMs: 103_000)
        #expect(journal.isWorking && journal.problem == nil && journal.committed == 3)
        #expect(journal.takeNotices() == [.answered(afterMs: 7_000)])
    }

    @Test("A disk that answers each time, however late, and one that says no are not silent")
    func notSilent() throws {
        let journal = try open()
        journal.append(try record(1))
        for number in 2...30 {
            journal.append(try record(number))
            journal.flush()
            if number % 4 == 0 { try journal.settle() }
            journal.checkSilence(nowMs: UInt64(number) * 1_000)
        }
        #expect(journal.isWorking && journal.takeNotices().isEmpty)
        files.leaveSpace(0)
        try journal.write([try record(31)])
        for nowMs: UInt64 in stride(from: 40_000, to: 60_000, by: 1_000) { journal.checkSilence(nowMs: nowMs) }
        #expect(journal.takeNotices().count == 1 && journal.problem?.hasSuffix("No space left on device") == true)
    }

    @Test("Failure after failure makes no heap of notices")
    func bounded() throws {
        let journal = try open(limits { $0.noticesMax = 10 })
        for round in 0..<50 {
            files.leaveSpace(0)
            journal.append(try record(1))
            journal.flush()
            journal.runWriter(nowMs: UInt64(round) * 10_000)
            files.heal()
            journal.runWriter(nowMs: UInt64(round) * 10_000 + 5_000)
        }
        #expect(journal.collect() && journal.takeNotices().count == 10 && journal.failureCount == 50 && journal.isWorking)
    }
}
