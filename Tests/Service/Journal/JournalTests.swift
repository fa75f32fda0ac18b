import Glibc
import Digests
import SessionProtocol
import Testing

@testable import Service

@Suite struct JournalTests {
    let folder: TestFolder
    let path: String

    init() throws {
        folder = try TestFolder()
        path = folder.file("journal")
    }

    @Test("Records come back in their order after a reopen, and further ones follow them")
    func reopen() throws {
        do {
            let (journal, contents) = try openJournal(path)
            #expect(contents.records.isEmpty && contents.tornBytes == 0)
            for record in try records(1...3) { journal.append(record) }
            #expect(journal.commit())
        }
        do {
            let (journal, contents) = try openJournal(path)
            #expect(contents.records == (try records(1...3)))
            journal.append(try record(4))
            #expect(journal.commit())
        }
        #expect(try openJournal(path).contents.records == (try records(1...4)))
    }

    @Test("Numbers count the records of this process, and only those on disk are committed")
    func numbers() throws {
        let (journal, _) = try openJournal(path)
        #expect(!journal.hasPending && journal.committed == 0)
        journal.append(try record(1))
        journal.append(try record(2))
        #expect(journal.hasPending && journal.committed == 0)
        #expect(try folder.bytes("journal").isEmpty)
        #expect(journal.commit())
        #expect(!journal.hasPending && journal.committed == 2)
        journal.append(try record(3))
        #expect(journal.commit())
        #expect(journal.committed == 3)
        let (again, _) = try openJournal(path)
        #expect(again.committed == 0)
    }

    @Test("Without a file everything counts as recorded")
    func withoutFile() throws {
        let journal = Journal()
        journal.append(try record(1))
        #expect(journal.hasPending && !journal.isDurable)
        #expect(journal.commit())
        #expect(journal.committed == 1 && !journal.hasPending && journal.byteCount == 0)
    }

    @Test("A last frame that was cut at any byte is taken away, and its bytes are reported")
    func tornTail() throws {
        let whole = frames(try records(1...3))
        let before = whole[0] + whole[1]
        for count in 0..<whole[2].count {
            try folder.write(before + whole[2].prefix(count), to: "journal")
            let (journal, contents) = try openJournal(path)
            #expect(contents.records == (try records(1...2)))
            #expect(contents.tornBytes == count)
            #expect(try folder.bytes("journal") == before)
            // What is appended now begins where the good part ended.
            journal.append(try record(4))
            #expect(journal.commit())
            #expect(try openJournal(path).contents.records == [try record(1), try record(2), try record(4)])
        }
    }

    @Test("A last record that was written whole by a later version is kept, and the process does not start on it")
    func laterVersion() throws {
        let known = frames(try records(1...1))[0]
        var later = frames(try records(2...2))[0]
        later[5] = 99
        var crc = CRC32C()
        crc.update(Array(later[4..<8] + later[12...]))
        for index in 0..<4 { later[8 + index] = UInt8(truncatingIfNeeded: crc.value >> UInt32(24 - 8 * index)) }
        try folder.write(known + later, to: "journal")
        #expect(throws: JournalError.self) { try openJournal(path) }
        #expect(try folder.bytes("journal") == known + later)
    }

    @Test("A flipped bit in any byte of an earlier frame is reported with its place, and the file stays as it is")
    func flippedBit() throws {
        let whole = frames(try records(1...4))
        for damaged in 0..<3 {
            let start = whole[..<damaged].reduce(0) { $0 + $1.count }
            for index in whole[damaged].indices {
                for bit in 0..<8 {
                    var bytes = Array(whole.joined())
                    bytes[start + index] ^= 1 << UInt8(bit)
                    try folder.write(bytes, to: "journal")
                    let error = #expect(throws: JournalError.self) { try openJournal(path) }
                    guard case .damaged(path, start, _) = error else {
                        Issue.record("byte \(index), bit \(bit) of frame \(damaged): \(String(describing: error))")
                        continue
                    }
                    #expect(try folder.bytes("journal") == bytes)
                }
            }
        }
    }

    @Test("Zeros at the end are the trace of a crash, also behind a part of a frame", arguments: [1, 4, 12, 4096])
    func zeros(count: Int) throws {
        let whole = frames(try records(1...3))
        let zeros = [UInt8](repeating: 0, count: count)
        for kept in [0, 1, 4, 5, 12, whole[2].count - 1] {
            try folder.write(whole[0] + whole[1] + whole[2].prefix(kept) + zeros, to: "journal")
            // One frame whose last byte is the zero that was cut off is whole after all.
            let isWhole = kept == whole[2].count - 1 && whole[2].last == 0
            let contents = try openJournal(path).contents
            #expect(contents.records == (try records(1...(isWhole ? 3 : 2))))
            #expect(contents.tornBytes == (isWhole ? count - 1 : kept + count))
        }
    }

    @Test("An empty file is a journal without records")
    func empty() throws {
        try folder.write([], to: "journal")
        let contents = try openJournal(path).contents
        #expect(contents.records.isEmpty && contents.tornBytes == 0)
    }

    @Test("A file that was never a journal is not read as one")
    func foreign() throws {
        try folder.write(Array("[server]\nlisten = 127.0.0.1\n".utf8), to: "journal")
        #expect(throws: JournalError.self) { try openJournal(path) }
    }

    @Test("Rotation keeps exactly the snapshot, and what comes later")
    func rotation() throws {
        do {
            let (journal, _) = try openJournal(path, rotateAtBytes: 256)
            var calls = 0
            let snapshot = try [record(3), record(6)]
            for number in 1...9 {
                journal.append(try record(number))
                #expect(journal.commit())
                journal.rotateIfDue {
                    calls += 1
                    return snapshot
                }
                if calls == 1 { break }
            }
            #expect(calls == 1)
            #expect(journal.byteCount == frames(snapshot).joined().count)
            #expect(folder.names == ["journal"])
            journal.append(try record(10))
            #expect(journal.commit())
            #expect(journal.committed > 0)
        }
        #expect(try openJournal(path).contents.records == [try record(3), try record(6), try record(10)])
    }

    @Test("A snapshot over the limit is not written again with every commit")
    func largeSnapshot() throws {
        let (journal, _) = try openJournal(path, rotateAtBytes: 64)
        var calls = 0
        for number in 1...20 {
            journal.append(try record(number))
            #expect(journal.commit())
            journal.rotateIfDue {
                calls += 1
                return (1...number).compactMap { try? record($0) }
            }
        }
        #expect((2...6).contains(calls))
        #expect(try openJournal(path).contents.records == (try records(1...20)))
    }

    @Test("A crash before the rename leaves the old journal, and the next rotation is not disturbed by its remains")
    func crashBeforeRename() throws {
        let whole = Array(frames(try records(1...6)).joined())
        try folder.write(whole, to: "journal")
        try folder.write(Array(whole.prefix(whole.count - 3)) + [1, 2, 3, 4], to: "journal.new")
        do {
            let (journal, contents) = try openJournal(path, rotateAtBytes: 16)
            #expect(contents.records == (try records(1...6)))
            journal.append(try record(7))
            #expect(journal.commit())
            let snapshot = [try record(7)]
            journal.rotateIfDue { snapshot }
            #expect(journal.failure == nil)
        }
        #expect(try openJournal(path).contents.records == [try record(7)])
    }

    @Test("A folder that is none gives a clear error")
    func noFolder() throws {
        try folder.write([1], to: "plain")
        let error = #expect(throws: JournalError.self) { try openJournal(folder.file("plain/journal")) }
        #expect(error?.description == "\(folder.path)/plain/journal: open: Not a directory")
    }

    @Test("On a disk that takes no more nothing counts as recorded, and the process goes on")
    func fullDisk() async {
        await #expect(processExitsWith: .success) {
            let unlimited = rlim_t.max
            Program.ignoreFatalWrites()
            let folder = try TestFolder()
            let (journal, _) = try openJournal(folder.file("journal"))
            journal.append(try record(1))
            #expect(journal.commit())
            var limit = rlimit(rlim_cur: rlim_t(journal.byteCount + 10), rlim_max: unlimited)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            journal.append(try record(2))
            #expect(!journal.commit())
            #expect(journal.committed == 1 && !journal.hasPending)
            #expect(journal.failure?.description == "\(folder.path)/journal: write: File too large")
            // A failed disk is not asked again: what lies behind the failure could not be found at the next start.
            limit.rlim_cur = unlimited
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            journal.append(try record(3))
            #expect(!journal.commit())
            #expect(journal.committed == 1)
            let contents = try openJournal(folder.file("journal")).contents
            #expect(contents.records == [try record(1)] && contents.tornBytes == 10)
        }
    }
}
