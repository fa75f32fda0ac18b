import Glibc
import Simulation

@main
enum Simulate {
    static func main() {
        let words = CommandLine.arguments.dropFirst()
        let seeds = words.compactMap { UInt64($0) }
        let first = seeds.first ?? 1
        let count = seeds.dropFirst().first ?? 1
        var preset = RunOptions.Preset.standard
        for word in words { if let p = RunOptions.Preset(rawValue: word) { preset = p } }
        let traced = words.contains("trace")
        for seed in first..<first + count {
            let start = clock()
            let result = Run.run(RunOptions(seed: seed, preset: preset), traceLines: traced ? 200000 : 0)
            let s = Double(clock() - start) / 1e6
            for line in result.trace { print(line) }
            print(seed, result.steps, result.events, "\(Int(Double(result.events)/s/1000))k/s", result.digest, result.violation?.text ?? "ok")
        }
    }
}
