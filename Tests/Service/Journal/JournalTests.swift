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
            try journal.write(try records(1...3))
            #expect(!journal.hasPending)
        }
        do {
            let (journal, contents) = try openJournal(path)
            #expect(contents.records == (try records(1...3)))
            try journal.write([try record(4)])
        }
        #expect(try openJournal(path).contents.records == (try records(1...4)))
    }

    @Test("Numbers count the records of this process, and only those on disk are committed")
    func numbers() throws {
        let (journal, _) = try openJournal(path)
        #expect(!journal.hasPending && journal.committed == 0)
        journal.append(try record(1))
        journal.append(try record(2))
        journal.flush()
        #expect(journal.hasPending && journal.committed == 0)
        #expect(journal.pendingBytes == frames(try records(1...2)).joined().count)
        #expect(try folder.bytes("journal").isEmpty)
        try journal.settle()
        #expect(!journal.hasPending && journal.committed == 2 && journal.pendingBytes == 0)
        try journal.write([try record(3)])
        let bytes = frames(try records(1...3)).joined().count
        #expect(journal.committed == 3 && journal.byteCount == bytes)
        let (again, _) = try openJournal(path)
        #expect(again.committed == 0 && again.byteCount == journal.byteCount)
    }

    @Test("Without a file everything counts as recorded")
    func withoutFile() throws {
        let journal = Journal()
        journal.append(try record(1))
        journal.flush()
        #expect(journal.hasPending && !journal.isDurable && journal.isWorking)
        #expect(journal.collect() && !journal.collect())
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
            #expect(contents.tornBytes == count && contents.tornAt == before.count && contents.isComplete)
            #expect(try folder.bytes("journal") == before)
            // What is appended now begins where the good part ended.
            try journal.write([try record(4)])
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

    @Test("A flipped bit in any byte of a frame, the last one too, is reported with its place, and the file stays as it is")
    func flippedBit() throws {
        let whole = frames(try records(1...4))
        for damaged in 0..<4 {
            let start = whole[..<damaged].reduce(0) { $0 + $1.count }
            for index in whole[damaged].indices {
                var bytes = Array(whole.joined())
                bytes[start + index] ^= 1 << UInt8(index % 8)
                try folder.write(bytes, to: "journal")
                let error = #expect(throws: JournalError.self) { try openJournal(path) }
                guard case .damaged(path, start, _) = error else {
                    Issue.record("byte \(index) of frame \(damaged): \(String(describing: error))")
                    continue
                }
                #expect(try folder.bytes("journal") == bytes)
            }
        }
    }

    @Test("Zeros at the end are the trace of a crash, also behind a part of a frame", arguments: [1, 4, 12, 4096])
    func zeros(count: Int) throws {
        let whole = frames(try records(1...3))
        let zeros = [UInt8](repeating: 0, count: count)
        for kept in [0, 1, 4, 5, 12, whole[2].count - 1] {
            try folder.write(whole[0] + whole[1] + whole[2].prefix(kept) + zeros, to: "journal")
            // All of its bytes are there: then it was written whole, and is whole or damaged.
            if kept + count == whole[2].count { continue }
            // One frame whose last byte is the zero that was cut off is whole after all.
            let isWhole = (whole[2].prefix(kept) + zeros).starts(with: whole[2])
            let wholeBytes = isWhole ? whole[2].count : 0
            let contents = try openJournal(path).contents
            #expect(contents.records == (try records(1...(wholeBytes > 0 ? 3 : 2))))
            #expect(contents.tornBytes == kept + count - wholeBytes)
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

    @Test("A folder that is none gives a clear error")
    func noFolder() throws {
        try folder.write([1], to: "plain")
        let error = #expect(throws: JournalError.self) { try openJournal(folder.file("plain/journal")) }
        #expect(error?.description == "\(folder.path)/plain/journal.mark: open: Not a directory")
    }
}
