/// Tables with an element for each who waits, which may be a million.
extension Array {
    /// Appends an element. A large table grows by an eighth, where an array's own way is to double: of what so many take at
    /// most a ninth waits to be used.
    @inlinable
    public mutating func appendToTable(_ element: Element) {
        if count == capacity, count >= 4096 { reserveCapacity(count + count / 8) }
        append(element)
    }

    /// The same for several equal ones.
    @inlinable
    public mutating func appendToTable(repeating element: Element, count added: Int) {
        if count + added > capacity, count >= 4096 { reserveCapacity(count + Swift.max(added, count / 8)) }
        append(contentsOf: repeatElement(element, count: added))
    }
}
