/// Values in numbered slots that are used again. Iteration goes by slot, so it depends on the events alone and never on
/// a hash seed.
@usableFromInline struct SlotTable<Value: Sendable>: Sendable {
    @usableFromInline var slots: [Value?] = []
    private var free: [Int32] = []

    @usableFromInline init() {}

    var count: Int { slots.count - free.count }
    /// The slots to look at when iterating; some may be empty.
    var indices: Range<Int> { slots.indices }

    mutating func insert(_ value: Value) -> Int {
        if let slot = free.popLast() {
            slots[Int(slot)] = value
            return Int(slot)
        }
        slots.appendToTable(value)
        return slots.count - 1
    }

    mutating func remove(_ slot: Int) -> Value {
        guard let value = slots[slot] else { preconditionFailure("an empty slot cannot be removed") }
        slots[slot] = nil
        free.append(Int32(truncatingIfNeeded: slot))
        return value
    }

    @inlinable subscript(slot: Int) -> Value {
        get {
            guard let value = slots[slot] else { preconditionFailure("an empty slot cannot be read") }
            return value
        }
        _modify {
            precondition(slots[slot] != nil, "an empty slot cannot be changed")
            yield &slots[slot]!
        }
    }

    /// Changes the value in a slot, if there is one.
    @inlinable mutating func update<Result>(_ slot: Int, _ change: (inout Value) -> Result) -> Result? {
        guard slot >= 0, slot < slots.count else { return nil }
        return slots[slot].update(change)
    }

    func isTaken(_ slot: Int) -> Bool { slots[slot] != nil }
}

extension Optional {
    /// In place: to compare a slot with nil and then change it would copy what it holds.
    @inlinable mutating func update<Result>(_ change: (inout Wrapped) -> Result) -> Result? {
        guard self != nil else { return nil }
        return change(&self!)
    }
}
