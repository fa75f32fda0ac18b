/// How a scene's rules relax with waiting: all its steps on one line of time. A unit is in stage n once it has waited
/// for n of the boundaries.
struct Stages: Sendable {
    struct Stage: Hashable, Sendable {
        /// The skill window; infinite for any.
        var width: Double
        /// The longest round trip; `UInt32.max` for any.
        var capMs: UInt32
        /// The smallest group that is accepted.
        var sizeMin: Int
        var allowsBots: Bool
        /// The last step has passed: it goes before those that fit better.
        var isOverdue: Bool
        /// It waits for its last group no longer.
        var isReunionOver: Bool
        /// Stages that look for the same candidates share a level.
        var level = 0
    }

    /// Later steps than these are left out.
    static let boundariesMax = 100

    let boundariesMs: [UInt64]
    let stages: [Stage]
    /// For each level one of its stages.
    let levels: [Stage]

    init(_ rules: MatchingRules, groupSize: Int, overdueMs: UInt64) {
        let skillSteps = rules.skill?.steps ?? []
        let latencySteps = rules.latency?.steps ?? []
        var reunionMs: UInt64?
        if case .reunite(let waitMs, _) = rules.encounters { reunionMs = waitMs }
        let lastMs = max(skillSteps.map(\.afterMs).max() ?? 0, latencySteps.map(\.afterMs).max() ?? 0, overdueMs)
        var boundaries = skillSteps.map(\.afterMs) + latencySteps.map(\.afterMs) + rules.smallerGroups.map(\.afterMs)
        if let bots = rules.bots { boundaries.append(bots.afterMs) }
        if let reunionMs { boundaries.append(reunionMs) }
        // Without a skill window the most senior goes first in any case.
        if rules.skill != nil { boundaries.append(lastMs) }
        boundariesMs = Array(Set(boundaries.filter { $0 > 0 }).sorted().prefix(Self.boundariesMax))

        var stages: [Stage] = []
        var levels: [Stage] = []
        for waitedMs in [0] + boundariesMs {
            // The loosest step so far counts, so that a step out of order cannot make a match less likely.
            let widths = skillSteps.filter { $0.afterMs <= waitedMs }.map { $0.width ?? .infinity }
            let caps = latencySteps.filter { $0.afterMs <= waitedMs }.map { $0.capMs ?? .max }
            let sizes = rules.smallerGroups.filter { $0.afterMs <= waitedMs }.map(\.size)
            var stage = Stage(
                width: widths.max() ?? (rules.skill == nil ? .infinity : 0),
                capMs: caps.max() ?? (rules.latency == nil ? .max : 0),
                sizeMin: max(1, min(sizes.min() ?? groupSize, groupSize)),
                allowsBots: rules.bots.map { $0.afterMs <= waitedMs } ?? false,
                isOverdue: rules.skill != nil && waitedMs >= lastMs,
                isReunionOver: reunionMs.map { $0 <= waitedMs } ?? true)
            let same = levels.firstIndex {
                $0.width == stage.width && $0.capMs == stage.capMs && $0.isOverdue == stage.isOverdue
            }
            stage.level = same ?? levels.count
            if same == nil { levels.append(stage) }
            stages.append(stage)
        }
        self.stages = stages
        self.levels = levels
    }

    func stage(afterMs waitedMs: UInt64) -> Int {
        var stage = 0
        while stage < boundariesMs.count, boundariesMs[stage] <= waitedMs { stage += 1 }
        return stage
    }
}
