import Glibc

/// What libFuzzer calls. Each target has one function, `check`, which has to hold for any bytes.
///
/// The span lies directly over the fuzzer's bytes, which end where the input ends: an unsafe read beyond them is seen.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    check(UnsafeBufferPointer(start: start, count: count).span)
    return 0
}

/// Ends the process when a property does not hold; the fuzzer then keeps the input.
func require(_ condition: Bool, _ property: @autoclosure () -> String) {
    if !condition { fail(property()) }
}

/// A value that has to be there.
func required<Value>(_ value: Value?, _ property: @autoclosure () -> String) -> Value {
    guard let value else { fail(property()) }
    return value
}

private func fail(_ property: String) -> Never {
    let line = Array("PROPERTY: \(property)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    abort()
}

func array(_ bytes: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for index in bytes.indices { result.append(bytes[index]) }
    return result
}

/// The first bytes of an input: what to do with the rest. Bytes that are not there count as 0.
struct Choices {
    static let byteCount = 4
    private let bytes: [UInt8]

    init(_ input: Span<UInt8>) { bytes = array(input.extracting(first: Choices.byteCount)) }

    subscript(index: Int) -> Int { index < bytes.count ? Int(bytes[index]) : 0 }

    static func rest(of input: Span<UInt8>) -> [UInt8] {
        array(input.extracting(min(byteCount, input.count)..<input.count))
    }
}

/// Hands out a stream in pieces as long as the choices say, in turn; 0 stands for all that is left. Each piece lies in
/// memory of its own that ends where it ends.
func inPieces(_ stream: [UInt8], _ choices: Choices, _ body: (inout MutableSpan<UInt8>) -> Void) {
    var start = 0
    var turn = 0
    repeat {
        let length = choices[turn % Choices.byteCount]
        let end = length == 0 ? stream.count : min(stream.count, start + length)
        let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: end - start)
        defer { piece.deallocate() }
        _ = piece.initialize(fromContentsOf: stream[start..<end])
        var span = piece.mutableSpan
        body(&span)
        start = end
        turn += 1
    } while start < stream.count
}
