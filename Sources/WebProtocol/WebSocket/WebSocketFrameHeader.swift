/// The opcodes of RFC 6455, section 5.2; all others are reserved.
public enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    /// Control frames are short, whole, and may come between the fragments of a message.
    var isControl: Bool { rawValue >= 8 }
}

///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-------+-+-------------+-------------------------------+
///     |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
///     |I|S|S|S|  (4)  |A|     (7)     |             (16/64)           |
///     |N|V|V|V|       |S|             |   (if payload len==126/127)   |
///     | |1|2|3|       |K|             |                               |
///     +-+-+-+-+-------+-+-------------+ - - - - - - - - - - - - - - - +
///     |     Extended payload length continued, if payload len == 127  |
///     + - - - - - - - - - - - - - - - +-------------------------------+
///     |                               |Masking-key, if MASK set to 1  |
///     +-------------------------------+-------------------------------+
///     | Masking-key (continued)       |          Payload Data         |
///     +-------------------------------- - - - - - - - - - - - - - - - +
///
/// The header of one frame from a client, with all that can be judged from the header alone already judged.
struct WebSocketFrameHeader {
    static let byteCountMax = 14

    var opcode: WebSocketOpcode
    var isFinal: Bool
    var payloadByteCount: Int
    /// The first mask byte is the least significant.
    var mask: UInt32

    /// How many bytes a header has that begins with these two: 6, 8 or 14.
    @inline(__always)
    static func byteCount(second: UInt8) -> Int {
        switch second & 0x7f {
        case 126: 8
        case 127: 14
        default: 6
        }
    }

    /// What is wrong with a frame that begins with these two bytes, so that it is refused before the rest has come.
    @inline(__always)
    static func opcode(first: UInt8, second: UInt8) throws(WebSocketError) -> WebSocketOpcode {
        guard first & 0x70 == 0 else { throw .reservedBits }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0f) else { throw .reservedOpcode }
        if opcode.isControl {
            guard first & 0x80 != 0 else { throw .controlFragmented }
            guard second & 0x7f <= 125 else { throw .controlTooLong }
        }
        guard second & 0x80 != 0 else { throw .unmasked }
        return opcode
    }

    /// - Precondition: `bytes` holds the whole header from its start.
    @inline(__always)
    init(_ bytes: Span<UInt8>) throws(WebSocketError) {
        let second = bytes[1]
        opcode = try Self.opcode(first: bytes[0], second: second)
        isFinal = bytes[0] & 0x80 != 0
        let maskStart: Int
        switch second & 0x7f {
        case 126:
            payloadByteCount = Int(bytes[2]) << 8 | Int(bytes[3])
            guard payloadByteCount > 125 else { throw .lengthNotMinimal }
            maskStart = 4
        case 127:
            var length: UInt64 = 0
            for index in 2..<10 { length = length << 8 | UInt64(bytes[index]) }
            guard let byteCount = Int(exactly: length) else { throw .lengthOverflow }
            guard byteCount > 0xffff else { throw .lengthNotMinimal }
            payloadByteCount = byteCount
            maskStart = 10
        default:
            payloadByteCount = Int(second & 0x7f)
            maskStart = 2
        }
        mask = Self.mask(bytes, at: maskStart)
    }

    @inline(__always)
    static func mask(_ bytes: Span<UInt8>, at start: Int) -> UInt32 {
        let key = bytes.extracting(start..<start + 4)
        return UInt32(key[0]) | UInt32(key[1]) << 8 | UInt32(key[2]) << 16 | UInt32(key[3]) << 24
    }
}
