/// The top level of a JSON object, as far as the driver needs it: strings and numbers by name.
///
/// A JSON library would cost the driver more than the server spends on a join.
struct ControlMessage {
    private enum Value {
        case string(String)
        case number(Double)
        case other
    }

    private var fields: [(name: String, value: Value)] = []

    /// Nil when the bytes are not an object, or end inside one.
    init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes)
        guard reader.take(UInt8(ascii: "{")) else { return nil }
        if reader.take(UInt8(ascii: "}")) { return }
        repeat {
            guard let name = reader.string(), reader.take(UInt8(ascii: ":")), let value = reader.value() else { return nil }
            fields.append((name, value))
        } while reader.take(UInt8(ascii: ","))
        guard reader.take(UInt8(ascii: "}")) else { return nil }
    }

    var type: String { string("type") ?? "" }

    func string(_ name: String) -> String? {
        if case .string(let text)? = fields.first(where: { $0.name == name })?.value { text } else { nil }
    }

    func integer(_ name: String) -> Int? {
        if case .number(let number)? = fields.first(where: { $0.name == name })?.value { Int(exactly: number) } else { nil }
    }

    private struct Reader {
        private let bytes: [UInt8]
        private var at = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

        private mutating func skipSpace() {
            while let byte = current, byte == 0x20 || (0x09...0x0D).contains(byte) { at += 1 }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            skipSpace()
            guard current == byte else { return false }
            at += 1
            return true
        }

        mutating func string() -> String? {
            guard take(UInt8(ascii: "\"")) else { return nil }
            let start = at
            var escaped = false
            while let byte = current, byte != UInt8(ascii: "\"") {
                if byte == UInt8(ascii: "\\") {
                    escaped = true
                    at += 1
                }
                at += 1
            }
            guard at < bytes.count else { return nil }
            defer { at += 1 }
            let raw = bytes[start..<at]
            return String(decoding: escaped ? ControlMessage.unescaped(raw) : raw, as: UTF8.self)
        }

        mutating func value() -> Value? {
            skipSpace()
            switch current {
            case UInt8(ascii: "\"")?: return string().map { .string($0) }
            case UInt8(ascii: "{")?, UInt8(ascii: "[")?: return skipNested() ? .other : nil
            case nil: return nil
            default:
                let start = at
                while let byte = current, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"), byte > 0x20 { at += 1 }
                let word = String(decoding: bytes[start..<at], as: UTF8.self)
                return Double(word).map { .number($0) } ?? .other
            }
        }

        private mutating func skipNested() -> Bool {
            var depth = 0
            while let byte = current {
                switch byte {
                case UInt8(ascii: "\""):
                    guard string() != nil else { return false }
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                at += 1
                if depth == 0 { return true }
            }
            return false
        }
    }

    /// Resolves the escapes of one character; `\u` sequences stay as they are, since nothing the driver reads has them.
    private static func unescaped(_ raw: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var result: [UInt8] = []
        var rest = raw
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
                result.append(byte)
                continue
            }
            switch next {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"): result += [byte, next]
            default: result.append(next)
            }
        }
        return result[...]
    }
}
