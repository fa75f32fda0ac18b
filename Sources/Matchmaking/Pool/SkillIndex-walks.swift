/// Looking into a bucket.
extension SkillIndex {
    /// A unit and its key; −1 for none.
    typealias Neighbour = (slot: Int32, key: Double)
    private static var nobody: Neighbour { (-1, 0) }

    /// The last unit whose key is less than this, and the first whose key is not.
    func neighbours(of key: Double, _ root: Int32) -> (below: Neighbour, atLeast: Neighbour) {
        if root < 0 {
            let single = SkillIndex.unit(root)
            if single < 0 { return (SkillIndex.nobody, SkillIndex.nobody) }
            let own: Neighbour = (single, self.key(single))
            return own.key < key ? (own, SkillIndex.nobody) : (SkillIndex.nobody, own)
        }
        var at = root
        while !nodes[Int(at)].isLeaf { at = item(at, max(0, lowerBound(key, in: at) - 1)) }
        let place = lowerBound(key, in: at)
        return (unit(in: at, place - 1), unit(in: at, place))
    }

    /// The first unit whose key is at least this; −1 for none.
    func first(atLeast key: Double, _ root: Int32) -> Int32 { neighbours(of: key, root).atLeast.slot }

    /// The last unit whose key is less than this; −1 for none.
    func last(below key: Double, _ root: Int32) -> Int32 { neighbours(of: key, root).below.slot }

    func next(_ slot: Int32) -> Int32 {
        let leaf = leaves[Int(slot)]
        return leaf < 0 ? -1 : unit(in: leaf, position(of: slot, in: leaf) + 1).slot
    }

    func previous(_ slot: Int32) -> Int32 {
        let leaf = leaves[Int(slot)]
        return leaf < 0 ? -1 : unit(in: leaf, position(of: slot, in: leaf) - 1).slot
    }

    /// The unit at a place of a leaf, or at the near end of the leaf beside it.
    @inline(__always)
    private func unit(in leaf: Int32, _ place: Int) -> Neighbour {
        if place < 0 {
            let before = nodes[Int(leaf)].before
            if before < 0 { return SkillIndex.nobody }
            let last = count(before) - 1
            return (item(before, last), key(before, last))
        }
        if place < count(leaf) { return (item(leaf, place), key(leaf, place)) }
        let after = nodes[Int(leaf)].after
        return after < 0 ? SkillIndex.nobody : (item(after, 0), key(after, 0))
    }

    // MARK: By seniority, in buckets that rank

    /// The most senior unit of a node, or of a root with one unit.
    func senior(_ node: Int32) -> Int32 {
        let single = SkillIndex.unit(node)
        return single >= 0 ? single : nodes[Int(node)].senior
    }

    /// The bounds of the keys below an item of a node; the upper one is infinite where it is not known without a look.
    func bounds(_ node: Int32, _ place: Int) -> (low: Double, high: Double) {
        let low = key(node, place)
        if nodes[Int(node)].isLeaf { return (low, low) }
        return (low, place + 1 < count(node) ? key(node, place + 1) : .infinity)
    }

    // MARK: Tests

    /// What must hold of a bucket after every change.
    func isSound(_ root: Int32) -> Bool {
        if root < 0 { return SkillIndex.unit(root) < 0 || leaves[Int(SkillIndex.unit(root))] < 0 }
        let node = nodes[Int(root)]
        guard node.parent < 0, node.count >= 2, let depth = soundDepth(root) else { return false }
        return depth <= 8
    }

    /// The levels of a tree that is in order; nil for one that is not.
    private func soundDepth(_ number: Int32) -> Int? {
        let node = nodes[Int(number)]
        guard node.count > 0 else { return nil }
        var senior: Int32 = -1
        var depths: Set<Int> = []
        for at in 0..<Int(node.count) {
            let item = item(number, at)
            let first = node.isLeaf ? item : nodes[Int(item)].first
            guard at > 0 || first == node.first, key(number, at) == key(first) else { return nil }
            if at > 0 {
                let before = self.item(number, at - 1)
                guard precedes(node.isLeaf ? before : nodes[Int(before)].first, first) else { return nil }
            }
            if node.isLeaf {
                guard leaves[Int(item)] == number else { return nil }
                depths.insert(0)
            } else {
                guard nodes[Int(item)].parent == number, let depth = soundDepth(item) else { return nil }
                depths.insert(depth)
            }
            let unit = node.isLeaf ? item : nodes[Int(item)].senior
            if senior < 0 || isMoreSenior(unit, than: senior) { senior = unit }
        }
        guard senior == node.senior, depths.count == 1, let depth = depths.first else { return nil }
        return depth + 1
    }
}
