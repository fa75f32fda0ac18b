import Matchmaking

extension SceneFile {
    /// What a file may say and hardly means; a line each.
    /// - Parameter remembers: whether the server has a folder for what it knows.
    static func warnings(_ scenes: [Scene], remembers: Bool) -> [String] {
        scenes.flatMap { scene in
            lastSteps(scene.rules).filter { $0.afterMs > scene.waitTimeoutMs }.map {
                "scene \"\(scene.id)\": rules.\($0.rule) has something for those who have waited for \($0.afterMs)ms, which is longer than "
                    + "its waitTimeout, \(scene.waitTimeoutMs)ms: only those have who bring time with them"
            } + (remembers ? [] : forgotten(scene))
        }
    }

    /// What a scene goes by that the next start should know.
    private static func forgotten(_ scene: Scene) -> [String] {
        let kept = (scene.rules.encounters == .any ? [] : ["rules.encounters"]) + (scene.treatments == nil ? [] : ["treatments"])
        if kept.isEmpty { return [] }
        return ["scene \"\(scene.id)\": \(kept.joined(separator: " and ")) will know nothing of earlier games after a restart, without --data-dir"]
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
