import Matchmaking
import Service
import SessionProtocol

// Who may be put together.
extension SceneFile {
    static func rules(_ node: ConfigurationNode, groupSize: Int) throws(ConfigurationError) -> MatchingRules {
        let object = try node.object(.rules)
        var rules = MatchingRules()
        if let node = object["smallerGroups"] { rules.smallerGroups = try smallerGroups(node, groupSize: groupSize) }
        if let node = object["latency"] { rules.latency = try latency(node) }
        if let node = object["skill"] { rules.skill = try skill(node) }
        if let node = object["attributes"] { rules.attributes = try attributes(node) }
        if let node = object["roles"] { rules.roles = try roles(node, groupSize: groupSize) }
        if let node = object["encounters"] { rules.encounters = try encounters(node) }
        if let node = object["encountersIn"] { rules.encountersIn = try encountersIn(node, rules.encounters) }
        if let node = object["partySizeMax"] {
            let size = try node.integer(in: 1...ProtocolLimits.playersMax)
            guard size <= groupSize else { throw node.error("\(size) is more than groupSize, which is \(groupSize)") }
            rules.partySizeMax = size
        }
        if let node = object["bots"] { rules.bots = try bots(node, groupSize: groupSize) }
        return rules
    }

    private static func smallerGroups(
        _ node: ConfigurationNode, groupSize: Int
    ) throws(ConfigurationError) -> [SmallerGroup] {
        var groups: [SmallerGroup] = []
        for element in try node.elements(countMax: SceneFileLimits.smallerGroupsMax) {
            let object = try element.object(.smallerGroup)
            let afterNode = try object.required("after")
            let after = try afterNode.afterMs()
            guard after > 0 else { throw afterNode.error("is at once; what is accepted at once is groupSize itself") }
            try checkRise(afterNode, after, groups.last?.afterMs)
            let sizeNode = try object.required("size")
            let size = try sizeNode.integer(in: 1...ProtocolLimits.playersMax)
            guard size < groups.last?.size ?? groupSize else {
                throw sizeNode.error(
                    groups.last.map { "\(size) is not smaller than the \($0.size) of the entry before" }
                        ?? "\(size) is not smaller than groupSize, which is \(groupSize)")
            }
            groups.append(SmallerGroup(afterMs: after, size: size))
        }
        return groups
    }

    private static func roles(_ node: ConfigurationNode, groupSize: Int) throws(ConfigurationError) -> RoleRule {
        let object = try node.object(.roles)
        let seatsNode = try object.required("seats")
        var seats: [RoleRule.Seats] = []
        for element in try seatsNode.elements(countMax: RoleRule.rolesMax) {
            let object = try element.object(.seats)
            let roleNode = try object.required("role")
            let role = try roleNode.name()
            guard role != BotRule.role else { throw roleNode.error("\"\(role)\" is for those who fill seats by the rule \"bots\"") }
            guard !seats.contains(where: { $0.role == role }) else { throw roleNode.error("\"\(role)\" stands twice") }
            seats.append(
                RoleRule.Seats(role: role, count: try object.required("count").integer(in: 1...ProtocolLimits.playersMax)))
        }
        let count = seats.reduce(0) { $0 + $1.count }
        guard count == groupSize else { throw seatsNode.error("add up to \(count), and groupSize is \(groupSize)") }
        return RoleRule(attribute: try object.required("attribute").name(), seats: seats)
    }

    private static func attributes(_ node: ConfigurationNode) throws(ConfigurationError) -> [AttributeRule] {
        var rules: [AttributeRule] = []
        var names: Set<String> = []
        for element in try node.elements(countMax: SceneFileLimits.attributeRulesMax) {
            let object = try element.object(.attributeRule)
            guard object.members.count == 1 else { throw element.error("needs one key: \"equal\" or \"different\"") }
            let nameNode = object.members[0].node
            let name = try nameNode.name()
            guard names.insert(name).inserted else { throw nameNode.error("\"\(name)\" has a rule already") }
            rules.append(object["equal"] == nil ? .different(name) : .equal(name))
        }
        return rules
    }

    private static func encounters(_ node: ConfigurationNode) throws(ConfigurationError) -> EncounterRule {
        if case .string(let text) = node.value {
            switch text {
            case "any": return .any
            case "never": return .never
            default: throw node.error("\(quoted(text)) is none of \"any\", \"never\" and {\"reunite\": {…}}")
            }
        }
        let object = try node.object(.encounters).required("reunite").object(.reunite)
        return .reunite(
            waitMs: UInt64(try object.required("wait").durationMs(in: SceneFileLimits.durationMs)),
            otherwise: try object["otherwise"]?.choice(of: EncounterRule.Reunion.self) ?? .others)
    }

    private static func encountersIn(
        _ node: ConfigurationNode, _ rule: EncounterRule
    ) throws(ConfigurationError) -> [SceneID] {
        var scenes: [SceneID] = []
        for element in try node.elements(countMax: SceneFileLimits.encountersInMax) {
            let scene = try sceneID(element)
            guard !scenes.contains(scene) else { throw element.error("\(quoted(scene.name)) stands twice") }
            scenes.append(scene)
        }
        guard rule != .any else { throw node.error("says where having met counts, and \"encounters\" says that it does not") }
        return scenes
    }

    /// Games count that are played in scenes that there are; those of a scene itself count anyway.
    static func checkEncounters(
        of scene: Scene, _ element: ConfigurationNode, _ indices: [SceneID: Int]
    ) throws(ConfigurationError) {
        guard let nodes = try element.object("rules")?.object("encountersIn")?.elements(countMax: SceneFileLimits.encountersInMax) else { return }
        for (node, other) in zip(nodes, scene.rules.encountersIn) {
            guard other != scene.id else { throw node.error("is this scene itself, whose games count in any case") }
            guard indices[other] != nil else {
                throw node.error("there is no scene \"\(other)\"\(didYouMean(other.name, among: indices.keys.map(\.name).sorted()))")
            }
        }
    }

    private static func bots(_ node: ConfigurationNode, groupSize: Int) throws(ConfigurationError) -> BotRule {
        let object = try node.object(.bots)
        var rule = BotRule(afterMs: try object.required("after").afterMs())
        guard groupSize > 1 else { throw node.error("a group of 1 has no seat for a bot") }
        if let node = object["playersMin"] {
            rule.playersMin = try node.integer(in: 1...ProtocolLimits.playersMax)
            guard rule.playersMin < groupSize else {
                throw node.error("\(rule.playersMin) leaves no seat for a bot: groupSize is \(groupSize)")
            }
        }
        return rule
    }
}
