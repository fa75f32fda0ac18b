import SessionProtocol

/// Treatments of sessions: given with the match, given back by a session that is not played.
extension MatchmakerCore {
    /// What a session that is matched says to its players beside the game: the treatment, and what each is in it.
    mutating func conditions(of id: SessionID, _ room: Room, _ actions: inout [MatchmakerAction]) -> Extensions {
        let treatment = giveTreatment(id, room.sceneIndex, &actions)
        let seats = scenes[room.sceneIndex].rules.roles?.seats.flatMap { [String](repeating: $0.role, count: $0.count) } ?? []
        if treatment == nil, seats.isEmpty { return .none }
        return Extensions(treatment: treatment, roles: Array(seats.prefix(room.members.count)))
    }

    /// Whether a scene has had all the sessions that it is for.
    func hasPlayedAll(_ sceneIndex: Int) -> Bool {
        guard let sequence = queues[sceneIndex].treatments else { return false }
        return sequence.plan.closesWhenFull && sequence.isFull
    }

    private mutating func giveTreatment(_ id: SessionID, _ sceneIndex: Int, _ actions: inout [MatchmakerAction]) -> String? {
        guard let index = queues[sceneIndex].treatments?.next(), let plan = queues[sceneIndex].treatments?.plan else { return nil }
        let name = plan.treatments[index].name
        actions.append(.notice(.treated(id, scenes[sceneIndex].id, treatment: name)))
        return name
    }

    /// A session has ended. Unless it was played, another may have its treatment.
    mutating func giveBackTreatment(_ handOff: HandOff, _ outcome: Outcome) {
        guard let treatment = handOff.assignment.treatment, outcome.endedIn != .playing, let sceneIndex = handOff.sceneIndex,
            let index = queues[sceneIndex].treatments?.plan.treatments.firstIndex(where: { $0.name == treatment })
        else { return }
        queues[sceneIndex].treatments?.giveBack(index)
    }
}
