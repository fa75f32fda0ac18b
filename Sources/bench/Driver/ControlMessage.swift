import WebProtocol

/// The top level of a JSON object, as far as the driver needs it: strings and whole numbers by name.
struct ControlMessage {
    private let bytes: [UInt8]
    private var members: [(name: String, kind: JSONKind, range: Range<Int>)] = []

    /// Nil when the bytes do not begin with an object.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        let json = bytes.span
        var at = 0
        JSONScanner.skipSpace(json, &at)
        do throws(JSONError) {
            guard try JSONScanner.enter(json, &at) == .object else { return nil }
            var isFirst = true
            while let name = try JSONScanner.nextMember(json, &at, &isFirst) {
                let start = at
                let kind = try JSONScanner.skipValue(json, &at)
                members.append((try JSONText.decode(json, name), kind, start..<at))
            }
        } catch {
            return nil
        }
    }

    var type: String { string("type") ?? "" }

    func string(_ name: String) -> String? {
        guard let member = members.first(where: { $0.name == name }), member.kind == .string else { return nil }
        return try? JSONText.decode(bytes.span, member.range)
    }

    func integer(_ name: String) -> Int? {
        guard let member = members.first(where: { $0.name == name }), member.kind == .number else { return nil }
        return Int(String(decoding: bytes[member.range], as: UTF8.self))
    }
}
