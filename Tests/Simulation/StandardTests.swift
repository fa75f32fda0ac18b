import Simulation
import Testing

@Suite struct StandardTests {
    @Test("in small worlds full of faults every promise is kept", arguments: 0..<16)
    func storms(part: UInt64) {
        for seed in (100 + part * 16)..<(100 + part * 16 + 16) {
            var options = RunOptions(seed: seed, preset: .storm)
            options.clients = 8
            options.activeMs = 10_000
            let violation = Run.run(options).violation
            #expect(violation == nil, "\(options.commandLine): \(violation?.text ?? "")")
        }
    }

    @Test("a calm world ends every game and leaves nothing")
    func calm() {
        var options = RunOptions(seed: 1, preset: .calm)
        options.clients = 20
        options.coordinators = 2
        options.activeMs = 10_000
        let result = Run.run(options)
        #expect(result.violation == nil)
        #expect(result.coverage.count(of: .completed, in: .playing) > 5)
        #expect(result.coverage.count(of: .noShow, in: .matched) == 0)
        #expect(result.events > 5_000)
    }
}
