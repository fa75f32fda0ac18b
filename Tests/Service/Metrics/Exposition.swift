import Testing

/// A strict reader of Prometheus' text exposition format 0.0.4, for tests only.
struct Exposition {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Sample: Equatable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    struct Family: Equatable {
        let name: String
        let help: String
        let type: String
        var samples: [Sample] = []
    }

    private(set) var families: [Family] = []

    init(_ bytes: [UInt8]) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure(description: "not UTF-8") }
        guard text.hasSuffix("\n") || text.isEmpty else { throw Failure(description: "the last line has no end") }
        var help: (name: String, text: String)?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            if line.hasPrefix("# HELP ") {
                guard words.count == 4, help == nil else { throw Failure(description: "bad HELP: \(line)") }
                help = (words[2], try Self.unescape(words[3], quotes: false))
            } else if line.hasPrefix("# TYPE ") {
                guard words.count == 4, let known = help, known.name == words[2],
                    ["counter", "gauge", "histogram"].contains(words[3]),
                    !families.contains(where: { $0.name == words[2] })
                else { throw Failure(description: "bad TYPE: \(line)") }
                families.append(Family(name: words[2], help: known.text, type: words[3]))
                help = nil
            } else {
                guard help == nil, var family = families.popLast() else { throw Failure(description: "no TYPE before: \(line)") }
                let sample = try Self.sample(line)
                let suffixes = family.type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
                guard suffixes.contains(where: { family.name + $0 == sample.name }) else {
                    throw Failure(description: "\(sample.name) stands under \(family.name)")
                }
                guard !family.samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels }) else {
                    throw Failure(description: "twice: \(line)")
                }
                family.samples.append(sample)
                families.append(family)
            }
        }
        guard help == nil else { throw Failure(description: "HELP without TYPE") }
        for family in families where family.type == "histogram" {
            var samples = family.samples[...]
            repeat {
                let labels = samples.first?.labels.filter { $0.key != "le" }
                let row = samples.prefix { $0.labels.filter { $0.key != "le" } == labels }
                try Self.check(family.name, row)
                samples = samples.dropFirst(row.count)
            } while !samples.isEmpty
        }
    }

    private static func sample(_ line: Substring) throws -> Sample {
        var rest = line
        let name = try word(&rest, extra: ":")
        var labels: [String: String] = [:]
        if rest.first == "{" {
            repeat {
                rest.removeFirst()
                let label = try word(&rest, extra: "")
                guard rest.hasPrefix("=\"") else { throw Failure(description: "label without a value: \(line)") }
                rest.removeFirst(2)
                var raw = ""
                while let character = rest.first, character != "\"" {
                    raw.append(character)
                    rest.removeFirst()
                    if character == "\\", let next = rest.first {
                        raw.append(next)
                        rest.removeFirst()
                    }
                }
                guard rest.first == "\"", labels.updateValue(try unescape(raw, quotes: true), forKey: label) == nil else {
                    throw Failure(description: "bad label: \(line)")
                }
                rest.removeFirst()
            } while rest.first == ","
            guard rest.first == "}" else { throw Failure(description: "labels without an end: \(line)") }
            rest.removeFirst()
        }
        guard rest.first == " ", let value = number(rest.dropFirst()) else { throw Failure(description: "bad value: \(line)") }
        return Sample(name: name, labels: labels, value: value)
    }

    private static func number(_ text: Substring) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: text.contains { $0 == "n" || $0 == "x" || $0 == " " } ? nil : Double(text)
        }
    }

    private static func word(_ rest: inout Substring, extra: String) throws -> String {
        let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || extra.contains($0)) }
        guard let first = word.first, !first.isNumber else { throw Failure(description: "no name: \(rest)") }
        rest = rest[word.endIndex...]
        return String(word)
    }

    private static func unescape(_ text: String, quotes: Bool) throws -> String {
        var result = ""
        var characters = text.makeIterator()
        while let character = characters.next() {
            guard character == "\\" else {
                result.append(character)
                continue
            }
            switch characters.next() {
            case "\\": result.append("\\")
            case "n": result.append("\n")
            case "\"" where quotes: result.append("\"")
            default: throw Failure(description: "bad escape: \(text)")
            }
        }
        return result
    }

    /// Buckets rise up to +Inf, whose count is the count of all.
    private static func check(_ name: String, _ samples: ArraySlice<Sample>) throws {
        let buckets = samples.filter { $0.name.hasSuffix("_bucket") }
        let bounds = buckets.compactMap { $0.labels["le"].flatMap { number($0[...]) } }
        guard bounds.count == buckets.count, bounds == bounds.sorted(), bounds.last == .infinity,
            buckets.map(\.value) == buckets.map(\.value).sorted(),
            samples.suffix(2).map(\.name) == ["\(name)_sum", "\(name)_count"],
            samples.last?.value == buckets.last?.value
        else { throw Failure(description: "bad histogram \(name)") }
    }
}
