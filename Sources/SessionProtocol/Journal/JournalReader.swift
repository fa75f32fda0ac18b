/// Reads a journal: a file of the frames of this protocol, appended one behind the other.
public enum JournalReader {
    /// Reads frames up to the first that cannot be read. That one is a torn write when a crash can have left it there, see
    /// `isTorn`; else the file was damaged after it was written, or written by a later version.
    public static func read(_ bytes: [UInt8]) -> (records: [Message], end: Int, error: WireError?) {
        var records: [Message] = []
        let (end, problem) = readFrames(bytes, from: 0) { records.append($0) }
        guard let problem else { return (records, end, nil) }
        return (records, end, isTorn(bytes, at: end) ? nil : problem)
    }

    /// Everything that can be read of a damaged file.
    public struct Salvage: Sendable {
        /// All good records, in their order.
        public var records: [Message] = []
        /// Where their frames are: between them lie the damaged ranges, and behind them a torn tail.
        public var good: [Range<Int>] = []
        public var damaged: [Range<Int>] = []
        /// Where a torn tail begins; the size of the file when there is none.
        public var end = 0
    }

    /// Reads all good records before, between and behind damage: after each damaged place it goes on at the next whole
    /// frame with a right checksum.
    public static func salvage(_ bytes: [UInt8]) -> Salvage {
        var salvage = Salvage()
        var start = 0
        while start < bytes.count {
            let (end, problem) = readFrames(bytes, from: start) { salvage.records.append($0) }
            if end > start { salvage.good.append(start..<end) }
            guard problem != nil else { break }
            if isTorn(bytes, at: end) {
                salvage.end = end
                return salvage
            }
            start = nextFrame(in: bytes, behind: end) ?? bytes.count
            salvage.damaged.append(end..<start)
        }
        salvage.end = bytes.count
        return salvage
    }

    /// Where reading stopped, and why if that was before the end.
    private static func readFrames(
        _ bytes: [UInt8], from start: Int, _ take: (Message) -> Void
    ) -> (end: Int, problem: WireError?) {
        var offset = start
        while offset < bytes.count {
            do throws(WireError) {
                guard let (message, byteCount) = try Frame.read(bytes.span, at: offset) else {
                    return (offset, .truncated("frame"))
                }
                take(message)
                offset += byteCount
            } catch {
                return (offset, error)
            }
        }
        return (offset, nil)
    }

    private static func nextFrame(in bytes: [UInt8], behind offset: Int) -> Int? {
        var start = offset + 1
        while start < bytes.count {
            if let frame = try? Frame.read(bytes.span, at: start), frame.byteCount > 0 { return start }
            start += 1
        }
        return nil
    }

    // MARK: Torn tails

    /// The unit in which a disk writes or does not.
    private static let sectorBytes = 512
    private static let headerBytes = 12

    /// Whether a crash in the middle of a write can have left what stands here at the end of a journal. A record that was
    /// written whole and damaged later must not pass for one: it may have been acknowledged.
    static func isTorn(_ bytes: [UInt8], at offset: Int) -> Bool {
        let rest = bytes[offset...]
        guard rest.count >= headerBytes, let last = rest.lastIndex(where: { $0 != 0 }) else { return true }
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard (headerBytes - 4...ProtocolLimits.frameBytesMax).contains(length) else { return false }
        let end = offset + 4 + length
        guard last < end, nextFrame(in: bytes, behind: offset) == nil else { return false }
        // The length field has no checksum: when all behind it is right, the field itself was damaged.
        if isSealed(bytes, from: offset, to: bytes.count) { return false }
        if end > bytes.count { return true }
        if isSealed(bytes, from: offset, to: end) { return false }
        // Zeros behind it: the file had been made longer than what was written.
        return end < bytes.count || lacksSector(bytes, offset..<end)
    }

    private static func isSealed(_ bytes: [UInt8], from start: Int, to end: Int) -> Bool {
        bytes.span.bigEndian32(at: start + 8) == Frame.checksum(of: bytes.span, from: start + 4, to: end)
    }

    /// Whether a sector of the file, as far as it is this frame's, holds nothing: it never reached the disk.
    private static func lacksSector(_ bytes: [UInt8], _ frame: Range<Int>) -> Bool {
        var start = frame.lowerBound
        while start < frame.upperBound {
            let end = min((start / sectorBytes + 1) * sectorBytes, frame.upperBound)
            // What a sector has of a length alone is zeros as well when it is on disk.
            if end > frame.lowerBound + 4, bytes[start..<end].allSatisfy({ $0 == 0 }) { return true }
            start = end
        }
        return false
    }
}
