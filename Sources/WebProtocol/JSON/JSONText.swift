/// The text of a JSON string that `JSONScanner` has accepted.
enum JSONText {
    /// - Parameter range: with the quotation marks.
    /// - Returns: nil when an escaped surrogate has no partner: such a text does not exist.
    static func decode(_ json: Span<UInt8>, _ range: Range<Int>) -> String? {
        let inner = json.extracting((range.lowerBound + 1)..<(range.upperBound - 1))
        for index in inner.indices where inner[index] == UInt8(ascii: "\\") {
            guard let bytes = unescape(inner) else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
        return decodeUTF8(inner)
    }

    private static func unescape(_ inner: Span<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(inner.count)
        var at = 0
        while at < inner.count {
            let byte = inner[at]
            at += 1
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            let escape = inner[at]
            at += 1
            switch escape {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0c)
            case UInt8(ascii: "n"): bytes.append(0x0a)
            case UInt8(ascii: "r"): bytes.append(0x0d)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = scalar(inner, &at) else { return nil }
                bytes.append(contentsOf: String(scalar).utf8)
            default: bytes.append(escape)
            }
        }
        return bytes
    }

    /// The scalar of `\u` and four digits, or of two such that are surrogates; `at` stands behind the first `u`.
    private static func scalar(_ inner: Span<UInt8>, _ at: inout Int) -> Unicode.Scalar? {
        let first = unit(inner, &at)
        guard first & 0xfc00 == 0xd800 else { return Unicode.Scalar(first) }
        guard at + 6 <= inner.count, inner[at] == UInt8(ascii: "\\"), inner[at + 1] == UInt8(ascii: "u") else {
            return nil
        }
        at += 2
        let second = unit(inner, &at)
        guard second & 0xfc00 == 0xdc00 else { return nil }
        return Unicode.Scalar(0x1_0000 + (first & 0x3ff) << 10 + (second & 0x3ff))
    }

    private static func unit(_ inner: Span<UInt8>, _ at: inout Int) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            unit = unit << 4 | (JSONScanner.hexValue(inner[at]) ?? 0)
            at += 1
        }
        return unit
    }
}
