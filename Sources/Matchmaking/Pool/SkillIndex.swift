/// Units in order of a key, by buckets: treaps whose nodes share one array and are numbered like the units. Each node also
/// knows the most senior unit below it, so that the most senior ones of a range are found without a look at the others.
/// Insertion, removal and a step to a neighbour cost the logarithm of the bucket's size, and allocate nothing once the
/// array has its size.
struct SkillIndex: Sendable {
    struct Node: Sendable {
        var left: Int32 = -1
        var right: Int32 = -1
        var parent: Int32 = -1
        var senior: Int32 = -1
        var key: Double = 0
        var sinceUnixMs: UInt64 = 0
        var order: UInt64 = 0
    }

    private(set) var nodes: [Node] = []

    subscript(slot: Int32) -> Node { nodes[Int(slot)] }

    /// Sets what a unit is sorted by. It must be in no bucket.
    mutating func set(_ slot: Int32, key: Double, sinceUnixMs: UInt64, order: UInt64) {
        if Int(slot) == nodes.count { nodes.append(Node()) }
        nodes[Int(slot)] = Node(senior: slot, key: key, sinceUnixMs: sinceUnixMs, order: order)
    }

    /// Once no unit is left.
    mutating func removeAll(keepingCapacity: Bool) { nodes.removeAll(keepingCapacity: keepingCapacity) }

    func isMoreSenior(_ a: Int32, than b: Int32) -> Bool {
        let (x, y) = (nodes[Int(a)], nodes[Int(b)])
        return x.sinceUnixMs != y.sinceUnixMs ? x.sinceUnixMs < y.sinceUnixMs : x.order < y.order
    }

    private func precedes(_ a: Int32, _ b: Int32) -> Bool {
        let (x, y) = (nodes[Int(a)].key, nodes[Int(b)].key)
        return x != y ? x < y : isMoreSenior(a, than: b)
    }

    /// Drawn from the arrival number, which is the same whenever the events are.
    private func priority(_ slot: Int32) -> UInt64 {
        var x = nodes[Int(slot)].order &+ 0x9E37_79B9_7F4A_7C15
        x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
        return x ^ (x >> 31)
    }

    // MARK: Changing

    mutating func insert(_ slot: Int32, _ root: inout Int32) {
        nodes[Int(slot)].left = -1
        nodes[Int(slot)].right = -1
        nodes[Int(slot)].senior = slot
        var parent: Int32 = -1
        var below = root
        while below >= 0 {
            if isMoreSenior(slot, than: nodes[Int(below)].senior) { nodes[Int(below)].senior = slot }
            parent = below
            below = precedes(slot, below) ? nodes[Int(below)].left : nodes[Int(below)].right
        }
        nodes[Int(slot)].parent = parent
        if parent < 0 {
            root = slot
            return
        }
        if precedes(slot, parent) { nodes[Int(parent)].left = slot } else { nodes[Int(parent)].right = slot }
        let own = priority(slot)
        while nodes[Int(slot)].parent >= 0, own < priority(nodes[Int(slot)].parent) { rotateUp(slot, &root) }
    }

    mutating func remove(_ slot: Int32, _ root: inout Int32) {
        while true {
            let (left, right) = (nodes[Int(slot)].left, nodes[Int(slot)].right)
            if left < 0, right < 0 { break }
            if left >= 0, right < 0 || priority(left) < priority(right) {
                rotateUp(left, &root)
            } else {
                rotateUp(right, &root)
            }
        }
        let parent = nodes[Int(slot)].parent
        if parent < 0 {
            root = -1
        } else if nodes[Int(parent)].left == slot {
            nodes[Int(parent)].left = -1
        } else {
            nodes[Int(parent)].right = -1
        }
        nodes[Int(slot)].parent = -1
        var above = parent
        while above >= 0, nodes[Int(above)].senior == slot {
            pull(above)
            above = nodes[Int(above)].parent
        }
    }

    private mutating func pull(_ slot: Int32) {
        var senior = slot
        let (left, right) = (nodes[Int(slot)].left, nodes[Int(slot)].right)
        if left >= 0, isMoreSenior(nodes[Int(left)].senior, than: senior) { senior = nodes[Int(left)].senior }
        if right >= 0, isMoreSenior(nodes[Int(right)].senior, than: senior) { senior = nodes[Int(right)].senior }
        nodes[Int(slot)].senior = senior
    }

    private mutating func rotateUp(_ slot: Int32, _ root: inout Int32) {
        let parent = nodes[Int(slot)].parent
        let above = nodes[Int(parent)].parent
        let moved: Int32
        if nodes[Int(parent)].left == slot {
            moved = nodes[Int(slot)].right
            nodes[Int(parent)].left = moved
            nodes[Int(slot)].right = parent
        } else {
            moved = nodes[Int(slot)].left
            nodes[Int(parent)].right = moved
            nodes[Int(slot)].left = parent
        }
        if moved >= 0 { nodes[Int(moved)].parent = parent }
        nodes[Int(parent)].parent = slot
        nodes[Int(slot)].parent = above
        if above < 0 {
            root = slot
        } else if nodes[Int(above)].left == parent {
            nodes[Int(above)].left = slot
        } else {
            nodes[Int(above)].right = slot
        }
        nodes[Int(slot)].senior = nodes[Int(parent)].senior
        pull(parent)
    }

    // MARK: Walking

    /// The first unit whose key is at least this; −1 for none.
    func first(atLeast key: Double, _ root: Int32) -> Int32 {
        var found: Int32 = -1
        var below = root
        while below >= 0 {
            if nodes[Int(below)].key >= key {
                found = below
                below = nodes[Int(below)].left
            } else {
                below = nodes[Int(below)].right
            }
        }
        return found
    }

    /// The last unit whose key is less than this; −1 for none.
    func last(below key: Double, _ root: Int32) -> Int32 {
        var found: Int32 = -1
        var below = root
        while below >= 0 {
            if nodes[Int(below)].key < key {
                found = below
                below = nodes[Int(below)].right
            } else {
                below = nodes[Int(below)].left
            }
        }
        return found
    }

    func next(_ slot: Int32) -> Int32 {
        var at = nodes[Int(slot)].right
        if at >= 0 {
            while nodes[Int(at)].left >= 0 { at = nodes[Int(at)].left }
            return at
        }
        at = slot
        while nodes[Int(at)].parent >= 0, nodes[Int(nodes[Int(at)].parent)].right == at { at = nodes[Int(at)].parent }
        return nodes[Int(at)].parent
    }

    func previous(_ slot: Int32) -> Int32 {
        var at = nodes[Int(slot)].left
        if at >= 0 {
            while nodes[Int(at)].right >= 0 { at = nodes[Int(at)].right }
            return at
        }
        at = slot
        while nodes[Int(at)].parent >= 0, nodes[Int(nodes[Int(at)].parent)].left == at { at = nodes[Int(at)].parent }
        return nodes[Int(at)].parent
    }

    /// What must hold of a bucket after every change; for tests.
    func isSound(_ root: Int32) -> Bool {
        guard root >= 0 else { return true }
        let node = nodes[Int(root)]
        var senior = root
        for child in [node.left, node.right] where child >= 0 {
            guard nodes[Int(child)].parent == root, priority(root) <= priority(child), isSound(child) else { return false }
            if isMoreSenior(nodes[Int(child)].senior, than: senior) { senior = nodes[Int(child)].senior }
        }
        if node.left >= 0, !precedes(node.left, root) { return false }
        if node.right >= 0, !precedes(root, node.right) { return false }
        return node.senior == senior
    }
}
