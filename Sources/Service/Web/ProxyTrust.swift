import Reactor
import WebProtocol

/// Which proxies are believed when they say for whom they ask; nobody else is, since a header is easily written.
public struct ProxyTrust: Sendable {
    /// The header that the proxies write. One, and not whichever is there: of the other a proxy that does not know it passes
    /// on what clients send.
    public enum Header: String, CaseIterable, Sendable {
        case xForwardedFor = "x-forwarded-for"
        /// RFC 7239.
        case forwarded
    }

    /// A text that should be an address, a network or `unix`.
    public struct Mistake: Error, Equatable, Sendable {
        public let text: String
        public let problem: String
    }

    public static let none = ProxyTrust()

    private var networks: [Network] = []
    /// Whoever connects by a Unix socket is a proxy.
    private var includesUnix = false
    private var header = Header.xForwardedFor

    /// Of longer chains only the last ones are read.
    static let hopsMax = 32

    private init() {}

    /// - Parameter texts: addresses (`10.0.0.7`, `::1`), networks (`10.0.0.0/8`, `fd00::/8`), or `unix`.
    public init(_ texts: [String], header: Header) throws(Mistake) {
        for text in texts {
            if text == "unix" { includesUnix = true } else { networks.append(try Network(text)) }
        }
        self.header = header
    }

    /// Who asks, and what could not be read if something could not: then the peer itself counts as the one who asks.
    func client(of peer: SocketAddress, _ headers: HTTPHeaders) -> (address: SocketAddress, unreadable: String?) {
        guard isTrusted(peer) else { return (peer, nil) }
        let hops: [String]
        switch header {
        case .xForwardedFor: hops = headers.tokens(header.rawValue)
        case .forwarded:
            let lines = headers.values(header.rawValue)
            guard let parsed = ForwardedHeader.clients(lines) else { return (peer, lines.joined(separator: ", ")) }
            hops = parsed
        }
        var nearest = peer
        // From the right: each proxy adds the one who asked it, and what stands left of the first stranger is a stranger's word.
        for hop in hops.suffix(Self.hopsMax).reversed() {
            guard let address = Self.address(hop) else { return (peer, hop) }
            guard isTrusted(address) else { return (address, nil) }
            nearest = address
        }
        return (nearest, nil)
    }

    private func isTrusted(_ address: SocketAddress) -> Bool {
        switch address {
        case .unix: includesUnix
        case .ipv4, .ipv6: networks.contains { $0.contains(address) }
        }
    }

    /// `192.0.2.1`, `192.0.2.1:99`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:99`.
    private static func address(_ text: String) -> SocketAddress? {
        guard text.utf8.count <= 64 else { return nil }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        let complete =
            if text.hasPrefix("[") { text.hasSuffix("]") ? text + ":0" : text } else if colons > 1 { "[\(text)]:0" } else if colons == 1 {
                text
            } else { text + ":0" }
        return (try? SocketAddress(parsing: complete)).flatMap(unmapped)
    }

    /// An IPv4 address in the clothes of IPv6 is the IPv4 address. A Unix socket is nobody's address here.
    private static func unmapped(_ address: SocketAddress) -> SocketAddress? {
        switch address {
        case .ipv6(0, let low, let port) where low >> 32 == 0xFFFF: .ipv4(host: UInt32(truncatingIfNeeded: low), port: port)
        case .ipv4, .ipv6: address
        case .unix: nil
        }
    }

    private struct Network {
        private let base: SocketAddress
        private let prefixBits: Int

        init(_ text: String) throws(Mistake) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let host = parts.first, let base = try? SocketAddress(parsing: host.contains(":") ? "[\(host)]:0" : "\(host):0")
            else { throw Mistake(text: text, problem: "is neither an address, nor a network such as 10.0.0.0/8, nor unix") }
            let bits = if case .ipv4 = base { 32 } else { 128 }
            var prefixBits = bits
            if parts.count == 2 {
                guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                    let number = Int(parts[1]), number <= bits
                else { throw Mistake(text: text, problem: "has no prefix of 0 to \(bits) bits") }
                prefixBits = number
            }
            self.base = base
            self.prefixBits = prefixBits
            guard Self.masked(base, prefixBits) == base else {
                throw Mistake(text: text, problem: "has more bits than its prefix; the network is \(Self.masked(base, prefixBits).host)/\(prefixBits)")
            }
        }

        func contains(_ address: SocketAddress) -> Bool {
            switch (base, address) {
            case (.ipv4, .ipv4), (.ipv6, .ipv6): Self.masked(address.withPort(0), prefixBits) == base
            case (.ipv4, _), (.ipv6, _), (.unix, _): false
            }
        }

        private static func masked(_ address: SocketAddress, _ bits: Int) -> SocketAddress {
            switch address {
            // Shifts beyond the width give zeros.
            case .ipv4(let host, let port): .ipv4(host: host & ~(.max >> UInt32(bits)), port: port)
            case .ipv6(let high, let low, let port):
                .ipv6(
                    high: bits >= 64 ? high : high & ~(.max >> UInt64(bits)),
                    low: bits <= 64 ? 0 : low & ~(.max >> UInt64(bits - 64)), port: port)
            case .unix: address
            }
        }
    }
}
