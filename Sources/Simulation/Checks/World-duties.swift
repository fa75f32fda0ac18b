import Coordination
import Matchmaking
import SessionProtocol

/// The matchmaker's duties.
extension World {
    func matchmakerBeginsReading(_ message: Message, _ link: Int) {
        let index = links[link].coordinator
        truth.duties.readingLink = link
        truth.duties.dropped = []
        truth.duties.doubted = []
        switch message {
        case .ping:
            truth.duties.peers[index].heardMs = matchmaker.bootMs(nowUs)
            truth.duties.peers[index].isResting = false
        case .drain: truth.duties.peers[index].isDraining = true
        case .inventoryEnd:
            truth.duties.peers[index].readyLink = link
            truth.duties.peers[index].isResting = false
        case .accepted(let session, let attempt), .refused(let session, let attempt, _):
            guard let number = truth.find(session), let current = truth.duties.current[number] else { return }
            if current.attempt == attempt, current.node == index + 1 { truth.duties.offers.remove(number) }
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .state, .ended, .endedAck, .cancel, .drop, .pong, .holding,
            .journalMatched:
            break
        }
    }

    func matchmakerHasRead(_ message: Message, _ link: Int) {
        defer { truth.duties.readingLink = nil }
        guard truth.duties.readingLink == link, links[link].matchmakerEnd == .open else { return }
        if case .accepted(let session, let attempt) = message { checkDropped(session, attempt, link) }
        if case .holding(let state, let assignment) = message {
            // Rule 13: what nobody is known to have been inside of, after the loss of a journal, is neither.
            if state == .matched, truth.hasLostJournal, truth.duties.doubted.contains(assignment.session) { return }
            checkDropped(assignment.session, assignment.attempt, link)
        }
    }

    /// Rule 6: what a coordinator holds is either what the matchmaker believes, or it is told to drop it.
    private func checkDropped(_ session: SessionID, _ attempt: Attempt, _ link: Int) {
        let (number, node) = (truth.number(of: session), links[link].coordinator + 1)
        let current = truth.duties.current[number]
        let isCurrent = truth[number].atMatchmaker == .live && current?.attempt == attempt && current?.node == node
        if isCurrent || truth.duties.dropped.contains(session) { return }
        fail(.mentionedAfterEnd, "n\(node) holds \(session.short)#\(attempt), which it should not, and is not told to drop it")
    }

    /// Before the message is sent.
    func matchmakerSays(_ message: Message, on link: Int) {
        if case .assign(let assignment) = message {
            let number = truth.number(of: assignment.session)
            truth.duties.offers.set(number, atMs: matchmaker.bootMs(nowUs) + plan.matchmaking.assignTimeoutMs)
            probeOlderAttempts(number)
        }
        if case .drop(let session, let attempt) = message {
            if link == truth.duties.readingLink { truth.duties.dropped.append(session) }
            checkAdoption(truth.number(of: session), attempt, links[link].coordinator + 1)
            checkNobodyInside(truth.number(of: session), attempt, links[link].coordinator + 1)
        }
    }

    /// Rule 13: a session that nobody has ended or taken back, and whose players are free, is taken on.
    private func checkAdoption(_ number: Int, _ attempt: Attempt, _ node: Int) {
        let session = truth[number]
        guard truth.duties.readingLink.map({ links[$0].coordinator + 1 }) == node, session.atMatchmaker == .unknown,
            session.outcome == nil, session.lostOutcomes.isEmpty, session.askedOutcome == nil, let last = session.handOffs.last,
            last.attempt == attempt, last.node == node
        else { return }
        let subjects = Set(last.assignment.players.map(\.subject))
        let isTaken = truth.sessions.contains { other in
            guard other.atMatchmaker == .live, let players = other.handOffs.last?.assignment.players else { return false }
            return players.contains { subjects.contains($0.subject) }
        }
        if !isTaken { fail(.endedWithoutCause, "n\(node) is told to drop \(session.id.short), which nobody has ended") }
    }

    /// Promise 1: nobody is thrown out of a session that has not ended, whatever the journal has lost.
    private func checkNobodyInside(_ number: Int, _ attempt: Attempt, _ node: Int) {
        let session = truth[number]
        // An outcome of an attempt that had been taken back ends nothing.
        func ends(_ outcome: Outcome?) -> Bool { outcome.map { $0.attempt >= attempt } ?? false }
        guard !ends(session.outcome), !ends(session.askedOutcome), session.lostOutcomes.isEmpty, session.handOffs.last?.attempt == attempt,
            let copy = truth.coordinators[node - 1].copies[number], session.handOffs[copy.handOff].attempt == attempt,
            copy.state != .matched
        else { return }
        fail(.twinSessions, "n\(node) is told to drop \(session.id.short)#\(attempt), and its players are inside")
    }

    func matchmakerRecords(_ assignment: Assignment, at node: Int) {
        let number = truth.number(of: assignment.session)
        truth.duties.offers.remove(number)
        if truth[number].handOffs.isEmpty {
            checkConfirmed(assignment, number)
            checkParties(assignment)
            for client in assignment.players.compactMap(\.subject.clientIndex) { awaitsFate(truth.waitingOn[client], number) }
        }
        truth.duties.current[number] = Duties.Current(attempt: assignment.attempt, node: node)
        // Rule 2: whoever holds a copy of an older attempt must find no ticket good that leaves with this one.
        for older in truth[number].handOffs where older.attempt != assignment.attempt {
            for (was, player) in zip(older.assignment.players, assignment.players) where was.ticket == player.ticket {
                fail(.twinSessions, "\(assignment.session.short)#\(assignment.attempt) goes out with a ticket of attempt \(older.attempt)")
            }
        }
    }

    /// Rule 9: a ticket leaves only for a coordinator that is in reach and whose inventory has been taken.
    func checkReach(_ number: Int, _ client: Int) {
        guard let current = truth.duties.current[number], truth.duties.peers[current.node - 1].readyLink == nil else { return }
        fail(.metAgain, "p\(client) is sent to n\(current.node), and what that holds is not known")
    }

    func matchmakerHeardOf(_ node: NodeID) {
        truth.duties.peers[node.number - 1] = Duties.Peer(heardMs: matchmaker.bootMs(nowUs))
    }

    func matchmakerLosesLink(_ link: Int) {
        let index = links[link].coordinator
        if truth.duties.peers[index].readyLink == link { truth.duties.peers[index].readyLink = nil }
    }

    /// Promise 6: nobody is presumed lost who was heard within grace and margin.
    func checkPresumption(_ transition: Transition) {
        guard transition.cause == .coordinatorSilent, let node = truth.duties.current[truth.number(of: transition.session)]?.node
        else { return }
        let patienceMs = UInt64(plan.matchmaking.leaseGraceMs) + UInt64(plan.matchmaking.leaseMarginMs)
        if matchmaker.bootMs(nowUs) < truth.duties.peers[node - 1].heardMs + patienceMs {
            fail(.endedWithoutCause, "\(transition.session.short) is presumed lost though n\(node) was heard lately")
        }
    }

    /// Promise 7: one whose session is on its way to a coordinator, or is out of reach, hears of it in time.
    func awaitsFate(_ connection: Int, _ number: Int) {
        guard connection >= 0, truth.waitsFor[connection] == number else { return }
        truth.duties.fates.set(connection, atMs: matchmaker.bootMs(nowUs) + plan.matchmaking.fateTimeoutMs)
    }

    func checkFates() {
        while let connection = truth.duties.fates.popDue(matchmaker.bootMs(nowUs)) {
            guard let number = truth.waitsFor[connection], truth[number].atMatchmaker == .live else { continue }
            fail(.deadlinePassed, "connection \(connection) has heard nothing of \(truth[number].id.short) in time")
        }
    }

    /// Promise 7: an offer is taken back when it is not answered.
    func checkOffers() {
        while let number = truth.duties.offers.popDue(matchmaker.bootMs(nowUs)) {
            fail(.deadlinePassed, "\(truth[number].id.short) is on offer, unanswered, after its deadline")
        }
    }

    /// Promise 5: nobody is sent away for want of a coordinator while there is one.
    func checkCoordinatorWanted(_ session: SessionID, _ client: Int, on connection: Int) {
        let scene = plan.scenes.first { $0.id.name == truth.connection(connection).scene }
        guard matchmaker.storageIsWorking, matchmaker.isJournalComplete, plan.matchmaking.unrecordedMax >= 1000 else { return }
        let isWanted = coordinators.contains { host in
            let peer = truth.duties.peers[host.number - 1]
            // One with its usual limits carries every scene, if it knows of rules of play where there are any.
            let isOld = peer.readyLink.map { links[$0].matchmakerDecoder.version < ProtocolVersion.extended } ?? true
            if isOld, scene?.playRules != PlayRules.none { return false }
            return peer.readyLink != nil && !peer.isDraining && !peer.isResting && host.limits.sessionsMax >= 10_000
                && host.limits.outboxMax >= 10_000 && host.limits.validatedPlayersMax >= 5
        }
        if isWanted { fail(.stranded, "p\(client) has waited in \(session.short) of \(scene?.id.name ?? "") for a coordinator while there was one") }
    }

    /// Promise 5: one who still waits here and is not to blame is put back, and not sent away, as long as there is a scene to
    /// go back to.
    func checkPutBack(_ outcome: Outcome, _ reason: EndReason, _ client: Int) {
        guard reason == outcome.reason, !matchmaker.isStopping, served.contains(outcome.scene) else { return }
        let player = outcome.players.first { $0.subject == clients[client].subject }
        if player?.isRequeued == true, player?.isBlamed == false {
            fail(.notRequeued, "p\(client) is sent away by \(outcome.session.short), which puts it back")
        }
    }

    /// Rule 15: a resume gives no waiting time when it has expired, is another's, or when its subject was matched since and has
    /// played.
    func checkNoCredit(_ waitedMs: UInt64, _ session: SessionID, on connection: Int) {
        guard let joining = truth.joining, joining.connection == connection, let number = truth.find(session),
            truth[number].atMatchmaker == .waiting, joining.room != number
        else { return }
        // One who goes over to another party while it waits has waited for as long as before.
        if joining.request.party != nil, joining.room != nil, joining.isSameScene { return }
        let claim = joining.request.resume.flatMap { Resume($0)?.claim }
        let now = matchmaker.moment(nowUs)
        if let claim, claim.kind.restoresPlace, claim.subject == joining.request.subject, claim.expiresUnixMs > now.unixMs {
            guard truth.isSpent(claim) || isLeft(claim) else { return }
            coverage.count(.creditSpent)
        }
        if waitedMs == 0 { return }
        fail(.placeLost, "connection \(connection) has waited \(waitedMs) ms for \(session.short), which nothing that it shows is good for")
    }

    /// Promise 7: what is left of a wait only shrinks, however many hand-offs fail meanwhile.
    func checkWait(_ timeoutMs: UInt64, _ session: SessionID, on connection: Int) {
        let untilMs = matchmaker.bootMs(nowUs) + timeoutMs
        // Where time that is up is only up in one scene, it begins anew in another; a party is let go together.
        // What the file says by now may not have been read yet.
        let mayBeMore = plan.scenes.contains { served.contains($0.id) && ($0.whenWaitIsOver != .end || $0.rules.partySizeMax > 1) }
        if let firstMs = truth.connection(connection).waitUntilMs, timeoutMs > 0, untilMs > firstMs, !mayBeMore {
            fail(.deadlinePassed, "connection \(connection) is to wait in \(session.short) for longer than it was told")
        }
        truth.update(connection) { $0.waitUntilMs = untilMs }
    }

    func waitingCount(_ scene: String) -> Int? {
        // It may have died over what it was asked.
        guard matchmaker.isRunning else { return nil }
        return matchmaker.core.sceneStatus.first { $0.id.name == scene }?.waiting
    }

    /// Promise 8: a scene in which as many wait as may takes nobody else.
    func checkRoom(_ name: String) {
        guard let before = truth.duties.waitingBefore, let scene = plan.scenes.first(where: { $0.id.name == name }),
            before >= scene.waitingMax, let after = waitingCount(name), after > before
        else { return }
        fail(.overLimit, "one more joins the \(before) who wait in \(name)")
    }

    // MARK: Now and then

    /// Whatever is counted by those who are there, or by sessions with limits of their own.
    func sweepBounds(_ tables: [(name: String, count: Int)]) {
        guard matchmaker.isRunning else { return }
        let waiting = truth.waitsFor.values.reduce(0) { $0 + (truth[$1].atMatchmaker == .waiting ? 1 : 0) }
        let retained = matchmaker.core.expiring.first { $0.name == "retainedOutcomes" }?.count ?? 0
        if retained > 2 * plan.matchmaking.outcomesRetainedMax {
            fail(.overLimit, "the matchmaker retains \(retained) outcomes")
        }
        for table in tables where table.name == "waitingSubjects" && table.count != waiting {
            fail(.tablesDisagree, "\(table.count) are in rooms, and \(waiting) are connected and wait there")
        }
    }

    func sweepBounds(_ host: CoordinatorHost, _ tables: [(name: String, count: Int)]) {
        let sessions = host.sessionCount
        // Eight bytes each, and six for each.
        let replayMax = min(host.limits.replayBytesMax / 14, host.limits.replayMessagesMax)
        for table in tables {
            let isReplay = table.name == "replayMessages"
            guard isReplay || table.name == "barriers" else { continue }
            if table.count > (isReplay ? replayMax : host.limits.barriersOpenMax) * sessions {
                fail(.overLimit, "n\(host.number): \(table.name) has \(table.count) in \(sessions) sessions")
            }
        }
    }
}

/// The coordinators' duties.
extension World {
    /// Rule 10: what was due is done before anything is read.
    func checkNothingDue(_ nextMs: UInt64?, _ host: Host) {
        // In those worlds it is what comes of it that is to be seen.
        if options.canary == .keepsAfterLease || options.canary == .inputFirst { return }
        guard host.isRunning, let nextMs, nextMs <= host.bootMs(nowUs) else { return }
        fail(.overdue, "\(name(host.number)) reads what has come since, though something was due at \(nextMs)")
    }

    func coordinatorHasRead(_ message: Message, _ host: CoordinatorHost) {
        truth.coordinators[host.number - 1].cancelling = nil
        guard case .drop(let session, let attempt) = message, let number = truth.find(session),
            let copy = truth.coordinators[host.number - 1].copies[number]
        else { return }
        if truth[number].handOffs[copy.handOff].attempt == attempt {
            fail(.mentionedAfterEnd, "n\(host.number) is told to drop \(session.short)#\(attempt), and keeps it")
        }
    }

    /// Rule 10: without its lease a coordinator holds nothing.
    func checkLeaseHeld(_ host: CoordinatorHost) {
        let coordinator = truth.coordinators[host.number - 1]
        if coordinator.owesClosing { fail(.twinSessions, "n\(host.number) keeps its link after its lease") }
        guard let fromMs = coordinator.leaseFromMs, fromMs + coordinator.leaseGraceMs <= host.bootMs(nowUs) else { return }
        if let number = coordinator.copies.keys.min() {
            fail(.twinSessions, "n\(host.number) holds \(truth[number].id.short) after its lease")
        }
    }

    /// Rule 8: whoever is told the end is given a release with it; promise 9: and nobody is told without the ticket.
    func checkFarewell(_ session: SessionID, _ resume: String, on connection: Int) {
        let claim = Resume(resume)?.claim
        if claim?.releases(from: session) != true {
            fail(.metAgain, "connection \(connection) is told the end of \(session.short) and is given no release")
        }
        guard let ticket = truth.connection(connection).ticket, let number = truth.find(session) else { return }
        let isGood = truth[number].handOffs.contains { $0.assignment.players.contains { $0.ticket == ticket } }
        if !isGood { fail(.ticketNotNeeded, "connection \(connection) hears of \(session.short) without its ticket") }
    }

    /// Promise 4: a process that stops in order has said all that it had to say.
    func checkNobodyUntold(_ host: Host) {
        guard host.number > 0, let connection = truth.coordinators[host.number - 1].seats.keys.min() else { return }
        fail(.stranded, "n\(host.number) stops, and connection \(connection) has not been told")
    }
}
