/// What a command line asks for.
public enum Invocation: Sendable {
    /// To run with these values.
    case run(Configuration)
    /// To print this text and leave.
    case print(String)
}

/// Reads a whole file, or says why it cannot.
public typealias FileReader = (String) throws(FileProblem) -> [UInt8]

extension Program {
    /// Reads a command line, an environment and the file that they name. Touches nothing else: no process state, and no
    /// file but through `readFile`.
    ///
    /// - Parameter arguments: without the program's own name.
    public func parse(
        arguments: [String], environment: [String: String], readFile: FileReader,
        limits: ConfigurationLimits = ConfigurationLimits()
    ) -> Result<Invocation, ConfigurationError> {
        for argument in arguments {
            if argument == "--help" || argument == "-h" {
                let command = commands.first { $0.name == arguments.first }
                return .success(.print((command.map(with) ?? self).helpPage))
            }
            if argument == "--version" { return .success(.print(versionLine + "\n")) }
        }
        do throws(ConfigurationError) {
            var values = ConfigurationBuilder(program: self, limits: limits)
            try values.readFlags(arguments)
            try values.readEnvironment(environment)
            try values.readDocument(readFile)
            try values.readSecretFiles(readFile)
            return .success(.run(values.configuration))
        } catch {
            return .failure(error)
        }
    }
}

/// Gathers values from one source after another; a source that comes later never replaces a value.
private struct ConfigurationBuilder {
    /// Changes once, when the command is read.
    private var program: Program
    let limits: ConfigurationLimits
    var configuration = Configuration()
    /// The flags seen so far.
    private var seen: Set<String> = []

    init(program: Program, limits: ConfigurationLimits) {
        self.program = program
        self.limits = limits
        declare(program.options)
    }

    private mutating func declare(_ options: [OptionDeclaration]) {
        for declaration in options {
            configuration.declarations[declaration.name] = declaration
        }
    }

    private mutating func set(_ name: String, _ value: OptionValue, _ origin: OptionOrigin) {
        guard configuration.values[name] == nil else { return }
        configuration.values[name] = (value, origin)
    }

    private func parse(
        _ text: String, _ declaration: OptionDeclaration, subject: String
    ) throws(ConfigurationError) -> OptionValue {
        do {
            return try declaration.kind.value(of: text)
        } catch {
            throw ConfigurationError(subject, error.text)
        }
    }

    // MARK: Flags

    mutating func readFlags(_ arguments: [String]) throws(ConfigurationError) {
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            guard argument.hasPrefix("--"), argument.utf8.count > 2 else {
                try readWord(argument)
                continue
            }
            let name: String
            var inline: String?
            if let equals = argument.firstIndex(of: "=") {
                name = String(argument[..<equals].dropFirst(2))
                inline = String(argument[argument.index(after: equals)...])
            } else {
                name = String(argument.dropFirst(2))
            }
            let (declaration, isNegated) = try flag(named: name)
            guard seen.insert(declaration.name).inserted else {
                throw ConfigurationError(declaration.flagName, "is given twice")
            }
            if declaration.kind == .flag {
                if isNegated, inline != nil { throw ConfigurationError("--\(name)", "takes no value") }
                let value = try inline.map { value throws(ConfigurationError) in
                    try parse(value, declaration, subject: declaration.flagName)
                }
                set(declaration.name, value ?? .flag(!isNegated), .flag)
                continue
            }
            if inline == nil, index < arguments.count, !arguments[index].hasPrefix("--") {
                inline = arguments[index]
                index += 1
            }
            guard let text = inline, !text.isEmpty else {
                throw ConfigurationError(declaration.flagName, "needs a value: \(declaration.placeholder)")
            }
            set(declaration.name, try parse(text, declaration, subject: declaration.flagName), .flag)
        }
        if !program.commands.isEmpty {
            let names = program.commands.map(\.name).joined(separator: ", ")
            throw ConfigurationError("", "a command is missing; it is one of \(names)")
        }
    }

    private mutating func readWord(_ word: String) throws(ConfigurationError) {
        if word.hasPrefix("-"), word.utf8.count > 1, word != "--" {
            throw unknownOption(word)
        }
        guard !program.commands.isEmpty else {
            throw ConfigurationError("", "unexpected argument \(quoted(word))")
        }
        guard let command = program.commands.first(where: { $0.name == word }) else {
            let names = program.commands.map(\.name)
            throw ConfigurationError("", "unknown command \(quoted(word))\(didYouMean(word, among: names))")
        }
        configuration.command = word
        declare(command.options)
        program = program.with(command)
    }

    private func flag(named name: String) throws(ConfigurationError) -> (OptionDeclaration, isNegated: Bool) {
        if let declaration = configuration.declarations[name] {
            if declaration.isSecret {
                throw ConfigurationError(
                    declaration.flagName,
                    "a secret is not given on the command line; use \(declaration.environmentName) or "
                        + Program.fileOption(of: declaration).flagName)
            }
            if declaration.sources.contains(.flag) { return (declaration, false) }
            throw ConfigurationError(declaration.flagName, "cannot be given on the command line")
        }
        if name.hasPrefix("no-"), let declaration = configuration.declarations[String(name.dropFirst(3))],
            declaration.kind == .flag, declaration.sources.contains(.flag)
        {
            return (declaration, true)
        }
        throw unknownOption("--\(name)")
    }

    private func unknownOption(_ name: String) -> ConfigurationError {
        var known = ["--help", "--version"]
        for option in program.options where option.sources.contains(.flag) {
            known.append(option.flagName)
            if option.kind == .flag { known.append("--no-\(option.name)") }
        }
        return ConfigurationError("", "unknown option \(printable(name))\(didYouMean(name, among: known))")
    }

    // MARK: Environment

    mutating func readEnvironment(_ environment: [String: String]) throws(ConfigurationError) {
        for declaration in program.options where declaration.sources.contains(.environment) {
            // An empty variable counts as unset: that is what `${NAME:-}` gives in a compose file.
            guard let text = environment[declaration.environmentName], !text.isEmpty else { continue }
            let value = try parse(text, declaration, subject: declaration.environmentName)
            set(declaration.name, value, .environment)
        }
        let known = Set(program.options.filter { $0.sources.contains(.environment) }.map(\.environmentName))
        let unknown = environment.keys
            .filter { $0.hasPrefix("GREENROOM_") && !known.contains($0) && !program.environmentOfOthers.contains($0) }
        for name in unknown.sorted().prefix(limits.warningsMax) {
            configuration.warnings.append(
                "environment variable \(printable(name)) is not known and ignored"
                    + didYouMean(name, among: known.sorted()))
        }
    }

    // MARK: Files

    mutating func readDocument(_ readFile: FileReader) throws(ConfigurationError) {
        guard program.readsFile, let (path, subject) = pathOption(Program.configOption.name) else { return }
        let bytes: [UInt8]
        do {
            bytes = try readFile(path)
        } catch {
            throw ConfigurationError(subject, "cannot read \"\(printablePath(path))\": \(error.reason)", pointsToHelp: false)
        }
        guard bytes.count <= limits.fileBytesMax else {
            throw ConfigurationError(
                subject, "\"\(printablePath(path))\" is larger than \(Units.bytes.text(of: limits.fileBytesMax))",
                pointsToHelp: false)
        }
        let members = try ConfigurationNode.parse(bytes, file: path, limits: limits).members()
        let options = program.options.filter { $0.sources.contains(.file) }
        for member in members where member.key != Program.schemaKey {
            if program.structuredKeys.contains(where: { $0.name == member.key }) {
                configuration.structured[member.key] = member.node
            } else if let option = options.first(where: { $0.fileKey == member.key }) {
                set(option.name, try member.node.option(option.kind), .file)
            } else if let option = program.options.first(where: { $0.fileKey == member.key }) {
                throw member.node.error(
                    option.isSecret
                        ? "a secret does not stand in this file; use \(option.environmentName) or "
                            + "\"\(Program.fileOption(of: option).fileKey)\"" : "cannot be given in this file")
            } else {
                throw member.unknownKey(in: "", among: options.map(\.fileKey) + program.structuredKeys.map(\.name))
            }
        }
    }

    /// A secret file goes before the secret's own variable only when it is named by a flag.
    mutating func readSecretFiles(_ readFile: FileReader) throws(ConfigurationError) {
        for secret in program.options where secret.isSecret {
            guard let (path, subject) = pathOption(Program.fileOption(of: secret).name),
                let origin = configuration.values["\(secret.name)-file"]?.origin,
                origin == .flag || configuration.values[secret.name] == nil
            else { continue }
            let bytes: [UInt8]
            do {
                bytes = try readFile(path)
            } catch {
                throw ConfigurationError(subject, "cannot read \"\(printablePath(path))\": \(error.reason)", pointsToHelp: false)
            }
            let text: String
            do {
                text = try SecretFile.text(bytes)
            } catch {
                throw ConfigurationError(subject, "\"\(printablePath(path))\" \(error.reason)", pointsToHelp: false)
            }
            configuration.secretFiles.append(path)
            configuration.values[secret.name] = (try parse(text, secret, subject: "\(subject): \"\(printablePath(path))\""), origin)
        }
    }

    /// The value of an option that holds a path, and how errors about it begin.
    private func pathOption(_ name: String) -> (path: String, subject: String)? {
        guard let declaration = configuration.declarations[name], let entry = configuration.values[name],
            case .text(let path) = entry.value
        else { return nil }
        switch entry.origin {
        case .flag, .fallback: return (path, declaration.flagName)
        case .environment: return (path, declaration.environmentName)
        case .file: return (path, declaration.fileKey)
        }
    }
}
