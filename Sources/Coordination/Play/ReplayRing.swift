import SessionProtocol

/// The newest ordered messages of a session, each once, whomever it is for, in a ring of bytes that grows to its bound and
/// then stays. A message is kept as one byte of sender, one of address, four of length, and its payload.
struct ReplayRing: Sendable {
    struct Bounds: Sendable {
        let bytesMax: Int
        let messagesMax: Int
    }

    static let headerBytes = 6
    private static let firstBytes = 1024

    private var bytes: [UInt8] = []
    private var start = 0
    private var used = 0
    /// Messages that are kept.
    private(set) var count = 0

    mutating func append(_ payload: Span<UInt8>, from sender: PlayerIndex, to address: UInt8, _ bounds: Bounds) {
        let needed = ReplayRing.headerBytes + payload.count
        guard needed <= bounds.bytesMax, bounds.messagesMax > 0 else {
            // What follows a gap cannot be replayed in order without what fell into it.
            (start, used, count) = (0, 0, 0)
            return
        }
        if count >= bounds.messagesMax || used + needed > bounds.bytesMax { makeRoom(for: needed, bounds) }
        if used + needed > bytes.count { grow(toHold: used + needed, bytesMax: bounds.bytesMax) }
        let header = Header(sender: sender.number, address: address, length: UInt32(payload.count))
        let at = wrapped(start + used)
        if at + needed <= bytes.count {
            unsafe bytes.withUnsafeMutableBytes { target in
                unsafe header.store(in: target, at: at)
                let body = unsafe UnsafeMutableRawBufferPointer(rebasing: target[(at + ReplayRing.headerBytes)...])
                unsafe payload.withUnsafeBytes { unsafe body.copyMemory(from: $0) }
            }
        } else {
            var whole: InlineArray<6, UInt8> = .init(repeating: 0)
            var storage = whole.mutableSpan
            unsafe storage.withUnsafeMutableBytes { unsafe header.store(in: $0, at: 0) }
            put(whole.span, at: at)
            put(payload, at: wrapped(at + ReplayRing.headerBytes))
        }
        used += needed
        count += 1
    }

    /// How many of the messages that are kept were for this player.
    func count(for player: PlayerIndex) -> Int {
        var count = 0
        forEachHeader { header, _ in if header.isFor(player) { count += 1 } }
        return count
    }

    /// The messages for this player but the first `skipped` of them, oldest first.
    func forEach(for player: PlayerIndex, skipping skipped: UInt64, _ body: (PlayerIndex, [UInt8]) -> Void) {
        var number: UInt64 = 0
        forEachHeader { header, first in
            guard header.isFor(player) else { return }
            number += 1
            guard number > skipped else { return }
            let length = Int(header.length)
            let tail = min(length, bytes.count - first)
            body(PlayerIndex(header.sender), Array(bytes[first..<first + tail]) + bytes[0..<length - tail])
        }
    }

    private struct Header {
        let sender: UInt8
        let address: UInt8
        let length: UInt32

        func isFor(_ player: PlayerIndex) -> Bool {
            address == player.number || address == CoordinatorCore.everyoneElse && sender != player.number
        }

        @inline(__always)
        func store(in target: UnsafeMutableRawBufferPointer, at position: Int) {
            unsafe target.storeBytes(of: sender, toByteOffset: position, as: UInt8.self)
            unsafe target.storeBytes(of: address, toByteOffset: position + 1, as: UInt8.self)
            unsafe target.storeBytes(of: length, toByteOffset: position + 2, as: UInt32.self)
        }
    }

    private func forEachHeader(_ body: (Header, _ payloadAt: Int) -> Void) {
        var at = start
        for _ in 0..<count {
            let header = Header(sender: bytes[at], address: bytes[wrapped(at + 1)], length: length(at: at))
            let first = wrapped(at + ReplayRing.headerBytes)
            body(header, first)
            at = wrapped(first + Int(header.length))
        }
    }

    /// Drops the oldest messages, an eighth of the bound at once: they lie one after the other and are read at the speed of
    /// memory, while looking for the oldest with each message would be a wait for memory each time.
    private mutating func makeRoom(for needed: Int, _ bounds: Bounds) {
        let bytesMax = bounds.bytesMax - bounds.bytesMax / 8
        let messagesMax = bounds.messagesMax - bounds.messagesMax / 8
        while count > 0, count >= messagesMax || used + needed > bytesMax {
            let size = ReplayRing.headerBytes + Int(length(at: start))
            start = wrapped(start + size)
            used -= size
            count -= 1
        }
    }

    private func wrapped(_ position: Int) -> Int { position >= bytes.count ? position - bytes.count : position }

    private func length(at position: Int) -> UInt32 {
        if position + ReplayRing.headerBytes <= bytes.count {
            return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: position + 2, as: UInt32.self) }
        }
        var length: UInt32 = 0
        unsafe withUnsafeMutableBytes(of: &length) { whole in
            for index in 0..<4 { unsafe whole[index] = bytes[wrapped(position + 2 + index)] }
        }
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
