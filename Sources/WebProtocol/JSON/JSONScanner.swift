/// Why a text is not JSON, and where.
enum JSONError: Error, Equatable {
    case unexpected(at: Int)
    case tooDeep(at: Int)
}

/// What a value is, told by its first byte.
enum JSONKind: Equatable, Sendable {
    case object
    case array
    case string
    case number
    case bool
    case null
}

/// Walks over JSON (RFC 8259) and checks it, without building anything: what a client sends for another client has to be
/// passed on byte for byte, and what is not asked for need not be understood. Nesting is counted, not recursed into, so
/// that depth costs no stack. The bytes are valid UTF-8, which the caller checks first.
enum JSONScanner {
    /// Containers inside each other, at most; a bit each.
    static let depthMax = 64

    static func skipSpace(_ json: Span<UInt8>, _ at: inout Int) {
        while at < json.count {
            switch json[at] {
            case 0x20, 0x0a, 0x0d, 0x09: at += 1
            default: return
            }
        }
    }

    /// Moves `at` behind the value that begins there, after checking it.
    static func skipValue(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) -> JSONKind {
        let kind = try skipScalarOrOpen(json, &at)
        guard kind == .object || kind == .array else { return kind }
        // One bit for each open container, the innermost lowest: set for an object.
        var containers: UInt64 = kind == .object ? 1 : 0
        var depth = 1
        var isFirst = true
        while depth > 0 {
            let isObject = containers & 1 == 1
            skipSpace(json, &at)
            guard at < json.count else { throw .unexpected(at: at) }
            if json[at] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                at += 1
                depth -= 1
                containers >>= 1
                isFirst = false
                continue
            }
            if !isFirst {
                try expect(UInt8(ascii: ","), json, &at)
                skipSpace(json, &at)
            }
            if isObject {
                try skipString(json, &at)
                skipSpace(json, &at)
                try expect(UInt8(ascii: ":"), json, &at)
                skipSpace(json, &at)
            }
            let start = at
            isFirst = false
            switch try skipScalarOrOpen(json, &at) {
            case .object, .array:
                guard depth < depthMax else { throw .tooDeep(at: start) }
                depth += 1
                containers = containers << 1 | (json[start] == UInt8(ascii: "{") ? 1 : 0)
                isFirst = true
            case .string, .number, .bool, .null:
                break
            }
        }
        return kind
    }

    /// Moves behind a scalar, or behind the bracket that opens a container.
    private static func skipScalarOrOpen(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) -> JSONKind {
        guard at < json.count else { throw .unexpected(at: at) }
        switch json[at] {
        case UInt8(ascii: "{"):
            at += 1
            return .object
        case UInt8(ascii: "["):
            at += 1
            return .array
        case UInt8(ascii: "\""):
            try skipString(json, &at)
            return .string
        case UInt8(ascii: "t"):
            try skipWord("true", json, &at)
            return .bool
        case UInt8(ascii: "f"):
            try skipWord("false", json, &at)
            return .bool
        case UInt8(ascii: "n"):
            try skipWord("null", json, &at)
            return .null
        default:
            try skipNumber(json, &at)
            return .number
        }
    }

    static func expect(_ byte: UInt8, _ json: Span<UInt8>, _ at: inout Int) throws(JSONError) {
        guard at < json.count, json[at] == byte else { throw .unexpected(at: at) }
        at += 1
    }

    private static func skipWord(_ word: StaticString, _ json: Span<UInt8>, _ at: inout Int) throws(JSONError) {
        let start = at
        for index in 0..<word.utf8CodeUnitCount {
            guard at < json.count, unsafe json[at] == word.utf8Start[index] else { throw .unexpected(at: start) }
            at += 1
        }
    }

    /// Moves behind a string. Escapes are checked for form; whether surrogates pair matters only to who decodes them.
    static func skipString(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) {
        try expect(UInt8(ascii: "\""), json, &at)
        while at < json.count {
            switch json[at] {
            case UInt8(ascii: "\""):
                at += 1
                return
            case UInt8(ascii: "\\"):
                at += 1
                try skipEscape(json, &at)
            case 0x00..<0x20:
                throw .unexpected(at: at)
            default:
                at += 1
            }
        }
        throw .unexpected(at: at)
    }

    private static func skipEscape(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) {
        guard at < json.count else { throw .unexpected(at: at) }
        switch json[at] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at += 1
        case UInt8(ascii: "u"):
            at += 1
            for _ in 0..<4 {
                guard at < json.count, hexValue(json[at]) != nil else { throw .unexpected(at: at) }
                at += 1
            }
        default:
            throw .unexpected(at: at)
        }
    }

    /// Moves behind `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`, of any size.
    private static func skipNumber(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) {
        if at < json.count, json[at] == UInt8(ascii: "-") { at += 1 }
        if at < json.count, json[at] == UInt8(ascii: "0") {
            at += 1
        } else {
            try skipDigits(json, &at)
        }
        if at < json.count, json[at] == UInt8(ascii: ".") {
            at += 1
            try skipDigits(json, &at)
        }
        if at < json.count, json[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < json.count, json[at] == UInt8(ascii: "+") || json[at] == UInt8(ascii: "-") { at += 1 }
            try skipDigits(json, &at)
        }
    }

    private static func skipDigits(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) {
        guard at < json.count, HTTPCharacters.isDigit(json[at]) else { throw .unexpected(at: at) }
        while at < json.count, HTTPCharacters.isDigit(json[at]) { at += 1 }
    }

    static func hexValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
