/// Looking into a tree.
extension SkillIndex {
    struct Place: Hashable, Sendable {
        let leaf: Int32
        let at: Int32

        @inline(__always)
        init(_ leaf: Int32, _ at: Int) { (self.leaf, self.at) = (leaf, Int32(truncatingIfNeeded: at)) }
    }

    func unit(_ place: Place) -> Int32 { item(place.leaf, Int(place.at)) }
    func key(_ place: Place) -> Double { key(place.leaf, Int(place.at)) }

    /// Where a unit is; nil for one that takes no node.
    func place(of slot: Int32) -> Place? {
        let leaf = leaves[Int(slot)]
        return leaf < 0 ? nil : Place(leaf, position(of: slot, in: leaf))
    }

    /// Where in a tree with nodes the first unit is whose key is at least this: there, or behind the end of the leaf.
    func place(atLeast key: Double, _ root: Int32) -> Place {
        var at = root
        while !nodes[Int(at)].isLeaf { at = item(at, max(0, lowerBound(key, in: at) - 1)) }
        return Place(at, lowerBound(key, in: at))
    }

    /// Whether the unit before has another key.
    func isFirstOfItsKey(_ place: Place) -> Bool {
        if place.at > 0 { return key(place.leaf, Int(place.at) - 1) < key(place) }
        let before = nodes[Int(place.leaf)].before
        return before < 0 || key(before, count(before) - 1) < key(place)
    }

    // MARK: Walking along

    /// The first unit from a place on that has one of these tags, and whose key is within a distance of another.
    func above(_ start: Place, _ wanted: UInt64, of middle: Double, within reach: Double) -> Place? {
        let leaf = start.leaf
        for at in Int(start.at)..<max(Int(start.at), count(leaf)) {
            if key(leaf, at) - middle > reach { return nil }
            if SkillIndex.bit(tag(leaf, at)) & wanted != 0 { return Place(leaf, at) }
        }
        // Mostly it is in the next leaf, or too far.
        var node = nodes[Int(leaf)].after
        if node < 0 || key(node, 0) - middle > reach { return nil }
        if nodes[Int(node)].tags & wanted != 0 { return lowest(below: node, wanted, of: middle, within: reach) }
        while nodes[Int(node)].parent >= 0 {
            let parent = nodes[Int(node)].parent
            for at in (position(of: node, in: parent) + 1)..<max(position(of: node, in: parent) + 1, count(parent)) {
                if key(parent, at) - middle > reach { return nil }
                let child = item(parent, at)
                if nodes[Int(child)].tags & wanted != 0 { return lowest(below: child, wanted, of: middle, within: reach) }
            }
            node = parent
        }
        return nil
    }

    /// The last unit before a place that has one of these tags, and whose key is within a distance of another.
    func below(_ start: Place, _ wanted: UInt64, of middle: Double, within reach: Double) -> Place? {
        let leaf = start.leaf
        for at in (0..<Int(start.at)).reversed() {
            if middle - key(leaf, at) > reach { return nil }
            if SkillIndex.bit(tag(leaf, at)) & wanted != 0 { return Place(leaf, at) }
        }
        var node = nodes[Int(leaf)].before
        if node < 0 || middle - key(node, count(node) - 1) > reach { return nil }
        if nodes[Int(node)].tags & wanted != 0 { return highest(below: node, wanted, of: middle, within: reach) }
        while nodes[Int(node)].parent >= 0 {
            let parent = nodes[Int(node)].parent
            for at in (0..<position(of: node, in: parent)).reversed() {
                let child = item(parent, at)
                if nodes[Int(child)].tags & wanted != 0 { return highest(below: child, wanted, of: middle, within: reach) }
                if middle - key(parent, at) > reach { return nil }
            }
            node = parent
        }
        return nil
    }

    /// The first unit of a tree that has one of these tags.
    func lowest(below root: Int32, _ wanted: UInt64) -> Place? {
        nodes[Int(root)].tags & wanted == 0 ? nil : lowest(below: root, wanted, of: -.infinity, within: .infinity)
    }

    /// A node that has one of the tags below it has it below one of its children.
    private func lowest(below node: Int32, _ wanted: UInt64, of middle: Double, within reach: Double) -> Place? {
        var node = node
        while !nodes[Int(node)].isLeaf {
            var at = 0
            while nodes[Int(item(node, at))].tags & wanted == 0 { at += 1 }
            node = item(node, at)
        }
        var at = 0
        while SkillIndex.bit(tag(node, at)) & wanted == 0 { at += 1 }
        return key(node, at) - middle > reach ? nil : Place(node, at)
    }

    private func highest(below node: Int32, _ wanted: UInt64, of middle: Double, within reach: Double) -> Place? {
        var node = node
        while !nodes[Int(node)].isLeaf {
            var at = count(node) - 1
            while nodes[Int(item(node, at))].tags & wanted == 0 { at -= 1 }
            node = item(node, at)
        }
        var at = count(node) - 1
        while SkillIndex.bit(tag(node, at)) & wanted == 0 { at -= 1 }
        return middle - key(node, at) > reach ? nil : Place(node, at)
    }

    /// The first unit of all; −1 for none.
    func first(_ tree: Tree) -> Int32 {
        if tree.root < 0 { return SkillIndex.unit(tree.root) }
        return nodes[Int(tree.root)].first
    }

    /// The unit behind another; −1 for none.
    func next(_ slot: Int32) -> Int32 {
        guard let place = place(of: slot) else { return -1 }
        return above(Place(place.leaf, Int(place.at) + 1), .max, of: -.infinity, within: .infinity).map { unit($0) } ?? -1
    }

    // MARK: By seniority, in trees that rank

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

    /// What must hold of a tree after every change.
    func isSound(_ tree: Tree) -> Bool {
        let root = tree.root
        if root < 0 { return SkillIndex.unit(root) < 0 || leaves[Int(SkillIndex.unit(root))] < 0 }
        let node = nodes[Int(root)]
        guard node.parent < 0, node.count >= 2, let depth = soundDepth(root, tree.ranks) else { return false }
        return depth <= 8
    }

    /// The levels of a tree that is in order; nil for one that is not.
    private func soundDepth(_ number: Int32, _ ranks: Bool) -> Int? {
        let node = nodes[Int(number)]
        guard node.count > 0, (Int(node.count)..<SkillIndex.nodeMax).allSatisfy({ key(number, $0) == .infinity }) else { return nil }
        var senior: Int32 = -1
        var tags: UInt64 = 0
        var depths: Set<Int> = []
        for at in 0..<Int(node.count) {
            let item = item(number, at)
            let first = node.isLeaf ? item : nodes[Int(item)].first
            guard at > 0 || first == node.first, node.isLeaf || key(number, at) == key(item, 0) else { return nil }
            if at > 0 {
                let before = self.item(number, at - 1)
                let (low, high) = (key(number, at - 1), key(number, at))
                guard low < high || low == high && isMoreSenior(node.isLeaf ? before : nodes[Int(before)].first, than: first)
                else { return nil }
            }
            if node.isLeaf {
                guard leaves[Int(item)] == number else { return nil }
                tags |= SkillIndex.bit(tag(number, at))
                depths.insert(0)
            } else {
                guard nodes[Int(item)].parent == number, let depth = soundDepth(item, ranks) else { return nil }
                tags |= nodes[Int(item)].tags
                depths.insert(depth)
            }
            guard ranks else { continue }
            let unit = node.isLeaf ? item : nodes[Int(item)].senior
            if senior < 0 || isMoreSenior(unit, than: senior) { senior = unit }
        }
        guard senior == node.senior || !ranks, tags == node.tags, depths.count == 1, let depth = depths.first else { return nil }
        return depth + 1
    }
}
