// Declarations, at start only. Names and labels are literals of the program: a wrong one stops it at once. The set of label
// values is fixed by the declaration, so that no outsider can make it grow.

extension Metrics {
    /// A counter without labels. By convention its name ends in `_total`.
    public func counter(_ name: String, help: String) -> Counter {
        counterRow(name, help: help, labels: [], values: [[]])[0]
    }

    /// A counter for each row of label values, in that order.
    public func counterRow(_ name: String, help: String, labels: [String], values: [[String]]) -> CounterRow {
        let start = counters.count
        counters.append(contentsOf: repeatElement(0, count: values.count))
        let samples = values.enumerated().map {
            MetricSample(labelValues: $0.element, source: .counter(start + $0.offset))
        }
        declare(name, help: help, kind: .counter, labels: labels, samples: samples)
        return CounterRow(start: start, count: values.count)
    }

    /// A counter for each case of an enumeration; `text` gives the label's value.
    public func counters<Label: CaseIterable & Hashable & Sendable>(
        _ name: String, help: String, label: String, of type: Label.Type = Label.self, text: (Label) -> String
    ) -> CounterFamily<Label> {
        let cases = Array(Label.allCases)
        let row = counterRow(name, help: help, labels: [label], values: cases.map { [text($0)] })
        let positions = Dictionary(uniqueKeysWithValues: cases.enumerated().map { ($0.element, $0.offset) })
        return CounterFamily(row: row, positions: positions)
    }

    /// A counter that something else keeps; it is read when it is scraped.
    public func counter(_ name: String, help: String, read: @escaping () -> Double) {
        declare(name, help: help, kind: .counter, labels: [], samples: [MetricSample(labelValues: [], source: .reading(read))])
    }

    /// A gauge without labels.
    public func gauge(_ name: String, help: String) -> Gauge {
        gauges.append(0)
        let gauge = Gauge(index: gauges.count - 1)
        declare(name, help: help, kind: .gauge, labels: [], samples: [MetricSample(labelValues: [], source: .gauge(gauge.index))])
        return gauge
    }

    /// A gauge that is read when it is scraped.
    public func gauge(_ name: String, help: String, read: @escaping () -> Double) {
        declare(name, help: help, kind: .gauge, labels: [], samples: [MetricSample(labelValues: [], source: .reading(read))])
    }

    /// A gauge for each of a fixed list of label values, read when it is scraped; `read` gets the position.
    public func gauges(
        _ name: String, help: String, label: String, values: [String], read: @escaping (Int) -> Double
    ) {
        let samples = values.enumerated().map { position, value in
            MetricSample(labelValues: [value], source: .reading({ read(position) }))
        }
        declare(name, help: help, kind: .gauge, labels: [label], samples: samples)
    }

    /// A number that never changes, told by its labels: `greenroom_build_info{version="0.1.0"} 1`.
    public func info(_ name: String, help: String, _ labels: KeyValuePairs<String, String>) {
        declare(
            name, help: help, kind: .gauge, labels: labels.map(\.key),
            samples: [MetricSample(labelValues: labels.map(\.value), source: .reading({ 1 }))])
    }

    /// A histogram; a value counts in the first bucket whose bound it does not exceed.
    /// - Parameter bounds: rising and finite; the bucket for everything beyond comes by itself.
    public func histogram(_ name: String, help: String, bounds: [Double]) -> Histogram {
        precondition(bounds.allSatisfy(\.isFinite), "\(name) has a bound that is no number")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "the bounds of \(name) do not rise")
        histograms.append(HistogramState(bounds: bounds))
        let histogram = Histogram(index: histograms.count - 1)
        declare(
            name, help: help, kind: .histogram, labels: [],
            samples: [MetricSample(labelValues: [], source: .histogram(histogram.index))])
        return histogram
    }
}
