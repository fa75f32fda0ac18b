/// Who sits in a roster so far. Small ones are compared one by one, since a set would cost more than all else.
struct SeatedSubjects: ~Copyable {
    private var seated = 0
    /// Those who sit in a large one.
    private var subjects: Set<SubjectID>?

    /// For a roster of so many.
    @inline(__always)
    init(_ count: Int) { subjects = count <= 16 ? nil : [] }

    /// False for one who sits there already; `earlier` gives those who came before, by their place.
    @inline(__always)
    mutating func insert(_ subject: SubjectID, _ earlier: (Int) -> SubjectID) -> Bool {
        if let isNew = subjects?.insert(subject).inserted { return isNew }
        for index in 0..<seated where earlier(index) == subject { return false }
        seated += 1
        return true
    }
}
