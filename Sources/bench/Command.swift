/// One subcommand of `bench`.
protocol BenchCommand {
    /// The word on the command line.
    static var name: String { get }
    /// One line for the list of commands.
    static var summary: String { get }
    /// The whole help text, without a newline at its end.
    static var help: String { get }
    /// What may follow the command's name.
    static var options: [Option] { get }
    /// Measures and prints. False when something that must hold does not, so that the process exits 1.
    static func run(_ options: Options) throws(BenchError) -> Bool
}

/// Why a run could not give its figures.
struct BenchError: Error {
    enum Kind {
        /// The command line is wrong.
        case usage
        /// A server, the system or the network did not do what was needed.
        case failure
        /// A signal asked to stop.
        case interrupted

        var exitCode: Int32 {
            switch self {
            case .usage: 2
            case .failure: 1
            case .interrupted: 130
            }
        }
    }

    let kind: Kind
    let message: String

    static func usage(_ message: String) -> BenchError { BenchError(kind: .usage, message: message) }
    static func failure(_ message: String) -> BenchError { BenchError(kind: .failure, message: message) }
    static let interrupted = BenchError(kind: .interrupted, message: "interrupted")
}
