/// Swift source with its comments and the contents of its string literals taken out, so that rules see code alone. Lines stay
/// where they are. Code inside of `\(…)` stays too.
struct SourceText {
    let code: String

    init(_ source: String) {
        var reader = Reader(bytes: Array(source.utf8))
        reader.code(untilParenthesis: false)
        code = String(decoding: reader.output, as: UTF8.self)
    }

    var lines: [Substring] { code.split(separator: "\n", omittingEmptySubsequences: false) }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0
        var output: [UInt8] = []

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        private func starts(with text: StaticString) -> Bool {
            bytes[index...].starts(with: text.description.utf8)
        }

        private mutating func skip(_ count: Int) {
            for byte in bytes[index..<min(index + count, bytes.count)] where byte == 0x0A { output.append(byte) }
            index = min(index + count, bytes.count)
        }

        mutating func code(untilParenthesis: Bool) {
            var depth = 0
            while index < bytes.count {
                if starts(with: "//") {
                    while index < bytes.count, bytes[index] != 0x0A { skip(1) }
                } else if starts(with: "/*") {
                    blockComment()
                } else if let hashes = stringStart() {
                    string(hashes: hashes)
                } else {
                    switch bytes[index] {
                    case UInt8(ascii: "("): depth += 1
                    case UInt8(ascii: ")"):
                        depth -= 1
                        if untilParenthesis, depth < 0 { return }
                    default: break
                    }
                    output.append(bytes[index])
                    index += 1
                }
            }
        }

        private mutating func blockComment() {
            var depth = 0
            repeat {
                if starts(with: "/*") {
                    depth += 1
                    skip(2)
                } else if starts(with: "*/") {
                    depth -= 1
                    skip(2)
                } else {
                    skip(1)
                }
            } while depth > 0 && index < bytes.count
            output.append(0x20)
        }

        /// The number of `#` before a string that starts here.
        private func stringStart() -> Int? {
            var end = index
            while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
            return end < bytes.count && bytes[end] == UInt8(ascii: "\"") ? end - index : nil
        }

        private mutating func string(hashes: Int) {
            let marks = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
            skip(hashes)
            let isLong = starts(with: "\"\"\"")
            let quotes = [UInt8](repeating: UInt8(ascii: "\""), count: isLong ? 3 : 1)
            skip(quotes.count)
            output.append(UInt8(ascii: "\""))
            while index < bytes.count {
                let rest = bytes[index...]
                if rest.starts(with: quotes + marks) {
                    skip(quotes.count + hashes)
                    break
                }
                if rest.starts(with: [UInt8(ascii: "\\")] + marks) {
                    skip(1 + hashes)
                    guard index < bytes.count else { break }
                    if bytes[index] == UInt8(ascii: "(") {
                        skip(1)
                        output.append(UInt8(ascii: "("))
                        code(untilParenthesis: true)
                        skip(1)
                        output.append(UInt8(ascii: ")"))
                    } else {
                        skip(1)
                    }
                } else if !isLong, bytes[index] == 0x0A {
                    // No such string in code that compiles: what looked like one was something else.
                    break
                } else {
                    skip(1)
                }
            }
            output.append(UInt8(ascii: "\""))
        }
    }
}
