import Testing
import WebProtocol

/// The headers of a request with these further lines.
private func headers(_ lines: [String]) throws -> HTTPHeaders {
    let text = "GET / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
    var parser = HTTPRequestParser()
    var at = 0
    return try #require(try parser.next(Array(text.utf8).span, at: &at, limits: HTTPLimits())).headers
}

private func admits(_ allowed: [String], _ origins: String...) throws -> Bool {
    try OriginPolicy(allowed).admits(RequestOrigin(headers(origins.map { "Origin: " + $0 })))
}

@Suite struct OriginPolicyTests {
    @Test(
        "an origin is admitted by scheme, host and port, all of them",
        arguments: [
            ("https://example.org", true), ("HTTPS://Example.ORG", true), ("https://example.org:443", true),
            ("http://example.org", false), ("https://example.org:8443", false), ("https://www.example.org", false),
            ("https://example.org.evil.example", false), ("https://evilexample.org", false), ("https://example.org/", false),
            ("https://example.org@evil.example", false), ("null", false), ("", false), ("example.org", false),
            ("https://example.org https://evil.example", false), ("https://", false), ("https://example.org:", false),
            ("https://example.org:443:443", false), ("https://example.org:0443", true),
        ])
    func exact(origin: String, isAdmitted: Bool) throws {
        #expect(try admits(["https://example.org"], origin) == isAdmitted)
    }

    @Test("each listed origin counts, ports and IPv6 addresses too, and null only where it is listed")
    func several() throws {
        let allowed = ["http://localhost:3000", "null", "http://[::1]:80", "app://shell"]
        for good in ["http://localhost:3000", "null", "http://[::1]", "app://shell"] { #expect(try admits(allowed, good), "\(good)") }
        for bad in ["http://localhost", "http://[::1]:81", "NULL", "app://shell:1"] { #expect(try !admits(allowed, bad), "\(bad)") }
    }

    @Test("without a list every page may connect; programs without an origin always may; two origins are none")
    func absence() throws {
        #expect(try admits([], "https://anywhere.example"))
        #expect(try admits([], "https://a.example", "https://b.example"))
        #expect(try admits(["https://example.org"]))
        #expect(try !admits(["https://example.org"], "https://example.org", "https://example.org"))
    }

    @Test("one list admits all of another when it names each of them, or names none")
    func subsets() throws {
        let (any, one, two) = (OriginPolicy.any, try OriginPolicy(["https://a:443"]), try OriginPolicy(["https://b", "https://A"]))
        for (larger, smaller) in [(any, any), (any, two), (two, one), (one, one)] { #expect(larger.admitsAll(of: smaller)) }
        for (smaller, larger) in [(one, two), (one, any), (two, any)] { #expect(!smaller.admitsAll(of: larger)) }
    }

    @Test(
        "what is no origin cannot be listed",
        arguments: [
            "example.org", "https://", "https://*.example.org", "*", "https://a/", "https://a:0", "https://a:65536", "https://a:b",
            "https://a b", "", "://a", "1a://b", "https://[::1", "https://[]", "https://user@a", "https://ä.example",
        ])
    func unlisted(text: String) {
        #expect(throws: OriginError.self) { try OriginPolicy([text]) }
    }
}

@Suite struct ForwardedHeaderTests {
    @Test("the examples of RFC 7239")
    func examples() {
        #expect(ForwardedHeader.clients([#"for="_gazonk""#]) == ["_gazonk"])
        #expect(ForwardedHeader.clients([#"For="[2001:db8:cafe::17]:4711""#]) == ["[2001:db8:cafe::17]:4711"])
        #expect(ForwardedHeader.clients(["for=192.0.2.60;proto=http;by=203.0.113.43"]) == ["192.0.2.60"])
        #expect(ForwardedHeader.clients(["for=192.0.2.43, for=198.51.100.17"]) == ["192.0.2.43", "198.51.100.17"])
        #expect(
            ForwardedHeader.clients([#"for=192.0.2.43, for="[2001:db8:cafe::17]""#, "for=unknown"])
                == ["192.0.2.43", "[2001:db8:cafe::17]", "unknown"])
    }

    @Test("quotes hide commas and semicolons, and escapes within them")
    func quotes() {
        #expect(ForwardedHeader.clients([#"host="a,b;for=9.9.9.9";for="1.2.3.\4""#]) == ["1.2.3.4"])
        #expect(ForwardedHeader.clients([" for=1.2.3.4 ; by=\"x\"\t,\tfor=5.6.7.8 "]) == ["1.2.3.4", "5.6.7.8"])
    }

    @Test(
        "what is of another form is nothing",
        arguments: [
            "", "for", "for=", "for=1.2.3.4,", "for=1.2.3.4;", ",for=1.2.3.4", "for=1.2.3.4 5", "by=1.2.3.4", "for=1;for=2",
            "for=\"1", "for=\"1\\", "for=[::1]", "for = 1.2.3.4", "for=1.2.3.4:80",
        ])
    func garbage(line: String) {
        #expect(ForwardedHeader.clients([line]) == nil)
        #expect(ForwardedHeader.clients(["for=1.2.3.4", line]) == nil)
    }
}
