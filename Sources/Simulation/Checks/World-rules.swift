import Matchmaking
import SessionProtocol

/// Scenes with rules: what clients say of themselves, and whether those who are matched hold the rules, by the rules' words
/// alone.
extension SceneCatalog {
    /// In some runs one or two more scenes, from a stream of their own, so that the other runs stay as they are.
    static func drawRuled(_ settings: SessionSettings, _ waitTimeoutMs: UInt64, root: UInt64) -> [Scene] {
        var random = SmallGenerator(root: root, stream: 9_100)
        guard random.perMille(300) else { return [] }
        var scenes: [Scene] = []
        func add(_ name: String, _ size: Int, _ rules: MatchingRules) {
            guard random.perMille(600), let id = try? SceneID(name) else { return }
            scenes.append(
                Scene(id: id, groupSize: size, settings: settings, waitTimeoutMs: waitTimeoutMs, rules: rules))
        }
        var skill = MatchingRules()
        skill.skill = SkillRule(
            attribute: "skill",
            steps: [SkillRule.Step(afterMs: 0, width: 100), SkillRule.Step(afterMs: waitTimeoutMs / 4, width: 400)])
        add("skill", random.between(2, 4), skill)
        var alike = MatchingRules()
        alike.attributes = [.equal("language"), .different("team")]
        alike.smallerGroups = [SmallerGroup(afterMs: waitTimeoutMs / 3, size: 2)]
        add("alike", 3, alike)
        var roles = MatchingRules()
        roles.roles = RoleRule(attribute: "role", seats: [.init(role: "judge", count: 1), .init(role: "player", count: 2)])
        add("roles", 3, roles)
        return scenes
    }
}

extension World {
    /// The same for a subject in all of its pages and lives.
    static func attributes(of subject: SubjectID, in scene: Scene) -> Attributes {
        var random = SmallGenerator(seed: subject.name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }, stream: 9_200)
        var attributes = Attributes()
        attributes.set("skill", .number(Double(random.below(1000))))
        attributes.set("language", .text(random.perMille(700) ? "en" : "de"))
        if random.perMille(800) { attributes.set("team", .text("team \(random.below(4))")) }
        if random.perMille(600) { attributes.set("role", .text(random.perMille(400) ? "judge" : "player")) }
        if scene.rules.bots != nil { attributes.set("role", .text(random.perMille(250) ? BotRule.role : "person")) }
        if scene.rules.latency != nil, random.perMille(600) { attributes.set("region", .text(random.perMille(500) ? "east" : "west")) }
        return attributes
    }

    /// Those of an assignment may be together by the rules of their scene. A wall clock that jumps makes a wait look longer or
    /// shorter, so the widest steps count.
    func checkRules(_ assignment: Assignment) {
        guard let scene = plan.scenes.first(where: { $0.id == assignment.scene }) else { return }
        let people = assignment.players.map { World.attributes(of: $0.subject, in: scene) }
        if let skill = scene.rules.skill, let width = skill.steps.last?.width {
            let values = people.map { value($0[skill.attribute]) }
            if let least = values.min(), let most = values.max(), most - least > width {
                fail(.rulesBroken, "\(assignment.session.short) has skills \(values), no more than \(width) apart")
            }
        }
        for rule in scene.rules.attributes {
            switch rule {
            case .equal(let name):
                if Set(people.map { $0[name] }).count > 1 { fail(.rulesBroken, "\(assignment.session.short): \(name) differs") }
            case .different(let name):
                let said = people.compactMap { $0[name] }
                if Set(said).count < said.count { fail(.rulesBroken, "\(assignment.session.short): two have one \(name)") }
            }
        }
        if let roles = scene.rules.roles {
            let seats = roles.seats.flatMap { [String](repeating: $0.role, count: $0.count) }
            if people.count > seats.count { fail(.rulesBroken, "\(assignment.session.short) has no seats for all") }
            for (attributes, seat) in zip(people, seats) {
                if let role = attributes[roles.attribute], role != .text(seat) {
                    fail(.rulesBroken, "\(assignment.session.short): \(role) has the seat of a \(seat)")
                }
            }
        }
        checkLatency(assignment, people, scene)
        checkSize(assignment, people, scene)
        checkEncounters(assignment, scene)
    }

    private func value(_ attribute: AttributeValue?) -> Double {
        switch attribute {
        case .number(let value)?: value
        case .text?, .flag?, .texts?, nil: 0
        }
    }
}
