import WebProtocol

/// Writes texts so that nothing from outside can end a line, forge a field or move a terminal's cursor.
enum LogEscape {
    /// Appends a text without quotes, escaped as JSON asks (RFC 8259, section 7) and beyond that every scalar that a
    /// terminal would not show as itself. Stops before `bytesMax` bytes are written and then ends in `…`.
    static func append(_ text: String, bytesMax: Int, to buffer: inout [UInt8]) {
        let limit = buffer.count + max(bytesMax, mark.count) - mark.count
        for scalar in text.unicodeScalars {
            let start = buffer.count
            append(scalar, to: &buffer)
            if buffer.count > limit {
                buffer.removeLast(buffer.count - start)
                buffer.append(contentsOf: mark)
                return
            }
        }
    }

    /// Whether a text can stand in a text line without quotes.
    static func isBare(_ text: String) -> Bool {
        var isEmpty = true
        for byte in text.utf8 {
            isEmpty = false
            switch byte {
            case 0x21, 0x23...0x3C, 0x3E...0x5B, 0x5D...0x7E: continue
            default: return false
            }
        }
        return !isEmpty
    }

    private static let mark = Array("…".utf8)

    private static func append(_ scalar: Unicode.Scalar, to buffer: inout [UInt8]) {
        switch scalar.value {
        case 0x22, 0x5C:
            JSONText.appendEscape(of: UInt16(scalar.value), to: &buffer)
        case 0x20...0x7E:
            buffer.append(UInt8(truncatingIfNeeded: scalar.value))
        default:
            if !isPrintable(scalar), let unit = UInt16(exactly: scalar.value) {
                JSONText.appendEscape(of: unit, to: &buffer)
            } else {
                buffer.append(contentsOf: scalar.utf8)
            }
        }
    }
}
