/// Appends a number as decimal digits.
public func appendDecimal(_ number: UInt64, to bytes: inout [UInt8]) {
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var start = 20
    var left = number
    repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(left % 10)
        left /= 10
    } while left > 0
    appendBytes(digits.span.extracting(start..<20), to: &bytes)
}

/// Appends the lowest `digits` digits of a number in lower-case hexadecimal.
public func appendHexadecimal(_ number: UInt64, digits: Int, to bytes: inout [UInt8]) {
    for digit in stride(from: digits - 1, through: 0, by: -1) {
        let nibble = UInt8(truncatingIfNeeded: number >> (4 * UInt64(digit)) & 0xf)
        bytes.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
    }
}
