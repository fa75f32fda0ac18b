import Service

/// How many were not admitted, by reason.
struct AdmissionMetrics {
    private let registry: Metrics
    private let refusals: CounterFamily<AdmissionRefusal>

    init(_ registry: Metrics) {
        self.registry = registry
        refusals = registry.counters(
            "greenroom_joins_refused_total", help: "Joins that were not admitted, by reason.", label: "reason",
            of: AdmissionRefusal.self
        ) { $0.label }
    }

    func count(_ refusal: AdmissionRefusal) { registry.add(refusals[refusal]) }
}
