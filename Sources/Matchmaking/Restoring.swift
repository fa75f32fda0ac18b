import SessionProtocol

extension MatchmakerCore {
    /// Takes back what the journal says, before any event: sessions that were handed off and have no outcome are live
    /// until their coordinators have reported, or grace and margin have passed. Records are in the order of writing.
    public mutating func restore(_ records: [Message], now: Moment) {
        precondition(ledger.count == 0, "a journal is read before anything happens")
        var latest: [SessionID: (node: NodeID, assignment: Assignment)] = [:]
        var order: [SessionID] = []
        for record in records {
            switch record {
            case .journalMatched(let node, let assignment):
                if latest.updateValue((node, assignment), forKey: assignment.session) == nil {
                    order.append(assignment.session)
                }
            case .ended(let outcome):
                latest[outcome.session] = nil
                _ = ledger.settle(outcome, assignment: nil, now: now)
            case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .endedAck,
                .cancel, .drop, .ping, .pong, .drain, .holding, .inventoryEnd:
                break
            }
        }
        for session in order {
            guard let (node, assignment) = latest[session] else { continue }
            let isFree = assignment.players.allSatisfy { ledger.session(of: $0.subject) == nil }
            guard isFree, !ledger.contains(session) else { continue }
            if coordinator(node) == nil {
                var awaited = Coordinator(node: node, incarnation: Incarnation(0), url: "", capacity: 0)
                awaited.lostAtMs = now.bootMs + UInt64(limits.leaseGraceMs) + UInt64(limits.leaseMarginMs)
                coordinators.append(awaited)
            }
            adopt(assignment, in: .matched, at: node)
        }
    }

    /// Takes on a live session that a coordinator holds, or may hold.
    mutating func adopt(_ assignment: Assignment, in state: SessionState, at node: NodeID) {
        let members = assignment.players.enumerated().map { index, player in
            let claim = signer.check(player.placeResume, nowUnixMs: 0)
            return Member(
                subject: player.subject, connection: nil, sinceUnixMs: claim?.sinceUnixMs ?? 0, waitUntilMs: 0, slot: UInt32(index),
                resume: player.releaseResume)
        }
        let handOff = HandOff(
            sceneIndex: sceneIndices[assignment.scene] ?? 0, assignment: assignment, node: node, phase: .accepted,
            members: members)
        ledger.open(
            assignment.session, scene: assignment.scene, state: .matched,
            subjects: assignment.players.map(\.subject), details: .handOff(handOff))
        if state != .matched { ledger.transition(assignment.session, to: state) }
        count(node, 1)
    }

    /// What a new journal must begin with so that the old one can go: every hand-off without an outcome.
    public var journalSnapshot: [Message] {
        ledger.sessions.compactMap { id in
            ledger[id]?.details.handOff.map { .journalMatched($0.node, $0.assignment) }
        }
    }
}
