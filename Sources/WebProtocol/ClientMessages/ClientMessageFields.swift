/// The members that messages of clients have, of all types; any other is ignored.
enum ClientField: String, Sendable {
    case type, scene, subject, token, attributes, resume
    case session, ticket, received, to, data, peer, rttMs, detail, barrier, result, reason
    case party, code, size, hidden
    case sample, clientMs, tick, episode, attempt

    var index: Int {
        switch self {
        case .type: 0
        case .scene: 1
        case .subject: 2
        case .token: 3
        case .attributes: 4
        case .resume: 5
        case .session: 6
        case .ticket: 7
        case .received: 8
        case .to: 9
        case .data: 10
        case .peer: 11
        case .rttMs: 12
        case .detail: 13
        case .barrier: 14
        case .result: 15
        case .reason: 16
        case .party: 17
        case .code: 18
        case .size: 19
        case .hidden: 20
        case .sample: 21
        case .clientMs: 22
        case .tick: 23
        case .episode: 24
        case .attempt: 25
        }
    }
}

/// Where the known members of one message lie in its bytes. One walk checks the whole text and finds them; values are
/// decoded when they are asked for.
struct ClientMessageFields {
    private struct Place {
        var start: Int32 = -1
        var end: Int32 = -1
        var kind = JSONKind.null
    }

    private var places = InlineArray<26, Place>(repeating: Place())

    /// - Throws: `too_large`, `bad_json` when the text does not parse, `bad_message` when it is not an object or names a
    ///   known member twice (two readers could take two different ones).
    init(_ json: Span<UInt8>, limits: ClientMessageLimits) throws(ClientMessageError) {
        guard json.count <= min(limits.messageBytesMax, Int(Int32.max)) else {
            throw ClientMessageError(.tooLarge, "a message has at most \(limits.messageBytesMax) bytes")
        }
        guard UTF8Validator.isValid(json) else { throw ClientMessageError(.badJSON, "the text is not UTF-8") }
        var at = 0
        JSONScanner.skipSpace(json, &at)
        let isObject = at < json.count && json[at] == UInt8(ascii: "{")
        var repeated: ClientField?
        do throws(JSONError) {
            if isObject {
                repeated = try scanMembers(json, &at)
            } else {
                _ = try JSONScanner.skipValue(json, &at)
            }
            JSONScanner.skipSpace(json, &at)
        } catch {
            let problem = error.problem == .tooDeep ? "nested too deeply" : "not JSON"
            throw ClientMessageError(.badJSON, "\(problem) at byte \(error.at)")
        }
        guard at == json.count else { throw ClientMessageError(.badJSON, "not JSON at byte \(at)") }
        guard isObject else { throw ClientMessageError(.badMessage, "a message is an object") }
        if let repeated { throw ClientMessageError(.badMessage, "`\(repeated.rawValue)` is there twice") }
    }

    /// - Returns: a known member that is there twice, if there is one.
    private mutating func scanMembers(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) -> ClientField? {
        var repeated: ClientField?
        var isFirst = true
        at += 1
        while let name = try JSONScanner.nextMember(json, &at, &isFirst) {
            let start = at
            let kind = try JSONScanner.skipValue(json, &at)
            guard let field = Self.field(json, name) else { continue }
            if places[field.index].start >= 0 { repeated = field }
            places[field.index] = Place(start: Int32(start), end: Int32(at), kind: kind)
        }
        return repeated
    }

    /// The known member of this name. A name as long as no known one is not even decoded, unless it has escapes.
    private static func field(_ json: Span<UInt8>, _ range: Range<Int>) -> ClientField? {
        guard range.count <= 6 * 12 + 2, let name = try? JSONText.decode(json, range) else { return nil }
        return ClientField(rawValue: name)
    }

    // MARK: Values

    /// The place of a member that is there and not null: null stands for absent, as a program that fills in a form
    /// sends it.
    private func place(_ field: ClientField) -> (range: Range<Int>, kind: JSONKind)? {
        let place = places[field.index]
        guard place.start >= 0, place.kind != .null else { return nil }
        return (Int(place.start)..<Int(place.end), place.kind)
    }

    func string(
        _ field: ClientField, _ json: Span<UInt8>, bytesMax: Int
    ) throws(ClientMessageError) -> String {
        guard let text = try optionalString(field, json, bytesMax: bytesMax) else { throw Self.missing(field) }
        return text
    }

    /// A name or a proof: a text of 1 to `bytesMax` bytes without control characters.
    func optionalString(
        _ field: ClientField, _ json: Span<UInt8>, bytesMax: Int
    ) throws(ClientMessageError) -> String? {
        guard let text = try optionalFreeText(field, json, bytesMax: bytesMax) else { return nil }
        guard !text.isEmpty else { throw ClientMessageError(.badMessage, "`\(field.rawValue)` must not be empty") }
        for scalar in text.unicodeScalars where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
            throw ClientMessageError(.badMessage, "`\(field.rawValue)` must not have control characters")
        }
        return text
    }

    /// A text for people, of up to `bytesMax` bytes.
    func optionalFreeText(
        _ field: ClientField, _ json: Span<UInt8>, bytesMax: Int
    ) throws(ClientMessageError) -> String? {
        guard let (range, kind) = place(field) else { return nil }
        guard kind == .string, let text = try? JSONText.decode(json, range) else {
            throw ClientMessageError(.badMessage, "`\(field.rawValue)` must be a text")
        }
        guard text.utf8.count <= bytesMax else {
            throw ClientMessageError(.badMessage, "`\(field.rawValue)` must have at most \(bytesMax) bytes")
        }
        return text
    }

    func integer(_ field: ClientField, _ json: Span<UInt8>, max: Int) throws(ClientMessageError) -> Int {
        guard let value = try optionalInteger(field, json, max: max) else { throw Self.missing(field) }
        return value
    }

    /// A whole number from 0 to `max`, written as digits.
    func optionalInteger(
        _ field: ClientField, _ json: Span<UInt8>, max: Int
    ) throws(ClientMessageError) -> Int? {
        guard let (range, kind) = place(field) else { return nil }
        var value = 0
        var isValid = kind == .number
        for index in range where isValid {
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            isValid = HTTPCharacters.isDigit(json[index]) && !overflow && shifted <= Int.max - 9
            if isValid { value = shifted + Int(json[index] - UInt8(ascii: "0")) }
        }
        guard isValid, value <= max else {
            throw ClientMessageError(.badMessage, "`\(field.rawValue)` must be a whole number from 0 to \(max)")
        }
        return value
    }

    func number(_ field: ClientField, _ json: Span<UInt8>) throws(ClientMessageError) -> Double {
        guard let value = try optionalNumber(field, json) else { throw Self.missing(field) }
        return value
    }

    /// A finite number that is not negative.
    func optionalNumber(_ field: ClientField, _ json: Span<UInt8>) throws(ClientMessageError) -> Double? {
        guard let (range, kind) = place(field) else { return nil }
        guard kind == .number, let value = Double(decodeUTF8(json.extracting(range))), value.isFinite, value >= 0
        else { throw ClientMessageError(.badMessage, "`\(field.rawValue)` must be a number, not negative") }
        return value
    }

    func flag(_ field: ClientField, _ json: Span<UInt8>) throws(ClientMessageError) -> Bool {
        guard let (range, kind) = place(field) else { throw Self.missing(field) }
        guard kind == .bool else { throw ClientMessageError(.badMessage, "`\(field.rawValue)` must be true or false") }
        return json[range.lowerBound] == UInt8(ascii: "t")
    }

    /// Any value, null too, as the bytes that were sent.
    func raw(
        _ field: ClientField, _ json: Span<UInt8>, bytesMax: Int
    ) throws(ClientMessageError) -> [UInt8] {
        let place = places[field.index]
        guard place.start >= 0 else { throw Self.missing(field) }
        return try slice(field, json, Int(place.start)..<Int(place.end), bytesMax: bytesMax)
    }

    /// An object, as the bytes that were sent.
    func optionalRawObject(
        _ field: ClientField, _ json: Span<UInt8>, bytesMax: Int
    ) throws(ClientMessageError) -> [UInt8]? {
        guard let (range, kind) = place(field) else { return nil }
        guard kind == .object else { throw ClientMessageError(.badMessage, "`\(field.rawValue)` must be an object") }
        return try slice(field, json, range, bytesMax: bytesMax)
    }

    private func slice(
        _ field: ClientField, _ json: Span<UInt8>, _ range: Range<Int>, bytesMax: Int
    ) throws(ClientMessageError) -> [UInt8] {
        guard range.count <= bytesMax else {
            throw ClientMessageError(.badMessage, "`\(field.rawValue)` must have at most \(bytesMax) bytes")
        }
        var bytes: [UInt8] = []
        appendBytes(json.extracting(range), to: &bytes)
        return bytes
    }

    private static func missing(_ field: ClientField) -> ClientMessageError {
        ClientMessageError(.badMessage, "`\(field.rawValue)` is missing")
    }

    /// The message's type.
    func type(_ json: Span<UInt8>) throws(ClientMessageError) -> String {
        try string(.type, json, bytesMax: 64)
    }

    static func unknownType(_ type: String) -> ClientMessageError {
        ClientMessageError(.unknownType, "no message has the type `\(type)`")
    }
}
