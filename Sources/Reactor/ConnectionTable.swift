/// The slots of a loop. They never move and are made as they are needed, in memory reserved for all of them: what was never used
/// costs address space alone. Each access is checked against the slots made so far.
@safe final class ConnectionTable {
    private let base: UnsafeMutablePointer<Connection>
    // Behind a pointer like the slots: the run-time checks of a class's variables would cost more than the table's own work,
    // several times a message.
    private let made: UnsafeMutablePointer<Int>
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        unsafe base = .allocate(capacity: capacity)
        unsafe made = .allocate(capacity: 1)
        unsafe made.initialize(to: 0)
    }

    deinit {
        unsafe base.deinitialize(count: made.pointee)
        unsafe base.deallocate()
        unsafe made.deallocate()
    }

    var count: Int { unsafe made.pointee }
    var indices: Range<Int> { 0..<count }

    /// Makes one more slot and gives its number.
    func append() -> Int {
        let index = count
        precondition(index < capacity)
        unsafe (base + index).initialize(to: Connection())
        unsafe made.pointee = index + 1
        return index
    }

    /// No slot's access may last across a call of a handler, which can change any of them.
    subscript(index: Int) -> Connection {
        @inline(__always) _read {
            precondition(index >= 0 && index < count)
            yield unsafe base[index]
        }
        @inline(__always) _modify {
            precondition(index >= 0 && index < count)
            yield unsafe &base[index]
        }
    }
}
