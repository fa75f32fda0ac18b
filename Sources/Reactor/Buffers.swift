import Glibc

/// The one buffer into which a loop receives.
@safe final class ReceiveBuffer {
    private let memory: UnsafeMutableBufferPointer<UInt8>
    var capacity: Int { unsafe memory.count }

    init(capacity: Int) {
        precondition(capacity > 0)
        unsafe memory = .allocate(capacity: capacity)
        unsafe memory.initialize(repeating: 0)
    }

    deinit { unsafe memory.deallocate() }

    func receive(from descriptor: Int32) -> IOResult {
        unsafe Socket.receive(descriptor, into: UnsafeMutableRawBufferPointer(memory))
    }

    /// Hands the first `count` bytes to a handler.
    func deliver(_ count: Int, from id: ConnectionID, to handler: any ConnectionHandler) {
        precondition(count <= capacity)
        var bytes = unsafe MutableSpan(_unsafeStart: memory.baseAddress!, count: count)
        handler.received(&bytes, from: id)
    }
}

/// Memory for outbound buffers in sizes of powers of two. Returned pieces are kept, the last one first since it is still in the
/// cache, so that a steady load allocates nothing.
@safe final class BufferPool {
    /// The smallest piece; a few dozen small messages.
    static let smallestBytes = 2048
    // Nothing is called from inside an access to it, so that none can meet another: each connection that is sent to in a turn
    // is spared the checks.
    @exclusivity(unchecked) private var free: ContiguousArray<ContiguousArray<UnsafeMutableRawPointer>>
    private let heldBytesMax: Int
    private let retainedBytesMax: Int
    private(set) var heldBytes = 0
    private(set) var retainedBytes = 0

    init(heldBytesMax: Int, retainedBytesMax: Int) {
        unsafe free = ContiguousArray(repeating: [], count: 24)
        self.heldBytesMax = heldBytesMax
        self.retainedBytesMax = retainedBytesMax
    }

    deinit {
        for unsafe pieces in unsafe free {
            unsafe pieces.forEach { unsafe $0.deallocate() }
        }
    }

    /// The size of the piece that holds `bytes`.
    static func capacity(for bytes: Int) -> Int {
        bytes <= smallestBytes ? smallestBytes : 1 << (Int.bitWidth - (bytes - 1).leadingZeroBitCount)
    }

    private static func sizeClass(_ capacity: Int) -> Int {
        capacity.trailingZeroBitCount - smallestBytes.trailingZeroBitCount
    }

    /// A piece of exactly this capacity, or nil when all outbound memory together is at its limit.
    func take(capacity: Int) -> UnsafeMutableRawPointer? {
        guard heldBytes + capacity <= heldBytesMax else { return nil }
        heldBytes += capacity
        let sizeClass = Self.sizeClass(capacity)
        if let piece = unsafe free[sizeClass].popLast() {
            retainedBytes -= capacity
            return unsafe piece
        }
        return UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }

    func give(_ piece: UnsafeMutableRawPointer, capacity: Int) {
        heldBytes -= capacity
        guard retainedBytes + capacity <= retainedBytesMax else {
            unsafe piece.deallocate()
            return
        }
        retainedBytes += capacity
        unsafe free[Self.sizeClass(capacity)].append(piece)
    }
}

/// The bytes that wait to leave on one connection: one piece of pool memory, held only while there are bytes.
@safe struct OutboundBuffer {
    private var base: UnsafeMutableRawPointer?
    private var capacity: UInt32 = 0
    private var head: UInt32 = 0
    private var tail: UInt32 = 0

    init() { unsafe base = nil }

    var count: Int { Int(tail &- head) }
    var isEmpty: Bool { tail == head }

    /// Makes room for `extra` bytes. False when the pool is at its limit; nothing has changed then.
    mutating func reserve(_ extra: Int, from pool: BufferPool) -> Bool {
        if extra <= Int(capacity &- tail) { return true }
        let needed = count + extra
        if let base = unsafe base, needed <= Int(capacity) / 2 {
            // Half of the piece is free in front: moving the rest is cheaper than a larger piece.
            unsafe base.copyMemory(from: base + Int(head), byteCount: count)
            tail -= head
            head = 0
            return true
        }
        let larger = BufferPool.capacity(for: needed)
        guard let piece = unsafe pool.take(capacity: larger) else { return false }
        if let base = unsafe base {
            unsafe piece.copyMemory(from: base + Int(head), byteCount: count)
            unsafe pool.give(base, capacity: Int(capacity))
        }
        tail -= head
        head = 0
        unsafe base = piece
        capacity = UInt32(larger)
        return true
    }

    /// Copies bytes behind those that wait; room was made before.
    mutating func append(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        precondition(bytes.count <= Int(capacity &- tail))
        let end = unsafe base! + Int(tail)
        unsafe bytes.withUnsafeBytes { unsafe end.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        tail += UInt32(bytes.count)
    }

    /// The same for the low bytes of a word.
    mutating func append(_ word: UInt64, count: Int) {
        let free = Int(capacity &- tail)
        precondition(count <= min(8, free))
        guard count > 0 else { return }
        let end = unsafe base! + Int(tail)
        if free >= 8 {
            // What is too much is overwritten by what comes next.
            unsafe end.storeBytes(of: word.littleEndian, as: UInt64.self)
        } else {
            for index in 0..<count {
                unsafe end.storeBytes(of: UInt8(truncatingIfNeeded: word >> UInt64(8 * index)), toByteOffset: index, as: UInt8.self)
            }
        }
        tail += UInt32(count)
    }

    /// Takes out pieces of what waits, which come in order.
    mutating func remove(_ ranges: [Range<Int>]) {
        guard let base = unsafe base, let first = ranges.first else { return }
        var end = Int(head) + first.lowerBound
        for (number, range) in ranges.enumerated() {
            let next = number + 1 < ranges.count ? ranges[number + 1].lowerBound : count
            precondition(range.upperBound <= next && next <= count)
            let kept = next - range.upperBound
            unsafe (base + end).copyMemory(from: base + Int(head) + range.upperBound, byteCount: kept)
            end += kept
        }
        tail = UInt32(end)
    }

    /// Sends what the kernel takes, in one call.
    mutating func send(to descriptor: Int32) -> IOResult {
        guard let base = unsafe base, !isEmpty else { return .moved(0) }
        let result = unsafe Socket.send(descriptor, UnsafeRawBufferPointer(start: base + Int(head), count: count))
        if case .moved(let sent) = result { head += UInt32(sent) }
        return result
    }

    /// Gives the memory back; bytes that wait are dropped.
    mutating func release(to pool: BufferPool) {
        guard let piece = unsafe base else { return }
        unsafe pool.give(piece, capacity: Int(capacity))
        self = OutboundBuffer()
    }
}
