import Glibc
import Reactor
import SessionProtocol
import Testing

@testable import Service

@Suite struct JournalThreadTests {
    let folder: TestFolder
    let path: String
    let files = FaultyFiles()

    init() throws {
        folder = try TestFolder()
        path = folder.file("journal")
    }

    private func wait(_ journal: Journal, _ condition: () -> Bool) throws {
        let deadline = Clock.bootMs() + 10_000
        while !condition() {
            _ = journal.collect()
            try #require(Clock.bootMs() < deadline, "it takes too long")
            usleep(1_000)
        }
    }

    @Test("While the disk is busy the loop is not, and all that gathers meanwhile goes out at once")
    func groupCommit() throws {
        let (journal, _) = try openJournal(path, calls: files)
        files.slowDown(syncMs: 300)
        try journal.start()
        let syncsBefore = files.count(.sync)
        var timesMs: [UInt64] = []
        for number in 1...300 {
            let began = Clock.bootMs()
            journal.append(try record(number))
            journal.flush()
            _ = journal.collect()
            timesMs.append(Clock.bootMs() - began)
            usleep(1_000)
        }
        try wait(journal) { !journal.hasPending }
        // Not the longest: on a machine with other work any call may be held up once.
        #expect(timesMs.sorted()[150] < 100, "no call waits for the disk")
        #expect(files.count(.sync) - syncsBefore < 60, "one sync for all that has gathered, not 300")
        journal.close()
        #expect(try openJournal(path).contents.records == (try records(1...300)))
    }

    @Test("The loop turns by itself when something is on disk")
    func wakes() throws {
        var limits = ReactorLimits()
        limits.sleepMsMax = 30_000
        let loop = try EventLoop(limits: limits)
        let (journal, _) = try openJournal(path, calls: files)
        files.slowDown(syncMs: 20)
        try journal.start(waking: try loop.makeWaker())
        // What the beginning has told.
        while journal.collect() { try loop.runOnce(timeoutMs: 10) }
        journal.append(try record(1))
        journal.flush()
        let began = Clock.bootMs()
        while journal.hasPending, Clock.bootMs() - began < 30_000 {
            try loop.runOnce(timeoutMs: 30_000)
            _ = journal.collect()
        }
        #expect(journal.committed == 1 && Clock.bootMs() - began < 15_000)
        journal.close()
    }

    @Test("Closing writes what is left, and a journal that is let go without it does too")
    func ending() throws {
        do {
            let (journal, _) = try openJournal(path)
            try journal.start()
            journal.append(try record(1))
            journal.close()
        }
        #expect(try openJournal(path).contents.records == [try record(1)])
        do {
            let (journal, _) = try openJournal(path)
            try journal.start()
            journal.append(try record(2))
            journal.flush()
        }
        let deadline = Clock.bootMs() + 5_000
        let whole = frames(try records(1...2)).joined().count
        while try folder.bytes("journal").count < whole, Clock.bootMs() < deadline { usleep(1_000) }
        #expect(try openJournal(path).contents.records == (try records(1...2)))
    }

    @Test("A thread whose disk fails ends when it is told to, and does not hang")
    func endsWhileFailing() throws {
        let (journal, _) = try openJournal(path, calls: files)
        try journal.start()
        files.leaveSpace(0)
        journal.append(try record(1))
        journal.flush()
        try wait(journal) { !journal.isWorking }
        journal.close()
        #expect(try openJournal(path).contents.records.isEmpty)
    }

    @Test("Signals of the process never come to the writer's thread")
    func signals() async {
        await #expect(processExitsWith: .exitCode(3)) {
            let folder = try TestFolder()
            let (journal, _) = try openJournal(folder.file("journal"))
            // Threads inherit what their maker blocks.
            var none = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, nil)
            let before = threadsBlockingEverything()
            try journal.start()
            exit(threadsBlockingEverything() == before + 1 ? 3 : 1)
        }
    }

    @Test("Commits, compactions and failures at full speed lose nothing and repeat nothing")
    func storm() throws {
        let (journal, _) = try openJournal(path, limits {
            $0.compactAtBytes = 4_000
            $0.pieceBytes = 300
            $0.retryMs = 1
            $0.rewriteMsMax = 2
            $0.compactionRetryMs = 1
        }, calls: files)
        try journal.start()
        var generator = SystemRandomNumberGenerator()
        for number in 1...4_000 {
            journal.append(try record(number))
            if number % 7 == 0 { journal.flush() }
            _ = journal.collect()
            if journal.isCompactionDue { journal.compact(keeping: sessions(Array(1...number))) }
            if number % 40 == 0 {
                let call = try #require(FaultyFiles.Call.allCases.randomElement(using: &generator))
                files.fail(call, EIO, times: 1)
            }
            if number % 100 == 0 { usleep(2_000) }
        }
        journal.flush()
        files.heal()
        try wait(journal) { !journal.hasPending && journal.isWorking }
        #expect(journal.failureCount > 0)
        journal.close()
        try files.cutPower(path)
        #expect(try openJournal(path).contents.records == (try records(1...4_000)))
    }
}

/// Threads of this process that no signal can come to, by what the kernel says of them.
private func threadsBlockingEverything() -> Int {
    guard let folder = opendir("/proc/self/task") else { return -1 }
    defer { closedir(folder) }
    var count = 0
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        guard let text = try? Program.readFile("/proc/self/task/\(name)/status") else { continue }
        let blocked = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("SigBlk:") }
        let bits = blocked.flatMap { UInt64($0.dropFirst(7).drop { $0 == "\t" }, radix: 16) } ?? 0
        // All that can be blocked by name; the C library keeps two for itself.
        if (1...31).allSatisfy({ [9, 19].contains($0) || bits >> UInt64($0 - 1) & 1 == 1 }) { count += 1 }
    }
    return count
}
