/// Writes fixed-width big-endian integers and length-prefixed text into memory whose size its user has counted before:
/// one reservation and one check a field, and nothing is moved. Writing more than was counted is a mistake of ours, and
/// stops the process instead of leaving the buffer.
@safe
package struct ByteWriter: ~Copyable {
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    private var count = 0

    private init(_ memory: UnsafeMutableRawBufferPointer, from start: Int) {
        capacity = memory.count - start
        guard let base = memory.baseAddress else { preconditionFailure("there is room to write") }
        unsafe self.base = base + start
    }

    /// Appends exactly `byteCount` bytes to a buffer. Allocates only when its capacity does not suffice.
    package static func append(
        _ byteCount: Int, to buffer: inout [UInt8], _ write: (inout ByteWriter) -> Void
    ) {
        if byteCount == 0 { return }
        buffer.append(addingCapacity: byteCount) { output in
            unsafe output.withUnsafeMutableBufferPointer { memory, filled in
                let room = UnsafeMutableRawBufferPointer(memory)
                var writer = unsafe ByteWriter(
                    UnsafeMutableRawBufferPointer(rebasing: room[..<(filled + byteCount)]), from: filled)
                write(&writer)
                precondition(writer.count == byteCount, "as much is written as was counted")
                filled += byteCount
            }
        }
    }

    /// The bytes of something that stands alone.
    package static func bytes(_ byteCount: Int, _ write: (inout ByteWriter) -> Void) -> [UInt8] {
        var bytes: [UInt8] = []
        append(byteCount, to: &bytes, write)
        return bytes
    }

    @inline(__always)
    private mutating func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        precondition(byteCount <= capacity &- count, "more is written than was counted")
        defer { count &+= byteCount }
        return unsafe base + count
    }

    @inline(__always)
    package mutating func u8(_ value: UInt8) { unsafe take(1).storeBytes(of: value, as: UInt8.self) }

    @inline(__always)
    package mutating func u16(_ value: UInt16) { unsafe take(2).storeBytes(of: value.bigEndian, as: UInt16.self) }

    @inline(__always)
    package mutating func u32(_ value: UInt32) { unsafe take(4).storeBytes(of: value.bigEndian, as: UInt32.self) }

    @inline(__always)
    package mutating func u64(_ value: UInt64) { unsafe take(8).storeBytes(of: value.bigEndian, as: UInt64.self) }

    @inline(__always)
    package mutating func bool(_ value: Bool) { u8(value ? 1 : 0) }

    /// Two bytes of length, then the text.
    package mutating func text(_ value: String, bytesMax: Int) {
        let text = value.utf8
        precondition(text.count <= bytesMax && text.count <= Int(UInt16.max), "text over its limit")
        u16(UInt16(text.count))
        let copied: Void? = unsafe text.withContiguousStorageIfAvailable { unsafe copy(UnsafeRawBufferPointer($0)) }
        if copied == nil { for byte in text { u8(byte) } }
    }

    /// Two bytes of length, then the bytes.
    package mutating func blob(_ value: [UInt8], bytesMax: Int) {
        precondition(value.count <= bytesMax && value.count <= Int(UInt16.max), "bytes over their limit")
        u16(UInt16(value.count))
        unsafe value.withUnsafeBytes { unsafe copy($0) }
    }

    /// Bytes whose number has been written before.
    package mutating func bytes(_ value: [UInt8]) { unsafe value.withUnsafeBytes { unsafe copy($0) } }

    /// Bytes whose number both sides know.
    package mutating func fixed(_ value: [UInt8], count: Int) {
        precondition(value.count == count, "a field of fixed width")
        unsafe value.withUnsafeBytes { unsafe copy($0) }
    }

    /// Puts a number over the four bytes at an offset, computed from all that has been written.
    @inline(__always)
    mutating func seal(at offset: Int, _ compute: (Span<UInt8>) -> UInt32) {
        precondition(offset >= 0 && count >= 4 && offset <= count - 4, "there is something to seal")
        let written = unsafe UnsafeRawBufferPointer(start: base, count: count)
        let value = compute(unsafe written.bindMemory(to: UInt8.self).span)
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    @inline(__always)
    private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        let target = unsafe take(bytes.count)
        if let source = bytes.baseAddress {
            unsafe target.copyMemory(from: source, byteCount: bytes.count)
        }
    }
}

/// What a text or blob takes on the wire: its length, and itself.
func countedBytes(_ count: Int) -> Int { 2 + count }
