import SessionProtocol

/// The newest ordered messages for one player, in a ring of bytes that grows to its bound and then stays. Each message
/// is kept as one byte of sender, four bytes of length, and its payload.
struct ReplayRing: Sendable {
    struct Bounds: Sendable {
        let bytesMax: Int
        let messagesMax: Int
    }

    static let headerBytes = 5
    private static let firstBytes = 1024

    private var bytes: [UInt8] = []
    private var start = 0
    private var used = 0
    /// Messages that are kept.
    private(set) var count = 0
    /// All messages so far, kept or not.
    private(set) var total: UInt64 = 0

    /// How many messages after the first `received` are no longer kept. A client that claims to have seen more than there
    /// were has missed none.
    func missed(after received: UInt64) -> UInt64 {
        let firstKept = total - UInt64(count)
        return firstKept > received ? firstKept - received : 0
    }

    mutating func append(_ payload: Span<UInt8>, from sender: PlayerIndex, _ bounds: Bounds) {
        total += 1
        let needed = ReplayRing.headerBytes + payload.count
        guard needed <= bounds.bytesMax, bounds.messagesMax > 0 else {
            // What follows a gap cannot be replayed in order without what fell into it.
            (start, used, count) = (0, 0, 0)
            return
        }
        while count >= bounds.messagesMax || used + needed > bounds.bytesMax { dropFirst() }
        if used + needed > bytes.count { grow(toHold: used + needed, bytesMax: bounds.bytesMax) }
        let at = wrapped(start + used)
        let length = UInt32(payload.count)
        let header: InlineArray<5, UInt8> = [
            sender.number, UInt8(truncatingIfNeeded: length >> 24), UInt8(truncatingIfNeeded: length >> 16),
            UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length),
        ]
        put(header.span, at: at)
        put(payload, at: wrapped(at + ReplayRing.headerBytes))
        used += needed
        count += 1
    }

    /// The messages after the first `received`, as far as they are kept, oldest first.
    func forEach(after received: UInt64, _ body: (PlayerIndex, [UInt8]) -> Void) {
        var at = start
        var number = total - UInt64(count)
        for _ in 0..<count {
            let length = length(at: at)
            if number >= received {
                let first = wrapped(at + ReplayRing.headerBytes)
                let tail = min(length, bytes.count - first)
                body(PlayerIndex(bytes[at]), Array(bytes[first..<first + tail]) + bytes[0..<length - tail])
            }
            at = wrapped(at + ReplayRing.headerBytes + length)
            number += 1
        }
    }

    private mutating func dropFirst() {
        let size = ReplayRing.headerBytes + length(at: start)
        start = wrapped(start + size)
        used -= size
        count -= 1
    }

    private func wrapped(_ position: Int) -> Int { position >= bytes.count ? position - bytes.count : position }

    private func length(at position: Int) -> Int {
        if position + ReplayRing.headerBytes <= bytes.count {
            let header = bytes.span.extracting(position..<position + ReplayRing.headerBytes)
            return Int(header[1]) << 24 | Int(header[2]) << 16 | Int(header[3]) << 8 | Int(header[4])
        }
        var length = 0
        for offset in 1..<ReplayRing.headerBytes { length = length << 8 | Int(bytes[wrapped(position + offset)]) }
        return length
    }

    private mutating func put(_ payload: Span<UInt8>, at position: Int) {
        let tail = min(payload.count, bytes.count - position)
        unsafe payload.withUnsafeBytes { source in
            unsafe bytes.withUnsafeMutableBytes { target in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[position..<position + tail])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[0..<tail]))
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[tail..<source.count]))
            }
        }
    }

    /// Doubles, so that a quiet game keeps little; never shrinks, so that a busy one allocates nothing.
    private mutating func grow(toHold needed: Int, bytesMax: Int) {
        var size = max(bytes.count, ReplayRing.firstBytes)
        while size < needed { size *= 2 }
        var grown: [UInt8] = []
        grown.reserveCapacity(min(size, bytesMax))
        let tail = min(used, bytes.count - start)
        grown.append(contentsOf: bytes[start..<start + tail])
        grown.append(contentsOf: bytes[0..<used - tail])
        grown.append(contentsOf: repeatElement(0, count: min(size, bytesMax) - used))
        bytes = grown
        start = 0
    }
}
