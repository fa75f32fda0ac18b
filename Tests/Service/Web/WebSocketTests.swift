import Reactor
import Testing
import WebProtocol

@testable import Service

@Suite struct WebSocketTests {
    @Test("Frames in the same bytes as the upgrade are read")
    func together() throws {
        let harness = try WebHarness()
        let client = try harness.client()
        client.send(Array(WebHarness.upgrade.utf8) + text("one") + text("two"))
        let expected = serverText("one") + serverText("two")
        #expect(try harness.until(client) { client.received.suffix(expected.count) == expected[...] })
    }

    @Test("A binary message carries its two bytes of header before the payload", arguments: [0, 123, 124, 65_533, 65_534])
    func binary(count: Int) throws {
        let harness = try WebHarness()
        let client = try harness.webSocket()
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        client.send(frame(0x82, [1, 7] + payload))
        let length = count + 2
        let header: [UInt8] =
            switch length {
            case ..<126: [0x82, UInt8(length)]
            case ..<65_536: [0x82, 126, UInt8(length >> 8), UInt8(length & 0xFF)]
            default: [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]
            }
        #expect(try harness.until(client) { client.received.count >= header.count + length })
        #expect(client.received == header + [1, 7] + payload)
    }

    @Test("Without a first message in time the client is told and closed")
    func firstMessage() throws {
        let harness = try WebHarness { $0.firstMessageTimeoutMs = 800 }
        let client = try harness.webSocket()
        // A ping is no message.
        client.send(frame(0x89, []))
        try harness.untilEnd(client)
        let code = ErrorCode.timeout.closeCode.rawValue
        #expect(client.received == [0x8A, 0] + serverText("timeout") + serverClose(code, "timeout"))
        try harness.expectEmpty()
    }

    @Test("A silent peer is pinged, kept while it answers, and given up when it does not")
    func idle() throws {
        let harness = try WebHarness {
            $0.pingAfterMs = 60
            $0.idleTimeoutMs = 1_500
        }
        let client = try harness.webSocket()
        client.send(text("a"))
        #expect(try harness.until(client) { client.received == serverText("a") })
        var pings = 0
        let begin = Clock.bootMs()
        while pings < 8 {
            _ = client.take()
            #expect(try harness.until(client) { client.received == [0x89, 0] })
            pings += 1
            client.send(frame(0x8A, []))
        }
        // A ping about every 60 ms, since each answer begins the silence anew.
        #expect(Clock.bootMs() - begin < 8 * 1_500)
        let lastHeard = Clock.bootMs()
        _ = client.take()
        try harness.untilEnd(client)
        #expect(client.received == [0x89, 0] + serverClose(1001, "idle"))
        #expect(Clock.bootMs() - lastHeard >= 1_450)
        try harness.expectEmpty()
    }

    @Test("A peer's close is answered with its own code", arguments: [1000, 1001, 3000, 4999] as [UInt16])
    func peerCloses(code: UInt16) throws {
        let harness = try WebHarness()
        let client = try harness.webSocket()
        client.send(text("a") + close(code) + text("never read"))
        try harness.untilEnd(client)
        #expect(client.received == serverText("a") + serverClose(code))
        client.finishSending()
        try harness.expectEmpty()
        #expect(harness.application.events == ["opened", "text a", "closed"])
    }

    @Test("An empty close is answered by an empty one")
    func emptyClose() throws {
        let harness = try WebHarness()
        let client = try harness.webSocket()
        client.send(frame(0x88, []))
        try harness.untilEnd(client)
        #expect(client.received == [0x88, 0])
    }

    @Test("The server's close ends the connection when it is answered, and after a while when it is not", arguments: [true, false])
    func serverCloses(answers: Bool) throws {
        let harness = try WebHarness { $0.closeTimeoutMs = answers ? 5_000 : 60 }
        let client = try harness.webSocket()
        harness.server.close(harness.application.opened[0], .normal)
        #expect(try harness.until(client) { client.received == serverClose(1000) })
        client.send(text("too late"))
        if answers { client.send(close(1000)) }
        try harness.untilEnd(client)
        #expect(client.received == serverClose(1000))
        client.finishSending()
        try harness.expectEmpty()
        #expect(harness.application.events == ["opened", "closed"])
    }

    @Test(
        "A broken rule is answered with its close code",
        arguments: [
            ([0x81, 0x01, 0x61], 1002), (frame(0xC1, [0x61]), 1002), (frame(0x83, []), 1002), (frame(0x80, []), 1002),
            (frame(0x09, []), 1002), (frame(0x88, [3]), 1002), (frame(0x88, [0x03, 0xED]), 1002),
            (frame(0x81, [0xFF]), 1007), (frame(0x88, [0x03, 0xE8, 0xFF]), 1007),
        ] as [([UInt8], UInt16)])
    func broken(bytes: [UInt8], code: UInt16) throws {
        let harness = try WebHarness()
        let client = try harness.webSocket()
        client.send(bytes)
        try harness.untilEnd(client)
        #expect(client.received.starts(with: [0x88]) && client.received.count >= 4)
        #expect(Array(client.received.dropFirst(2).prefix(2)) == [UInt8(code >> 8), UInt8(code & 0xFF)])
        client.finishSending()
        try harness.expectEmpty()
        #expect(harness.application.events == ["opened", "failed", "closed"])
    }

    @Test("A message that is too long is refused by its header, with a word before 1009")
    func tooLong() throws {
        let harness = try WebHarness { $0.webSocket = WebSocketLimits(messageBytesMax: 200) }
        let client = try harness.webSocket()
        client.send(Array(frame(0x81, [UInt8](repeating: 0x61, count: 201)).prefix(8)))
        try harness.untilEnd(client)
        #expect(client.received == serverText("too_large") + serverClose(1009, "the message is too long"))
    }

    @Test("The application may close from inside a message's own call, and hears nothing more")
    func closeInside() throws {
        let harness = try WebHarness()
        harness.application.onText = { [unowned harness] id, _ in
            harness.server.close(id, .goingAway)
            harness.server.close(id, .normal)
            harness.server.sendText(id) { $0.append(0x61) }
            harness.server.settle(id)
            return true
        }
        let client = try harness.webSocket()
        client.send(text("a") + text("b") + frame(0x89, []) + close(1001))
        try harness.untilEnd(client)
        #expect(client.received == serverClose(1001))
        client.finishSending()
        try harness.expectEmpty()
        #expect(harness.application.events == ["opened", "text a", "closed"])
    }

    @Test("Closing all reaches each WebSocket with its code, and ends plain connections")
    func closeAll() throws {
        let harness = try WebHarness { $0.closeTimeoutMs = 60 }
        let clients = try [harness.webSocket(), harness.webSocket()]
        let plain = try harness.client()
        try harness.loop.turns(for: 20)
        harness.server.closeAll(.goingAway, reason: "shutdown")
        harness.server.closeAll(.goingAway, reason: "shutdown")
        for client in clients {
            try harness.untilEnd(client)
            #expect(client.received == serverClose(1001, "shutdown"))
        }
        try harness.untilEnd(plain)
        try harness.expectEmpty()
    }

    @Test("A connection in the place of an earlier one has nothing of it, and the old id reaches nobody")
    func reuse() throws {
        let harness = try WebHarness()
        var old: RawClient? = try harness.webSocket()
        // Half a frame, which the next one must not continue.
        old?.send(Array(text("abcdef").prefix(7)))
        try harness.loop.turns(for: 20)
        old = nil
        #expect(try harness.loop.turns { harness.server.webSocketCount == 0 })
        let client = try harness.webSocket()
        let (first, second) = (harness.application.opened[0], harness.application.opened[1])
        #expect(first.rawValue & 0xFFFF_FFFF == second.rawValue & 0xFFFF_FFFF && first != second)
        harness.server.sendText(first) { $0.append(0x61) }
        harness.server.close(first, .normal)
        harness.server.settle(first)
        client.send(text("new"))
        #expect(try harness.until(client) { !client.received.isEmpty })
        #expect(client.received == serverText("new"))
    }

    @Test("A client that never reads is given up when its limit is full, and the application is told once")
    func overflow() throws {
        let harness = try WebHarness()
        let client = try harness.webSocket()
        let id = harness.application.opened[0]
        let piece = [UInt8](repeating: 0x61, count: 60_000)
        for _ in 0..<400 where harness.loop.isOpen(id) {
            harness.server.sendText(id) { $0.append(contentsOf: piece) }
        }
        harness.server.close(id, .normal)
        try harness.expectEmpty()
        #expect(harness.application.events == ["opened", "closed"])
        _ = client
    }
}
