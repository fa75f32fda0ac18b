/// Comments in configuration files: from `//` to the end of the line, outside of strings. RFC 8259 has none, so what clients
/// send may not hold any; a file that people keep by hand may.
enum ConfigurationComments {
    /// The text with a space for each byte of a comment, so that everything else stays where it was.
    static func blanked(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var isInString = false
        var at = 0
        while at < result.count {
            switch result[at] {
            case UInt8(ascii: "\""): isInString.toggle()
            // What is escaped cannot end the string.
            case UInt8(ascii: "\\") where isInString: at += 1
            // No string goes on in the next line: an open one is found as such, with its own place.
            case 0x0A: isInString = false
            case UInt8(ascii: "/") where !isInString && at + 1 < result.count && result[at + 1] == UInt8(ascii: "/"):
                while at < result.count, result[at] != 0x0A {
                    result[at] = 0x20
                    at += 1
                }
                continue
            default: break
            }
            at += 1
        }
        return result
    }
}
