/// Reads a body front to back. The span is handed to each call, since a reader that kept it could not be a plain value.
package struct ByteReader {
    package private(set) var offset = 0

    package init() {}

    private mutating func take(_ count: Int, of body: Span<UInt8>, _ field: String) throws(WireError) -> Int {
        guard body.count - offset >= count else { throw .truncated(field) }
        defer { offset += count }
        return offset
    }

    package mutating func u8(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt8 {
        body[try take(1, of: body, field)]
    }

    package mutating func u16(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt16 {
        let at = try take(2, of: body, field)
        return UInt16(body[at]) << 8 | UInt16(body[at + 1])
    }

    package mutating func u32(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt32 {
        let at = try take(4, of: body, field)
        return body.bigEndian32(at: at)
    }

    package mutating func u64(_ body: Span<UInt8>, _ field: String) throws(WireError) -> UInt64 {
        let at = try take(8, of: body, field)
        return UInt64(body.bigEndian32(at: at)) << 32 | UInt64(body.bigEndian32(at: at + 4))
    }

    package mutating func bool(_ body: Span<UInt8>, _ field: String) throws(WireError) -> Bool {
        switch try u8(body, field) {
        case 0: return false
        case 1: return true
        default: throw .badValue(field)
        }
    }

    package mutating func blob(_ body: Span<UInt8>, _ field: String, bytesMax: Int) throws(WireError) -> [UInt8] {
        let count = Int(try u16(body, field))
        guard count <= bytesMax else { throw .tooMany(field) }
        return try fixed(body, field, count: count)
    }

    package mutating func fixed(_ body: Span<UInt8>, _ field: String, count: Int) throws(WireError) -> [UInt8] {
        let at = try take(count, of: body, field)
        let part = body.extracting(at..<at + count)
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
            for index in part.indices { unsafe target.initializeElement(at: index, to: part[index]) }
            initialized = count
        }
    }

    package mutating func text(_ body: Span<UInt8>, _ field: String, bytesMax: Int) throws(WireError) -> String {
        let bytes = try blob(body, field, bytesMax: bytesMax)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .badText(field) }
        return text
    }

    /// Every byte has been read.
    package func finish(_ body: Span<UInt8>) throws(WireError) {
        if offset != body.count { throw .trailingBytes(body.count - offset) }
    }
}

extension Span<UInt8> {
    /// Four bytes as a big-endian integer; the caller has checked that they are there.
    func bigEndian32(at offset: Int) -> UInt32 {
        let part = extracting(offset..<offset + 4)
        return UInt32(part[0]) << 24 | UInt32(part[1]) << 16 | UInt32(part[2]) << 8 | UInt32(part[3])
    }
}
