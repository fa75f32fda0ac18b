import SessionProtocol

extension MatchmakerCore {
    /// Takes back what the journal says, before any event: sessions that were handed off and have no outcome are live
    /// until their coordinators have reported, or grace and margin have passed. Records are in the order of writing.
    ///
    /// `isComplete` is false when there should be a journal and there is none, or when a damaged one was accepted: then
    /// nobody is matched until grace and margin have passed and nothing is in doubt, and live sessions that coordinators
    /// report are taken on (rule 13 of a hand-off, and `Hold`).
    public mutating func restore(_ records: [Message], isComplete: Bool, now: Moment) {
        precondition(ledger.count == 0, "a journal is read before anything happens")
        if !isComplete {
            hold = Hold(untilMs: now.bootMs + UInt64(limits.leaseGraceMs) + UInt64(limits.leaseMarginMs))
        }
        var latest: [SessionID: (node: NodeID, assignment: Assignment)] = [:]
        var offered: [SessionID: [NodeID]] = [:]
        var order: [SessionID] = []
        var hasEnded: Set<SessionID> = []
        var outcomes: [Outcome] = []
        for record in records {
            switch record {
            case .journalMatched(let node, let assignment):
                if offered[assignment.session]?.contains(node) != true { offered[assignment.session, default: []].append(node) }
                if latest.updateValue((node, assignment), forKey: assignment.session) == nil {
                    order.append(assignment.session)
                }
            case .ended(let outcome):
                hasEnded.insert(outcome.session)
                _ = ledger.settle(outcome, assignment: nil, now: now)
                outcomes.append(outcome)
            case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .endedAck,
                .cancel, .drop, .ping, .pong, .drain, .holding, .inventoryEnd:
                break
            }
        }
        for outcome in outcomes {
            let ageMs = now.unixMs - min(now.unixMs, outcome.endedAtUnixMs)
            remember(outcome, ageMs: ageMs, now)
            keepApart(outcome, ageMs: ageMs, now)
            spendWaits(for: outcome, latest[outcome.session]?.assignment, now)
        }
        for outcome in outcomes { retained.insert(outcome, nodes: offered[outcome.session] ?? [nil]) }
        for session in order {
            guard let (node, assignment) = latest[session] else { continue }
            // A later record of a subject says that it had been released from the earlier session, also when it has ended.
            for subject in assignment.subjectsLeft {
                guard let older = ledger.session(of: subject) else { continue }
                ledger.unseat(subject, from: older)
                releases.note(subject, from: older)
            }
            guard !hasEnded.contains(session) else { continue }
            if coordinator(node) == nil {
                var awaited = Coordinator(node: node, incarnation: Incarnation(0), url: "", capacity: 0)
                awaited.lostAtMs = now.bootMs + UInt64(limits.leaseGraceMs) + UInt64(limits.leaseMarginMs)
                coordinators.append(awaited)
            }
            adopt(assignment, in: .matched, at: node, offered: offered[session] ?? [node], now)
            _ = updateHandOff(session) { $0.isRestored = true }
            hold?.doubtful.insert(session)
        }
        for outcome in outcomes {
            guard let assignment = latest[outcome.session]?.assignment else { continue }
            retained.note(matchedUnixMs: matchedUnixMs(assignment), of: outcome.session)
        }
        restoreTreatments(outcomes)
    }

    /// Takes on a live session that a coordinator holds, or may hold. Its subjects are free, but for those that it has lost.
    mutating func adopt(
        _ assignment: Assignment, in state: SessionState, at node: NodeID, offered: [NodeID], _ now: Moment
    ) {
        let members = assignment.players.enumerated().map { index, player in
            // What is told to one who waits must not release from the session that is waited for.
            var member = Member(
                subject: player.subject, connection: nil, sinceUnixMs: player.sinceUnixMs, waitUntilMs: now.bootMs,
                slot: UInt32(index))
            member.seal = seal(ofPlaceOf: member, in: assignment.session, assignment.scene, now)
            return member
        }
        let handOff = HandOff(
            sceneIndex: sceneIndices[assignment.scene], assignment: assignment, node: node,
            phase: .accepted, offered: offered, members: members)
        ledger.open(
            assignment.session, scene: assignment.scene, state: .matched,
            subjects: assignment.players.map(\.subject), released: assignment.subjectsLost, details: .handOff(Boxed(handOff)))
        if state != .matched { mirror(assignment.session, state, now) }
        count(node, 1)
    }

    /// Sessions whose records a compacted journal must keep. Waiting rooms are among them, of which there are none: it is
    /// asked for in the middle of play, and to tell them apart would take longer.
    public var journalSessions: [SessionID] {
        // What an end that is not on disk yet is remembered for is known once it is.
        ledger.sessions + retained.sessions + unrecorded.map(\.outcome.session) + queues.flatMap(\.remembered)
    }
}
