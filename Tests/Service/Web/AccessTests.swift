import Reactor
import Testing
import WebProtocol

@testable import Service

@Suite struct OriginTests {
    @Test("a page of another origin hears 403, and the connection serves on")
    func refused() throws {
        let harness = try WebHarness { $0.access.origins = (try? OriginPolicy(["https://example.org"])) ?? .any }
        let client = try harness.client()
        client.send(WebHarness.upgrade(["Origin: https://evil.example"]))
        #expect(try harness.until(client) { client.text.hasSuffix("\n") && client.text.contains("\r\n\r\n") })
        #expect(client.text.hasPrefix("HTTP/1.1 403 ") && client.text.contains("origin_refused"))
        #expect(harness.application.events == ["refused origin https://evil.example 127.0.0.1"])
        _ = client.take()
        client.send(WebHarness.upgrade(["Origin: https://example.org"]))
        #expect(try harness.until(client) { client.text.hasPrefix("HTTP/1.1 101 ") })
        let program = try harness.webSocket()
        program.send(text("a"))
        #expect(try harness.until(program) { program.received == serverText("a") })
    }
}

@Suite struct ConnectionsPerAddressTests {
    @Test("one WebSocket too many of an address hears 429, and the place of one that left is free")
    func limit() throws {
        let harness = try WebHarness { $0.access.connectionsPerAddressMax = 2 }
        var clients = [try harness.webSocket(), try harness.webSocket()]
        let refused = try harness.client()
        refused.send(WebHarness.upgrade)
        #expect(try harness.until(refused) { refused.text.hasSuffix("address\n") })
        #expect(refused.text.hasPrefix("HTTP/1.1 429 "))
        #expect(harness.application.events.last == "refused connections - 127.0.0.1")
        // Plain requests are no WebSockets.
        let page = try harness.client()
        page.send(RequestTests.hello)
        #expect(try harness.until(page) { page.text.hasSuffix("hello\n") })
        clients.removeLast()
        #expect(try harness.loop.turns { harness.server.webSocketCount == 1 })
        clients.append(try harness.webSocket())
        #expect(harness.server.addressCount == 1)
        clients.removeAll()
        #expect(try harness.loop.turns { harness.server.webSocketCount == 0 })
        #expect(harness.server.addressCount == 0)
    }

    @Test("behind a trusted proxy it counts by those for whom it asks")
    func proxied() throws {
        let harness = try WebHarness {
            $0.access.connectionsPerAddressMax = 1
            $0.access.proxies = (try? ProxyTrust(["127.0.0.1"], header: .xForwardedFor)) ?? .none
        }
        let clients = [try harness.webSocket(["X-Forwarded-For: 192.0.2.1"]), try harness.webSocket(["X-Forwarded-For: 192.0.2.2"])]
        let refused = try harness.client()
        refused.send(WebHarness.upgrade(["X-Forwarded-For: 192.0.2.2"]))
        #expect(try harness.until(refused) { refused.text.hasPrefix("HTTP/1.1 429 ") })
        #expect(harness.application.clients == ["192.0.2.1", "192.0.2.2"])
        #expect(clients.count == 2 && harness.server.addressCount == 2)
    }

    @Test("an IPv4 address is one, of IPv6 each /64, whatever the port")
    func keys() throws {
        func key(_ text: String) throws -> AddressKey { AddressKey(try SocketAddress(parsing: text)) }
        #expect(try key("192.0.2.1:1") == key("192.0.2.1:2"))
        #expect(try key("192.0.2.1:1") != key("192.0.2.2:1"))
        #expect(try key("[2001:db8:0:1::1]:1") == key("[2001:db8:0:1:ffff::]:2"))
        #expect(try key("[2001:db8:0:1::1]:1") != key("[2001:db8:0:2::1]:1"))
        #expect(try key("[::1]:1") != key("0.0.0.0:1"))
        #expect(try key("unix:/a") == key("unix:/b"))
        #expect(try key("unix:/a") != key("[ffff:ffff:ffff:ffff::]:1"))
    }
}

@Suite struct ProxyTrustTests {
    /// Who asks, when this peer sends these header lines; with a mark when they could not be read.
    static func client(
        _ trusted: [String], peer: String = "10.0.0.1:9", _ lines: [String], header: ProxyTrust.Header = .xForwardedFor
    ) throws -> String {
        let request = "GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        var parser = HTTPRequestParser()
        var at = 0
        let headers = try #require(try parser.next(Array(request.utf8).span, at: &at, limits: HTTPLimits())).headers
        let found = try ProxyTrust(trusted, header: header).client(of: try SocketAddress(parsing: peer), headers)
        return found.address.host + (found.unreadable.map { " unreadable: \($0)" } ?? "")
    }

    @Test("a header counts only from a peer that is trusted")
    func untrusted() throws {
        let lines = ["X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.2"]
        #expect(try Self.client([], lines) == "10.0.0.1")
        #expect(try Self.client(["10.0.0.2", "unix", "::1"], lines) == "10.0.0.1")
        #expect(try Self.client(["10.0.0.1"], lines) == "192.0.2.1")
        #expect(try Self.client(["10.0.0.1"], lines, header: .forwarded) == "192.0.2.2")
        #expect(try Self.client(["10.0.0.1"], ["Forwarded: for=192.0.2.2"]) == "10.0.0.1")
        #expect(try Self.client(["unix"], peer: "unix:/a", lines) == "192.0.2.1")
        #expect(try Self.client(["0.0.0.0/0", "::/0"], peer: "unix:/a", lines) == "/a")
    }

    @Test("the rightmost who is not trusted is the client; what a client has written itself is not believed")
    func chains() throws {
        let trusted = ["10.0.0.0/8", "fd00::/8"]
        #expect(try Self.client(trusted, ["X-Forwarded-For: 1.1.1.1, 192.0.2.1, 10.9.9.9"]) == "192.0.2.1")
        #expect(try Self.client(trusted, ["X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: fd00::7"]) == "192.0.2.1")
        #expect(try Self.client(trusted, ["X-Forwarded-For: nonsense, 192.0.2.1"]) == "192.0.2.1")
        #expect(try Self.client(trusted, ["X-Forwarded-For: 10.1.1.1, 10.2.2.2"]) == "10.1.1.1")
        #expect(try Self.client(trusted, ["Forwarded: for=1.1.1.1, for=\"[2001:db8::1]:77\", for=10.1.1.1"], header: .forwarded) == "2001:db8::1")
        #expect(try Self.client(trusted, []) == "10.0.0.1")
        #expect(try Self.client(trusted, ["X-Forwarded-For: "]) == "10.0.0.1")
    }

    @Test("addresses come with and without ports and brackets")
    func forms() throws {
        for (text, host) in [
            ("192.0.2.1:4711", "192.0.2.1"), ("[2001:db8::1]", "2001:db8::1"), ("[2001:db8::1]:80", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            #expect(try Self.client(["10.0.0.1"], ["X-Forwarded-For: \(text)"]) == host)
        }
    }

    @Test("what is no address is told, and the proxy's own address counts", arguments: [
        "unknown", "_hidden", "example.org", "192.0.2.1.1", "192.0.2.256", "[::1", "::1]", "[::1]:x", "1.2.3.4:99999", "unix:/a", "fe80::1%eth0",
        "192.0.2.1 192.0.2.2",
    ])
    func garbage(text: String) throws {
        #expect(try Self.client(["10.0.0.1"], ["X-Forwarded-For: 192.0.2.1, \(text)"]) == "10.0.0.1 unreadable: \(text)")
    }

    @Test("a chain without an end is read for so many hops only")
    func long() throws {
        let hops = (0..<200).map { "10.0.\($0 / 100).\($0 % 100)" }
        let seen = try Self.client(["10.0.0.0/8"], ["X-Forwarded-For: \(hops.joined(separator: ", "))"])
        #expect(seen == hops[200 - ProxyTrust.hopsMax])
    }

    @Test("networks hold what their prefix says", arguments: [
        ("10.0.0.0/8", "10.255.255.255:1", true), ("10.0.0.0/8", "11.0.0.0:1", false), ("10.0.0.0/31", "10.0.0.1:1", true),
        ("10.0.0.0/31", "10.0.0.2:1", false), ("10.0.0.1/32", "10.0.0.1:1", true), ("0.0.0.0/0", "255.1.1.1:1", true),
        ("0.0.0.0/0", "[::1]:1", false), ("::/0", "1.1.1.1:1", false), ("::/0", "[ffff::1]:1", true),
        ("2001:db8::/64", "[2001:db8::ffff:1]:1", true), ("2001:db8::/64", "[2001:db8:0:1::]:1", false),
        ("2001:db8::/65", "[2001:db8::8000:0:0:0]:1", false), ("2001:db8::4/126", "[2001:db8::7]:1", true),
        ("2001:db8::4/126", "[2001:db8::8]:1", false), ("::1", "[::1]:1", true), ("::1/128", "[::2]:1", false),
    ])
    func networks(network: String, peer: String, isInside: Bool) throws {
        let seen = try Self.client([network], peer: peer, ["X-Forwarded-For: 198.51.100.9"])
        #expect((seen == "198.51.100.9") == isInside)
    }

    @Test("what is no network cannot be trusted", arguments: [
        "", "proxy.example.org", "10.0.0.1/33", "::1/129", "10.0.0.1/8", "2001:db8::1/64", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8",
        "/8", "unix:/a", "10.0.0.1:80", "[::1]",
    ])
    func mistakes(text: String) {
        #expect(throws: ProxyTrust.Mistake.self) { try ProxyTrust([text], header: .forwarded) }
    }

    @Test("a header that cannot be read is noticed, and the connection opened")
    func noticed() throws {
        let harness = try WebHarness { $0.access.proxies = (try? ProxyTrust(["127.0.0.0/8"], header: .forwarded)) ?? .none }
        _ = try harness.webSocket(["Forwarded: for"])
        #expect(harness.application.events == ["unreadable for", "opened"])
        #expect(harness.application.clients == ["127.0.0.1"])
    }
}
