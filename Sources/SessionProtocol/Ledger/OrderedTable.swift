/// A table that is iterated in the order of insertion, never in that of a hash.
public struct OrderedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Item {
        let key: Key
        var value: Value
    }

    private var items: [Item?] = []
    private var positions: [Key: Int] = [:]

    public init() {}

    public var count: Int { positions.count }
    /// In order of insertion.
    public var keys: [Key] { items.compactMap { $0?.key } }

    /// The key that was inserted first.
    public var first: Key? {
        for case let item? in items { return item.key }
        return nil
    }

    public subscript(key: Key) -> Value? {
        guard let position = positions[key] else { return nil }
        return items[position]?.value
    }

    /// Appends an entry; its key must be new.
    public mutating func append(_ value: Value, for key: Key) {
        precondition(positions[key] == nil, "a key is appended once")
        positions[key] = items.count
        items.append(Item(key: key, value: value))
    }

    /// Changes a value in place; nil when there is none.
    public mutating func update<Result>(_ key: Key, _ change: (inout Value) -> Result) -> Result? {
        guard let position = positions[key] else { return nil }
        return items[position].update { change(&$0.value) }
    }

    @discardableResult
    public mutating func remove(_ key: Key) -> Value? {
        guard let position = positions.removeValue(forKey: key) else { return nil }
        let value = items[position]?.value
        items[position] = nil
        // Holes are swept out when they are the most, so that an entry that stays long keeps no others' places.
        if items.count > 32 && items.count > 2 * positions.count { compact() }
        // With nobody left, nothing stays of the room that many took.
        if positions.isEmpty {
            items.removeAll(keepingCapacity: items.capacity <= 1024)
            if positions.capacity > 1024 { positions = [:] }
        }
        return value
    }

    private mutating func compact() {
        items.removeAll { $0 == nil }
        for (position, item) in items.enumerated() {
            if let item { positions[item.key] = position }
        }
    }
}
