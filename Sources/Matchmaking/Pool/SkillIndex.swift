import SessionProtocol

/// Units in order of a key, by buckets: trees with many units to a node, so that a look at one bucket reads few lines of the
/// processor's cache, however many wait. Equal keys are in order of seniority. Where it is asked for, each node also knows
/// the most senior unit below it, so that the most senior ones of a range are found without a look at the others.
///
/// A bucket is named by its root: −1 without a unit, `alone` with one, which takes no node, and else a node's number.
/// Insertion, removal and a search cost the logarithm of the bucket's size, a step to a neighbour nothing; once the arrays
/// have their size nothing is allocated.
struct SkillIndex: Sendable {
    static let nodeMax = 32
    /// A node with so few looks for a neighbour with whom to be one.
    private static let nodeFew = 8

    struct Node: Sendable {
        var parent: Int32 = -1
        /// The most senior unit, where that is kept.
        var senior: Int32 = -1
        /// The first unit.
        var first: Int32 = -1
        /// The leaves in order.
        var before: Int32 = -1
        var after: Int32 = -1
        var count: Int16 = 0
        var isLeaf = true
    }
    private struct Unit: Sendable {
        var key: Double = 0
        var sinceUnixMs: UInt64 = 0
        var order: UInt64 = 0
    }

    private(set) var nodes: [Node] = []
    /// Of the units of each node, and further up the first one's of each child: `nodeMax` to a node.
    private var keys: [Double] = []
    /// The units, and further up the nodes.
    private var inner: [Int32] = []
    private var free: [Int32] = []
    private var units: [Unit] = []
    /// The leaf of each unit; −1 for those alone in their bucket, or in none.
    private(set) var leaves: [Int32] = []

    /// What a unit takes here at most, when leaves are half full.
    static let unitBytes =
        2 * (MemoryLayout<Double>.stride + MemoryLayout<Int32>.stride) + MemoryLayout<Node>.stride / (nodeMax / 2)
        + MemoryLayout<Unit>.stride + MemoryLayout<Int32>.stride

    func key(_ slot: Int32) -> Double { units[Int(slot)].key }
    func sinceUnixMs(_ slot: Int32) -> UInt64 { units[Int(slot)].sinceUnixMs }

    /// Sets what a unit is sorted by. It must be in no bucket.
    mutating func set(_ slot: Int32, key: Double, sinceUnixMs: UInt64, order: UInt64) {
        let unit = Unit(key: key, sinceUnixMs: sinceUnixMs, order: order)
        if Int(slot) == units.count {
            units.appendToTable(unit)
            leaves.appendToTable(-1)
        } else {
            units[Int(slot)] = unit
        }
    }

    /// Once no unit is left.
    mutating func removeAll(keepingCapacity: Bool) {
        nodes.removeAll(keepingCapacity: keepingCapacity)
        keys.removeAll(keepingCapacity: keepingCapacity)
        inner.removeAll(keepingCapacity: keepingCapacity)
        free.removeAll(keepingCapacity: keepingCapacity)
        units.removeAll(keepingCapacity: keepingCapacity)
        leaves.removeAll(keepingCapacity: keepingCapacity)
    }

    func isMoreSenior(_ a: Int32, than b: Int32) -> Bool {
        let (x, y) = (units[Int(a)], units[Int(b)])
        return x.sinceUnixMs != y.sinceUnixMs ? x.sinceUnixMs < y.sinceUnixMs : x.order < y.order
    }

    func precedes(_ a: Int32, _ b: Int32) -> Bool {
        let (x, y) = (units[Int(a)].key, units[Int(b)].key)
        return x != y ? x < y : isMoreSenior(a, than: b)
    }

    // MARK: Of one node

    @inline(__always)
    private static func index(_ node: Int32, _ place: Int) -> Int { Int(node) &* nodeMax &+ place }
    @inline(__always)
    func count(_ node: Int32) -> Int { Int(nodes[Int(node)].count) }
    @inline(__always)
    func item(_ node: Int32, _ place: Int) -> Int32 { inner[SkillIndex.index(node, place)] }
    @inline(__always)
    func key(_ node: Int32, _ place: Int) -> Double { keys[SkillIndex.index(node, place)] }

    /// How many of its keys are less than this.
    func lowerBound(_ key: Double, in node: Int32) -> Int {
        var (low, length) = (SkillIndex.index(node, 0), count(node))
        // Halving without a branch on what is compared.
        while length > 0 {
            let half = length / 2
            let isLess = keys[low + half] < key
            low = isLess ? low + half + 1 : low
            length = isLess ? length - half - 1 : half
        }
        return low - SkillIndex.index(node, 0)
    }

    func position(of item: Int32, in node: Int32) -> Int {
        let start = SkillIndex.index(node, 0)
        for at in 0..<count(node) where inner[start + at] == item { return at }
        preconditionFailure("a node knows what is in it")
    }

    private mutating func insert(_ item: Int32, _ key: Double, in node: Int32, at place: Int) {
        let range = SkillIndex.index(node, place)..<SkillIndex.index(node, count(node))
        keys.insert(key, before: range)
        inner.insert(item, before: range)
        nodes[Int(node)].count += 1
    }

    private mutating func remove(from node: Int32, at place: Int) {
        let range = SkillIndex.index(node, place)..<SkillIndex.index(node, count(node))
        keys.closeUp(range)
        inner.closeUp(range)
        nodes[Int(node)].count -= 1
    }

    // MARK: A root with one unit

    private static func alone(_ slot: Int32) -> Int32 { -2 - slot }
    /// The one unit of a bucket that has no node; −1 for another.
    static func unit(_ root: Int32) -> Int32 { root <= -2 ? -2 - root : -1 }

    // MARK: Changing

    /// - Parameter ranks: whether the bucket's nodes know their most senior units; the same for all of its changes.
    mutating func insert(_ slot: Int32, _ root: inout Int32, ranks: Bool = true) {
        if root == -1 {
            root = SkillIndex.alone(slot)
            return
        }
        let other = SkillIndex.unit(root)
        if other >= 0 {
            root = newNode(isLeaf: true)
            put(other, units[Int(other)].key, in: root, at: 0, ranks)
        }
        let key = units[Int(slot)].key
        var at = root
        while !nodes[Int(at)].isLeaf { at = item(at, max(0, place(of: slot, key, in: at) - 1)) }
        if nodes[Int(at)].count == SkillIndex.nodeMax {
            let upper = split(at, &root, ranks)
            if !precedes(slot, nodes[Int(upper)].first) { at = upper }
        }
        put(slot, key, in: at, at: place(of: slot, key, in: at), ranks)
    }

    /// How many of a node's items come before a unit.
    private func place(of slot: Int32, _ key: Double, in number: Int32) -> Int {
        var place = lowerBound(key, in: number)
        let count = count(number)
        while place < count, self.key(number, place) == key {
            let item = item(number, place)
            if isMoreSenior(slot, than: nodes[Int(number)].isLeaf ? item : nodes[Int(item)].first) { break }
            place += 1
        }
        return place
    }

    /// Puts a unit into a leaf that has room for it.
    private mutating func put(_ slot: Int32, _ key: Double, in leaf: Int32, at place: Int, _ ranks: Bool) {
        insert(slot, key, in: leaf, at: place)
        leaves[Int(slot)] = leaf
        if place == 0 { setFirst(slot, of: leaf) }
        guard ranks else { return }
        var at = leaf
        while at >= 0, nodes[Int(at)].senior < 0 || isMoreSenior(slot, than: nodes[Int(at)].senior) {
            nodes[Int(at)].senior = slot
            at = nodes[Int(at)].parent
        }
    }

    /// A node begins with another unit, and with it those above whose first it is.
    private mutating func setFirst(_ slot: Int32, of number: Int32) {
        let key = units[Int(slot)].key
        var at = number
        nodes[Int(at)].first = slot
        while nodes[Int(at)].parent >= 0 {
            let parent = nodes[Int(at)].parent
            let place = position(of: at, in: parent)
            keys[SkillIndex.index(parent, place)] = key
            if place > 0 { return }
            nodes[Int(parent)].first = slot
            at = parent
        }
    }

    /// Parts a full node in two, both of which have room then; returns the upper one.
    private mutating func split(_ number: Int32, _ root: inout Int32, _ ranks: Bool) -> Int32 {
        let isLeaf = nodes[Int(number)].isLeaf
        if nodes[Int(number)].parent < 0 {
            let top = newNode(isLeaf: false)
            let first = nodes[Int(number)].first
            insert(number, key(number, 0), in: top, at: 0)
            nodes[Int(top)].first = first
            nodes[Int(top)].senior = nodes[Int(number)].senior
            nodes[Int(number)].parent = top
            root = top
        } else if nodes[Int(nodes[Int(number)].parent)].count == SkillIndex.nodeMax {
            _ = split(nodes[Int(number)].parent, &root, ranks)
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
        if ranks {
            rank(number)
            rank(upper)
        }
        return upper
    }

    private mutating func move(from source: Int32, _ at: Int, to target: Int32, _ place: Int) {
        let item = item(source, at)
        keys[SkillIndex.index(target, place)] = key(source, at)
        inner[SkillIndex.index(target, place)] = item
        if nodes[Int(source)].isLeaf { leaves[Int(item)] = target } else { nodes[Int(item)].parent = target }
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

    mutating func remove(_ slot: Int32, _ root: inout Int32, ranks: Bool = true) {
        let leaf = leaves[Int(slot)]
        if leaf < 0 {
            root = -1
            return
        }
        leaves[Int(slot)] = -1
        let place = position(of: slot, in: leaf)
        remove(from: leaf, at: place)
        var at = leaf
        if nodes[Int(leaf)].count == 0 {
            while nodes[Int(at)].count == 0, nodes[Int(at)].parent >= 0 { at = drop(at) }
        } else if place == 0 {
            setFirst(item(leaf, 0), of: leaf)
        }
        var above = at
        while ranks, above >= 0, nodes[Int(above)].senior == slot {
            rank(above)
            above = nodes[Int(above)].parent
        }
        while at >= 0, nodes[Int(at)].count <= SkillIndex.nodeFew { at = join(at, ranks) }
        lower(&root)
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
    private mutating func lower(_ root: inout Int32) {
        while root >= 0, nodes[Int(root)].count <= 1 {
            let old = root
            if nodes[Int(old)].count == 0 {
                root = -1
            } else {
                let item = item(old, 0)
                let isLeaf = nodes[Int(old)].isLeaf
                root = isLeaf ? SkillIndex.alone(item) : item
                if isLeaf { leaves[Int(item)] = -1 } else { nodes[Int(item)].parent = -1 }
            }
            free.append(old)
        }
    }

    private mutating func newNode(isLeaf: Bool) -> Int32 {
        var node = Node()
        node.isLeaf = isLeaf
        if let number = free.popLast() {
            nodes[Int(number)] = node
            return number
        }
        nodes.appendToTable(node)
        keys.appendToTable(repeating: 0, count: SkillIndex.nodeMax)
        inner.appendToTable(repeating: -1, count: SkillIndex.nodeMax)
        return Int32(nodes.count - 1)
    }
}

extension Array {
    /// Moves a range up by one place, over what is behind it, for one element in front.
    fileprivate mutating func insert(_ element: Element, before range: Range<Int>) {
        var span = mutableSpan
        var at = range.upperBound
        while at > range.lowerBound {
            span[at] = span[at - 1]
            at -= 1
        }
        span[at] = element
    }

    /// Moves all of a range but its first element down by one place, over that one.
    fileprivate mutating func closeUp(_ range: Range<Int>) {
        var span = mutableSpan
        var at = range.lowerBound
        while at + 1 < range.upperBound {
            span[at] = span[at + 1]
            at += 1
        }
    }
}
