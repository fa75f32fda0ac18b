import Service

/// One command of `bench`, with what it was asked for.
protocol BenchCommand {
    /// Its word on the command line, its help and its own options.
    static var declaration: Command { get }
    init(_ configuration: Configuration) throws(ConfigurationError)
    /// Measures and prints. False when something that must hold does not, so that the process exits 1.
    func run() throws(BenchError) -> Bool
}

/// Why a run could not give its figures.
struct BenchError: Error {
    enum Kind {
        /// A server, the system or the network did not do what was needed.
        case failure
        /// A signal asked to stop.
        case interrupted

        var exitCode: Int32 {
            switch self {
            case .failure: 1
            case .interrupted: 130
            }
        }
    }

    let kind: Kind
    let message: String

    static func failure(_ message: String) -> BenchError { BenchError(kind: .failure, message: message) }
    static let interrupted = BenchError(kind: .interrupted, message: "interrupted")
}
