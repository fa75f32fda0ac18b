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

    @Test("a journal is lost, or loses its end, while somebody is inside of a session that was taken back elsewhere")
    func staleJournals() {
        var coverage = Coverage()
        for seed in 1...12 as ClosedRange<UInt64> {
            var options = RunOptions(seed: seed, preset: .storm)
            options.coordinators = 3
            options.faultKinds = [.staleJournal]
            let result = Run.run(options)
            #expect(result.violation == nil, "\(options.commandLine): \(result.violation?.text ?? "")")
            coverage.add(result.coverage)
        }
        for probe in [Probe.answerCutOff, .journalLostOvertaken, .journalDamagedOvertaken] {
            #expect(coverage.probes[probe.rawValue] > 0, "\(probe)")
        }
        #expect(coverage.names["doubted", default: 0] > 0 && coverage.names["adopted", default: 0] > 0)
    }

    @Test("an end of an attempt that was taken back is nobody's outcome, also when the journal that knew so is lost")
    func acknowledgedAndTakenBack() {
        let options = RunOptions(seed: 2_581, preset: .storm)
        let violation = Run.run(options).violation
        #expect(violation == nil, "\(options.commandLine): \(violation?.text ?? "")")
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
