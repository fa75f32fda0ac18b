import Matchmaking
import SessionProtocol

/// Scenes that ask how far players are from each other, whether they are people, and whether they have met.
extension SceneCatalog {
    /// In some runs one or more of them, from a stream of their own, so that the other runs stay as they are.
    static func drawPaired(_ settings: SessionSettings, _ waitTimeoutMs: UInt64, root: UInt64) -> [Scene] {
        var random = SmallGenerator(root: root, stream: 9_300)
        guard random.perMille(250) else { return [] }
        var scenes: [Scene] = []
        func add(_ name: String, _ size: Int, _ change: (inout MatchingRules) -> Void) {
            guard random.perMille(500), let id = try? SceneID(name) else { return }
            var rules = MatchingRules()
            change(&rules)
            scenes.append(Scene(id: id, groupSize: size, settings: settings, waitTimeoutMs: waitTimeoutMs, rules: rules))
        }
        add("near", random.between(2, 3)) { rules in
            rules.latency = LatencyRule(
                steps: [.init(afterMs: 0, capMs: 60), .init(afterMs: waitTimeoutMs / 3, capMs: 120)],
                regionAttribute: "region",
                regions: [
                    .init(first: "east", second: "east", roundTripMs: 30), .init(first: "west", second: "west", roundTripMs: 80),
                    .init(first: "east", second: "west", roundTripMs: 160),
                ])
        }
        add("robots", 3) { $0.bots = BotRule(afterMs: waitTimeoutMs / 5, playersMin: 1) }
        add("strangers", 2) { $0.encounters = .never }
        let reunion: EncounterRule.Reunion = random.perMille(500) ? .end : .others
        add("again", 2) { $0.encounters = .reunite(waitMs: waitTimeoutMs / 3, otherwise: reunion) }
        // Who has played again with the same is no stranger either.
        if let strangers = scenes.firstIndex(where: { $0.rules.encounters == .never }),
            let again = scenes.first(where: { $0.id.name == "again" })
        {
            scenes[strangers].rules.encountersIn = [again.id]
        }
        return scenes
    }
}

extension World {
    /// The least that is ever measured of the way to a client; nil for one of whom nothing is.
    static func pingMs(of subject: SubjectID) -> UInt32? {
        var random = SmallGenerator(seed: subject.name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }, stream: 9_400)
        return random.perMille(850) ? UInt32(random.between(2, 110)) : nil
    }

    /// What a page may measure more than the least.
    static let rttSpreadUs: UInt32 = 4_000

    /// The least that two can ever measure of the way between them, whichever asks.
    static func rttMs(_ a: SubjectID, _ b: SubjectID) -> UInt32 {
        let seed = [a, b].reduce(0) { $0 &+ $1.name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) } }
        var random = SmallGenerator(seed: seed, stream: 9_500)
        return UInt32(random.between(1, 180))
    }
}
