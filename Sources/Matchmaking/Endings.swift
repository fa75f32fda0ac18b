import SessionProtocol

/// An end that is told once its record is on disk.
struct PendingEnd: Sendable {
    let number: UInt64
    let outcome: Outcome
    /// False for a repeat, which is acknowledged and nothing else.
    let isNews: Bool
    /// The coordinator that waits for the acknowledgement.
    let node: NodeID?
    /// Those who were still connected here, with their place in the outcome.
    let members: [Member]
    /// What players are given, by reason.
    let completionCodes: [CompletionCode]
    /// Nil when its scene is configured no longer.
    var sceneIndex: Int?
}

extension PendingEnd {
    fileprivate func completionCode(for reason: EndReason) -> String? {
        completionCodes.first { $0.reason == reason }?.code
    }

    /// Why it ended for this subject, which may have been lost before.
    fileprivate func reason(for subject: SubjectID) -> EndReason {
        outcome.players.firstIndex { $0.subject == subject }.flatMap { PlayerIndex(exactly: $0) }.map(outcome.reason)
            ?? outcome.reason
    }
}

/// Someone whose session has ended, and who does not know it yet.
struct Untold: Sendable {
    let session: SessionID
    let scene: SceneID
    let connection: ConnectionHandle
    /// Asked to leave meanwhile.
    var hasLeft = false
}

extension MatchmakerCore {
    /// Ends a session that no coordinator owns, or whose owner is out of reach.
    mutating func end(
        _ id: SessionID, _ cause: ExitCause, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let entry = ledger[id], let handOff = entry.details.handOff else { return }
        let verdict = Verdict(cause, in: entry.state, losses: handOff.assignment.extensions.losses)
        precondition(verdict.ending.decider != .coordinator, "\(cause) is the coordinator's to judge")
        guard let (_, outcome) = ledger.end(id, verdict, assignment: handOff.assignment, now: now) else { return }
        noteLeavers(outcome, handOff.members, now)
        settled(outcome, handOff, node: nil, &actions)
    }

    /// The owner's word. It is on disk before it is acknowledged, and every one is acknowledged.
    mutating func ended(
        _ outcome: Outcome, by node: NodeID, _ link: LinkHandle, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        let id = outcome.session
        guard !keepsBack(outcome, from: node, link) else { return }
        if let handOff = ledger.details(of: id)?.handOff {
            let isOutdated = isOutdated(handOff, by: outcome)
            if isOutdated { outdated(handOff, by: node, &actions) }
            guard isOutdated || handOff.node == node && handOff.assignment.attempt == outcome.attempt else {
                // An attempt that was taken back: nobody was ever inside, and the session lives elsewhere.
                actions.append(.link(link, .endedAck(id, outcome.attempt)))
                actions.append(.notice(.stale(.ended, id)))
                return
            }
            dropClaims(of: id, below: outcome.attempt, &actions)
            var outcome = outcome
            outcome.note(handOff.assignment)
            _ = ledger.settle(outcome, assignment: handOff.assignment, now: now)
            spendWaits(for: outcome, handOff.assignment, now)
            noteLeavers(outcome, handOff.members, now)
            settled(outcome, handOff, node: node, &actions)
            return retained.listed(id, at: node, on: link)
        }
        guard !ledger.contains(id), hold?.knowsHigher(than: outcome.attempt, of: id) != true else {
            // A room that nobody was ever handed: not a coordinator's to end; or an attempt that was taken back.
            actions.append(.link(link, .endedAck(id, outcome.attempt)))
            actions.append(.notice(.stale(.ended, id)))
            return
        }
        guard unrecorded.count < limits.unrecordedMax else {
            // One that is known is still listed, and may come again, though no answer can be promised now.
            retained.listed(id, at: node, on: link)
            // It stays in the coordinator's outbox, and comes again with the next inventory.
            isReportOwed = true
            if let index = coordinators.firstIndex(where: { $0.node == node }) { coordinators[index].owesReport = true }
            return
        }
        let isNews = isNews(outcome)
        var outcome = outcome
        if let assignment = ledger.tombstone(id)?.assignment { outcome.note(assignment) }
        if isNews {
            dropClaims(of: id, below: outcome.attempt, &actions)
            spendWaits(for: outcome, ledger.tombstone(id)?.assignment, now)
            // Of one whose tombstone has expired it is counted what was presumed.
            if retained[id] == nil || ledger.tombstone(id) != nil { noteTreatment(outcome, ledger.tombstone(id)?.outcome) }
            _ = ledger.settle(outcome, assignment: nil, now: now)
            retained.insert(outcome, nodes: [node])
        }
        retained.listed(id, at: node, on: link)
        let number = isNews ? persist(.ended(outcome), &actions) : recordsAsked
        unrecorded.append(
            PendingEnd(
                number: number, outcome: outcome, isNews: isNews, node: node, members: [], completionCodes: [],
                sceneIndex: nil))
        if number <= recordsDurable { tellRecorded(now, &actions) }
    }

    /// Nothing is known of the session's end, or its loss was presumed and this is its owner's word; or, when the journal was
    /// lost, what was recorded is that of an attempt which had been taken back.
    private func isNews(_ outcome: Outcome) -> Bool {
        let known = retained[outcome.session].map { ($0.attempt, $0.isPresumed) }
            ?? ledger.tombstone(outcome.session).map { ($0.outcome.attempt, $0.outcome.isPresumed) }
        guard let (attempt, isPresumed) = known else { return true }
        return attempt < outcome.attempt || isPresumed && !outcome.isPresumed && attempt == outcome.attempt
    }

    private mutating func settled(
        _ outcome: Outcome, _ handOff: Boxed<HandOff>, node: NodeID?, _ actions: inout [MatchmakerAction]
    ) {
        count(handOff.node, -1)
        hold?.doubtful.remove(outcome.session)
        retained.insert(outcome, nodes: handOff.offered)
        releases.ends(outcome.session)
        giveBackTreatment(handOff, outcome)
        retained.note(matchedUnixMs: matchedUnixMs(handOff.assignment), of: outcome.session)
        if handOff.phase == .accepted, let index = coordinators.firstIndex(where: { $0.node == handOff.node }) {
            coordinators[index].isResting = false
        }
        let number = persist(.ended(outcome), &actions)
        let members = handOff.members.filter { $0.connection != nil }
        for member in members {
            guard let connection = member.connection else { continue }
            untold[member.subject] = Untold(
                session: outcome.session, scene: handOff.assignment.scene, connection: connection,
                hasLeft: member.hasLeft)
        }
        unrecorded.append(
            PendingEnd(
                number: number, outcome: outcome, isNews: true, node: node, members: members,
                completionCodes: handOff.assignment.settings.completionCodes, sceneIndex: handOff.sceneIndex))
    }

    /// Acknowledges and tells what has become durable.
    mutating func tellRecorded(_ now: Moment, _ actions: inout [MatchmakerAction]) {
        let ready = unrecorded.prefix { $0.number <= recordsDurable }
        unrecorded.removeFirst(ready.count)
        for end in ready {
            if let node = end.node, let link = coordinator(node)?.link {
                actions.append(.link(link, .endedAck(end.outcome.session, end.outcome.attempt)))
            }
            guard end.isNews else { continue }
            releases.settle(end.outcome.session)
            actions.append(.notice(.outcome(end.outcome)))
            keepApart(end.outcome, now)
            remember(end.outcome, now)
            for member in end.members { tell(member, end, now, &actions) }
        }
        for sceneIndex in scenes.indices where queues[sceneIndex].pool.hasDue(nowMs: now.bootMs) {
            shareOut(sceneIndex, changed: [], now, &actions)
        }
        matchAllFullRooms(now, &actions)
    }

    /// - Parameter ageMs: as for `remember`.
    mutating func keepApart(_ outcome: Outcome, ageMs: UInt64 = 0, _ now: Moment) {
        guard ageMs < limits.rejectionLifetimeMs else { return }
        for pair in outcome.failedPairs {
            let (a, b) = (Int(pair.lower.number), Int(pair.higher.number))
            guard b < outcome.players.count else { continue }
            let (first, second) = (outcome.players[a].subject, outcome.players[b].subject)
            pairs.keepApart(first, second, nowMs: now.bootMs, ageMs: ageMs)
            for subject in [first, second] { becameKnown(subject) }
        }
    }

    /// Who has played with whom and what they have measured, where the scene's rules ask.
    /// - Parameter ageMs: how long ago it ended; what has just come in has just ended, whatever its coordinator's clock says.
    mutating func remember(_ outcome: Outcome, ageMs: UInt64 = 0, _ now: Moment) {
        var isKnown = true
        if let sceneIndex = sceneIndices[outcome.scene] {
            isKnown = !queues[sceneIndex].record(outcome, limits.pool, &pairs, ageMs: ageMs, now)
        }
        for index in scenes.indices where !scenes[index].rules.encountersIn.isEmpty {
            guard isConfigured(index), scenes[index].rules.encountersIn.contains(outcome.scene) else { continue }
            if queues[index].recordElsewhere(outcome, limits.pool, &pairs) { isKnown = false }
        }
        if isKnown { return }
        for player in outcome.players {
            becameKnown(player.subject)
            // What was measured may bring those together whom an estimate kept apart.
            if !outcome.roundTrips.isEmpty { searchAgain(around: player.subject) }
        }
    }

    /// One who is still connected here goes back to wait when put back, or when nobody knows what became of the session.
    private mutating func tell(
        _ member: Member, _ end: PendingEnd, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let connection = member.connection, joined.contains(connection) else { return }
        let id = end.outcome.session
        guard let state = untold[member.subject], state.connection == connection else {
            // By a newer connection the subject waits for what became of another session.
            tellEnded(member, session: id, .superseded, nil, &actions)
            return finish(connection, .superseded, in: id, now, &actions)
        }
        untold[member.subject] = nil
        fates.remove(connection)
        if ledger.session(of: member.subject) != nil {
            tellEnded(member, session: id, .superseded, nil, &actions)
            finish(connection, .superseded, in: id, now, &actions)
        } else if state.hasLeft {
            gaveUp(member.subject, sinceUnixMs: member.sinceUnixMs, now)
            tellEnded(member, session: id, .playerLeft, end.completionCode(for: .playerLeft), &actions)
            finish(connection, .left, in: id, now, &actions)
        } else if end.outcome.putsBack(member.subject), !isShuttingDown, let sceneIndex = end.sceneIndex {
            let hasCredit = end.outcome.endedIn != .playing
            if let misfit = scenes[sceneIndex].rules.misfit(of: member.attributes) {
                // It came back to a session that an earlier life of this process had made, and said less than before.
                tellError(connection, .badMessage, misfit.description, &actions)
                return finish(connection, .refused, in: id, error: .badMessage, now, &actions)
            }
            var member = member
            member.sinceUnixMs = hasCredit ? member.sinceUnixMs : now.unixMs
            seat(member, sceneIndex: sceneIndex, now, &actions)
        } else if end.outcome.isPresumed {
            // Rule 14: nobody is told a presumption as a fact, nor can one wait here any longer.
            let error: MatchmakerError = isShuttingDown ? .draining : .unknownScene
            tellError(connection, error, "what became of the session is not known; join again with your resume", &actions)
            finish(connection, .refused, in: id, error: error, now, &actions)
        } else {
            let reason = end.reason(for: member.subject)
            tellEnded(member, session: id, reason, end.completionCode(for: reason), &actions)
            finish(connection, JoinFate.Kind(told: reason), in: id, now, &actions)
        }
    }
}
