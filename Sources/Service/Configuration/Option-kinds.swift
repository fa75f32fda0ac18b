// The kinds of options that a program can declare. The comments on the first ones hold for all of them.

extension Option where Value == String {
    /// A text with a default; at most `bytesMax` bytes, no control characters.
    public static func text(
        _ name: String, _ placeholder: String? = nil, default fallback: String, bytesMax: Int = 4096, section: String,
        sources: OptionSources = .all, help: String
    ) -> Option<String> {
        Option(
            OptionDeclaration(
                name: name, kind: .text(bytesMax: bytesMax), placeholder: placeholder, fallback: .text(fallback),
                section: section, help: help, sources: sources), textOf)
    }

    /// A path with a default.
    public static func path(
        _ name: String, _ placeholder: String? = nil, default fallback: String, section: String,
        sources: OptionSources = .all, help: String
    ) -> Option<String> {
        Option(
            OptionDeclaration(
                name: name, kind: .path, placeholder: placeholder, fallback: .text(fallback), section: section,
                help: help, sources: sources), textOf)
    }
}

extension Option where Value == String? {
    /// A text that may be absent.
    public static func text(
        _ name: String, _ placeholder: String? = nil, bytesMax: Int = 4096, section: String,
        sources: OptionSources = .all, help: String
    ) -> Option<String?> {
        Option(
            OptionDeclaration(
                name: name, kind: .text(bytesMax: bytesMax), placeholder: placeholder, fallback: nil, section: section,
                help: help, sources: sources)
        ) { .some(textOf($0)) }
    }

    /// A path that may be absent.
    public static func path(
        _ name: String, _ placeholder: String? = nil, section: String, sources: OptionSources = .all, help: String
    ) -> Option<String?> {
        Option(
            OptionDeclaration(
                name: name, kind: .path, placeholder: placeholder, fallback: nil, section: section, help: help,
                sources: sources)
        ) { .some(textOf($0)) }
    }

    /// A secret. It comes from the environment (`GREENROOM_NAME`), or from the file named by the option `--NAME-file`,
    /// which the program gets along with it; never from a flag or from the configuration file, and no error shows it.
    /// One closing line end of the file does not count.
    public static func secret(_ name: String, section: String, help: String) -> Option<String?> {
        Option(
            OptionDeclaration(
                name: name, kind: .text(bytesMax: ConfigurationLimits().secretBytesMax), placeholder: nil, fallback: nil,
                section: section, help: help, sources: .environment, isSecret: true)
        ) { .some(textOf($0)) }
    }
}

extension Option where Value == AddressText {
    /// An address with a default, which must be well formed.
    public static func address(
        _ name: String, _ placeholder: String? = nil, default fallback: String, section: String,
        sources: OptionSources = .all, help: String
    ) -> Option<AddressText> {
        guard let address = AddressText(fallback) else { preconditionFailure("the default of --\(name) is no address") }
        return Option(
            OptionDeclaration(
                name: name, kind: .address, placeholder: placeholder, fallback: .address(address), section: section,
                help: help, sources: sources), addressOf)
    }
}

extension Option where Value == AddressText? {
    /// An address that may be absent.
    public static func address(
        _ name: String, _ placeholder: String? = nil, section: String, sources: OptionSources = .all, help: String
    ) -> Option<AddressText?> {
        Option(
            OptionDeclaration(
                name: name, kind: .address, placeholder: placeholder, fallback: nil, section: section, help: help,
                sources: sources)
        ) { .some(addressOf($0)) }
    }
}

extension Option where Value == Int {
    /// A whole number within a range.
    public static func integer(
        _ name: String, _ placeholder: String? = nil, in range: ClosedRange<Int>, default fallback: Int, section: String,
        sources: OptionSources = .all, help: String
    ) -> Option<Int> {
        number(name, .integer(range), range, placeholder, fallback, section, sources, help)
    }

    /// A time; the range, the default and the value are in milliseconds.
    public static func durationMs(
        _ name: String, _ placeholder: String? = nil, in range: ClosedRange<Int>, default fallback: Int, section: String,
        sources: OptionSources = .all, help: String
    ) -> Option<Int> {
        number(name, .duration(range), range, placeholder, fallback, section, sources, help)
    }

    /// A size; the range, the default and the value are in bytes.
    public static func bytes(
        _ name: String, _ placeholder: String? = nil, in range: ClosedRange<Int>, default fallback: Int, section: String,
        sources: OptionSources = .all, help: String
    ) -> Option<Int> {
        number(name, .bytes(range), range, placeholder, fallback, section, sources, help)
    }

    private static func number(
        _ name: String, _ kind: OptionKind, _ range: ClosedRange<Int>, _ placeholder: String?, _ fallback: Int,
        _ section: String, _ sources: OptionSources, _ help: String
    ) -> Option<Int> {
        precondition(range.contains(fallback), "the default of --\(name) is out of its range")
        return Option(
            OptionDeclaration(
                name: name, kind: kind, placeholder: placeholder, fallback: .integer(fallback), section: section,
                help: help, sources: sources), integerOf)
    }
}

extension Option where Value == Int? {
    /// A whole number within a range, which may be absent.
    public static func integer(
        _ name: String, _ placeholder: String? = nil, in range: ClosedRange<Int>, section: String,
        sources: OptionSources = .all, help: String
    ) -> Option<Int?> {
        Option(
            OptionDeclaration(
                name: name, kind: .integer(range), placeholder: placeholder, fallback: nil, section: section, help: help,
                sources: sources)
        ) { .some(integerOf($0)) }
    }
}

extension Option where Value == Bool {
    /// A switch: `--name` and `--no-name`.
    public static func flag(
        _ name: String, default fallback: Bool = false, section: String, sources: OptionSources = .all, help: String
    ) -> Option<Bool> {
        Option(
            OptionDeclaration(
                name: name, kind: .flag, placeholder: nil, fallback: .flag(fallback), section: section, help: help,
                sources: sources)
        ) {
            if case .flag(let flag) = $0 { flag } else { nil }
        }
    }
}

extension Option where Value == [String] {
    /// Texts with commas between them; an array of strings in the configuration file.
    public static func list(
        _ name: String, _ placeholder: String? = nil, itemsMax: Int = 64, default fallback: [String] = [],
        section: String, sources: OptionSources = .all, help: String
    ) -> Option<[String]> {
        Option(
            OptionDeclaration(
                name: name, kind: .list(itemsMax: itemsMax), placeholder: placeholder, fallback: .list(fallback),
                section: section, help: help, sources: sources)
        ) {
            if case .list(let items) = $0 { items } else { nil }
        }
    }
}

extension Option where Value: RawRepresentable<String> & CaseIterable {
    /// One case of an enumeration, written as its raw value.
    public static func choice(
        _ name: String, _ placeholder: String? = nil, default fallback: Value, section: String,
        sources: OptionSources = .all, help: String
    ) -> Option<Value> {
        Option(
            OptionDeclaration(
                name: name, kind: .choice(Value.allCases.map(\.rawValue)), placeholder: placeholder,
                fallback: .text(fallback.rawValue), section: section, help: help, sources: sources)
        ) { textOf($0).flatMap(Value.init(rawValue:)) }
    }
}

@Sendable private func textOf(_ value: OptionValue?) -> String? {
    if case .text(let text) = value { text } else { nil }
}

@Sendable private func integerOf(_ value: OptionValue?) -> Int? {
    if case .integer(let number) = value { number } else { nil }
}

@Sendable private func addressOf(_ value: OptionValue?) -> AddressText? {
    if case .address(let address) = value { address } else { nil }
}
