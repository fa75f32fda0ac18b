import SessionProtocol

/// Units in order of a key, in trees with many units to a node, so that a look reads few lines of the processor's cache,
/// however many wait. Equal keys are in order of seniority. Where it is asked for, each node also knows the most senior unit
/// below it, so that the most senior ones of a range are found without a look at the others.
///
/// Each unit has a tag, a number below 64, and each node knows which tags there are below it, a bit for each: whoever walks
/// along a tree for units of some tags passes over all that has none of them.
///
/// Insertion, removal, another tag and a search cost the logarithm of the tree's size, a step to a neighbour nothing in most
/// cases, and the logarithm at most; once the arrays have their size nothing is allocated.
struct SkillIndex: Sendable {
    static let nodeMax = 32
    /// A node with so few looks for a neighbour with whom to be one.
    static let nodeFew = 8
    /// Keys in a line of the processor's cache.
    static let lineMax = 8

    struct Tree: Sendable {
        /// −1 without a unit, `alone` with one, which takes no node, and else a node's number.
        var root: Int32 = -1
        /// Of the one unit that takes no node.
        var key = 0.0
        var tag: UInt8 = 0
        /// Its nodes know their most senior units.
        let ranks: Bool

        init(ranks: Bool = false) { self.ranks = ranks }
    }

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
        /// The tags below it, as bits.
        var tags: UInt64 = 0
    }
    struct Unit: Sendable {
        var sinceUnixMs: UInt64 = 0
        var order: UInt64 = 0
    }

    var nodes: [Node] = []
    /// Of the units of each node, and further up the first one's of each child: `nodeMax` to a node, infinite where there is
    /// none.
    var keys: [Double] = []
    /// The units, and further up the nodes.
    var inner: [Int32] = []
    /// Of the units.
    var tags: [UInt8] = []
    var free: [Int32] = []
    private var units: [Unit] = []
    /// The leaf of each unit; −1 for those alone in their tree, or in none.
    var leaves: [Int32] = []

    /// What a unit takes here at most, when leaves are half full.
    static let unitBytes =
        2 * (MemoryLayout<Double>.stride + MemoryLayout<Int32>.stride + MemoryLayout<UInt8>.stride)
        + MemoryLayout<Node>.stride / (nodeMax / 2) + MemoryLayout<Unit>.stride + MemoryLayout<Int32>.stride

    func sinceUnixMs(_ slot: Int32) -> UInt64 { units[Int(slot)].sinceUnixMs }

    /// Sets a unit's seniority. It must be in no tree.
    mutating func set(_ slot: Int32, sinceUnixMs: UInt64, order: UInt64) {
        let unit = Unit(sinceUnixMs: sinceUnixMs, order: order)
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
        tags.removeAll(keepingCapacity: keepingCapacity)
        free.removeAll(keepingCapacity: keepingCapacity)
        units.removeAll(keepingCapacity: keepingCapacity)
        leaves.removeAll(keepingCapacity: keepingCapacity)
    }

    func isMoreSenior(_ a: Int32, than b: Int32) -> Bool {
        let (x, y) = (units[Int(a)], units[Int(b)])
        return x.sinceUnixMs != y.sinceUnixMs ? x.sinceUnixMs < y.sinceUnixMs : x.order < y.order
    }

    // MARK: Of one node

    @inline(__always)
    static func index(_ node: Int32, _ place: Int) -> Int { Int(node) &* nodeMax &+ place }
    @inline(__always)
    func count(_ node: Int32) -> Int { Int(nodes[Int(node)].count) }
    @inline(__always)
    func item(_ node: Int32, _ place: Int) -> Int32 { inner[SkillIndex.index(node, place)] }
    @inline(__always)
    func key(_ node: Int32, _ place: Int) -> Double { keys[SkillIndex.index(node, place)] }
    @inline(__always)
    func tag(_ leaf: Int32, _ place: Int) -> UInt8 { tags[SkillIndex.index(leaf, place)] }
    @inline(__always)
    static func bit(_ tag: UInt8) -> UInt64 { 1 &<< UInt64(tag) }

    /// How many of its keys are less than this. Those that there are not are infinite, so that nobody has to ask how many there
    /// are; the last of each line of the processor's cache says which line to look at, and none of this waits for a branch.
    func lowerBound(_ key: Double, in node: Int32) -> Int {
        let keys = keys.span
        let start = SkillIndex.index(node, 0)
        var lines = 0
        for line in 1..<(SkillIndex.nodeMax / SkillIndex.lineMax) {
            lines &+= keys[start &+ line &* SkillIndex.lineMax &- 1] < key ? 1 : 0
        }
        var place = lines &* SkillIndex.lineMax
        let first = start &+ place
        for at in 0..<SkillIndex.lineMax { place &+= keys[first &+ at] < key ? 1 : 0 }
        return place
    }

    func position(of item: Int32, in node: Int32) -> Int {
        let start = SkillIndex.index(node, 0)
        for at in 0..<count(node) where inner[start + at] == item { return at }
        preconditionFailure("a node knows what is in it")
    }

    mutating func insert(_ item: Int32, _ key: Double, tag: UInt8 = 0, in node: Int32, at place: Int) {
        let range = SkillIndex.index(node, place)..<SkillIndex.index(node, count(node))
        keys.insert(key, before: range)
        inner.insert(item, before: range)
        if nodes[Int(node)].isLeaf { tags.insert(tag, before: range) }
        nodes[Int(node)].count += 1
    }

    mutating func remove(from node: Int32, at place: Int) {
        let range = SkillIndex.index(node, place)..<SkillIndex.index(node, count(node))
        keys.closeUp(range)
        keys[range.upperBound - 1] = .infinity
        inner.closeUp(range)
        if nodes[Int(node)].isLeaf { tags.closeUp(range) }
        nodes[Int(node)].count -= 1
    }

    // MARK: A root with one unit

    static func alone(_ slot: Int32) -> Int32 { -2 - slot }
    /// The one unit of a tree that has no node; −1 for another.
    static func unit(_ root: Int32) -> Int32 { root <= -2 ? -2 - root : -1 }

    // MARK: Tags

    /// Another tag for a unit in a tree.
    mutating func retag(_ slot: Int32, _ tag: UInt8, in tree: inout Tree) {
        let leaf = leaves[Int(slot)]
        if leaf < 0 {
            tree.tag = tag
            return
        }
        let place = SkillIndex.index(leaf, position(of: slot, in: leaf))
        let old = tags[place]
        tags[place] = tag
        mark(leaf, tag)
        unmark(leaf, old)
    }

    /// A tag is below a leaf, and so below all that are above it.
    private mutating func mark(_ leaf: Int32, _ tag: UInt8) {
        let bit = SkillIndex.bit(tag)
        var at = leaf
        while at >= 0, nodes[Int(at)].tags & bit == 0 {
            nodes[Int(at)].tags |= bit
            at = nodes[Int(at)].parent
        }
    }

    /// A leaf has one unit less with a tag.
    mutating func unmark(_ leaf: Int32, _ tag: UInt8) {
        let bit = SkillIndex.bit(tag)
        for place in 0..<count(leaf) where self.tag(leaf, place) == tag { return }
        var at = leaf
        while true {
            nodes[Int(at)].tags &= ~bit
            at = nodes[Int(at)].parent
            if at < 0 { return }
            for place in 0..<count(at) where nodes[Int(item(at, place))].tags & bit != 0 { return }
        }
    }

    /// Learns a node's tags anew.
    mutating func collectTags(_ number: Int32) {
        var all: UInt64 = 0
        for place in 0..<count(number) {
            all |= nodes[Int(number)].isLeaf ? SkillIndex.bit(tag(number, place)) : nodes[Int(item(number, place))].tags
        }
        nodes[Int(number)].tags = all
    }

    // MARK: Coming

    mutating func insert(_ slot: Int32, key: Double, tag: UInt8 = 0, into tree: inout Tree) {
        if tree.root == -1 {
            (tree.root, tree.key, tree.tag) = (SkillIndex.alone(slot), key, tag)
            return
        }
        let other = SkillIndex.unit(tree.root)
        if other >= 0 {
            tree.root = newNode(isLeaf: true)
            put(other, tree.key, tree.tag, in: tree.root, at: 0, tree.ranks)
        }
        var at = tree.root
        while !nodes[Int(at)].isLeaf { at = item(at, max(0, place(of: slot, key, in: at) - 1)) }
        if nodes[Int(at)].count == SkillIndex.nodeMax {
            let upper = split(at, &tree)
            let first = self.key(upper, 0)
            if key != first ? key > first : isMoreSenior(nodes[Int(upper)].first, than: slot) { at = upper }
        }
        put(slot, key, tag, in: at, at: place(of: slot, key, in: at), tree.ranks)
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
    private mutating func put(
        _ slot: Int32, _ key: Double, _ tag: UInt8, in leaf: Int32, at place: Int, _ ranks: Bool
    ) {
        insert(slot, key, tag: tag, in: leaf, at: place)
        leaves[Int(slot)] = leaf
        mark(leaf, tag)
        if place == 0 { setFirst(slot, of: leaf) }
        guard ranks else { return }
        var at = leaf
        while at >= 0, nodes[Int(at)].senior < 0 || isMoreSenior(slot, than: nodes[Int(at)].senior) {
            nodes[Int(at)].senior = slot
            at = nodes[Int(at)].parent
        }
    }

    /// A node begins with another unit, and with it those above whose first it is.
    mutating func setFirst(_ slot: Int32, of number: Int32) {
        let key = key(number, 0)
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
