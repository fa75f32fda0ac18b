import Matchmaking
import SessionProtocol

/// What the matchmaker does, held against the promises.
extension World {
    // MARK: Lives

    func matchmakerStarted(_ records: [Message]) {
        truth.duties.restart(matchmaker.bootMs(nowUs))
        for record in records { recordSurvived(record) }
        truth.forgetUnrecorded()
        var live: [Int: Bool] = [:]
        var order: [Int] = []
        for record in records {
            switch record {
            case .journalMatched(let node, let assignment):
                let number = truth.number(of: assignment.session)
                truth.duties.current[number] = Duties.Current(attempt: assignment.attempt, node: node.number)
                truth[number].lossesTold = assignment.extensions.losses
                if live.updateValue(true, forKey: number) == nil { order.append(number) }
            case .ended(let outcome): live[truth.number(of: outcome.session)] = false
            case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .endedAck,
                .cancel, .drop, .ping, .pong, .drain, .holding, .inventoryEnd:
                break
            }
        }
        for number in order where live[number] == true {
            if let outcome = truth[number].outcome {
                fail(.outcomeLost, "\(truth[number].id.short) ended as \(outcome.reason), and lives again after a restart")
            }
            truth[number].mirror = .matched
            truth[number].wasRestored = true
            truth.move(number, to: .live)
        }
    }

    /// What a start finds in its journal is durable, also what was never synced.
    private func recordSurvived(_ record: Message) {
        switch record {
        case .journalMatched(let node, let assignment):
            let number = truth.number(of: assignment.session)
            if truth[number].handOff(assignment.attempt).map({ truth[number].handOffs[$0].isDurable }) != true {
                becameDurable(.journalMatched(node, assignment), at: 0)
            }
        case .ended(let outcome):
            let old = truth[truth.number(of: outcome.session)].outcome
            if old == nil || (old?.isPresumed == true && !outcome.isPresumed) { becameDurable(record, at: 0) }
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .endedAck, .cancel,
            .drop, .ping, .pong, .drain, .holding, .inventoryEnd:
            break
        }
    }

    func matchmakerDied() {
        metDeath()
        truth.forgetMatchmaker()
    }

    // MARK: What it hears

    func matchmakerReads(_ message: Message, _ link: Int) {
        met(message, links[link].coordinator + 1)
        matchmakerBeginsReading(message, link)
        if case .accepted(let session, let attempt) = message, let number = truth.find(session),
            let handOff = truth[number].handOff(attempt), truth[number].handOffs[handOff].node == links[link].coordinator + 1
        {
            truth[number].handOffs[handOff].wasAccepted = true
        }
        if case .holding(_, let assignment) = message { matchmakerReads(holding: assignment, at: links[link].coordinator + 1) }
    }

    func matchmakerHears(_ request: JoinRequest, on connection: Int) {
        let older = truth.waitingOn[connections[connection].client]
        let wasInScene = older >= 0 && truth.connection(older).scene == request.scene
        truth.joining = (connection, request, older >= 0 ? truth.waitsFor[older] : nil, wasInScene)
        truth.update(connection) { $0.scene = request.scene }
        saysParty(request, connections[connection].client, waits: truth.joining?.room != nil, isSameScene: wasInScene)
        showsRelease(request.resume, connections[connection].client, connection)
        truth.duties.waitingBefore = waitingCount(request.scene)
    }
    func matchmakerHeard() {
        if let request = truth.joining?.request { checkRoom(request.scene) }
        truth.joining = nil
    }

    func matchmakerLost(_ connection: Int) {
        metLoss(of: connection)
        truth.update(connection) { $0.isClosed = true }
        truth.waits.remove(connection)
        truth.waitsFor[connection] = nil
    }

    // MARK: What it does

    func judge(_ action: MatchmakerAction) {
        switch action {
        case .reply(let connection, let reply): judge(reply, on: Int(connection.number))
        case .close(let connection, _):
            truth.update(Int(connection.number)) { $0.isClosed = true }
            truth.waits.remove(Int(connection.number))
            truth.waitsFor[Int(connection.number)] = nil
        case .link(let link, let message):
            judge(message)
            matchmakerSays(message, on: Int(link.number))
        case .closeLink(let link, _): matchmakerLosesLink(Int(link.number))
        case .persist(let record): judge(persisted: record)
        case .transition(let transition): judge(transition)
        case .notice(let notice): judge(notice)
        }
    }

    private func judge(_ reply: MatchmakerReply, on connection: Int) {
        if truth.isClosed(connection) { fail(.saidOnClosed, "the matchmaker speaks on closed connection \(connection)") }
        let client = connections[connection].client
        switch reply {
        case .waiting(let news):
            let (session, players, needed, resume) = (news.session, news.players, news.needed, news.resume)
            let (waitedMs, timeoutMs) = (news.waitedMs, news.timeoutMs)
            let number = truth.number(of: session)
            switch truth[number].atMatchmaker {
            case .unknown: truth.move(number, to: .waiting)
            case .waiting, .live: break
            case .ended: fail(.mentionedAfterEnd, "p\(client) is told to wait for \(session.short), which has ended")
            }
            if players > needed || players < 1 { fail(.overLimit, "\(players) of \(needed) wait in \(session.short)") }
            meets(session, client, connection, isMatched: false)
            keepsRelease(resume, client, connection)
            waits(number, on: connection)
            isAskedNoMore(client, on: connection)
            checkPlace(waitedMs, session, on: connection)
            checkNoCredit(waitedMs, session, on: connection)
            checkSeniority(waitedMs, number, connection)
            checkTakeover(number, connection)
            hearsOfParty(news.party, client)
            if truth[number].atMatchmaker == .waiting { checkWait(timeoutMs, session, on: connection) }
            truth.waits.set(connection, atMs: matchmaker.bootMs(nowUs) + timeoutMs)
            truth.waitsFor[connection] = number
            truth.waitingOn[client] = connection
            if truth[number].atMatchmaker == .live { awaitsFate(connection, number) }
        case .confirm(let deadlineMs): isAsked(deadlineMs, client, on: connection)
        case .matched(let session, let player, _, _, let ticket, let condition):
            coverage.count(.matchedTold)
            truth.update(connection) { $0.wasMatched = true }
            meets(session, client, connection, isMatched: true)
            let number = truth.number(of: session)
            checkReach(number, client)
            guard truth[number].atMatchmaker == .live,
                let index = truth.duties.current[number].flatMap({ truth[number].handOff($0.attempt) })
            else {
                return fail(.mentionedAfterEnd, "p\(client) is sent into \(session.short), which is not live")
            }
            let handOff = truth[number].handOffs[index]
            let seat = handOff.assignment.players[Int(player.number)]
            if seat.ticket != ticket || seat.subject != clients[client].subject {
                fail(.ticketNotNeeded, "p\(client) is given a ticket of \(seat.subject)")
            }
            if condition != handOff.assignment.extensions.condition(of: player), !truth.hasLostJournal {
                fail(.conditionWrong, "p\(client) is told another role or treatment than its own in \(session.short)")
            }
            if condition.role != nil { coverage.count(.roleTold) }
            if !handOff.wasAccepted { fail(.offeredBeforeDurable, "matched before \(session.short)#\(handOff.attempt) was accepted") }
            if handOff.hasLeft[Int(player.number)] { coverage.count(.rejoined, truth[number].mirror) }
            truth[number].handOffs[index].hasLeft[Int(player.number)] = true
            if truth.coordinators[handOff.node - 1].copies[number]?.handOff == index {
                becomesEnterable(client, Truth.Enterable(session: number, handOff: index, node: handOff.node))
            }
        case .ended(let session, let reason, _): judge(ended: session, reason, client, on: connection)
        case .error(let error, _):
            coverage.count(error)
            if error == .subjectInUse { coverage.count(.provedNothing) }
            if error == .timeout { truth.waiting.givenUp[client] = truth.waitsFor[connection] ?? -1 }
            if error == .unknownScene { checkNowhereToWait(client, on: connection) }
        }
        if let joining = truth.joining, joining.connection == connection { checkProof(reply, client, joining.request) }
    }

    /// Promise 4: the end that a player was told of is an end for good.
    private func meets(_ session: SessionID, _ client: Int, _ connection: Int, isMatched: Bool) {
        guard !truth.heard[client].isEmpty else { return }
        coverage.count(.rejoinedAfterEnd)
        let joined = truth.connection(connection)
        if joined.releasedFrom.contains(where: { truth[$0].id == session }) {
            fail(.metAgain, "p\(client) was released from \(session.short), shows what it was given since, and meets it")
        }
        let now = matchmaker.moment(nowUs)
        // What went with a disk is not known any more.
        let isLost = truth.find(session).map { !truth[$0].lostOutcomes.isEmpty } ?? false
        for heard in truth.heard[client] where heard.session == session && heard.step < joined.joinedAtStep {
            // A release counts as long as it is good.
            let isReleased = heard.resume == joined.resume && Resume(heard.resume).map { $0.claim.expiresUnixMs > now.unixMs } == true
            // A journal of which that end is lost has it still live: one waits until all have reported, and is sent to none.
            if heard.isAcknowledged && !(isLost && !isMatched) || isReleased {
                fail(.metAgain, "p\(client) was told that \(session.short) has ended, joins again, and meets it")
            }
        }
    }

    /// Promise 5: the time already waited is not lost.
    private func checkPlace(_ waitedMs: UInt64, _ session: SessionID, on connection: Int) {
        guard let joining = truth.joining, joining.connection == connection, let text = joining.request.resume,
            let claim = Resume(text)?.claim, claim.kind.restoresPlace, claim.scene.name == joining.request.scene,
            claim.subject == joining.request.subject
        else { return }
        let now = matchmaker.moment(nowUs)
        guard claim.expiresUnixMs > now.unixMs, claim.sinceUnixMs <= now.unixMs else { return }
        // While the fate of an older session is unknown, it is that session that the subject waits for, in its scene.
        let number = truth.number(of: session)
        if truth[number].atMatchmaker == .live, truth[number].handOffs.last?.assignment.scene != claim.scene { return }
        // Who comes back from a session that may have been played waits anew, and who had left.
        if truth.mayBeSpent(claim) || truth.mayBeLeft(claim) { return }
        if joining.room == number { coverage.count(.placeTakenOver) }
        coverage.count(.placeRestored)
        if waitedMs < now.unixMs - claim.sinceUnixMs {
            fail(.placeLost, "waited \(waitedMs) ms in \(session.short), but joined \(now.unixMs - claim.sinceUnixMs) ms ago")
        }
    }

    /// Promise 9 at the matchmaker: a name alone takes nothing over.
    private func checkProof(_ reply: MatchmakerReply, _ client: Int, _ request: JoinRequest) {
        guard case .matched(let session, _, _, _, _, _) = reply, let number = truth.find(session) else { return }
        if !isProof(request, for: truth[number].handOffs.last?.assignment) {
            fail(.proofNotNeeded, "a connection without proof is sent into \(session.short) as p\(client)")
        }
    }

    private func judge(ended id: SessionID, _ reason: EndReason, _ client: Int, on connection: Int) {
        guard reason != .superseded else { return coverage.count(.superseded) }
        let number = truth.number(of: id)
        if reason == .playerLeft { hasLeft(number, client, on: connection) }
        if reason == .noCoordinator, truth[number].handOffs.isEmpty { checkCoordinatorWanted(id, client, on: connection) }
        // One who left a room before it was matched hears of the room, not of the game.
        let isMember = truth[number].handOffs.contains { handOff in
            handOff.assignment.players.contains { $0.subject == clients[client].subject }
        }
        guard isMember else { return }
        coverage.count(.toldByMatchmaker)
        if truth[number].atMatchmaker == .live, truth[number].lostClients[client] == reason { return coverage.count(.lossToldByMatchmaker) }
        guard let outcome = truth[number].outcome, truth[number].atMatchmaker != .live else {
            return fail(.toldTooEarly, "p\(client) is told that \(id.short) ended, before that is durable")
        }
        if reason == .coordinatorLost, outcome.isPresumed {
            fail(.presumptionTold, "p\(client) is told as a fact that \(id.short) was lost")
        }
        if reason != .playerLeft, truth[number].lostClients[client] != reason { truth[number].toldByMatchmaker.append(reason) }
        // One who asks to leave while the end of its game is not on disk yet is let go, as it wished.
        if !truth.connection(connection).hasLeft { checkPutBack(outcome, reason, client) }
    }

    private func judge(_ message: Message) {
        switch message {
        case .assign(let assignment):
            let number = truth.number(of: assignment.session)
            guard let index = truth[number].handOff(assignment.attempt), truth[number].handOffs[index].isDurable else {
                return fail(.offeredBeforeDurable, "\(assignment.session.short)#\(assignment.attempt) is assigned before it is durable")
            }
            if truth[number].atMatchmaker == .ended { fail(.mentionedAfterEnd, "\(assignment.session.short) is assigned after its end") }
        case .endedAck(let session, let attempt):
            let number = truth.number(of: session)
            if truth[number].atMatchmaker == .live, let current = truth[number].handOffs.last?.attempt, current != attempt {
                return coverage.count(.staleEndAcknowledged)
            }
            // Nor does it count that of an attempt whose record has gone with its disk.
            if let index = truth[number].handOff(attempt), truth[number].handOffs[index].wasLost { return }
            if !matchmaker.isJournalComplete, let newest = truth[number].handOffs.last?.attempt, newest > attempt {
                return coverage.count(.staleEndAcknowledged)
            }
            // One of an attempt that was taken back says nothing of the session, so that any outcome will do.
            guard let outcome = truth[number].outcome, !outcome.isPresumed || outcome.attempt != attempt else {
                return fail(.acknowledgedNotDurable, "the end of \(session.short)#\(attempt) is acknowledged and not on disk")
            }
        case .cancel(let session, _, .playerDisconnected, let blamed): checkBlame(session, blamed)
        case .hello, .challenge, .proof, .welcome, .reject, .accepted, .refused, .state, .ended, .cancel, .drop,
            .ping, .pong, .drain, .holding, .inventoryEnd, .journalMatched:
            break
        }
    }

    private func judge(persisted record: Message) {
        switch record {
        case .journalMatched(let node, let assignment):
            let number = truth.number(of: assignment.session)
            if truth[number].outcome != nil { fail(.mentionedAfterEnd, "\(assignment.session.short) is matched after its end") }
            matchmakerRecords(assignment, at: node.number)
            checkSeats(assignment)
            checkTreatment(assignment, number)
            checkRules(assignment)
            guard truth[number].handOff(assignment.attempt) == nil else { return }
            metNewAttempt(number)
            truth[number].handOffs.append(
                Truth.HandOff(
                    attempt: assignment.attempt, node: node.number, assignment: assignment,
                    hasLeft: assignment.players.map { _ in false }))
        case .ended(let outcome):
            let number = truth.number(of: outcome.session)
            truth[number].askedOutcome = outcome
            if outcome.isPresumed { truth[number].wasPresumed = true }
            if !truth[number].ends.contains(where: { $0.outcome.agrees(with: outcome) }) {
                if outcome.isPresumed { coverage.count(.presumedLost) }
                checkRequeue(outcome)
                checkLossesStated(outcome)
            }
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .endedAck, .cancel,
            .drop, .ping, .pong, .drain, .holding, .inventoryEnd:
            break
        }
    }

    /// Promise 1 at the matchmaker: nobody is matched who is in a session that lives, but one whose end it has been told.
    private func checkSeats(_ assignment: Assignment) {
        let number = truth.number(of: assignment.session)
        for client in assignment.subjectsLeft.compactMap(\.clientIndex) {
            if truth[number].lostClients[client] != nil { continue }  // of which word is on its way
            let other = truth.matchedInto[client]
            truth.matchedInto[client] = number
            truth.noteGame(number, of: client, matchedUnixMs: matchmaker.moment(nowUs).unixMs)
            guard other >= 0, other != number, truth[other].atMatchmaker == .live else { continue }
            if truth[other].ends.contains(where: \.wasTold) { continue }
            if playsElsewhere(client, lostTo: other) { continue }
            fail(.twinAtMatchmaker, "p\(client) is matched into \(assignment.session.short), and is in \(truth[other].id.short)")
        }
    }

    private func judge(_ transition: Transition) {
        if !transition.isLegal {
            if transition.from != transition.to {
                fail(.illegalTransition, "matchmaker: \(transition.session.short) from \(transition.from) to \(transition.to)")
            }
            return
        }
        let number = truth.number(of: transition.session)
        let before = truth[number].atMatchmaker
        note("matchmaker: \(transition.session.short) \(transition.from) → \(transition.to)\(transition.reason.map { " \($0)" } ?? "")")
        checkPresumption(transition)
        if before == .ended { fail(.endedTwice, "matchmaker: \(transition.session.short) changes its state after its end") }
        guard transition.to == .ended else {
            truth[number].mirror = transition.to
            return truth.move(number, to: .live)
        }
        if let cause = transition.cause { coverage.count(cause, transition.from) }
        truth.duties.offers.remove(number)
        truth.duties.endedMs[number] = matchmaker.bootMs(nowUs)
        truth.move(number, to: .ended)
    }

    private func judge(_ notice: MatchmakerNotice) {
        coverage.count(notice)
        met(notice)
        note("matchmaker notes \(notice.name)")
        switch notice {
        case .adopted(let session, _):
            let number = truth.number(of: session)
            if let outcome = truth[number].outcome {
                fail(.outcomeLost, "\(session.short) ended as \(outcome.reason) and is adopted all the same")
            }
            truth.move(number, to: .live)
        case .doubted(let session, _): truth.duties.doubted.append(session)
        case .coordinatorUp(let node, _, _, _): matchmakerHeardOf(node)
        case .sessionRefused(_, let node, _), .assignTimedOut(_, let node): truth.duties.peers[node.number - 1].isResting = true
        case .outcomeReleased(let session, _): truth[truth.number(of: session)].isReleased = true
        case .outcome(let outcome):
            noteEncounters(outcome)
            // A presumption may have been replaced in the same group of records.
            let session = truth[truth.number(of: outcome.session)]
            let durable = session.outcome
            // One that was given up counts as new when it comes again, also from an attempt that was taken back.
            let isGivenUp = (session.isReleased || truth.hasLostJournal) && durable.map { $0.attempt > outcome.attempt } == true
            if durable != outcome, !outcome.isPresumed || durable == nil, !isGivenUp {
                fail(.acknowledgedNotDurable, "the outcome of \(outcome.session.short) is told and not on disk")
            }
        case .fate(let fate): judge(fate)
        case .treated: break
        case .coordinatorDown, .coordinatorDraining, .coordinatorLost, .coordinatorRefused,
            .cancelIgnored, .nothingToCancel, .formed, .noCoordinator, .stale,
            .inventoryAsked:
            break
        }
    }

    /// All that was due has been done.
    func matchmakerAdvanced() {
        let now = matchmaker.bootMs(nowUs)
        checkOffers()
        checkFates()
        if let nextMs = matchmaker.coreDueMs, nextMs <= now {
            fail(.overdue, "the matchmaker leaves something undone that was due at \(nextMs), now \(now)")
        }
        while let connection = truth.waits.popDue(now) {
            guard let number = truth.waitsFor[connection], truth[number].atMatchmaker == .waiting,
                connections[connection].serverLife == matchmaker.life
            else { continue }
            fail(.deadlinePassed, "connection \(connection) waits in \(truth[number].id.short) after its deadline")
        }
    }
}

extension SessionID {
    /// Enough to tell the sessions of a trace apart.
    var short: String { "S" + description.prefix(6) }
}
