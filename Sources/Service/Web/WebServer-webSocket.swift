import Reactor
import WebProtocol

// WebSockets after their upgrade.
extension WebServer {
    /// Sends one text message.
    public func sendText(_ id: ConnectionID, _ write: (inout [UInt8]) -> Void) {
        guard maySend(id) else { return }
        scratch.removeAll(keepingCapacity: true)
        WebSocketEncoder.appendText(to: &scratch, write)
        sendScratch(to: id)
    }

    /// Sends one binary message made of a play header and a payload that is copied from where it lies.
    public func sendBinary(_ id: ConnectionID, kind: UInt8, player: UInt8, _ payload: Span<UInt8>) {
        guard maySend(id) else { return }
        let byteCount = payload.count + PlayFrameHeader.byteCount
        let play = UInt64(kind) | UInt64(player) << 8
        guard let header = WebSocketHeaderWord(.binary, payloadByteCount: byteCount) else {
            scratch.removeAll(keepingCapacity: true)
            WebSocketEncoder.appendHeader(.binary, payloadByteCount: byteCount, to: &scratch)
            scratch.append(kind)
            scratch.append(player)
            let head = scratch
            if loop.send(head.span, payload, to: id) == .full { overflowed(id) }
            return
        }
        let head = header.bytes | play << UInt64(8 * header.count)
        let outcome = loop.send(
            head, headCount: header.count + PlayFrameHeader.byteCount, payload, to: id,
            isReplaceable: kind == PlayFrameKind.latest.rawValue)
        if outcome == .full { overflowed(id) }
    }

    /// Sends a close frame and hangs up when the peer has answered it.
    public func close(_ id: ConnectionID, _ code: WebSocketCloseCode, reason: String = "") {
        guard let connection = connection(id), advanceClosing(id, { $0.close() }) else { return }
        sendClose(connection, code, reason)
        connection.phase = .closing
        loop.setDeadline(id, at: loop.now + limits.closeTimeoutMs)
    }

    /// The first message that counts has come: from now on only silence ends the connection.
    /// - Parameter measuresAtOnce: whether the round trip is wanted soon, where it is measured at all.
    public func settle(_ id: ConnectionID, measuresAtOnce: Bool = false) {
        guard let connection = connection(id), connection.phase == .fresh else { return }
        connection.phase = .webSocket
        connection.origin = .none
        guard limits.roundTripIntervalMs > 0 else { return loop.setDeadline(id, at: loop.now + limits.pingAfterMs) }
        connection.measuresAtMs = loop.now + (measuresAtOnce ? 0 : limits.roundTripIntervalMs)
        watch(connection)
    }

    private func sendClose(_ connection: WebConnection, _ code: WebSocketCloseCode?, _ reason: String) {
        scratch.removeAll(keepingCapacity: true)
        WebSocketEncoder.appendClose(code, reason: reason, to: &scratch)
        sendScratch(to: connection.id)
    }

    func readFrames(_ bytes: inout MutableSpan<UInt8>, at offset: inout Int, _ connection: WebConnection) {
        guard let application else { return }
        do throws(WebSocketError) {
            while let event = try unsafe connection.decoder.next(&bytes, at: &offset, limits: limits.webSocket) {
                handle(event, bytes.span, connection, application)
                // The application may have hung up.
                guard loop.isOpen(connection.id) else { return }
            }
        } catch {
            fail(connection, .protocolError(error), error.closeCode, error.explanation)
        }
    }

    private func handle(
        _ event: WebSocketEvent, _ bytes: Span<UInt8>, _ connection: WebConnection, _ application: any WebApplication
    ) {
        let id = connection.id
        switch event {
        case .text(let payload):
            guard maySend(id) else { return }
            connection.withPayload(payload, in: bytes) { application.received(text: $0, from: id) }
        case .binary(let payload):
            guard maySend(id) else { return }
            connection.withPayload(payload, in: bytes) { application.received(binary: $0, from: id) }
        case .ping(let payload):
            guard maySend(id) else { return }
            scratch.removeAll(keepingCapacity: true)
            connection.withPayload(payload, in: bytes) { WebSocketEncoder.append(.pong, $0, to: &scratch) }
            sendScratch(to: id)
        case .pong(let payload):
            if connection.pingNumber != 0, maySend(id) { takePong(payload, bytes, connection, application) }
        case .close(let code, _):
            if advanceClosing(id, { $0.received() }) { sendClose(connection, code, "") }
            connection.phase = .closing
            loop.close(id)
        }
    }

    func fail(_ connection: WebConnection, _ failure: WebSocketFailure, _ code: WebSocketCloseCode, _ reason: String) {
        if maySend(connection.id) { application?.webSocketFailed(connection.id, failure) }
        if advanceClosing(connection.id, { $0.failed() }) { sendClose(connection, code, reason) }
        connection.phase = .closing
        loop.close(connection.id)
    }

    /// Pings one who has been silent, and gives one up who has been silent for too long.
    func watch(_ connection: WebConnection) {
        let silentMs = loop.now - min(loop.now, connection.heardMs)
        if silentMs >= limits.idleTimeoutMs {
            return fail(connection, .idleTimeout, .goingAway, "idle")
        }
        if let measuresAtMs = connection.measuresAtMs { return measure(connection, dueMs: measuresAtMs) }
        if silentMs >= limits.pingAfterMs, !connection.hasPinged {
            connection.hasPinged = true
            scratch.removeAll(keepingCapacity: true)
            WebSocketEncoder.appendHeader(.ping, payloadByteCount: 0, to: &scratch)
            sendScratch(to: connection.id)
        }
        // After a ping the answer may come at once, and the silence after that counts anew.
        let fromMs = connection.hasPinged ? loop.now : connection.heardMs
        loop.setDeadline(
            connection.id, at: min(fromMs + limits.pingAfterMs, connection.heardMs + limits.idleTimeoutMs))
    }
}
