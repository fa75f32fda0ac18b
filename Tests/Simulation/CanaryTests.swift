import Simulation
import Testing

/// Each checker fires on a world that breaks its promise.
@Suite struct CanaryTests {
    static let expected: [(Canary, Set<Violation.Check>)] = [
        (.keepsAfterLease, [.twinSessions, .stranded, .leftBehind]),
        (.acknowledgesEarly, [.acknowledgedNotDurable]),
        (.persistsEarly, [.offeredBeforeDurable, .acknowledgedNotDurable, .toldTooEarly, .outcomeLost]),
        (.forgetsJournal, [.twinAtMatchmaker, .outcomeTwice, .outcomesDiffer, .twinSessions, .outcomeMissing, .tablesDisagree]),
        (.leaksConnections, [.leftBehind, .saidOnClosed, .deadlinePassed, .strangerHeard, .tablesDisagree]),
        (.forgetsOutbox, [.outcomesDiffer]),
        (.helpsStrangers, [.ticketNotNeeded]),
        (.tellsEarly, [.toldTooEarly]),
        (.missesDeadlines, [.deadlinePassed, .overdue]),
        (.swallowsEnds, [.stranded]),
        (.recordsTwice, [.outcomeTwice]),
        (.hidesRequeue, [.notRequeued]),
        (.losesMessages, [.orderBroken]),
        (.mixesBundles, [.ticksBroken]),
        (.inputFirst, [.twinSessions]),
    ]

    @Test("a world that breaks a promise on purpose is found out", arguments: expected)
    func found(canary: Canary, checks: Set<Violation.Check>) {
        var seed: UInt64 = 1
        while seed <= 60 {
            var options = RunOptions(seed: seed, preset: .storm)
            options.clients = 10
            options.coordinators = 2
            options.activeMs = 15_000
            options.canary = canary
            // Few of the scenes have ticks.
            if canary == .mixesBundles { options.clients = 60 }
            if canary == .keepsAfterLease { (options.clients, options.faultKinds) = (20, [.partition, .clientStorm]) }
            if canary == .inputFirst {
                // It takes a player who moves on while its coordinator stands still for longer than its lease.
                (options.seed, options.clients, options.activeMs) = (172 + seed, 30, 20_000)
                options.faultKinds = [.stall, .clientStorm]
            }
            if let violation = Run.run(options).violation {
                #expect(checks.contains(violation.check), "seed \(seed): \(violation.text)")
                return
            }
            seed += 1
        }
        Issue.record("nobody noticed")
    }

    @Test("each canary has its test")
    func all() { #expect(Set(Self.expected.map(\.0)) == Set(Canary.allCases)) }
}
