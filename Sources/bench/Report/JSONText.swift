/// A JSON value with its fields in the order given.
enum JSONText {
    case object([(String, JSONText)])
    case array([JSONText])
    case string(String)
    case number(Double)
    case bool(Bool)

    static func integer(_ value: Int) -> JSONText { .number(Double(value)) }
    static func integer(_ value: UInt64) -> JSONText { .number(Double(value)) }

    /// The text, indented by two spaces a level.
    func rendered(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .object(let fields):
            if fields.isEmpty { return "{}" }
            let lines = fields.map { "\(inner)\(JSONText.quoted($0.0)): \($0.1.rendered(indent: inner))" }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
        case .array(let items):
            if items.isEmpty { return "[]" }
            return "[\n\(items.map { inner + $0.rendered(indent: inner) }.joined(separator: ",\n"))\n\(indent)]"
        case .string(let text): return JSONText.quoted(text)
        case .number(let value):
            if let whole = Int64(exactly: value) { return String(whole) }
            return value.isFinite ? String(value) : "null"
        case .bool(let value): return value ? "true" : "false"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
