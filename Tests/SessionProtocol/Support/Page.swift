import Foundation

/// The specification, as far as tests read it: its tables by the heading and the words that they stand under.
struct Page {
    private let lines: [String]
    /// The whole text with its line breaks as blanks.
    let flat: String

    init() throws {
        lines = try Published.specification().components(separatedBy: "\n")
        flat = lines.joined(separator: " ")
    }

    /// The cells of the first table behind a heading, or behind the line of that section that begins so.
    func table(under heading: String, after opening: String? = nil) -> [[String]] {
        guard let start = lines.firstIndex(where: { $0.hasPrefix("#") && $0.drop { $0 == "#" } == " \(heading)" }) else { return [] }
        var rest = lines[(start + 1)...].prefix { opening == nil || !$0.hasPrefix("## ") }
        if let opening {
            guard let line = rest.firstIndex(where: { $0.hasPrefix(opening) }) else { return [] }
            rest = rest[line...]
        }
        let rows = rest.drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
        // The first row is the heading, the second the rule beneath it.
        return rows.dropFirst(2).map { row in
            row.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }
}
