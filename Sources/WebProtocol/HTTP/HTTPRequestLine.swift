/// The parsed request line (RFC 9112, section 3).
struct HTTPRequestLine: Sendable {
    var method: HTTPMethod
    var version: HTTPVersion
    var path: String
    var query: String?
    /// The authority of an absolute target.
    var authority: String?

    /// - Parameter line: without its line end.
    init(_ line: ArraySlice<UInt8>, limits: HTTPLimits) throws(HTTPError) {
        guard let methodEnd = line.firstIndex(of: 0x20), methodEnd > line.startIndex,
            let targetEnd = line.lastIndex(of: 0x20), targetEnd > methodEnd + 1
        else { throw .malformedRequestLine }
        let methodBytes = line[..<methodEnd]
        let target = line[(methodEnd + 1)..<targetEnd]
        let versionBytes = line[(targetEnd + 1)...]
        guard methodBytes.allSatisfy(HTTPCharacters.isToken) else { throw .malformedRequestLine }
        guard target.count <= limits.targetBytesMax else { throw .targetTooLong }
        guard target.allSatisfy(HTTPCharacters.isTarget) else { throw .malformedTarget }
        version = try Self.version(versionBytes)
        method = try Self.method(methodBytes)
        if target.elementsEqual([UInt8(ascii: "*")]) {
            guard method == .options else { throw .malformedTarget }
            path = "*"
            return
        }
        var rest = target
        if target.first != UInt8(ascii: "/") {
            let (authority, remainder) = try Self.absolute(target)
            self.authority = String(decoding: authority, as: UTF8.self)
            rest = remainder
        }
        let mark = rest.firstIndex(of: UInt8(ascii: "?"))
        let pathBytes = rest[..<(mark ?? rest.endIndex)]
        path = pathBytes.isEmpty ? "/" : String(decoding: pathBytes, as: UTF8.self)
        if let mark { query = String(decoding: rest[(mark + 1)...], as: UTF8.self) }
    }

    private static func version(_ bytes: ArraySlice<UInt8>) throws(HTTPError) -> HTTPVersion {
        let start = bytes.startIndex
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), HTTPCharacters.isDigit(bytes[start + 5]),
            bytes[start + 6] == UInt8(ascii: "."), HTTPCharacters.isDigit(bytes[start + 7])
        else { throw .malformedRequestLine }
        guard bytes[start + 5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        return bytes[start + 7] == UInt8(ascii: "0") ? .http10 : .http11
    }

    private static func method(_ bytes: ArraySlice<UInt8>) throws(HTTPError) -> HTTPMethod {
        let name = String(decoding: bytes, as: UTF8.self)
        if let method = HTTPMethod(rawValue: name) { return method }
        if name == "CONNECT" || name == "TRACE" { throw .methodNotAllowed }
        throw .unknownMethod
    }

    /// `http://authority/path`, as proxies receive it and every server must accept it (RFC 9112, 3.2.2).
    private static func absolute(
        _ target: ArraySlice<UInt8>
    ) throws(HTTPError) -> (authority: ArraySlice<UInt8>, rest: ArraySlice<UInt8>) {
        for scheme in ["http://", "https://", "ws://", "wss://"] {
            let prefix = target.prefix(scheme.utf8.count)
            guard prefix.count == scheme.utf8.count, prefix.lazy.map(lowered).elementsEqual(scheme.utf8) else {
                continue
            }
            let rest = target[prefix.endIndex...]
            let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            guard end > rest.startIndex, rest[..<end].allSatisfy(HTTPCharacters.isAuthority) else { break }
            return (rest[..<end], rest[end...])
        }
        throw .malformedTarget
    }
}
