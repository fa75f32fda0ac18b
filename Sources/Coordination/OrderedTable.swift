/// A table that is iterated in the order of insertion, never in that of a hash.
struct OrderedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Item {
        let key: Key
        var value: Value
    }

    private var items: [Item?] = []
    private var positions: [Key: Int] = [:]

    var count: Int { positions.count }
    /// In order of insertion.
    var keys: [Key] { items.compactMap { $0?.key } }

    subscript(key: Key) -> Value? {
        guard let position = positions[key] else { return nil }
        return items[position]?.value
    }

    /// Appends an entry; its key must be new.
    mutating func append(_ value: Value, for key: Key) {
        precondition(positions[key] == nil, "a key is appended once")
        positions[key] = items.count
        items.append(Item(key: key, value: value))
    }

    mutating func update<Result>(_ key: Key, _ change: (inout Value) -> Result) -> Result? {
        guard let position = positions[key], var item = items[position] else { return nil }
        let result = change(&item.value)
        items[position] = item
        return result
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        guard let position = positions.removeValue(forKey: key) else { return nil }
        let value = items[position]?.value
        items[position] = nil
        // Holes are swept out when they are the most, so that an entry that stays long keeps no others' places.
        if items.count > 32 && items.count > 2 * positions.count { compact() }
        if positions.isEmpty { items.removeAll(keepingCapacity: items.capacity <= 1024) }
        return value
    }

    private mutating func compact() {
        items.removeAll { $0 == nil }
        for (position, item) in items.enumerated() {
            if let item { positions[item.key] = position }
        }
    }
}
