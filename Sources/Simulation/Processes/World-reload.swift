import Matchmaking
import SessionProtocol

/// The scenes' file changes now and then while people wait and play, and the matchmaker is asked to read it again.
struct ReloadPlan: Sendable {
    var atUs: UInt64
    var scenes: [Scene]

    /// In a few runs alone, from a stream of its own, so that the others stay as they are.
    static func draw(_ scenes: [Scene], root: UInt64, activeUs: UInt64) -> [ReloadPlan] {
        var random = SmallGenerator(root: root, stream: 9_000)
        guard random.perMille(150) else { return [] }
        var plans: [ReloadPlan] = []
        for _ in 0..<random.between(1, 6) {
            var changed: [Scene] = []
            for var scene in scenes where !random.perMille(250) {
                if random.perMille(300) {
                    let size = random.between(1, 5)
                    // Seats with roles add up to the group.
                    if scene.rules.roles == nil { scene.groupSize = size }
                }
                if random.perMille(100) { scene.isOpen = false }
                if random.perMille(200) { scene.waitTimeoutMs /= 2 }
                changed.append(scene)
            }
            if random.perMille(300) { changed.reverse() }
            plans.append(ReloadPlan(atUs: random.between(0, activeUs), scenes: changed))
        }
        // In the end the file is what it was.
        plans.append(ReloadPlan(atUs: activeUs, scenes: scenes))
        return plans
    }
}

extension World {
    /// The file is another now. A matchmaker that does not run finds it when it starts.
    func reload(_ plan: ReloadPlan) {
        note("the scenes are \(plan.scenes.map { "\($0.id) of \($0.groupSize)" }.joined(separator: ", "))")
        configured = plan.scenes
        if matchmaker.isRunning { queue.put(.input(0, life: matchmaker.life, .reconfigure(plan.scenes)), atUs: nowUs) }
    }

    /// Sessions of scenes that go.
    func metRemoval(_ scenes: [Scene]) {
        for session in truth.sessions where session.atMatchmaker == .live {
            guard let scene = session.handOffs.last?.assignment.scene, !scenes.contains(where: { $0.id == scene }) else { continue }
            coverage.count(.sceneRemoved, session.mirror)
        }
        metUntold(.sceneRemoved) { session in !scenes.contains { $0.id == session.handOffs.last?.assignment.scene } }
    }
}
