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
        body[try take(1, of: body, field)]
    }

    @inline(__always)
    package mutating func u16(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt16 {
        body.bigEndian16(at: try take(2, of: body, field))
    }

    @inline(__always)
    package mutating func u32(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt32 {
        body.bigEndian32(at: try take(4, of: body, field))
    }

    @inline(__always)
    package mutating func u64(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt64 {
        body.bigEndian64(at: try take(8, of: body, field))
    }

    package mutating func bool(_ body: Span<UInt8>, _ field: String) throws(WireError) -> Bool {
        switch try u8(body, field) {
        case 0: return false
        case 1: return true
        default: throw .badValue(field)
        }
    }

    package mutating func blob(_ body: Span<UInt8>, _ field: String, bytesMax: Int) throws(WireError) -> [UInt8] {
        let count = try counted(body, field, bytesMax: bytesMax)
        return try fixed(body, field, count: count)
    }

    package mutating func fixed(_ body: Span<UInt8>, _ field: String, count: Int) throws(WireError) -> [UInt8] {
        let at = try take(count, of: body, field)
        return unsafe body.extracting(at..<at + count).withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    package mutating func text(_ body: Span<UInt8>, _ field: String, bytesMax: Int) throws(WireError) -> String {
        let count = try counted(body, field, bytesMax: bytesMax)
        let at = try take(count, of: body, field)
        // `String(validating:as:)` is generic over encodings, and ten times slower than this.
        do {
            return String(copying: try UTF8Span(validating: body.extracting(at..<at + count)))
        } catch {
            throw .badText(field)
        }
    }

    /// A text that names something: by the rule of `checkName`, on the bytes as they lie.
    package mutating func name(_ body: Span<UInt8>, _ field: String, bytesMax: Int) throws(WireError) -> String {
        let start = offset + 2
        let text = try text(body, field, bytesMax: bytesMax)
        if start == offset { throw .badText(field) }
        for index in start..<offset where isControl(unsafe body[unchecked: index]) { throw .badText(field) }
        return text
    }

    private mutating func counted(_ body: Span<UInt8>, _ field: String, bytesMax: Int) throws(WireError) -> Int {
        let count = Int(try u16(body, field))
        guard count <= bytesMax else { throw .tooMany(field) }
        return count
    }

    /// Every byte has been read.
    package func finish(_ body: Span<UInt8>) throws(WireError) {
        if offset != body.count { throw .trailingBytes(body.count - offset) }
    }
}

// The loads are checked by `RawSpan`; they count as unsafe for the type they give back, and every bit pattern is a
// valid integer.
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
    func bigEndian16(at offset: Int) -> UInt16 {
        UInt16(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inline(__always)
    func bigEndian32(at offset: Int) -> UInt32 {
        UInt32(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inline(__always)
    func bigEndian64(at offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
