/// What came of a run.
public struct RunResult: Sendable {
    public let options: RunOptions
    public let steps: UInt64
    /// Deliveries to a core or a client.
    public let events: UInt64
    /// Of all that happened, in order: the same for the same options.
    public let digest: UInt64
    public let virtualMs: UInt64
    public let violation: Violation?
    public let coverage: Coverage
    /// The faults that took place, and then the last lines of what happened, if they were asked for.
    public let trace: [String]
    public let faultCount: Int
    public let clientCount: Int
    public let coordinatorCount: Int
}

/// One run of a world.
public enum Run {
    /// - Parameters:
    ///   - traceLines: how many lines of the end of the run to keep.
    ///   - stepsMax: a run that is longer is left unfinished.
    public static func run(_ options: RunOptions, traceLines: Int = 0, stepsMax: UInt64 = .max) -> RunResult {
        let world = World(options, traceLines: traceLines)
        unsafe current = world
        defer { unsafe current = nil }
        world.run(stepsMax: stepsMax)
        return RunResult(
            options: options, steps: world.steps, events: world.events, digest: world.digest,
            virtualMs: world.nowUs / 1000, violation: world.violation, coverage: world.coverage,
            trace: world.trace?.last ?? [], faultCount: world.plan.faults.count, clientCount: world.plan.clients,
            coordinatorCount: world.plan.coordinators.count)
    }

    /// For one who reports that a core has trapped: only then a run is left in its middle, and its world can be read.
    nonisolated(unsafe) private static var current: World?

    /// The last lines of the run that goes on, when it was asked for a trace.
    public static var unfinishedTrace: [String] { unsafe current?.trace?.last ?? [] }

    /// The faults of a run, a line each.
    public static func faultTexts(_ options: RunOptions) -> [String] { RunPlan(options).faults.map(\.text) }

    /// The faults of a run, by number.
    public static func faultNumbers(_ options: RunOptions) -> [Int] { RunPlan(options).faults.map(\.index) }
}
