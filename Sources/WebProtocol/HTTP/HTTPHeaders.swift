/// The header lines of one request, as ranges into its bytes: a value becomes a `String` only when it is asked for.
/// Names are matched without regard to case.
public struct HTTPHeaders: Sendable {
    struct Line: Sendable {
        var name: Range<Int>
        var value: Range<Int>
    }

    /// The head of the request, as it came.
    private let head: [UInt8]
    private let lines: [Line]

    init(head: [UInt8], lines: [Line]) {
        self.head = head
        self.lines = lines
    }

    public var count: Int { lines.count }

    /// The value of the first line with this name.
    public subscript(name: String) -> String? {
        for line in lines where isEqual(line.name, name) { return text(line.value) }
        return nil
    }

    /// The values of all lines with this name, in order.
    public func values(_ name: String) -> [String] {
        lines.filter { isEqual($0.name, name) }.map { text($0.value) }
    }

    public func count(of name: String) -> Int {
        var count = 0
        for line in lines where isEqual(line.name, name) { count += 1 }
        return count
    }

    /// The members of the comma-separated list that all lines with this name make up (RFC 9110, 5.6.1); empty members
    /// are left out.
    public func tokens(_ name: String) -> [String] {
        var tokens: [String] = []
        for line in lines where isEqual(line.name, name) {
            forEachToken(in: line.value) { tokens.append(text($0)) }
        }
        return tokens
    }

    /// Whether that list has this member, without regard to case.
    public func hasToken(_ token: String, in name: String) -> Bool {
        var found = false
        for line in lines where isEqual(line.name, name) {
            forEachToken(in: line.value) { if isEqual($0, token) { found = true } }
        }
        return found
    }

    private func forEachToken(in value: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = value.lowerBound
        for end in value.lowerBound...value.upperBound {
            guard end == value.upperBound || head[end] == UInt8(ascii: ",") else { continue }
            let token = trimmed(start..<end, in: head)
            if !token.isEmpty { body(token) }
            start = end + 1
        }
    }

    private func isEqual(_ range: Range<Int>, _ text: String) -> Bool {
        guard range.count == text.utf8.count else { return false }
        var index = range.lowerBound
        for byte in text.utf8 {
            guard lowered(head[index]) == lowered(byte) else { return false }
            index += 1
        }
        return true
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: head[range], as: UTF8.self) }
}

func lowered(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}

/// Without spaces and tabs at either end.
func trimmed(_ range: Range<Int>, in bytes: [UInt8]) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
    while start < end, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    return start..<end
}
