/// Where to listen or to connect, as people write it: `HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`.
///
/// Only the form is checked; names are resolved by whoever opens the socket.
public enum AddressText: Equatable, Sendable, CustomStringConvertible {
    /// `host` is a name or an address without brackets.
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// `sun_path` holds 108 bytes with its closing zero (unix(7)).
    public static let unixPathBytesMax = 107
    /// RFC 1035, section 2.3.4.
    public static let hostBytesMax = 253

    /// Nil when the text is none of the three forms.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, path.utf8.count <= Self.unixPathBytesMax, !path.utf8.contains(0) else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), port <= 65_535
        else { return nil }
        let bracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.utf8.count > 2
        if bracketed {
            host = host.dropFirst().dropLast()
        }
        // Without brackets it could not be told where an IPv6 address ends and the port begins.
        guard !host.isEmpty, host.utf8.count <= Self.hostBytesMax, host.utf8.contains(0x3A) == bracketed,
            host.utf8.allSatisfy(Self.isHostByte)
        else { return nil }
        self = .tcp(host: String(host), port: port)
    }

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.utf8.contains(0x3A) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Letters, digits and the marks of names, of IPv4, and of IPv6 with a zone.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"): true
        default: false
        }
    }
}
