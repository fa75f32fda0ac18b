/// The header of a frame from a server: two to ten bytes, in place, so that it can be sent before a payload that stays
/// where it lies.
public struct WebSocketHeaderBytes: Sendable {
    public static let byteCountMax = 10

    /// The header is the first `count` of these.
    public private(set) var storage = InlineArray<10, UInt8>(repeating: 0)
    public private(set) var count: Int

    public init(_ opcode: WebSocketOpcode, payloadByteCount: Int, isFinal: Bool = true) {
        precondition(payloadByteCount >= 0)
        precondition(!opcode.isControl || (payloadByteCount <= 125 && isFinal), "control frames are short and whole")
        storage[0] = (isFinal ? 0x80 : 0) | opcode.rawValue
        if payloadByteCount <= 125 {
            storage[1] = UInt8(payloadByteCount)
            count = 2
        } else if payloadByteCount <= 0xffff {
            storage[1] = 126
            storage[2] = UInt8(payloadByteCount >> 8)
            storage[3] = UInt8(payloadByteCount & 0xff)
            count = 4
        } else {
            storage[1] = 127
            for index in 0..<8 {
                storage[2 + index] = UInt8(truncatingIfNeeded: payloadByteCount >> (56 - 8 * index))
            }
            count = 10
        }
    }
}

/// The header of a whole frame from a server with up to 65,535 bytes of payload, in a register: for paths on which each
/// message counts.
public struct WebSocketHeaderWord: Sendable {
    /// The header is the `count` low bytes, the first one the lowest.
    public let bytes: UInt64
    public let count: Int

    /// Nil when the payload is longer.
    @inlinable
    public init?(_ opcode: WebSocketOpcode, payloadByteCount: Int) {
        let first = UInt64(0x80 | opcode.rawValue)
        switch payloadByteCount {
        case 0...125:
            bytes = first | UInt64(payloadByteCount) << 8
            count = 2
        case 126...0xffff:
            let length = UInt64(payloadByteCount)
            bytes = first | 126 << 8 | (length >> 8) << 16 | (length & 0xff) << 24
            count = 4
        default: return nil
        }
    }
}

/// Writes frames as a server sends them: unmasked, in the shortest form (RFC 6455, section 5).
public enum WebSocketEncoder {
    /// Appends a header; the payload follows it, from wherever it is.
    public static func appendHeader(
        _ opcode: WebSocketOpcode, payloadByteCount: Int, isFinal: Bool = true, to bytes: inout [UInt8]
    ) {
        let header = WebSocketHeaderBytes(opcode, payloadByteCount: payloadByteCount, isFinal: isFinal)
        for index in 0..<header.count { bytes.append(header.storage[index]) }
    }

    /// Appends a header to an output span with at least `WebSocketHeaderBytes.byteCountMax` free.
    public static func appendHeader(
        _ opcode: WebSocketOpcode, payloadByteCount: Int, isFinal: Bool = true, to output: inout OutputSpan<UInt8>
    ) {
        let header = WebSocketHeaderBytes(opcode, payloadByteCount: payloadByteCount, isFinal: isFinal)
        for index in 0..<header.count { output.append(header.storage[index]) }
    }

    /// Appends a whole frame.
    public static func append(_ opcode: WebSocketOpcode, _ payload: Span<UInt8>, to bytes: inout [UInt8]) {
        appendHeader(opcode, payloadByteCount: payload.count, to: &bytes)
        appendBytes(payload, to: &bytes)
    }

    /// Appends a text frame.
    public static func appendText(_ text: String, to bytes: inout [UInt8]) {
        appendHeader(.text, payloadByteCount: text.utf8.count, to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends a text frame whose payload `write` appends: its header is moved in front once the length is known, so that
    /// nothing is built twice.
    @inlinable
    public static func appendText(to bytes: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
        let start = bytes.count
        bytes.append(0)
        bytes.append(0)
        write(&bytes)
        finishText(from: start, in: &bytes)
    }

    @usableFromInline
    static func finishText(from start: Int, in bytes: inout [UInt8]) {
        let payloadByteCount = bytes.count - start - 2
        precondition(payloadByteCount >= 0, "the payload is appended, nothing is taken away")
        let header = WebSocketHeaderBytes(.text, payloadByteCount: payloadByteCount)
        for _ in 2..<header.count { bytes.append(0) }
        if header.count > 2 {
            var index = start + 2 + payloadByteCount - 1
            while index >= start + 2 {
                bytes[index + header.count - 2] = bytes[index]
                index -= 1
            }
        }
        for index in 0..<header.count { bytes[start + index] = header.storage[index] }
    }

    /// Appends a close frame. Without a code it is empty, as the answer to an empty one is. A reason is cut to the 123
    /// bytes that fit, at a character.
    /// - Precondition: the code may stand in a close frame (`mayBeSent`).
    public static func appendClose(_ code: WebSocketCloseCode?, reason: String = "", to bytes: inout [UInt8]) {
        guard let code else {
            appendHeader(.close, payloadByteCount: 0, to: &bytes)
            return
        }
        precondition(code.mayBeSent, "this close code never travels")
        let reason = prefix(reason, bytesMax: 123)
        appendHeader(.close, payloadByteCount: 2 + reason.utf8.count, to: &bytes)
        bytes.append(UInt8(code.rawValue >> 8))
        bytes.append(UInt8(code.rawValue & 0xff))
        bytes.append(contentsOf: reason.utf8)
    }

    private static func prefix(_ text: String, bytesMax: Int) -> Substring {
        var byteCount = 0
        var end = text.unicodeScalars.startIndex
        for index in text.unicodeScalars.indices {
            byteCount += UTF8.width(text.unicodeScalars[index])
            guard byteCount <= bytesMax else { return text[..<end] }
            end = text.unicodeScalars.index(after: index)
        }
        return text[...]
    }
}
