/// What a text's bytes are, found in one pass of eight at a time.
struct TextScan {
    /// All are below 0x80.
    let isASCII: Bool
    /// One is a control character, by `isControl`.
    let hasControl: Bool
    /// The same for the same bytes, and hardly for others.
    let hash: UInt64

    @inline(__always)
    init(_ bytes: Span<UInt8>) {
        // The highest bit of each byte: of bytes that are not ASCII, and of those that are control characters.
        var notASCII: UInt64 = 0
        var controls: UInt64 = 0
        var hash: UInt64 = 0
        var offset = 0
        while bytes.count &- offset >= 8 {
            let word = unsafe bytes.bigEndian64(uncheckedAt: offset)
            notASCII |= word
            controls |= TextScan.controls(in: word)
            hash = (hash ^ word) &* TextScan.odd
            offset &+= 8
        }
        while offset < bytes.count {
            let byte = unsafe bytes[unchecked: offset]
            notASCII |= UInt64(byte)
            if isControl(byte) { controls = TextScan.highestBits }
            hash = (hash ^ UInt64(byte)) &* TextScan.odd
            offset &+= 1
        }
        isASCII = notASCII & TextScan.highestBits == 0
        hasControl = controls != 0
        self.hash = hash
    }

    private static let highestBits: UInt64 = 0x8080_8080_8080_8080
    /// Multiplying by any odd number loses nothing; this one spreads the bits well.
    private static let odd: UInt64 = 0x9E37_79B9_7F4A_7C15

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
