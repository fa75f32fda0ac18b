/// Reads a body front to back. The span is handed to each call, since a reader that kept it could not be a plain value.
package struct ByteReader {
    package private(set) var offset = 0

    package init() {}

    @inline(__always)
    private mutating func take(_ count: Int, of body: Span<UInt8>, _ field: String) throws(WireError) -> Int {
        guard body.count &- offset >= count else { throw .truncated(field) }
        defer { offset &+= count }
        return offset
    }

    @inline(__always)
    package mutating func u8(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt8 {
        unsafe body[unchecked: try take(1, of: body, field)]
    }

    @inline(__always)
    package mutating func u16(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt16 {
        unsafe body.bigEndian16(uncheckedAt: try take(2, of: body, field))
    }

    @inline(__always)
    package mutating func u32(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt32 {
        unsafe body.bigEndian32(uncheckedAt: try take(4, of: body, field))
    }

    @inline(__always)
    package mutating func u64(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt64 {
        unsafe body.bigEndian64(uncheckedAt: try take(8, of: body, field))
    }

    /// Fields that lie side by side, found to be there by one look.
    @inline(__always)
    package mutating func u32s<let count: Int>(
        _ body: Span<UInt8>, _ field: (Int) -> String
    ) throws(WireError) -> InlineArray<count, UInt32> {
        let start = offset
        guard body.count &- start >= 4 &* count else { throw .truncated(field((body.count &- start) / 4)) }
        offset &+= 4 &* count
        return InlineArray { unsafe body.bigEndian32(uncheckedAt: start &+ 4 &* $0) }
    }

    /// Fields that lie side by side, found to be there by one look.
    @inline(__always)
    package mutating func u64s<let count: Int>(
        _ body: Span<UInt8>, _ field: (Int) -> String
    ) throws(WireError) -> InlineArray<count, UInt64> {
        let start = offset
        guard body.count &- start >= 8 &* count else { throw .truncated(field((body.count &- start) / 8)) }
        offset &+= 8 &* count
        return InlineArray { unsafe body.bigEndian64(uncheckedAt: start &+ 8 &* $0) }
    }

    @inline(__always)
    package mutating func bool(_ body: Span<UInt8>, _ field: String) throws(WireError) -> Bool {
        switch try u8(body, field) {
        case 0: return false
        case 1: return true
        default: throw .badValue(field)
        }
    }

    package mutating func blob(_ body: Span<UInt8>, _ field: String, bytesMax: Int) throws(WireError) -> [UInt8] {
        let range = try counted(body, field, bytesMax: bytesMax)
        return unsafe body.extracting(range).withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    package mutating func fixed(_ body: Span<UInt8>, _ field: String, count: Int) throws(WireError) -> [UInt8] {
        let at = try take(count, of: body, field)
        return unsafe body.extracting(at..<at + count).withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    @inline(__always)
    package mutating func text(_ body: Span<UInt8>, _ field: String, bytesMax: Int) throws(WireError) -> String {
        let bytes = body.extracting(try counted(body, field, bytesMax: bytesMax))
        // What most scenes have for their ICE servers: it is at hand, and need not be made.
        if bytes.count == 2, bytes[0] == UInt8(ascii: "["), bytes[1] == UInt8(ascii: "]") { return "[]" }
        guard let text = String(copying: bytes, isASCII: TextScan(bytes).isASCII) else { throw .badText(field) }
        return text
    }

    /// A text that names something: not empty, and without control characters.
    @inline(__always)
    mutating func name(_ body: Span<UInt8>, _ field: String, bytesMax: Int) throws(WireError) -> Name {
        let range = try counted(body, field, bytesMax: bytesMax)
        guard !range.isEmpty, let name = Name(checking: body.extracting(range)) else { throw .badText(field) }
        return name
    }

    /// Where a text or blob lies: behind its length.
    @inline(__always)
    mutating func counted(_ body: Span<UInt8>, _ field: String, bytesMax: Int) throws(WireError) -> Range<Int> {
        let count = Int(try u16(body, field))
        guard count <= bytesMax else { throw .tooMany(field) }
        let start = try take(count, of: body, field)
        return start..<start &+ count
    }

    /// Where bytes lie whose number has been read before.
    @inline(__always)
    mutating func range(_ count: Int, of body: Span<UInt8>, _ field: String) throws(WireError) -> Range<Int> {
        let start = try take(count, of: body, field)
        return start..<start &+ count
    }

    /// Every byte has been read.
    package func finish(_ body: Span<UInt8>) throws(WireError) {
        if offset != body.count { throw .trailingBytes(body.count - offset) }
    }
}

// The checked load counts as unsafe for the type it gives back; every bit pattern is a valid integer.
extension Span<UInt8> {
    /// Whether these bytes begin with a text.
    func holds(_ text: StaticString, at start: Int, upTo end: Int) -> Bool {
        guard end - start >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { text in
            for index in text.indices where unsafe text[index] != self[start + index] { return false }
            return true
        }
    }

    @inline(__always)
    func bigEndian32(at offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    // For one that has seen that the bytes are there: asking again costs as much as the load.

    @inline(__always) @unsafe
    func bigEndian16(uncheckedAt offset: Int) -> UInt16 {
        UInt16(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
    }

    @inline(__always) @unsafe
    func bigEndian32(uncheckedAt offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }

    @inline(__always) @unsafe
    func bigEndian64(uncheckedAt offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }
}
