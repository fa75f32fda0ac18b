/// A number with a unit behind it, as durations and sizes are written.
struct Units {
    /// From the smallest to the largest; the first is the base unit.
    let steps: [(suffix: String, factor: Int)]

    static let milliseconds = Units(steps: [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)])
    static let bytes = Units(steps: [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])

    /// Reads `1500`, `1500ms` or `15s`; a bare number counts base units. Nil for anything else, overflow included.
    func value(of text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isWholeNumber }
        guard let number = Int(digits) else { return nil }
        let suffix = text[digits.endIndex...]
        if suffix.isEmpty { return number }
        guard let step = steps.first(where: { $0.suffix == suffix }) else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: step.factor)
        return overflow ? nil : value
    }

    /// The shortest exact way to write a value: `15s`, `64KiB`, `1500ms`.
    func text(of value: Int) -> String {
        guard value != 0 else { return "0\(steps[0].suffix)" }
        let step = steps.last { value % $0.factor == 0 } ?? steps[0]
        return "\(value / step.factor)\(step.suffix)"
    }
}
