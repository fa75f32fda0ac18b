/// What a text's bytes are, found in one pass of eight at a time.
struct TextScan {
    /// All are below 0x80.
    let isASCII: Bool
    /// One is a control character, by `isControl`.
    let hasControl: Bool

    @inline(__always)
    init(_ bytes: Span<UInt8>) {
        // The highest bit of each byte: of bytes that are not ASCII, and of those that are control characters.
        var notASCII: UInt64 = 0
        var controls: UInt64 = 0
        var offset = 0
        while bytes.count &- offset >= 8 {
            let word = unsafe bytes.bigEndian64(uncheckedAt: offset)
            notASCII |= word
            controls |= TextScan.controls(in: word)
            offset &+= 8
        }
        while offset < bytes.count {
            let byte = unsafe bytes[unchecked: offset]
            notASCII |= UInt64(byte)
            if isControl(byte) { controls = TextScan.highestBits }
            offset &+= 1
        }
        isASCII = notASCII & TextScan.highestBits == 0
        hasControl = controls != 0
    }

    private static let highestBits: UInt64 = 0x8080_8080_8080_8080

    /// Whether the first so many bytes of three words, with zeros behind them, are ASCII without control characters.
    @inline(__always)
    static func isPlain(_ first: UInt64, _ second: UInt64, _ third: UInt64, count: Int) -> Bool {
        // Where nothing lies, a space is as good as anything.
        let spaces = (spaces(behind: count), spaces(behind: count &- 8), spaces(behind: count &- 16))
        let controls = controls(in: first | spaces.0) | controls(in: second | spaces.1) | controls(in: third | spaces.2)
        return (controls | first | second | third) & highestBits == 0
    }

    /// Spaces in a word from its byte `count` on.
    @inline(__always)
    private static func spaces(behind count: Int) -> UInt64 {
        count >= 8 ? 0 : 0x2020_2020_2020_2020 >> UInt64(8 &* max(count, 0))
    }

    /// Marks the bytes below 0x20 and those that are 0x7F. Every sum stays within its byte, so that none carries into the
    /// next one.
    @inline(__always)
    private static func controls(in word: UInt64) -> UInt64 {
        let low = word & ~highestBits
        let atLeastSpace = low &+ 0x6060_6060_6060_6060
        let isDelete = low &+ 0x0101_0101_0101_0101
        return (~atLeastSpace | isDelete) & ~word & highestBits
    }
}

extension String {
    /// A copy of these bytes, if they are UTF-8. ASCII has been seen to be, and is not looked at again.
    @inline(never)
    init?(copying bytes: Span<UInt8>, isASCII: Bool) {
        if isASCII {
            self = unsafe String(copying: UTF8Span(unchecked: bytes, isKnownASCII: true))
            return
        }
        // `String(validating:as:)` is generic over encodings, and ten times slower than this.
        do { self = String(copying: try UTF8Span(validating: bytes)) } catch { return nil }
    }
}

extension Span<UInt8> {
    /// Whether these bytes are UTF-8.
    var isUTF8: Bool {
        do { _ = try UTF8Span(validating: self) } catch { return false }
        return true
    }
}
