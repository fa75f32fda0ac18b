import Digests
import SessionProtocol

/// Mutates as libFuzzer does, then puts the right checksum into most frames behind the choices: bodies would hardly ever
/// be reached otherwise.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ sizeMax: Int, _ seed: CUnsignedInt) -> Int {
    let size = LLVMFuzzerMutate(data, size, sizeMax)
    guard seed % 4 != 0 else { return size }
    var bytes = UnsafeMutableBufferPointer(start: data, count: size).mutableSpan
    var start = Choices.byteCount
    while size - start >= 12 {
        let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[start + $1]) }
        guard length >= 8, length <= size - start - 4 else { break }
        var crc = CRC32C()
        crc.update(bytes.span.extracting(start + 4..<start + 8))
        crc.update(bytes.span.extracting(start + 12..<start + 4 + length))
        for index in 0..<4 { bytes[start + 8 + index] = UInt8(truncatingIfNeeded: crc.value >> UInt32(24 - 8 * index)) }
        start += 4 + length
    }
    return size
}
