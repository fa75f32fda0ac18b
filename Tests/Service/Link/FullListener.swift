import Glibc
import Testing

/// Listens and never accepts, with a backlog that is full: a connect to it is answered by nothing.
final class FullListener {
    let port: UInt16
    private var descriptors: [Int32] = []

    init() throws {
        let listener = Self.open()
        descriptors.append(listener)
        var address = Self.loopback(port: 0)
        let isListening = Self.with(&address) { bind(listener, $0, $1) } == 0 && listen(listener, 0) == 0
        try #require(isListening)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isNamed = Self.with(&address) { pointer, _ in
            getsockname(listener, UnsafeMutablePointer(mutating: pointer), &length)
        }
        try #require(isNamed == 0)
        port = UInt16(bigEndian: address.sin_port)
        // A backlog of n takes n + 1; the first that is not answered shows that it is full.
        var isFull = false
        while !isFull, descriptors.count < 16 {
            let client = Self.open()
            descriptors.append(client)
            _ = Self.with(&address) { connect(client, $0, $1) }
            var entry = pollfd(fd: client, events: Int16(POLLOUT), revents: 0)
            isFull = poll(&entry, 1, 200) == 0
        }
        try #require(isFull)
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    private static func open() -> Int32 {
        socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func with(_ address: inout sockaddr_in, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
