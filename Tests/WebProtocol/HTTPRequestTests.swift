import Testing
import WebProtocol

/// What a parser makes of some bytes: requests, and perhaps an error that ends them.
func parse(
    _ bytes: [UInt8], pieceCount: Int? = nil, limits: HTTPLimits = HTTPLimits()
) -> (requests: [HTTPRequest], error: HTTPError?) {
    var parser = HTTPRequestParser()
    var requests: [HTTPRequest] = []
    var start = 0
    while start < bytes.count {
        let end = min(bytes.count, start + (pieceCount ?? bytes.count))
        let piece = Array(bytes[start..<end])
        var offset = 0
        do throws(HTTPError) {
            while let request = try parser.next(piece.span, at: &offset, limits: limits) { requests.append(request) }
        } catch {
            return (requests, error)
        }
        precondition(offset == piece.count, "the parser takes all it is given")
        start = end
    }
    return (requests, nil)
}

func parse(_ text: String, limits: HTTPLimits = HTTPLimits()) -> (requests: [HTTPRequest], error: HTTPError?) {
    parse(Array(text.utf8), limits: limits)
}

@Suite struct HTTPRequestTests {
    @Test("a request is taken apart")
    func parts() throws {
        let text = "GET /v1/join?scene=duo&x HTTP/1.1\r\nHost: example.org:8080\r\nOrigin:https://a.example \r\n"
            + "ACCEPT:\ttext/html , application/json\r\naccept: , */*\r\nEmpty:\r\n\r\n"
        let request = try #require(parse(text).requests.first)
        #expect(request.method == .get)
        #expect(request.version == .http11)
        #expect(request.path == "/v1/join")
        #expect(request.query == "scene=duo&x")
        #expect(request.queryValue("scene") == "duo")
        #expect(request.queryValue("x") == "")
        #expect(request.queryValue("y") == nil)
        #expect(request.authority == "example.org:8080")
        #expect(request.headers["origin"] == "https://a.example")
        #expect(request.headers["Empty"] == "")
        #expect(request.headers["absent"] == nil)
        #expect(request.headers.values("Accept") == ["text/html , application/json", ", */*"])
        #expect(request.headers.tokens("accept") == ["text/html", "application/json", "*/*"])
        #expect(request.headers.hasToken("Application/JSON", in: "accept"))
        #expect(!request.headers.hasToken("application", in: "accept"))
        #expect(request.headers.count == 5)
        #expect(request.keepsAlive)
        #expect(request.body.isEmpty)
    }

    static let pipeline =
        "\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b?c=%20 HTTP/1.1\r\nhost: x\r\nContent-Length: 5\r\n\r\nhello"
        + "HEAD http://y.example/d HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"

    @Test("pipelined requests are the same whole, byte by byte, in pieces of every size, and stop where they end")
    func pipelining() {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 5
        let bytes = Array(Self.pipeline.utf8)
        for pieceCount in 1...bytes.count {
            let (requests, error) = parse(bytes, pieceCount: pieceCount, limits: limits)
            #expect(error == nil)
            #expect(requests.map(\.path) == ["/a", "/b", "/d"])
            #expect(requests.map(\.method) == [.get, .post, .head])
            #expect(requests.map(\.authority) == ["x", "x", "y.example"])
            #expect(requests.map(\.keepsAlive) == [true, true, true])
            #expect(requests.map { String(decoding: $0.body, as: UTF8.self) } == ["", "hello", ""])
        }
        for end in 0..<bytes.count {
            let (requests, error) = parse(Array(bytes[..<end]), limits: limits)
            #expect(error == nil)
            #expect(requests.count < 3)
        }
    }

    @Test("the bytes behind a request are left for who comes next, as for the first frames of a WebSocket")
    func consumed() throws {
        let bytes = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n\u{1}\u{2}".utf8)
        var parser = HTTPRequestParser()
        var offset = 0
        #expect(!parser.isInsideRequest)
        let request = try parser.next(bytes.span, at: &offset, limits: HTTPLimits())
        #expect(request != nil)
        #expect(offset == bytes.count - 2)
        #expect(!parser.isInsideRequest)
        var none = 0
        #expect(try parser.next(Array("G".utf8).span, at: &none, limits: HTTPLimits()) == nil)
        #expect(parser.isInsideRequest)
    }

    @Test("who keeps alive", arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false), ("HTTP/1.1", "Connection: x, CLOSE\r\n", false),
        ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: keep-alive\r\n", true), ("HTTP/1.7", "", true),
    ])
    func keepAlive(version: String, header: String, keeps: Bool) {
        #expect(parse("GET / \(version)\r\nHost: x\r\n\(header)\r\n").requests.first?.keepsAlive == keeps)
    }

    @Test("targets", arguments: [
        ("/", "/", nil), ("/a/b%2Fc", "/a/b%2Fc", nil), ("/?", "/", ""), ("/a?b?c", "/a", "b?c"), ("//x", "//x", nil),
        ("http://h", "/", nil), ("HTTPS://h:1/p?q", "/p", "q"), ("http://h?q", "/", "q"), ("/a|b", "/a|b", nil),
    ] as [(String, String, String?)])
    func targets(target: String, path: String, query: String?) throws {
        let request = try #require(parse("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n").requests.first)
        #expect(request.path == path)
        #expect(request.query == query)
    }

    @Test("a HTTP/1.0 request needs no Host, OPTIONS may ask about everything")
    func exceptions() {
        #expect(parse("GET / HTTP/1.0\r\n\r\n").requests.first?.authority == nil)
        #expect(parse("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").requests.first?.path == "*")
    }
}

@Suite struct HTTPErrorTests {
    static let host = "Host: x\r\n"

    @Test("what is not a request is refused with its status", arguments: [
        ("GET  / HTTP/1.1\r\n", .malformedTarget, 400), ("GET /\r\n", .malformedRequestLine, 400),
        ("GET / HTTP/1.1 \r\n", .malformedTarget, 400), (" GET / HTTP/1.1\r\n", .malformedRequestLine, 400),
        ("G{T / HTTP/1.1\r\n", .malformedRequestLine, 400), ("GET / http/1.1\r\n", .malformedRequestLine, 400),
        ("GET / HTTP/1.1x\r\n", .malformedRequestLine, 400), ("GET / HTTP/11\r\n", .malformedRequestLine, 400),
        ("\r\n\r\n", .malformedRequestLine, 400), ("GET / HTTP/1.1\n", .malformedLineEnd, 400),
        ("GET /\r HTTP/1.1\r\n", .malformedLineEnd, 400), ("\n", .malformedLineEnd, 400),
        ("GET /#a HTTP/1.1\r\n", .malformedTarget, 400), ("GET a HTTP/1.1\r\n", .malformedTarget, 400),
        ("GET /é HTTP/1.1\r\n", .malformedTarget, 400), ("GET /\u{7f} HTTP/1.1\r\n", .malformedTarget, 400),
        ("GET * HTTP/1.1\r\n", .malformedTarget, 400), ("GET ftp://h/ HTTP/1.1\r\n", .malformedTarget, 400),
        ("GET http:///a HTTP/1.1\r\n", .malformedTarget, 400), ("GET http://u@h/ HTTP/1.1\r\n", .malformedTarget, 400),
        ("CONNECT h:1 HTTP/1.1\r\n", .methodNotAllowed, 405), ("TRACE / HTTP/1.1\r\n", .methodNotAllowed, 405),
        ("BREW / HTTP/1.1\r\n", .unknownMethod, 501), ("get / HTTP/1.1\r\n", .unknownMethod, 501),
        ("GET / HTTP/2.0\r\n", .unsupportedVersion, 505), ("PRI * HTTP/2.0\r\n", .unsupportedVersion, 505),
        ("GET / HTTP/0.9\r\n", .unsupportedVersion, 505),
    ] as [(String, HTTPError, Int)])
    func requestLine(text: String, error: HTTPError, status: Int) {
        #expect(parse(text).error == error)
        #expect(parse(Array(text.utf8), pieceCount: 1).error == error)
        #expect(error.status.code == status)
    }

    @Test("what is not a header section is refused with its status", arguments: [
        ("\r\n", .missingHost, 400), ("Host: x\r\nHost: x\r\n\r\n", .missingHost, 400),
        ("Host: a b\r\n\r\n", .malformedHost, 400), ("Host: a/b\r\n\r\n", .malformedHost, 400),
        ("Host: x\r\n y\r\n", .foldedHeader, 400), ("Host: x\r\n\ty\r\n", .foldedHeader, 400), (" Host: x\r\n", .foldedHeader, 400),
        ("Host : x\r\n", .malformedHeader, 400), (": x\r\n", .malformedHeader, 400), ("Host\r\n", .malformedHeader, 400),
        ("Ho(st: x\r\n", .malformedHeader, 400), ("A: b\u{0}c\r\n", .malformedHeader, 400),
        ("A: b\u{1b}c\r\n", .malformedHeader, 400), ("A: b\u{7f}\r\n", .malformedHeader, 400),
        ("A: b\rC: d\r\n", .malformedLineEnd, 400), ("A: b\n", .malformedLineEnd, 400), ("A: b\r\r\n", .malformedLineEnd, 400),
        ("Host: x\r\nContent-Length: \r\n\r\n", .malformedContentLength, 400),
        ("Host: x\r\nContent-Length: +5\r\n\r\n", .malformedContentLength, 400),
        ("Host: x\r\nContent-Length: -1\r\n\r\n", .malformedContentLength, 400),
        ("Host: x\r\nContent-Length: 0x5\r\n\r\n", .malformedContentLength, 400),
        ("Host: x\r\nContent-Length: 5, 5\r\n\r\n", .malformedContentLength, 400),
        ("Host: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", .malformedContentLength, 400),
        ("Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .conflictingLength, 400),
        ("Host: x\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncoding, 501),
        ("Host: x\r\nTransfer-Encoding: identity\r\n\r\n", .transferEncoding, 501),
        ("Host: x\r\nContent-Length: 11\r\n\r\n", .bodyTooLong, 413),
        ("Host: x\r\nContent-Length: 99999999999999999999999999\r\n\r\n", .bodyTooLong, 413),
        ("Host: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", .expectation, 417),
    ] as [(String, HTTPError, Int)])
    func headers(text: String, error: HTTPError, status: Int) {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 10
        let bytes = Array(("POST / HTTP/1.1\r\n" + text).utf8)
        #expect(parse(bytes, limits: limits).error == error)
        #expect(parse(bytes, pieceCount: 1, limits: limits).error == error)
        #expect(error.status.code == status)
    }

    @Test("Transfer-Encoding in HTTP/1.0 is refused, and any body when none is allowed")
    func noBody() {
        #expect(parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").error == .conflictingLength)
        #expect(parse("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n").error == .bodyTooLong)
        #expect(parse("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").requests.count == 1)
    }

    @Test("ten thousand header lines are refused at the limit, without reading the rest")
    func tooManyHeaders() {
        var limits = HTTPLimits()
        limits.headerBytesMax = 1 << 20
        let line = Array("A: b\r\n".utf8)
        var bytes = Array("GET / HTTP/1.1\r\nHost: x\r\n".utf8)
        for _ in 0..<10_000 { bytes += line }
        #expect(parse(bytes, limits: limits).error == .tooManyHeaders)
        #expect(HTTPError.tooManyHeaders.status.code == 431)
        let upToLimit = Array(bytes[..<(25 + 99 * line.count)])
        #expect(parse(upToLimit + line, limits: limits).error == .tooManyHeaders)
        #expect(parse(upToLimit + Array("\r\n".utf8), limits: limits).requests.count == 1)
        #expect(parse(bytes).error == .tooManyHeaders)
    }

    @Test("lines that never end are refused at the limit")
    func endless() {
        let long = [UInt8](repeating: UInt8(ascii: "a"), count: 20_000)
        let requestLine = Array("GET /".utf8) + long
        #expect(parse(requestLine, pieceCount: 100).error == .targetTooLong)
        #expect(parse(requestLine).error == .targetTooLong)
        #expect(HTTPError.targetTooLong.status.code == 414)
        let header = Array("GET / HTTP/1.1\r\nA: ".utf8) + long
        #expect(parse(header, pieceCount: 100).error == .headersTooLong)
        #expect(parse(header).error == .headersTooLong)
        #expect(HTTPError.headersTooLong.status.code == 431)
        // Many lines, each short, whose sum is over the limit.
        var limits = HTTPLimits()
        limits.headerBytesMax = 100
        let lines = (0..<10).map { "Name\($0): value\r\n" }.joined()
        #expect(parse("GET / HTTP/1.1\r\n" + lines, limits: limits).error == .headersTooLong)
        limits.targetBytesMax = 3
        #expect(parse("GET /123 HTTP/1.1\r\n", limits: limits).error == .targetTooLong)
        #expect(parse("GET /12 HTTP/1.1\r\n\r\n", limits: limits).error == .missingHost)
    }

    @Test("an error stays: nothing behind it is read as a request")
    func stays() {
        var parser = HTTPRequestParser()
        for _ in 0..<2 {
            var offset = 0
            let bytes = Array("GET / HTTP/3.0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            #expect(throws: HTTPError.unsupportedVersion) {
                try parser.next(bytes.span, at: &offset, limits: HTTPLimits())
            }
        }
    }

    @Test("random bytes do not trap", arguments: 0..<100)
    func random(seed: Int) {
        var generator = SystemRandomNumberGenerator()
        var bytes = Array(HTTPRequestTests.pipeline.utf8)
        for _ in 0...(seed % 7) { bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255) }
        var limits = HTTPLimits()
        limits.bodyBytesMax = 100
        let whole = parse(bytes, limits: limits)
        let single = parse(bytes, pieceCount: 1, limits: limits)
        #expect(whole.error == single.error, "\(bytes)")
        #expect(whole.requests.map(\.path) == single.requests.map(\.path), "\(bytes)")
    }
}
