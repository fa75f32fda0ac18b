import Glibc

/// Lines for people: figures to standard output, progress and errors to standard error.
enum Console {
    static func line(_ text: String) { put(text + "\n", STDOUT_FILENO) }
    static func errorLine(_ text: String) { put(text + "\n", STDERR_FILENO) }

    private static func put(_ text: String, _ descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// A table with its first column to the left and all others to the right.
struct Table {
    private var rows: [[String]]

    init(_ heading: [String]) { rows = [heading] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += column == 0 ? cell.padded(to: widths[0]) : "  " + cell.padded(toRight: widths[column])
            }
            return line
        }.joined(separator: "\n")
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    func padded(toRight width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

extension Double {
    /// With a fixed number of decimals.
    func fixed(_ decimals: Int) -> String {
        guard isFinite, abs(self) < 1e15 else { return "\(self)" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int64((abs(self) * scale).rounded())
        let digits = String(scaled)
        let sign = self < 0 && scaled != 0 ? "-" : ""
        if decimals == 0 { return sign + digits }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }

    /// Whole, with a comma between thousands.
    var grouped: String {
        let digits = fixed(0)
        var result = ""
        for (index, character) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0, result != "-" { result.append(",") }
            result.append(character)
        }
        return result
    }
}
