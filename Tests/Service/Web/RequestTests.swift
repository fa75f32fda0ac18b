import Reactor
import Testing
import WebProtocol

@testable import Service

@Suite struct RequestTests {
    static let hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(
        "Each request gets its status",
        arguments: [
            ("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 200), ("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", 200),
            ("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404), ("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", 426),
            ("POST /ws HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405), ("GET /hello HTTP/1.1\r\n\r\n", 400),
            ("nonsense\r\n\r\n", 400),
        ])
    func statuses(request: String, status: Int) throws {
        let harness = try WebHarness()
        let client = try harness.client()
        client.send(request)
        #expect(try harness.until(client) { client.text.contains("\r\n\r\n") })
        #expect(client.text.hasPrefix("HTTP/1.1 \(status) "))
        if request.hasPrefix("HEAD") {
            #expect(client.text.contains("Content-Length: 6\r\n") && !client.text.contains("hello"))
        }
    }

    @Test("Pipelined requests are answered in their order, and the connection is kept")
    func pipelining() throws {
        let harness = try WebHarness()
        let client = try harness.client()
        client.send(Self.hello + "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" + Self.hello)
        #expect(try harness.until(client) { client.text.components("hello\n") == 3 })
        let statuses = client.text.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
        #expect(statuses == ["200", "404", "200"])
        _ = client.take()
        client.send(Self.hello)
        #expect(try harness.until(client) { client.text.hasSuffix("hello\n") })
        #expect(!client.hasEnded)
    }

    @Test("A client that does not keep alive is hung up on after its answer")
    func closing() throws {
        let harness = try WebHarness()
        let client = try harness.client()
        client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        try harness.untilEnd(client)
        #expect(client.text.hasSuffix("hello\n") && client.text.contains("Connection: close\r\n"))
    }

    @Test("A client that ends its sending still gets its answer")
    func halfClosed() throws {
        let harness = try WebHarness()
        let client = try harness.client()
        client.send(Self.hello)
        client.finishSending()
        try harness.untilEnd(client)
        #expect(client.text.hasSuffix("hello\n"))
        try harness.expectEmpty()
    }

    @Test("The time for a request counts in all and not per byte")
    func deadline() throws {
        let harness = try WebHarness { $0.requestTimeoutMs = 800 }
        let client = try harness.client()
        let begin = Clock.bootMs()
        var (sent, lastMs) = (0, begin)
        #expect(
            try harness.until(client) {
                if client.hasEnded { return true }
                if Clock.bootMs() >= begin + UInt64(sent) * 20 {
                    client.send("G")
                    sent += 1
                    lastMs = Clock.bootMs()
                }
                return false
            })
        #expect(client.text.hasPrefix("HTTP/1.1 408 "))
        // The last byte alone would have had far longer.
        #expect(Clock.bootMs() - lastMs < 800 && sent >= 5)
    }

    @Test("A further request has the whole time from its first byte, also when that came along with an earlier one")
    func furtherDeadline() throws {
        let harness = try WebHarness { $0.requestTimeoutMs = 1_500 }
        let client = try harness.client()
        // Each piece ends one request and begins the next, for far longer than one may take.
        client.send("GET /hello ")
        for round in 1...6 {
            try harness.loop.turns(for: 400)
            client.send("HTTP/1.1\r\nHost: a\r\n\r\nGET /hello ")
            #expect(try harness.until(client) { client.text.components("hello\n") == round + 1 })
        }
        #expect(!client.text.contains("408"))
        #expect(try harness.until(client) { client.text.contains("HTTP/1.1 408 ") })
    }

    @Test("A connection without a further request is closed without a word")
    func keepAlive() throws {
        let harness = try WebHarness { $0.keepAliveMs = 60 }
        let client = try harness.client()
        client.send(Self.hello)
        try harness.untilEnd(client)
        #expect(client.text.hasSuffix("hello\n") && !client.text.contains("408"))
        try harness.expectEmpty()
    }

    @Test("One connection too many hears 503, and the place of one that left is free")
    func limit() throws {
        let harness = try WebHarness(connectionsMax: 2)
        var clients = try (0..<2).map { _ in try harness.client() }
        try harness.loop.turns(for: 20)
        let refused = try harness.client()
        refused.send(Self.hello)
        try harness.untilEnd(refused)
        #expect(refused.text.hasPrefix("HTTP/1.1 503 "))
        clients.removeLast()
        #expect(try harness.loop.turns { harness.loop.counters.connections <= 1 })
        let next = try harness.client()
        next.send(Self.hello)
        #expect(try harness.until(next) { next.text.hasSuffix("hello\n") })
    }
}

extension String {
    /// How many pieces the text has between these.
    fileprivate func components(_ separator: String) -> Int {
        var count = 1
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
