import Digests
import Matchmaking
import SessionProtocol

/// What those who join are like, and the rules by which they are put together: in pairs.
enum MatchScene: String, CaseIterable {
    /// No rules. Whoever waits in numbers there waits in full groups for a coordinator with room, so that is how it is filled.
    case firstCome = "first-come"
    /// Skill, latency and an attribute that must be equal. Whoever waits there has nobody who fits.
    case rules

    static let id = "match"
    static let skillMax = 3000.0
    static let languages = 10
    static let regions = 8
    /// How long one waits who has the mean wait of the population, in seconds of its own time.
    static let turnoverSeconds = 10.0

    var summary: String {
        switch self {
        case .firstCome: "first come first served, pairs; full groups wait for a coordinator that has room for one when another ends"
        case .rules: "skill, latency and language, pairs; those who wait have nobody who fits, half of those who come have"
        }
    }

    func scene(waiting: Int) -> Scene? {
        guard let id = try? SceneID(MatchScene.id) else { return nil }
        var scene = Scene(
            id: id, groupSize: 2, settings: SessionSettings(validatesPeers: false), waitTimeoutMs: 3_600_000,
            waitingMax: .max)
        switch self {
        case .firstCome: break
        case .rules: scene.rules = MatchScene.rules(width: MatchScene.width(waiting: waiting), afterMs: 10_000)
        }
        return scene
    }

    /// The skill window with which so many go on waiting: half of those who come find somebody within it.
    static func width(waiting: Int) -> Double { 2.8 * skillMax / Double(waiting) }

    /// A window that widens in steps so long, and a cap of the round trip that does too.
    static func rules(width: Double, afterMs: UInt64) -> MatchingRules {
        var rules = MatchingRules()
        rules.skill = SkillRule(
            attribute: "skill",
            steps: [
                .init(afterMs: 0, width: width), .init(afterMs: afterMs, width: 2 * width),
                .init(afterMs: 3 * afterMs, width: 4 * width), .init(afterMs: 6 * afterMs, width: nil),
            ])
        var pairs: [LatencyRule.RegionPair] = []
        for first in 0..<regions {
            for second in first..<regions {
                pairs.append(.init(first: name(region: first), second: name(region: second), roundTripMs: roundTripMs(first, second)))
            }
        }
        rules.latency = LatencyRule(
            steps: [
                .init(afterMs: 0, capMs: 60), .init(afterMs: 2 * afterMs, capMs: 100), .init(afterMs: 6 * afterMs, capMs: nil),
            ], regionAttribute: "region", regions: pairs)
        rules.attributes = [.equal("language")]
        return rules
    }

    static func name(region: Int) -> String { "region-\(region)" }

    /// The regions lie around a ring.
    static func roundTripMs(_ a: Int, _ b: Int) -> UInt32 {
        let apart = abs(a - b)
        return 20 + 35 * UInt32(min(apart, regions - apart))
    }
}

/// One who is drawn for a population.
struct MatchPerson {
    let skill: Double
    let region: Int
    let language: Int

    /// - Parameter languages: how many are spoken.
    init(_ random: inout SeededGenerator, languages: Int = MatchScene.languages) {
        skill = Double(random.next() >> 11) / Double(1 << 53) * MatchScene.skillMax
        region = Int(random.next() % UInt64(MatchScene.regions))
        language = Int(random.next() % UInt64(languages))
    }

    var attributes: Attributes {
        Attributes([
            .init(name: "skill", value: .number(skill)),
            .init(name: "region", value: .text(MatchScene.name(region: region))),
            .init(name: "language", value: .text("language-\(language)")),
        ])
    }
}
