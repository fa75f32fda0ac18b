import SessionProtocol

/// Whose next step passes when. Units of one stage come to it in the order in which they will leave it, but for those who bring
/// an older place along: so there is a line for each stage, at the cost of two neighbours' numbers for each unit, and a heap for
/// those few. A unit comes and goes at no cost that grows, or at the logarithm of those few.
struct StepLines: Sendable {
    private struct Line: Sendable {
        var first: Int32 = -1
        var last: Int32 = -1
        var firstMs: UInt64 = .max
        /// Of the last one that ever stood in it.
        var lastMs: UInt64 = 0
    }
    private struct Link: Sendable {
        var before: Int32 = absent
        var after: Int32 = -1
    }
    /// In place of the one before: in no line, and in the heap.
    private static let absent: Int32 = -2
    private static let inHeap: Int32 = -3

    private var lines: [Line]
    private var links: [Link] = []
    private var heap = SlotHeap()
    private var standing = 0

    init(stages: Int) { lines = Array(repeating: Line(), count: stages) }

    var count: Int { standing + heap.count }

    /// The earliest deadline.
    var nextMs: UInt64? {
        var nextMs = heap.nextMs ?? .max
        for line in lines { nextMs = min(nextMs, line.firstMs) }
        return count == 0 ? nil : nextMs
    }

    /// One that is due, the earliest first; of equal ones the one of the latest stage, which has waited longest.
    func next(dueBy nowMs: UInt64) -> Int32? {
        var slot: Int32?
        var atMs = nowMs
        for line in lines.reversed() where line.first >= 0 && (slot == nil ? line.firstMs <= atMs : line.firstMs < atMs) {
            (slot, atMs) = (line.first, line.firstMs)
        }
        if let heapMs = heap.nextMs, slot == nil ? heapMs <= atMs : heapMs < atMs { return heap.nextSlot.map { Int32($0) } }
        return slot
    }

    /// Adds one that is in none.
    mutating func add(_ slot: Int32, to stage: Int, atMs: UInt64) {
        while links.count <= Int(slot) { links.appendToTable(Link()) }
        let last = lines[stage].last
        if last >= 0, atMs < lines[stage].lastMs {
            links[Int(slot)].before = Self.inHeap
            heap.set(Int(slot), atMs: atMs, order: UInt32(slot))
            return
        }
        links[Int(slot)] = Link(before: last, after: -1)
        if last >= 0 {
            links[Int(last)].after = slot
        } else {
            lines[stage].first = slot
            lines[stage].firstMs = atMs
        }
        lines[stage].last = slot
        lines[stage].lastMs = atMs
        standing += 1
    }

    /// Takes one out, if it is in any. Returns who is the first of its line now, if that has changed: whoever knows when it is due
    /// says so by `setFirst`.
    mutating func remove(_ slot: Int32, from stage: Int) -> Int32? {
        guard Int(slot) < links.count, links[Int(slot)].before != Self.absent else { return nil }
        let link = links[Int(slot)]
        links[Int(slot)].before = Self.absent
        if link.before == Self.inHeap {
            heap.remove(Int(slot))
            return nil
        }
        standing -= 1
        if link.after >= 0 { links[Int(link.after)].before = link.before } else { lines[stage].last = link.before }
        if link.before >= 0 {
            links[Int(link.before)].after = link.after
            return nil
        }
        lines[stage].first = link.after
        lines[stage].firstMs = .max
        return link.after < 0 ? nil : link.after
    }

    mutating func setFirst(of stage: Int, atMs: UInt64) { lines[stage].firstMs = atMs }

    /// Once nobody is left.
    mutating func removeAll(keepingCapacity: Bool) {
        links.removeAll(keepingCapacity: keepingCapacity)
        if !keepingCapacity { heap = SlotHeap() }
    }
}
