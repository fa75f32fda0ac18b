import Glibc
import Testing

@testable import Reactor

extension LoopTests {
    @Suite struct ClosingTests {
        let loop: EventLoop
        let server = Recorder()
        let listener: Listener

        init() throws {
            var limits = ReactorLimits()
            // No test here waits for these.
            limits.closeTimeoutMs = 30_000
            limits.flushTimeoutMs = 30_000
            loop = try EventLoop(limits: limits)
            listener = try loop.listen(at: anyPort, handler: server)
        }

        private func connected(receiveBufferBytes: Int32? = nil) throws -> (Client, ConnectionID) {
            let client = Client(listener.address, receiveBufferBytes: receiveBufferBytes)
            let before = server.ids.count
            #expect(try loop.turns { server.ids.count == before + 1 })
            return (client, try #require(server.ids.last))
        }

        @Test("close lets all queued bytes leave first")
        func closeFlushes() throws {
            let (client, id) = try connected(receiveBufferBytes: 4096)
            let bytes = pattern(900_000)
            #expect(loop.send(bytes.span, to: id) == .backpressure)
            loop.close(id)
            #expect(loop.send("too late", to: id) == .gone)
            #expect(loop.queuedBytes(id) == bytes.count)
            #expect(try loop.turns { client.read(); return client.sawEnd })
            #expect(client.received == bytes)
            #expect(server.closings.isEmpty, "the peer's end is awaited")
            client.close()
            #expect(try loop.turns { server.closings == [.local] })
            #expect(loop.queuedBytes(id) == 0 && !loop.isOpen(id))
            #expect(loop.counters.outboundBytesHeld == 0)
        }

        @Test("after close the handler hears nothing but closed, and what the peer still sends does not reset it")
        func closeIsDeaf() throws {
            let (client, id) = try connected()
            _ = loop.send("bye", to: id)
            loop.setDeadline(id, at: Clock.bootMs() + 1)
            loop.close(id)
            client.send("still talking")
            try loop.turns(for: 60)
            client.send("and on")
            #expect(try loop.turns { client.read(); return client.sawEnd })
            #expect(client.text == "bye" && client.error == 0)
            client.finishSending()
            #expect(try loop.turns { server.closings.count == 1 })
            #expect(server.events == [.opened(id), .closed(id, .local)])
            #expect(loop.counters.deadlines == 0)
        }

        @Test("a peer that never ends its side is dropped after closeTimeoutMs")
        func lingerEnds() throws {
            var limits = ReactorLimits()
            limits.closeTimeoutMs = 200
            let loop = try EventLoop(limits: limits)
            let listener = try loop.listen(at: anyPort, handler: server)
            let client = Client(listener.address)
            #expect(try loop.turns { server.ids.count == 1 })
            let start = Clock.bootMs()
            loop.close(server.ids[0])
            #expect(try loop.turns { server.closings == [.local] })
            #expect(Clock.bootMs() - start >= 200)
            client.close()
        }

        @Test("a peer that does not read what close flushes is dropped after flushTimeoutMs")
        func flushEnds() throws {
            var limits = ReactorLimits()
            limits.flushTimeoutMs = 150
            limits.outboundBytesMax = 32 << 20
            let loop = try EventLoop(limits: limits)
            let listener = try loop.listen(at: anyPort, handler: server)
            let client = Client(listener.address, receiveBufferBytes: 4096)
            #expect(try loop.turns { server.ids.count == 1 })
            _ = loop.send([UInt8](repeating: 7, count: 16 << 20).span, to: server.ids[0])
            loop.close(server.ids[0])
            #expect(try loop.turns { server.closings == [.error(ETIMEDOUT)] })
            #expect(loop.counters.outboundBytesHeld == 0)
            client.close()
        }

        @Test("a peer that ends its side still gets the answer")
        func halfClose() throws {
            server.onReceived = { id, _ in _ = loop.send("answer", to: id) }
            let (client, id) = try connected()
            client.send("question")
            client.finishSending()
            #expect(try loop.turns { client.read(); return client.sawEnd })
            #expect(client.text == "answer" && client.error == 0)
            #expect(try loop.turns { server.closings == [.peerClosed] })
            #expect(server.events.first == .opened(id) && server.text == "question")
        }

        @Test("a large answer to a peer that has ended its side arrives whole")
        func halfCloseLarge() throws {
            let bytes = pattern(1_000_000)
            server.onReceived = { id, _ in _ = loop.send(bytes.span, to: id) }
            let (client, _) = try connected(receiveBufferBytes: 4096)
            client.send("question")
            client.finishSending()
            #expect(try loop.turns { client.read(); return client.sawEnd })
            #expect(client.received == bytes)
            #expect(try loop.turns { server.closings == [.peerClosed] })
        }

        @Test("what was sent before an end or a reset is received before closed")
        func dataBeforeEnd() throws {
            let (client, _) = try connected()
            client.send(pattern(200_000))
            server.keepsText = false
            client.close()
            #expect(try loop.turns { server.closings == [.peerClosed] })
            #expect(server.bytesReceived == 200_000)
            let (other, _) = try connected()
            other.send("last words")
            other.reset()
            #expect(try loop.turns { server.closings.count == 2 })
            #expect(server.closings[1] == .error(ECONNRESET))
            #expect(server.bytesReceived == 200_010)
        }

        @Test("abort resets the connection, and closed follows once, not from inside the call")
        func abort() throws {
            let (client, id) = try connected()
            _ = loop.send("never leaves", to: id)
            loop.abort(id)
            #expect(server.closings.isEmpty)
            loop.abort(id)
            loop.close(id)
            #expect(loop.send("x", to: id) == .gone)
            #expect(try loop.turns { server.closings.count == 1 })
            try loop.turns(for: 30)
            #expect(server.closings == [.local])
            client.read()
            #expect(client.error == ECONNRESET && client.received.isEmpty)
        }

        @Test("a handler that aborts in received hears of no further bytes in that turn")
        func abortInReceived() throws {
            var limits = ReactorLimits()
            limits.receiveBufferBytes = 10
            let loop = try EventLoop(limits: limits)
            let listener = try loop.listen(at: anyPort, handler: server)
            server.onReceived = { id, _ in loop.abort(id) }
            let client = Client(listener.address)
            #expect(try loop.turns { server.ids.count == 1 })
            client.send(pattern(1000))
            #expect(try loop.turns { !server.closings.isEmpty })
            #expect(server.bytesReceived == 10)
        }

        @Test("one handler closes the others of the same turn: nothing of theirs is delivered")
        func closesOthers() throws {
            var clients: [Client] = []
            for _ in 0..<20 { clients.append(try connected().0) }
            server.onReceived = { id, _ in for other in server.ids where other != id { loop.abort(other) } }
            for client in clients { client.send("me first") }
            usleep(20_000)
            try loop.runOnce(timeoutMs: 100)
            #expect(server.text == "me first")
            #expect(try loop.turns { server.closings.count == 19 })
            #expect(loop.counters.connections == 1)
        }

        @Test("handlers may open connections while the table grows under them")
        func opensOthers() throws {
            let dialler = Recorder()
            server.onReceived = { id, bytes in
                for _ in 0..<100 {
                    guard let other = try? loop.connect(to: listener.address, handler: dialler) else { return }
                    loop.setDeadline(other, at: Clock.bootMs() + 10_000)
                }
                _ = loop.send(bytes.span, to: id)
            }
            let (client, _) = try connected()
            client.send("go")
            #expect(try loop.turns { client.read(); return client.text == "go" && dialler.ids.count == 100 })
            #expect(Set(dialler.ids).count == 100)
        }

        @Test("a used slot gets a new generation, and a stale id reaches nobody")
        func generations() throws {
            let (client, old) = try connected()
            client.close()
            #expect(try loop.turns { server.closings.count == 1 })
            let (next, new) = try connected()
            #expect(new.index == old.index && new != old && new > old)
            #expect(loop.send("to the old one", to: old) == .gone)
            loop.abort(old)
            loop.close(old)
            loop.pauseReading(old)
            loop.setDeadline(old, at: Clock.bootMs())
            #expect(loop.queuedBytes(old) == 0 && !loop.isOpen(old))
            next.send("hello")
            #expect(try loop.turns { server.text == "hello" })
            try loop.turns(for: 50)
            #expect(server.events.last == .received(new, "hello"))
            let strange = ConnectionID(rawValue: .max)
            #expect(loop.send("x", to: strange) == .gone)
            loop.abort(strange)
        }

        @Test("a peer that broke while reading is paused is noticed")
        func brokenWhilePaused() throws {
            let (client, id) = try connected()
            loop.pauseReading(id)
            client.send("unread")
            client.reset()
            #expect(try loop.turns { server.closings == [.error(ECONNRESET)] })
        }

        @Test("a paused connection that is closed still sees the peer's end, and does not wait for a timeout")
        func closedWhilePaused() throws {
            let unix = try loop.listen(at: .unix(path: temporaryPath("closed-paused")), handler: server)
            defer { unix.close() }
            for address in [listener.address, unix.address] {
                server.events = []
                let client = Client(address)
                #expect(try loop.turns { server.events.count == 1 })
                let id = try #require(server.ids.last)
                loop.pauseReading(id)
                client.send("unread")
                client.finishSending()
                try loop.turns(for: 30)
                loop.close(id)
                #expect(try loop.turns { server.closings == [.local] }, "\(address)")
                #expect(server.text == "")
            }
        }

        @Test("a connection that is gone leaves no deadline behind")
        func noDeadlineStays() throws {
            let (client, id) = try connected()
            loop.setDeadline(id, at: Clock.bootMs() + 60_000)
            #expect(loop.wheel.count == 1)
            client.close()
            #expect(try loop.turns { server.closings.count == 1 })
            #expect(loop.wheel.count == 0)
        }

        @Test("a Unix peer that wrote and closed while reading is paused is read to its end on resume")
        func unixClosedWhilePaused() throws {
            let path = temporaryPath("paused")
            let listener = try loop.listen(at: .unix(path: path), handler: server)
            defer { listener.close() }
            let client = Client(listener.address)
            #expect(try loop.turns { server.ids.count == 1 })
            loop.pauseReading(server.ids[0])
            client.send("last words")
            client.close()
            try loop.turns(for: 40)
            #expect(server.events == [.opened(server.ids[0])])
            loop.resumeReading(server.ids[0])
            #expect(try loop.turns { server.closings == [.peerClosed] })
            #expect(server.text == "last words")
        }

        @Test("a send to a peer that is gone ends the connection after its last bytes were read")
        func sendToGone() throws {
            let (client, id) = try connected()
            client.send("last words")
            client.reset()
            _ = loop.send("hello?", to: id)
            #expect(try loop.turns { server.closings.count == 1 })
            #expect(server.text == "last words")
        }

        @Test("closing a listener removes it at once and keeps its connections")
        func listenerClose() throws {
            let (client, id) = try connected()
            listener.close()
            listener.close()
            #expect(!listener.isOpen)
            #expect(Client(listener.address).error == ECONNREFUSED)
            _ = loop.send("still here", to: id)
            #expect(try loop.turns { client.read(); return client.text == "still here" })
            let again = try loop.listen(at: listener.address, handler: server)
            let (other, _) = (Client(again.address), 0)
            #expect(try loop.turns { server.ids.count == 2 })
            client.close()
            #expect(try loop.turns { server.closings.count == 1 })
            #expect(again.connections == 1, "a connection of the old listener is not taken off the new one's count")
            other.close()
        }
    }
}
