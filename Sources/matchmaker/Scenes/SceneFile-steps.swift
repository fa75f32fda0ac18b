import Matchmaking
import Service

// Rules that ask for less the longer one waits: waiting never makes a match less likely.
extension SceneFile {
    static func latency(_ node: ConfigurationNode) throws(ConfigurationError) -> LatencyRule {
        let object = try node.object(.latency)
        let steps = try steps(
            try object.required("steps"), .latencyStep, "cap",
            read: { node throws(ConfigurationError) in UInt32(try node.durationMs(in: SceneFileLimits.roundTripMs)) },
            show: { "\($0)ms" })
        var rule = LatencyRule(steps: steps.map { LatencyRule.Step(afterMs: $0.afterMs, capMs: $0.value) })
        rule.regionAttribute = try object["regionAttribute"]?.name()
        guard let node = object["regions"] else { return rule }
        guard rule.regionAttribute != nil else {
            throw node.error("says nothing without \"regionAttribute\", which names the attribute that holds a subject's region")
        }
        rule.regions = try regions(node)
        return rule
    }

    private static func regions(_ node: ConfigurationNode) throws(ConfigurationError) -> [LatencyRule.RegionPair] {
        var pairs: [LatencyRule.RegionPair] = []
        var known: Set<[String]> = []
        for element in try node.elements(countMax: SceneFileLimits.regionPairsMax) {
            let object = try element.object(.regionPair)
            let betweenNode = try object.required("between")
            var names: [String] = []
            for name in try betweenNode.elements(countMax: 2) { names.append(try name.name()) }
            guard names.count == 2 else {
                throw betweenNode.error("must name two regions; for players of the same one, name it twice")
            }
            guard known.insert(names.sorted()).inserted else {
                throw betweenNode.error("\"\(names[0])\" and \"\(names[1])\" stand together twice")
            }
            let roundTripMs = UInt32(try object.required("roundTrip").durationMs(in: SceneFileLimits.roundTripMs))
            pairs.append(LatencyRule.RegionPair(first: names[0], second: names[1], roundTripMs: roundTripMs))
        }
        return pairs
    }

    static func skill(_ node: ConfigurationNode) throws(ConfigurationError) -> SkillRule {
        let object = try node.object(.skill)
        let steps = try steps(
            try object.required("steps"), .skillStep, "width",
            read: { node throws(ConfigurationError) in try node.decimal(in: 0...SceneFileLimits.skillMax) },
            show: { "\($0)" })
        return SkillRule(
            attribute: try object.required("attribute").name(),
            steps: steps.map { SkillRule.Step(afterMs: $0.afterMs, width: $0.value) },
            fallback: try object["fallback"].map { node throws(ConfigurationError) in
                try node.decimal(in: -SceneFileLimits.skillMax...SceneFileLimits.skillMax)
            })
    }

    /// Steps in order of time, the first at 0, each allowing at least as much as the one before; "any" (nil) can only be last.
    private static func steps<Value: Comparable>(
        _ node: ConfigurationNode, _ kind: SceneFileKeys, _ key: String,
        read: (ConfigurationNode) throws(ConfigurationError) -> Value, show: (Value) -> String
    ) throws(ConfigurationError) -> [(afterMs: UInt64, value: Value?)] {
        var steps: [(afterMs: UInt64, value: Value?)] = []
        for element in try node.elements(countMax: SceneFileLimits.stepsMax) {
            let object = try element.object(kind)
            let afterNode = try object.required("after")
            let after = try afterNode.afterMs()
            if steps.isEmpty, after > 0 { throw afterNode.error("the first step must be at 0: it holds for those who have just come") }
            try checkRise(afterNode, after, steps.last?.afterMs)
            let valueNode = try object.required(key)
            let before = steps.last
            if let before, before.value == nil { throw element.error("comes after \"any\", which is the last step") }
            if case .string("any") = valueNode.value {
                steps.append((after, nil))
                continue
            }
            let value = try read(valueNode)
            if let allowed = before?.value, value < allowed {
                throw valueNode.error(
                    "\(show(value)) is less than the \(show(allowed)) of the step before: waiting longer may not make a match "
                        + "less likely")
            }
            steps.append((after, value))
        }
        if steps.isEmpty { throw node.error("needs a step at 0") }
        return steps
    }

    static func checkRise(
        _ node: ConfigurationNode, _ afterMs: UInt64, _ before: UInt64?
    ) throws(ConfigurationError) {
        guard let before, afterMs <= before else { return }
        throw node.error("is not later than the entry before, which is at \(before)ms")
    }
}
