/// How long a request's body is (RFC 9112, section 6). Anything that two readers could understand differently is refused,
/// because that is how requests are smuggled past a proxy.
enum HTTPBodyLength {
    static func byteCount(
        of headers: HTTPHeaders, version: HTTPVersion, limits: HTTPLimits
    ) throws(HTTPError) -> Int {
        let lengthCount = headers.count(of: "content-length")
        if headers.count(of: "transfer-encoding") > 0 {
            guard lengthCount == 0, version == .http11 else { throw .conflictingLength }
            throw .transferEncoding
        }
        guard lengthCount > 0 else { return 0 }
        guard lengthCount == 1, let text = headers["content-length"], !text.isEmpty,
            text.utf8.allSatisfy(HTTPCharacters.isDigit)
        else { throw .malformedContentLength }
        guard let byteCount = Int(text), byteCount <= limits.bodyBytesMax else { throw .bodyTooLong }
        // A final answer is the one way to comply (RFC 9110, 10.1.1) without an interim response; clients then send the
        // request again without the expectation.
        if byteCount > 0, headers.count(of: "expect") > 0 { throw .expectation }
        return byteCount
    }
}
