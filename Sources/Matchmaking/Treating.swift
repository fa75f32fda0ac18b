import SessionProtocol

/// Treatments of sessions: given with the match, given back by a session that is not played.
///
/// The counts are this process's own. The records of a match and of an outcome do not say the treatment (version 1 of the
/// protocol has no field for it), so that after a restart the sequence begins anew; `HandOff.treatment` is where a record
/// that does will come from and go to.
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

    /// A session has ended. Unless it was played, another may have its treatment.
    mutating func giveBackTreatment(_ handOff: HandOff, _ outcome: Outcome) {
        guard let treatment = handOff.treatment, outcome.endedIn != .playing, let sceneIndex = handOff.sceneIndex,
            let index = queues[sceneIndex].treatments?.plan.treatments.firstIndex(where: { $0.name == treatment })
        else { return }
        queues[sceneIndex].treatments?.giveBack(index)
    }
}
