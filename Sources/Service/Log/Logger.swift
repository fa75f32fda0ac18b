import Glibc

/// Structured lines to stderr.
///
/// Lines gather in a buffer; the event loop calls `flush()` at the end of every turn. Nothing here ever waits: what a
/// reader that has stopped does not take is dropped beyond a limit, counted, and reported when it reads again. Warnings
/// and errors are limited per event and second, because outsiders can cause them. Used from one thread.
///
/// ```
/// logger.info("transition", ["session": .string(id), "from": "waiting", "to": "matched"])
/// ```
public final class Logger {
    /// Lines below it are not written.
    public var level: LogLevel

    private let isJSON: Bool
    /// Who writes; stands in every line, since several processes may share one stderr.
    private let role: String?
    private let limits: LogLimits
    private let nowUnixMs: () -> Int64
    private let sink: LogSink
    private var time = LogTime()
    private var rate: LogRate
    private var buffer: [UInt8] = []
    /// What of the buffer has been written.
    private var writtenBytes = 0
    private var dropped = 0

    /// - Parameters:
    ///   - descriptor: where to write; stderr by default. It stays open and its flags stay as they are.
    ///   - role: stands in every line when given.
    ///   - nowUnixMs: milliseconds since 1970.
    public init(
        descriptor: Int32 = STDERR_FILENO, format: LogFormat = .auto, level: LogLevel = .info, role: String? = nil,
        limits: LogLimits = LogLimits(), nowUnixMs: @escaping () -> Int64 = Logger.systemUnixMs
    ) {
        // A line that is cut keeps room for its fixed parts, and the buffer must hold one line at least.
        precondition(limits.lineBytesMax >= 512 && limits.lineBytesMax <= LogSink.pieceBytesMax, "512 to 4096 bytes a line")
        precondition(limits.valueBytesMax >= 16 && limits.bufferBytesMax >= 2 * limits.lineBytesMax, "limits too small")
        sink = LogSink(descriptor: descriptor)
        self.level = level
        self.role = role
        self.limits = limits
        self.nowUnixMs = nowUnixMs
        rate = LogRate(limits: limits)
        switch format {
        case .auto: isJSON = !sink.isTerminal
        case .text: isJSON = false
        case .json: isJSON = true
        }
        buffer.reserveCapacity(4 * limits.lineBytesMax)
    }

    /// A logger as the options say.
    public convenience init(_ configuration: Configuration, role: String? = nil) {
        self.init(format: configuration[LogOptions.format], level: configuration[LogOptions.level], role: role)
    }

    deinit {
        flush()
    }

    /// Fields of a line, in the order given; keys are literals of the program, never texts from outside.
    public typealias Fields = KeyValuePairs<String, LogValue>

    public func debug(_ event: String, _ fields: Fields = [:], message: String? = nil) {
        log(.debug, event, fields, message: message)
    }

    public func info(_ event: String, _ fields: Fields = [:], message: String? = nil) {
        log(.info, event, fields, message: message)
    }

    /// At most `linesPerEventMax` a second of each event.
    public func warning(_ event: String, _ fields: Fields = [:], message: String? = nil) {
        log(.warning, event, fields, message: message)
    }

    /// At most `linesPerEventMax` a second of each event.
    public func error(_ event: String, _ fields: Fields = [:], message: String? = nil) {
        log(.error, event, fields, message: message)
    }

    /// Adds a line.
    /// - Parameters:
    ///   - event: a stable name in snake_case, the same for every line of the kind.
    ///   - isLimited: whether the line counts towards the event's limit; warnings and errors do by themselves.
    public func log(
        _ level: LogLevel, _ event: String, _ fields: Fields = [:], message: String? = nil, isLimited: Bool? = nil
    ) {
        guard level >= self.level else { return }
        let nowMs = nowUnixMs()
        if isLimited ?? (level >= .warning) {
            guard rate.admit(event, nowMs: nowMs) else { return }
        }
        write(level, event, fields, message: message, nowMs: nowMs)
    }

    /// Writes what has gathered, as far as nobody has to wait. Call it at the end of every turn of the loop.
    public func flush() {
        reportSuppressed()
        drain()
        // A report of lost lines would be lost too while the buffer is full.
        if dropped > 0, hasRoom {
            let count = dropped
            dropped = 0
            append(.warning, "log_lines_dropped", ["count": .int(count)], message: nil, nowMs: nowUnixMs())
            drain()
        }
    }

    /// Whether lines wait for a reader; the loop should then wake up by itself to flush again.
    public var hasPending: Bool { writtenBytes < buffer.count || dropped > 0 }

    /// Milliseconds since 1970 by the system's clock.
    public static func systemUnixMs() -> Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    private func reportSuppressed() {
        guard rate.hasReports else { return }
        let nowMs = nowUnixMs()
        while let (event, suppressed) = rate.takeReport(nowMs: nowMs) {
            write(
                .warning, "log_lines_suppressed", ["of": .string(event), "count": .int(suppressed)], message: nil,
                nowMs: nowMs)
        }
    }

    private var hasRoom: Bool { buffer.count - writtenBytes + limits.lineBytesMax <= limits.bufferBytesMax }

    private func write(_ level: LogLevel, _ event: String, _ fields: Fields, message: String?, nowMs: Int64) {
        if !hasRoom { drain() }
        // Once lines are lost none may follow before the report of it, or the gap would stand in the wrong place.
        guard hasRoom, dropped == 0 else {
            dropped += 1
            return
        }
        append(level, event, fields, message: message, nowMs: nowMs)
    }

    private func append(_ level: LogLevel, _ event: String, _ fields: Fields, message: String?, nowMs: Int64) {
        var line = LogLine(isJSON: isJSON, limits: limits, buffer: buffer)
        line.begin(unixMs: nowMs, level: level, event: event, message: message, time: &time, to: &buffer)
        if let role { line.add("role", .string(role), to: &buffer) }
        for (key, value) in fields {
            line.add(key, value, to: &buffer)
        }
        line.finish(to: &buffer)
    }

    private func drain() {
        while writtenBytes < buffer.count {
            switch sink.write(buffer[writtenBytes..<pieceEnd()]) {
            case .wrote(let count):
                writtenBytes += count
            case .wouldBlock:
                compact()
                return
            case .closed:
                writtenBytes = buffer.count
            }
        }
        buffer.removeAll(keepingCapacity: true)
        writtenBytes = 0
    }

    /// The end of the longest run of whole lines that fits one piece.
    private func pieceEnd() -> Int {
        guard buffer.count - writtenBytes > sink.pieceBytesMax else { return buffer.count }
        let limit = writtenBytes + sink.pieceBytesMax
        guard let lineEnd = buffer[writtenBytes..<limit].lastIndex(of: 0x0A) else { return limit }
        return lineEnd + 1
    }

    private func compact() {
        guard writtenBytes > 0 else { return }
        buffer.removeFirst(writtenBytes)
        writtenBytes = 0
    }
}
