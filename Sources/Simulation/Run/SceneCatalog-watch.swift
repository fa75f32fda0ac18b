import Matchmaking
import SessionProtocol

/// Scenes that exclude who is too slow, silent or hidden for too long.
extension SceneCatalog {
    /// In some runs one or two of them, from a stream of their own, so that the other runs stay as they are.
    static func drawWatched(_ settings: SessionSettings, _ waitTimeoutMs: UInt64, root: UInt64) -> [Scene] {
        var random = SmallGenerator(root: root, stream: 9_700)
        guard random.perMille(300) else { return [] }
        var scenes: [Scene] = []
        for (name, validates) in [("watched", false), ("watched peers", true)] where random.perMille(700) {
            guard let id = try? SceneID(name) else { continue }
            var (rules, settings) = (PlayRules.none, settings)
            (settings.validatesPeers, settings.onValidationFailure) = (validates, .requeue)
            rules.watch = WatchRule(
                roundTripMaxMs: random.perMille(500) ? 400 : 0, roundTripForMs: 900,
                silentForMs: random.perMille(700) ? UInt32(random.between(1_500, 2_500)) : 0,
                hiddenForMs: UInt32(random.between(300, 1_200)), warningMs: random.perMille(200) ? 0 : 250)
            scenes.append(Scene(id: id, groupSize: random.between(2, 3), settings: settings, playRules: rules, waitTimeoutMs: waitTimeoutMs))
        }
        return scenes
    }
}

/// Now and then an administrator asks a coordinator to end a session, or to exclude a player.
struct AdministrationPlan: Sendable {
    var atUs: UInt64
    /// Which coordinator, session and player, out of those that there are then.
    var choice: UInt64

    static func draw(root: UInt64, activeUs: UInt64) -> [AdministrationPlan] {
        var random = SmallGenerator(root: root, stream: 9_800)
        guard random.perMille(300) else { return [] }
        return (0..<random.between(1, 12)).map { _ in
            AdministrationPlan(atUs: random.between(0, activeUs), choice: random.next() >> 1)
        }
    }
}
