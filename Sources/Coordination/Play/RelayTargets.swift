import SessionProtocol

/// The connections that a relayed message goes to. Its memory is kept from one message to the next, so that emptying and
/// filling it costs next to nothing.
public struct RelayTargets: Sendable {
    @usableFromInline var handles: [ConnectionHandle] = []
    @usableFromInline var filled = 0

    public init() {}

    @inlinable public var count: Int { filled }

    @inlinable public subscript(index: Int) -> ConnectionHandle {
        precondition(index < filled)
        return handles[index]
    }

    mutating func removeAll() { filled = 0 }

    mutating func append(_ connection: ConnectionHandle) {
        if filled < handles.count { handles[filled] = connection } else { handles.append(connection) }
        filled += 1
    }
}
