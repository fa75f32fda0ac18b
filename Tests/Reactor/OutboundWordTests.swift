import Glibc
import Testing

@testable import Reactor

@Suite struct OutboundWordTests {
    @Test("a word's low bytes leave in order, also where the buffer has no room for the whole word")
    func words() throws {
        let pair = try #require(connectedSockets(isBlocking: true))
        defer { for descriptor in pair { close(descriptor) } }
        for spare in 0...9 {
            let pool = BufferPool(heldBytesMax: 1 << 20, retainedBytesMax: 0)
            for count in 0...min(8, spare) {
                var buffer = OutboundBuffer()
                let filling = [UInt8](repeating: 7, count: BufferPool.smallestBytes - spare)
                let isReserved = buffer.reserve(filling.count + count, from: pool)
                #expect(isReserved)
                buffer.append(filling.span)
                buffer.append(0x8877_6655_4433_2211, count: count)
                let expected = filling + [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88].prefix(count)
                guard case .moved(expected.count) = buffer.send(to: pair[0]) else {
                    Issue.record("not all was sent")
                    return
                }
                var received = [UInt8](repeating: 0, count: expected.count + 1)
                let count = recv(pair[1], &received, received.count, 0)
                #expect(count == expected.count)
                #expect(received.dropLast() == expected[...])
                buffer.release(to: pool)
            }
        }
    }
}
