import Matchmaking
import Service
import SessionProtocol

/// What became of joins and how long they waited, by scene. A scene that a reload removes keeps its numbers, since counters
/// never go back; so that reloads cannot make them grow without end, those beyond the limit share one label.
final class WaitMetrics {
    private struct Row {
        let fates: CounterRow
        let waits: Histogram
    }

    private let joins: Counter
    private let counters: CounterGroup
    private let histograms: HistogramGroup
    private var rows: [SceneID: Row] = [:]
    /// Of joins that named no scene that there is, and of scenes beyond the limit.
    private let other: Row

    /// Scenes with numbers of their own since the start.
    static let scenesMax = 1_000
    private static let boundsSeconds: [Double] = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600]

    init(_ registry: Metrics, scenes: [Scene]) {
        joins = registry.counter(
            "greenroom_joins_total", help: "Messages that asked to join: as many as have a fate, and as are still to have one.")
        counters = registry.counterGroup(
            "greenroom_join_fates_total", help: "What became of joins, each counted once.", labels: ["scene", "fate"])
        histograms = registry.histogramGroup(
            "greenroom_join_wait_seconds",
            help: "How long joins waited for their fate, those refused left out.", labels: ["scene"],
            bounds: Self.boundsSeconds)
        other = Self.row("", counters, histograms, registry)
        declare(scenes, in: registry)
    }

    /// Shows a row for each scene from now on, with zeros at first.
    func declare(_ scenes: [Scene], in registry: Metrics) {
        for scene in scenes where rows[scene.id] == nil && rows.count < Self.scenesMax {
            rows[scene.id] = Self.row(scene.id.name, counters, histograms, registry)
        }
    }

    private static func row(
        _ scene: String, _ counters: CounterGroup, _ histograms: HistogramGroup, _ registry: Metrics
    ) -> Row {
        Row(
            fates: registry.extend(counters, by: JoinFate.Kind.allCases.map { [scene, $0.rawValue] }),
            waits: registry.extend(histograms, by: [scene]))
    }

    func countJoin(in registry: Metrics) { registry.add(joins) }

    /// A join of nobody, refused.
    func recordMisread(in registry: Metrics) {
        countJoin(in: registry)
        if let position = JoinFate.Kind.allCases.firstIndex(of: .refused) { registry.add(other.fates[position]) }
    }

    func record(_ fate: JoinFate, in registry: Metrics) {
        let row = fate.scene.flatMap { rows[$0] } ?? other
        if let position = JoinFate.Kind.allCases.firstIndex(of: fate.kind) { registry.add(row.fates[position]) }
        if fate.kind != .refused { registry.observe(row.waits, Double(fate.waitedMs) / 1000) }
    }
}

extension Logger {
    /// The same for a join that does not say whose it is, or says something that cannot be read.
    func logMisreadJoin(error: String) {
        info("join_fate", ["fate": .string(JoinFate.Kind.refused.rawValue), "error": .string(error), "waited_ms": .int(0), "waited_in_all_ms": .int(0)])
    }

    /// One line for what became of a join.
    func log(_ fate: JoinFate, error: String? = nil) {
        info(
            "join_fate",
            [
                "fate": .string(fate.kind.rawValue), "subject": .string(fate.subject.name),
                "scene": .optional(fate.scene?.name), "session": .optional(fate.session?.description),
                "error": .optional(error ?? fate.error?.rawValue), "waited_ms": .int(Int(clamping: fate.waitedMs)),
                "waited_in_all_ms": .int(Int(clamping: fate.waitedInAllMs)),
            ])
    }
}
