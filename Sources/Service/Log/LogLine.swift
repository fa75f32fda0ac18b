import WebProtocol

/// Writes one line into a buffer: the fields in the order of the calls, within the limits.
struct LogLine {
    private let isJSON: Bool
    private let valueBytesMax: Int
    /// The buffer's count that no field may pass; `closingBytes` more are kept for the end of the line.
    private let end: Int
    private var isCut = false

    /// `,"truncated":true}` and the line end.
    private static let closingBytes = 24

    /// Starts a line at the buffer's end.
    init(isJSON: Bool, limits: LogLimits, buffer: [UInt8]) {
        self.isJSON = isJSON
        self.valueBytesMax = limits.valueBytesMax
        self.end = buffer.count + limits.lineBytesMax - Self.closingBytes
    }

    mutating func begin(
        unixMs: Int64, level: LogLevel, event: String, message: String?, time: inout LogTime, to buffer: inout [UInt8]
    ) {
        if isJSON {
            buffer.append(contentsOf: "{\"time\":\"".utf8)
            time.append(unixMs: unixMs, to: &buffer)
            buffer.append(contentsOf: "\",\"level\":\"".utf8)
            buffer.append(contentsOf: level.rawValue.utf8)
            buffer.append(contentsOf: "\",\"event\":\"".utf8)
            LogEscape.append(event, bytesMax: 64, to: &buffer)
            buffer.append(UInt8(ascii: "\""))
            if let message { add("message", .string(message), to: &buffer) }
        } else {
            time.append(unixMs: unixMs, to: &buffer)
            buffer.append(UInt8(ascii: " "))
            buffer.append(contentsOf: level.rawValue.utf8)
            buffer.append(UInt8(ascii: " "))
            LogEscape.append(event, bytesMax: 64, to: &buffer)
            if let message {
                // In quotes: it may hold text from outside, which must not look like fields.
                buffer.append(contentsOf: " \"".utf8)
                LogEscape.append(message, bytesMax: min(valueBytesMax, end - buffer.count - 8), to: &buffer)
                buffer.append(UInt8(ascii: "\""))
            }
        }
    }

    mutating func add(_ key: String, _ value: LogValue, to buffer: inout [UInt8]) {
        if case .absent = value { return }
        // Room for the marks around the field and for any number, so that only texts are ever cut.
        let room = end - buffer.count - key.utf8.count - 8
        guard room >= 32 else {
            isCut = true
            return
        }
        if isJSON {
            buffer.append(contentsOf: ",\"".utf8)
            buffer.append(contentsOf: key.utf8)
            buffer.append(contentsOf: "\":".utf8)
        } else {
            buffer.append(UInt8(ascii: " "))
            buffer.append(contentsOf: key.utf8)
            buffer.append(UInt8(ascii: "="))
        }
        switch value {
        case .string(let text):
            let needsQuotes = isJSON || !LogEscape.isBare(text)
            if needsQuotes { buffer.append(UInt8(ascii: "\"")) }
            LogEscape.append(text, bytesMax: min(valueBytesMax, room), to: &buffer)
            if needsQuotes { buffer.append(UInt8(ascii: "\"")) }
        case .int(let number):
            if number < 0 { buffer.append(UInt8(ascii: "-")) }
            appendDecimal(UInt64(number.magnitude), to: &buffer)
        case .double(let number):
            // JSON has no word for what is not finite (RFC 8259, section 6).
            buffer.append(contentsOf: number.isFinite ? "\(number)".utf8 : "null".utf8)
        case .bool(let flag):
            buffer.append(contentsOf: flag ? "true".utf8 : "false".utf8)
        case .absent:
            break
        case .hex(let number):
            if isJSON { buffer.append(UInt8(ascii: "\"")) }
            appendHexadecimal(number, digits: 16, to: &buffer)
            if isJSON { buffer.append(UInt8(ascii: "\"")) }
        }
    }

    mutating func finish(to buffer: inout [UInt8]) {
        if isCut {
            buffer.append(contentsOf: isJSON ? ",\"truncated\":true".utf8 : " truncated=true".utf8)
        }
        if isJSON { buffer.append(UInt8(ascii: "}")) }
        buffer.append(0x0A)
    }
}
