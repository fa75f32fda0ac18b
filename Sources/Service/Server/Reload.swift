/// What came of a reload, which is what SIGHUP asks for.
public enum ReloadResult: String, CaseIterable, Sendable {
    /// What can change while the process runs is as the file says now.
    case applied
    /// Something is wrong with the file, so everything stays as it was.
    case failed
    /// There is no file, or nothing in it that this process could change while it runs.
    case nothing
}

/// Reads the sources of a configuration again, as they were read at start, and says what has come of it.
public struct Reload {
    private let program: Program
    /// What the process was started with, and runs with but for what was applied since.
    private let started: Configuration
    private let logger: Logger

    public init(_ program: Program, _ started: Configuration, _ logger: Logger) {
        self.program = program
        self.started = started
        self.logger = logger
    }

    /// One log line, whatever comes of it, and one more when options have changed that need a restart.
    /// - Parameter apply: takes over what it can of a good file and gives the fields of its line; nil when there is nothing
    ///   that it could take over. Its errors leave everything as it was.
    public func run(
        _ apply: (Configuration) throws(ConfigurationError) -> KeyValuePairs<String, LogValue>?
    ) -> ReloadResult {
        guard started.hasFile else {
            logger.info("reload_skipped", message: "there is no configuration file; --config names one")
            return .nothing
        }
        do throws(ConfigurationError) {
            let configuration = try program.readAgain()
            for warning in configuration.warnings { logger.warning("configuration", message: warning) }
            let fields = try apply(configuration)
            if let fields {
                logger.info("reloaded", fields)
            } else {
                logger.info("reload_skipped", message: "no option of this process changes while it runs")
            }
            let changed = configuration.optionsThatDiffer(from: started)
            if !changed.isEmpty {
                logger.warning(
                    "restart_needed", ["options": .string(changed.joined(separator: ","))],
                    message: "these have changed, and count from the next start on")
            }
            return fields == nil ? .nothing : .applied
        } catch {
            logger.error("reload_failed", ["why": .string(error.description)], message: "the old configuration stays")
            return .failed
        }
    }
}

extension Configuration {
    /// Whether a file was named at all.
    var hasFile: Bool { values[Program.configOption.name] != nil }

    /// The options whose values are others than in another configuration of the same program, by their keys in the file.
    func optionsThatDiffer(from other: Configuration) -> [String] {
        declarations.values.filter { declaration in
            func value(_ configuration: Configuration) -> OptionValue? {
                configuration.values[declaration.name]?.value ?? declaration.fallback
            }
            return value(self) != value(other)
        }.map(\.fileKey).sorted()
    }
}
