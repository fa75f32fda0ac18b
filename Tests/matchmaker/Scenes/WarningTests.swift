import Testing

@testable import matchmaker

@Suite struct WarningTests {
    private func warnings(_ keys: String, remembers: Bool = true) throws -> [String] {
        let scenes = try settings(file: "{\"scenes\": [{\"id\": \"a\", \"groupSize\": 3, \(keys)}]}").scenes
        return SceneFile.warnings(scenes, remembers: remembers)
    }

    @Test(
        "what nobody waits long enough for is worth a line",
        arguments: [
            ("smallerGroups", #"[{"after": "1m", "size": 2}, {"after": "121s", "size": 1}]"#), ("bots", #"{"after": 121000}"#),
            ("skill", #"{"attribute": "elo", "steps": [{"after": 0, "width": 1}, {"after": "121s", "width": "any"}]}"#),
            ("latency", #"{"steps": [{"after": 0, "cap": 50}, {"after": "121s", "cap": "any"}]}"#),
            ("encounters", #"{"reunite": {"wait": "121s"}}"#),
        ])
    func late(rule: String, value: String) throws {
        let found = try warnings("\"rules\": {\"\(rule)\": \(value)}")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("scene \"a\": rules.\(rule) has something for those who have waited for 121000ms") == true)
        // At the very end it still happens.
        #expect(try warnings("\"waitTimeout\": \"121s\", \"rules\": {\"\(rule)\": \(value)}") == [])
    }

    @Test(
        "what a scene should know after a restart is worth a line where the server forgets it",
        arguments: [
            (#""rules": {"encounters": "never"}"#, "rules.encounters will"), (#""treatments": {"seed": 1, "list": [{"name": "t"}]}"#, "treatments will"),
            (#""rules": {"encounters": "never"}, "treatments": {"seed": 1, "list": [{"name": "t"}]}"#, "rules.encounters and treatments will"),
        ])
    func forgotten(keys: String, words: String) throws {
        let found = try warnings(keys, remembers: false)
        #expect(found.count == 1 && found.first?.hasPrefix("scene \"a\": \(words) know nothing of earlier games") == true)
        #expect(try warnings(keys) == [])
    }

    @Test("nothing of what is served without a file is worth one")
    func builtIn() { #expect(SceneFile.warnings(SceneFile.builtIn, remembers: false) == []) }
}
