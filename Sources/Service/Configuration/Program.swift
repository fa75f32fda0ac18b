/// A word that may stand first on the command line and says what to do: `bench relay`.
public struct Command: Sendable {
    public let name: String
    public let help: String
    /// Options that only this command has, behind it on the command line; another command may have the same ones.
    public let options: [OptionDeclaration]

    public init(_ name: String, help: String, options: [any DeclaredOption] = []) {
        self.name = name
        self.help = help
        self.options = Program.declarations(of: options)
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
    public private(set) var name: String
    /// Half a sentence for the first line of the help page.
    public private(set) var summary: String
    /// When not empty, exactly one of them must be given.
    public private(set) var commands: [Command]
    /// In the order of the help page; options of one section stand together there.
    public private(set) var options: [OptionDeclaration]
    public let structuredKeys: [StructuredKey]
    public let readsFile: Bool
    /// SIGHUP makes it read the file again.
    public let reloads: Bool
    /// Names of environment variables that belong to other programs of the same environment.
    public let environmentOfOthers: Set<String>

    /// - Parameter environmentOfOthers: `GREENROOM_…` names that this program does not know but that are no mistakes,
    ///   because one environment is shared by several programs. Any other unknown name gives a warning in the log.
    public init(
        name: String, summary: String, commands: [Command] = [], options: [any DeclaredOption],
        structuredKeys: [StructuredKey] = [], readsFile: Bool = true, reloads: Bool = false,
        environmentOfOthers: Set<String> = []
    ) {
        self.name = name
        self.summary = summary
        self.commands = commands
        self.structuredKeys = structuredKeys
        self.readsFile = readsFile
        self.reloads = reloads
        self.environmentOfOthers = environmentOfOthers
        self.options = Self.declarations(of: options) + (readsFile ? [Self.configOption] : [])
        for declarations in commands.isEmpty ? [self.options] : commands.map({ $0.options + self.options }) {
            precondition(Set(declarations.map(\.name)).count == declarations.count, "an option is declared twice")
            precondition(
                Set(declarations.map(\.fileKey) + structuredKeys.map(\.name)).count
                    == declarations.count + structuredKeys.count, "a key of the file is declared twice")
        }
    }

    /// What the program is once a command is given: `bench relay`, with the options of both.
    func with(_ command: Command) -> Program {
        var program = self
        program.name = "\(name) \(command.name)"
        program.summary = command.help
        program.commands = []
        program.options = command.options + options
        return program
    }

    /// The declarations, and for each secret its companion.
    static func declarations(of options: [any DeclaredOption]) -> [OptionDeclaration] {
        var declarations: [OptionDeclaration] = []
        for option in options {
            declarations.append(option.declaration)
            if option.declaration.isSecret {
                declarations.append(fileOption(of: option.declaration))
            }
        }
        return declarations
    }

    static let configOption = OptionDeclaration(
        name: "config", kind: .path, placeholder: "FILE", fallback: nil, section: generalSection,
        help: "Read options from a JSON file.", sources: [.flag, .environment])

    /// The key by which editors find the schema of a file; it says nothing to us.
    static let schemaKey = "$schema"

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
