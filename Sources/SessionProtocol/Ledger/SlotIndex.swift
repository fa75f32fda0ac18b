/// Finds the slot of a key in a table whose values hold their keys themselves: eight bytes a place, where a dictionary
/// has the key once more. Places are probed in turn, and a removal closes its gap, so that nothing stays of what is gone.
/// Nobody iterates it.
public struct SlotIndex: Sendable {
    @usableFromInline struct Place: Sendable {
        /// 0 for an empty place; otherwise the slot and 1.
        @usableFromInline var mark: UInt32 = 0
        @usableFromInline var hash: UInt32 = 0
        @inlinable init(mark: UInt32 = 0, hash: UInt32 = 0) {
            self.mark = mark
            self.hash = hash
        }
    }

    /// At most four fifths are taken. A large table grows by a quarter, so that what grows is never half empty.
    @usableFromInline var places: [Place] = []
    public private(set) var count = 0

    public init() {}

    /// The slot with this hash that `isIt` knows for the key's own.
    @inlinable
    public func slot(hash: Int, _ isIt: (Int) -> Bool) -> Int? {
        position(hash: hash, isIt).map { Int(places[$0].mark) - 1 }
    }

    @inlinable
    func position(hash: Int, _ isIt: (Int) -> Bool) -> Int? {
        if places.isEmpty { return nil }
        let hash = UInt32(truncatingIfNeeded: hash)
        var position = home(hash)
        while places[position].mark != 0 {
            if places[position].hash == hash, isIt(Int(places[position].mark) &- 1) { return position }
            position = next(position)
        }
        return nil
    }

    /// Where a hash is probed for first: its share of the range, which needs no power of two.
    @inlinable @inline(__always)
    func home(_ hash: UInt32) -> Int { Int(truncatingIfNeeded: (UInt64(hash) &* UInt64(places.count)) >> 32) }

    @inlinable @inline(__always)
    func next(_ position: Int) -> Int { position &+ 1 == places.count ? 0 : position &+ 1 }

    /// Adds a key that is not there.
    public mutating func insert(_ slot: Int, hash: Int) {
        if (count + 1) * 5 > places.count * 4 { grow() }
        put(Place(mark: UInt32(slot + 1), hash: UInt32(truncatingIfNeeded: hash)))
        count += 1
    }

    private mutating func put(_ place: Place) {
        var position = home(place.hash)
        while places[position].mark != 0 { position = next(position) }
        places[position] = place
    }

    private mutating func grow() {
        let old = places
        places = [Place](repeating: Place(), count: max(8, old.count < 4096 ? 2 * old.count : old.count + old.count / 4))
        for place in old where place.mark != 0 { put(place) }
    }

    /// Takes a key out; nil when it is not there.
    @discardableResult @inlinable
    public mutating func remove(hash: Int, _ isIt: (Int) -> Bool) -> Int? {
        guard let position = position(hash: hash, isIt) else { return nil }
        let slot = Int(places[position].mark) - 1
        close(position)
        return slot
    }

    /// Whoever is probed for across the gap moves into it.
    @usableFromInline
    mutating func close(_ position: Int) {
        count -= 1
        if count == 0, places.count > 1024 {
            places = []
            return
        }
        var gap = position
        var at = next(position)
        while places[at].mark != 0 {
            // Not between the gap and where it stands: it may go back.
            if way(from: home(places[at].hash), to: at) >= way(from: gap, to: at) {
                places[gap] = places[at]
                gap = at
            }
            at = next(at)
        }
        places[gap] = Place()
    }

    /// How many places onwards, around the end.
    private func way(from: Int, to: Int) -> Int { to >= from ? to - from : to - from + places.count }
}
