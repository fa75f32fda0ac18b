import Coordination
import Service
import SessionProtocol

/// What becomes of pairs of players, as figures.
struct PairMetrics {
    enum Event: String, CaseIterable {
        /// Told to connect anew, in validation or in play.
        case retry
        case loss
        case repair
        /// All of a session went on by relay.
        case fallback
    }

    private let events: CounterFamily<Event>
    private let late: CounterFamily<LateWord>

    init(_ registry: Metrics) {
        events = registry.counters(
            "greenroom_pair_events_total", help: "Pairs of players that were told to connect anew, lost each other, were repaired, or "
                + "made their session go on by relay.", label: "event", of: Event.self
        ) { $0.rawValue }
        late = registry.counters(
            "greenroom_late_words_total", help: "Signals and reports that came for an attempt that was over; ignored.",
            label: "kind", of: LateWord.self
        ) { $0.rawValue }
    }

    func add(_ event: Event, to registry: Metrics) { registry.add(events[event]) }
    func add(_ word: LateWord, to registry: Metrics) { registry.add(late[word]) }
}
