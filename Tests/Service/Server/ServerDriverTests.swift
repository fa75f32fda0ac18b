import Glibc
import Reactor
import SessionProtocol
import Testing

@testable import Service

/// Writes down what it is told, and does what the test says.
private final class Shell: ServerShell {
    var events: [String] = []
    var nextDeadlineMs: UInt64?
    var mayStop = false
    var journalSessions: [SessionID] = []
    var onAdvance: () -> Void = {}
    var onRecorded: (UInt64) -> Void = { _ in }
    var onStorage: () -> Void = {}

    func advance(now: Moment) {
        events.append("advance")
        onAdvance()
    }
    func recorded(upTo number: UInt64) {
        events.append("recorded \(number)")
        onRecorded(number)
    }
    func beginStopping() { events.append("begin") }
    func finishStopping() { events.append("finish") }
    func storage(isWorking: Bool) {
        events.append(isWorking ? "working" : "failing")
        onStorage()
    }
    func reload() { events.append("reload") }
    func take() -> [String] {
        defer { events = [] }
        return events
    }
}

@Suite struct ServerDriverTests {
    private let folder: TestFolder
    private let loop: EventLoop
    private let shell = Shell()
    private let log: LogHarness

    init() throws {
        folder = try TestFolder()
        loop = try EventLoop()
        log = try LogHarness(.json)
    }

    private func driver(_ journal: Journal, parent: Int = 0) -> ServerDriver {
        ServerDriver(loop: loop, journal: journal, logger: log.logger, shell: shell, parent: parent)
    }

    @Test("SIGHUP reloads, as often as it comes, and stops nothing")
    func reload() throws {
        let driver = driver(Journal())
        driver.signalled(SIGHUP)
        driver.signalled(SIGHUP)
        #expect(shell.take() == ["reload", "reload"])
        driver.signalled(SIGTERM)
        driver.signalled(SIGHUP)
        #expect(shell.take() == ["begin"], "one that stops reads nothing any more")
    }

    @Test("What is due comes before the input of the turn, also when both have waited")
    func deadlinesFirst() throws {
        let driver = driver(Journal())
        loop.delegate = driver
        let handler = Receiver { [shell] in shell.events.append("input") }
        let listener = try loop.listen(at: .loopback(port: 0), handler: handler)
        let client = try RawClient(listener.address)
        #expect(try loop.turns { loop.counters.accepted == 1 })
        shell.nextDeadlineMs = loop.now + 20
        try loop.runOnce(timeoutMs: 0)
        _ = shell.take()
        client.send("x")
        usleep(40_000)
        shell.onAdvance = { [shell] in shell.nextDeadlineMs = nil }
        try loop.runOnce(timeoutMs: 0)
        #expect(shell.take() == ["advance", "input"])
    }

    @Test("All records of a turn are told of once, after they are on disk")
    func oneCommit() throws {
        let (journal, _) = try openJournal(folder.file("journal"))
        let driver = driver(journal)
        let whole = try records(1...4)
        var bytesWhenTold: [Int] = []
        shell.onRecorded = { [folder] _ in bytesWhenTold.append((try? folder.bytes("journal").count) ?? -1) }
        for record in whole { journal.append(record) }
        driver.turnEnded(now: loop.now)
        #expect(shell.take().isEmpty, "the loop does not wait for the disk")
        journal.runWriter()
        driver.turnEnded(now: loop.now)
        #expect(shell.take() == ["recorded 4"])
        #expect(bytesWhenTold == [frames(whole).joined().count])
        driver.turnEnded(now: loop.now)
        #expect(shell.take().isEmpty)
    }

    @Test("What the shell has to record when it is told of something is handed on in the same turn")
    func handedOn() throws {
        let files = FaultyFiles()
        let (journal, _) = try openJournal(folder.file("journal"), calls: files)
        let driver = driver(journal)
        let more = try record(2)
        func turn() {
            driver.turnEnded(now: 0)
            journal.runWriter(nowMs: 0)
        }
        shell.onRecorded = { if $0 == 1 { journal.append(more) } }
        journal.append(try record(1))
        for _ in 1...2 { turn() }
        #expect(journal.collect() && journal.committed == 2)
        shell.onStorage = { journal.append(more) }
        files.leaveSpace(0)
        journal.append(more)
        for _ in 1...2 { turn() }
        files.heal()
        journal.runWriter(nowMs: 1_000)
        #expect(journal.collect() && journal.committed == 4)
    }

    @Test("What a commit sets free is committed in the same turn, and one that never ends does not hold the turn up")
    func chain() throws {
        let journal = Journal()
        let driver = driver(journal)
        let more = try record(1)
        shell.onRecorded = { if $0 < 3 { journal.append(more) } }
        journal.append(more)
        driver.turnEnded(now: loop.now)
        #expect(shell.take() == ["recorded 1", "recorded 2", "recorded 3"])
        shell.onRecorded = { _ in journal.append(more) }
        journal.append(more)
        driver.turnEnded(now: loop.now)
        #expect((2...16).contains(shell.take().count))
        #expect(journal.hasPending)
    }

    @Test("The shell hears once that the disk fails and once that it works again, behind what is on disk by then")
    func failure() throws {
        let files = FaultyFiles()
        let (journal, _) = try openJournal(folder.file("journal"), calls: files)
        let driver = driver(journal)
        files.leaveSpace(10)
        for now: UInt64 in [0, 1_000, 2_000] {
            journal.append(try record(1))
            driver.turnEnded(now: now)
            journal.runWriter(nowMs: now)
            driver.turnEnded(now: now)
        }
        #expect(shell.take() == ["failing"])
        files.heal()
        journal.runWriter(nowMs: 5_000)
        driver.turnEnded(now: 5_000)
        #expect(shell.take() == ["recorded 3", "working"])
        let lines = log.lines()
        #expect(lines.filter { $0.contains("journal_failed") && $0.contains("No space left on device") }.count == 1)
        #expect(lines.filter { $0.contains("journal_recovered") && $0.contains("\"after_ms\":5000") }.count == 1)
    }

    @Test("The shell hears of a disk that does not answer, and the log says so once")
    func silence() throws {
        let (journal, _) = try openJournal(folder.file("journal"))
        let driver = driver(journal)
        journal.append(try record(1))
        for now: UInt64 in stride(from: 0, through: 20_000, by: 500) { driver.turnEnded(now: now) }
        #expect(shell.take() == ["failing"])
        journal.runWriter()
        driver.turnEnded(now: 20_500)
        #expect(shell.take() == ["recorded 1", "working"])
        let lines = log.lines()
        #expect(lines.filter { $0.contains("journal_silent") }.count == 1)
        #expect(lines.filter { $0.contains("journal_answered") && $0.contains("\"after_ms\":20500") }.count == 1)
    }

    @Test("The core is asked for its sessions when the journal has grown to its limit, and only then")
    func compaction() throws {
        let (journal, _) = try openJournal(folder.file("journal"), limits { $0.compactAtBytes = 400 })
        let driver = driver(journal)
        shell.journalSessions = sessions([3])
        for number in 1...3 {
            journal.append(try record(number))
            driver.turnEnded(now: 0)
            journal.runWriter()
            driver.turnEnded(now: 0)
        }
        journal.runWriter()
        #expect(try folder.bytes("journal") == frames(try records(1...3)).joined().map { $0 })
        for number in 4...9 { journal.append(try record(number)) }
        driver.turnEnded(now: 0)
        journal.runWriter()
        driver.turnEnded(now: 0)
        journal.runWriter()
        #expect(try folder.bytes("journal") == frames([try record(3)])[0])
        driver.turnEnded(now: 0)
        #expect(log.lines().contains { $0.contains("journal_compacted") })
    }

    @Test("A server that stops waits for its last records, but not for ever")
    func lastRecords() throws {
        let (journal, _) = try openJournal(folder.file("journal"))
        let driver = driver(journal)
        shell.mayStop = true
        driver.signalled(SIGTERM)
        journal.append(try record(1))
        driver.turnEnded(now: loop.now)
        #expect(shell.take() == ["begin"])
        driver.turnEnded(now: loop.now + ServerDriver.stopTimeoutMs)
        #expect(shell.take() == ["finish"])
        #expect(log.lines().last?.contains("journal_unwritten") == true)
    }

    @Test("After a signal the last words are waited for, and then the loop ends")
    func stopping() throws {
        let driver = driver(Journal())
        driver.signalled(SIGTERM)
        driver.turnEnded(now: loop.now)
        #expect(shell.take() == ["begin"])
        shell.mayStop = true
        driver.turnEnded(now: loop.now)
        #expect(shell.take() == ["finish"])
        // Ends at once, since it was stopped.
        try loop.run()
    }

    @Test("Last words that nobody hears are not waited for beyond the limit")
    func stopTimeout() throws {
        let driver = driver(Journal())
        driver.signalled(SIGINT)
        driver.turnEnded(now: loop.now + ServerDriver.stopTimeoutMs - 1)
        #expect(shell.take() == ["begin"])
        driver.turnEnded(now: loop.now + ServerDriver.stopTimeoutMs)
        #expect(shell.take() == ["finish"])
    }

    @Test("A second signal ends the loop at once")
    func secondSignal() throws {
        let driver = driver(Journal())
        driver.signalled(SIGTERM)
        driver.signalled(SIGTERM)
        #expect(shell.take() == ["begin"])
        try loop.run()
        #expect(log.lines().last?.contains("stopping_at_once") == true)
    }

    @Test("A second signal says, too, what is not on disk")
    func secondSignalUnwritten() throws {
        let (journal, _) = try openJournal(folder.file("journal"))
        let driver = driver(journal)
        driver.signalled(SIGTERM)
        journal.append(try record(1))
        driver.turnEnded(now: loop.now)
        driver.signalled(SIGTERM)
        #expect(log.lines().last?.contains("journal_unwritten") == true)
    }

    @Test("A process whose parent is gone stops, and one whose parent lives does not")
    func parent() throws {
        let kept = driver(Journal(), parent: Int(getppid()))
        kept.turnBegan(now: loop.now)
        #expect(!shell.take().contains("begin"))
        let orphan = driver(Journal(), parent: Int(Int32.max))
        orphan.turnBegan(now: loop.now)
        orphan.turnBegan(now: loop.now + 5_000)
        #expect(shell.take().filter { $0 == "begin" }.count == 1)
    }
}

private final class Receiver: ConnectionHandler {
    let onInput: () -> Void

    init(onInput: @escaping () -> Void) { self.onInput = onInput }
    func opened(_ id: ConnectionID, peer: SocketAddress) {}
    func received(_ bytes: inout MutableSpan<UInt8>, from id: ConnectionID) { onInput() }
    func deadlineReached(_ id: ConnectionID) {}
    func drained(_ id: ConnectionID) {}
    func closed(_ id: ConnectionID, reason: ConnectionCloseReason) {}
}
