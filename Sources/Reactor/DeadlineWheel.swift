/// One deadline for each slot number, in a hierarchical timer wheel: setting, moving and removing take constant time.
///
/// Time is cut into ticks of 16 ms and a deadline is rounded up to one, so that it is never early and at most a tick late.
/// A wheel has 256 buckets; the first wheel's are one tick each, those of each next wheel 256 times as long. A deadline lies in the
/// wheel of the highest byte in which its tick differs from the current one, and moves down when that byte is reached.
/// Deadlines of one tick come in no particular order.
struct DeadlineWheel {
    static let tickMs: UInt64 = 16
    private static let levels = 5
    private static let tickMax: UInt64 = (1 << (8 * UInt64(levels))) - 1
    private static let none: Int32 = -1

    private struct Link {
        var tick: UInt64 = 0
        var next = DeadlineWheel.none
        var previous = DeadlineWheel.none
        var bucket = DeadlineWheel.none
    }

    private var links = ContiguousArray<Link>()
    private var heads = ContiguousArray(repeating: DeadlineWheel.none, count: levels * 256)
    private var occupied = ContiguousArray<UInt64>(repeating: 0, count: levels * 4)
    /// All buckets up to this tick are empty, but for that of the tick itself while it is being emptied.
    private var tick: UInt64
    /// The latest tick ever asked for: what is set now is due after it, or a handler could set a past deadline for ever in one turn.
    private var horizon: UInt64
    /// Deadlines that are set.
    private(set) var count = 0

    init(now: UInt64) {
        tick = now / Self.tickMs
        horizon = tick
    }

    func isSet(_ slot: Int) -> Bool { slot < links.count && links[slot].bucket != Self.none }

    /// Sets or moves the deadline of a slot. One that has passed already is due with the next tick.
    mutating func set(_ slot: Int, at deadlineMs: UInt64) {
        while links.count <= slot { links.append(Link()) }
        if links[slot].bucket != Self.none { unlink(slot) }
        let whole = deadlineMs / Self.tickMs
        let due = min(whole + (deadlineMs % Self.tickMs == 0 ? 0 : 1), Self.tickMax)
        links[slot].tick = max(due, horizon + 1)
        link(slot)
    }

    mutating func remove(_ slot: Int) {
        guard isSet(slot) else { return }
        unlink(slot)
    }

    /// Takes out one slot whose deadline has come, earlier ticks first.
    mutating func popDue(now: UInt64) -> Int? {
        horizon = max(horizon, now / Self.tickMs)
        while true {
            let head = heads[Int(tick & 255)]
            if head != Self.none {
                unlink(Int(head))
                return Int(head)
            }
            guard let (start, bucket) = nextOccupied(), start <= horizon else {
                tick = horizon
                return nil
            }
            tick = start
            if bucket >= 256 { moveDown(bucket) }
        }
    }

    /// When `popDue` is to be called next, in milliseconds: at the next deadline, or sooner when deadlines far ahead move down.
    var nextMs: UInt64? { nextOccupied().map { $0.start * Self.tickMs } }

    private func nextOccupied() -> (start: UInt64, bucket: Int)? {
        guard count > 0 else { return nil }
        for level in 0..<Self.levels {
            let shift = UInt64(8 * level)
            let current = Int((tick >> shift) & 255)
            if let found = firstOccupied(level: level, after: current) {
                let above = (tick >> (shift + 8)) << (shift + 8)
                return (above | UInt64(found) << shift, level * 256 + found)
            }
        }
        // Only what is due in the current tick is left: it is due now.
        return (tick, Int(tick & 255))
    }

    private func firstOccupied(level: Int, after current: Int) -> Int? {
        var from = current + 1
        while from < 256 {
            let word = occupied[level * 4 + from / 64] >> UInt64(from % 64)
            if word != 0 { return from + word.trailingZeroBitCount }
            from = (from / 64 + 1) * 64
        }
        return nil
    }

    private mutating func moveDown(_ bucket: Int) {
        while heads[bucket] != Self.none {
            let slot = Int(heads[bucket])
            unlink(slot)
            link(slot)
        }
    }

    private mutating func link(_ slot: Int) {
        let due = links[slot].tick
        let differing = due ^ tick
        let level = differing == 0 ? 0 : (63 - differing.leadingZeroBitCount) / 8
        let bucket = level * 256 + Int((due >> UInt64(8 * level)) & 255)
        let head = heads[bucket]
        links[slot].bucket = Int32(bucket)
        links[slot].previous = Self.none
        links[slot].next = head
        if head != Self.none { links[Int(head)].previous = Int32(slot) }
        heads[bucket] = Int32(slot)
        occupied[bucket / 64] |= 1 << UInt64(bucket % 64)
        count += 1
    }

    private mutating func unlink(_ slot: Int) {
        let link = links[slot]
        let bucket = Int(link.bucket)
        if link.previous == Self.none { heads[bucket] = link.next } else { links[Int(link.previous)].next = link.next }
        if link.next != Self.none { links[Int(link.next)].previous = link.previous }
        links[slot].bucket = Self.none
        if heads[bucket] == Self.none { occupied[bucket / 64] &= ~(1 << UInt64(bucket % 64)) }
        count -= 1
    }
}
