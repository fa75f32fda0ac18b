import Matchmaking
import WebProtocol

/// How much a subject may say of itself.
struct AttributeLimits {
    /// Attributes of one subject, those of the message and of its token together.
    var countMax = 32
    var nameBytesMax = SceneFileLimits.nameBytesMax
    /// Of a text, and of each text of a list.
    var textBytesMax = 256
    var listCountMax = 32
}

/// Reads attributes as clients and tokens bring them: a JSON object, flat, of finite numbers, texts, booleans and lists of
/// texts. Whatever else stands there is refused by name, since a value that is left out would match people whom it keeps apart.
struct AttributeReader {
    var limits = AttributeLimits()

    /// - Parameter json: one object, in UTF-8, without anything around it.
    /// - Throws: `bad_message`, naming the attribute.
    func read(_ json: [UInt8]) throws(ClientMessageError) -> Attributes {
        var attributes = Attributes.none
        let json = json.span
        do throws(Problem) {
            var at = 0
            var isFirst = true
            guard try scan({ () throws(JSONError) in try JSONScanner.enter(json, &at) }) == .object else { throw .notJSON }
            while let range = try scan({ () throws(JSONError) in try JSONScanner.nextMember(json, &at, &isFirst) }) {
                let name = try text(json, range)
                guard attributes.entries.count < limits.countMax else { throw .tooMany(limits.countMax) }
                guard isName(name) else { throw .badName(limits.nameBytesMax) }
                guard attributes[name] == nil else { throw .of(name, "is there twice") }
                attributes.set(name, try value(of: name, json, &at))
            }
        } catch {
            throw ClientMessageError(.badMessage, error.message)
        }
        return attributes
    }

    /// Those of a token beside those of a message. What the token says counts: a client cannot change what was signed.
    /// - Throws: `bad_message` when they are too many together.
    func merge(_ own: Attributes, signed: Attributes) throws(ClientMessageError) -> Attributes {
        if own.entries.isEmpty { return signed }
        var attributes = own
        for entry in signed.entries { attributes.set(entry.name, entry.value) }
        guard attributes.entries.count <= limits.countMax else {
            throw ClientMessageError(.badMessage, Problem.tooMany(limits.countMax).message)
        }
        return attributes
    }

    private enum Problem: Error {
        case notJSON
        case tooMany(Int)
        case badName(Int)
        case of(String, String)

        var message: String {
            switch self {
            case .notJSON: "`attributes` must be an object"
            case .tooMany(let count): "`attributes` has more than \(count) entries"
            case .badName(let bytes):
                "`attributes` has a name that is not of 1 to \(bytes) bytes without control characters"
            case .of(let name, let problem): "attribute `\(name)` \(problem)"
            }
        }
    }

    private func value(of name: String, _ json: Span<UInt8>, _ at: inout Int) throws(Problem) -> AttributeValue {
        let start = at
        switch try scan({ () throws(JSONError) in try JSONScanner.enter(json, &at) }) {
        case .string: return .text(try short(text(json, start..<at), name))
        case .bool: return .flag(json[start] == UInt8(ascii: "t"))
        case .number:
            let digits = json.extracting(start..<at).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
            guard let number = Double(digits), number.isFinite else { throw .of(name, "is a number out of range") }
            return .number(number)
        case .array: return .texts(try texts(of: name, json, &at))
        case .object: throw .of(name, "must not be an object")
        case .null: throw .of(name, "must not be null; leave it out")
        }
    }

    private func texts(of name: String, _ json: Span<UInt8>, _ at: inout Int) throws(Problem) -> [String] {
        var texts: [String] = []
        var isFirst = true
        while try scan({ () throws(JSONError) in try JSONScanner.nextElement(json, &at, &isFirst) }) {
            let start = at
            guard try scan({ () throws(JSONError) in try JSONScanner.enter(json, &at) }) == .string else {
                throw .of(name, "must be a list of texts only")
            }
            guard texts.count < limits.listCountMax else { throw .of(name, "has more than \(limits.listCountMax) texts") }
            texts.append(try short(text(json, start..<at), name))
        }
        return texts
    }

    private func short(_ text: String, _ name: String) throws(Problem) -> String {
        guard text.utf8.count <= limits.textBytesMax else {
            throw .of(name, "has a text of more than \(limits.textBytesMax) bytes")
        }
        return text
    }

    private func isName(_ name: String) -> Bool {
        (1...limits.nameBytesMax).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
    }

    private func text(_ json: Span<UInt8>, _ range: Range<Int>) throws(Problem) -> String {
        try scan { () throws(JSONError) in try JSONText.decode(json, range) }
    }

    private func scan<Result>(_ step: () throws(JSONError) -> Result) throws(Problem) -> Result {
        do {
            return try step()
        } catch {
            throw .notJSON
        }
    }
}
