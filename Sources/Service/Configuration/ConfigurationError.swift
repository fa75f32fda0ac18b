/// Limits of everything that the option engine reads.
public struct ConfigurationLimits: Sendable {
    /// Largest configuration file.
    public var fileBytesMax = 1 << 20
    /// Largest secret, and largest file that holds one.
    public var secretBytesMax = 4096
    /// Deepest nesting of arrays and objects in a configuration file.
    public var jsonDepthMax = 32
    /// Longest outside value that an error repeats, in characters.
    public var quotedCharactersMax = 60
    /// Characters of a path that an error shows.
    public var pathCharactersMax = 1024
    /// Most warnings that are kept for the log.
    public var warningsMax = 16

    public init() {}
}

/// What is wrong with a command line, an environment or a configuration file: one line, no control characters.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What the problem is about: `--listen`, `GREENROOM_LISTEN` or `file.json:3:14: scenes`.
    public let subject: String
    /// What is wrong with it: `"foo" is not HOST:PORT or unix:PATH`.
    public let problem: String
    /// Whether the help page would help.
    public let pointsToHelp: Bool

    public init(_ subject: String, _ problem: String, pointsToHelp: Bool = true) {
        self.subject = subject
        self.problem = problem
        self.pointsToHelp = pointsToHelp
    }

    /// The same error, its subject followed by what stands there, in words.
    public func about(_ words: String) -> ConfigurationError {
        ConfigurationError("\(subject) (\(words))", problem, pointsToHelp: pointsToHelp)
    }

    /// The line without the program's name.
    public var description: String {
        let start = subject.isEmpty ? problem : "\(subject): \(problem)"
        return pointsToHelp ? "\(start) (see --help)" : start
    }
}

/// Why a file could not be read, in the operating system's words.
public struct FileProblem: Error, Equatable, Sendable {
    public let reason: String

    public init(reason: String) {
        self.reason = reason
    }
}

/// Why a text is not a value of its option's kind; says nothing about where the text came from.
struct ValueProblem: Error, Equatable {
    let text: String

    init(_ text: String) {
        self.text = text
    }
}

/// An outside text between quotes, cut to a bounded length, control characters escaped, so that it stays on one line.
public func quoted(_ text: String) -> String {
    "\"\(printable(text))\""
}

/// A path made fit to print, without quotes: whole, since what tells it from others stands at its end.
func printablePath(_ path: String) -> String {
    printable(path, charactersMax: ConfigurationLimits().pathCharactersMax)
}

/// An outside text made fit to print, without quotes; see `quoted`.
func printable(_ text: String, charactersMax: Int = ConfigurationLimits().quotedCharactersMax) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
        if count == charactersMax {
            result += "…"
            break
        }
        count += 1
        if isPrintable(scalar) {
            result.unicodeScalars.append(scalar)
        } else {
            result += "\\u{\(String(scalar.value, radix: 16))}"
        }
    }
    return result
}

/// Whether a terminal shows this scalar as itself: no control characters, no line separators, no marks that turn the
/// direction of the text around.
func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20..<0x7F: true
    case 0..<0xA0: false
    case 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: false
    default: true
    }
}
