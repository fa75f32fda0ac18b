import WebProtocol

/// HTTP requests in any pieces: the parser gives the same requests and the same error, within its limits, and whatever a
/// request says can be asked for and answered.
func check(_ input: Span<UInt8>) {
    let stream = Choices.rest(of: input)
    var limits = HTTPLimits()
    limits.requestLineBytesMax = 400
    limits.targetBytesMax = 300
    limits.headerBytesMax = 1000
    limits.headerCountMax = 12
    limits.bodyBytesMax = 64

    var whole = Reading()
    whole.take(stream.span, limits)
    var cut = Reading()
    inPieces(stream, Choices(input)) { cut.take($0.span, limits) }
    require(whole.seen == cut.seen, "what is read does not depend on the cuts")
    require(whole.parser.isInsideRequest == cut.parser.isInsideRequest, "nor whether a request has begun")
}

private enum Seen: Equatable {
    case request([String], body: [UInt8])
    case failed(HTTPError)
}

private struct Reading {
    var parser = HTTPRequestParser()
    var seen: [Seen] = []

    mutating func take(_ bytes: Span<UInt8>, _ limits: HTTPLimits) {
        var offset = 0
        do throws(HTTPError) {
            while let request = try parser.next(bytes, at: &offset, limits: limits) {
                require(!parser.isInsideRequest, "nothing of a request is left behind it")
                seen.append(examine(request, limits))
            }
            require(offset == bytes.count, "all is taken before more is asked for")
        } catch {
            require(!parser.isInsideRequest, "an error ends the request")
            if case .failed(let first)? = seen.last {
                require(first == error, "a failed parser repeats its error")
            } else {
                seen.append(.failed(error))
            }
            var answer: [UInt8] = []
            error.response.encode(into: &answer, closes: true)
            require(!answer.isEmpty, "an error has an answer")
        }
    }
}

private func examine(_ request: HTTPRequest, _ limits: HTTPLimits) -> Seen {
    require(request.body.count <= limits.bodyBytesMax, "a body is within its limit")
    require(request.headers.count <= limits.headerCountMax, "headers are within their limit")
    require(request.path.utf8.first == UInt8(ascii: "/") || request.path == "*", "a path is absolute")
    require(request.path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") }, "a path is visible, and no more")
    require(request.path.utf8.count <= limits.targetBytesMax, "a target is within its limit")
    require((request.query ?? "").utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a query is visible")
    require(!(request.authority ?? "").utf8.contains(UInt8(ascii: "/")), "an authority is no path")
    require(request.authority != nil || request.version == .http10, "HTTP/1.1 has an authority")

    var words = [request.method.rawValue, "\(request.version)", request.path, request.query ?? "-", request.authority ?? "-"]
    words.append(request.queryValue("a") ?? "-")
    words.append("\(request.keepsAlive)")
    for name in ["host", "connection", "upgrade", "origin", "content-length", "sec-websocket-key", "cookie", "a"] {
        let values = request.headers.values(name)
        require(values.count == request.headers.count(of: name), "values are counted")
        require(values.first == request.headers[name], "the first value is the first one")
        for value in values {
            require(!value.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }, "a value is one line")
        }
        let tokens = request.headers.tokens(name)
        // Bytes that are no UTF-8 are shown as others; tokens that mean something are ASCII.
        for token in tokens where token.utf8.allSatisfy({ $0 < 0x80 }) {
            require(request.headers.hasToken(token, in: name), "a token that is listed is there")
        }
        words += values + tokens
    }
    var answer: [UInt8] = []
    do throws(WebSocketHandshakeError) {
        let key = try WebSocketHandshake.validate(request)
        require(key.utf8.count == 28, "an accept key is a digest in base64")
        require(request.method == .get && request.body.isEmpty, "a WebSocket is opened by a bare GET")
        WebSocketHandshake.encodeAcceptance(key, into: &answer)
        words.append(key)
    } catch {
        error.response.encode(into: &answer, answering: request)
        words.append(error.explanation)
    }
    require(!answer.isEmpty, "every request has an answer")
    return .request(words, body: request.body)
}
