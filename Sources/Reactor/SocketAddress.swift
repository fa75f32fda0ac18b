import CLinux
import Glibc

/// Where a socket listens or connects to.
public enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// `host` is the address as a number: 127.0.0.1 is 0x7F00_0001.
    case ipv4(host: UInt32, port: UInt16)
    /// The upper and the lower half of the address as numbers.
    case ipv6(high: UInt64, low: UInt64, port: UInt16)
    /// A Unix socket's path; empty for a peer that has none.
    case unix(path: String)

    /// Longest path of a Unix socket in bytes; one more is its terminating zero.
    static let unixPathBytesMax = 107

    /// The address of every IPv4 interface, and of the loopback one.
    public static func anyIPv4(port: UInt16) -> SocketAddress { .ipv4(host: 0, port: port) }
    public static func loopback(port: UInt16) -> SocketAddress { .ipv4(host: 0x7F00_0001, port: port) }

    /// Reads `127.0.0.1:8080`, `[::1]:80` or `unix:/path`. Names of hosts are not looked up: see `resolve`.
    /// Throws `addressInvalid` or `unixPathInvalid`.
    public init(parsing text: String) throws(ReactorError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard Self.isUsable(path: path) else { throw .unixPathInvalid(path: path) }
            self = .unix(path: path)
            return
        }
        guard let (host, port) = Self.split(text) else { throw .addressInvalid(text: text) }
        guard let address = Self(literal: host, port: port) else { throw .addressInvalid(text: text) }
        self = address
    }

    /// Like `init(parsing:)`, and a host's name is looked up as well (getaddrinfo: this blocks). The addresses come in the
    /// order to try them. Throws `addressInvalid`, `unixPathInvalid` or `addressUnresolved`.
    public static func resolve(_ text: String) throws(ReactorError) -> [SocketAddress] {
        if text.hasPrefix("unix:") { return [try SocketAddress(parsing: text)] }
        guard let (host, port) = split(text) else { throw .addressInvalid(text: text) }
        if let literal = SocketAddress(literal: host, port: port) { return [literal] }
        // Brackets hold an IPv6 literal and nothing else.
        guard !text.hasPrefix("[") else { throw .addressInvalid(text: text) }
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            let detail = unsafe String(cString: gai_strerror(status))
            throw .addressUnresolved(text: text, detail: detail)
        }
        defer { unsafe freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var entry = unsafe list
        while let current = unsafe entry {
            if let address = unsafe current.pointee.ai_addr, let parsed = unsafe SocketAddress(system: address),
                case let complete = parsed.withPort(port), !found.contains(complete)
            {
                found.append(complete)
            }
            unsafe entry = current.pointee.ai_next
        }
        guard !found.isEmpty else { throw .addressUnresolved(text: text, detail: "no usable address") }
        return found
    }

    /// True for 127.0.0.0/8, ::1 and Unix sockets: what can only be reached from this machine.
    public var isLoopback: Bool {
        switch self {
        case .ipv4(let host, _): host >> 24 == 127
        case .ipv6(let high, let low, _): high == 0 && low == 1
        case .unix: true
        }
    }

    /// True for 0.0.0.0 and [::], which nobody can connect to from elsewhere.
    public var isWildcard: Bool {
        switch self {
        case .ipv4(let host, _): host == 0
        case .ipv6(let high, let low, _): high == 0 && low == 0
        case .unix: false
        }
    }

    /// The port; nil for a Unix socket.
    public var port: UInt16? {
        switch self {
        case .ipv4(_, let port), .ipv6(_, _, let port): port
        case .unix: nil
        }
    }

    /// The same address with another port; a Unix socket has none and stays as it is.
    public func withPort(_ port: UInt16) -> SocketAddress {
        switch self {
        case .ipv4(let host, _): .ipv4(host: host, port: port)
        case .ipv6(let high, let low, _): .ipv6(high: high, low: low, port: port)
        case .unix: self
        }
    }

    /// The host alone, without port and brackets: `127.0.0.1`, `::1`, or a Unix socket's path. What counts connections per address keys on it.
    public var host: String {
        switch self {
        case .ipv4(let host, _): "\(host >> 24).\(host >> 16 & 255).\(host >> 8 & 255).\(host & 255)"
        case .ipv6(let high, let low, _): Self.text(high, low)
        case .unix(let path): path
        }
    }

    /// The form that `init(parsing:)` reads.
    public var description: String {
        switch self {
        case .ipv4(_, let port): "\(host):\(port)"
        case .ipv6(_, _, let port): "[\(host)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    static func isUsable(path: String) -> Bool {
        !path.isEmpty && path.utf8.count <= unixPathBytesMax && !path.utf8.contains(0)
    }

    /// Splits at the last colon; the brackets of an IPv6 host are taken off. Nil when there is no host or no port.
    private static func split(_ text: String) -> (host: String, port: UInt16)? {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        var host = text[..<colon]
        let digits = text[text.utf8.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), host.contains(":") else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.utf8.contains(UInt8(ascii: ":")) {
            return nil
        }
        guard !host.isEmpty, !host.utf8.contains(0) else { return nil }
        return (String(host), port)
    }

    private init?(literal host: String, port: UInt16) {
        var v4 = in_addr()
        if unsafe inet_pton(AF_INET, host, &v4) == 1 {
            self = .ipv4(host: UInt32(bigEndian: v4.s_addr), port: port)
            return
        }
        var v6: (UInt64, UInt64) = (0, 0)
        guard unsafe inet_pton(AF_INET6, host, &v6) == 1 else { return nil }
        self = .ipv6(high: UInt64(bigEndian: v6.0), low: UInt64(bigEndian: v6.1), port: port)
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        var address = (high.bigEndian, low.bigEndian)
        return unsafe String(unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                guard unsafe inet_ntop(AF_INET6, &address, characters.baseAddress, socklen_t(INET6_ADDRSTRLEN)) != nil
                else { return 0 }
                return unsafe strlen(characters.baseAddress!)
            }
        }
    }
}
