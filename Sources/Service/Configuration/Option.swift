/// Where an option's value may come from; a flag goes before the environment, the environment before the file.
public struct OptionSources: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let flag = OptionSources(rawValue: 1)
    public static let environment = OptionSources(rawValue: 2)
    public static let file = OptionSources(rawValue: 4)
    public static let all: OptionSources = [.flag, .environment, .file]
}

/// An option without its Swift type: what the parser and the help page need.
public struct OptionDeclaration: Sendable {
    /// In lower case with dashes, without the leading ones: `link-listen`.
    public let name: String
    public let kind: OptionKind
    public let placeholder: String
    /// Nil when the option may be absent.
    public let fallback: OptionValue?
    /// The heading in the help page.
    public let section: String
    /// One or two sentences for the help page.
    public let help: String
    public let sources: OptionSources
    /// Never shown, and never taken from a command line, where every process could read it.
    public let isSecret: Bool

    /// `--link-listen`
    public var flagName: String { "--\(name)" }

    /// `GREENROOM_LINK_LISTEN`
    public var environmentName: String {
        "GREENROOM_" + name.uppercased().replacing("-", with: "_")
    }

    /// `linkListen`
    public var fileKey: String {
        var key = ""
        for (index, word) in name.split(separator: "-").enumerated() {
            key += index == 0 ? word : word.prefix(1).uppercased() + word.dropFirst()
        }
        return key
    }

    init(
        name: String, kind: OptionKind, placeholder: String?, fallback: OptionValue?, section: String, help: String,
        sources: OptionSources, isSecret: Bool = false
    ) {
        precondition(
            !name.isEmpty && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D },
            "an option's name is lower case with dashes")
        precondition(!isSecret || !sources.contains(.flag), "a secret is never a flag")
        self.name = name
        self.kind = kind
        self.placeholder = placeholder ?? kind.placeholder
        self.fallback = fallback
        self.section = section
        self.help = help
        self.sources = sources
        self.isSecret = isSecret
    }
}

/// Anything that can stand in a program's table of options.
public protocol DeclaredOption: Sendable {
    var declaration: OptionDeclaration { get }
}

/// An option of a program and the Swift type of its value: `configuration[Options.listen]`.
///
/// Options without a default have an optional value, which is nil when nothing was given.
public struct Option<Value: Sendable>: DeclaredOption {
    public let declaration: OptionDeclaration
    let extract: @Sendable (OptionValue?) -> Value?

    init(_ declaration: OptionDeclaration, _ extract: @escaping @Sendable (OptionValue?) -> Value?) {
        self.declaration = declaration
        self.extract = extract
    }
}
