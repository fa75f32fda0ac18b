import Simulation
import Testing

@Suite struct DeterminismTests {
    @Test("the same seed gives the same stream of events", arguments: [1, 2, 3] as [UInt64])
    func same(seed: UInt64) {
        let first = Run.run(RunOptions(seed: seed))
        let second = Run.run(RunOptions(seed: seed))
        #expect(first.digest == second.digest)
        #expect(first.steps == second.steps)
    }
}
