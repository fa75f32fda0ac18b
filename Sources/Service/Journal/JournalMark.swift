/// What a data folder remembers of its journal, in a file beside it: that there was one, and whether it says all.
enum JournalMark: String {
    case complete
    /// It was missing or damaged, and what it did not say is not yet known otherwise.
    case incomplete

    static func path(_ journal: String) -> String { journal + ".mark" }

    /// Nil when there is none. A text that is not ours is taken for the worse.
    static func read(beside journal: String, _ calls: any FileCalls) throws(FileFailure) -> JournalMark? {
        guard let bytes = try calls.contents(of: path(journal), countMax: 64) else { return nil }
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return JournalMark(rawValue: text) ?? .incomplete
    }

    func put(beside journal: String, _ calls: any FileCalls) throws(FileFailure) {
        try calls.put(Array("\(rawValue)\n".utf8), at: Self.path(journal))
    }
}
