import Reactor
import SessionProtocol
import Testing

@testable import Service

/// A link that stands, to its end.
@Suite struct LinkLifeTests {
    private func standing() throws -> (LinkHarness, ConnectionID) {
        let harness = try LinkHarness()
        try harness.dial()
        #expect(try harness.turns { harness.isUp })
        return (harness, try #require(harness.matchmaker.proven.first).link)
    }

    @Test("Messages arrive whole and in order, both ways")
    func order() throws {
        let (harness, link) = try standing()
        let up = try records(1...300)
        for message in up { harness.dialer?.send(message) }
        for message in up.reversed() { harness.listener.send(message, to: link) }
        #expect(try harness.turns { harness.matchmaker.received.count == 300 && harness.coordinator.received.count == 300 })
        #expect(harness.matchmaker.received == up && harness.coordinator.received == up.reversed())
    }

    @Test("After a loss the coordinator hears of it once and is back by itself")
    func redial() throws {
        let (harness, _) = try standing()
        harness.listener.stop()
        #expect(try harness.turns { !harness.coordinator.downs.isEmpty })
        try harness.listen(secret: "")
        #expect(try harness.turns { harness.coordinator.ups.count == 2 })
        #expect(harness.coordinator.downs == ["closed by the other side"])
        #expect(harness.matchmaker.closed.count == 1)
    }

    @Test("A reject of a standing link is handed on with its words, whoever says it")
    func reject() throws {
        let (harness, link) = try standing()
        harness.listener.close(link, Reject(code: .nodeInUse, detail: "there is another one"))
        #expect(try harness.turns { !harness.coordinator.downs.isEmpty && !harness.matchmaker.closed.isEmpty })
        #expect(harness.coordinator.downs == ["closed by the other side: node_in_use: there is another one"])
        #expect(harness.matchmaker.closed == ["node_in_use: there is another one"])
        #expect(try harness.turns { harness.matchmaker.proven.count == 2 && harness.isUp })
        harness.dialer?.close(Reject(code: .shuttingDown, detail: "good night"))
        #expect(try harness.turns { harness.matchmaker.closed.count == 2 })
        #expect(harness.matchmaker.closed[1] == "closed by the other side: shutting_down: good night")
    }

    @Test("A link that is given up without a word is dialled again at once, though the other end answers nothing")
    func halfOpen() throws {
        let harness = try LinkHarness(closeTimeoutMs: 60_000)
        try harness.dial()
        #expect(try harness.turns { harness.isUp })
        harness.loop.pauseReading(try #require(harness.matchmaker.proven.first).link)
        harness.dialer?.close(nil)
        #expect(try harness.turns { harness.coordinator.ups.count == 2 })
        #expect(harness.coordinator.downs == ["given up"])
    }

    @Test("A matchmaker that takes no connection is given up after the time to connect, and dialled again")
    func connectTimeout() throws {
        let full = try FullListener()
        let harness = try LinkHarness()
        harness.limits.connectTimeoutMs = 50
        try harness.dial(address: "127.0.0.1:\(full.port)")
        #expect(try harness.turns { harness.coordinator.failures.count == 2 })
        #expect(harness.coordinator.failures.first?.end == "cannot connect: Connection timed out")
    }

    @Test("A reject in place of the welcome counts as a failure, so that the waits grow")
    func refusedAfterProof() throws {
        let harness = try LinkHarness()
        harness.matchmaker.onProven = { [unowned harness] in
            harness.listener.close($0, Reject(code: .nodeInUse, detail: "taken"))
        }
        try harness.dial()
        #expect(try harness.turns { harness.coordinator.failures.count == 3 })
        #expect(harness.coordinator.failures[0].end.contains("node_in_use: taken"))
        #expect(harness.coordinator.ups.isEmpty && harness.coordinator.downs.isEmpty)
    }

    @Test("What follows a close from inside a message's own call is not read any more")
    func closeInside() throws {
        let (harness, link) = try standing()
        harness.matchmaker.onReceived = { [unowned harness] _, link in harness.listener.close(link, nil) }
        harness.coordinator.onReceived = { [unowned harness] _ in harness.dialer?.stop() }
        for message in try records(1...10) {
            harness.dialer?.send(message)
            harness.listener.send(message, to: link)
        }
        #expect(try harness.turns { harness.loop.counters.connections == 0 })
        #expect(harness.matchmaker.received.count <= 1 && harness.coordinator.received.count <= 1)
        #expect(harness.matchmaker.received.count + harness.coordinator.received.count >= 1)
    }

    @Test("A dialer that was stopped says and does nothing more", arguments: [true, false])
    func stop(isUp: Bool) throws {
        let harness = try LinkHarness()
        try harness.dial()
        if isUp { #expect(try harness.turns { harness.isUp }) } else { harness.dialer?.dialIfDue() }
        let ups = harness.coordinator.ups.count
        harness.dialer?.stop()
        harness.dialer?.send(.drain)
        harness.dialer?.close(nil)
        #expect(harness.dialer?.nextDialMs == nil && harness.dialer?.isUp == false)
        #expect(try harness.turns { harness.loop.counters.connections == 0 })
        _ = try harness.turns(for: 150) { false }
        #expect(harness.loop.counters.connections == 0)
        #expect(harness.coordinator.ups.count == ups && harness.coordinator.downs.isEmpty)
        #expect(harness.coordinator.failures.isEmpty)
    }

    @Test("Links beyond the limit are hung up on, and the place of one that ended is free again")
    func limit() throws {
        let harness = try LinkHarness()
        harness.listener.stop()
        harness.limits.linksMax = 2
        try harness.listen(secret: "")
        var strangers = try (0..<3).map { _ in try RawClient(harness.address) }
        #expect(
            try harness.loop.turns {
                strangers[2].read()
                return strangers[2].hasEnded
            })
        strangers.removeAll()
        #expect(try harness.loop.turns { harness.loop.counters.connections == 0 })
        try harness.dial()
        #expect(try harness.turns { harness.isUp })
    }
}
