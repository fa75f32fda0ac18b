/// Where a value came from; the later ones go before the earlier ones.
public enum OptionOrigin: Int, Comparable, Sendable {
    case fallback
    case file
    case environment
    case flag

    public static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }
}

/// The values of a program's options, all checked.
public struct Configuration: Sendable {
    /// The command given, when the program has commands.
    public internal(set) var command: String?
    /// Things that look like mistakes but stop nothing; for the log, once.
    public internal(set) var warnings: [String] = []
    /// The files that secrets were read from.
    var secretFiles: [String] = []
    var values: [String: (value: OptionValue, origin: OptionOrigin)] = [:]
    var structured: [String: ConfigurationNode] = [:]
    var declarations: [String: OptionDeclaration] = [:]

    /// The value of an option that the program has declared.
    public subscript<Value>(option: Option<Value>) -> Value {
        let name = option.declaration.name
        precondition(declarations[name] != nil, "--\(name) is not declared")
        guard let value = option.extract(values[name]?.value ?? option.declaration.fallback) else {
            preconditionFailure("--\(name) has a value of another kind than declared")
        }
        return value
    }

    /// Where an option's value came from.
    public func origin(of option: some DeclaredOption) -> OptionOrigin {
        values[option.declaration.name]?.origin ?? .fallback
    }

    /// A structured key of the file, or nil when the file lacks it or there is none.
    public subscript(structured key: String) -> ConfigurationNode? {
        structured[key]
    }

    /// An error about an option's value, for checks that only the program can do: it names the place that the value
    /// came from.
    public func error(
        _ option: some DeclaredOption, _ problem: String, pointsToHelp: Bool = true
    ) -> ConfigurationError {
        var declaration = option.declaration
        var problem = problem
        if declaration.isSecret, let path = secretFiles.last {
            declaration = Program.fileOption(of: declaration)
            problem = "\"\(printablePath(path))\" \(problem)"
        }
        let subject =
            switch origin(of: option) {
            case .flag: declaration.flagName
            case .environment: declaration.environmentName
            case .file: declaration.fileKey
            case .fallback: declaration.isSecret ? declaration.environmentName : declaration.flagName
            }
        return ConfigurationError(subject, problem, pointsToHelp: pointsToHelp)
    }
}
