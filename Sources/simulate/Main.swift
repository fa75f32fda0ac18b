import Glibc
import Service
import Simulation

/// `simulate`: both cores in a world of virtual time, network, disk and chance, with every promise checked on the way.
///
/// Exit codes: 0 when all went well, 1 when a promise was broken, 2 for a mistake on the command line, 3 when a path that
/// a standard run must reach was not.
@main
enum Simulate {
    static let promiseBroken: Int32 = 1
    static let coverageMissing: Int32 = 3

    static func main() {
        let settings = SimulateOptions.program.run { (configuration) throws(ConfigurationError) in
            try SimulateSettings(configuration)
        }
        CrashReport.install()
        var report = Report(settings)
        report.begin()
        let clock = ProcessorClock()
        var seeds = settings.seeds[...]
        while let seed = seeds.popFirst() {
            let options = settings.options(seed)
            CrashReport.running(options.commandLine)
            let result = Run.run(options, traceLines: settings.traceLines)
            report.add(result)
            if result.violation != nil {
                report.failed(settings.shrinks ? Shrinker.shrink(result) : options)
                if report.campaign.failures.count >= settings.failuresMax { break }
            }
            if let cpuMax = settings.cpuSecondsMax, clock.seconds > cpuMax { break }
        }
        report.end(cpuSeconds: clock.seconds)
        if !report.campaign.failures.isEmpty { exit(promiseBroken) }
        if settings.checksCoverage, !report.campaign.coverage.missing.isEmpty { exit(coverageMissing) }
    }
}

/// The CPU time of this process since it was made.
struct ProcessorClock {
    private let startNs = ProcessorClock.now()

    var seconds: Double { Double(ProcessorClock.now() - startNs) / 1e9 }

    private static func now() -> UInt64 {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
