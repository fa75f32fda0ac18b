import Matchmaking
import SessionProtocol

/// The scenes of simulated worlds.
enum SceneCatalog {
    /// A few of all scenes; always the plain one for two. Those that came later are drawn from streams of their own, so
    /// that the others stay as they are.
    static func draw(isQuick: Bool, root: UInt64, _ random: inout SmallGenerator) -> [Scene] {
        var scenes: [Scene] = []
        for (index, scene) in all(isQuick: isQuick).enumerated() where index == 0 || random.perMille(500) {
            scenes.append(scene)
        }
        var later = SmallGenerator(root: root, stream: 9_100)
        if later.perMille(400), let id = try? SceneID("asked") {
            scenes.append(
                Scene(
                    id: id, groupSize: 3, settings: SessionSettings(validatesPeers: false, playTimeoutMs: 9000),
                    waitTimeoutMs: isQuick ? 7000 : 30_000, authority: "school",
                    treatments: TreatmentPlan(treatments: [.init(name: "a"), .init(name: "b", weight: 2), .init(name: "c", quota: 1)], seed: root),
                    confirmTimeoutMs: isQuick ? 1500 : 10_000))
        }
        if later.perMille(400), let id = try? SceneID("party") {
            var rules = MatchingRules()
            rules.partySizeMax = 3
            scenes.append(
                Scene(
                    id: id, groupSize: 4, settings: SessionSettings(validatesPeers: false, playTimeoutMs: 9000),
                    waitTimeoutMs: isQuick ? 4000 : 15_000, rules: rules, whenWaitIsOver: .moveTo(scenes[0].id)))
        }
        if later.perMille(400), let id = try? SceneID("exam") {
            var settings = SessionSettings(validatesPeers: true, onValidationFailure: .end, playTimeoutMs: 9000)
            if isQuick { settings.validationTimeoutMs = 2500 }
            scenes.append(
                Scene(
                    id: id, groupSize: 3, settings: settings,
                    playRules: PlayRules(attempts: AttemptRule(attemptsMax: 2, attemptTimeoutMs: 1000)), waitTimeoutMs: isQuick ? 7000 : 30_000))
        }
        return scenes
    }

    private static func all(isQuick: Bool) -> [Scene] {
        func settings(_ validates: Bool, _ action: ValidationFailureAction = .requeue) -> SessionSettings {
            var settings = SessionSettings(validatesPeers: validates, onValidationFailure: action)
            settings.playTimeoutMs = 20_000
            if isQuick {
                settings.enterTimeoutMs = 2500
                settings.validationTimeoutMs = 2500
                settings.reconnectGraceMs = 1500
                settings.barrierTimeoutMs = 3000
                settings.playTimeoutMs = 9000
            }
            return settings
        }
        let waitMs: UInt64 = isQuick ? 7000 : 30_000
        func scene(
            _ name: String, _ size: Int, _ settings: SessionSettings, open: Bool = false, waitingMax: Int = 100_000,
            authority: String? = nil
        ) -> [Scene] {
            guard let id = try? SceneID(name) else { return [] }
            return [
                Scene(
                    id: id, groupSize: size, settings: settings, waitTimeoutMs: waitMs,
                    identity: open ? .open : .proof, authority: authority, waitingMax: waitingMax)
            ]
        }
        return scene("duo", 2, settings(true)) + scene("duo-relay", 2, settings(false), open: true)
            + scene("trio", 3, settings(true, .relay), authority: "school") + scene("quartet-relay", 4, settings(false))
            + scene("solo", 1, settings(false)) + scene("strict", 2, settings(true, .end))
            + scene("small", 3, settings(false), waitingMax: 3) + scene("five", 5, settings(true), authority: "school")
    }
}
