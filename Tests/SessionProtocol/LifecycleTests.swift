import SessionProtocol
import Testing

@Suite struct LifecycleTests {
    /// Written by hand from the picture of the lifecycle: rows from, columns to, in the order of `order`.
    static let order: [SessionState] = [.waiting, .matched, .validating, .playing, .ended]
    static let table = [
        ".X..X",
        "..XXX",
        "...XX",
        "....X",
        ".....",
    ]

    @Test("the lifecycle is the picture's, for all 25 pairs")
    func pairs() {
        for (from, row) in zip(LifecycleTests.order, LifecycleTests.table) {
            for (to, mark) in zip(LifecycleTests.order, row) {
                #expect(from.allows(to) == (mark == "X"), "\(from) to \(to)")
            }
        }
        #expect(SessionState.allCases == LifecycleTests.order)
        #expect(SessionState.allCases.map(\.rawValue) == [1, 2, 3, 4, 5])
        #expect(SessionState.allCases.map(\.description) == ["waiting", "matched", "validating", "playing", "ended"])
    }

    /// In the order in which the protocol's page names them; the codes count from 1.
    static let reasons = [
        "completed", "player_left", "player_disconnected", "player_excluded", "validation_failed",
        "validation_timeout", "no_show", "wait_timeout", "all_left", "not_confirmed", "barrier_timeout",
        "no_coordinator", "coordinator_lost", "cancelled", "superseded", "time_limit", "shutdown",
    ]

    @Test("end reasons have the names and codes that are published")
    func reasons() {
        #expect(EndReason.allCases.map(\.description) == LifecycleTests.reasons)
        #expect(EndReason.allCases.map { Int($0.rawValue) } == Array(1...17))
        for name in LifecycleTests.reasons { #expect(EndReason(name: name)?.description == name) }
        #expect(EndReason(name: "Completed") == nil)
        #expect(EndReason(name: "") == nil)
    }
}
