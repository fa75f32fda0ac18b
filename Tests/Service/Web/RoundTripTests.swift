import Reactor
import Testing
import WebProtocol

@testable import Service

@Suite struct RoundTripTests {
    /// A harness with a client that has said its first message, and heard the answer.
    static func joined(
        intervalMs: UInt64, atOnce: Bool = false, _ change: (inout WebLimits) -> Void = { _ in }
    ) throws -> (WebHarness, RawClient) {
        let harness = try WebHarness {
            $0.roundTripIntervalMs = intervalMs
            change(&$0)
        }
        harness.application.measuresAtOnce = atOnce
        let client = try harness.webSocket()
        client.send(text("a"))
        #expect(try harness.until(client) { client.received.count >= serverText("a").count })
        // A ping that is wanted at once stands before it.
        if !atOnce { #expect(client.take(serverText("a").count) == serverText("a")) }
        return (harness, client)
    }

    /// The payload of the next ping.
    static func ping(_ harness: WebHarness, _ client: RawClient) throws -> [UInt8] {
        #expect(try harness.until(client) { client.received.count >= 10 })
        let frame = client.take(10)
        #expect(frame.starts(with: [0x89, 8]))
        return Array(frame.dropFirst(2))
    }

    @Test("a client is pinged at each interval, every ping is another, and each answer is measured")
    func measuring() throws {
        // Each ping leaves behind this time, which is before the answer to the last one.
        var beginMs = Clock.bootMs()
        let (harness, client) = try Self.joined(intervalMs: 60)
        var seen: Set<[UInt8]> = []
        for count in 1...4 {
            let payload = try Self.ping(harness, client)
            seen.insert(payload)
            try harness.loop.turns(for: 30)
            let answeredMs = Clock.bootMs()
            client.send(frame(0x8A, payload))
            #expect(try harness.until(client) { harness.application.roundTripsMs.count == count })
            let tookMs = Clock.bootMs() - beginMs
            #expect((30...tookMs).contains(UInt64(harness.application.roundTripsMs[count - 1])))
            beginMs = answeredMs
        }
        #expect(seen.count == 4)
    }

    @Test("where it is wanted soon, the first ping comes along with the first answer")
    func atOnce() throws {
        let (harness, client) = try Self.joined(intervalMs: 60_000, atOnce: true)
        #expect(try harness.until(client) { client.received.count >= 10 + serverText("a").count })
    }

    @Test("an answer that no ping has asked for, or with another payload, or a second time, counts for nothing")
    func forged() throws {
        let (harness, client) = try Self.joined(intervalMs: 300)
        client.send(frame(0x8A, []) + frame(0x8A, [UInt8](repeating: 0, count: 8)))
        let payload = try Self.ping(harness, client)
        for forged in [payload + [0], payload.reversed(), []] {
            client.send(frame(0x8A, forged))
            try harness.loop.turns(for: 20)
            #expect(harness.application.roundTripsMs == [])
        }
        client.send(frame(0x8A, payload) + frame(0x8A, payload))
        #expect(try harness.until(client) { harness.application.roundTripsMs.count == 1 })
        try harness.loop.turns(for: 30)
        #expect(harness.application.roundTripsMs.count == 1)
    }

    @Test("one who answers nothing is asked once, and given up after the idle time")
    func silent() throws {
        // It is heard for the last time behind this.
        let begin = Clock.bootMs()
        let (harness, client) = try Self.joined(intervalMs: 40) { $0.idleTimeoutMs = 800 }
        try harness.untilEnd(client)
        #expect(Clock.bootMs() - begin >= 800)
        #expect(client.take(10).starts(with: [0x89, 8]))
        #expect(client.received == serverClose(1001, "idle"), "and no second ping")
        #expect(harness.application.roundTripsMs == [])
        try harness.expectEmpty()
    }

    @Test("one who talks and answers pings is kept for as long as it likes, also without an answer to the first ping")
    func lively() throws {
        let (harness, client) = try Self.joined(intervalMs: 30) { $0.idleTimeoutMs = 1_200 }
        for _ in 0..<6 {
            try harness.loop.turns(for: 300)
            client.send(text("b"))
        }
        #expect(try harness.until(client) { client.received.count >= 6 * serverText("a").count + 10 })
        #expect(!client.hasEnded)
    }
}
