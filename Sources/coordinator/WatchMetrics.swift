import Coordination
import Service

/// Counts of players who were warned, and excluded.
struct WatchMetrics {
    private let registry: Metrics
    private let warnings: CounterFamily<WatchedAspect>
    private let exclusions: CounterFamily<Excluder>

    init(_ registry: Metrics) {
        self.registry = registry
        warnings = registry.counters(
            "greenroom_warnings_total", help: "Players who were warned that they would be excluded, by what was measured.",
            label: "about", of: WatchedAspect.self
        ) { $0.rawValue }
        exclusions = registry.counters(
            "greenroom_exclusions_total", help: "Players who were excluded, by whom.", label: "by", of: Excluder.self
        ) { $0.rawValue }
    }

    func count(_ aspect: WatchedAspect) { registry.add(warnings[aspect]) }
    func count(_ excluder: Excluder) { registry.add(exclusions[excluder]) }
}
