/// The header `Forwarded` (RFC 7239, section 4), of which only `for` is of interest: who asked each proxy, the client first.
public enum ForwardedHeader {
    /// The nodes of all lines together, in order, as they stand there without their quotes: `192.0.2.43`,
    /// `[2001:db8::17]:4711`, `unknown`, `_hidden`.
    /// - Returns: nil when the lines are not of this form, or an element does not say for whom it is.
    public static func clients(_ lines: [String]) -> [String]? {
        var clients: [String] = []
        for line in lines {
            var scan = Scan(bytes: Array(line.utf8))
            guard scan.elements(into: &clients) else { return nil }
        }
        return clients
    }

    private struct Scan {
        let bytes: [UInt8]
        var at = 0

        mutating func elements(into clients: inout [String]) -> Bool {
            while true {
                var client: String?
                repeat {
                    skipSpace()
                    guard let name = token(), take("=") else { return false }
                    guard let value = peek() == UInt8(ascii: "\"") ? quoted() : token() else { return false }
                    skipSpace()
                    guard name.lowercased() == "for" else { continue }
                    guard client == nil else { return false }
                    client = value
                } while take(";")
                guard let client else { return false }
                clients.append(client)
                if at == bytes.count { return true }
                guard take(",") else { return false }
            }
        }

        func peek() -> UInt8? { at < bytes.count ? bytes[at] : nil }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard peek() == UInt8(ascii: character) else { return false }
            at += 1
            return true
        }

        mutating func skipSpace() {
            while let byte = peek(), byte == 0x20 || byte == 0x09 { at += 1 }
        }

        mutating func token() -> String? {
            let start = at
            while let byte = peek(), HTTPCharacters.isToken(byte) { at += 1 }
            return at > start ? String(decoding: bytes[start..<at], as: UTF8.self) : nil
        }

        /// RFC 9110, section 5.6.4.
        mutating func quoted() -> String? {
            var text: [UInt8] = []
            at += 1
            while let byte = peek() {
                at += 1
                switch byte {
                case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let escaped = peek() else { return nil }
                    at += 1
                    text.append(escaped)
                default: text.append(byte)
                }
            }
            return nil
        }
    }
}
