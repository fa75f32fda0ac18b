/// From where a search goes on.
extension WaitingPool {
    mutating func push(below node: Int32, _ front: Int32) {
        let senior = index.senior(node)
        push(PoolSearch.Item(rank: Double(index.sinceUnixMs(senior)), slot: senior, node: node, front: front, way: .below))
    }

    mutating func pushFirst(of tree: SkillIndex.Tree, _ front: Int32, _ way: PoolSearch.Item.Way) {
        if tree.root >= 0 {
            if let place = index.lowest(below: tree.root, search.fronts[Int(front)].above) { pushAbove(place, front, way) }
        } else if SkillIndex.bit(tree.tag) & search.fronts[Int(front)].above != 0 {
            let slot = SkillIndex.unit(tree.root)
            _ = push(slot, tree.key, nil, front, way)
        }
    }

    /// The first unit from a place on that is wanted and within its window.
    mutating func pushAbove(_ start: SkillIndex.Place, _ front: Int32, _ way: PoolSearch.Item.Way) {
        var start = start
        let reach = search.fronts[Int(front)].reach
        while search.fronts[Int(front)].above != 0,
            let place = index.above(start, search.fronts[Int(front)].above, of: search.key, within: reach)
        {
            if push(index.unit(place), index.key(place), place, front, way) { return }
            // Of its bucket all are too far from here on.
            search.fronts[Int(front)].above &= ~SkillIndex.bit(index.tag(place.leaf, Int(place.at)))
            start = place
        }
    }

    /// The last unit before a place that is wanted and within its window; of equal ones the first, and so the most senior.
    mutating func pushBelow(_ start: SkillIndex.Place, _ front: Int32) {
        let reach = search.fronts[Int(front)].reach
        while search.fronts[Int(front)].below != 0,
            let place = index.below(start, search.fronts[Int(front)].below, of: search.key, within: reach)
        {
            if index.isFirstOfItsKey(place) {
                if push(index.unit(place), index.key(place), place, front, .downwards) { return }
                search.fronts[Int(front)].below &= ~SkillIndex.bit(index.tag(place.leaf, Int(place.at)))
            } else if pushEqual(index.place(atLeast: index.key(place), search.fronts[Int(front)].tree.root), index.key(place), front) {
                return
            }
        }
    }

    /// The first unit from a place on that has this key and is wanted; false when there is none.
    private mutating func pushEqual(_ start: SkillIndex.Place, _ key: Double, _ front: Int32) -> Bool {
        var start = start
        while search.fronts[Int(front)].below != 0,
            let place = index.above(start, search.fronts[Int(front)].below, of: key, within: 0)
        {
            if push(index.unit(place), key, place, front, .downwards) { return true }
            search.fronts[Int(front)].below &= ~SkillIndex.bit(index.tag(place.leaf, Int(place.at)))
            start = place
        }
        return false
    }

    mutating func pushNextBelow(_ item: PoolSearch.Item) {
        let key = index.key(item.place)
        if pushEqual(SkillIndex.Place(item.node, Int(item.at) + 1), key, item.front) { return }
        let first = index.isFirstOfItsKey(item.place) ? item.place : index.place(atLeast: key, search.fronts[Int(item.front)].tree.root)
        pushBelow(first, item.front)
    }

    /// False for one that is beyond the window of both.
    private mutating func push(
        _ slot: Int32, _ key: Double, _ place: SkillIndex.Place?, _ front: Int32, _ way: PoolSearch.Item.Way
    ) -> Bool {
        var rank = Double(index.sinceUnixMs(slot))
        if way != .onwards {
            rank = abs(key - search.key)
            let level = buckets[Int(entries[Int(slot)].bucket)].key.level
            guard rank <= max(search.width, stages.levels[Int(level)].width) else { return false }
        }
        push(
            PoolSearch.Item(
                rank: rank, slot: slot, node: place?.leaf ?? -1, at: UInt8(truncatingIfNeeded: place?.at ?? 0), front: front,
                way: way))
        return true
    }

    /// In the place of a node of the overdue comes what is in it, as far as that is within the skill window.
    mutating func unfold(_ item: PoolSearch.Item) {
        // Enough of the bucket have been looked at.
        if search.fronts[Int(item.front)].wanted == 0 { return }
        if SkillIndex.unit(item.node) >= 0 {
            unfold(item.slot, key(item.slot), key(item.slot), item)
            return
        }
        for place in 0..<index.count(item.node) {
            let (low, high) = index.bounds(item.node, place)
            unfold(index.item(item.node, place), low, high, item)
        }
    }

    private mutating func unfold(_ inner: Int32, _ low: Double, _ high: Double, _ item: PoolSearch.Item) {
        let (key, width) = (search.key, search.fronts[Int(item.front)].reach)
        if low > key, low - key > width { return }
        if high < key, key - high > width { return }
        if SkillIndex.unit(item.node) < 0, !index.nodes[Int(item.node)].isLeaf { return push(below: inner, item.front) }
        let rank = Double(index.sinceUnixMs(inner))
        push(PoolSearch.Item(rank: rank, slot: inner, node: -1, front: item.front, way: .itself))
    }

    // MARK: A binary heap

    private func isBefore(_ a: PoolSearch.Item, _ b: PoolSearch.Item) -> Bool {
        if a.rank != b.rank { return a.rank < b.rank }
        if a.slot != b.slot { return index.isMoreSenior(a.slot, than: b.slot) }
        return a.way == .itself && b.way != .itself
    }

    private mutating func push(_ item: PoolSearch.Item) {
        search.frontier.append(item)
        var at = search.frontier.count - 1
        while at > 0 {
            let parent = (at - 1) / 2
            guard isBefore(item, search.frontier[parent]) else { break }
            search.frontier[at] = search.frontier[parent]
            at = parent
        }
        search.frontier[at] = item
    }

    mutating func popItem() -> PoolSearch.Item? {
        guard let first = search.frontier.first else { return nil }
        let item = search.frontier.removeLast()
        let count = search.frontier.count
        if count == 0 { return first }
        var at = 0
        while true {
            var child = 2 * at + 1
            guard child < count else { break }
            if child + 1 < count, isBefore(search.frontier[child + 1], search.frontier[child]) { child += 1 }
            guard isBefore(search.frontier[child], item) else { break }
            search.frontier[at] = search.frontier[child]
            at = child
        }
        search.frontier[at] = item
        return first
    }
}
