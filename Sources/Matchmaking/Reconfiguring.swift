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
            queues.append(SceneQueue())
        } else {
            scenes[index] = scene
            queues[index] = SceneQueue()
        }
        sceneIndices[scene.id] = index
    }

    private mutating func removeScene(_ index: Int, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        sceneIndices[scenes[index].id] = nil
        for id in rooms(of: index) { closeRoom(id, .sceneRemoved, now, &actions) }
        forgetRefusals(of: index)
    }

    private mutating func change(
        _ index: Int, to scene: Scene, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        let old = scenes[index]
        guard scene != old else { return }
        scenes[index] = scene
        forgetRefusals(of: index)
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
            guard let room = ledger[id]?.details.room, room.sceneIndex == index else { return nil }
            return (id, room.members.lazy.map(\.sinceUnixMs).min() ?? .max)
        }
        return rooms.sorted { $0.sinceUnixMs < $1.sinceUnixMs }.map(\.id)
    }

    /// Rooms with more members than a group may have now keep the most senior ones; the others wait in the next room, each
    /// to its own deadline. Everybody hears the new counts.
    private mutating func formRoomsAnew(_ index: Int, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        let size = scenes[index].groupSize
        var changed = rooms(of: index)
        var surplus: [Member] = []
        for id in changed {
            let members = ledger[id]?.details.room?.members ?? []
            for member in members.sorted(by: { $0.sinceUnixMs < $1.sinceUnixMs }).dropFirst(size) {
                displace(member, from: id)
                surplus.append(member)
            }
            requeue(id)
        }
        for member in surplus.sorted(by: { $0.sinceUnixMs < $1.sinceUnixMs }) {
            let id = queues[index].open.map(\.session).first { accepts(member.subject, in: $0) } ?? openRoom(index)
            place(member, in: id, now)
            requeue(id)
            if !changed.contains(id) { changed.append(id) }
        }
        shareOut(index, changed: changed, now, &actions)
    }

    /// Survivors of a session wait in the scene that has its name, if there is one.
    private mutating func linkHandOffsToScenes() {
        for id in ledger.sessions {
            guard let handOff = ledger[id]?.details.handOff else { continue }
            let index = sceneIndices[handOff.assignment.scene]
            if handOff.sceneIndex != index { _ = updateHandOff(id) { $0.sceneIndex = index } }
        }
        for index in unrecorded.indices where !unrecorded[index].members.isEmpty {
            unrecorded[index].sceneIndex = sceneIndices[unrecorded[index].outcome.scene]
        }
    }
}
