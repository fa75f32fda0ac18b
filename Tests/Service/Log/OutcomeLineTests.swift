import SessionProtocol
import Testing

@testable import Service

@Suite struct OutcomeLineTests {
    @Test("The line of a session of sixteen names all of its 120 pairs, however long their round trips are")
    func sixteen() throws {
        var roundTrips: [PairRoundTrip] = []
        for lower in 0..<16 as Range<UInt64> {
            for higher in lower + 1..<16 {
                let pair = try #require(PlayerPair(PlayerIndex(UInt8(lower)), PlayerIndex(UInt8(higher))))
                roundTrips.append(PairRoundTrip(pair, roundTripUs: 59_999_999))
            }
        }
        let log = try LogHarness(.json)
        log.logger.log(
            Outcome(
                session: SessionID(high: 1, low: 2), attempt: Attempt(1), scene: try SceneID("crowd"), reason: .completed, endedIn: .playing,
                endedAtUnixMs: 1, players: try (0..<16).map { PlayerOutcome(subject: try SubjectID("player-\($0)")) },
                extensions: Extensions(roundTrips: roundTrips)))
        let lines = log.lines()
        try #require(lines.count == 1)
        guard case .text(let pairs)? = try fields(lines[0])["round_trips_ms"] else {
            Issue.record("the line has round trips")
            return
        }
        #expect(pairs.split(separator: ",").count == 120 && pairs.hasSuffix("14-15=59999.999"))
    }
}
