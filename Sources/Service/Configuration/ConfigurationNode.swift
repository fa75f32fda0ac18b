/// A value of a configuration file, and where it stands there, so that whatever is wrong with it can be named exactly.
///
/// Executables read their structured keys (the scenes, for example) with the methods below: each fails with one line
/// that names the file, the line, the column and the key.
public struct ConfigurationNode: Sendable {
    public enum Value: Sendable {
        case null
        case boolean(Bool)
        /// As written, so that no precision is lost.
        case number(String)
        case string(String)
        case array([ConfigurationNode])
        /// In the order of the file; no key twice.
        case object([ConfigurationMember])
    }

    public let value: Value
    /// The path of keys that leads here: `scenes[2].name`; empty for the whole file.
    public let path: String
    let text: ConfigurationText
    /// Where the value stands in the file.
    let range: Range<Int>

    /// The value's own bytes of the file; comments within are spaces.
    public var bytes: [UInt8] { Array(text.bytes[range]) }

    /// An error about this value, in the same form as all others.
    public func error(_ problem: String) -> ConfigurationError {
        text.error(at: range.lowerBound, path: path, problem)
    }

    /// An error about a key of this object, at the key's own place.
    public func error(atKey key: String, _ problem: String) -> ConfigurationError {
        guard case .object(let members) = value, let member = members.first(where: { $0.key == key }) else {
            return error(problem)
        }
        return text.error(at: member.at, path: member.node.path, problem)
    }

    /// The text of a string of 1 to `bytesMax` bytes without control characters.
    public func text(bytesMax: Int = 4096) throws(ConfigurationError) -> String {
        guard case .string(let text) = value else { throw error("must be a string, not \(typeNameWithArticle)") }
        guard !text.isEmpty else { throw error("is empty") }
        guard text.utf8.count <= bytesMax else { throw error("is longer than \(bytesMax) bytes") }
        guard text.unicodeScalars.allSatisfy(isPrintable) else { throw error("contains a control character") }
        return text
    }

    /// A value of the kind that an option of a command line could have: numbers, times, sizes, words, addresses.
    public func option(_ kind: OptionKind) throws(ConfigurationError) -> OptionValue {
        do {
            return try kind.value(of: self)
        } catch {
            throw self.error(error.text)
        }
    }

    /// A whole number within a range.
    public func integer(in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        try number(.integer(range))
    }

    /// A number within a range, with or without a fraction. What a `Double` cannot hold is out of every range.
    public func decimal(in range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
        guard case .number(let text) = value else { throw error("must be a number, not \(typeNameWithArticle)") }
        guard let number = Double(text), number.isFinite, range.contains(number) else {
            throw error("\(printable(text)) is not between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    /// A time in milliseconds: a bare number or a string such as `"15s"`.
    public func durationMs(in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        try number(.duration(range))
    }

    /// A size in bytes: a bare number or a string such as `"64KiB"`.
    public func bytes(in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        try number(.bytes(range))
    }

    public func boolean() throws(ConfigurationError) -> Bool {
        guard case .boolean(let flag) = value else { throw error("must be true or false, not \(typeNameWithArticle)") }
        return flag
    }

    /// One case of an enumeration, written as its raw value.
    public func choice<Choice: RawRepresentable<String> & CaseIterable>(
        of type: Choice.Type = Choice.self
    ) throws(ConfigurationError) -> Choice {
        let text = try text()
        guard let choice = Choice(rawValue: text) else {
            throw error("\(quoted(text)) is not one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// The elements of an array of at most `countMax`.
    public func elements(countMax: Int) throws(ConfigurationError) -> [ConfigurationNode] {
        guard case .array(let elements) = value else { throw error("must be an array, not \(typeNameWithArticle)") }
        guard elements.count <= countMax else { throw error("has more than \(countMax) entries") }
        return elements
    }

    /// The members of an object all of whose keys are known; another key is an error at its own place.
    public func object(keys: [String]) throws(ConfigurationError) -> ConfigurationObject {
        let members = try members()
        for member in members where !keys.contains(member.key) {
            throw member.unknownKey(in: path, among: keys)
        }
        return ConfigurationObject(node: self, members: members)
    }

    /// The members of an object whatever their keys are.
    public func members() throws(ConfigurationError) -> [ConfigurationMember] {
        guard case .object(let members) = value else { throw error("must be an object, not \(typeNameWithArticle)") }
        return members
    }

    private func number(_ kind: OptionKind) throws(ConfigurationError) -> Int {
        guard case .integer(let number) = try option(kind) else { preconditionFailure("a number's kind gives a number") }
        return number
    }

    var typeName: String {
        switch value {
        case .null: "null"
        case .boolean: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    var typeNameWithArticle: String {
        switch value {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .number, .string: "a \(typeName)"
        case .array, .object: "an \(typeName)"
        }
    }
}

/// A key of an object and its value.
public struct ConfigurationMember: Sendable {
    public let key: String
    /// Where the key stands in the file.
    let at: Int
    public let node: ConfigurationNode

    /// - Parameter path: that of the object.
    func unknownKey(in path: String, among keys: some Sequence<String>) -> ConfigurationError {
        node.text.error(at: at, path: path, "unknown key \(quoted(key))\(didYouMean(key, among: keys))")
    }
}

/// An object whose keys have been checked.
public struct ConfigurationObject: Sendable {
    public let node: ConfigurationNode
    public let members: [ConfigurationMember]

    public subscript(key: String) -> ConfigurationNode? {
        members.first { $0.key == key }?.node
    }

    /// The value of a key that must be there.
    public func required(_ key: String) throws(ConfigurationError) -> ConfigurationNode {
        guard let value = self[key] else { throw node.error("lacks \"\(key)\"") }
        return value
    }
}
