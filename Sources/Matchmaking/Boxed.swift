/// A large value that is held apart and copied when it is changed, so that to look at it, or to pass it on, costs as much as
/// one reference.
@dynamicMemberLookup
struct Boxed<Value: Sendable>: Sendable {
    /// One value; an array is the box that is changed in place while nobody else holds it.
    private var contents: [Value]

    init(_ value: Value) { contents = [value] }

    var value: Value {
        _read { yield contents[0] }
        _modify { yield &contents[0] }
    }

    subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member {
        @inline(__always) get { contents[0][keyPath: path] }
    }
}
