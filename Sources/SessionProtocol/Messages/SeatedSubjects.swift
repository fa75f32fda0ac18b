/// Who sits in a roster so far. Small ones are compared one by one, since a set would cost more than all else.
///
/// Not copyable, since a copy is all that its prints would be good for when it is handed around.
struct SeatedSubjects: ~Copyable {
    private var seated = 0
    /// Of those who sit in a small roster.
    private var prints: InlineArray<16, NamePrint>
    /// Those who sit in a large one.
    private var subjects: Set<SubjectID>?

    /// For a roster of so many.
    @inline(__always)
    init(_ count: Int) {
        prints = InlineArray(repeating: .notASCII)
        subjects = count <= prints.count ? nil : []
    }

    /// False for one who sits there already; `earlier` gives those who came before, by their place.
    @inline(__always)
    mutating func insert(_ subject: SubjectID, _ print: NamePrint, _ earlier: (Int) -> SubjectID) -> Bool {
        if let isNew = subjects?.insert(subject).inserted { return isNew }
        for index in 0..<seated where !print.surelyDiffers(from: prints[index]) && earlier(index) == subject {
            return false
        }
        prints[seated] = print
        seated += 1
        return true
    }
}

/// A number by which most names are told from others without a look at their text. ASCII names are the same by their bytes
/// alone; of any other there may be several spellings, and this says nothing about it.
struct NamePrint {
    static let notASCII = NamePrint(bits: 0)
    private let bits: UInt64

    private init(bits: UInt64) { self.bits = bits }

    @inline(__always)
    init(_ scan: TextScan) { bits = scan.isASCII ? scan.hash | 1 : 0 }

    /// Whether the names differ for certain.
    @inline(__always)
    func surelyDiffers(from other: NamePrint) -> Bool { bits != other.bits && bits != 0 && other.bits != 0 }
}
