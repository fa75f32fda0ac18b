import Glibc
import SessionProtocol
import Synchronization
import Testing

@testable import Service

@Suite struct JournalCompactorTests {
    let folder: TestFolder
    let path: String
    let files = FaultyFiles()

    init() throws {
        folder = try TestFolder()
        path = folder.file("journal")
    }

    /// Pieces of a few records, so that a compaction takes many turns.
    private let small = limits {
        $0.compactAtBytes = 700
        $0.pieceBytes = 200
        $0.unsyncedBytesMax = 300
    }

    private func reread() throws -> [Message] { try openJournal(path).contents.records }

    @Test("Records of sessions that matter are kept in their order, with all that came later", arguments: [1, 200, 1 << 20])
    func keeping(pieceBytes: Int) throws {
        var limits = small
        limits.pieceBytes = pieceBytes
        let journal = try openJournal(path, limits, calls: files).journal
        try journal.write(try records(1...12))
        #expect(journal.isCompactionDue)
        // Handed on at the same time: the core may not have known them when it was asked, or no longer.
        journal.append(try record(13))
        journal.compact(keeping: sessions([3, 4, 9, 12, 99]))
        #expect(!journal.isCompactionDue)
        try journal.write(try records(14...15))
        #expect(try reread() == (try [3, 4, 9, 12, 13, 14, 15].map(record)))
        #expect(try folder.bytes("journal").count == journal.byteCount)
        guard case .compacted(let from, let to, _) = journal.takeNotices().first else { Issue.record(); return }
        #expect(from == frames(try records(1...12)).joined().count && to == journal.byteCount && journal.compactionCount == 1)
        try journal.write([try record(16)])
        try files.cutPower(path)
        #expect(try reread() == (try [3, 4, 9, 12, 13, 14, 15, 16].map(record)))
        #expect(folder.names == ["journal", "journal.mark"])
    }

    @Test("Commits go on between its pieces, and are in the new file too")
    func interleaved() throws {
        let journal = try openJournal(path, small).journal
        try journal.write(try records(1...30))
        journal.compact(keeping: sessions([30]))
        let writer = try #require(journal.writer)
        var number = 30
        // Each turn of the writer finds another record to commit, and copies one piece beside it.
        while journal.compactionCount == 0 {
            number += 1
            guard number < 200 else {
                Issue.record("it never comes to its end")
                return
            }
            journal.append(try record(number))
            journal.flush()
            #expect(writer.turn(nowMs: 0) != .ended)
            #expect(journal.collect() && journal.committed == UInt64(number), "no commit waits for it")
        }
        #expect(number > 40)
        #expect(try reread() == (try records(30...number)))
    }

    @Test("A journal that keeps much is compacted again only when it has doubled, and never grows with what has passed")
    func doubling() throws {
        let journal = try openJournal(path, limits { $0.compactAtBytes = 1_000 }).journal
        var (largest, compactions) = (0, 0)
        for number in 1...800 {
            try journal.write([try record(number)])
            largest = max(largest, journal.byteCount)
            if journal.isCompactionDue {
                compactions += 1
                // Ten live sessions at any time.
                journal.compact(keeping: sessions(Array(max(1, number - 9)...number)))
                try journal.settle()
            }
        }
        #expect(largest < 3_000 && compactions > 12)
        let kept = try openJournal(path, limits { $0.compactAtBytes = 1_000 }).journal
        let all = sessions(Array(1...1_600))
        compactions = 0
        for number in 801...1_600 {
            try kept.write([try record(number)])
            if kept.isCompactionDue {
                compactions += 1
                kept.compact(keeping: all)
                try kept.settle()
            }
        }
        #expect((3...10).contains(compactions), "with everything kept, once for each doubling")
        #expect(try reread().suffix(800) == (try records(801...1_600))[...])
    }

    @Test("A crash at any moment of a compaction leaves a journal that says everything")
    func crashes() throws {
        let journal = try openJournal(path, small, calls: files).journal
        try journal.write(try records(1...20))
        let copies = Mutex<[(call: String, folder: TestFolder)]>([])
        files.watch { [folder] call, path in
            guard let copy = try? TestFolder() else { return }
            for name in folder.names { try? copy.write(folder.bytes(name), to: name) }
            copies.withLock { $0.append(("\(call) \(path)", copy)) }
        }
        journal.compact(keeping: sessions([2, 3] + Array(9...20)))
        try journal.settle()
        files.watch(nil)
        #expect(try reread() == (try ([2, 3] + Array(9...20)).map(record)))
        let moments = copies.withLock { $0 }
        let calls = Set(moments.map { String($0.call.split(separator: " ")[0]) })
        #expect(moments.count > 15 && calls.isSuperset(of: ["open", "read", "write", "sync", "rename", "syncFolder"]))
        var found: [Int: Int] = [:]
        for (call, copy) in moments {
            let (again, contents) = try openJournal(copy.file("journal"))
            let isOneOfThem = try contents.records == records(1...20) || contents.records == ([2, 3] + Array(9...20)).map(record)
            #expect(isOneOfThem, "\(call)")
            #expect(contents.isComplete && contents.tornBytes == 0)
            #expect(copy.names == ["journal", "journal.mark"], "remains of a compaction are gone")
            found[contents.records.count, default: 0] += 1
            try again.write([try record(21)])
            #expect(try openJournal(copy.file("journal")).contents.records.last == (try record(21)))
        }
        #expect(found[20, default: 0] > 10 && found[14, default: 0] >= 1)
    }

    @Test("A failure in the middle leaves the old file in force, and commits go on", arguments: FaultyFiles.Call.allCases)
    func failures(call: FaultyFiles.Call) throws {
        let journal = try openJournal(path, small, calls: files).journal
        try journal.write(try records(1...20))
        // Of the new file alone.
        files.fail(call, at: call == .read ? path : path + ".new", EIO)
        journal.compact(keeping: sessions([20]))
        try journal.write([try record(21)], nowMs: 10)
        #expect(journal.isWorking && journal.committed == 21)
        let isTouched = [.open, .read, .write, .sync, .rename].contains(call)
        #expect(journal.compactionCount == (isTouched ? 0 : 1))
        if isTouched {
            #expect(try reread() == (try records(1...21)))
            guard case .compactionFailed = journal.takeNotices().first else { Issue.record("it is told"); return }
            // Not at once again.
            try journal.write([try record(22)], nowMs: 1_000)
            #expect(!journal.isCompactionDue)
            files.heal()
            try journal.write([try record(23)], nowMs: 70_000)
            #expect(journal.isCompactionDue)
            journal.compact(keeping: sessions([23]))
            try journal.settle(nowMs: 70_000)
            #expect(try reread() == [try record(23)])
        }
        #expect(folder.names == ["journal", "journal.mark"])
    }

    @Test("One that was broken off by a full disk does not fill it again as soon as there is space")
    func fullDisk() throws {
        let journal = try openJournal(path, small, calls: files).journal
        try journal.write(try records(1...20))
        journal.compact(keeping: sessions(Array(1...20)))
        let writer = try #require(journal.writer)
        #expect(writer.turn(nowMs: 0) == .again)
        files.leaveSpace(0)
        try journal.write([try record(21)], nowMs: 10)
        #expect(!journal.isWorking && folder.names == ["journal", "journal.mark"])
        files.heal()
        try journal.write([try record(22)], nowMs: 1_010)
        #expect(journal.isWorking && !journal.isCompactionDue)
        try journal.write([try record(23)], nowMs: 60_010)
        #expect(journal.isCompactionDue)
    }

    @Test("A new name that may be lost in a power cut is no place to record anything")
    func doubtfulName() throws {
        let journal = try openJournal(path, small, calls: files).journal
        try journal.write(try records(1...20))
        files.fail(.syncFolder, EIO, times: 1)
        journal.compact(keeping: sessions([20]))
        try journal.settle(nowMs: 10)
        #expect(!journal.isWorking)
        try journal.write([try record(21)], nowMs: 20)
        #expect(journal.committed == 20)
        try journal.settle(nowMs: 1_010)
        #expect(journal.isWorking && journal.committed == 21)
        #expect(try reread() == (try [20, 21].map(record)))
    }

    @Test("Damage in the old file is not carried into a new one, nor passed over")
    func damage() throws {
        let journal = try openJournal(path, small).journal
        try journal.write(try records(1...20))
        let descriptor = Glibc.open(path, O_RDWR)
        #expect(pwrite(descriptor, [UInt8(0xFF)], 1, 500) == 1)
        close(descriptor)
        journal.compact(keeping: [])
        try journal.settle()
        guard case .compactionFailed(.damaged(path, _, _)) = journal.takeNotices().first else { Issue.record(); return }
        #expect(journal.isWorking && folder.names == ["journal", "journal.mark"])
    }

    @Test("The longest record fits through, and is copied with pieces that are far smaller")
    func longest() throws {
        let journal = try openJournal(path, small).journal
        let players = try (0..<255).map {
            PlayerOutcome(subject: try SubjectID("player-\($0)"), result: [UInt8](repeating: 0x31, count: 1024))
        }
        let long = Message.ended(
            Outcome(
                session: SessionID(high: 1, low: 1), attempt: Attempt(1), scene: try SceneID("duo"), reason: .completed,
                endedIn: .playing, endedAtUnixMs: 1, players: players))
        try journal.write([try record(1), long, try record(2)])
        journal.compact(keeping: [SessionID(high: 1, low: 1)] + sessions([2]))
        try journal.settle()
        #expect(try reread() == [long, try record(2)])
    }
}
