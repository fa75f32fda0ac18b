/// Why a text is not the base64 that was asked for.
public enum Base64Error: Error, Equatable, Sendable {
    /// A character outside the alphabet (white space too), or padding before the end.
    case character(at: Int)
    /// A length that no encoder gives: padding missing or superfluous, or a lone last character.
    case length
    /// Bits of the last character that stand for nothing are set; a second spelling of the same bytes is refused.
    case strayBits
}

/// The two alphabets of RFC 4648: `standard` (section 4) is padded, `url` (section 5) is not; each decodes strictly
/// what it encodes, so that bytes have one spelling.
public enum Base64: Sendable {
    case standard
    case url

    public func encode(_ bytes: Span<UInt8>) -> String {
        unsafe String(unsafeUninitializedCapacity: characterCount(of: bytes.count)) { memory in
            encode(bytes) { unsafe memory[$0] = $1 }
        }
    }

    public func encode(_ bytes: [UInt8]) -> String { encode(bytes.span) }

    /// Appends the text to `text`.
    public func encode(_ bytes: Span<UInt8>, into text: inout [UInt8]) {
        text.reserveCapacity(text.count + characterCount(of: bytes.count))
        _ = encode(bytes) { text.append($1) }
    }

    private func characterCount(of byteCount: Int) -> Int {
        switch self {
        case .standard: (byteCount + 2) / 3 * 4
        case .url: (byteCount * 4 + 2) / 3
        }
    }

    /// Puts one character after another, with its place; returns how many.
    @inline(__always)
    private func encode(_ bytes: Span<UInt8>, _ put: (Int, UInt8) -> Void) -> Int {
        let alphabet = alphabet
        @inline(__always) func character(_ value: UInt32) -> UInt8 {
            unsafe alphabet.utf8Start[Int(value & 0x3f)]
        }
        var (offset, count) = (0, 0)
        while bytes.count - offset >= 3 {
            let group = UInt32(bytes[offset]) << 16 | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2])
            put(count, character(group >> 18))
            put(count + 1, character(group >> 12))
            put(count + 2, character(group >> 6))
            put(count + 3, character(group))
            offset += 3
            count += 4
        }
        let rest = bytes.count - offset
        if rest == 0 { return count }
        let group = UInt32(bytes[offset]) << 16 | (rest == 2 ? UInt32(bytes[offset + 1]) << 8 : 0)
        for index in 0...rest { put(count + index, character(group >> UInt32(18 - 6 * index))) }
        count += rest + 1
        switch self {
        case .url: return count
        case .standard:
            for index in rest..<3 { put(count + index - rest, padding) }
            return count + 3 - rest
        }
    }

    private var alphabet: StaticString {
        switch self {
        case .standard: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        case .url: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        }
    }

    public func decode(_ text: Span<UInt8>) throws(Base64Error) -> [UInt8] {
        var end = text.count
        switch self {
        case .standard:
            guard end % 4 == 0 else { throw .length }
            if end > 0, text[end - 1] == padding {
                end -= text[end - 2] == padding ? 2 : 1
            }
        case .url:
            guard end % 4 != 1 else { throw .length }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(end / 4 * 3 + 2)
        var group: UInt32 = 0
        var bitCount = 0
        for index in 0..<end {
            guard let value = value(of: text[index]) else { throw .character(at: index) }
            group = group << 6 | value
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bitCount)))
            }
        }
        guard group & (1 << UInt32(bitCount) - 1) == 0 else { throw .strayBits }
        return bytes
    }

    public func decode(_ text: [UInt8]) throws(Base64Error) -> [UInt8] { try decode(text.span) }
    public func decode(_ text: String) throws(Base64Error) -> [UInt8] { try decode(Array(text.utf8).span) }

    private var padding: UInt8 { UInt8(ascii: "=") }

    private func value(of character: UInt8) -> UInt32? {
        switch (character, self) {
        case (UInt8(ascii: "A")...UInt8(ascii: "Z"), _): UInt32(character - UInt8(ascii: "A"))
        case (UInt8(ascii: "a")...UInt8(ascii: "z"), _): UInt32(character - UInt8(ascii: "a")) + 26
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), _): UInt32(character - UInt8(ascii: "0")) + 52
        case (UInt8(ascii: "+"), .standard), (UInt8(ascii: "-"), .url): 62
        case (UInt8(ascii: "/"), .standard), (UInt8(ascii: "_"), .url): 63
        default: nil
        }
    }
}
