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
    @inline(__always)
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
    mutating func giveBackTreatment(_ handOff: Boxed<HandOff>, _ outcome: Outcome) {
        guard let treatment = handOff.assignment.treatment, outcome.endedIn != .playing, let sceneIndex = handOff.sceneIndex
        else { return }
        queues[sceneIndex].treatments?.giveBack(named: treatment)
    }

    /// A session that this matchmaker did not know lives at a coordinator.
    mutating func noteTreatment(_ assignment: Assignment) {
        guard let treatment = assignment.treatment, let sceneIndex = sceneIndices[assignment.scene] else { return }
        queues[sceneIndex].treatments?.note(treatment)
    }

    /// The owner's word of a session that is not known to live: whether it was played may be news.
    mutating func noteTreatment(_ outcome: Outcome, _ presumed: Outcome?) {
        guard let treatment = outcome.treatment, let sceneIndex = sceneIndices[outcome.scene] else { return }
        switch (presumed?.endedIn == .playing, outcome.endedIn == .playing) {
        case (false, true): queues[sceneIndex].treatments?.note(treatment)
        case (true, false): queues[sceneIndex].treatments?.giveBack(named: treatment)
        case (true, true), (false, false): break
        }
    }

    /// Goes on behind what the journal says of sessions that were played or still live: it keeps as many of a scene as it
    /// keeps of those that have met.
    mutating func restoreTreatments(_ outcomes: [Outcome]) {
        var given = scenes.map { _ in [String: Int]() }
        func count(_ treatment: String?, of scene: SceneID) {
            guard let treatment, let sceneIndex = sceneIndices[scene] else { return }
            if given[sceneIndex][treatment] == nil, given[sceneIndex].count >= TreatmentSequence.formerMax { return }
            given[sceneIndex][treatment, default: 0] += 1
        }
        var counted: Set<SessionID> = []
        // Of a presumption and the owner's word the later one counts.
        for outcome in outcomes.reversed() where counted.insert(outcome.session).inserted && outcome.endedIn == .playing {
            count(outcome.treatment, of: outcome.scene)
        }
        for id in ledger.sessions {
            guard let assignment = ledger.details(of: id)?.handOff?.assignment else { continue }
            count(assignment.treatment, of: assignment.scene)
        }
        for sceneIndex in scenes.indices {
            queues[sceneIndex].treatments = scenes[sceneIndex].treatments.map {
                TreatmentSequence($0, given: given[sceneIndex])
            }
        }
    }
}
