extension Metrics {
    /// The media type of `render`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Appends all numbers in Prometheus' text exposition format 0.0.4, in the order of declaration.
    public func render(into output: inout [UInt8]) {
        for family in families {
            output.append(contentsOf: "# HELP \(family.name) \(Self.escaped(family.help, quotes: false))\n".utf8)
            output.append(contentsOf: "# TYPE \(family.name) \(family.kind.rawValue)\n".utf8)
            for sample in family.samples {
                let labels = zip(family.labels, sample.labelValues).map {
                    "\($0)=\"\(Self.escaped($1, quotes: true))\""
                }
                switch sample.source {
                case .counter(let index): Self.append(family.name, labels, "\(counters[index])", &output)
                case .gauge(let index): Self.append(family.name, labels, Self.text(gauges[index]), &output)
                case .reading(let read): Self.append(family.name, labels, Self.text(read()), &output)
                case .histogram(let index): Self.append(family.name, labels, histograms[index], &output)
                }
            }
        }
    }

    public func render() -> [UInt8] {
        var output: [UInt8] = []
        render(into: &output)
        return output
    }

    private static func append(_ name: String, _ labels: [String], _ state: HistogramState, _ output: inout [UInt8]) {
        var total: UInt64 = 0
        for (slot, count) in state.counts.enumerated() {
            total &+= count
            let bound = slot < state.bounds.count ? text(state.bounds[slot]) : "+Inf"
            append("\(name)_bucket", labels + ["le=\"\(bound)\""], "\(total)", &output)
        }
        append("\(name)_sum", labels, text(state.sum), &output)
        append("\(name)_count", labels, "\(total)", &output)
    }

    private static func append(_ name: String, _ labels: [String], _ value: String, _ output: inout [UInt8]) {
        output.append(contentsOf: name.utf8)
        if !labels.isEmpty {
            output.append(contentsOf: "{\(labels.joined(separator: ","))}".utf8)
        }
        output.append(contentsOf: " \(value)\n".utf8)
    }

    /// A number as Go's ParseFloat reads it, whole numbers without a fraction.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(value) < 1e15 { return "\(whole)" }
        return "\(value)"
    }

    /// Backslashes and line ends escaped, quotes too inside of label values.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
