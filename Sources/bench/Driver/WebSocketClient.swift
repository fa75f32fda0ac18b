import CLinux
import Glibc

/// What a client learned from its socket.
enum ClientEvent {
    /// The server agreed to speak WebSocket.
    case upgraded
    case text([UInt8])
    /// A relayed message, of which only the length is of interest here.
    case binary(byteCount: Int)
    /// The server's close frame, which the client has answered.
    case closing(code: Int)
    /// The end of the connection.
    case ended
    /// The connection failed.
    case lost(reason: String)
}

/// One WebSocket client while it upgrades and talks JSON; the measured load takes its descriptor over afterwards.
final class WebSocketClient {
    enum Phase {
        /// → upgrading, closed
        case connecting
        /// → open, closed
        case upgrading
        /// → closed
        case open
        case closed
    }

    /// The example of RFC 6455, section 1.3: with one key for all, a floor can answer with a constant.
    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    let descriptor: Int32
    private(set) var phase = Phase.connecting
    /// When `connect` was called.
    let startedNs: UInt64
    private let port: UInt16
    private let path: String
    private var held: [UInt8] = []
    private var mask: UInt32

    /// Starts a connection to 127.0.0.1. `seed` varies the masks from client to client.
    init(port: UInt16, path: String, seed: Int) throws(BenchError) {
        self.port = port
        self.path = path
        mask = UInt32(truncatingIfNeeded: seed) &* 2_654_435_761 | 1
        startedNs = nowNs()
        descriptor = try Sockets.connect(port: port)
    }

    deinit { close() }

    func close() {
        guard phase != .closed else { return }
        phase = .closed
        Glibc.close(descriptor)
    }

    /// The socket became writable for the first time: asks for the upgrade.
    func connected(_ events: inout [ClientEvent]) {
        let pending = Sockets.pendingError(descriptor)
        guard pending == 0 else { return lose(systemText(pending), &events) }
        phase = .upgrading
        let request = """
            GET \(path) HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: \(WebSocketClient.key)\r
            \r

            """
        if let reason = transmit(Array(request.utf8)) { lose(reason, &events) }
    }

    /// Sends a text message.
    func send(text: String) throws(BenchError) {
        if let reason = transmit(frame(ClientFrames.Opcode.text, Array(text.utf8))) { throw .failure(reason) }
    }

    /// Puts back bytes that the measured load has read and not used.
    func putBack(_ bytes: UnsafeRawBufferPointer) { held = Array(bytes) + held }

    /// Takes the bytes that are read and not used.
    func takeHeld() -> [UInt8] {
        defer { held = [] }
        return held
    }

    /// Reads once and appends what that completes.
    func readable(into buffer: UnsafeMutableRawBufferPointer, _ events: inout [ClientEvent]) {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count < 0 {
            if errno == EAGAIN || errno == EINTR { return }
            return lose(systemText(errno), &events)
        }
        if count == 0 {
            close()
            events.append(.ended)
            return
        }
        held.append(contentsOf: UnsafeRawBufferPointer(start: buffer.baseAddress, count: count))
        do {
            try digest(&events)
        } catch {
            lose(error.message, &events)
        }
    }

    private func digest(_ events: inout [ClientEvent]) throws(BenchError) {
        var start = 0
        if phase == .upgrading {
            guard let end = WebSocketClient.endOfHead(held) else { return }
            try WebSocketClient.check(head: held[..<end])
            phase = .open
            start = end
            events.append(.upgraded)
        }
        while let frame = try ClientFrames.next(in: held, from: start) {
            start = frame.payload.upperBound
            switch frame.opcode {
            case ClientFrames.Opcode.text: events.append(.text(Array(held[frame.payload])))
            case ClientFrames.Opcode.binary: events.append(.binary(byteCount: frame.payload.count))
            case ClientFrames.Opcode.close:
                let payload = Array(held[frame.payload].prefix(2))
                _ = transmit(self.frame(ClientFrames.Opcode.close, payload))
                events.append(.closing(code: payload.count == 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005))
            case ClientFrames.Opcode.ping:
                _ = transmit(self.frame(ClientFrames.Opcode.pong, Array(held[frame.payload])))
            case ClientFrames.Opcode.pong: break
            default: throw .failure("the server sent a frame with opcode \(frame.opcode)")
            }
        }
        held.removeFirst(start)
    }

    private func frame(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
        mask = mask &* 1_664_525 &+ 1_013_904_223 | 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + 8)
        ClientFrames.appendClientFrame(opcode, payload, mask: mask, to: &bytes)
        return bytes
    }

    /// Sends all bytes at once, or says why not: a control message always fits into an empty socket buffer.
    private func transmit(_ bytes: [UInt8]) -> String? {
        let sent = bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Sockets.sendFlags)
        }
        return sent == bytes.count ? nil : sent < 0 ? systemText(errno) : "the socket took \(sent) of \(bytes.count) bytes"
    }

    private func lose(_ reason: String, _ events: inout [ClientEvent]) {
        close()
        events.append(.lost(reason: reason))
    }

    /// The index after the empty line that ends an HTTP head.
    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        var index = 3
        while index < bytes.count {
            if bytes[index] == 0x0A, bytes[index - 1] == 0x0D, bytes[index - 2] == 0x0A { return index + 1 }
            index += 1
        }
        return nil
    }

    private static func check(head: ArraySlice<UInt8>) throws(BenchError) {
        let text = String(decoding: head, as: UTF8.self)
        let lines = text.split(separator: "\r\n")
        guard let status = lines.first, status.hasPrefix("HTTP/1.1 101") else {
            throw .failure("the upgrade was answered '\(lines.first ?? "")'")
        }
        let wanted = "sec-websocket-accept: \(accept)"
        let found = lines.contains { line in
            line.count == wanted.count && line.lowercased().hasPrefix("sec-websocket-accept: ") && line.hasSuffix(accept)
        }
        guard found else { throw .failure("the upgrade's answer has no or a wrong Sec-WebSocket-Accept") }
    }
}
