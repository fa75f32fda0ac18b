/// The numbers of a process: declared once at start, changed by handle without a lookup or an allocation, rendered when
/// they are scraped. Used from one thread.
///
/// ```
/// let joins = metrics.counter("greenroom_joins_total", help: "Joins received.")
/// let ended = metrics.counters("greenroom_sessions_ended_total", help: "…", label: "reason", of: EndReason.self) { $0.name }
/// metrics.add(joins)
/// metrics.add(ended[.completed])
/// ```
public final class Metrics {
    var families: [MetricFamily] = []
    var counters: [UInt64] = []
    var gauges: [Double] = []
    var histograms: [HistogramState] = []
    private var names: Set<String> = []

    public init() {}

    /// Adds to a counter.
    public func add(_ counter: Counter, _ amount: UInt64 = 1) {
        // Prometheus takes a smaller value for a restart, so wrapping around is harmless.
        counters[counter.index] &+= amount
    }

    public func value(of counter: Counter) -> UInt64 {
        counters[counter.index]
    }

    /// Sets a gauge.
    public func set(_ gauge: Gauge, to value: Double) {
        gauges[gauge.index] = value
    }

    /// Moves a gauge up or down.
    public func move(_ gauge: Gauge, by change: Double) {
        gauges[gauge.index] += change
    }

    public func value(of gauge: Gauge) -> Double {
        gauges[gauge.index]
    }

    /// Counts a value in a histogram, in the unit of its bounds.
    public func observe(_ histogram: Histogram, _ value: Double) {
        histograms[histogram.index].observe(value)
    }

    func declare(_ name: String, help: String, kind: MetricFamily.Kind, labels: [String], samples: [MetricSample]) {
        precondition(isMetricName(name), "\(name) is no metric name")
        precondition(names.insert(name).inserted, "\(name) is declared twice")
        precondition(
            labels.allSatisfy { isLabelName($0) && $0 != "le" } && Set(labels).count == labels.count,
            "\(name) has a bad label")
        precondition(samples.allSatisfy { $0.labelValues.count == labels.count }, "\(name) needs a value for each label")
        precondition(Set(samples.map(\.labelValues)).count == samples.count, "\(name) has a label value twice")
        families.append(MetricFamily(name: name, help: help, kind: kind, labels: labels, samples: samples))
    }
}

/// A handle of a number that only grows.
public struct Counter: Sendable {
    let index: Int
}

/// A handle of a number that goes up and down.
public struct Gauge: Sendable {
    let index: Int
}

/// A handle of a distribution.
public struct Histogram: Sendable {
    let index: Int
}

/// Counters that differ in their labels, by the position in which their label values were declared.
public struct CounterRow: Sendable {
    let start: Int
    /// How many there are.
    public let count: Int

    public subscript(position: Int) -> Counter {
        precondition(position >= 0 && position < count, "no such counter")
        return Counter(index: start + position)
    }
}

/// Counters for each case of an enumeration.
public struct CounterFamily<Label: Hashable & Sendable>: Sendable {
    let row: CounterRow
    let positions: [Label: Int]

    public subscript(label: Label) -> Counter {
        guard let position = positions[label] else { preconditionFailure("no counter was declared for \(label)") }
        return row[position]
    }
}

/// All numbers of one name.
struct MetricFamily {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    let name: String
    let help: String
    let kind: Kind
    let labels: [String]
    /// Fixed by the declaration, but for groups.
    var samples: [MetricSample]
}

/// One number or one distribution, and where its value comes from.
struct MetricSample {
    enum Source {
        case counter(Int)
        case gauge(Int)
        case histogram(Int)
        case reading(() -> Double)
    }

    let labelValues: [String]
    let source: Source
}

/// The counts of a distribution: one for each bound, one beyond them all.
struct HistogramState {
    let bounds: [Double]
    private(set) var counts: [UInt64]
    private(set) var sum = 0.0

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = [UInt64](repeating: 0, count: bounds.count + 1)
    }

    mutating func observe(_ value: Double) {
        // What is no number would make the sum useless for ever.
        guard value.isFinite else { return }
        var slot = 0
        while slot < bounds.count, value > bounds[slot] { slot += 1 }
        counts[slot] &+= 1
        sum += value
    }
}

private func isMetricName(_ name: String) -> Bool {
    !name.isEmpty && isWord(name.utf8.filter { $0 != UInt8(ascii: ":") })
}

private func isLabelName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix("__") && isWord(Array(name.utf8))
}

private func isWord(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first, !(0x30...0x39).contains(first) else { return false }
    return bytes.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
    }
}
