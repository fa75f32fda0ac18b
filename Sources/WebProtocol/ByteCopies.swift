/// Appends the bytes of a span in one copy, which `Array` has no safe method for.
@inline(__always)
func appendBytes(_ source: Span<UInt8>, to bytes: inout [UInt8]) {
    unsafe source.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
}
