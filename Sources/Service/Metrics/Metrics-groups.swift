/// Counters of one name whose label values become known while the process runs.
public struct CounterGroup: Sendable {
    let family: Int
}

/// Histograms of one name whose label values become known while the process runs.
public struct HistogramGroup: Sendable {
    let family: Int
    let bounds: [Double]
}

// Groups grow, and never shrink: a counter that went away and came back would be taken for a restart. Who extends one keeps
// the number of label values bounded.
extension Metrics {
    public func counterGroup(_ name: String, help: String, labels: [String]) -> CounterGroup {
        declare(name, help: help, kind: .counter, labels: labels, samples: [])
        return CounterGroup(family: families.count - 1)
    }

    /// Adds a counter for each row of label values, none of which is there yet, in that order.
    public func extend(_ group: CounterGroup, by values: [[String]]) -> CounterRow {
        let start = counters.count
        counters.append(contentsOf: repeatElement(0, count: values.count))
        for (offset, labels) in values.enumerated() {
            extend(group.family, by: MetricSample(labelValues: labels, source: .counter(start + offset)))
        }
        return CounterRow(start: start, count: values.count)
    }

    /// - Parameter bounds: rising and finite, as for `histogram`.
    public func histogramGroup(_ name: String, help: String, labels: [String], bounds: [Double]) -> HistogramGroup {
        precondition(bounds.allSatisfy(\.isFinite), "\(name) has a bound that is no number")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "the bounds of \(name) do not rise")
        declare(name, help: help, kind: .histogram, labels: labels, samples: [])
        return HistogramGroup(family: families.count - 1, bounds: bounds)
    }

    /// Adds a histogram with these label values, which are not there yet.
    public func extend(_ group: HistogramGroup, by labelValues: [String]) -> Histogram {
        histograms.append(HistogramState(bounds: group.bounds))
        let histogram = Histogram(index: histograms.count - 1)
        extend(group.family, by: MetricSample(labelValues: labelValues, source: .histogram(histogram.index)))
        return histogram
    }

    private func extend(_ family: Int, by sample: MetricSample) {
        let name = families[family].name
        precondition(sample.labelValues.count == families[family].labels.count, "\(name) needs a value for each label")
        precondition(
            !families[family].samples.contains { $0.labelValues == sample.labelValues }, "\(name) has a label value twice")
        families[family].samples.append(sample)
    }
}
