/// The WebSocket framing that a client needs (RFC 6455, section 5).
enum ClientFrames {
    enum Opcode {
        static let text: UInt8 = 1
        static let binary: UInt8 = 2
        static let close: UInt8 = 8
        static let ping: UInt8 = 9
        static let pong: UInt8 = 10
    }

    /// Length of a server's frame header in front of a payload of `payloadBytes`.
    static func serverHeaderBytes(_ payloadBytes: Int) -> Int {
        payloadBytes < 126 ? 2 : payloadBytes < 65536 ? 4 : 10
    }

    /// Appends the unmasked frame that a server sends.
    static func appendServerFrame(_ opcode: UInt8, _ payload: [UInt8], to bytes: inout [UInt8]) {
        appendHeader(opcode, payload.count, maskBit: 0, to: &bytes)
        bytes.append(contentsOf: payload)
    }

    /// Appends a frame masked with `mask`, which is never zero, so that the server has to unmask.
    static func appendClientFrame(_ opcode: UInt8, _ payload: [UInt8], mask: UInt32, to bytes: inout [UInt8]) {
        precondition(mask != 0)
        appendHeader(opcode, payload.count, maskBit: 0x80, to: &bytes)
        let key = [UInt8(mask >> 24), UInt8(mask >> 16 & 255), UInt8(mask >> 8 & 255), UInt8(mask & 255)]
        bytes.append(contentsOf: key)
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
    }

    private static func appendHeader(_ opcode: UInt8, _ count: Int, maskBit: UInt8, to bytes: inout [UInt8]) {
        bytes.append(0x80 | opcode)
        switch count {
        case ..<126: bytes.append(maskBit | UInt8(count))
        case ..<65536: bytes += [maskBit | 126, UInt8(count >> 8), UInt8(count & 255)]
        default:
            bytes.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(count >> shift & 255)) }
        }
    }

    /// One frame found at the start of a server's bytes.
    struct Found {
        let opcode: UInt8
        let payload: Range<Int>
    }

    /// The frame that starts at `start`, nil while it is not complete.
    static func next(in bytes: [UInt8], from start: Int) throws(BenchError) -> Found? {
        let left = bytes.count - start
        guard left >= 2 else { return nil }
        let first = bytes[start]
        let second = bytes[start + 1]
        guard first & 0xF0 == 0x80, second & 0x80 == 0 else {
            throw .failure("the server sent a frame that starts \(first), \(second)")
        }
        var header = 2
        var length = Int(second)
        if length == 126 {
            header = 4
            guard left >= header else { return nil }
            length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
        } else if length == 127 {
            throw .failure("the server sent a frame of over 64 KiB")
        }
        guard left - header >= length else { return nil }
        let payload = start + header
        return Found(opcode: first & 0x0F, payload: payload..<payload + length)
    }
}
