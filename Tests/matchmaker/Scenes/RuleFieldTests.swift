import Matchmaking
import SessionProtocol
import Testing

@testable import Service
@testable import matchmaker

/// The scene `a` of a group of 4 with these further keys.
private func scene(_ keys: String) throws -> Scene {
    try #require(try settings(file: #"{"scenes": [{"id": "a", "groupSize": 4, \#(keys)}]}"#).scenes.first)
}

private func line(_ keys: String) -> String {
    complaint(file: "{\"scenes\": [{\"id\": \"a\", \"groupSize\": 4,\n\(keys)}]}")
}

@Suite struct RuleFieldTests {
    @Test("Without rules it is first come first served, and nobody is asked anything")
    func none() throws {
        let scene = try scene(#""open": true"#)
        #expect(scene.rules == MatchingRules() && scene.treatments == nil)
        #expect(scene.confirmTimeoutMs == nil && scene.whenWaitIsOver == .end)
    }

    @Test("Every rule arrives")
    func rules() throws {
        let rules = try scene(
            #"""
            "rules": {"smallerGroups": [{"after": "1m", "size": 3}, {"after": "2m", "size": 1}],
            "latency": {"steps": [{"after": 0, "cap": "80ms"}, {"after": "30s", "cap": "any"}], "regionAttribute": "where",
            "regions": [{"between": ["eu", "us"], "roundTrip": 110}]},
            "skill": {"attribute": "elo", "fallback": -12.5, "steps": [{"after": "0s", "width": 0.5}, {"after": 1, "width": 0.5}]},
            "attributes": [{"equal": "x"}, {"different": "y"}],
            "roles": {"attribute": "r", "seats": [{"role": "p", "count": 1}, {"role": "q", "count": 3}]},
            "encounters": "never", "partySizeMax": 4, "bots": {"after": "45s", "playersMin": 3}}
            """#
        ).rules
        #expect(rules.smallerGroups == [SmallerGroup(afterMs: 60_000, size: 3), SmallerGroup(afterMs: 120_000, size: 1)])
        #expect(
            rules.latency
                == LatencyRule(
                    steps: [.init(afterMs: 0, capMs: 80), .init(afterMs: 30_000, capMs: nil)], regionAttribute: "where",
                    regions: [.init(first: "eu", second: "us", roundTripMs: 110)]))
        #expect(
            rules.skill
                == SkillRule(
                    attribute: "elo", steps: [.init(afterMs: 0, width: 0.5), .init(afterMs: 1, width: 0.5)], fallback: -12.5))
        #expect(rules.attributes == [.equal("x"), .different("y")])
        #expect(rules.roles == RoleRule(attribute: "r", seats: [.init(role: "p", count: 1), .init(role: "q", count: 3)]))
        #expect(rules.encounters == .never && rules.partySizeMax == 4)
        #expect(rules.bots == BotRule(afterMs: 45_000, playersMin: 3))
    }

    @Test("What comes before and after the wait arrives")
    func around() throws {
        let file = #"""
            {"scenes": [{"id": "a", "groupSize": 2, "confirmTimeout": "20s", "whenWaitIsOver": {"moveTo": "b"},
            "treatments": {"seed": 9007199254740991, "closesWhenFull": false,
            "list": [{"name": "t", "weight": 3, "quota": 9}, {"name": "u"}]},
            "rules": {"encounters": {"reunite": {"wait": "5m", "otherwise": "end"}}}},
            {"id": "b", "groupSize": 2, "whenWaitIsOver": "end", "rules": {"encounters": {"reunite": {"wait": 100}}, "encountersIn": ["a", "c"]}},
            {"id": "c", "groupSize": 2, "whenWaitIsOver": {"moveTo": "a"}, "rules": {"encounters": "any"}}]}
            """#
        let scenes = try settings(file: file).scenes
        #expect(scenes[0].confirmTimeoutMs == 20_000)
        let b = try SceneID("b")
        #expect(scenes.map { $0.rules.encountersIn.map(\.name) } == [[], ["a", "c"], []])
        #expect(scenes[0].whenWaitIsOver == .moveTo(b) && scenes[1].whenWaitIsOver == .end)
        #expect(
            scenes[0].treatments
                == TreatmentPlan(
                    treatments: [.init(name: "t", weight: 3, quota: 9), .init(name: "u")], seed: 9_007_199_254_740_991,
                    closesWhenFull: false))
        #expect(scenes[0].rules.encounters == .reunite(waitMs: 300_000, otherwise: .end))
        #expect(scenes[1].rules.encounters == .reunite(waitMs: 100, otherwise: .others) && scenes[2].rules.encounters == .any)
    }

    @Test(
        "A rule that makes no sense is named by its path, and the line says what would",
        arguments: [
            (#""rules": {"skill": {"steps": [{"after": 0, "width": 1}]}}"#, "rules.skill", #"lacks "attribute""#),
            (#""rules": {"skill": {"attribute": "a", "steps": []}}"#, "rules.skill.steps", "needs a step at 0"),
            (#""rules": {"skill": {"attribute": "a", "steps": [{"after": 1, "width": 1}]}}"#, "rules.skill.steps[0].after", "must be at 0"),
            (
                #""rules": {"skill": {"attribute": "a", "steps": [{"after": 0, "width": 2}, {"after": 5, "width": 1}]}}"#,
                "rules.skill.steps[1].width", "1.0 is less than the 2.0 of the step before"
            ),
            (
                #""rules": {"skill": {"attribute": "a", "steps": [{"after": 0, "width": 2}, {"after": 0, "width": 3}]}}"#,
                "rules.skill.steps[1].after", "is not later than the entry before, which is at 0ms"
            ),
            (
                #""rules": {"skill": {"attribute": "a", "steps": [{"after": 0, "width": "any"}, {"after": 5, "width": 3}]}}"#,
                "rules.skill.steps[1]", #"comes after "any""#
            ),
            (
                #""rules": {"skill": {"attribute": "a", "steps": [{"after": 0, "width": "all"}]}}"#, "rules.skill.steps[0].width",
                "must be a number"
            ),
            (#""rules": {"skill": {"attribute": "a", "steps": [{"after": 0, "width": 1e400}]}}"#, "rules.skill.steps[0].width", "is not between"),
            (#""rules": {"skill": {"attribute": "a", "steps": [{"after": 0, "widht": 1}]}}"#, "rules.skill.steps[0]", "did you mean width?"),
            (#""rules": {"latency": {"steps": [{"after": 0, "cap": 0}]}}"#, "rules.latency.steps[0].cap", "is not between 1ms and 1m"),
            (#""rules": {"latency": {"steps": [{"after": 0, "cap": 9}], "regions": []}}"#, "rules.latency.regions", "regionAttribute"),
            (
                #""rules": {"latency": {"steps": [{"after": 0, "cap": 9}], "regionAttribute": "r", "regions": [{"between": ["a"], "roundTrip": 1}]}}"#,
                "rules.latency.regions[0].between", "must name two regions"
            ),
            (
                #""rules": {"latency": {"steps": [{"after": 0, "cap": 9}], "regionAttribute": "r", "regions": [{"between": ["a", "b"], "roundTrip": 1}, {"between": ["b", "a"], "roundTrip": 1}]}}"#,
                "rules.latency.regions[1].between", "twice"
            ),
            (#""rules": {"smallerGroups": [{"after": 0, "size": 2}]}"#, "rules.smallerGroups[0].after", "is at once"),
            (#""rules": {"smallerGroups": [{"after": 1, "size": 4}]}"#, "rules.smallerGroups[0].size", "groupSize, which is 4"),
            (
                #""rules": {"smallerGroups": [{"after": 1, "size": 3}, {"after": 2, "size": 3}]}"#, "rules.smallerGroups[1].size",
                "not smaller than the 3"
            ),
            (#""rules": {"smallerGroups": [{"after": 1, "size": 0}]}"#, "rules.smallerGroups[0].size", "between 1 and 255"),
            (#""rules": {"roles": {"attribute": "r", "seats": [{"role": "p", "count": 3}]}}"#, "rules.roles.seats", "add up to 3, and groupSize is 4"),
            (
                #""rules": {"roles": {"attribute": "r", "seats": [{"role": "p", "count": 3}, {"role": "p", "count": 1}]}}"#,
                "rules.roles.seats[1].role", "twice"
            ),
            (#""rules": {"roles": {"attribute": "r", "seats": [{"role": "bot", "count": 4}]}}"#, "rules.roles.seats[0].role", "bots"),
            (#""rules": {"attributes": [{"equal": "a", "different": "b"}]}"#, "rules.attributes[0]", "needs one key"),
            (#""rules": {"attributes": [{"equal": "a"}, {"different": "a"}]}"#, "rules.attributes[1].different", "has a rule already"),
            (#""rules": {"encounters": "once"}"#, "rules.encounters", "\"never\""),
            (#""rules": {"encounters": {"reunite": {}}}"#, "rules.encounters.reunite", #"lacks "wait""#),
            (#""rules": {"encounters": "never", "encountersIn": ["b"]}"#, "rules.encountersIn[0]", "there is no scene \"b\""),
            (#""rules": {"encounters": "never", "encountersIn": ["a"]}"#, "rules.encountersIn[0]", "is this scene itself"),
            (#""rules": {"encounters": "never", "encountersIn": ["b", "b"]}"#, "rules.encountersIn[1]", "stands twice"),
            (#""rules": {"encountersIn": ["b"]}"#, "rules.encountersIn", "says that it does not"),
            (#""rules": {"partySizeMax": 5}"#, "rules.partySizeMax", "more than groupSize, which is 4"),
            (#""rules": {"bots": {"after": 1, "playersMin": 4}}"#, "rules.bots.playersMin", "leaves no seat"),
            (#""treatments": {"seed": 1, "list": []}"#, "treatments.list", "at least one"),
            (#""treatments": {"seed": 1, "list": [{"name": "t"}, {"name": "t"}]}"#, "treatments.list[1].name", "twice"),
            (#""treatments": {"seed": 1, "list": [{"name": "t", "weight": 0}]}"#, "treatments.list[0].weight", "between 1 and 1000"),
            (#""treatments": {"seed": 1, "list": [{"name": "t", "quota": 0}]}"#, "treatments.list[0].quota", "between 1 and"),
            (#""treatments": {"list": [{"name": "t"}]}"#, "treatments", #"lacks "seed""#),
            (#""whenWaitIsOver": "stop""#, "whenWaitIsOver", #"neither "end" nor"#),
            (#""whenWaitIsOver": {"moveTo": "a"}"#, "whenWaitIsOver.moveTo", "is this scene itself"),
            (#""whenWaitIsOver": {"moveTo": "b"}"#, "whenWaitIsOver.moveTo", "there is no scene \"b\""),
            (#""confirmTimeout": "1ms""#, "confirmTimeout", "is not between 100ms and 168h"),
        ])
    func mistakes(keys: String, path: String, words: String) {
        let line = line(keys)
        #expect(line.hasPrefix("c.json:2:"), "\(line)")
        #expect(line.contains(": scenes[0].\(path) (scene \"a\"): "), "\(line)")
        #expect(line.contains(words), "\(line)")
        #expect(!line.contains("\n"))
    }

    @Test("Scenes that send their subjects round in circles are named with the circle")
    func circle() {
        func scene(_ id: String, _ next: String) -> String {
            "{\"id\": \"\(id)\", \"groupSize\": 2, \"whenWaitIsOver\": {\"moveTo\": \"\(next)\"}}"
        }
        let line = complaint(file: "{\"scenes\": [\(scene("x", "a")), \(scene("a", "b")), \(scene("b", "a"))]}")
        #expect(line.contains("scenes[1].whenWaitIsOver.moveTo (scene \"a\"): leads back here: a → b → a"), "\(line)")
        let missing = complaint(file: "{\"scenes\": [\(scene("x", "a")), \(scene("a", "duoo")), {\"id\": \"duo\", \"groupSize\": 2}]}")
        #expect(missing.contains("scenes[1].whenWaitIsOver.moveTo") && missing.contains("did you mean duo?"), "\(missing)")
    }

    @Test("Rules for those who are alone or too many are refused")
    func sizes() {
        let alone = complaint(file: #"{"scenes": [{"id": "a", "groupSize": 1, "rules": {"bots": {"after": 1}}}]}"#)
        #expect(alone.contains("scenes[0].rules.bots") && alone.contains("no seat for a bot"), "\(alone)")
        let many = Array(repeating: #"{"name": "t"}"#, count: 65).joined(separator: ",")
        #expect(line("\"treatments\": {\"seed\": 1, \"list\": [\(many)]}").contains("treatments.list (scene \"a\"): has more than 64 entries"))
    }
}
