import WebProtocol

/// Frames as a client sends them: masked, unless told otherwise, and able to be wrong in every way.
struct ClientFrame {
    var first: UInt8
    var payload: [UInt8]
    var mask: [UInt8]? = [0x37, 0xfa, 0x21, 0x3d]
    /// Bytes of the length field beyond the first: 0, 2 or 8; nil for the shortest.
    var lengthBytes: Int?

    static func frame(_ opcode: UInt8, _ payload: [UInt8], final: Bool = true) -> [UInt8] {
        ClientFrame(first: (final ? 0x80 : 0) | opcode, payload: payload).bytes
    }

    static func text(_ text: String, final: Bool = true) -> [UInt8] { frame(1, Array(text.utf8), final: final) }
    static func binary(_ payload: [UInt8], final: Bool = true) -> [UInt8] { frame(2, payload, final: final) }
    static func more(_ payload: [UInt8], final: Bool = true) -> [UInt8] { frame(0, payload, final: final) }
    static func ping(_ payload: [UInt8] = []) -> [UInt8] { frame(9, payload) }
    static func close(_ code: Int, _ reason: String = "") -> [UInt8] {
        frame(8, [UInt8(code >> 8), UInt8(code & 255)] + Array(reason.utf8))
    }

    var bytes: [UInt8] {
        var bytes = [first]
        let masked: UInt8 = mask == nil ? 0 : 0x80
        switch lengthBytes ?? (payload.count < 126 ? 0 : payload.count < 65_536 ? 2 : 8) {
        case 0: bytes.append(masked | UInt8(payload.count))
        case 2: bytes += [masked | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            bytes.append(masked | 127)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        guard let mask else { return bytes + payload }
        if mask == [0, 0, 0, 0] { return bytes + mask + payload }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }
}

/// An event with its payload copied out, as a test can compare it.
enum Heard: Equatable {
    case text([UInt8])
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?, String)
    case failed(WebSocketError)
}

/// A decoder that is fed pieces and remembers what it said.
struct Listener {
    var decoder = WebSocketDecoder()
    var limits = WebSocketLimits()
    var heard: [Heard] = []
    var copies = 0

    mutating func feed(_ piece: some Collection<UInt8>) {
        var bytes = Array(piece)
        var offset = 0
        do throws(WebSocketError) {
            while true {
                var span = bytes.mutableSpan
                guard let event = try decoder.next(&span, at: &offset, limits: limits) else { break }
                hear(event, bytes)
            }
        } catch {
            heard.append(.failed(error))
        }
        precondition(offset == bytes.count, "the decoder takes all it is given")
    }

    private mutating func hear(_ event: WebSocketEvent, _ bytes: [UInt8]) {
        func copy(_ payload: WebSocketPayload) -> [UInt8] {
            decoder.withPayload(payload, in: bytes.span) { $0.withUnsafeBufferPointer { Array($0) } }
        }
        switch event {
        case .text(let payload):
            heard.append(.text(copy(payload)))
            if payload == .message { copies += 1 }
        case .binary(let payload):
            heard.append(.binary(copy(payload)))
            if payload == .message { copies += 1 }
        case .ping(let payload): heard.append(.ping(copy(payload)))
        case .pong(let payload): heard.append(.pong(copy(payload)))
        case .close(let code, let payload):
            heard.append(.close(code?.rawValue, decoder.closeReason(payload, in: bytes.span)))
        }
    }

    static func hear(_ bytes: [UInt8], pieceCount: Int? = nil, limits: WebSocketLimits = WebSocketLimits()) -> [Heard] {
        var listener = Listener()
        listener.limits = limits
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + (pieceCount ?? bytes.count))
            listener.feed(bytes[start..<end])
            start = end
        }
        return listener.heard
    }
}

extension Heard {
    static func text(_ text: String) -> Heard { .text(Array(text.utf8)) }
}
