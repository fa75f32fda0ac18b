extension ConfigurationNode {
    /// Reads a whole JSON text (RFC 8259). The first mistake is reported with its line and column.
    public static func parse(
        _ bytes: [UInt8], file: String, limits: ConfigurationLimits = ConfigurationLimits()
    ) throws(ConfigurationError) -> ConfigurationNode {
        var reader = ConfigurationReader(bytes: bytes, file: file, depthMax: limits.jsonDepthMax)
        reader.skipSpace()
        let node = try reader.value(path: "", depth: 0)
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.error("more text after the end of the JSON value") }
        return node
    }
}

/// A recursive-descent reader of JSON that knows where it is. Files are small and read once: clarity before speed.
private struct ConfigurationReader {
    let bytes: [UInt8]
    let file: String
    let depthMax: Int
    var index = 0
    private var line = 1
    private var column = 1

    init(bytes: [UInt8], file: String, depthMax: Int) {
        self.bytes = bytes
        self.file = file
        self.depthMax = depthMax
    }

    func error(_ problem: String) -> ConfigurationError {
        ConfigurationError("\(printable(file)):\(line):\(column)", problem, pointsToHelp: false)
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func advance() {
        let byte = bytes[index]
        index += 1
        if byte == 0x0A {
            line += 1
            column = 1
        } else if index == bytes.count || bytes[index] & 0xC0 != 0x80 {
            // A character ends where no continuation byte follows.
            column += 1
        }
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            advance()
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        advance()
        return true
    }

    private func unexpected(_ wanted: String) -> ConfigurationError {
        guard let byte = next else { return error("expected \(wanted) but the file ends") }
        guard (0x21...0x7E).contains(byte) else { return error("expected \(wanted)") }
        return error("expected \(wanted) but found '\(Character(Unicode.Scalar(byte)))'")
    }

    mutating func value(path: String, depth: Int) throws(ConfigurationError) -> ConfigurationNode {
        guard depth <= depthMax else { throw error("nested deeper than \(depthMax) levels") }
        let (start, startLine, startColumn) = (index, line, column)
        let value: ConfigurationNode.Value
        switch next {
        case UInt8(ascii: "{"): value = .object(try object(path: path, depth: depth))
        case UInt8(ascii: "["): value = .array(try array(path: path, depth: depth))
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "-"), .some(0x30...0x39): value = .number(try number())
        case UInt8(ascii: "t"): value = .boolean(try word("true", true))
        case UInt8(ascii: "f"): value = .boolean(try word("false", false))
        case UInt8(ascii: "n"): value = try word("null", .null)
        default: throw unexpected("a value")
        }
        return ConfigurationNode(
            value: value, file: file, line: startLine, column: startColumn, path: path,
            bytes: Array(bytes[start..<index]))
    }

    private mutating func object(path: String, depth: Int) throws(ConfigurationError) -> [ConfigurationMember] {
        advance()
        var members: [ConfigurationMember] = []
        var keys: Set<String> = []
        skipSpace()
        if take("}") { return members }
        while true {
            guard next == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            let (keyLine, keyColumn) = (line, column)
            let before = self
            let key = try string()
            guard keys.insert(key).inserted else { throw before.error("key \(quoted(key)) stands twice") }
            skipSpace()
            guard take(":") else { throw unexpected("':' after the key") }
            skipSpace()
            let name = printable(key)
            let node = try value(path: path.isEmpty ? name : "\(path).\(name)", depth: depth + 1)
            members.append(ConfigurationMember(key: key, line: keyLine, column: keyColumn, node: node))
            skipSpace()
            if take("}") { return members }
            guard take(",") else { throw unexpected("',' or '}' after the value") }
            skipSpace()
        }
    }

    private mutating func array(path: String, depth: Int) throws(ConfigurationError) -> [ConfigurationNode] {
        advance()
        var elements: [ConfigurationNode] = []
        skipSpace()
        if take("]") { return elements }
        while true {
            elements.append(try value(path: "\(path)[\(elements.count)]", depth: depth + 1))
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw unexpected("',' or ']' after the value") }
            skipSpace()
        }
    }

    private mutating func word<Result>(_ text: StaticString, _ result: Result) throws(ConfigurationError) -> Result {
        for scalar in text.description.unicodeScalars {
            guard take(scalar) else { throw unexpected(text.description) }
        }
        return result
    }

    private mutating func number() throws(ConfigurationError) -> String {
        let start = index
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func digits() throws(ConfigurationError) {
        guard let byte = next, (0x30...0x39).contains(byte) else { throw unexpected("a digit") }
        while let byte = next, (0x30...0x39).contains(byte) {
            advance()
        }
    }

    private mutating func string() throws(ConfigurationError) -> String {
        let opening = self
        advance()
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                advance()
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw opening.error("the string is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"):
                text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20:
                throw error("control character in a string")
            default:
                text.append(byte)
                advance()
            }
        }
        throw opening.error("the string has no closing quote")
    }

    private mutating func escape() throws(ConfigurationError) -> Unicode.Scalar {
        let opening = self
        advance()
        guard let byte = next else { throw error("expected an escape but the file ends") }
        advance()
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw opening.error("unknown escape in a string")
        }
        let first = try unit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        // A surrogate: the second half must follow (RFC 8259, section 7).
        if (0xD800...0xDBFF).contains(first), take("\\"), take("u") {
            let second = try unit()
            let low = second &- 0xDC00
            if low < 0x400, let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + low) { return scalar }
        }
        throw opening.error("half of a surrogate pair in a string")
    }

    private mutating func unit() throws(ConfigurationError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw unexpected("four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
            advance()
        }
        return unit
    }
}
