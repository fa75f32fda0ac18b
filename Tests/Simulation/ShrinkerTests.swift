import Simulation
import Testing

@Suite struct ShrinkerTests {
    @Test("a failing run shrinks to one that breaks the same promise with less")
    func shrinks() throws {
        var options = RunOptions(seed: 2, preset: .storm)
        options.clients = 12
        options.activeMs = 12_000
        options.canary = .hidesRequeue
        var failing = Run.run(options)
        while failing.violation == nil, options.seed < 30 {
            options.seed += 1
            failing = Run.run(options)
        }
        let check = try #require(failing.violation?.check)
        let small = Shrinker.shrink(failing, runsMax: 120)
        let result = Run.run(small, traceLines: 20)
        #expect(result.violation?.check == check)
        #expect((small.keptClients?.count ?? 12) < 12)
        #expect(result.faultCount < failing.faultCount)
        #expect(result.steps <= failing.steps)
        #expect(!result.trace.isEmpty)
        #expect(Run.run(small).digest == result.digest, "it replays")
    }
}
