import SessionProtocol
import Testing

@testable import Matchmaking

@Suite struct PoolLatencyTests {
    private let regions = [
        LatencyRule.RegionPair(first: "eu", second: "eu", roundTripMs: 30),
        LatencyRule.RegionPair(first: "us", second: "us", roundTripMs: 40),
        LatencyRule.RegionPair(first: "eu", second: "us", roundTripMs: 120),
    ]

    @Test("the sum of both pings to the server is held against the cap, which widens by its steps")
    func pings() {
        var waiters = Waiters(.with { $0.latency = MatchingRules.latency((0, 80), (10_000, 150)) }, size: 2)
        waiters.join("ann", pingMs: 50)
        waiters.join("bob", pingMs: 31)
        #expect(waiters.groups == [])
        waiters.join("cid", pingMs: 49)
        #expect(waiters.groups == [["bob", "cid"]])
        waiters.join("dan", pingMs: 100)
        waiters.pass(10_000)
        #expect(waiters.groups.last == ["ann", "dan"])
        #expect(
            waiters.formed[1].reason.description
                == "2 of 2: round trip at most 150 ms (cap 150 ms); the longest wait was 10.0 s")
    }

    @Test("a round trip that is not known is within no cap; it may become known, and the least one counts")
    func unknown() {
        var waiters = Waiters(.with { $0.latency = MatchingRules.latency((0, 80), (10_000, nil)) }, size: 2)
        waiters.join("ann")
        waiters.join("bob", pingMs: 10)
        #expect(waiters.groups == [])
        waiters.setPing("ann", 90)
        waiters.setPing("ann", 95)
        #expect(waiters.groups == [])
        waiters.setPing("ann", 70)
        #expect(waiters.groups == [["ann", "bob"]])
        waiters.join("cid")
        waiters.join("dan")
        waiters.pass(10_000)
        #expect(waiters.groups.last == ["cid", "dan"])
        #expect(waiters.formed[1].reason.description.contains("round trips not known (without a cap)"))
    }

    @Test("the table of regions counts before pings, and a measured pair before both")
    func better() {
        let rules = MatchingRules.with { $0.latency = MatchingRules.latency((0, 80), regions: regions) }
        var waiters = Waiters(rules, size: 2)
        waiters.join("ann", [text("region", "eu")], pingMs: 500)
        waiters.join("bob", [text("region", "us")], pingMs: 1)
        #expect(waiters.groups == [])
        waiters.join("cid", [text("region", "eu")], pingMs: 500)
        #expect(waiters.groups == [["ann", "cid"]])
        waiters.book.setMeasured(.of("bob"), .of("dan"), roundTripMs: 79, nowMs: 0)
        waiters.leave("bob")
        waiters.join("bob", [text("region", "us")])
        waiters.join("dan", [text("region", "eu")])
        #expect(waiters.groups.last == ["bob", "dan"])
        waiters.join("eve", [text("region", "mars")], pingMs: 20)
        waiters.join("fay", [text("region", "eu")], pingMs: 60)
        #expect(waiters.groups.last == ["eve", "fay"], "a region that the table does not have")
    }

    @Test("no zone is left out that holds somebody within the cap")
    func zones() {
        let zones = LatencyZones(MatchingRules.latency((0, 80), regions: regions))
        for own in [0, 1, 4, 5, 9, 10, 11, 40, 79, 80, 81, 320, 2000, LatencyZones.unknownMs] as [UInt16] {
            for other in Array(0...100) + [639, 640, 641, 1280, LatencyZones.unknownMs] as [UInt16] {
                for (first, second) in [(0, 0), (0, 1), (1, 0), (1, 2), (2, 2)] as [(UInt16, UInt16)] {
                    guard let tripMs = zones.estimateMs((first, own), (second, other)) else { continue }
                    let zone = zones.zone(region: second, pingMs: other)
                    #expect(zones.isWithin(tripMs, (first, own), zone: zone), "\(own) \(other) \(first) \(second)")
                }
            }
        }
    }
}
