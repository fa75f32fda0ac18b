/// Whether both hold the same bytes, in time that depends on their lengths alone. For tickets, tokens and codes: a
/// comparison that stops at the first difference tells a patient guesser how far it came.
@inline(never)
public func constantTimeEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for index in a.indices { difference |= a[index] ^ b[index] }
    return difference == 0
}

public func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool { constantTimeEqual(a.span, b.span) }
