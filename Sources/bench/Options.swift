/// An option that a command knows.
struct Option {
    let name: String
    /// False for a switch such as `--check`.
    let takesValue: Bool

    static func value(_ name: String) -> Option { Option(name: name, takesValue: true) }
    static func flag(_ name: String) -> Option { Option(name: name, takesValue: false) }
}

/// The parsed command line of one command: `--name value`, `--name=value` and switches.
struct Options {
    private var values: [String: String] = [:]
    private let command: String

    init(_ arguments: [String], known: [Option], command: String) throws(BenchError) {
        self.command = command
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = known.first(where: { $0.name == name }) else {
                throw .usage("unknown option '\(argument)'; see bench \(command) --help")
            }
            guard values[name] == nil else { throw .usage("\(name) is given twice") }
            switch (option.takesValue, parts.count) {
            case (true, 2): values[name] = String(parts[1])
            case (true, _):
                guard let value = rest.popFirst() else { throw .usage("\(name) needs a value") }
                values[name] = value
            case (false, 1): values[name] = ""
            case (false, _): throw .usage("\(name) takes no value")
            }
        }
    }

    func has(_ name: String) -> Bool { values[name] != nil }

    func text(_ name: String) -> String? { values[name] }

    /// A whole number within `range`, or `standard` when the option is absent.
    func integer(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws(BenchError) -> Int {
        guard let text = values[name] else { return standard }
        return try Options.integer(text, name, in: range)
    }

    /// Whole numbers with commas between them, such as `1,8`.
    func integers(_ name: String, default standard: [Int], in range: ClosedRange<Int>) throws(BenchError) -> [Int] {
        guard let text = values[name] else { return standard }
        var numbers: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            numbers.append(try Options.integer(String(part), name, in: range))
        }
        return numbers
    }

    /// Seconds, with a fraction if wanted, within `range`.
    func seconds(_ name: String, default standard: Double, in range: ClosedRange<Double>) throws(BenchError) -> Double {
        guard let text = values[name] else { return standard }
        guard let number = Double(text), range.contains(number) else {
            throw .usage("\(name) is '\(text)' and must be \(range.lowerBound) to \(range.upperBound) seconds")
        }
        return number
    }

    private static func integer(_ text: String, _ name: String, in range: ClosedRange<Int>) throws(BenchError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw .usage("\(name) is '\(text)' and must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
