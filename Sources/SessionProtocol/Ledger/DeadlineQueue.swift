/// Deadlines by key, earliest first: an indexed binary heap, so that setting, moving and removing one each cost the
/// logarithm of their number, and a removed one leaves nothing behind.
public struct DeadlineQueue<Key: Hashable & Sendable>: Sendable {
    private struct Item {
        var atMs: UInt64
        /// Breaks ties in the order of setting, so that equal deadlines fall due in a fixed order.
        var order: UInt64
        var key: Key

        func isBefore(_ other: Item) -> Bool { atMs != other.atMs ? atMs < other.atMs : order < other.order }
    }

    private var heap: [Item] = []
    private var positions: [Key: Int] = [:]
    private var orderNext: UInt64 = 0

    public init() {}

    public var count: Int { heap.count }
    /// The earliest deadline, in milliseconds of the boot clock.
    public var nextMs: UInt64? { heap.first?.atMs }
    /// When the key is due; nil when it has no deadline.
    public func atMs(_ key: Key) -> UInt64? { positions[key].map { heap[$0].atMs } }
    /// The key of the earliest deadline; of equal ones the one that was set first.
    public var nextKey: Key? { heap.first?.key }

    /// Sets the key's one deadline, replacing an earlier one.
    public mutating func set(_ key: Key, atMs: UInt64) {
        let item = Item(atMs: atMs, order: orderNext, key: key)
        orderNext += 1
        if let position = positions[key] {
            heap[position] = item
            siftDown(siftUp(position))
        } else {
            heap.append(item)
            positions[key] = heap.count - 1
            siftUp(heap.count - 1)
        }
    }

    /// Removes the key's deadline, if it has one.
    public mutating func remove(_ key: Key) {
        guard let position = positions.removeValue(forKey: key) else { return }
        let last = heap.removeLast()
        if position == heap.count { return }
        heap[position] = last
        positions[last.key] = position
        siftDown(siftUp(position))
    }

    /// Takes out the earliest key that is due at `nowMs`.
    public mutating func popDue(_ nowMs: UInt64) -> Key? {
        guard let first = heap.first, first.atMs <= nowMs else { return nil }
        remove(first.key)
        return first.key
    }

    @discardableResult
    private mutating func siftUp(_ start: Int) -> Int {
        var position = start
        let item = heap[start]
        while position > 0 {
            let parent = (position - 1) / 2
            guard item.isBefore(heap[parent]) else { break }
            put(heap[parent], at: position)
            position = parent
        }
        if position != start { put(item, at: position) }
        return position
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        let item = heap[start]
        while true {
            var child = 2 * position + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(item) else { break }
            put(heap[child], at: position)
            position = child
        }
        if position != start { put(item, at: position) }
    }

    private mutating func put(_ item: Item, at position: Int) {
        heap[position] = item
        positions[item.key] = position
    }
}
