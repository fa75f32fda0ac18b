import CLinux
import Glibc

/// TCP sockets on the loopback interface.
enum Sockets {
    /// Room for a whole burst to every member of a group, so that a send in the measured loop is never cut short.
    static let bufferBytes: Int32 = 1 << 20

    /// A send that never raises SIGPIPE.
    static let sendFlags = Int32(MSG_NOSIGNAL)
    /// The same on a blocking socket, without blocking.
    static let sendNowFlags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    static let receiveNowFlags = Int32(MSG_DONTWAIT)

    /// A non-blocking listener on a free port of 127.0.0.1.
    static func listen(backlog: Int32) throws(BenchError) -> (descriptor: Int32, port: UInt16) {
        let descriptor = try open()
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && Glibc.listen(descriptor, backlog) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard bound else {
            let reason = systemText(errno)
            close(descriptor)
            throw .failure("cannot listen on 127.0.0.1: \(reason)")
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// Two ports that were free a moment ago, for servers that are told their ports.
    static func freePorts() throws(BenchError) -> (UInt16, UInt16) {
        let first = try listen(backlog: 1)
        defer { close(first.descriptor) }
        let second = try listen(backlog: 1)
        close(second.descriptor)
        return (first.port, second.port)
    }

    /// Starts a connection; it is made when the socket becomes writable.
    static func connect(port: UInt16) throws(BenchError) -> Int32 {
        let descriptor = try open()
        var address = loopback(port: port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else {
            let reason = systemText(errno)
            close(descriptor)
            throw .failure("cannot connect to 127.0.0.1:\(port): \(reason)")
        }
        return descriptor
    }

    /// The pending error of a socket, 0 when there is none.
    static func pendingError(_ descriptor: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &length) == 0 else { return errno }
        return value
    }

    private static func open() throws(BenchError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw .failure("cannot open a socket: \(systemText(errno))") }
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        return descriptor
    }

    static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
