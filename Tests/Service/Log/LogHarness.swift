import FoundationEssentials
import Glibc
import Testing

@testable import Service

/// The ends of a pipe, to read from and to write to, that are not left to the processes of exit tests: one that they hold too
/// does not end when it is closed here. Nil when the kernel gives none.
func pipeEnds() -> [Int32]? {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return ends
}

/// A pipe that a test reads from; both ends are closed with it.
final class TestPipe {
    let reading: Int32
    private(set) var writing: Int32

    init() throws {
        let ends = try #require(pipeEnds())
        (reading, writing) = (ends[0], ends[1])
        try #require(fcntl(reading, F_SETFL, O_NONBLOCK) == 0)
    }

    deinit {
        close(reading)
        closeWriting()
    }

    func closeWriting() {
        if writing >= 0 { close(writing) }
        writing = -1
    }

    /// Everything that is in the pipe now.
    func take() -> [UInt8] {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(reading, &chunk, chunk.count)
            guard count > 0 else { return result }
            result += chunk[..<count]
        }
    }

    func takeLines() -> [String] {
        String(decoding: take(), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}

/// A clock that a test moves.
final class TestClock {
    var nowMs: Int64 = 1_767_323_045_678
}

struct LogHarness {
    let pipe: TestPipe
    let clock = TestClock()
    let logger: Logger

    init(
        _ format: LogFormat, level: LogLevel = .info, role: String? = nil, limits: LogLimits = LogLimits()
    ) throws {
        pipe = try TestPipe()
        let clock = clock
        logger = Logger(descriptor: pipe.writing, format: format, level: level, role: role, limits: limits) { clock.nowMs }
    }

    /// The lines that a flush brings out.
    func lines() -> [String] {
        logger.flush()
        return pipe.takeLines()
    }
}

/// The fields of a JSON line, read by a parser that is not ours.
func fields(_ line: String) throws -> [String: LogField] {
    try JSONDecoder().decode([String: LogField].self, from: Data(line.utf8))
}

enum LogField: Decodable, Equatable {
    case text(String)
    case number(Double)
    case flag(Bool)
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }
}
