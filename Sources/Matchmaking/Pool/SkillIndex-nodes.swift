/// Nodes that are full, or have too few.
extension SkillIndex {
    /// Parts a full node in two, both of which have room then; returns the upper one.
    mutating func split(_ number: Int32, _ tree: inout Tree) -> Int32 {
        let isLeaf = nodes[Int(number)].isLeaf
        if nodes[Int(number)].parent < 0 {
            let top = newNode(isLeaf: false)
            let first = nodes[Int(number)].first
            insert(number, key(number, 0), in: top, at: 0)
            nodes[Int(top)].first = first
            nodes[Int(top)].senior = nodes[Int(number)].senior
            nodes[Int(top)].tags = nodes[Int(number)].tags
            nodes[Int(number)].parent = top
            tree.root = top
        } else if nodes[Int(nodes[Int(number)].parent)].count == SkillIndex.nodeMax {
            _ = split(nodes[Int(number)].parent, &tree)
        }
        let upper = newNode(isLeaf: isLeaf)
        let half = SkillIndex.nodeMax / 2
        for at in half..<SkillIndex.nodeMax { move(from: number, at, to: upper, at - half) }
        nodes[Int(upper)].count = Int16(half)
        nodes[Int(number)].count = Int16(half)
        let first = item(upper, 0)
        nodes[Int(upper)].first = isLeaf ? first : nodes[Int(first)].first
        if isLeaf { link(upper, behind: number) }
        let parent = nodes[Int(number)].parent
        let key = key(upper, 0)
        let place = position(of: number, in: parent) + 1
        insert(upper, key, in: parent, at: place)
        nodes[Int(upper)].parent = parent
        collectTags(number)
        collectTags(upper)
        if tree.ranks {
            rank(number)
            rank(upper)
        }
        return upper
    }

    private mutating func move(from source: Int32, _ at: Int, to target: Int32, _ place: Int) {
        let item = item(source, at)
        keys[SkillIndex.index(target, place)] = key(source, at)
        keys[SkillIndex.index(source, at)] = .infinity
        inner[SkillIndex.index(target, place)] = item
        if nodes[Int(source)].isLeaf {
            tags[SkillIndex.index(target, place)] = tag(source, at)
            leaves[Int(item)] = target
        } else {
            nodes[Int(item)].parent = target
        }
    }

    private mutating func link(_ upper: Int32, behind leaf: Int32) {
        let after = nodes[Int(leaf)].after
        nodes[Int(upper)].before = leaf
        nodes[Int(upper)].after = after
        nodes[Int(leaf)].after = upper
        if after >= 0 { nodes[Int(after)].before = upper }
    }

    private mutating func rank(_ number: Int32) {
        var senior: Int32 = -1
        for at in 0..<count(number) {
            let item = item(number, at)
            let unit = nodes[Int(number)].isLeaf ? item : nodes[Int(item)].senior
            if senior < 0 || isMoreSenior(unit, than: senior) { senior = unit }
        }
        nodes[Int(number)].senior = senior
    }

    mutating func remove(_ slot: Int32, from tree: inout Tree) {
        let leaf = leaves[Int(slot)]
        if leaf < 0 {
            tree.root = -1
            return
        }
        leaves[Int(slot)] = -1
        let place = position(of: slot, in: leaf)
        let tag = tag(leaf, place)
        remove(from: leaf, at: place)
        unmark(leaf, tag)
        var at = leaf
        if nodes[Int(leaf)].count == 0 {
            while nodes[Int(at)].count == 0, nodes[Int(at)].parent >= 0 { at = drop(at) }
        } else if place == 0 {
            setFirst(item(leaf, 0), of: leaf)
        }
        var above = at
        while tree.ranks, above >= 0, nodes[Int(above)].senior == slot {
            rank(above)
            above = nodes[Int(above)].parent
        }
        while at >= 0, nodes[Int(at)].count <= SkillIndex.nodeFew { at = join(at, tree.ranks) }
        lower(&tree)
    }

    /// Takes an empty node away from its parent, which is returned.
    private mutating func drop(_ number: Int32) -> Int32 {
        let parent = nodes[Int(number)].parent
        let (before, after) = (nodes[Int(number)].before, nodes[Int(number)].after)
        if before >= 0 { nodes[Int(before)].after = after }
        if after >= 0 { nodes[Int(after)].before = before }
        let place = position(of: number, in: parent)
        remove(from: parent, at: place)
        free.append(number)
        if place == 0, nodes[Int(parent)].count > 0 { setFirst(nodes[Int(item(parent, 0))].first, of: parent) }
        return parent
    }

    /// Makes one of a node and a neighbour, where both are not too many; returns their parent if it has lost one.
    private mutating func join(_ number: Int32, _ ranks: Bool) -> Int32 {
        let parent = nodes[Int(number)].parent
        guard parent >= 0 else { return -1 }
        let place = position(of: number, in: parent)
        for lower in [place - 1, place] where lower >= 0 && lower + 1 < count(parent) {
            let (left, right) = (item(parent, lower), item(parent, lower + 1))
            let (count, more) = (count(left), count(right))
            guard count + more <= SkillIndex.nodeMax * 3 / 4 else { continue }
            for at in 0..<more { move(from: right, at, to: left, count + at) }
            nodes[Int(left)].count += Int16(more)
            nodes[Int(left)].tags |= nodes[Int(right)].tags
            if nodes[Int(left)].isLeaf {
                let after = nodes[Int(right)].after
                nodes[Int(left)].after = after
                if after >= 0 { nodes[Int(after)].before = left }
            }
            remove(from: parent, at: lower + 1)
            free.append(right)
            if ranks { rank(left) }
            return parent
        }
        return -1
    }

    /// A root with one child gives way to it, and a leaf with one unit to that.
    private mutating func lower(_ tree: inout Tree) {
        while tree.root >= 0, nodes[Int(tree.root)].count <= 1 {
            let old = tree.root
            if nodes[Int(old)].count == 0 {
                tree.root = -1
            } else {
                let item = item(old, 0)
                let isLeaf = nodes[Int(old)].isLeaf
                tree.root = isLeaf ? SkillIndex.alone(item) : item
                if isLeaf {
                    (tree.key, tree.tag) = (key(old, 0), tag(old, 0))
                    leaves[Int(item)] = -1
                } else {
                    nodes[Int(item)].parent = -1
                }
            }
            keys[SkillIndex.index(old, 0)] = .infinity
            free.append(old)
        }
    }

    mutating func newNode(isLeaf: Bool) -> Int32 {
        var node = Node()
        node.isLeaf = isLeaf
        if let number = free.popLast() {
            nodes[Int(number)] = node
            return number
        }
        nodes.appendToTable(node)
        keys.appendToTable(repeating: .infinity, count: SkillIndex.nodeMax)
        inner.appendToTable(repeating: -1, count: SkillIndex.nodeMax)
        tags.appendToTable(repeating: 0, count: SkillIndex.nodeMax)
        return Int32(nodes.count - 1)
    }
}
