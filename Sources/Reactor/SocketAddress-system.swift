import CLinux
import Glibc

// Between our addresses and the kernel's `sockaddr` forms.
extension SocketAddress {
    var family: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// Runs `body` with the address as the kernel wants it. A path that is too long never comes here: `isUsable` is asked first.
    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch self {
        case .ipv4(let host, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = host.bigEndian
            return unsafe Self.rebound(&address, count: MemoryLayout<sockaddr_in>.size, body)
        case .ipv6(let high, let low, let port):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
                unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return unsafe Self.rebound(&address, count: MemoryLayout<sockaddr_in6>.size, body)
        case .unix(let path):
            precondition(Self.isUsable(path: path))
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
                var offset = 0
                for byte in path.utf8 {
                    unsafe bytes[offset] = byte
                    offset += 1
                }
            }
            let header = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
            return unsafe Self.rebound(&address, count: header + path.utf8.count + 1, body)
        }
    }

    private static func rebound<Address, Result>(
        _ address: inout Address, count: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(count)) }
        }
    }

    /// Reads what accept4, getsockname and the like filled in. A Unix path is not read: peers rarely have one, and a listener knows its own.
    init?(system: UnsafePointer<sockaddr>) {
        let raw = unsafe UnsafeRawPointer(system)
        switch unsafe Int32(system.pointee.sa_family) {
        case AF_INET:
            let address = unsafe raw.loadUnaligned(as: sockaddr_in.self)
            self = .ipv4(host: UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            let offset = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!
            let high = unsafe UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let low = unsafe UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            let port = unsafe UInt16(bigEndian: raw.loadUnaligned(as: sockaddr_in6.self).sin6_port)
            // A listener on [::] sees IPv4 peers as ::ffff:a.b.c.d; they are the same peers as on 0.0.0.0.
            if high == 0, low >> 32 == 0xFFFF {
                self = .ipv4(host: UInt32(truncatingIfNeeded: low), port: port)
            } else {
                self = .ipv6(high: high, low: low, port: port)
            }
        case AF_UNIX:
            self = .unix(path: "")
        default:
            return nil
        }
    }

    /// Lets `fill` (getsockname, getpeername, accept4) write an address. Gives what it returned, and the address.
    static func filled(by fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) -> (
        result: Int32, address: SocketAddress?
    ) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let result = unsafe fill(address, &length)
                return unsafe (result, result >= 0 ? SocketAddress(system: address) : nil)
            }
        }
    }
}
