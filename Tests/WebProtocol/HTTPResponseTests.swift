import Testing
import WebProtocol

@Suite struct HTTPResponseTests {
    func encoded(_ response: HTTPResponse, withoutBody: Bool = false, closes: Bool = false, version: HTTPVersion = .http11)
        -> String
    {
        var bytes: [UInt8] = []
        response.encode(into: &bytes, withoutBody: withoutBody, closes: closes, version: version)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a response is written with its length, type and other headers")
    func response() {
        let response = HTTPResponse(.ok, contentType: "text/html", headers: [HTTPField("X-A", "b")], body: Array("hé".utf8))
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\nX-A: b\r\n"
        #expect(encoded(response) == head + "\r\nhé")
        #expect(encoded(response, closes: true) == head + "Connection: close\r\n\r\nhé")
        #expect(encoded(response, withoutBody: true) == head + "\r\n")
        #expect(encoded(response, version: .http10) == head + "Connection: keep-alive\r\n\r\nhé")
    }

    @Test("a status without content has no length, an empty body has one")
    func lengths() {
        #expect(encoded(HTTPResponse(.noContent)) == "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(encoded(HTTPResponse(.notFound)) == "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        var head: [UInt8] = []
        HTTPResponse(.ok, contentType: "text/css").encodeHead(into: &head, contentByteCount: 1 << 20, closes: false)
        #expect(
            String(decoding: head, as: UTF8.self)
                == "HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 1048576\r\n\r\n")
    }

    @Test("the answer to a request follows its method, version and wish to close")
    func answering() throws {
        func answer(_ text: String) throws -> String {
            let request = try #require(parse(text).requests.first)
            var bytes: [UInt8] = []
            HTTPResponse.text(.ok, "ok").encode(into: &bytes, answering: request)
            return String(decoding: bytes, as: UTF8.self)
        }
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n"
        #expect(try answer("GET / HTTP/1.1\r\nHost: x\r\n\r\n") == head + "\r\nok")
        #expect(try answer("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n") == head + "\r\n")
        #expect(try answer("GET / HTTP/1.0\r\n\r\n") == head + "Connection: close\r\n\r\nok")
    }

    @Test("an error answers with its status and says why")
    func errors() {
        let text = encoded(HTTPError.methodNotAllowed.response, closes: true)
        #expect(text.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
        #expect(text.contains("\r\nAllow: GET, HEAD\r\n"))
        #expect(text.hasSuffix("\r\n\r\nthis method is not allowed\n"))
    }
}
