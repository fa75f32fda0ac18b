import Matchmaking

/// What each stage of a subject's way takes by itself: joins while there is no coordinator, then the hand-offs of the groups
/// that they have made, then the ends of these sessions; in rounds.
struct MatchStages {
    /// A join that waits, or completes a group, with what it makes others hear and the steps that pass meanwhile.
    private(set) var joinNs = 0.0
    private(set) var joins = 0
    /// From a group that waits to players who have been told and have closed, and a session that is played.
    private(set) var handOffNs = 0.0
    /// From the owner's word to its acknowledgement and nothing left.
    private(set) var endNs = 0.0
    private(set) var sessions = 0

    var nsPerJoin: Double { joinNs / Double(max(1, joins)) }
    var nsPerHandOff: Double { handOffNs / Double(max(1, sessions)) }
    var nsPerEnd: Double { endNs / Double(max(1, sessions)) }

    /// Leaves the driver without a coordinator.
    static func measured(
        _ driver: inout MatchDriver, _ clock: inout PopulationClock, joins: Int, capacity: UInt32,
        _ attributes: () -> Attributes
    ) throws(BenchError) -> MatchStages {
        let joinsPerRound = 2 * MatchDriver.liveMax
        var stages = MatchStages()
        driver.hangUp()
        for _ in 0..<max(1, joins / joinsPerRound) {
            var requests: [JoinRequest] = []
            for _ in 0..<joinsPerRound { requests.append(try driver.request(attributes())) }
            stages.joinNs += MatchMeasure.timed {
                for request in requests {
                    driver.pass(to: clock.next())
                    driver.join(request)
                    driver.settle()
                }
            }
            stages.joins += joinsPerRound
            try driver.prepareHandOffs(capacity: capacity)
            stages.handOffNs += MatchMeasure.timed { driver.handOffAll() }
            stages.sessions += driver.liveCount
            driver.drain()
            stages.endNs += MatchMeasure.timed { driver.endAll() }
            driver.hangUp()
        }
        return stages
    }
}
