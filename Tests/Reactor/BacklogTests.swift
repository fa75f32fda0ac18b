import CLinux
import Glibc
import Testing

@testable import Reactor

extension LoopTests {
    @Suite struct BacklogTests {
        private static let bodyBytes = 997

        /// A message of 1,000 bytes: its kind, its number, and a body.
        private func send(_ number: Int, isReplaceable: Bool, _ loop: EventLoop, _ id: ConnectionID) -> SendOutcome {
            let head = UInt64(isReplaceable ? 1 : 0) | UInt64(number >> 8) << 8 | UInt64(number & 255) << 16
            let body = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: Self.bodyBytes)
            return loop.send(head, headCount: 3, body.span, to: id, isReplaceable: isReplaceable)
        }

        /// The messages that a reader has got whole, in order; nil when they are not.
        private func messages(_ bytes: [UInt8]) -> [(isReplaceable: Bool, number: Int)]? {
            var found: [(Bool, Int)] = []
            for at in stride(from: 0, to: bytes.count, by: 3 + Self.bodyBytes) {
                guard at + 3 + Self.bodyBytes <= bytes.count, bytes[at] <= 1 else { return nil }
                let number = Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
                guard bytes[at + 3..<at + 3 + Self.bodyBytes].allSatisfy({ $0 == UInt8(truncatingIfNeeded: number) }) else { return nil }
                found.append((bytes[at] == 1, number))
            }
            return found
        }

        private func slowReader(receiveBufferBytes: Int32? = 4096) throws -> (EventLoop, Recorder, Client, ConnectionID) {
            let loop = try EventLoop()
            let server = Recorder()
            let listener = try loop.listen(at: anyPort, handler: server)
            let client = Client(listener.address, receiveBufferBytes: receiveBufferBytes)
            #expect(try loop.turns { server.ids.count == 1 })
            return (loop, server, client, server.ids[0])
        }

        @Test("of one who does not read the oldest replaceable sends are dropped, whole ones alone, and all else arrives in order")
        func dropping() throws {
            let (loop, _, client, id) = try slowReader()
            loop.setBacklog(id, bytesMax: 65_536, dropsReplaceable: true)
            var random = UInt64(7)
            var kept: [Int] = []
            var newest = 0
            for number in 0..<12_000 {
                random = random &* 6_364_136_223_846_793_005 &+ 1
                let isReplaceable = random >> 40 % 10 != 0 || loop.queuedBytes(id) > 40_000
                let outcome = send(number, isReplaceable: isReplaceable, loop, id)
                #expect(outcome == .queued || outcome == .backpressure)
                if isReplaceable { newest = number } else { kept.append(number) }
                #expect(loop.queuedBytes(id) <= 65_536)
                if random >> 50 % 5 == 0 { client.read(atMost: Int(random >> 33 % 3_000)) }
                if random >> 45 % 3 == 0 { try loop.runOnce(timeoutMs: 0) }
            }
            #expect(loop.counters.dropped > 100)
            #expect(try loop.turns { client.read(); return loop.queuedBytes(id) == 0 })
            // What the kernel holds comes in its own time.
            let left = (12_000 - Int(loop.counters.dropped)) * (3 + Self.bodyBytes)
            #expect(try loop.turns { client.read(); return client.received.count >= left })
            let found = try #require(messages(client.received), "no message was cut")
            #expect(found.map(\.number) == found.map(\.number).sorted())
            #expect(found.filter { !$0.isReplaceable }.map(\.number) == kept)
            #expect(found.last { $0.isReplaceable }?.number == newest)
            #expect(found.count + Int(loop.counters.dropped) == 12_000)
            client.close()
        }

        @Test("a backlog that is full is told, and the connection is left to its owner, who can say a last word")
        func full() throws {
            let (loop, server, client, id) = try slowReader()
            loop.setBacklog(id, bytesMax: 65_536, dropsReplaceable: false)
            var sent = 0
            while sent < 100_000 {
                let outcome = send(sent & 0xFFFF, isReplaceable: true, loop, id)
                if outcome == .full { break }
                sent += 1
            }
            #expect(loop.counters.overflows == 1 && loop.counters.dropped == 0)
            #expect(loop.isOpen(id) && server.closings == [])
            loop.close(id, behind: Array("the end".utf8).span)
            #expect(!loop.isOpen(id))
            #expect(try loop.turns { client.read(); return client.sawEnd })
            client.close()
            #expect(String(decoding: client.received.suffix(7), as: UTF8.self) == "the end")
            #expect(messages(client.received.dropLast(7))?.count == sent)
            #expect(try loop.turns { server.closings.count == 1 })
        }

        @Test("a burst in one turn to one who reads is no backlog")
        func burst() throws {
            let (loop, server, client, id) = try slowReader(receiveBufferBytes: nil)
            loop.setBacklog(id, bytesMax: 65_536, dropsReplaceable: false)
            // More than the limit, and less than the kernel takes.
            for number in 0..<100 { #expect(send(number, isReplaceable: false, loop, id) != .full) }
            #expect(try loop.turns { client.read(); return client.received.count == 100_000 })
            #expect(server.closings == [])
            client.close()
        }

        @Test("what waits already when the limit is set comes on top of it")
        func onTop() throws {
            let (loop, _, client, id) = try slowReader()
            for number in 0..<500 { _ = send(number, isReplaceable: false, loop, id) }
            let waiting = loop.queuedBytes(id)
            #expect(waiting == 500_000)
            loop.setBacklog(id, bytesMax: 65_536, dropsReplaceable: false)
            for number in 500..<565 { #expect(send(number, isReplaceable: false, loop, id) != .full) }
            client.close()
        }
    }
}
