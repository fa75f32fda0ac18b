import Reactor
import WebProtocol

// Round trips, by pings of WebSocket (RFC 6455, section 5.5.2). A pong has to hold what its ping held, so that neither an
// unsolicited pong nor an early answer counts. One ping at a time: one that is not answered is not followed by another, and
// the silence ends the connection.
extension WebServer {
    func measure(_ connection: WebConnection, dueMs: UInt64) {
        var nextMs = dueMs
        if loop.now >= dueMs {
            nextMs = loop.now + limits.roundTripIntervalMs
            connection.measuresAtMs = nextMs
            if connection.pingNumber == 0 { ping(connection) }
        }
        loop.setDeadline(connection.id, at: min(nextMs, connection.heardMs + limits.idleTimeoutMs))
    }

    private func ping(_ connection: WebConnection) {
        connection.pingNumber = max(pings.next(), 1)
        connection.pingSentUs = Clock.bootUs()
        scratch.removeAll(keepingCapacity: true)
        WebSocketEncoder.appendHeader(.ping, payloadByteCount: Self.pingBytes, to: &scratch)
        for index in 0..<Self.pingBytes {
            scratch.append(UInt8(truncatingIfNeeded: connection.pingNumber >> UInt64(8 * index)))
        }
        sendScratch(to: connection.id)
    }

    func takePong(
        _ payload: WebSocketPayload, _ bytes: Span<UInt8>, _ connection: WebConnection, _ application: any WebApplication
    ) {
        var number: UInt64 = 0
        connection.withPayload(payload, in: bytes) { payload in
            guard payload.count == Self.pingBytes else { return }
            for index in payload.indices { number |= UInt64(payload[index]) << UInt64(8 * index) }
        }
        guard number == connection.pingNumber else { return }
        connection.pingNumber = 0
        let nowUs = Clock.bootUs()
        let roundTripUs = nowUs - min(nowUs, connection.pingSentUs)
        application.measured(roundTripMs: UInt32(clamping: (roundTripUs + 500) / 1000), of: connection.id)
    }

    private static let pingBytes = 8
}
