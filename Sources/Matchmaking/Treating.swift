import SessionProtocol

/// Treatments of sessions: given with the match, given back by a session that is not played. The record of a match says
/// them, so that a matchmaker that starts on its journal goes on counting; only sessions that a compacted journal has left
/// out are counted no more.
extension MatchmakerCore {
    /// Whether a scene has had all the sessions that it is for.
    func hasPlayedAll(_ sceneIndex: Int) -> Bool {
        guard let sequence = queues[sceneIndex].treatments else { return false }
        return sequence.plan.closesWhenFull && sequence.isFull
    }

    mutating func giveTreatment(_ id: SessionID, _ sceneIndex: Int, _ actions: inout [MatchmakerAction]) -> String? {
        guard let index = queues[sceneIndex].treatments?.next(), let plan = queues[sceneIndex].treatments?.plan else { return nil }
        let name = plan.treatments[index].name
        actions.append(.notice(.treated(id, scenes[sceneIndex].id, treatment: name)))
        return name
    }

    /// A session of the journal, live or played, has its treatment.
    mutating func restoreTreatment(_ assignment: Assignment) {
        guard let treatment = assignment.treatment, let sceneIndex = sceneIndices[assignment.scene],
            let index = queues[sceneIndex].treatments?.plan.treatments.firstIndex(where: { $0.name == treatment })
        else { return }
        queues[sceneIndex].treatments?.restore(index)
    }

    /// A session has ended. Unless it was played, another may have its treatment.
    mutating func giveBackTreatment(_ handOff: HandOff, _ outcome: Outcome) {
        guard let treatment = handOff.assignment.treatment, outcome.endedIn != .playing, let sceneIndex = handOff.sceneIndex,
            let index = queues[sceneIndex].treatments?.plan.treatments.firstIndex(where: { $0.name == treatment })
        else { return }
        queues[sceneIndex].treatments?.giveBack(index)
    }
}
