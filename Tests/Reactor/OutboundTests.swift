import CLinux
import Glibc
import Testing

@testable import Reactor

extension LoopTests {
    @Suite struct OutboundTests {
        private func pair(
            _ limits: ReactorLimits = .init(), receiveBufferBytes: Int32? = nil
        ) throws -> (EventLoop, Recorder, Client, ConnectionID) {
            let loop = try EventLoop(limits: limits)
            let server = Recorder()
            let listener = try loop.listen(at: anyPort, handler: server)
            let client = Client(listener.address, receiveBufferBytes: receiveBufferBytes)
            #expect(try loop.turns { server.ids.count == 1 })
            return (loop, server, client, server.ids[0])
        }

        @Test("a hundred small sends in one turn are one system call and arrive in order")
        func coalescing() throws {
            let (loop, server, client, id) = try pair()
            var expected = ""
            server.onReceived = { _, _ in
                for number in 0..<50 {
                    _ = loop.send("\(number);", to: id)
                    _ = loop.send(Array("head \(number) ".utf8).span, Array("body;".utf8).span, to: id)
                    expected += "\(number);head \(number) body;"
                }
            }
            client.send("go")
            let before = loop.counters.sends
            #expect(try loop.turns { client.read(); return !expected.isEmpty && client.text == expected })
            #expect(loop.counters.sends == before + 1)
        }

        @Test("what turnEnded sends leaves in the same turn")
        func turnEnded() throws {
            let (loop, _, client, id) = try pair()
            let delegate = TurnRecorder()
            var sent = false
            delegate.onEnded = { _ in
                if !sent { _ = loop.send("from the end of the turn", to: id) }
                sent = true
            }
            loop.delegate = delegate
            let turns = loop.counters.turns
            try loop.runOnce(timeoutMs: 0)
            #expect(loop.counters.turns == turns + 1)
            usleep(10_000)
            client.read()
            #expect(client.text == "from the end of the turn")
        }

        @Test("a slow reader brings backpressure, then drained once when all has left")
        func backpressure() throws {
            var limits = ReactorLimits()
            limits.outboundBytesMax = 8 << 20
            let (loop, server, client, id) = try pair(limits, receiveBufferBytes: 4096)
            let half = pattern(4 << 20)
            #expect(loop.send(half.span, to: id) == .queued)
            #expect(loop.send("x", to: id) == .backpressure)
            #expect(loop.queuedBytes(id) == half.count + 1)
            try loop.turns(for: 50)
            #expect(!server.events.contains(.drained(id)))
            #expect(loop.queuedBytes(id) > 0)
            #expect(try loop.turns(for: 20_000) { client.read(); return client.received.count == half.count + 1 })
            #expect(try loop.turns { server.events.contains(.drained(id)) })
            #expect(client.received == half + [UInt8(ascii: "x")])
            try loop.turns(for: 30)
            #expect(server.events.filter { $0 == .drained(id) }.count == 1)
            #expect(loop.counters.outboundBytesHeld == 0)
            #expect(loop.send("below the soft limit", to: id) == .queued)
            try loop.turns(for: 30)
            #expect(server.events.filter { $0 == .drained(id) }.count == 1)
        }

        @Test("drained comes also when the kernel takes all at once")
        func drainedAtOnce() throws {
            var limits = ReactorLimits()
            limits.outboundBytesMax = 1000
            let (loop, server, client, id) = try pair(limits)
            #expect(loop.send(pattern(600).span, to: id) == .backpressure)
            #expect(try loop.turns { server.events.contains(.drained(id)) })
            client.read()
            #expect(client.received == pattern(600))
        }

        @Test("a reader that never reads is closed when its queue is full, and nothing of it stays")
        func overflow() throws {
            let (loop, server, client, id) = try pair(receiveBufferBytes: 4096)
            var outcomes: [SendOutcome] = []
            let message = pattern(50_000)
            for _ in 0..<1000 where outcomes.last != .overflow {
                outcomes.append(loop.send(message.span, to: id))
                try loop.runOnce(timeoutMs: 0)
            }
            #expect(outcomes.last == .overflow && outcomes.contains(.backpressure))
            #expect(loop.send("x", to: id) == .gone)
            #expect(try loop.turns { server.closings == [.overflow] })
            #expect(loop.counters.overflows == 1 && loop.counters.connections == 0)
            #expect(loop.counters.outboundBytesHeld == 0)
            client.close()
        }

        @Test("the limit of one connection is exact")
        func exactLimit() throws {
            var limits = ReactorLimits()
            limits.outboundBytesMax = 5000
            let (loop, _, client, id) = try pair(limits)
            #expect(loop.send(pattern(2500).span, to: id) == .queued)
            #expect(loop.send(pattern(2500).span, to: id) == .backpressure)
            #expect(loop.send(Span(), to: id) == .backpressure)
            #expect(loop.send("1", to: id) == .overflow)
            client.close()
        }

        @Test("the memory of all queues together is bounded")
        func totalLimit() throws {
            var limits = ReactorLimits()
            limits.outboundBytesTotalMax = 100_000
            let loop = try EventLoop(limits: limits)
            let server = Recorder()
            let listener = try loop.listen(at: anyPort, handler: server)
            let clients = (0..<4).map { _ in Client(listener.address) }
            #expect(try loop.turns { server.ids.count == 4 })
            let outcomes = server.ids.map { loop.send(pattern(30_000).span, to: $0) }
            #expect(outcomes == [.queued, .queued, .queued, .overflow])
            #expect(loop.counters.outboundBytesHeld <= 100_000)
            #expect(try loop.turns { clients.forEach { $0.read() }; return loop.counters.outboundBytesHeld == 0 })
            #expect(clients[..<3].allSatisfy { $0.received == pattern(30_000) })
        }

        @Test("a listener and a connect may have limits of their own")
        func ownLimits() throws {
            let loop = try EventLoop()
            let server = Recorder()
            var limits = ListenerLimits()
            limits.outboundBytesMax = 100
            let listener = try loop.listen(at: anyPort, handler: server, limits: limits)
            let id = try loop.connect(to: listener.address, handler: Recorder(), outboundBytesMax: 200)
            #expect(try loop.turns { server.ids.count == 1 && loop.isOpen(id) })
            #expect(loop.send(pattern(200).span, to: id) == .backpressure)
            #expect(loop.send(pattern(101).span, to: server.ids[0]) == .overflow)
        }

        @Test("a steady load reuses its buffers")
        func reuse() throws {
            let pool = BufferPool(heldBytesMax: 1 << 20, retainedBytesMax: 6000)
            var buffer = OutboundBuffer()
            for _ in 0..<1000 {
                let reserved = buffer.reserve(100, from: pool)
                #expect(reserved)
                buffer.append(pattern(100).span)
                buffer.release(to: pool)
            }
            #expect(pool.heldBytes == 0 && pool.retainedBytes == 2048)
            var many = (0..<10).map { _ in OutboundBuffer() }
            for index in many.indices {
                let reserved = many[index].reserve(1, from: pool)
                #expect(reserved)
            }
            #expect(pool.heldBytes == 20480)
            for index in many.indices { many[index].release(to: pool) }
            #expect(pool.heldBytes == 0 && pool.retainedBytes == 4096, "no more is kept than the limit says")
        }

        @Test("whatever is appended and however much the kernel takes, the bytes leave whole and in order")
        func bufferAgainstStream() throws {
            var random = SplitMix(state: 5)
            let sockets = try #require(connectedSockets(isBlocking: false))
            var size: Int32 = 4096
            setsockopt(sockets[0], SOL_SOCKET, SO_SNDBUF, &size, 4)
            defer { sockets.forEach { close($0) } }
            let pool = BufferPool(heldBytesMax: 1 << 22, retainedBytesMax: 1 << 16)
            var buffer = OutboundBuffer()
            var written: [UInt8] = []
            var read: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 3000)
            for _ in 0..<5_000 {
                if buffer.count < 20_000 {
                    let bytes = (0..<Int.random(in: 0...900, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                    let reserved = buffer.reserve(bytes.count, from: pool)
                    #expect(reserved)
                    buffer.append(bytes.span)
                    written += bytes
                }
                _ = buffer.send(to: sockets[0])
                if buffer.isEmpty, Bool.random(using: &random) { buffer.release(to: pool) }
                let count = recv(sockets[1], &part, Int.random(in: 1...900, using: &random), 0)
                if count > 0 { read += part[..<count] }
            }
            while read.count < written.count {
                _ = buffer.send(to: sockets[0])
                let count = recv(sockets[1], &part, part.count, 0)
                if count > 0 { read += part[..<count] }
            }
            #expect(read == written && buffer.isEmpty)
            buffer.release(to: pool)
            #expect(pool.heldBytes == 0)
        }

        @Test("pieces of memory have the size that fits", arguments: [
            (0, 2048), (1, 2048), (2048, 2048), (2049, 4096), (4096, 4096), (4097, 8192), (1 << 20, 1 << 20),
        ])
        func capacities(bytes: Int, capacity: Int) {
            #expect(BufferPool.capacity(for: bytes) == capacity)
        }

        @Test("paused reading leaves bytes in the kernel until it is resumed")
        func pause() throws {
            let (loop, server, client, id) = try pair()
            loop.pauseReading(id)
            client.send("waiting")
            client.finishSending()
            try loop.turns(for: 40)
            #expect(server.text == "" && server.closings.isEmpty)
            loop.resumeReading(id)
            #expect(try loop.turns { server.closings == [.peerClosed] })
            #expect(server.text == "waiting")
        }
    }
}
