import SessionProtocol

/// A hand-off whose record is not yet on disk.
struct RecordingHandOff: Sendable {
    let number: UInt64
    let session: SessionID
    let attempt: Attempt
}

extension MatchmakerCore {
    mutating func matchAllFullRooms(_ now: Moment, _ actions: inout [MatchmakerAction]) {
        for sceneIndex in scenes.indices { matchFullRooms(sceneIndex, now, &actions) }
    }

    /// Hands full rooms to coordinators, the most senior room first, as long as one takes sessions.
    mutating func matchFullRooms(_ sceneIndex: Int, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard isStorageWorking, hold == nil else { return }
        while let session = queues[sceneIndex].firstFormed {
            guard recording.count < limits.unrecordedMax, unrecorded.count < limits.unrecordedMax else { return }
            guard let node = leastLoaded(sceneIndex, except: nil) else {
                if !queues[sceneIndex].isShortNoticed { actions.append(.notice(.noCoordinator(scenes[sceneIndex].id))) }
                queues[sceneIndex].isShortNoticed = true
                return
            }
            // A session that is not played may give a treatment back.
            if hasPlayedAll(sceneIndex) { break }
            if mustAsk(session, now) {
                guard mayAskOneMore() else { break }
                ask(session, now, &actions)
                continue
            }
            match(session, to: node, now, &actions)
        }
        queues[sceneIndex].isShortNoticed = false
    }

    /// The coordinator with the smallest share of its capacity in use; the first of equals.
    private func leastLoaded(_ sceneIndex: Int?, except excluded: NodeID?) -> NodeID? {
        var best: Coordinator?
        for coordinator in coordinators where coordinator.takesSessions && coordinator.node != excluded {
            if let sceneIndex, coordinator.unsupportedScenes.contains(sceneIndex) { continue }
            if let sceneIndex, !coordinator.canCarry(scenes[sceneIndex].playRules) { continue }
            if let best, coordinator.assigned * best.capacity >= best.assigned * coordinator.capacity { continue }
            best = coordinator
        }
        return best?.node
    }

    private mutating func match(
        _ id: SessionID, to node: NodeID, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let room = ledger.details(of: id)?.room else { preconditionFailure("a full room is in the ledger") }
        queues[room.sceneIndex].remove(id)
        queues[room.sceneIndex].waiting -= room.members.count
        let members = members(room)
        for member in members {
            ledger.clearDeadline(.wait, slot: member.slot, of: id)
            if let connection = member.connection { fates.set(connection, atMs: now.bootMs + limits.fateTimeoutMs) }
        }
        forgetParties(of: room)
        noteWaits(members, room.sceneIndex, inVain: false, now)
        ledger.transition(id, to: .matched)
        let scene = scenes[room.sceneIndex]
        var assignment = Assignment(
            session: id, attempt: .first, scene: scene.id, settings: scene.settings, seed: generator.next() >> 32,
            resumeExpiresUnixMs: now.unixMs + limits.resumeLifetimeMs, players: [])
        assignment.extensions = conditions(of: id, room, &actions)
        if scene.playRules != .none { assignment.extensions.playRules = scene.playRules }
        assignment.players = members.map { seat(of: $0, in: assignment) }
        let handOff = HandOff(
            sceneIndex: room.sceneIndex, assignment: assignment, node: node, phase: .offered,
            members: members)
        _ = ledger.withDetails(id) { $0 = .handOff(Boxed(handOff)) }
        record(id, at: node, &actions)
    }

    private mutating func seat(of member: Member, in assignment: Assignment) -> AssignedPlayer {
        let unsigned = ResumeSignature(high: 0, low: 0)
        var player = AssignedPlayer(
            subject: member.subject, ticket: drawTicket(), sinceUnixMs: member.sinceUnixMs, placeSignature: unsigned,
            releaseSignature: unsigned)
        player.placeSignature = signer.sign(assignment.claim(.releasedPlace, of: player))
        player.releaseSignature = signer.sign(assignment.claim(.release, of: player))
        return player
    }

    private mutating func drawTicket() -> Ticket { Ticket(high: generator.next(), low: generator.next()) }

    /// Rule 1 of a hand-off: it is on disk before anybody hears of it.
    private mutating func record(_ id: SessionID, at node: NodeID, _ actions: inout [MatchmakerAction]) {
        guard let assignment = ledger.details(of: id)?.handOff?.assignment else { return }
        let number = persist(.journalMatched(node, assignment), &actions)
        recording.append(RecordingHandOff(number: number, session: id, attempt: assignment.attempt))
        count(node, 1)
        _ = updateHandOff(id) { handOff in
            handOff.node = node
            handOff.phase = .recording(number)
        }
    }

    mutating func count(_ node: NodeID, _ change: Int) {
        guard let index = coordinators.firstIndex(where: { $0.node == node }) else { return }
        coordinators[index].assigned += change
    }

    /// Offers what has become durable to its coordinators.
    mutating func offerRecorded(_ now: Moment, _ actions: inout [MatchmakerAction]) {
        var taken = 0
        while taken < recording.count, recording[taken].number <= recordsDurable {
            let item = recording[taken]
            taken += 1
            guard let handOff = ledger.details(of: item.session)?.handOff, handOff.phase == .recording(item.number) else {
                continue
            }
            guard let coordinator = coordinator(handOff.node), coordinator.isReady, let link = coordinator.link,
                coordinator.canCarry(handOff.assignment.extensions.playRules)
            else {
                tryAgain(item.session, now, &actions)
                continue
            }
            _ = updateHandOff(item.session) { handOff in
                handOff.phase = .offered
                if !handOff.offered.contains(handOff.node) { handOff.offered.append(handOff.node) }
            }
            ledger.setDeadline(.assign, of: item.session, atMs: now.bootMs + limits.assignTimeoutMs)
            actions.append(.link(link, .assign(handOff.assignment)))
        }
        recording.removeFirst(taken)
    }

    /// Rule 2: a new attempt, at another coordinator if there is one, while no ticket of the old one has left.
    mutating func tryAgain(
        _ id: SessionID, except excluded: NodeID? = nil, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let handOff = ledger.details(of: id)?.handOff else { return }
        precondition(handOff.phase != .accepted, "tickets of an accepted session may have left")
        ledger.clearDeadline(.assign, of: id)
        guard handOff.cancel == nil else { return endTakenBack(id, handOff, .cancelled, now, &actions) }
        let next = handOff.assignment.attempt.next
        guard next.number <= limits.attemptsMax, let node = leastLoaded(handOff.sceneIndex, except: excluded) else {
            return endTakenBack(id, handOff, .noCoordinatorLeft, now, &actions)
        }
        count(handOff.node, -1)
        let tickets = handOff.members.map { _ in drawTicket() }
        _ = updateHandOff(id) { handOff in
            handOff.assignment.attempt = next
            for index in tickets.indices { handOff.assignment.players[index].ticket = tickets[index] }
        }
        record(id, at: node, &actions)
    }

    /// Ends a session that no coordinator is to carry any more. One that was offered may be held all the same, and its
    /// holder will end it for a reason of its own: the outcome is that of an attempt which nobody was ever offered, so that
    /// whatever is still said of the older one counts as absent (rule 3).
    private mutating func endTakenBack(
        _ id: SessionID, _ handOff: Boxed<HandOff>, _ cause: ExitCause, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        if handOff.phase == .offered { _ = updateHandOff(id) { $0.assignment.attempt = handOff.assignment.attempt.next } }
        end(id, cause, now, &actions)
    }

    mutating func assignTimedOut(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let handOff = ledger.details(of: id)?.handOff, handOff.phase == .offered else { return }
        actions.append(.notice(.assignTimedOut(id, handOff.node)))
        if let index = coordinators.firstIndex(where: { $0.node == handOff.node }) {
            coordinators[index].isResting = true
            if let link = coordinators[index].link {
                actions.append(.link(link, .drop(id, handOff.assignment.attempt)))
            }
        }
        tryAgain(id, except: handOff.node, now, &actions)
    }

    mutating func accepted(
        _ id: SessionID, _ attempt: Attempt, by node: NodeID, _ link: LinkHandle, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) {
        if isCurrent(id, attempt, at: node) { return }
        guard let handOff = ledger.details(of: id)?.handOff, handOff.node == node,
            handOff.assignment.attempt == attempt, handOff.phase == .offered
        else {
            actions.append(.link(link, .drop(id, attempt)))
            actions.append(.notice(.stale(.accepted, id)))
            return
        }
        ledger.clearDeadline(.assign, of: id)
        _ = updateHandOff(id) { handOff in
            handOff.phase = .accepted
            handOff.isConfirmed = true
        }
        if handOff.cancel != nil { return sayCancel(id, now, &actions) }
        let gone = handOff.members.indices.filter {
            handOff.members[$0].connection == nil || handOff.members[$0].hasLeft
        }
        if gone.isEmpty {
            for player in handOff.members.indices { tellMatched(id, playerAt: player, now, &actions) }
            return
        }
        // Promise 5: nobody is sent to a game that cannot begin. The owner ends it; the others wait here for its word.
        // Whoever was hung up from this side is not to blame.
        let reason: EndReason = gone.contains { handOff.members[$0].hasLeft } ? .playerLeft : .playerDisconnected
        cancel(id, reason, blamed: gone.filter { !handOff.members[$0].isGivenUp || handOff.members[$0].hasLeft }, now, &actions)
    }

    /// What waited for the owner to be in reach: a cancel that it may not have heard, one who left, those who came back.
    mutating func resumeHandOff(_ id: SessionID, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let handOff = ledger.details(of: id)?.handOff else { return }
        if handOff.cancel != nil { return sayCancel(id, now, &actions) }
        if isDoubtful(id), hold?.isAsking == true { return endDoubtful(id, now, &actions) }
        let left = handOff.members.indices.filter { handOff.members[$0].hasLeft }
        if !left.isEmpty { return cancel(id, .playerLeft, blamed: left, now, &actions) }
        for player in handOff.members.indices where handOff.members[player].connection != nil {
            tellMatched(id, playerAt: player, now, &actions)
        }
    }

    mutating func tellMatched(
        _ id: SessionID, playerAt index: Int, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let handOff = ledger.details(of: id)?.handOff, handOff.cancel == nil, !isDoubtful(id),
            let connection = handOff.members[index].connection, let player = PlayerIndex(exactly: index), let coordinator = coordinator(handOff.node)
        else { return }
        actions.append(
            .reply(
                connection,
                .matched(
                    session: id, player: player, players: handOff.members.count, url: coordinator.url,
                    ticket: handOff.assignment.players[index].ticket,
                    condition: handOff.assignment.extensions.condition(of: player))))
        actions.append(.close(connection, .normal))
        finish(connection, .matched, in: id, now, &actions)
        _ = updateHandOff(id) { $0.members[index].connection = nil }
    }

    mutating func refused(
        _ id: SessionID, _ attempt: Attempt, _ reason: RefusalReason, by node: NodeID, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) {
        guard let handOff = ledger.details(of: id)?.handOff, handOff.node == node,
            handOff.assignment.attempt == attempt, handOff.phase == .offered
        else {
            actions.append(.notice(.stale(.refused, id)))
            return
        }
        actions.append(.notice(.sessionRefused(id, node, reason)))
        if let index = coordinators.firstIndex(where: { $0.node == node }) {
            switch reason {
            case .full, .busy: coordinators[index].isResting = true
            case .draining: coordinators[index].isDraining = true
            case .unsupported:
                if let sceneIndex = handOff.sceneIndex { coordinators[index].unsupportedScenes.insert(sceneIndex) }
            }
        }
        tryAgain(id, except: node, now, &actions)
    }

    /// A member leaves after the match was made: the session is asked to end once its coordinator owns it.
    mutating func leaveHandOff(
        _ connection: ConnectionHandle, _ subject: SubjectID, _ id: SessionID, _ actions: inout [MatchmakerAction]
    ) {
        _ = updateHandOff(id) { handOff in
            for index in handOff.members.indices where handOff.members[index].connection == connection {
                handOff.members[index].hasLeft = true
            }
        }
    }

    mutating func updateHandOff(_ id: SessionID, _ change: (inout HandOff) -> Void) -> Bool {
        ledger.withDetails(id) { details in
            guard case .handOff(var handOff) = details else { return false }
            // The ledger's copy is let go of first, so that the change is made in place.
            details = .room(Room(sceneIndex: 0))
            change(&handOff.value)
            details = .handOff(handOff)
            return true
        } ?? false
    }
}
