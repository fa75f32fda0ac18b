import Coordination
import Matchmaking
import SessionProtocol

/// What both sides must agree on.
extension World {
    /// A record has survived: it is synced, or was found at a start.
    func becameDurable(_ record: Message, at process: Int) {
        switch record {
        case .journalMatched(_, let assignment):
            guard process == 0 else { return }
            let number = truth.number(of: assignment.session)
            truth[number].isMatchDurable = true
            if let index = truth[number].handOff(assignment.attempt) {
                truth[number].handOffs[index].isDurable = true
                truth[number].handOffs[index].wasLost = false
            }
        case .ended(let outcome):
            let number = truth.number(of: outcome.session)
            for index in truth[number].ends.indices
            where truth[number].ends[index].node == process && truth[number].ends[index].outcome == outcome {
                truth[number].ends[index].isDurable = true
            }
            if process == 0 { outcomeIsDurable(outcome, number) }
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .endedAck, .cancel,
            .drop, .ping, .pong, .drain, .holding, .inventoryEnd:
            break
        }
    }

    /// Promise 3: a presumption may be replaced, once; nothing else may.
    private func outcomeIsDurable(_ outcome: Outcome, _ number: Int) {
        note("\(outcome.session.short) has its outcome: \(outcome.reason)\(outcome.isPresumed ? ", presumed" : "")")
        if let old = truth[number].outcome {
            if old.isPresumed && !outcome.isPresumed {
                coverage.count(.presumptionReplaced)
            } else if mayRepeat(outcome, number) {
                note("\(outcome.session.short) is reported once more, because a disk has lost that it was")
            } else if truth[number].isReleased {
                coverage.count(.releasedOutcomeRepeated)
                // Of an attempt that was taken back it may be as well, which players have heard nothing of.
                if outcome.attempt < old.attempt { return }
            } else if truth.hasLostJournal, old.attempt < outcome.attempt {
                // Without its journal it could not know that the older attempt had been taken back.
                note("\(outcome.session.short) had ended as \(old.reason) in attempt \(old.attempt)")
            } else if truth.hasLostJournal, old.attempt > outcome.attempt {
                return note("\(outcome.session.short) ended as \(old.reason) in attempt \(old.attempt), long since")
            } else {
                fail(.outcomeTwice, "\(outcome.session.short) ended as \(old.reason), and again as \(outcome.reason)")
            }
        }
        truth[number].outcome = outcome
        truth[number].outcomeLife = matchmaker.life
    }

    /// The owner's disk has lost that it was acknowledged, long after the matchmaker could forget it; or the matchmaker's has
    /// lost the outcome.
    private func mayRepeat(_ outcome: Outcome, _ number: Int) -> Bool {
        if truth[number].lostOutcomes.contains(where: { $0.agrees(with: outcome) }) { return true }
        return truth[number].outcome?.agrees(with: outcome) == true && truth[number].ends.contains { $0.wasOnLostDisk && $0.outcome.agrees(with: outcome) }
    }

    // MARK: Promise 1

    func becomesEnterable(_ client: Int, _ copy: Truth.Enterable) {
        let isKnown = truth.enterable[client].contains {
            $0.session == copy.session && $0.handOff == copy.handOff && $0.node == copy.node
        }
        if isKnown { return }
        truth.enterable[client].append(copy)
        guard truth.enterable[client].count > 1 else { return }
        coverage.count(.twinsProbed)
        let open = truth.enterable[client].filter { isEnterable($0, client) }
        if open.count > 1 {
            let places = open.map { "\(truth[$0.session].id.short) at n\($0.node)" }.joined(separator: " and ")
            fail(.twinSessions, "p\(client) could enter \(places)")
        }
    }

    /// A player has entered one of the copies that it could enter: no other may be open.
    func entersOne(_ client: Int, _ number: Int, _ node: Int) {
        for copy in truth.enterable[client] where copy.session != number || copy.node != node {
            coverage.count(.twinsProbed)
            guard isEnterable(copy, client) else { continue }
            let other = "\(truth[copy.session].id.short) at n\(copy.node)"
            fail(.twinSessions, "p\(client) has entered \(truth[number].id.short) at n\(node), and could enter \(other)")
        }
    }

    /// Asks a copy of the coordinator, deadlines first, whether it would let this player in now.
    private func isEnterable(_ copy: Truth.Enterable, _ client: Int) -> Bool {
        let host = coordinators[copy.node - 1]
        guard host.isRunning else { return false }
        var core = host.core
        let session = truth[copy.session]
        let players = session.handOffs[copy.handOff].assignment.players
        guard let player = players.first(where: { $0.subject == clients[client].subject }) else { return false }
        var actions: [CoordinatorAction] = []
        let now = moment(host)
        core.advance(now: now, actions: &actions)
        actions = []
        let probe = ConnectionHandle(UInt64(Int32.max))
        core.handle(.enter(probe, session.id, player.ticket, received: 0), now: now, actions: &actions)
        return actions.contains {
            if case .reply(probe, .entered) = $0 { true } else { false }
        }
    }

    /// A coordinator does not hold this session any more.
    func closeCopy(_ number: Int, _ host: CoordinatorHost) {
        guard let copy = truth.coordinators[host.number - 1].copies.removeValue(forKey: number) else { return }
        copy.isOver = true
        for player in truth[number].handOffs[copy.handOff].assignment.players {
            guard let client = player.subject.clientIndex else { continue }
            truth.enterable[client].removeAll { $0.session == number && $0.node == host.number }
        }
    }

    // MARK: Promise 7

    /// All that was due has been done.
    func coordinatorAdvanced(_ host: CoordinatorHost, _ now: Moment) {
        // In that world it is another promise that is to be seen broken.
        if options.canary == .keepsAfterLease { return }
        checkLeaseHeld(host)
        let index = host.number - 1
        while let key = truth.coordinators[index].deadlines.popDue(now.bootMs) {
            guard let copy = truth.coordinators[index].copies[key.session] else { continue }
            switch key.kind {
            case .phase:
                if copy.state != .playing, !copy.isExtended {
                    // Those who are away have their grace, once.
                    copy.isExtended = true
                    truth.coordinators[index].deadlines.set(key, atMs: now.bootMs + UInt64(copy.settings.reconnectGraceMs))
                    continue
                }
            case .reconnect:
                let player = Int(key.slot)
                if !copy.plays(player) || !copy.isAway[player] { continue }
            case .barrier:
                // Nobody hears that it opens while nobody is there.
                if copy.isNobodyThere || !copy.barriers.contains(where: { $0.slot == key.slot }) { continue }
            case .episode:
                if copy.isNobodyThere || copy.episode?.isUnsure != false || copy.episode?.stage == .done { continue }
            case .tick: break
            }
            fail(.deadlinePassed, "\(truth[key.session].id.short) is still \(copy.state) at n\(host.number) after its \(key.kind) deadline")
        }
        if let nextMs = host.nextDeadlineMs, nextMs <= now.bootMs {
            fail(.overdue, "n\(host.number) leaves something undone that was due at \(nextMs), now \(now.bootMs)")
        }
    }

    /// After every turn of a coordinator.
    func checkCoordinator(_ host: CoordinatorHost) {
        guard host.isRunning else { return }
        checkAllHeard(host)
        let count = host.sessionCount
        if count != truth.coordinators[host.number - 1].copies.count {
            fail(.tablesDisagree, "n\(host.number) holds \(count) sessions, not \(truth.coordinators[host.number - 1].copies.count)")
        }
        let sessionsMax = host.limits.sessionsMax
        if count > sessionsMax { fail(.overLimit, "n\(host.number) holds \(count) sessions, more than \(sessionsMax)") }
    }

    // MARK: Clients

    func clientJoins(_ client: Int, on connection: Int, resume: String?) {
        truth.update(connection) {
            $0.joinedAtStep = steps
            $0.hasLeft = false
            $0.resume = resume
        }
    }

    func clientHears(_ message: ServerMessage, _ client: Int, on connection: Int) {
        guard case .play(.ended(let session, _, _, let resume, _)) = message, let number = truth.find(session) else { return }
        let isAcknowledged = truth[number].ends.contains {
            $0.node == connections[connection].server && $0.isAcknowledged
        }
        truth.heard[client].append(
            Truth.Heard(session: session, resume: resume, isAcknowledged: isAcknowledged, step: steps))
        if truth.heard[client].count > 8 { truth.heard[client].removeFirst() }
    }

    // MARK: Now and then, and at the end

    /// Promises 2 and 8 over whole tables.
    func sweep() {
        coverage.count(.swept)
        probeClaimants()
        let tables = matchmaker.isRunning ? matchmaker.core.tables : []
        sweepBounds(tables)
        if matchmaker.isRunning {
            let core = matchmaker.core
            let live = core.count(in: .matched) + core.count(in: .validating) + core.count(in: .playing)
            if live != truth.liveCount { fail(.tablesDisagree, "the matchmaker holds \(live) matched sessions, not \(truth.liveCount)") }
            if core.count(in: .waiting) != truth.roomCount {
                fail(.tablesDisagree, "the matchmaker holds \(core.count(in: .waiting)) rooms, not \(truth.roomCount)")
            }
            let limits = plan.matchmaking
            for table in tables {
                // Whatever is about subjects, rooms and their sessions is bounded by those who are there.
                let isQueue = table.name == "outcomesToRecord" || table.name == "handOffsToRecord"
                let countMax = 4 * plan.clients + truth.liveCount + (isQueue ? limits.unrecordedMax : 100)
                if table.count < 0 || table.count > countMax {
                    fail(.overLimit, "the matchmaker's \(table.name) has \(table.count)")
                }
            }
            for table in core.expiring {
                let countMax =
                    switch table.name {
                    case "tombstones": limits.ledger.tombstonesMax
                    case "rejections": limits.rejectionsMax
                    case "playedSubjects": min(limits.playedSubjectsMax, plan.clients)
                    default: 2 * limits.outcomesRetainedMax + limits.unrecordedMax
                    }
                if table.count > countMax { fail(.overLimit, "the matchmaker's \(table.name) has \(table.count)") }
            }
            for status in core.sceneStatus {
                guard let scene = plan.scenes.first(where: { $0.id == status.id }) else { continue }
                if status.waiting > scene.waitingMax + plan.clients { fail(.overLimit, "\(status.waiting) wait in \(scene.id)") }
            }
            if core.sceneStatus.count > plan.scenes.count { fail(.overLimit, "more scenes than were ever configured") }
        }
        for host in coordinators {
            guard host.isRunning else { continue }
            let tables = host.core.tables.map { (name: $0.name.description, count: $0.count) }
            sweepBounds(host, tables)
            sweepSeats(host, tables)
            for table in tables {
                let isOver = table.name == "outbox" && table.count > host.limits.outboxMax
                if isOver || table.count < 0 { fail(.overLimit, "n\(host.number): \(table.name) has \(table.count)") }
            }
            let seatCount = host.core.connectionCount
            if seatCount > host.connections.count {
                fail(.leftBehind, "n\(host.number) has \(seatCount) seats, and \(host.connections.count) connections")
            }
        }
    }

    /// Long after the end of all faults and clients: nothing is left, and all agree.
    func settle() {
        isOver = true
        sweep()
        // Tables of a process that does not run would be empty whatever it did.
        for number in 0...coordinators.count where host(number).phase != .running {
            fail(.stranded, "\(name(number)) does not run long after the faults were over")
        }
        for host in coordinators where truth.duties.peers[host.number - 1].readyLink == nil {
            fail(.stranded, "n\(host.number) has no link long after the faults were over")
        }
        for table in matchmaker.core.tables where table.count != 0 {
            fail(.leftBehind, "the matchmaker's \(table.name) has \(table.count) left")
        }
        for host in coordinators {
            for table in host.core.tables where table.count != 0 {
                fail(.leftBehind, "n\(host.number): \(table.name) has \(table.count) left")
            }
        }
        checkAllFatesKnown()
        if matchmaker.core.isHolding { fail(.stranded, "the matchmaker matches nobody, long after its journal was lost") }
        for session in truth.sessions where session.isMatchDurable || session.outcome != nil || session.isOwedOutcome {
            checkOutcome(session)
        }
    }

    /// Promise 3.
    private func checkOutcome(_ session: Truth.Session) {
        coverage.count(.settled)
        guard let outcome = session.outcome else {
            return fail(.outcomeMissing, "\(session.id.short) was matched and has no outcome")
        }
        // What was published before the journal was lost nobody knows any more, and it may be published again.
        if !session.lostOutcomes.isEmpty { return }
        for end in session.ends where end.outcome.attempt == outcome.attempt && (!end.isLost || end.isAcknowledged) && (end.isDurable || end.wasTold) {
            if !end.outcome.agrees(with: outcome), !session.isLost(end) {
                fail(
                    .outcomesDiffer,
                    "\(session.id.short): n\(end.node) says \(end.outcome.reason), the matchmaker \(outcome.reason)\(outcome.isPresumed ? " (presumed)" : "")")
            }
        }
        for end in session.ends where end.wasTold && end.outcome.attempt != outcome.attempt && !session.isLost(end) {
            fail(.outcomesDiffer, "\(session.id.short): players heard the end of attempt \(end.outcome.attempt), not \(outcome.attempt)")
        }
        for reason in session.toldByMatchmaker where reason != outcome.reason && !session.lostOutcomes.contains(where: { $0.reason == reason }) {
            fail(.toldAnother, "\(session.id.short): players heard \(reason), the outcome says \(outcome.reason)")
        }
    }
}

extension Outcome {
    /// The same but for treatment, roles and round trips where one of both does not say them: a link of version 1 does not
    /// carry them, and the first two the matchmaker then adds.
    func agrees(with other: Outcome) -> Bool {
        if self == other { return true }
        func saysAnother<Said: Equatable>(_ said: (Outcome) -> Said?) -> Bool {
            guard let mine = said(self), let theirs = said(other) else { return false }
            return mine != theirs
        }
        guard !saysAnother(\.treatment), !saysAnother({ $0.losses.isEmpty ? nil : $0.losses }),
            !saysAnother({ $0.roundTrips.isEmpty ? nil : $0.roundTrips }),
            !saysAnother({ $0.extensions.roles.isEmpty ? nil : $0.extensions.roles.map { "\($0.player) \($0.name)" } })
        else { return false }
        var (mine, theirs) = (self, other)
        mine.extensions = .none
        theirs.extensions = .none
        return mine == theirs
    }
}
