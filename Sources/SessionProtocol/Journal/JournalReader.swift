/// Reads a journal: a file of the frames of this protocol, appended one behind the other.
public enum JournalReader {
    /// Reads frames up to the first that cannot be read. That one is a torn write when its checksum does not match,
    /// nothing but zeros follows it and no whole frame begins further on; else the file was damaged after it was written,
    /// or written by a later version. A length that was changed can make all that follows look like the rest of one
    /// frame, so the bytes behind it are searched too.
    public static func read(_ bytes: [UInt8]) -> (records: [Message], end: Int, error: WireError?) {
        var records: [Message] = []
        var offset = 0
        while offset < bytes.count {
            var problem = WireError.truncated("frame")
            do throws(WireError) {
                if let (message, byteCount) = try Frame.read(bytes.span, at: offset) {
                    records.append(message)
                    offset += byteCount
                    continue
                }
            } catch {
                problem = error
            }
            let isTorn =
                !Frame.isSealed(bytes.span, at: offset) && isLast(at: offset, in: bytes)
                && !hasFrame(in: bytes, behind: offset)
            return (records, offset, isTorn ? nil : problem)
        }
        return (records, offset, nil)
    }

    /// Whether all bytes behind the frame that begins here are zero.
    private static func isLast(at offset: Int, in bytes: [UInt8]) -> Bool {
        let rest = bytes[offset...]
        guard rest.count > 4, let last = rest.lastIndex(where: { $0 != 0 }) else { return true }
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        return length <= ProtocolLimits.frameBytesMax && last < offset + 4 + length
    }

    private static func hasFrame(in bytes: [UInt8], behind offset: Int) -> Bool {
        var start = offset + 1
        while start < bytes.count {
            if let frame = try? Frame.read(bytes.span, at: start), frame.byteCount > 0 { return true }
            start += 1
        }
        return false
    }
}
