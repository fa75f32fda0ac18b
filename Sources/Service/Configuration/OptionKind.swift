/// What an option accepts.
public enum OptionKind: Equatable, Sendable {
    /// Any text of at most so many bytes, without control characters.
    case text(bytesMax: Int)
    /// A whole number within a range.
    case integer(ClosedRange<Int>)
    /// A time, in milliseconds within a range; written `1500ms`, `15s`, `2m`, `1h` or as a bare number of milliseconds.
    case duration(ClosedRange<Int>)
    /// A size, in bytes within a range; written `4096`, `64KiB`, `1MiB`.
    case bytes(ClosedRange<Int>)
    /// On or off.
    case flag
    /// One word of a fixed list.
    case choice([String])
    /// A path in the file system; not looked at here.
    case path
    /// `HOST:PORT` or `unix:PATH`.
    case address
    /// Texts with commas between them, at most so many.
    case list(itemsMax: Int)
}

/// A value of one of the kinds.
public enum OptionValue: Equatable, Sendable {
    case text(String)
    case integer(Int)
    case flag(Bool)
    case address(AddressText)
    case list([String])
}

extension OptionKind {
    static let textBytesMax = 4096

    /// Reads a value as it stands on a command line or in the environment.
    func value(of text: String) throws(ValueProblem) -> OptionValue {
        switch self {
        case .text(let bytesMax):
            return .text(try plain(text, bytesMax: bytesMax))
        case .integer(let range):
            guard let number = Int(text) else { throw ValueProblem("\(quoted(text)) is not a whole number") }
            return .integer(try within(range, number) { String($0) })
        case .duration(let range):
            guard let number = Units.milliseconds.value(of: text) else {
                throw ValueProblem("\(quoted(text)) is not a time such as 500ms, 15s, 2m or 1h")
            }
            return .integer(try within(range, number, Units.milliseconds.text))
        case .bytes(let range):
            guard let number = Units.bytes.value(of: text) else {
                throw ValueProblem("\(quoted(text)) is not a size such as 4096, 64KiB or 1MiB")
            }
            return .integer(try within(range, number, Units.bytes.text))
        case .flag:
            switch text {
            case "true", "1", "yes", "on": return .flag(true)
            case "false", "0", "no", "off": return .flag(false)
            default: throw ValueProblem("\(quoted(text)) is neither true nor false")
            }
        case .choice(let words):
            guard words.contains(text) else {
                throw ValueProblem("\(quoted(text)) is not one of \(words.joined(separator: ", "))")
            }
            return .text(text)
        case .path:
            guard !text.isEmpty else { throw ValueProblem("is empty") }
            return .text(try plain(text, bytesMax: Self.textBytesMax))
        case .address:
            guard let address = AddressText(text) else {
                throw ValueProblem("\(quoted(text)) is not HOST:PORT or unix:PATH")
            }
            return .address(address)
        case .list(let itemsMax):
            return .list(try list(text.split(separator: ",", omittingEmptySubsequences: true).map(String.init), itemsMax))
        }
    }

    /// Reads a value of a configuration file, where numbers and booleans have types of their own.
    func value(of node: ConfigurationNode) throws(ValueProblem) -> OptionValue {
        switch (self, node.value) {
        case (.text, .string(let text)), (.path, .string(let text)), (.choice, .string(let text)),
            (.address, .string(let text)), (.duration, .string(let text)), (.bytes, .string(let text)):
            return try value(of: text)
        case (.integer, .number(let text)), (.duration, .number(let text)), (.bytes, .number(let text)):
            return try value(of: text)
        case (.flag, .boolean(let flag)):
            return .flag(flag)
        case (.list(let itemsMax), .array(let elements)):
            var items: [String] = []
            for element in elements {
                guard case .string(let item) = element.value else {
                    throw ValueProblem("must be an array of strings, not of \(element.typeName)s")
                }
                items.append(item)
            }
            return .list(try list(items, itemsMax))
        default:
            throw ValueProblem("must be \(jsonType), not \(node.typeNameWithArticle)")
        }
    }

    /// How the kind stands in the help page, unless the option says better.
    var placeholder: String {
        switch self {
        case .text: "TEXT"
        case .integer: "N"
        case .duration: "TIME"
        case .bytes: "SIZE"
        case .flag: ""
        case .choice(let words): words.joined(separator: "|")
        case .path: "FILE"
        case .address: "ADDRESS"
        case .list: "LIST"
        }
    }

    /// A value as one would write it on the command line.
    func text(of value: OptionValue) -> String {
        switch value {
        case .text(let text): text
        case .integer(let number):
            switch self {
            case .duration: Units.milliseconds.text(of: number)
            case .bytes: Units.bytes.text(of: number)
            case .text, .integer, .flag, .choice, .path, .address, .list: String(number)
            }
        case .flag(let flag): flag ? "on" : "off"
        case .address(let address): address.description
        case .list(let items): items.joined(separator: ",")
        }
    }

    private var jsonType: String {
        switch self {
        case .text, .choice, .path, .address: "a string"
        case .integer: "a number"
        case .duration, .bytes: "a number or a string"
        case .flag: "true or false"
        case .list: "an array of strings"
        }
    }

    private func plain(_ text: String, bytesMax: Int) throws(ValueProblem) -> String {
        guard text.utf8.count <= bytesMax else { throw ValueProblem("is longer than \(bytesMax) bytes") }
        guard text.unicodeScalars.allSatisfy(isPrintable) else { throw ValueProblem("contains a control character") }
        return text
    }

    private func within(_ range: ClosedRange<Int>, _ number: Int, _ show: (Int) -> String) throws(ValueProblem) -> Int {
        guard range.contains(number) else {
            if range.upperBound == .max { throw ValueProblem("\(show(number)) is less than \(show(range.lowerBound))") }
            throw ValueProblem("\(show(number)) is not between \(show(range.lowerBound)) and \(show(range.upperBound))")
        }
        return number
    }

    private func list(_ items: [String], _ itemsMax: Int) throws(ValueProblem) -> [String] {
        guard items.count <= itemsMax else { throw ValueProblem("has more than \(itemsMax) entries") }
        var result: [String] = []
        for item in items {
            result.append(try plain(item, bytesMax: Self.textBytesMax))
        }
        return result
    }
}
