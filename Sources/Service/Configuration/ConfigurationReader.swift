import WebProtocol

extension ConfigurationNode {
    /// Reads a whole JSON text (RFC 8259), which may hold `//` comments. The first mistake is reported with its line and
    /// column.
    public static func parse(
        _ bytes: [UInt8], file: String, limits: ConfigurationLimits = ConfigurationLimits()
    ) throws(ConfigurationError) -> ConfigurationNode {
        let text = ConfigurationText(file: file, bytes: ConfigurationComments.blanked(bytes))
        // What editors of another system write without being asked: no character that one could see.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw text.error(at: 0, "begins with a byte order mark; save the file as UTF-8 without one")
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            throw text.error(at: 0, "is UTF-16; save the file as UTF-8")
        }
        let reader = ConfigurationReader(text: text, depthMax: limits.jsonDepthMax)
        do {
            return try reader.document()
        } catch {
            throw text.error(at: error.at, error.problem)
        }
    }
}

/// What is wrong with a configuration file, and at which byte.
private struct Mistake: Error {
    let at: Int
    let problem: String

    init(_ problem: String, at: Int) {
        self.at = at
        self.problem = problem
    }

    init(_ error: JSONError, in text: ConfigurationText) {
        at = error.at
        switch error.problem {
        case .expected(let part): problem = "expected \(part.rawValue)\(Mistake.found(text, at: error.at))"
        case .openString: problem = "the string has no closing quote"
        case .controlCharacter: problem = "control character in a string"
        case .unknownEscape: problem = "unknown escape in a string"
        case .loneSurrogate: problem = "half of a surrogate pair in a string"
        case .tooDeep: problem = "nested too deeply"
        }
    }

    private static func found(_ text: ConfigurationText, at: Int) -> String {
        guard at < text.bytes.count else { return " but the file ends" }
        let byte = text.bytes[at]
        return (0x21...0x7E).contains(byte) ? " but found '\(Character(Unicode.Scalar(byte)))'" : ""
    }
}

/// Builds the tree of a file from what `JSONScanner` finds.
private struct ConfigurationReader {
    let text: ConfigurationText
    let depthMax: Int

    func document() throws(Mistake) -> ConfigurationNode {
        var at = 0
        JSONScanner.skipSpace(text.bytes.span, &at)
        let node = try value(&at, path: "", depth: 0)
        JSONScanner.skipSpace(text.bytes.span, &at)
        guard at == text.bytes.count else { throw Mistake("more text after the end of the JSON value", at: at) }
        return node
    }

    private func value(_ at: inout Int, path: String, depth: Int) throws(Mistake) -> ConfigurationNode {
        guard depth <= depthMax else { throw Mistake("nested deeper than \(depthMax) levels", at: at) }
        let start = at
        let value: ConfigurationNode.Value
        switch try scan(&at, JSONScanner.enter) {
        case .object: value = .object(try members(&at, path: path, depth: depth))
        case .array: value = .array(try elements(&at, path: path, depth: depth))
        case .string: value = .string(try string(start..<at))
        case .number: value = .number(String(decoding: text.bytes[start..<at], as: UTF8.self))
        case .bool: value = .boolean(text.bytes[start] == UInt8(ascii: "t"))
        case .null: value = .null
        }
        return ConfigurationNode(value: value, path: path, text: text, range: start..<at)
    }

    private func members(_ at: inout Int, path: String, depth: Int) throws(Mistake) -> [ConfigurationMember] {
        var members: [ConfigurationMember] = []
        var keys: Set<String> = []
        var isFirst = true
        while let range = try scan(&at, { (json, at) throws(JSONError) in try JSONScanner.nextMember(json, &at, &isFirst) }) {
            let key = try string(range)
            guard keys.insert(key).inserted else {
                throw Mistake("key \(quoted(key)) stands twice", at: range.lowerBound)
            }
            let name = printable(key)
            let node = try value(&at, path: path.isEmpty ? name : "\(path).\(name)", depth: depth + 1)
            members.append(ConfigurationMember(key: key, at: range.lowerBound, node: node))
        }
        return members
    }

    private func elements(_ at: inout Int, path: String, depth: Int) throws(Mistake) -> [ConfigurationNode] {
        var elements: [ConfigurationNode] = []
        var isFirst = true
        while try scan(&at, { (json, at) throws(JSONError) in try JSONScanner.nextElement(json, &at, &isFirst) }) {
            elements.append(try value(&at, path: "\(path)[\(elements.count)]", depth: depth + 1))
        }
        return elements
    }

    private func string(_ range: Range<Int>) throws(Mistake) -> String {
        let json = text.bytes.span
        guard UTF8Validator.isValid(json.extracting(range)) else {
            throw Mistake("the string is not UTF-8", at: range.lowerBound)
        }
        do {
            return try JSONText.decode(json, range)
        } catch {
            throw Mistake(error, in: text)
        }
    }

    private func scan<Result>(
        _ at: inout Int, _ step: (Span<UInt8>, inout Int) throws(JSONError) -> Result
    ) throws(Mistake) -> Result {
        do {
            return try step(text.bytes.span, &at)
        } catch {
            throw Mistake(error, in: text)
        }
    }
}
