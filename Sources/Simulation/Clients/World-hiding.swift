import Coordination
import SessionProtocol

/// Pages that are hidden for a while, in scenes where that counts.
extension World {
    /// From a stream of its own for each game, so that the client's other doings stay as they are.
    func mayHide(_ client: Int, _ session: SessionID) {
        let scene = clients[client].scene
        guard plan.scenes.indices.contains(scene), plan.scenes[scene].playRules.watch != nil, !isHealing else { return }
        var random = SmallGenerator(root: plan.root ^ session.low, stream: 9_900 + UInt64(client))
        guard random.perMille(350) else { return }
        let fromUs = nowUs + random.between(0, 1_500_000) as UInt64
        hideLater(client, true, atUs: fromUs)
        if random.perMille(500) { hideLater(client, false, atUs: fromUs + random.between(100_000, 1_500_000)) }
    }

    private func hideLater(_ client: Int, _ isHidden: Bool, atUs: UInt64) {
        queue.put(.visibility(clients[client].connection, client, isHidden: isHidden), atUs: atUs)
    }

    func changeVisibility(_ connection: Int, _ client: Int, isHidden: Bool) {
        // Another page knows nothing of it.
        guard clients[client].connection == connection, connection >= 0 else { return }
        ask(.visibility(isHidden: isHidden), client)
    }

    /// An administrator comes.
    func administer(_ act: AdministrationPlan) {
        guard !coordinators.isEmpty else { return }
        let host = coordinators[Int(act.choice % UInt64(coordinators.count))]
        let sessions = truth.coordinators[host.number - 1].copies.keys.sorted()
        guard host.isRunning, !sessions.isEmpty else { return }
        let session = truth[sessions[Int(act.choice >> 8 % UInt64(sessions.count))]].id
        guard act.choice >> 20 % 4 != 0 else {
            return queue.put(.input(host.number, life: host.life, .cancel(session)), atUs: nowUs)
        }
        let player = PlayerIndex(UInt8(act.choice >> 32 % 3))
        queue.put(.input(host.number, life: host.life, .exclude(session, player)), atUs: nowUs)
    }
}
