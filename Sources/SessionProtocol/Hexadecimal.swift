/// Lower-case hexadecimal text of fixed width.
enum Hexadecimal {
    static func encode64(_ value: UInt64) -> String {
        unsafe String(unsafeUninitializedCapacity: 16) { text in
            unsafe write(value, to: text, at: 0)
            return 16
        }
    }

    static func encode128(_ high: UInt64, _ low: UInt64) -> String {
        unsafe String(unsafeUninitializedCapacity: 32) { text in
            unsafe write(high, to: text, at: 0)
            unsafe write(low, to: text, at: 16)
            return 32
        }
    }

    private static func write(_ value: UInt64, to text: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
        for digit in 0..<16 {
            let nibble = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * digit)) & 15
            unsafe text[start + digit] = nibble < 10 ? 48 + nibble : 87 + nibble
        }
    }

    static func decode128(_ text: String) -> (high: UInt64, low: UInt64)? {
        guard text.utf8.count == 32 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for byte in text.utf8 {
            let nibble: UInt8
            switch byte {
            case 48...57: nibble = byte - 48
            case 97...102: nibble = byte - 87
            default: return nil
            }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(nibble)
        }
        return (high, low)
    }
}
