/// What happens when, in virtual microseconds; of two at the same time the one that was put in first. A heap of four
/// children a node over small items, with what happens in slots beside it.
struct EventQueue<Event> {
    private struct Item {
        var atUs: UInt64
        var order: UInt64
        var slot: Int32

        @inline(__always)
        func isBefore(_ other: Item) -> Bool { atUs != other.atUs ? atUs < other.atUs : order < other.order }
    }

    private var heap: [Item] = []
    private var slots: [Event?] = []
    private var free: [Int32] = []
    private var orderNext: UInt64 = 0

    var count: Int { heap.count }

    mutating func put(_ event: Event, atUs: UInt64) {
        let slot: Int32
        if let last = free.popLast() {
            slot = last
            slots[Int(slot)] = event
        } else {
            slot = Int32(slots.count)
            slots.append(event)
        }
        let item = Item(atUs: atUs, order: orderNext, slot: slot)
        orderNext += 1
        heap.append(item)
        var position = heap.count - 1
        while position > 0 {
            let parent = (position - 1) >> 2
            guard item.isBefore(heap[parent]) else { break }
            heap[position] = heap[parent]
            position = parent
        }
        heap[position] = item
    }

    mutating func take() -> (atUs: UInt64, event: Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty { sink(last) }
        guard let event = slots[Int(first.slot)].take() else { preconditionFailure("an item has its event") }
        free.append(first.slot)
        return (first.atUs, event)
    }

    private mutating func sink(_ item: Item) {
        let count = heap.count
        var position = 0
        while true {
            let firstChild = position << 2 + 1
            guard firstChild < count else { break }
            var least = firstChild
            var child = firstChild + 1
            while child < min(firstChild + 4, count) {
                if heap[child].isBefore(heap[least]) { least = child }
                child += 1
            }
            guard heap[least].isBefore(item) else { break }
            heap[position] = heap[least]
            position = least
        }
        heap[position] = item
    }
}
