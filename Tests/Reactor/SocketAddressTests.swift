import Glibc
import Testing

@testable import Reactor

@Suite struct SocketAddressTests {
    @Test("an address is read, and written back in the same form", arguments: [
        "127.0.0.1:8080", "0.0.0.0:0", "255.1.2.3:65535", "[::1]:80", "[::]:9", "[2001:db8::7:0]:443",
        "unix:/run/greenroom.sock", "unix:relative", "unix:/with:colon",
    ])
    func roundTrip(text: String) throws {
        #expect(try SocketAddress(parsing: text).description == text)
    }

    @Test("numbers lie where the network wants them")
    func numbers() throws {
        #expect(try SocketAddress(parsing: "10.2.3.4:513") == .ipv4(host: 0x0A02_0304, port: 513))
        #expect(try SocketAddress(parsing: "[1:2::f]:1") == .ipv6(high: 0x0001_0002_0000_0000, low: 15, port: 1))
    }

    @Test("what is no address is refused with its text", arguments: [
        "", ":", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:1x",
        "127.0.0.1:000080", "1.2.3:80", "1.2.3.4.5:80", "256.1.1.1:80", "::1:80", "[::1]", "[::1]80", "[::1:80", "[127.0.0.1]:80",
        "[]:80", "localhost:80", ":80", "127.0.0.1\0:80", "١٢٧.0.0.1:80", "127.0.0.1:٨٠",
    ])
    func refused(text: String) {
        #expect(throws: ReactorError.addressInvalid(text: text)) { try SocketAddress(parsing: text) }
    }

    @Test("a Unix path must fit the kernel's structure")
    func unixPaths() throws {
        let longest = "/" + String(repeating: "x", count: 106)
        #expect(try SocketAddress(parsing: "unix:" + longest) == .unix(path: longest))
        for path in ["", longest + "y", "/a\0b"] {
            #expect(throws: ReactorError.unixPathInvalid(path: path)) { try SocketAddress(parsing: "unix:" + path) }
        }
        let loop = try EventLoop()
        #expect(throws: ReactorError.unixPathInvalid(path: longest + "y")) {
            try loop.listen(at: .unix(path: longest + "y"), handler: Recorder())
        }
        #expect(throws: ReactorError.unixPathInvalid(path: "")) {
            try loop.connect(to: .unix(path: ""), handler: Recorder())
        }
    }

    @Test("only what stays on this machine is loopback")
    func loopback() throws {
        for text in ["127.0.0.1:1", "127.255.0.9:1", "[::1]:1", "unix:/x"] {
            #expect(try SocketAddress(parsing: text).isLoopback)
        }
        for text in ["128.0.0.1:1", "0.0.0.0:1", "[::]:1", "[::2]:1", "[1::1]:1"] {
            #expect(try !SocketAddress(parsing: text).isLoopback)
        }
    }

    @Test("a host's name is looked up, and a literal is taken as it is")
    func resolve() throws {
        #expect(try SocketAddress.resolve("127.0.0.1:7") == [.loopback(port: 7)])
        #expect(try SocketAddress.resolve("unix:/a") == [.unix(path: "/a")])
        let local = try SocketAddress.resolve("localhost:81")
        #expect(!local.isEmpty && local.allSatisfy { $0.isLoopback && $0.port == 81 })
        #expect(throws: ReactorError.addressInvalid(text: "nothing")) { try SocketAddress.resolve("nothing") }
        do {
            _ = try SocketAddress.resolve("no-such-host.invalid:80")
            Issue.record("a name that cannot exist was resolved")
        } catch .addressUnresolved(let text, _) {
            #expect(text == "no-such-host.invalid:80")
        }
    }

    @Test("an IPv4 peer of an IPv6 listener is an IPv4 address")
    func mapped() {
        let mapped = SocketAddress.ipv6(high: 0, low: 0xFFFF_7F00_0001, port: 5)
        #expect(mapped.withSystemAddress { address, _ in SocketAddress(system: address) } == .loopback(port: 5))
    }
}

@Suite struct CloseReasonTests {
    @Test("a close reason reads as words, with the system's own where it gave a code")
    func words() {
        #expect("\(ConnectionCloseReason.connectFailed(ECONNREFUSED))" == "cannot connect: Connection refused")
        #expect("\(ConnectionCloseReason.error(ECONNRESET))" == "Connection reset by peer")
        #expect("\(ConnectionCloseReason.peerClosed)" == "closed by the peer")
    }
}
