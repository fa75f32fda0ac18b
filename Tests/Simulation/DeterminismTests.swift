import Simulation
import Testing

@Suite struct DeterminismTests {
    static func small(_ seed: UInt64) -> RunOptions {
        var options = RunOptions(seed: seed, preset: .storm)
        options.clients = 8
        options.activeMs = 10_000
        return options
    }

    @Test("the same seed gives the same stream of events", arguments: 1...6 as ClosedRange<UInt64>)
    func same(seed: UInt64) {
        let first = Run.run(Self.small(seed))
        let second = Run.run(Self.small(seed), traceLines: 50)
        #expect(first.digest == second.digest)
        #expect(first.steps == second.steps)
        #expect(!second.trace.isEmpty && first.trace.isEmpty)
    }

    @Test("another seed, or one fault less, gives another stream")
    func different() {
        let first = Run.run(Self.small(1))
        #expect(first.digest != Run.run(Self.small(2)).digest)
        var without = Self.small(1)
        without.keptFaults = Array(Run.faultNumbers(without).dropFirst())
        #expect(first.digest != Run.run(without).digest)
    }

    @Test("what is left out of a run leaves its other faults as they were")
    func stableFaults() {
        var options = Self.small(3)
        let all = Run.faultTexts(options)
        options.keptFaults = [1, 4]
        options.keptClients = [0]
        #expect(Run.faultTexts(options) == [all[1], all[4]])
    }

    @Test("the command line names all that differs from the usual")
    func commandLine() {
        var options = RunOptions(seed: 7)
        #expect(options.commandLine == "simulate --seed 7")
        options.clients = 3
        options.faultKinds = [.kill, .stall]
        options.quirks = []
        options.keptClients = [2]
        #expect(options.commandLine == "simulate --seed 7 --clients 3 --faults stall,kill --quirks none --keep-clients 2")
    }
}
