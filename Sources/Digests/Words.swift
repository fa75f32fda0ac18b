// Reading and writing of words at unaligned offsets. The loads below are bounds-checked by `RawSpan`; they count as
// unsafe for the type they give back, and every bit pattern is a valid integer.

@inline(__always)
func byte(of bytes: RawSpan, at offset: Int) -> UInt8 {
    unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
}

@inline(__always)
func bigEndianWord(of bytes: RawSpan, at offset: Int) -> UInt32 {
    UInt32(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
}

@inline(__always)
func littleEndianWord(of bytes: RawSpan, at offset: Int) -> UInt32 {
    UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
}

@inline(__always)
func littleEndianDoubleWord(of bytes: RawSpan, at offset: Int) -> UInt64 {
    UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
}

@inline(__always)
func storeBigEndian<let count: Int>(_ word: UInt32, into bytes: inout InlineArray<count, UInt8>, at offset: Int) {
    bytes[offset] = UInt8(truncatingIfNeeded: word >> 24)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: word >> 16)
    bytes[offset + 2] = UInt8(truncatingIfNeeded: word >> 8)
    bytes[offset + 3] = UInt8(truncatingIfNeeded: word)
}

@inline(__always)
func rotateRight(_ word: UInt32, _ bits: UInt32) -> UInt32 { (word >> bits) | (word << (32 &- bits)) }

@inline(__always)
func rotateLeft(_ word: UInt32, _ bits: UInt32) -> UInt32 { (word << bits) | (word >> (32 &- bits)) }

func copyOfBytes(_ bytes: Span<UInt8>) -> [UInt8] {
    var copy: [UInt8] = []
    copy.reserveCapacity(bytes.count)
    for index in bytes.indices { copy.append(bytes[index]) }
    return copy
}
