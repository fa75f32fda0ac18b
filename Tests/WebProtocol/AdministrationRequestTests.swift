import Testing

@testable import WebProtocol

@Suite struct AdministrationRequestTests {
    @Test("paths say what they are about, and there is one way to write each")
    func paths() {
        let known: [(String, AdministrationPath)] = [
            ("/v1/sessions/abc", .session("abc")), ("/v1/sessions/abc/cancel", .cancel("abc")),
            ("/v1/sessions/abc/players/0/exclude", .exclude("abc", player: 0)),
            ("/v1/sessions/abc/players/254/seat", .seat("abc", player: 254)),
        ]
        for (text, path) in known { #expect(AdministrationPath(text) == path) }
        for text in [
            "/", "/v1/sessions", "/v1/sessions/", "/v1/sessions//cancel", "/v1/sessions/abc/", "/v1/sessions/abc/end",
            "/v1/sessions/abc/cancel/", "/v1/sessions/abc/players/255/seat", "/v1/sessions/abc/players/01/seat",
            "/v1/sessions/abc/players/+1/seat", "/v1/sessions/abc/players//seat", "/v1/sessions/abc/players/1",
            "/v1/sessions/abc/players/1/kick", "/v1/sessions/abc/players/99999999999999999999/seat", "/V1/sessions/abc",
        ] { #expect(AdministrationPath(text) == nil, "\(text)") }
    }

    private func read(_ text: String) -> Result<AdministrationRequest, AdministrationError>? {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 4096
        var parser = HTTPRequestParser()
        let bytes = Array(text.utf8)
        var at = 0
        guard let request = try? parser.next(bytes.span, at: &at, limits: limits), let path = AdministrationPath(request.path)
        else { return nil }
        do throws(AdministrationError) { return .success(try AdministrationRequest(path, request)) } catch { return .failure(error) }
    }

    private func post(_ path: String, _ body: String, type: String? = "application/json") -> Result<AdministrationRequest, AdministrationError>? {
        let header = type.map { "Content-Type: \($0)\r\n" } ?? ""
        return read("POST /v1/sessions/s\(path) HTTP/1.1\r\nHost: x\r\n\(header)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    @Test("a body is JSON and says so, or is not there")
    func bodies() {
        #expect(read("GET /v1/sessions/s HTTP/1.1\r\nHost: x\r\n\r\n") == .success(.show(session: "s")))
        #expect(post("/cancel", "") == .success(.cancel(session: "s", reason: nil)))
        #expect(post("/cancel", "", type: nil) == .success(.cancel(session: "s", reason: nil)))
        #expect(post("/cancel", "{}") == .success(.cancel(session: "s", reason: nil)))
        #expect(
            post("/cancel", #"{"reason":"over, \"all\""}"#, type: "Application/JSON ; charset=utf-8")
                == .success(.cancel(session: "s", reason: "over, \"all\"")))
        #expect(
            post("/players/3/exclude", #"{"reason":"abuse"}"#) == .success(.exclude(session: "s", player: 3, reason: "abuse")))
        #expect(post("/players/3/seat", "") == .success(.seat(session: "s", player: 3)))
    }

    @Test("everything else is refused with the status that says why")
    func refusals() {
        func status(_ result: Result<AdministrationRequest, AdministrationError>?) -> HTTPStatus? {
            if case .failure(let error) = result { error.status } else { nil }
        }
        #expect(status(post("", "")) == .methodNotAllowed)
        #expect(status(read("DELETE /v1/sessions/s HTTP/1.1\r\nHost: x\r\n\r\n")) == .methodNotAllowed)
        #expect(status(read("GET /v1/sessions/s/cancel HTTP/1.1\r\nHost: x\r\n\r\n")) == .methodNotAllowed)
        for type in [nil, "text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            #expect(status(post("/cancel", "{}", type: type)) == .unsupportedMediaType)
        }
        for body in [
            "{", "[]", "null", #"{"reason":7}"#, #"{"reason":""}"#, #"{"reason":"a","reason":"b"}"#, #"{"reason":"a\u0007"}"#,
            "{\"reason\":\"\(String(repeating: "x", count: 257))\"}",
        ] { #expect(status(post("/cancel", body)) == .badRequest, "\(body)") }
        for body in ["", "{}", #"{"reason":null}"#] { #expect(status(post("/players/0/exclude", body)) == .badRequest) }
    }

    @Test("errors are JSON, and say what would have been right")
    func answers() {
        let refused = AdministrationError.methodNotAllowed("POST").response
        #expect(String(decoding: refused.body, as: UTF8.self) == "{\"error\":\"method_not_allowed\",\"message\":\"this path takes POST\"}\n")
        #expect(refused.headers.contains(HTTPField("Allow", "POST")) && refused.contentType == "application/json")
        #expect(AdministrationError.unauthorized.response.headers.contains(HTTPField("WWW-Authenticate", "Bearer")))
    }
}
