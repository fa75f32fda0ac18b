import SessionProtocol

/// Scenes that send those on to another whose time to wait is up.
extension MatchmakerCore {
    /// Members of a room go on waiting in another scene with their seniority, to a new deadline. Whom that scene does not
    /// take, for a reason for which it would refuse a join, is told `wait_timeout`. Scenes that send to one another in a
    /// circle keep nobody for ever: one goes on no more often than there are scenes.
    mutating func moveOn(
        _ members: [Member], from id: SessionID, to other: SceneID, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let room = ledger.details(of: id)?.room, let reason = ExitCause.waitOver.path(in: .waiting).ending?.reason else { return }
        let code = scenes[room.sceneIndex].settings.completionCode(for: reason)
        let target = sceneIndices[other]
        let isAnyTaken = members.contains { takes($0, target, from: room.sceneIndex) }
        for member in members {
            _ = takeOut(
                member.subject, of: id, causeWhenEmpty: isAnyTaken ? .movedTogether : .waitOver, as: nil, now, &actions)
        }
        shareOut(room.sceneIndex, changed: [id], now, &actions)
        for member in members {
            guard let connection = member.connection else { continue }
            if let target, takes(member, target, from: room.sceneIndex) {
                joined.moves(connection, from: scenes[room.sceneIndex].id)
                // Never at once again, whatever the scene says.
                let waitUntilMs = now.bootMs + max(1, scenes[target].waitTimeoutMs)
                seat(member.waiting(until: waitUntilMs), sceneIndex: target, now, &actions)
            } else {
                tellEnded(member, session: id, reason, code, &actions)
                finish(connection, .timedOut, in: id, now, &actions)
            }
        }
    }

    private func takes(_ member: Member, _ target: Int?, from sceneIndex: Int) -> Bool {
        guard let target, target != sceneIndex, !isDraining, let connection = member.connection,
            joined.moves(connection) < scenes.count
        else { return false }
        let scene = scenes[target]
        return scene.isOpen && !hasPlayedAll(target) && queues[target].waiting < scene.waitingMax && scene.rules.misfit(of: member.attributes) == nil
            && problem(of: member.party, member.attributes, in: target) == nil
    }

    /// Where one waits who joins a scene with a place in another to which that scene sends on, itself or by way of others: its
    /// connection broke there, and pages name the scene that they know. This holds for as long as one waits there at most;
    /// after that, or when the place is spent, it begins anew where it asks to.
    func whereMoved(_ claim: ResumeClaim, from sceneIndex: Int, _ now: Moment) -> Int? {
        guard claim.kind.restoresPlace, claim.scene != scenes[sceneIndex].id, let target = sceneIndices[claim.scene],
            !isSpent(claim)
        else { return nil }
        let signedUnixMs = claim.expiresUnixMs - min(claim.expiresUnixMs, limits.resumeLifetimeMs)
        guard now.unixMs - min(now.unixMs, signedUnixMs) < scenes[target].waitTimeoutMs else { return nil }
        var index = sceneIndex
        for _ in scenes {
            guard case .moveTo(let next) = scenes[index].whenWaitIsOver, let nextIndex = sceneIndices[next] else { return nil }
            if nextIndex == target { return target }
            index = nextIndex
        }
        return nil
    }

    /// Whether one who waits in this room has come from that scene, so that a join there is for this place.
    func wasMoved(_ subject: SubjectID, in room: Room, from scene: SceneID) -> Bool {
        join(of: subject, in: room).flatMap { joined[$0].connection }.flatMap { joined.movedFrom($0) } == scene
    }
}
