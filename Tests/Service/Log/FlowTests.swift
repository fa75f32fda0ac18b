import Glibc
import Testing

@testable import Service

@Suite struct FlowTests {
    @Test("Nothing is written before flush, and everything by it")
    func flush() throws {
        let log = try LogHarness(.json)
        log.logger.info("a")
        log.logger.info("b")
        #expect(log.pipe.takeLines() == [])
        #expect(log.logger.hasPending)
        #expect(log.lines().count == 2)
        #expect(!log.logger.hasPending)
        #expect(log.lines() == [])
    }

    @Test("A pipe that nobody reads never blocks; lost lines are counted and reported once, in their place")
    func fullPipe() throws {
        var limits = LogLimits()
        limits.bufferBytesMax = 16_384
        let log = try LogHarness(.json, limits: limits)
        let written = 5000
        for number in 0..<written {
            log.logger.info("probe", ["number": .int(number), "padding": .string(String(repeating: "x", count: 100))])
            if number % 7 == 0 { log.logger.flush() }
        }
        log.logger.flush()
        #expect(log.logger.hasPending)

        var lines: [String] = []
        while true {
            let more = log.pipe.takeLines()
            lines += more
            log.logger.flush()
            if more.isEmpty, !log.logger.hasPending { break }
        }
        lines += log.lines()
        let read = try lines.map(fields)
        let numbers = read.compactMap { $0["number"]?.number }
        let report = try #require(read.last)
        #expect(report["event"] == .text("log_lines_dropped"))
        #expect(numbers == (0..<numbers.count).map(Double.init))
        #expect(report["count"] == .number(Double(written - numbers.count)))
        #expect(read.count == numbers.count + 1)
        #expect(lines.reduce(0) { $0 + $1.utf8.count + 1 } >= 65_536, "what fits the pipe is not lost")

        log.logger.info("afterwards")
        #expect(try log.lines().map(fields).map { $0["event"] } == [.text("afterwards")])
    }

    @Test("No line overtakes the report of the lines lost before it")
    func order() throws {
        var limits = LogLimits()
        limits.bufferBytesMax = 16_384
        let log = try LogHarness(.json, limits: limits)
        for _ in 0..<2000 { log.logger.info("probe", ["padding": .string(String(repeating: "x", count: 100))]) }
        // The reader is back within the turn, and there is room again for what comes next.
        _ = log.pipe.take()
        log.logger.info("same_turn")
        var events: [String] = []
        for _ in 0..<4 {
            log.logger.flush()
            events += try log.pipe.takeLines().map(fields).compactMap { $0["event"]?.text }
        }
        log.logger.info("next_turn")
        events += try log.lines().map(fields).compactMap { $0["event"]?.text }
        #expect(events.filter { $0 != "probe" } == ["log_lines_dropped", "next_turn"])
    }

    @Test("The shared descriptor stays blocking")
    func flags() throws {
        let log = try LogHarness(.json)
        log.logger.info("a")
        log.logger.flush()
        #expect(fcntl(log.pipe.writing, F_GETFL) & O_NONBLOCK == 0)
    }

    @Test("A socket that nobody reads never blocks either")
    func fullSocket() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        let logger = Logger(descriptor: ends[0], format: .json)
        for _ in 0..<20_000 {
            logger.info("probe", ["padding": .string(String(repeating: "x", count: 100))])
        }
        logger.flush()
        #expect(logger.hasPending)
        // The reader is gone: what was waiting is thrown away, and no signal comes.
        close(ends[1])
        logger.flush()
        logger.flush()
        #expect(!logger.hasPending)
        close(ends[0])
    }

    @Test("A pipe whose reader is gone raises no signal and holds nothing back")
    func closedPipe() throws {
        let ends = try #require(pipeEnds())
        let logger = Logger(descriptor: ends[1], format: .json)
        close(ends[0])
        logger.info("a")
        logger.flush()
        #expect(!logger.hasPending)
        close(ends[1])
    }

    @Test("A file gets every line, also far beyond one pipe's worth")
    func file() throws {
        var name = Array("/tmp/greenroom-log-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        try #require(descriptor >= 0)
        unlink(name)
        let logger = Logger(descriptor: descriptor, format: .json)
        for number in 0..<10_000 {
            logger.info("probe", ["number": .int(number)])
        }
        logger.flush()
        #expect(!logger.hasPending)
        let size = lseek(descriptor, 0, SEEK_END)
        var content = [UInt8](repeating: 0, count: size)
        #expect(pread(descriptor, &content, size, 0) == size)
        #expect(content.count { $0 == 0x0A } == 10_000)
        close(descriptor)
    }

    @Test("auto is JSON into a pipe and text on a terminal")
    func automaticFormat() throws {
        let piped = try LogHarness(.auto)
        piped.logger.info("a")
        #expect(piped.lines().first?.hasPrefix("{") == true)

        // Glibc's module lacks posix_openpt: the same by ioctl_tty(2), TIOCSPTLCK and TIOCGPTPEER.
        let primary = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var lock: CInt = 0
        try #require(primary >= 0 && ioctl(primary, 0x4004_5431, &lock) == 0)
        let secondary = ioctl(primary, 0x5441, O_RDWR | O_NOCTTY)
        try #require(secondary >= 0)
        let logger = Logger(descriptor: secondary, format: .auto)
        logger.info("on_terminal")
        logger.flush()
        var line = [UInt8](repeating: 0, count: 256)
        let count = read(primary, &line, line.count)
        #expect(String(decoding: line[..<max(count, 0)], as: UTF8.self).hasSuffix("Z info on_terminal\r\n"))

        // A terminal whose user has stopped it (control-S) holds nobody up.
        try #require(tcflow(secondary, Int32(TCOOFF)) == 0)
        for _ in 0..<5000 { logger.info("stopped") }
        logger.flush()
        #expect(logger.hasPending)
        close(primary)
        close(secondary)
    }
}

@Suite struct RateTests {
    @Test("At most the limit of one event's warnings a second, then one line with the count")
    func warnings() throws {
        let log = try LogHarness(.json)
        for _ in 0..<250 { log.logger.warning("refused") }
        log.logger.warning("other")
        #expect(log.lines().count == 101)
        log.clock.nowMs += 999
        log.logger.warning("refused")
        #expect(log.lines() == [])
        log.clock.nowMs += 1
        let report = try log.lines().map(fields)
        #expect(report.count == 1)
        #expect(report.first?["event"] == .text("log_lines_suppressed"))
        #expect(report.first?["of"] == .text("refused"))
        #expect(report.first?["count"] == .number(151))
        log.logger.warning("refused")
        #expect(log.lines().count == 1)
        log.clock.nowMs += 5000
        #expect(log.lines() == [])
    }

    @Test("Lines of level info are limited only when asked for")
    func info() throws {
        let log = try LogHarness(.json)
        for _ in 0..<150 { log.logger.info("transition") }
        #expect(log.lines().count == 150)
        for _ in 0..<150 { log.logger.log(.info, "connected", isLimited: true) }
        #expect(log.lines().count == 100)
    }

    @Test("A clock that is set back silences nothing for longer than a second")
    func clockSetBack() throws {
        let log = try LogHarness(.json)
        for _ in 0..<101 { log.logger.warning("refused") }
        _ = log.lines()
        log.clock.nowMs -= 3_600_000
        #expect(log.lines().count == 1)
        log.logger.warning("refused")
        #expect(log.lines().count == 1)
    }

    @Test("However many event names there are, the table stays bounded")
    func manyEvents() {
        var limits = LogLimits()
        limits.eventsMax = 4
        limits.linesPerEventMax = 2
        var rate = LogRate(limits: limits)
        let admitted = (0..<100).count { rate.admit("event\($0)", nowMs: 0) }
        #expect(admitted == 3 + 2)
        #expect(rate.takeReport(nowMs: 1000)?.suppressed == 95)
        #expect(rate.takeReport(nowMs: 1000) == nil)
    }
}
