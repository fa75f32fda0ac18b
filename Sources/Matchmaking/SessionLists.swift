import SessionProtocol

/// A few values for each of many sessions, in the order in which the sessions came.
struct SessionLists<Value: Sendable>: Sendable {
    private var lists = OrderedTable<SessionID, [Value]>()
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    /// All of them; as many steps as there are.
    var values: [Value] { lists.keys.flatMap { lists[$0] ?? [] } }

    subscript(session: SessionID) -> [Value] { lists[session] ?? [] }

    mutating func append(_ value: Value, for session: SessionID) {
        if lists.update(session, { $0.append(value) }) == nil { lists.append([value], for: session) }
        count += 1
    }

    mutating func remove(of session: SessionID, where isToGo: (Value) -> Bool) {
        let gone = lists.update(session) { list in
            let before = list.count
            list.removeAll(where: isToGo)
            return (removed: before - list.count, isEmpty: list.isEmpty)
        }
        guard let gone else { return }
        count -= gone.removed
        if gone.isEmpty { lists.remove(session) }
    }

    /// As many steps as there are values.
    mutating func removeAll(where isToGo: (Value) -> Bool) {
        for session in lists.keys { remove(of: session, where: isToGo) }
    }
}
