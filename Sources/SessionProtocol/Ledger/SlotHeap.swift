/// Deadlines of slots, the earliest first: a binary heap that keeps its positions by slot, so that setting, moving and
/// removing one each cost the logarithm of their number, and allocate nothing once its arrays have their size.
public struct SlotHeap: Sendable {
    private struct Item {
        var atMs: UInt64
        /// Of equal deadlines the one of lower order comes first; in few bytes, so that it counts on from 0 after the last.
        var order: UInt32
        var slot: Int32

        func isBefore(_ other: Item) -> Bool {
            atMs != other.atMs ? atMs < other.atMs : Int32(bitPattern: order &- other.order) < 0
        }
    }

    private var items: [Item] = []
    /// By slot; −1 for one without a deadline.
    private var positions: [Int32] = []

    public init() {}

    public var count: Int { items.count }
    /// The earliest deadline, in milliseconds of the boot clock.
    public var nextMs: UInt64? { items.first?.atMs }
    /// The slot of the earliest deadline.
    public var nextSlot: Int? { items.first.map { Int($0.slot) } }
    /// When a slot is due; nil when it has no deadline.
    public func atMs(_ slot: Int) -> UInt64? { position(slot).map { items[$0].atMs } }

    private func position(_ slot: Int) -> Int? {
        guard slot < positions.count, positions[slot] >= 0 else { return nil }
        return Int(positions[slot])
    }

    /// Sets the slot's one deadline, replacing an earlier one.
    /// - Parameter order: of equal deadlines the lower one comes first. It may be cut to 32 bits, and compares rightly with those
    ///   that are less than half of that apart (serial number arithmetic, RFC 1982, section 3.2); who sets deadlines one after
    ///   the other has more than two thousand million of them between.
    public mutating func set(_ slot: Int, atMs: UInt64, order: UInt32) {
        while positions.count <= slot { positions.appendToTable(-1) }
        let item = Item(atMs: atMs, order: order, slot: Int32(slot))
        if let position = position(slot) {
            items[position] = item
            siftDown(siftUp(position))
        } else {
            items.appendToTable(item)
            siftUp(items.count - 1)
        }
    }

    /// Removes the slot's deadline, if it has one.
    public mutating func remove(_ slot: Int) {
        guard let position = position(slot) else { return }
        positions[slot] = -1
        let last = items.removeLast()
        if position == items.count { return }
        items[position] = last
        siftDown(siftUp(position))
    }

    /// Takes out the earliest slot that is due at `nowMs`.
    public mutating func popDue(_ nowMs: UInt64) -> Int? {
        guard let first = items.first, first.atMs <= nowMs else { return nil }
        remove(Int(first.slot))
        return Int(first.slot)
    }

    @discardableResult
    private mutating func siftUp(_ start: Int) -> Int {
        var position = start
        let item = items[start]
        while position > 0 {
            let parent = (position - 1) / 2
            guard item.isBefore(items[parent]) else { break }
            put(items[parent], at: position)
            position = parent
        }
        put(item, at: position)
        return position
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        let item = items[start]
        while true {
            var child = 2 * position + 1
            guard child < items.count else { break }
            if child + 1 < items.count, items[child + 1].isBefore(items[child]) { child += 1 }
            guard items[child].isBefore(item) else { break }
            put(items[child], at: position)
            position = child
        }
        if position != start { put(item, at: position) }
    }

    private mutating func put(_ item: Item, at position: Int) {
        items[position] = item
        positions[Int(item.slot)] = Int32(truncatingIfNeeded: position)
    }
}
