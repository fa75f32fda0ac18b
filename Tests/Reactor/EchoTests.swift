import Glibc
import Testing

@testable import Reactor

/// All tests with sockets run one after the other: they measure time and count descriptors.
@Suite(.serialized) enum LoopTests {}

extension LoopTests {
    @Suite struct EchoTests {
        private func echo(on loop: EventLoop) -> Recorder {
            let server = Recorder()
            server.onReceived = { id, bytes in _ = loop.send(bytes.span, to: id) }
            return server
        }

        @Test("bytes come back, over IPv4, IPv6 and a Unix socket")
        func families() throws {
            let path = temporaryPath("echo")
            for text in ["127.0.0.1:0", "[::1]:0", "unix:\(path)"] {
                let loop = try EventLoop()
                let server = echo(on: loop)
                let listener = try loop.listen(at: SocketAddress(parsing: text), handler: server)
                defer { listener.close() }
                #expect(listener.address.port != 0)
                let client = Client(listener.address)
                client.send("hello")
                #expect(try loop.turns { client.read(); return client.text == "hello" })
                #expect(server.peers.first?.isLoopback == true)
                #expect(server.events == [.opened(server.ids[0]), .received(server.ids[0], "hello")])
                client.close()
                #expect(try loop.turns { server.closings == [.peerClosed] })
                #expect(loop.counters.connections == 0 && listener.connections == 0)
                #expect(loop.counters.outboundBytesHeld == 0)
            }
        }

        @Test("an IPv4 client of [::] is seen by its IPv4 address")
        func dualStack() throws {
            let loop = try EventLoop()
            let server = echo(on: loop)
            let listener = try loop.listen(at: SocketAddress(parsing: "[::]:0"), handler: server)
            defer { listener.close() }
            let client = Client(.loopback(port: listener.address.port ?? 0))
            #expect(try loop.turns { server.peers.count == 1 })
            #expect(server.peers[0].host == "127.0.0.1")
            client.close()
        }

        @Test("a thousand connections each get their own bytes back")
        func thousand() throws {
            let loop = try EventLoop()
            let server = echo(on: loop)
            let listener = try loop.listen(at: anyPort, handler: server)
            defer { listener.close() }
            var clients: [Client] = []
            for _ in 0..<1_000 { clients.append(Client(listener.address)) }
            #expect(clients.allSatisfy { $0.error == 0 })
            for (number, client) in clients.enumerated() { client.send("message of \(number)") }
            #expect(
                try loop.turns(for: 20_000) {
                    for client in clients { client.read() }
                    return clients.enumerated().allSatisfy { $1.text == "message of \($0)" }
                })
            #expect(loop.counters.accepted == 1_000 && loop.counters.connections == 1_000)
            #expect(Set(server.ids).count == 1_000)
            clients.removeAll()
            #expect(try loop.turns { loop.counters.connections == 0 })
            #expect(server.closings.count == 1_000)
        }

        @Test("the loop dials: opened, bytes both ways, closed at both ends")
        func dial() throws {
            let loop = try EventLoop()
            let server = echo(on: loop)
            let listener = try loop.listen(at: anyPort, handler: server)
            defer { listener.close() }
            let dialler = Recorder()
            let id = try loop.connect(to: listener.address, handler: dialler)
            #expect(loop.send("sent before it is open", to: id) == .queued)
            #expect(try loop.turns { dialler.text == "sent before it is open" })
            #expect(dialler.ids == [id] && dialler.peers == [listener.address])
            loop.close(id)
            #expect(try loop.turns { loop.counters.connections == 0 })
            #expect(dialler.closings == [.local] && server.closings == [.peerClosed])
        }

        @Test("bytes may be changed in place, and more than the receive buffer holds comes in parts and whole")
        func large() throws {
            var limits = ReactorLimits()
            limits.receiveBufferBytes = 1000
            let loop = try EventLoop(limits: limits)
            let server = Inverter(loop)
            let listener = try loop.listen(at: anyPort, handler: server)
            defer { listener.close() }
            let client = Client(listener.address)
            let sent = pattern(100_000)
            #expect(client.send(sent) == sent.count)
            #expect(try loop.turns { client.read(); return client.received.count == sent.count })
            #expect(client.received == sent.map { ~$0 })
            #expect(server.largest == 1000)
        }

        @Test("a busy connection leaves the others their turn")
        func fairness() throws {
            var limits = ReactorLimits()
            limits.receiveBufferBytes = 100
            limits.receivesPerTurnMax = 3
            let loop = try EventLoop(limits: limits)
            let server = Recorder()
            let listener = try loop.listen(at: anyPort, handler: server)
            defer { listener.close() }
            let busy = Client(listener.address)
            #expect(try loop.turns { server.ids.count == 1 })
            busy.send(pattern(10_000))
            usleep(20_000)
            try loop.runOnce(timeoutMs: 100)
            #expect(server.bytesReceived == 300)
            #expect(try loop.turns { server.bytesReceived == 10_000 })
        }

        @Test("an idle loop sleeps and a connection that has nothing to say costs no turns")
        func idle() throws {
            let loop = try EventLoop()
            let server = Recorder()
            let listener = try loop.listen(at: anyPort, handler: server)
            defer { listener.close() }
            let client = Client(listener.address)
            #expect(try loop.turns { server.ids.count == 1 })
            client.send("x")
            loop.pauseReading(server.ids[0])
            let before = loop.counters.turns
            for _ in 0..<3 { try loop.runOnce(timeoutMs: 100) }
            // One turn for the byte that came, and no more.
            #expect(loop.counters.turns == before + 3)
            let start = Clock.bootMs()
            try loop.runOnce(timeoutMs: 200)
            #expect(Clock.bootMs() >= start + 190)
            client.close()
        }
    }
}

private final class Inverter: ConnectionHandler {
    let loop: EventLoop
    var largest = 0
    init(_ loop: EventLoop) { self.loop = loop }
    func opened(_ id: ConnectionID, peer: SocketAddress) {}
    func received(_ bytes: inout MutableSpan<UInt8>, from id: ConnectionID) {
        largest = max(largest, bytes.count)
        for index in bytes.indices { bytes[index] = ~bytes[index] }
        _ = loop.send(bytes.span, to: id)
    }
    func deadlineReached(_ id: ConnectionID) {}
    func drained(_ id: ConnectionID) {}
    func closed(_ id: ConnectionID, reason: ConnectionCloseReason) {}
}
