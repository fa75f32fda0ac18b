/// How much a line matters; lines below the logger's level are not written.
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
    case debug
    case info
    case warning
    case error

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }

    public static func < (first: Self, second: Self) -> Bool { first.rank < second.rank }
}

/// How lines look.
public enum LogFormat: String, CaseIterable, Sendable {
    /// Text when stderr is a terminal, JSON otherwise.
    case auto
    /// `2026-01-02T03:04:05.678Z info transition session=5f… from=waiting to=matched`
    case text
    /// One JSON object a line.
    case json
}

/// Limits of a logger.
public struct LogLimits: Sendable {
    /// Longest line, its line end included. A pipe takes a line of up to 4,096 bytes in one piece (pipe(7), PIPE_BUF), so
    /// that lines of two processes which share stderr are never mixed.
    public var lineBytesMax = 4096
    /// Longest value of one field, as written; what is longer is cut and ends in `…`. The round trips of 120 pairs fit.
    public var valueBytesMax = 2048
    /// Most bytes that wait for a reader that has stopped reading; lines beyond are dropped and counted.
    public var bufferBytesMax = 256 << 10
    /// Most warnings and errors of one event within a second; lines beyond are dropped and counted.
    public var linesPerEventMax = 100
    /// Most event names that are counted apart; all further ones are counted together.
    public var eventsMax = 256

    public init() {}
}

/// A value in a line.
public enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// Any text, from outside too: it is escaped and cut to the limit.
    case string(String)
    case int(Int)
    case double(Double)
    case bool(Bool)
    /// 16 hexadecimal digits, for identifiers drawn at random.
    case hex(UInt64)
    /// The field is left out.
    case absent

    /// A text that may be missing; the field is left out then.
    public static func optional(_ text: String?) -> LogValue {
        text.map(LogValue.string) ?? .absent
    }

    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// The options that every server has for its log.
public enum LogOptions {
    public static let format = Option.choice(
        "log-format", default: LogFormat.auto, section: "Log",
        help: "How log lines on stderr look; auto is text on a terminal and JSON otherwise.")
    public static let level = Option.choice(
        "log-level", default: LogLevel.info, section: "Log", help: "The least level that is written.")
    /// For a program's table.
    public static let all: [any DeclaredOption] = [format, level]
}
