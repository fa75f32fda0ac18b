/// The bytes of an identifier's name: UTF-8 without control characters, at least one. Two spellings that Unicode holds to
/// be the same text (canonical equivalence) are the same name.
///
/// Up to 24 bytes lie in the value itself, as many as recruiting sites give their participants: to make, copy, compare and
/// hash such a name takes no memory of its own.
@usableFromInline
struct Name: Sendable {
    /// The first 24 bytes, big-endian, and zeros behind the last; no name holds a zero.
    @usableFromInline let head: (UInt64, UInt64, UInt64)
    /// The bytes behind the 24th, if there are any.
    @usableFromInline let tail: [UInt8]?

    private static let headBytes = 24

    /// - Throws: why the text is no name.
    init(_ text: String, bytesMax: Int) throws(NameError) {
        if text.utf8.isEmpty { throw .empty }
        if text.utf8.count > bytesMax { throw .tooLong(bytesMax: bytesMax) }
        var text = text
        let name = text.withUTF8 { unsafe TextScan($0.span).hasControl ? nil : Name(checked: $0.span) }
        guard let name else { throw .controlCharacter }
        self = name
    }

    /// A name from outside; nil when the bytes are none. There is at least one, and not more than a name may have.
    @inline(__always)
    init?(checking bytes: Span<UInt8>) {
        self.init(checked: bytes)
        if tail == nil, TextScan.isPlain(head.0, head.1, head.2, count: bytes.count) { return }
        let scan = TextScan(bytes)
        guard !scan.hasControl, scan.isASCII || bytes.isUTF8 else { return nil }
    }

    /// Bytes that have been held to the same rule.
    @inline(__always)
    init(checked bytes: Span<UInt8>) {
        head = (Name.word(bytes, at: 0), Name.word(bytes, at: 8), Name.word(bytes, at: 16))
        tail = bytes.count > Name.headBytes ? Name.bytes(bytes, from: Name.headBytes) : nil
    }

    /// Eight bytes from an offset on, with zeros for those that are not there.
    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
        let count = bytes.count &- offset
        if count >= 8 { return unsafe bytes.bigEndian64(uncheckedAt: offset) }
        if count <= 0 { return 0 }
        // The last eight hold what is wanted, behind bytes of the word before.
        if offset >= 8 { return unsafe bytes.bigEndian64(uncheckedAt: bytes.count &- 8) << UInt64(8 &* (8 &- count)) }
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(bytes[index]) << UInt64(56 &- 8 &* index) }
        return word
    }

    @inline(never)
    private static func bytes(_ bytes: Span<UInt8>, from start: Int) -> [UInt8] {
        unsafe bytes.extracting(start...).withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// In bytes of UTF-8.
    var byteCount: Int {
        if let tail { return Name.headBytes &+ tail.count }
        if head.2 != 0 { return 24 &- head.2.trailingZeroBitCount / 8 }
        if head.1 != 0 { return 16 &- head.1.trailingZeroBitCount / 8 }
        return 8 &- head.0.trailingZeroBitCount / 8
    }

    var text: String {
        let tail = tail ?? []
        let headCount = byteCount - tail.count
        return unsafe String(unsafeUninitializedCapacity: byteCount) { memory in
            for index in 0..<headCount { unsafe memory[index] = headByte(index) }
            for index in tail.indices { unsafe memory[headCount + index] = tail[index] }
            return headCount + tail.count
        }
    }

    @inline(__always)
    func headByte(_ index: Int) -> UInt8 {
        let word = index < 8 ? head.0 : index < 16 ? head.1 : head.2
        return UInt8(truncatingIfNeeded: word >> UInt64(56 &- 8 &* (index & 7)))
    }

    /// All bytes are below 0x80: then no other spelling of ASCII is the same name.
    @inlinable var isASCII: Bool {
        (head.0 | head.1 | head.2) & 0x8080_8080_8080_8080 == 0 && (tail?.allSatisfy { $0 < 0x80 } ?? true)
    }
}

extension Name: Hashable {
    @inlinable
    static func == (a: Name, b: Name) -> Bool {
        if a.head == b.head, a.tail == b.tail { return true }
        if a.isASCII, b.isASCII { return false }
        return a.isEquivalent(to: b)
    }

    @usableFromInline @inline(never)
    func isEquivalent(to other: Name) -> Bool { text == other.text }

    @inlinable
    func hash(into hasher: inout Hasher) {
        if isASCII { hashBytes(into: &hasher) } else { hashText(into: &hasher) }
    }

    @inlinable
    func hashBytes(into hasher: inout Hasher) {
        hasher.combine(head.0)
        hasher.combine(head.1)
        hasher.combine(head.2)
        if let tail { hasher.combine(tail) }
    }

    @usableFromInline @inline(never)
    func hashText(into hasher: inout Hasher) {
        if let plain = plainSpelling { return plain.hashBytes(into: &hasher) }
        hasher.combine(text)
    }

    /// The ASCII name that this one is equal to, if there is one. Three characters beyond ASCII are canonically
    /// equivalent to one of it (Unicode Character Database, UnicodeData.txt, field 5).
    private var plainSpelling: Name? {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{037E}": bytes.append(UInt8(ascii: ";"))
            case "\u{1FEF}": bytes.append(UInt8(ascii: "`"))
            case "\u{212A}": bytes.append(UInt8(ascii: "K"))
            default:
                guard scalar.isASCII else { return nil }
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            }
        }
        return Name(checked: bytes.span)
    }
}

extension Name: Comparable {
    /// In the order of their text.
    @usableFromInline
    static func < (a: Name, b: Name) -> Bool {
        guard a.isASCII, b.isASCII else { return a.text < b.text }
        if a.head != b.head { return a.head < b.head }
        return (a.tail ?? []).lexicographicallyPrecedes(b.tail ?? [])
    }
}

extension ByteWriter {
    /// Two bytes of length, then the name.
    mutating func name(_ name: Name) {
        u16(UInt16(truncatingIfNeeded: name.byteCount))
        if let tail = name.tail {
            u64(name.head.0)
            u64(name.head.1)
            u64(name.head.2)
            return bytes(tail)
        }
        word(name.head.0)
        word(name.head.1)
        word(name.head.2)
    }

    /// The bytes of a word up to its zeros.
    @inline(__always)
    private mutating func word(_ value: UInt64) {
        if value & 0xFF != 0 { return u64(value) }
        var rest = value
        while rest != 0 {
            u8(UInt8(truncatingIfNeeded: rest >> 56))
            rest <<= 8
        }
    }
}
