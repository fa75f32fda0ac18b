import Matchmaking

extension SceneFile {
    /// What a file may say and hardly means; a line each.
    static func warnings(_ scenes: [Scene]) -> [String] {
        scenes.flatMap { scene in
            lastSteps(scene.rules).filter { $0.afterMs > scene.waitTimeoutMs }.map {
                "scene \"\(scene.id)\": rules.\($0.rule) has something for those who have waited for \($0.afterMs)ms, which is longer than "
                    + "its waitTimeout, \(scene.waitTimeoutMs)ms: only those have who bring time with them"
            }
        }
    }

    /// When the last step of each rule passes.
    private static func lastSteps(_ rules: MatchingRules) -> [(rule: String, afterMs: UInt64)] {
        var steps: [(rule: String, afterMs: UInt64)] = []
        func note(_ rule: String, _ afterMs: UInt64?) {
            if let afterMs { steps.append((rule, afterMs)) }
        }
        note("smallerGroups", rules.smallerGroups.last?.afterMs)
        note("latency", rules.latency?.steps.last?.afterMs)
        note("skill", rules.skill?.steps.last?.afterMs)
        note("bots", rules.bots?.afterMs)
        if case .reunite(let waitMs, _) = rules.encounters { note("encounters", waitMs) }
        return steps
    }
}
