/// Validates UTF-8 that arrives in pieces (RFC 3629), and finds the first bad byte as soon as it is there: also one that
/// makes a sequence hopeless which is not yet complete.
public struct UTF8Validator: Sendable {
    /// Continuation bytes still due, and the bounds of the next one.
    private var due: UInt8 = 0
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xbf

    public init() {}

    /// Whether no sequence is left open: the text may end here.
    public var isComplete: Bool { due == 0 }

    /// - Returns: false when the bytes cannot continue a valid text. The value is then used up.
    public mutating func validate(_ bytes: Span<UInt8>) -> Bool {
        unsafe bytes.withUnsafeBytes { raw in
            let count = raw.count
            var offset = 0
            while offset < count {
                if due == 0 {
                    // Most text is ASCII, and eight bytes of it look alike.
                    while count &- offset >= 8 {
                        let word = unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                        guard word & 0x8080_8080_8080_8080 == 0 else { break }
                        offset &+= 8
                    }
                    guard offset < count else { break }
                }
                guard unsafe accept(raw[offset]) else { return false }
                offset &+= 1
            }
            return true
        }
    }

    @inline(__always)
    private mutating func accept(_ byte: UInt8) -> Bool {
        guard due == 0 else {
            guard byte >= low, byte <= high else { return false }
            due &-= 1
            low = 0x80
            high = 0xbf
            return true
        }
        switch byte {
        case 0x00...0x7f: return true
        case 0xc2...0xdf: due = 1
        case 0xe0:
            due = 2
            low = 0xa0
        case 0xed:
            due = 2
            high = 0x9f
        case 0xe1...0xef: due = 2
        case 0xf0:
            due = 3
            low = 0x90
        case 0xf1...0xf3: due = 3
        case 0xf4:
            due = 3
            high = 0x8f
        default: return false
        }
        return true
    }

    /// Whether `bytes` are a whole valid text.
    public static func isValid(_ bytes: Span<UInt8>) -> Bool {
        var validator = UTF8Validator()
        return validator.validate(bytes) && validator.isComplete
    }
}
