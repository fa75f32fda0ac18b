import Matchmaking
import SessionProtocol

/// Scenes that say what play is like: who may be missed, what stands still meanwhile, and in how many episodes.
extension SceneCatalog {
    /// In some runs one or more of them, from a stream of their own, so that the other runs stay as they are.
    static func drawPlayed(_ settings: SessionSettings, _ waitTimeoutMs: UInt64, root: UInt64) -> [Scene] {
        var random = SmallGenerator(root: root, stream: 9_600)
        guard random.perMille(400) else { return [] }
        var scenes: [Scene] = []
        func add(_ name: String, _ size: Int, validates: Bool = false, _ change: (inout PlayRules) -> Void) {
            guard random.perMille(600), let id = try? SceneID(name) else { return }
            var (rules, settings) = (PlayRules.none, settings)
            (settings.validatesPeers, settings.onValidationFailure) = (validates, .relay)
            change(&rules)
            scenes.append(Scene(id: id, groupSize: size, settings: settings, playRules: rules, waitTimeoutMs: waitTimeoutMs))
        }
        let (pauses, opens, ends) = (random.perMille(500), random.perMille(500), random.perMille(500))
        let episodes = EpisodeRule(
            count: UInt16(random.between(1, 4)), timeoutMs: 1500, resetTimeoutMs: 800, endsWhen: ends ? .anySays : .allSay)
        let countdownMs = UInt32(random.between(0, 400))
        add("lossy", random.between(2, 4)) {
            $0.absence = AbsenceRule(pauses: pauses, loss: .empty, playersMin: opens ? 2 : 1)
            $0.barriers = opens ? BarrierRule(missing: .lose) : nil
        }
        add("manned", 3, validates: ends) {
            $0.absence = AbsenceRule(pauses: !pauses, loss: .bot)
            $0.barriers = BarrierRule(missing: opens ? .open : .lose, countdownMs: countdownMs)
        }
        add("rounds", random.between(2, 3)) {
            $0.start = StartRule(countdownMs: countdownMs)
            $0.absence = AbsenceRule(pauses: pauses, loss: opens ? .end : .empty)
            $0.barriers = BarrierRule(missing: opens ? .open : .lose)
            $0.episodes = episodes
        }
        return scenes
    }
}
