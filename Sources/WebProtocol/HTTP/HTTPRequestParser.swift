/// An incremental, strict parser of HTTP/1.1 requests (RFC 9112). It reads no further than the end of one request, so
/// that pipelined requests, or the first WebSocket frames, can be parsed from where it stopped. Empty until the first
/// byte of a request arrives, and again after each one.
public struct HTTPRequestParser: Sendable {
    private enum State: Sendable {
        /// Before the request line; one empty line there is skipped (RFC 9112, 2.2) → `requestLine`, `headers`
        case start
        /// After that empty line → `headers`
        case requestLine
        /// → `body`, `start`
        case headers(HTTPRequestLine)
        /// → `start`
        case body(HTTPRequestLine, byteCount: Int)
        /// What follows an error has no meaning; there is no way out.
        case failed(HTTPError)
    }

    private var state = State.start
    private var head: [UInt8] = []
    private var lines: [HTTPHeaders.Line] = []
    private var body: [UInt8] = []
    /// Where the line that is being gathered begins in `head`, and where the header section does.
    private var lineStart = 0
    private var headersStart = 0

    public init() {}

    /// Whether a request has begun and not ended, so that its deadline runs.
    public var isInsideRequest: Bool {
        switch state {
        case .start: !head.isEmpty
        case .requestLine, .headers, .body: true
        case .failed: false
        }
    }

    /// Reads from `bytes[offset...]` and moves `offset` behind what it has taken. Call again, with the same bytes, after
    /// each request that it gives; nil means that it has taken everything and needs more.
    /// - Throws: `HTTPError`; then answer its `response` and close. Later calls throw it again.
    public mutating func next(
        _ bytes: Span<UInt8>, at offset: inout Int, limits: HTTPLimits
    ) throws(HTTPError) -> HTTPRequest? {
        do throws(HTTPError) {
            return try advance(bytes, at: &offset, limits: limits)
        } catch {
            self = HTTPRequestParser()
            state = .failed(error)
            throw error
        }
    }

    private mutating func advance(
        _ bytes: Span<UInt8>, at offset: inout Int, limits: HTTPLimits
    ) throws(HTTPError) -> HTTPRequest? {
        while true {
            switch state {
            case .start, .requestLine:
                guard
                    let line = try takeLine(
                        bytes, at: &offset, bytesMax: limits.requestLineBytesMax, tooLong: .targetTooLong)
                else { return nil }
                if line.isEmpty, case .start = state {
                    head.removeAll(keepingCapacity: true)
                    lineStart = 0
                    state = .requestLine
                    continue
                }
                state = .headers(try HTTPRequestLine(head[line], limits: limits))
                headersStart = lineStart
            case .headers(let requestLine):
                let bytesMax = limits.headerBytesMax - (lineStart - headersStart)
                guard let line = try takeLine(bytes, at: &offset, bytesMax: bytesMax, tooLong: .headersTooLong) else {
                    return nil
                }
                if !line.isEmpty {
                    guard lines.count < limits.headerCountMax else { throw .tooManyHeaders }
                    lines.append(try headerLine(line))
                    continue
                }
                let headers = HTTPHeaders(head: head, lines: lines)
                let byteCount = try HTTPBodyLength.byteCount(of: headers, version: requestLine.version, limits: limits)
                guard byteCount > 0 else { return try finish(requestLine, headers) }
                state = .body(requestLine, byteCount: byteCount)
            case .body(let requestLine, let byteCount):
                let end = offset + min(byteCount - body.count, bytes.count - offset)
                appendBytes(bytes.extracting(offset..<end), to: &body)
                offset = end
                guard body.count == byteCount else { return nil }
                return try finish(requestLine, HTTPHeaders(head: head, lines: lines))
            case .failed(let error):
                throw error
            }
        }
    }

    /// Gathers up to the next line feed; gives the line's range in `head`, without its line end.
    private mutating func takeLine(
        _ bytes: Span<UInt8>, at offset: inout Int, bytesMax: Int, tooLong: HTTPError
    ) throws(HTTPError) -> Range<Int>? {
        var end = offset
        while end < bytes.count, bytes[end] != 0x0a { end += 1 }
        let isWhole = end < bytes.count
        if isWhole { end += 1 }
        guard head.count - lineStart + (end - offset) <= bytesMax else { throw tooLong }
        appendBytes(bytes.extracting(offset..<end), to: &head)
        offset = end
        guard isWhole else { return nil }
        guard head.count - lineStart >= 2, head[head.count - 2] == 0x0d else { throw .malformedLineEnd }
        let line = lineStart..<(head.count - 2)
        for index in line where head[index] == 0x0d { throw .malformedLineEnd }
        lineStart = head.count
        return line
    }

    private mutating func headerLine(_ line: Range<Int>) throws(HTTPError) -> HTTPHeaders.Line {
        let first = head[line.lowerBound]
        guard first != 0x20, first != 0x09 else { throw .foldedHeader }
        var colon = line.lowerBound
        while colon < line.upperBound, head[colon] != UInt8(ascii: ":") {
            guard HTTPCharacters.isToken(head[colon]) else { throw .malformedHeader }
            colon += 1
        }
        guard colon > line.lowerBound, colon < line.upperBound else { throw .malformedHeader }
        let value = (colon + 1)..<line.upperBound
        for index in value {
            guard HTTPCharacters.isFieldValue(head[index]) else { throw .malformedHeader }
        }
        return HTTPHeaders.Line(name: line.lowerBound..<colon, value: trimmed(value, in: head))
    }

    private mutating func finish(_ line: HTTPRequestLine, _ headers: HTTPHeaders) throws(HTTPError) -> HTTPRequest {
        let hostCount = headers.count(of: "host")
        guard hostCount == 1 || (hostCount == 0 && line.version == .http10) else { throw .missingHost }
        let host = headers["host"]
        if let host, !host.utf8.allSatisfy(HTTPCharacters.isAuthority) { throw .malformedHost }
        let keepsAlive =
            switch line.version {
            case .http11: !headers.hasToken("close", in: "connection")
            case .http10:
                headers.hasToken("keep-alive", in: "connection") && !headers.hasToken("close", in: "connection")
            }
        let request = HTTPRequest(
            method: line.method, version: line.version, path: line.path, query: line.query,
            authority: line.authority ?? host, headers: headers, body: body, keepsAlive: keepsAlive)
        self = HTTPRequestParser()
        return request
    }
}
