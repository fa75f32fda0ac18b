/// Deadlines by key, earliest first. Setting, moving and removing one each cost the logarithm of their number, and a
/// removed one leaves nothing behind.
public struct DeadlineQueue<Key: Hashable & Sendable>: Sendable {
    private var keys = SlotTable<Key>()
    private var index = SlotIndex()
    private var heap = SlotHeap()
    /// Breaks ties in the order of setting, so that equal deadlines fall due in a fixed order.
    private var orderNext: UInt32 = 0

    public init() {}

    public var count: Int { heap.count }
    /// The earliest deadline, in milliseconds of the boot clock.
    public var nextMs: UInt64? { heap.nextMs }
    /// When the key is due; nil when it has no deadline.
    public func atMs(_ key: Key) -> UInt64? { slot(key).flatMap { heap.atMs($0) } }
    /// The key of the earliest deadline; of equal ones the one that was set first.
    public var nextKey: Key? { heap.nextSlot.map { keys[$0] } }

    private func slot(_ key: Key) -> Int? {
        index.count == 0 ? nil : index.slot(hash: key.hashValue) { keys[$0] == key }
    }

    /// Sets the key's one deadline, replacing an earlier one.
    public mutating func set(_ key: Key, atMs: UInt64) {
        let slot: Int
        if let known = self.slot(key) {
            slot = known
        } else {
            slot = keys.insert(key)
            index.insert(slot, hash: key.hashValue)
        }
        heap.set(slot, atMs: atMs, order: orderNext)
        orderNext &+= 1
    }

    /// Removes the key's deadline, if it has one.
    public mutating func remove(_ key: Key) {
        guard index.count > 0, let slot = index.remove(hash: key.hashValue, { keys[$0] == key }) else { return }
        heap.remove(slot)
        _ = keys.remove(slot)
    }

    /// Takes out the earliest key that is due at `nowMs`.
    public mutating func popDue(_ nowMs: UInt64) -> Key? {
        guard let nextKey, let nextMs, nextMs <= nowMs else { return nil }
        remove(nextKey)
        return nextKey
    }
}
