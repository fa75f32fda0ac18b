import Reactor

/// Who counts as one by the address: an IPv4 address, or the 64 bits of an IPv6 address that one customer gets, since the other
/// 64 are the customer's own to choose from. All that come by Unix sockets without a proxy's word are one.
public struct AddressKey: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    public init(_ address: SocketAddress) {
        switch address {
        // As IPv6 writes it; no /64 looks like it, as their lower half is 0 here.
        case .ipv4(let host, _): (high, low) = (0, 0xFFFF << 32 | UInt64(host))
        case .ipv6(let high, _, _): (self.high, low) = (high, 0)
        case .unix: (high, low) = (.max, .max)
        }
    }
}
