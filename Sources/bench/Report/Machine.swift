import Glibc
import WebProtocol

/// Facts about the machine and the build without which a figure means little.
struct Machine {
    let cores: Int
    let kernel: String
    let processor: String
    /// Load average of the last minute, at the start of the run.
    let loadAverage: Double
    let openFilesMax: Int
    let isOptimised: Bool

    init() throws(BenchError) {
        cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        kernel = Machine.firstLine("/proc/sys/kernel/osrelease")
        let model = (TextFile.read("/proc/cpuinfo") ?? "").split(separator: "\n").first { $0.hasPrefix("model name") }
        processor = model?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) } ?? "unknown"
        loadAverage = Double(Machine.firstLine("/proc/loadavg").prefix { $0 != " " }) ?? 0
        openFilesMax = try Limits.raiseOpenFiles()
        #if DEBUG
            isOptimised = false
        #else
            isOptimised = true
        #endif
    }

    var line: String {
        "\(cores) cores (\(processor)), Linux \(kernel), load \(loadAverage.fixed(2))"
            + (isOptimised ? "" : "; DEBUG BUILD: these figures mean little")
    }

    func write(to json: inout JSONWriter) {
        json.key("machine")
        json.object { json in
            json.member("cores", cores)
            json.member("processor", processor)
            json.member("kernel", kernel)
            json.member("loadAverage", loadAverage)
            json.member("openFilesMax", openFilesMax)
            json.member("optimised", isOptimised)
        }
    }

    private static func firstLine(_ path: String) -> String {
        (TextFile.read(path) ?? "").split(separator: "\n").first.map(String.init) ?? "unknown"
    }
}
