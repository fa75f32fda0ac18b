import Service

/// How many were not admitted, by reason.
struct AdmissionMetrics {
    private let registry: Metrics
    private let refusals: CounterRow
    private let positions: [String: Int]
    private let roundTrips: Histogram

    init(_ registry: Metrics) {
        self.registry = registry
        let labels = AdmissionRefusal.samples.map(\.label)
        positions = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($0.element, $0.offset) })
        refusals = registry.counterRow(
            "greenroom_joins_refused_total", help: "Joins that were not admitted, by reason.", labels: ["reason"],
            values: labels.map { [$0] })
        roundTrips = registry.histogram(
            "greenroom_client_round_trip_seconds", help: "From a ping to a client who waits to its pong.",
            bounds: [0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 5])
    }

    func count(_ refusal: AdmissionRefusal) {
        guard let position = positions[refusal.label] else { preconditionFailure("each kind of refusal has a counter") }
        registry.add(refusals[position])
    }

    func observe(roundTripMs: UInt32) { registry.observe(roundTrips, Double(roundTripMs) / 1000) }
}
