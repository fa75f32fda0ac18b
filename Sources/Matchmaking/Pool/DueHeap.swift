/// Units by when their next step passes: a binary heap that keeps their positions by slot, so that it allocates nothing
/// once its arrays have their size.
struct DueHeap: Sendable {
    private struct Item {
        var atMs: UInt64
        var slot: Int32
        func isBefore(_ other: Item) -> Bool { atMs != other.atMs ? atMs < other.atMs : slot < other.slot }
    }

    private var items: [Item] = []
    private var positions: [Int32] = []

    var nextMs: UInt64? { items.first?.atMs }
    var count: Int { items.count }

    /// The slot must not be in it.
    mutating func insert(_ slot: Int32, atMs: UInt64) {
        while positions.count <= Int(slot) { positions.append(-1) }
        items.append(Item(atMs: atMs, slot: slot))
        siftUp(items.count - 1)
    }

    mutating func remove(_ slot: Int32) {
        guard Int(slot) < positions.count, positions[Int(slot)] >= 0 else { return }
        let index = Int(positions[Int(slot)])
        positions[Int(slot)] = -1
        let last = items.removeLast()
        if index == items.count { return }
        items[index] = last
        siftDown(siftUp(index))
    }

    mutating func popDue(nowMs: UInt64) -> Int32? {
        guard let first = items.first, first.atMs <= nowMs else { return nil }
        remove(first.slot)
        return first.slot
    }

    @discardableResult
    private mutating func siftUp(_ start: Int) -> Int {
        var index = start
        let item = items[start]
        while index > 0 {
            let parent = (index - 1) / 2
            guard item.isBefore(items[parent]) else { break }
            put(items[parent], at: index)
            index = parent
        }
        put(item, at: index)
        return index
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        let item = items[start]
        while true {
            var child = 2 * index + 1
            guard child < items.count else { break }
            if child + 1 < items.count, items[child + 1].isBefore(items[child]) { child += 1 }
            guard items[child].isBefore(item) else { break }
            put(items[child], at: index)
            index = child
        }
        put(item, at: index)
    }

    private mutating func put(_ item: Item, at index: Int) {
        items[index] = item
        positions[Int(item.slot)] = Int32(index)
    }
}
