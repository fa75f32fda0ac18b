/// The texts of JSON strings: what one that `JSONScanner` has accepted stands for, and how what is special is written.
public enum JSONText {
    /// - Parameter range: with the quotation marks.
    /// - Throws: `loneSurrogate`.
    public static func decode(_ json: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
        let inner = json.extracting((range.lowerBound + 1)..<(range.upperBound - 1))
        for index in inner.indices where inner[index] == UInt8(ascii: "\\") {
            do throws(LoneSurrogate) {
                return String(decoding: try unescape(inner), as: UTF8.self)
            } catch {
                throw JSONError(.loneSurrogate, at: range.lowerBound + 1 + error.at)
            }
        }
        return decodeUTF8(inner)
    }

    /// Appends a character in its escaped form: `\"`, `\n`, `\u001f`. Only for those of the basic plane, as all are for
    /// which RFC 8259, section 7, asks it.
    public static func appendEscape(of unit: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch unit {
        case 0x22: bytes.append(UInt8(ascii: "\""))
        case 0x5c: bytes.append(UInt8(ascii: "\\"))
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0c: bytes.append(UInt8(ascii: "f"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(UInt8(ascii: "u"))
            appendHexadecimal(UInt64(unit), digits: 4, to: &bytes)
        }
    }

    private struct LoneSurrogate: Error {
        let at: Int
    }

    private static func unescape(_ inner: Span<UInt8>) throws(LoneSurrogate) -> [UInt8] {
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
                let start = at - 2
                guard let scalar = scalar(inner, &at) else { throw LoneSurrogate(at: start) }
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
