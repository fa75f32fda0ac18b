/// Which session has its next tick when: a binary heap that allocates nothing while sessions neither come nor go. Of equal times
/// the lower place comes first, so that the order depends on the events alone.
struct TickQueue: Sendable {
    struct Item: Sendable {
        var atMs: UInt64
        /// Of the session in the ledger.
        var place: Int

        func isBefore(_ other: Item) -> Bool { atMs != other.atMs ? atMs < other.atMs : place < other.place }
    }

    private var heap: [Item] = []

    var count: Int { heap.count }
    var first: Item? { heap.first }

    func contains(_ place: Int) -> Bool { heap.contains { $0.place == place } }

    mutating func insert(_ place: Int, atMs: UInt64) {
        heap.append(Item(atMs: atMs, place: place))
        siftUp(heap.count - 1)
    }

    /// The first one is due again at another time.
    mutating func moveFirst(toMs atMs: UInt64) {
        heap[0].atMs = atMs
        siftDown(0)
    }

    /// Looks through all: a session ends once, and has many ticks before.
    mutating func remove(_ place: Int) {
        guard let position = heap.firstIndex(where: { $0.place == place }) else { return }
        let last = heap.removeLast()
        if position == heap.count { return }
        heap[position] = last
        siftDown(siftUp(position))
    }

    @discardableResult
    private mutating func siftUp(_ start: Int) -> Int {
        var position = start
        while position > 0, heap[position].isBefore(heap[(position - 1) / 2]) {
            heap.swapAt(position, (position - 1) / 2)
            position = (position - 1) / 2
        }
        return position
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        while true {
            var child = 2 * position + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(heap[position]) else { return }
            heap.swapAt(position, child)
            position = child
        }
    }
}
