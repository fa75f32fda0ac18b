/// Appends fixed-width big-endian integers and length-prefixed text to a buffer that the caller reuses.
package struct ByteWriter: ~Copyable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    package mutating func u8(_ value: UInt8) { bytes.append(value) }

    package mutating func u16(_ value: UInt16) {
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    package mutating func u32(_ value: UInt32) {
        u16(UInt16(truncatingIfNeeded: value >> 16))
        u16(UInt16(truncatingIfNeeded: value))
    }

    package mutating func u64(_ value: UInt64) {
        u32(UInt32(truncatingIfNeeded: value >> 32))
        u32(UInt32(truncatingIfNeeded: value))
    }

    package mutating func bool(_ value: Bool) { u8(value ? 1 : 0) }

    /// Two bytes of length, then the text.
    package mutating func text(_ value: String, bytesMax: Int) {
        let count = value.utf8.count
        precondition(count <= bytesMax && count <= Int(UInt16.max), "text over its limit")
        u16(UInt16(count))
        bytes.append(contentsOf: value.utf8)
    }

    /// Two bytes of length, then the bytes.
    package mutating func blob(_ value: [UInt8], bytesMax: Int) {
        precondition(value.count <= bytesMax && value.count <= Int(UInt16.max), "bytes over their limit")
        u16(UInt16(value.count))
        bytes.append(contentsOf: value)
    }

    /// Bytes whose number both sides know.
    package mutating func fixed(_ value: [UInt8], count: Int) {
        precondition(value.count == count, "a field of fixed width")
        bytes.append(contentsOf: value)
    }
}
