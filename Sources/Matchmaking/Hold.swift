import SessionProtocol

/// What is not decided yet after a start with a journal that has gaps: rule 13 of a hand-off.
///
/// A session may have a stale copy elsewhere, of an attempt that was taken back; and what the journal says of it may be
/// older than the truth. No ticket of a stale copy has ever left (rule 2), so nobody has been inside of it: it is MATCHED
/// for ever. What is past MATCHED is therefore the session itself. All else is in doubt until grace and margin have passed,
/// a higher attempt counting for more than a lower one; what still is in doubt by then, its owner is asked to end.
struct Hold: Sendable {
    /// A live copy that may be stale, and that the ledger does not know.
    struct Claim: Sendable {
        let assignment: Assignment
        let node: NodeID
        /// On which it was last listed.
        var link: LinkHandle
    }

    /// An outcome that may be that of a stale copy.
    struct End: Sendable {
        let outcome: Outcome
        let node: NodeID
        let link: LinkHandle
    }

    /// When all that live have reported; then when those in doubt are asked once more.
    var untilMs: UInt64
    /// All have reported, and the owners of what is in doubt have been asked to end it.
    var isAsking = false
    /// Sessions of the ledger, known from the journal, of which no one is known to have been inside.
    var doubtful: Set<SessionID> = []
    var claims = SessionLists<Claim>()
    var ends = SessionLists<End>()
    /// Coordinators that hold more such copies than were kept in mind, with the link on which they said so: they are to
    /// report anew until none is left over.
    var overfull: [NodeID: LinkHandle] = [:]

    var isSettled: Bool { isAsking && doubtful.isEmpty && claims.isEmpty && overfull.isEmpty }

    /// Another coordinator has reported a higher attempt.
    func knowsHigher(than attempt: Attempt, of session: SessionID) -> Bool {
        claims[session].contains { $0.assignment.attempt > attempt } || ends[session].contains { $0.outcome.attempt > attempt }
    }

    func claim(_ session: SessionID, _ attempt: Attempt, at node: NodeID) -> Claim? {
        claims[session].first { $0.node == node && $0.assignment.attempt == attempt }
    }

    mutating func removeClaim(_ session: SessionID, at node: NodeID) {
        claims.remove(of: session) { $0.node == node }
    }
}

extension MatchmakerCore {
    /// Until the hold is over, and all that it has brought about is on disk, a start must begin with another.
    public var isHolding: Bool { hold != nil || recordsDurable < holdRecords }

    func isDoubtful(_ session: SessionID) -> Bool { hold?.doubtful.contains(session) == true }

    // MARK: Live copies

    /// A coordinator holds a session of which this matchmaker does not know, or knows another attempt.
    mutating func claimed(
        _ state: SessionState, _ assignment: Assignment, at node: NodeID, _ link: LinkHandle, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) {
        let session = assignment.session
        hold?.removeClaim(session, at: node)
        guard isTenable(assignment) else {
            actions.append(.link(link, .drop(session, assignment.attempt)))
            actions.append(.notice(.stale(.holding, session)))
            return
        }
        dropClaims(of: session, below: assignment.attempt, &actions)
        if state != .matched || ledger.contains(session) {
            takeOn(state, assignment, at: node, now, &actions)
        } else {
            doubt(Hold.Claim(assignment: assignment, node: node, link: link), &actions)
            actions.append(.notice(.doubted(session, node)))
        }
    }

    private mutating func doubt(_ claim: Hold.Claim, _ actions: inout [MatchmakerAction]) {
        // Later it may be a stale copy whose `drop` was lost, when what was known of the session is forgotten.
        guard hold != nil else { return ask(claim, &actions) }
        if hold?.claims.count ?? 0 < limits.copiesInDoubtMax {
            hold?.claims.append(claim, for: claim.assignment.session)
        } else {
            // Promise 1: it lives, and its players may play nowhere else until it has ended or is known.
            hold?.overfull[claim.node] = claim.link
            if hold?.isAsking == true { ask(claim, &actions) }
        }
    }

    /// Nothing that is known speaks against this copy.
    private func isTenable(_ assignment: Assignment) -> Bool {
        let session = assignment.session
        if ledger.tombstone(session) != nil || retained[session] != nil { return false }
        if hold?.knowsHigher(than: assignment.attempt, of: session) == true { return false }
        if ledger.contains(session) {
            guard isDoubtful(session), let known = ledger.details(of: session)?.handOff?.assignment,
                known.attempt < assignment.attempt,
                known.players.map(\.subject) == assignment.players.map(\.subject)
            else { return false }
        }
        return assignment.subjectsLeft.allSatisfy { subject in
            guard let other = ledger.session(of: subject), other != session else { return true }
            return ledger.state(of: other) == .waiting || isDoubtful(other)
        }
    }

    private mutating func takeOn(
        _ state: SessionState, _ assignment: Assignment, at node: NodeID, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) {
        let session = assignment.session
        var assignment = assignment
        if let stale = ledger.details(of: session)?.handOff {
            dropCopy(of: stale, unlessAt: node, &actions)
            count(stale.node, -1)
            count(node, 1)
            assignment.extensions.fill(from: stale.assignment.extensions)
            _ = updateHandOff(session) { handOff in
                handOff.assignment = assignment
                handOff.node = node
                handOff.isConfirmed = true
                handOff.isRestored = false
                if !handOff.offered.contains(node) { handOff.offered.append(node) }
            }
            noteLosses(assignment, now, &actions)
            if state != .matched {
                mirror(session, state, now)
                prove(session, now, &actions)
            }
        } else {
            // Whoever waits under a name that plays there may have shown no proof, and so gives way.
            for subject in assignment.subjectsLeft {
                guard let other = ledger.session(of: subject), isDoubtful(other) else { continue }
                takeOut(subject, of: other, now, &actions)
            }
            giveWay(assignment.subjectsLeft, now, &actions)
            adopt(assignment, in: state, at: node, offered: [node], now)
            noteTreatment(assignment)
        }
        _ = persist(.journalMatched(node, assignment), &actions)
        actions.append(.notice(.adopted(session, node)))
    }

    /// Somebody has been inside of a restored session: what else the journal says of its players is older, or in vain.
    mutating func prove(_ session: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard hold?.doubtful.remove(session) != nil, let handOff = ledger.details(of: session)?.handOff else { return }
        for subject in handOff.assignment.subjectsLeft {
            guard let other = ledger.session(of: subject), other != session, isDoubtful(other) else { continue }
            takeOut(subject, of: other, now, &actions)
            ledger.reseat(subject, in: session)
        }
    }

    /// A `state` past MATCHED proves a copy in doubt. Returns false when it is none.
    mutating func proven(
        _ session: SessionID, _ attempt: Attempt, _ state: SessionState, at node: NodeID, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) -> Bool {
        guard state != .matched, let claim = hold?.claim(session, attempt, at: node), isTenable(claim.assignment)
        else { return false }
        hold?.removeClaim(session, at: node)
        dropClaims(of: session, below: attempt, &actions)
        takeOn(state, claim.assignment, at: node, now, &actions)
        return true
    }

    private mutating func takeOut(
        _ subject: SubjectID, of session: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        ledger.unseat(subject, from: session)
        var member: Member?
        _ = updateHandOff(session) { handOff in
            guard let index = handOff.members.firstIndex(where: { $0.subject == subject }) else { return }
            member = handOff.members[index]
            handOff.members[index].connection = nil
        }
        guard let member else { return }
        tellEnded(member, session: session, .superseded, nil, &actions)
        if let connection = member.connection { finish(connection, .superseded, in: session, now, &actions) }
    }

    /// No ticket of a lower attempt has left: rule 2.
    mutating func dropClaims(of session: SessionID, below attempt: Attempt, _ actions: inout [MatchmakerAction]) {
        guard let claims = hold?.claims[session] else { return }
        for claim in claims where claim.assignment.attempt < attempt {
            hold?.removeClaim(session, at: claim.node)
            guard let link = coordinator(claim.node)?.link else { continue }
            actions.append(.link(link, .drop(session, claim.assignment.attempt)))
        }
    }

    private func dropCopy(of handOff: Boxed<HandOff>, unlessAt node: NodeID, _ actions: inout [MatchmakerAction]) {
        guard handOff.node != node, handOff.isConfirmed, let link = coordinator(handOff.node)?.link else { return }
        actions.append(.link(link, .drop(handOff.assignment.session, handOff.assignment.attempt)))
    }

    // MARK: Ends

    /// Keeps back an outcome that may be that of a stale copy: neither recorded nor acknowledged until all have reported.
    /// Over the limit it stays with its coordinator, and is asked for then.
    mutating func keepsBack(_ outcome: Outcome, from node: NodeID, _ link: LinkHandle) -> Bool {
        let session = outcome.session
        hold?.removeClaim(session, at: node)
        // Not bound to a name: its tables are changed in place.
        guard hold?.isAsking == false, outcome.endedIn == .matched || outcome.endedIn == .waiting else { return false }
        let known = retained[session]?.attempt ?? ledger.tombstone(session)?.outcome.attempt
        if let known, known >= outcome.attempt { return false }
        if isCurrent(session, outcome.attempt, at: node) { _ = updateHandOff(session) { $0.isConfirmed = true } }
        if hold?.ends[session].contains(where: { $0.link == link }) == true { return true }
        if hold?.ends.count ?? 0 < limits.unrecordedMax {
            hold?.ends.append(Hold.End(outcome: outcome, node: node, link: link), for: session)
        } else if let index = coordinators.firstIndex(where: { $0.node == node }) {
            coordinators[index].owesReport = true
        }
        return true
    }

    /// The restored session is of a lower attempt than this outcome, and so is stale.
    func isOutdated(_ handOff: Boxed<HandOff>, by outcome: Outcome) -> Bool {
        isDoubtful(outcome.session) && handOff.assignment.attempt < outcome.attempt
            && handOff.assignment.players.map(\.subject) == outcome.players.map(\.subject)
    }

    mutating func outdated(_ handOff: Boxed<HandOff>, by node: NodeID, _ actions: inout [MatchmakerAction]) {
        dropCopy(of: handOff, unlessAt: node, &actions)
    }

    // MARK: The end of the hold

    /// By now every session that the journal did not name has been reported, or its coordinator has ended it.
    mutating func endHold(_ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let hold, hold.untilMs <= now.bootMs else { return }
        self.hold?.untilMs = now.bootMs + limits.cancelTimeoutMs
        if hold.isAsking {
            // It did not answer: both ends are made to say once more what they hold.
            for claim in hold.claims.values where coordinator(claim.node)?.link == claim.link { hangUp(claim.link, nil, now, &actions) }
            hangUpOverfull(now, &actions)
            return settleHold(now, &actions)
        }
        self.hold?.isAsking = true
        self.hold?.ends = SessionLists()
        // Whoever has not reported in time has lost its lease: what it has said since then is true no more.
        for link in coordinators.filter({ !$0.hasInventory || $0.owesReport }).compactMap(\.link) {
            hangUp(link, nil, now, &actions)
        }
        hangUpOverfull(now, &actions)
        for end in hold.ends.values.sorted(by: { $0.outcome.attempt > $1.outcome.attempt })
        where coordinator(end.node)?.link == end.link {
            ended(end.outcome, by: end.node, end.link, now, &actions)
        }
        for session in ledger.sessions where isDoubtful(session) {
            guard let handOff = ledger.details(of: session)?.handOff else { continue }
            if handOff.isConfirmed {
                endDoubtful(session, now, &actions)
            } else if coordinator(handOff.node)?.isReady == true {
                end(session, .bothRestarted, now, &actions)
            }
        }
        askClaims(nil, &actions)
        settleHold(now, &actions)
    }

    private mutating func hangUpOverfull(_ now: Moment, _ actions: inout [MatchmakerAction]) {
        for link in coordinators.filter({ $0.link != nil && $0.link == hold?.overfull[$0.node] }).compactMap(\.link) {
            hangUp(link, nil, now, &actions)
        }
    }

    /// The coordinator is presumed lost, and all that it held with it.
    mutating func forgetClaims(of node: NodeID) {
        hold?.claims.removeAll { $0.node == node }
        hold?.overfull[node] = nil
    }

    /// Nobody knows whether its tickets have left: its players are put back, and play in a new session.
    mutating func endDoubtful(_ session: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard ledger.details(of: session)?.handOff?.cancel == nil else { return }
        cancel(session, .playerDisconnected, blamed: [], now, &actions)
    }

    /// What this inventory did not list has gone; the rest is to be ended when its time has come.
    mutating func inventoryTaken(of node: NodeID, on link: LinkHandle, _ actions: inout [MatchmakerAction]) {
        hold?.claims.removeAll { $0.node == node && $0.link != link }
        if hold?.overfull[node] != link { hold?.overfull[node] = nil }
        if hold?.isAsking == true { askClaims(node, &actions) }
    }

    private func askClaims(_ node: NodeID?, _ actions: inout [MatchmakerAction]) {
        for claim in hold?.claims.values ?? [] where node == nil || claim.node == node {
            guard coordinator(claim.node)?.link == claim.link else { continue }
            ask(claim, &actions)
        }
    }

    private func ask(_ claim: Hold.Claim, _ actions: inout [MatchmakerAction]) {
        let assignment = claim.assignment
        actions.append(.link(claim.link, .cancel(assignment.session, assignment.attempt, .playerDisconnected, blamed: [])))
    }

    /// Nothing is in doubt any more. To be called behind every event.
    mutating func settleHold(_ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard hold?.isSettled == true else { return }
        hold = nil
        holdRecords = recordsAsked
        matchAllFullRooms(now, &actions)
    }
}
