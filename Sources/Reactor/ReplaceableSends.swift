/// Which of the sends that wait to leave on one connection may be dropped for newer ones.
struct ReplaceableSends {
    private struct Piece {
        /// In the bytes ever queued on the connection, from its beginning.
        var start: UInt64
        let count: Int
    }

    private var pieces = ContiguousArray<Piece>()
    /// Bytes that have left the queue.
    private var sent: UInt64 = 0

    /// Bytes have left at the front of the queue.
    @inline(__always)
    mutating func left(_ count: Int, isAll: Bool) {
        sent &+= UInt64(count)
        if isAll, !pieces.isEmpty { pieces.removeAll(keepingCapacity: true) }
    }

    /// A send of so many bytes is about to be queued behind those that wait.
    mutating func note(_ count: Int, behind waiting: Int) {
        if pieces.count == pieces.capacity { forgetBegun() }
        pieces.append(Piece(start: sent &+ UInt64(waiting), count: count))
    }

    private mutating func forgetBegun() {
        let begun = pieces.firstIndex { $0.start >= sent } ?? pieces.count
        if begun > 0 { pieces.removeFirst(begun) }
    }

    /// Takes out the oldest that have not begun to leave, until they make up so many bytes: where they lie in the queue.
    mutating func takeOldest(bytes wanted: Int) -> [Range<Int>] {
        forgetBegun()
        var ranges: [Range<Int>] = []
        var freed = 0
        for piece in pieces {
            guard freed < wanted else { break }
            let start = Int(piece.start - sent)
            ranges.append(start..<start + piece.count)
            freed += piece.count
        }
        pieces.removeFirst(ranges.count)
        for index in pieces.indices { pieces[index].start -= UInt64(freed) }
        return ranges
    }
}
