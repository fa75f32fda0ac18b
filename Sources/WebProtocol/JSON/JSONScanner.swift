/// What a value is, told by its first byte.
public enum JSONKind: Equatable, Sendable {
    case object
    case array
    case string
    case number
    case bool
    case null
}

/// Walks over JSON (RFC 8259) and checks it, without building anything: what a client sends for another client has to be
/// passed on byte for byte, and what is not asked for need not be understood. All that reads JSON reads it through here:
/// messages of clients member by member, configuration files as a tree.
///
/// Each function begins at `at` and moves it. Bytes beyond ASCII are taken as they are within strings, so whoever decodes
/// a string has to know that it is UTF-8.
public enum JSONScanner {
    /// Containers inside each other in a value that is skipped, at most; a bit each.
    static let depthMax = 64

    public static func skipSpace(_ json: Span<UInt8>, _ at: inout Int) {
        while at < json.count {
            switch json[at] {
            case 0x20, 0x0a, 0x0d, 0x09: at += 1
            default: return
            }
        }
    }

    /// Moves behind the value that begins here, after checking it. Nesting is counted, not recursed into, so that depth
    /// costs no stack.
    public static func skipValue(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) -> JSONKind {
        let kind = try enter(json, &at)
        guard kind == .object || kind == .array else { return kind }
        // One bit for each open container, the innermost lowest: set for an object.
        var containers: UInt64 = kind == .object ? 1 : 0
        var depth = 1
        var isFirst = true
        while depth > 0 {
            let isObject = containers & 1 == 1
            guard try isObject ? nextMember(json, &at, &isFirst) != nil : nextElement(json, &at, &isFirst) else {
                depth -= 1
                containers >>= 1
                continue
            }
            let start = at
            switch try enter(json, &at) {
            case .object, .array:
                guard depth < depthMax else { throw JSONError(.tooDeep, at: start) }
                depth += 1
                containers = containers << 1 | (json[start] == UInt8(ascii: "{") ? 1 : 0)
                isFirst = true
            case .string, .number, .bool, .null:
                break
            }
        }
        return kind
    }

    /// Moves to the next value of an object that has been entered, or behind the object's end.
    ///
    /// - Parameter isFirst: true before the first member; false afterwards, and behind the end.
    /// - Returns: where the member's name stands, its quotation marks included; nil at the end.
    public static func nextMember(
        _ json: Span<UInt8>, _ at: inout Int, _ isFirst: inout Bool
    ) throws(JSONError) -> Range<Int>? {
        guard try next(json, &at, &isFirst, end: UInt8(ascii: "}"), .commaOrBrace) else { return nil }
        guard at < json.count, json[at] == UInt8(ascii: "\"") else { throw JSONError(.expected(.key), at: at) }
        let start = at
        try skipString(json, &at)
        let name = start..<at
        skipSpace(json, &at)
        guard at < json.count, json[at] == UInt8(ascii: ":") else { throw JSONError(.expected(.colon), at: at) }
        at += 1
        skipSpace(json, &at)
        return name
    }

    /// Moves to the next value of an array that has been entered, or behind the array's end, and is false there.
    ///
    /// - Parameter isFirst: as for `nextMember`.
    public static func nextElement(
        _ json: Span<UInt8>, _ at: inout Int, _ isFirst: inout Bool
    ) throws(JSONError) -> Bool {
        try next(json, &at, &isFirst, end: UInt8(ascii: "]"), .commaOrBracket)
    }

    @inline(__always)
    private static func next(
        _ json: Span<UInt8>, _ at: inout Int, _ isFirst: inout Bool, end: UInt8, _ wanted: JSONError.Part
    ) throws(JSONError) -> Bool {
        skipSpace(json, &at)
        let wasFirst = isFirst
        isFirst = false
        if at < json.count, json[at] == end {
            at += 1
            return false
        }
        if !wasFirst {
            guard at < json.count, json[at] == UInt8(ascii: ",") else { throw JSONError(.expected(wanted), at: at) }
            at += 1
            skipSpace(json, &at)
        }
        return true
    }

    /// Moves behind a scalar, or behind the bracket that opens a container.
    public static func enter(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) -> JSONKind {
        guard at < json.count else { throw JSONError(.expected(.value), at: at) }
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
            try skipWord("true", .true, json, &at)
            return .bool
        case UInt8(ascii: "f"):
            try skipWord("false", .false, json, &at)
            return .bool
        case UInt8(ascii: "n"):
            try skipWord("null", .null, json, &at)
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try skipNumber(json, &at)
            return .number
        default:
            throw JSONError(.expected(.value), at: at)
        }
    }

    private static func skipWord(
        _ word: StaticString, _ wanted: JSONError.Part, _ json: Span<UInt8>, _ at: inout Int
    ) throws(JSONError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard at < json.count, unsafe json[at] == word.utf8Start[index] else {
                throw JSONError(.expected(wanted), at: at)
            }
            at += 1
        }
    }

    /// Moves behind the string whose quotation mark stands here. Escapes are checked for form; whether surrogates pair
    /// matters only to who decodes them.
    private static func skipString(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) {
        let start = at
        at += 1
        while at < json.count {
            switch json[at] {
            case UInt8(ascii: "\""):
                at += 1
                return
            case UInt8(ascii: "\\"):
                try skipEscape(json, &at)
            case 0x00..<0x20:
                throw JSONError(.controlCharacter, at: at)
            default:
                at += 1
            }
        }
        throw JSONError(.openString, at: start)
    }

    private static func skipEscape(_ json: Span<UInt8>, _ at: inout Int) throws(JSONError) {
        at += 1
        guard at < json.count else { throw JSONError(.expected(.escape), at: at) }
        switch json[at] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at += 1
        case UInt8(ascii: "u"):
            at += 1
            for _ in 0..<4 {
                guard at < json.count, hexValue(json[at]) != nil else {
                    throw JSONError(.expected(.hexadecimalDigits), at: at)
                }
                at += 1
            }
        default:
            throw JSONError(.unknownEscape, at: at - 1)
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
        guard at < json.count, HTTPCharacters.isDigit(json[at]) else {
            throw JSONError(.expected(.digit), at: at)
        }
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
