import Reactor
import SessionProtocol
import Testing

@testable import Service

/// Whoever connects to the matchmaker's end without being a coordinator.
@Suite struct StrangerTests {
    static func frame(_ message: Message) -> [UInt8] {
        var bytes: [UInt8] = []
        Frame.append(message, to: &bytes)
        return bytes
    }

    @Test(
        "A stranger is refused with the reason, and hung up on",
        arguments: [
            (Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), "a frame could not be read: frame length"),
            ([0xFF, 0xFF, 0xFF, 0xFF], "a frame could not be read: frame length 4294967295"),
            ([0, 0, 0, 1], "a frame could not be read: frame length 1"),
            ([0, 0, 0, 8, 9, 1, 0, 0, 0, 0, 0, 0], "a frame could not be read: unknown version 9"),
            (frame(.inventoryEnd), "inventoryEnd has no place"), (frame(.drain), "drain has no place"),
        ])
    func refused(bytes: [UInt8], reason: String) throws {
        let harness = try LinkHarness()
        let stranger = try RawClient(harness.address)
        stranger.send(bytes)
        #expect(
            try harness.loop.turns {
                stranger.read()
                return stranger.hasEnded
            })
        stranger.finishSending()
        #expect(try harness.loop.turns { harness.loop.counters.connections == 0 })
        #expect(harness.matchmaker.refused.count == 1 && harness.matchmaker.refused[0].contains(reason))
        #expect(harness.matchmaker.proven.isEmpty && harness.matchmaker.received.isEmpty)
        // The last word is a frame that says why.
        guard case .reject? = try Frame.read(stranger.received.span, at: 0)?.message else {
            Issue.record("no reject came")
            return
        }
    }

    @Test("Silence, and half of a frame and then silence, end with the handshake's time", arguments: [0, 1, 5, 20])
    func silence(count: Int) throws {
        let harness = try LinkHarness(handshakeTimeoutMs: 50)
        let stranger = try RawClient(harness.address)
        let hello = Hello(
            versionMin: 1, versionMax: 1, node: try NodeID("n"), incarnation: Incarnation(1),
            nonce: [UInt8](repeating: 1, count: 32), capacity: 1, publicURL: "")
        stranger.send(Array(Self.frame(.hello(hello)).prefix(count)))
        #expect(try harness.loop.turns { !harness.matchmaker.refused.isEmpty })
        #expect(harness.matchmaker.refused == ["the handshake did not end in time"])
        #expect(harness.loop.counters.connections == 0)
    }

    @Test("A stranger that leaves in any phase is told of once")
    func leaving() throws {
        let harness = try LinkHarness()
        let hello = Hello(
            versionMin: 1, versionMax: 1, node: try NodeID("n"), incarnation: Incarnation(1),
            nonce: [UInt8](repeating: 1, count: 32), capacity: 1, publicURL: "")
        for (count, bytes) in [[], Array(Self.frame(.hello(hello)).prefix(9)), Self.frame(.hello(hello))].enumerated() {
            let stranger = try RawClient(harness.address)
            stranger.send(bytes)
            try harness.loop.turns(for: 30)
            stranger.finishSending()
            #expect(try harness.loop.turns { harness.matchmaker.refused.count == count + 1 })
        }
        #expect(harness.loop.counters.connections == 0)
    }

    @Test("Bytes in the place of the matchmaker's challenge are refused by the coordinator, who dials on")
    func falseMatchmaker() throws {
        let harness = try LinkHarness()
        harness.listener.stop()
        let impostor = Impostor(loop: harness.loop)
        let listener = try harness.loop.listen(at: .loopback(port: 0), handler: impostor)
        for answer in [Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), Self.frame(.inventoryEnd), Self.frame(LinkHarness.welcome)] {
            impostor.answer = answer
            try harness.dial(address: listener.address.description)
            let before = harness.coordinator.failures.count
            #expect(try harness.turns { harness.coordinator.failures.count > before })
            harness.dialer?.stop()
        }
        #expect(harness.coordinator.ups.isEmpty && harness.coordinator.downs.isEmpty)
    }
}

/// Answers the first bytes of every connection with something else.
private final class Impostor: ConnectionHandler {
    let loop: EventLoop
    var answer: [UInt8] = []

    init(loop: EventLoop) { self.loop = loop }
    func opened(_ id: ConnectionID, peer: SocketAddress) {}
    func received(_ bytes: inout MutableSpan<UInt8>, from id: ConnectionID) {
        let answer = answer
        _ = loop.send(answer.span, to: id)
    }
    func deadlineReached(_ id: ConnectionID) {}
    func drained(_ id: ConnectionID) {}
    func closed(_ id: ConnectionID, reason: ConnectionCloseReason) {}
}
