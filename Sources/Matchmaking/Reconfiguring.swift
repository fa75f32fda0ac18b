import SessionProtocol

/// New scenes while the matchmaker runs. Rooms find their scene by its index, so an index stays its scene's as long as the
/// scene is configured; that of a removed one, whose rooms end with it, is given to the next that is added. Sessions that
/// have been matched keep the settings they were assigned, whatever becomes of their scene.
extension MatchmakerCore {
    /// The file's scenes in place of those before. Told by their ids:
    /// - one that stays has its new settings from the next match on. Those who wait there go on waiting, each to the
    ///   deadline it had; if the group's size or the rules are others, its rooms are formed anew.
    /// - one that is gone is unknown to joins, as it would be after a restart; those who wait there are told `cancelled`.
    /// - one that is new takes joins.
    mutating func reconfigure(_ configured: [Scene], _ now: Moment, _ actions: inout [MatchmakerAction]) {
        let kept = Set(configured.map(\.id))
        precondition(kept.count == configured.count, "each scene stands once in a configuration")
        for index in scenes.indices where isConfigured(index) && !kept.contains(scenes[index].id) {
            removeScene(index, now, &actions)
        }
        for scene in configured {
            if let index = sceneIndices[scene.id] {
                change(index, to: scene, now, &actions)
            } else {
                add(scene)
            }
        }
        linkHandOffsToScenes()
    }

    /// Whether an index is some scene's at present.
    func isConfigured(_ index: Int) -> Bool { sceneIndices[scenes[index].id] == index }

    private mutating func add(_ scene: Scene) {
        let index = scenes.indices.first { !isConfigured($0) } ?? scenes.count
        if index == scenes.count {
            scenes.append(scene)
            queues.append(SceneQueue(scene, limits.pool))
        } else {
            scenes[index] = scene
            queues[index] = SceneQueue(scene, limits.pool)
        }
        sceneIndices[scene.id] = index
    }

    private mutating func removeScene(_ index: Int, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        sceneIndices[scenes[index].id] = nil
        for id in rooms(of: index) { closeRoom(id, .sceneRemoved, now, &actions) }
        queues[index].forgetGames(&pairs)
        forgetRefusals(of: index)
    }

    private mutating func change(
        _ index: Int, to scene: Scene, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        let old = scenes[index]
        guard scene != old else { return }
        scenes[index] = scene
        forgetRefusals(of: index)
        if scene.treatments != old.treatments { queues[index].changeTreatments(to: scene.treatments) }
        if scene.groupSize != old.groupSize || scene.rules != old.rules {
            formRoomsAnew(index, now, &actions)
        } else {
            matchFullRooms(index, now, &actions)
        }
    }

    /// Coordinators that could not carry a scene as it was may carry it as it is.
    private mutating func forgetRefusals(of index: Int) {
        for coordinator in coordinators.indices { coordinators[coordinator].unsupportedScenes.remove(index) }
    }

    /// Waiting rooms of a scene, the most senior first.
    private func rooms(of index: Int) -> [SessionID] {
        let rooms = ledger.sessions.compactMap { id -> (id: SessionID, sinceUnixMs: UInt64)? in
            guard let room = ledger.details(of: id)?.room, room.sceneIndex == index else { return nil }
            return (id, sinceUnixMs(room) ?? .max)
        }
        return rooms.sorted { $0.sinceUnixMs < $1.sinceUnixMs }.map(\.id)
    }

    /// Rooms keep those, the most senior first, who can still be together; the others go where there is a place for them,
    /// each to its own deadline. Everybody hears the new counts. Whoever has no place in any group now is told `cancelled`.
    private mutating func formRoomsAnew(_ index: Int, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        let changed = rooms(of: index).filter { ledger.details(of: $0)?.room?.gathers == nil }
        let gatherings = rooms(of: index).filter { ledger.details(of: $0)?.room?.gathers != nil }
        for id in changed {
            for join in ledger.details(of: id)?.room?.members ?? JoinNumbers() {
                if let unit = joined[join].unit { queues[index].removeFromPool(unit, &pairs) }
            }
            breakUp(id)
        }
        queues[index].changeRules(to: scenes[index], limits.pool, &pairs)
        for id in gatherings where !endsUnfitGathering(id, now, &actions) { tellRoom(id, now, &actions) }
        var touched = changed
        for id in changed {
            for join in unfit(in: id, index) {
                let member = joined[join]
                leaveParty(member, of: id)
                displace(join, from: id)
                queues[index].waiting -= 1
                tellEnded(member, session: id, .cancelled, scenes[index].settings.completionCode(for: .cancelled), &actions)
                if let connection = member.connection { finish(connection, .cancelled, in: id, now, &actions) }
            }
            touched += reenterRoom(id, index, now)
            if ledger.details(of: id)?.room?.members.isEmpty == true { endRoom(id, .sceneRemoved, now) }
        }
        shareOut(index, changed: touched, now, &actions)
    }

    /// Members of a room whom the scene's rules, as they are now, leave no place; a party that has become too large among
    /// them.
    private func unfit(in id: SessionID, _ index: Int) -> [JoinNumber] {
        let joins = ledger.details(of: id)?.room?.members ?? JoinNumbers()
        return joins.filter { join in
            scenes[index].rules.misfit(of: joined[join].attributes) != nil
                || joins.count { joined[$0].partyOrder == joined[join].partyOrder } > scenes[index].groupSize
        }
    }

    /// Survivors of a session wait in the scene that has its name, if there is one.
    private mutating func linkHandOffsToScenes() {
        for id in ledger.sessions {
            guard let handOff = ledger.details(of: id)?.handOff else { continue }
            let index = sceneIndices[handOff.assignment.scene]
            if handOff.sceneIndex != index { _ = updateHandOff(id) { $0.sceneIndex = index } }
        }
        for index in unrecorded.indices where !unrecorded[index].members.isEmpty {
            unrecorded[index].sceneIndex = sceneIndices[unrecorded[index].outcome.scene]
        }
    }
}
