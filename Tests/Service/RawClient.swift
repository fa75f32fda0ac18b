import Glibc
import Reactor
import Testing

/// A plain non-blocking TCP client on loopback, apart from the code under test.
final class RawClient {
    private let descriptor: Int32
    private(set) var received: [UInt8] = []
    /// The server's end came: in good order, or by a reset.
    private(set) var hasEnded = false

    init(_ address: SocketAddress) throws {
        // Not left to the processes of exit tests: one that they hold too does not end when it is closed here.
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = try #require(address.port).bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    var text: String { String(decoding: received, as: UTF8.self) }

    func send(_ text: String) { send(Array(text.utf8)) }
    func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads what is there.
    func read() {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count > 0 { received += chunk[..<count] }
            if count == 0 || (count < 0 && errno != EAGAIN) { hasEnded = true }
            if count <= 0 { return }
        }
    }

    /// Takes away what was read, to look at what comes next.
    func take() -> [UInt8] {
        defer { received = [] }
        return received
    }

    /// Takes away the first of what was read; more may have come along.
    func take(_ count: Int) -> [UInt8] {
        defer { received.removeFirst(min(count, received.count)) }
        return Array(received.prefix(count))
    }
}

extension EventLoop {
    /// Runs turns until the condition holds; false when it does not within the time.
    func turns(for ms: UInt64 = 5_000, until condition: () throws -> Bool) throws -> Bool {
        let end = Clock.bootMs() + ms
        while try !condition() {
            if Clock.bootMs() > end { return false }
            try runOnce(timeoutMs: 5)
        }
        return true
    }

    /// Runs turns for a while.
    func turns(for ms: UInt64) throws { _ = try turns(for: ms) { false } }
}
