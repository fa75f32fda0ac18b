/// A word that may stand first on the command line and says what to do: `bench relay`.
public struct Command: Sendable {
    public let name: String
    public let help: String

    public init(_ name: String, help: String) {
        self.name = name
        self.help = help
    }
}

/// A key of the configuration file that is no option because its value has a structure: `scenes`.
public struct StructuredKey: Sendable {
    public let name: String
    public let help: String

    public init(_ name: String, help: String) {
        self.name = name
        self.help = help
    }
}

/// What a program declares once: its name, its options and the structured keys of its file.
///
/// `--help`, `--version`, and `--config` when the program reads a file, come by themselves.
public struct Program: Sendable {
    public let name: String
    /// Half a sentence for the first line of the help page.
    public let summary: String
    /// When not empty, exactly one of them must be given.
    public let commands: [Command]
    /// In the order of the help page; options of one section stand together there.
    public let options: [OptionDeclaration]
    public let structuredKeys: [StructuredKey]
    public let readsFile: Bool
    /// Names of environment variables that belong to other programs of the same environment.
    public let environmentOfOthers: Set<String>

    /// - Parameter environmentOfOthers: `GREENROOM_…` names that this program does not know but that are no mistakes,
    ///   because one environment is shared by several programs. Any other unknown name gives a warning in the log.
    public init(
        name: String, summary: String, commands: [Command] = [], options: [any DeclaredOption],
        structuredKeys: [StructuredKey] = [], readsFile: Bool = true, environmentOfOthers: Set<String> = []
    ) {
        self.name = name
        self.summary = summary
        self.commands = commands
        self.structuredKeys = structuredKeys
        self.readsFile = readsFile
        self.environmentOfOthers = environmentOfOthers
        var declarations: [OptionDeclaration] = []
        for option in options {
            declarations.append(option.declaration)
            if option.declaration.isSecret {
                declarations.append(Self.fileOption(of: option.declaration))
            }
        }
        if readsFile {
            declarations.append(Self.configOption)
        }
        self.options = declarations
        precondition(Set(declarations.map(\.name)).count == declarations.count, "an option is declared twice")
        precondition(
            Set(declarations.map(\.fileKey) + structuredKeys.map(\.name)).count
                == declarations.count + structuredKeys.count, "a key of the file is declared twice")
    }

    static let configOption = OptionDeclaration(
        name: "config", kind: .path, placeholder: "FILE", fallback: nil, section: generalSection,
        help: "Read options from a JSON file.", sources: [.flag, .environment])

    static let generalSection = "General"

    /// The companion of a secret: the option that names the file to read it from.
    static func fileOption(of secret: OptionDeclaration) -> OptionDeclaration {
        OptionDeclaration(
            name: "\(secret.name)-file", kind: .path, placeholder: "FILE", fallback: nil, section: secret.section,
            help: "Read it from a file instead.", sources: .all)
    }

    /// `matchmaker 0.1.0`
    public var versionLine: String { "\(name) \(Version.text)" }
}
