import Glibc
import Simulation

/// What is printed, and written down.
struct Report {
    private(set) var campaign = Campaign()
    private let settings: SimulateSettings
    private var shrunk: [RunOptions] = []

    init(_ settings: SimulateSettings) { self.settings = settings }

    func begin() {
        guard let path = settings.jsonPath else { return }
        // Found out before anything is run.
        if !File.write("", to: path) {
            Console.error("simulate: cannot write \(path)")
            exit(2)
        }
    }

    mutating func add(_ result: RunResult) {
        campaign.add(result)
        if settings.traceLines > 0 {
            for line in result.trace { Console.line(line) }
        }
        if settings.seeds.count == 1 || settings.traceLines > 0 {
            Console.line(
                "seed \(result.options.seed): \(result.clientCount) clients, \(result.coordinatorCount) coordinators, "
                    + "\(result.faultCount) faults, \(result.virtualMs / 1000) s of virtual time, \(result.events) events, "
                    + "digest \(String(result.digest, radix: 16))")
        }
    }

    /// Tells of a failure, and of the smallest run that shows it.
    mutating func failed(_ options: RunOptions) {
        guard let failure = campaign.failures.last, let violation = failure.violation else { return }
        shrunk.append(options)
        Console.line("FAILED  \(violation.text)")
        Console.line("  seed \(failure.options.seed); again: \(failure.options.commandLine)")
        let small = Run.run(options, traceLines: 60)
        if options != failure.options { Console.line("  smaller: \(options.commandLine)") }
        for fault in Run.faultTexts(options) { Console.line("    \(fault)") }
        Console.line("  its end, \(small.steps) steps in all:")
        for line in small.trace { Console.line("    \(line)") }
        if let violation = small.violation { Console.line("  \(violation.text)") }
    }

    func end(cpuSeconds: Double) {
        let rate = cpuSeconds > 0 ? Double(campaign.events) / cpuSeconds : 0
        Console.line(
            "\(campaign.runs) runs, \(campaign.events.grouped) events, \(campaign.steps.grouped) steps, "
                + "\((campaign.virtualMs / 60_000).grouped) min of virtual time in \(Int(cpuSeconds)) s of CPU time: "
                + "\(UInt64(rate).grouped) events a second")
        let lines = campaign.coverage.lines
        let missing = campaign.coverage.missing
        if settings.printsCoverage {
            for line in lines { Console.line("  \(line.group)  \(line.name)  \(line.count)") }
        }
        Console.line("reached \(lines.count - missing.count) of \(lines.count) exit paths, faults, quirks, branches and notices")
        if settings.checksCoverage {
            for line in missing { Console.line("never reached: \(line.group) \(line.name)") }
        }
        if campaign.failures.isEmpty { Console.line("every promise was kept") }
        write(cpuSeconds, rate)
    }

    private func write(_ cpuSeconds: Double, _ rate: Double) {
        guard let path = settings.jsonPath else { return }
        var json = "{\"runs\":\(campaign.runs),\"events\":\(campaign.events),\"steps\":\(campaign.steps),"
        json += "\"virtualMs\":\(campaign.virtualMs),\"cpuSeconds\":\(cpuSeconds),\"eventsPerSecond\":\(UInt64(rate)),\"failures\":["
        json += zip(campaign.failures, shrunk).map { failure, options in
            let violation = failure.violation
            return "{\"seed\":\(failure.options.seed),\"promise\":\(violation?.check.promise ?? 0),"
                + "\"check\":\(quoted(violation?.check.rawValue ?? "")),\"detail\":\(quoted(violation?.detail ?? "")),"
                + "\"again\":\(quoted(failure.options.commandLine)),\"smaller\":\(quoted(options.commandLine))}"
        }.joined(separator: ",")
        json += "],\"coverage\":["
        json += campaign.coverage.lines.map {
            "{\"group\":\(quoted($0.group)),\"name\":\(quoted($0.name)),\"count\":\($0.count)}"
        }.joined(separator: ",")
        json += "]}\n"
        if !File.write(json, to: path) { Console.error("simulate: cannot write \(path)") }
    }

    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..<"\u{20}": quoted += " "
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

enum Console {
    static func line(_ text: String) {
        print(text)
        fflush(nil)
    }
    static func error(_ text: String) { _ = File.put(text + "\n", STDERR_FILENO) }
}

enum File {
    /// Replaces a file by one with this text; false when it cannot.
    static func write(_ text: String, to path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return put(text, descriptor)
    }

    static func put(_ text: String, _ descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

extension UInt64 {
    /// With a comma between thousands.
    var grouped: String {
        var digits = ""
        for (index, digit) in String(self).reversed().enumerated() {
            if index > 0, index % 3 == 0 { digits.append(",") }
            digits.append(digit)
        }
        return String(digits.reversed())
    }
}
