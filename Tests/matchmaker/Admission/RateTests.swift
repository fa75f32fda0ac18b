import Matchmaking
import Reactor
import Service
import SessionProtocol
import Testing

@testable import matchmaker

@Suite struct RateTableTests {
    @Test("after a pause so many come at once, then one at each interval, and the wait is told exactly")
    func burst() {
        // One a second.
        var table = RateTable<String>(RateLimit(perMinute: 60, burst: 3), keysMax: 10)
        let answers = (0..<4).map { _ in table.take("a", nowMs: 5_000) }
        #expect(answers == [nil, nil, nil, 1_000])
        #expect(table.take("a", nowMs: 5_400) == 600)
        #expect(table.take("a", nowMs: 5_999) == 1)
        #expect(table.take("a", nowMs: 6_000) == nil)
        #expect(table.take("a", nowMs: 6_000) == 1_000)
        // Two seconds are two tokens.
        #expect([table.take("a", nowMs: 8_000), table.take("a", nowMs: 8_000), table.take("a", nowMs: 8_000)] == [nil, nil, 1_000])
        // A long pause fills the bucket and no more.
        #expect((0..<4).map { _ in table.take("a", nowMs: 900_000) } == [nil, nil, nil, 1_000])
    }

    @Test("keys count apart, and to be refused costs nothing")
    func keys() {
        var table = RateTable<String>(RateLimit(perMinute: 6, burst: 1), keysMax: 10)
        #expect(table.take("a", nowMs: 0) == nil)
        #expect(table.take("b", nowMs: 0) == nil)
        for _ in 0..<100 { #expect(table.take("a", nowMs: 9_000) == 1_000) }
        #expect(table.take("a", nowMs: 10_000) == nil)
    }

    @Test("a bucket is forgotten when it is full again, not before")
    func expiry() {
        var table = RateTable<String>(RateLimit(perMinute: 60, burst: 2), keysMax: 10)
        _ = (table.take("a", nowMs: 0), table.take("a", nowMs: 0))
        table.expire(nowMs: 1_999)
        #expect(table.count == 1)
        #expect(table.take("a", nowMs: 999) == 1)
        table.expire(nowMs: 2_001)
        #expect(table.count == 0)
    }

    @Test("a thousand addresses make no more than so many buckets, and the latest stay")
    func bounded() {
        var table = RateTable<Int>(RateLimit(perMinute: 1, burst: 1), keysMax: 100)
        for key in 0..<1_000 { #expect(table.take(key, nowMs: UInt64(key)) == nil) }
        #expect(table.count == 100)
        #expect(table.take(999, nowMs: 1_000) == 59_999)
        #expect(table.take(899, nowMs: 1_000) == nil, "forgotten")
    }

    @Test("rates that a minute does not divide lose nothing that can be seen")
    func uneven() {
        var table = RateTable<Int>(RateLimit(perMinute: 7, burst: 1), keysMax: 1)
        var taken = 0
        for ms in UInt64(0)..<60_000 where table.take(1, nowMs: ms) == nil { taken += 1 }
        #expect(taken == 7)
    }
}

@Suite struct JoinRateTests {
    private func answer(_ body: () throws(AdmissionRefusal) -> Void) -> String? {
        do throws(AdmissionRefusal) {
            try body()
            return nil
        } catch {
            return "\(error.label): \(error.clientError.message)"
        }
    }

    @Test("addresses and subjects count apart; a proven name is another than one that is only said, and each proof another")
    func kinds() throws {
        var limits = JoinRateLimits()
        limits.perAddress = RateLimit(perMinute: 30, burst: 2)
        limits.perSubject = RateLimit(perMinute: 6, burst: 1)
        var rates = JoinRates(limits)
        let address = AddressKey(.loopback(port: 1))
        let ann = try SubjectID("ann")
        #expect(answer { () throws(AdmissionRefusal) in try rates.take(address, nowMs: 0) } == nil)
        #expect(answer { () throws(AdmissionRefusal) in try rates.take(address, nowMs: 0) } == nil)
        #expect(
            answer { () throws(AdmissionRefusal) in try rates.take(address, nowMs: 1) }
                == "rate_address: too many joins from this address; try again in 2 s")
        #expect(answer { () throws(AdmissionRefusal) in try rates.take(ann, .said, nowMs: 0) } == nil)
        #expect(
            answer { () throws(AdmissionRefusal) in try rates.take(ann, .said, nowMs: 0) }
                == "rate_subject: too many joins of this subject; try again in 10 s")
        #expect(answer { () throws(AdmissionRefusal) in try rates.take(ann, .place, nowMs: 0) } == nil)
        #expect(answer { () throws(AdmissionRefusal) in try rates.take(ann, .token, nowMs: 0) } == nil)
        #expect(rates.tables.map(\.count) == [1, 3])
        rates.expire(nowMs: 60_000)
        #expect(rates.tables.map(\.count) == [0, 0])
    }

    @Test("without a limit nothing is kept")
    func unlimited() throws {
        var rates = JoinRates(JoinRateLimits())
        for _ in 0..<1_000 { try rates.take(try SubjectID("ann"), .said, nowMs: 0) }
        #expect(rates.tables.map(\.count) == [0, 0])
    }

    @Test("the options say how much, and wrong ones are named")
    func options() throws {
        let all = try settings([
            "--joins-per-address", "10", "--joins-per-address-burst", "5", "--joins-per-subject", "0", "--allowed-origins",
            "https://a.example,null", "--trusted-proxies", "10.0.0.0/8,unix", "--proxy-header", "forwarded",
            "--connections-per-address", "3", "--round-trip-interval", "0", "--round-trips-kept", "2h",
        ])
        #expect(all.joinRates.perAddress == RateLimit(perMinute: 10, burst: 5))
        #expect(all.joinRates.perSubject.perMinute == 0)
        #expect(all.web.access.connectionsPerAddressMax == 3 && all.web.roundTripIntervalMs == 0)
        #expect(all.matchmaking.pool.measuredPairsLifetimeMs == 7_200_000)
        #expect(complaint(["--allowed-origins", "example.org"]).hasPrefix(#"--allowed-origins: "example.org" is neither "#))
        #expect(complaint(["--trusted-proxies", "10.0.0.1/8"]).contains("the network is 10.0.0.0/8"))
        #expect(complaint(["--proxy-header", "x-real-ip"]).hasPrefix("--proxy-header: "))
    }
}
