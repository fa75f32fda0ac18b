/// Where the members that matter lie in a token's header or claims; any other is ignored. One walk checks the whole text.
struct JWTFields {
    enum Name: String, CaseIterable {
        case alg, typ, crit
        case iss, sub, aud, exp, nbf, iat, scene, attributes

        var index: Int {
            switch self {
            case .alg: 0
            case .typ: 1
            case .crit: 2
            case .iss: 3
            case .sub: 4
            case .aud: 5
            case .exp: 6
            case .nbf: 7
            case .iat: 8
            case .scene: 9
            case .attributes: 10
            }
        }
    }

    private struct Place {
        var range = 0..<0
        var kind = JSONKind.null
        var isThere = false
    }

    private var places = InlineArray<11, Place>(repeating: Place())

    /// - Throws: `malformed` when it is not one JSON object in UTF-8, or one of the names is there twice (RFC 7519, section 4).
    init(_ json: Span<UInt8>) throws(JWTError) {
        guard UTF8Validator.isValid(json) else { throw .malformed }
        guard (try? read(json)) == true else { throw .malformed }
    }

    /// - Returns: whether this is one object that names nothing twice.
    private mutating func read(_ json: Span<UInt8>) throws(JSONError) -> Bool {
        var at = 0
        var isFirst = true
        JSONScanner.skipSpace(json, &at)
        guard try JSONScanner.enter(json, &at) == .object else { return false }
        while let range = try JSONScanner.nextMember(json, &at, &isFirst) {
            let name = Name(rawValue: try JSONText.decode(json, range))
            let start = at
            let kind = try JSONScanner.skipValue(json, &at)
            guard let name else { continue }
            guard !places[name.index].isThere else { return false }
            places[name.index] = Place(range: start..<at, kind: kind, isThere: true)
        }
        JSONScanner.skipSpace(json, &at)
        return at == json.count
    }

    func has(_ name: Name) -> Bool { places[name.index].isThere }

    func text(_ name: Name, _ json: Span<UInt8>, _ limits: JWTLimits) throws(JWTError) -> String? {
        let place = places[name.index]
        guard place.isThere else { return nil }
        guard place.kind == .string else { throw .claim }
        return try Self.text(json, place.range, limits)
    }

    /// One text, or a list of them.
    func texts(_ name: Name, _ json: Span<UInt8>, _ limits: JWTLimits) throws(JWTError) -> [String]? {
        let place = places[name.index]
        guard place.isThere else { return nil }
        guard place.kind == .array else { return try text(name, json, limits).map { [$0] } }
        var texts: [String] = []
        var at = place.range.lowerBound + 1
        var isFirst = true
        while (try? JSONScanner.nextElement(json, &at, &isFirst)) == true {
            let start = at
            guard (try? JSONScanner.skipValue(json, &at)) == .string, texts.count < limits.namesMax else { throw .claim }
            texts.append(try Self.text(json, start..<at, limits))
        }
        return texts
    }

    /// A time in seconds since 1970, with or without a fraction (RFC 7519, section 2: NumericDate).
    func seconds(_ name: Name, _ json: Span<UInt8>) throws(JWTError) -> Double? {
        let place = places[name.index]
        guard place.isThere else { return nil }
        guard place.kind == .number, let seconds = Double(decodeUTF8(json.extracting(place.range))), seconds.isFinite
        else { throw .claim }
        return seconds
    }

    /// An object, as the bytes that stand there.
    func object(_ name: Name, _ json: Span<UInt8>) throws(JWTError) -> [UInt8]? {
        let place = places[name.index]
        guard place.isThere else { return nil }
        guard place.kind == .object else { throw .claim }
        var bytes: [UInt8] = []
        appendBytes(json.extracting(place.range), to: &bytes)
        return bytes
    }

    private static func text(_ json: Span<UInt8>, _ range: Range<Int>, _ limits: JWTLimits) throws(JWTError) -> String {
        guard let text = try? JSONText.decode(json, range), text.utf8.count <= limits.nameBytesMax else { throw .claim }
        return text
    }
}
