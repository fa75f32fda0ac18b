import SessionProtocol

/// A coordinator as the matchmaker sees it: linked, or awaited until its lease has run out.
struct Coordinator: Sendable {
    let node: NodeID
    var incarnation: Incarnation
    var url: String
    /// It hears extensions, so that it can be asked for what these say.
    var hearsExtensions = true
    var capacity: Int
    /// Nil while the link is down.
    var link: LinkHandle?
    /// Its inventory has been taken since the link came up.
    var hasInventory = false
    var isDraining = false
    /// It refused a session or left one unanswered, and is asked again after its next sign of life: without this rest
    /// the same players would be handed to it over and over, as fast as the disk can record it.
    var isResting = false
    /// An outcome that it reported was not taken, because too many waited for the disk: it is to report it once more.
    var owesReport = false
    /// Scenes that it has said it cannot carry, by index.
    var unsupportedScenes: Set<Int> = []
    /// When its sessions are presumed lost unless it is heard again.
    var lostAtMs: UInt64?
    /// Sessions handed to it that have not ended.
    var assigned = 0
    /// Players connected to it, by its own last word.
    var players = 0

    /// What it holds is known, and it can be spoken to.
    var isReady: Bool { link != nil && hasInventory }
    func canCarry(_ rules: PlayRules) -> Bool { hearsExtensions || rules == .none }
    var takesSessions: Bool { isReady && !isDraining && !isResting && assigned < capacity }
}

extension MatchmakerCore {
    func coordinator(_ node: NodeID) -> Coordinator? { coordinators.first { $0.node == node } }

    private func index(of link: LinkHandle) -> Int? { coordinators.firstIndex { $0.link == link } }

    mutating func linkProven(
        _ link: LinkHandle, _ hello: Hello, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        if let known = coordinators.first(where: { $0.node == hello.node }), let old = known.link {
            guard known.incarnation == hello.incarnation else {
                return refuseLink(link, hello.node, .nodeInUse, "another live process speaks for this node", &actions)
            }
            // The same process dials again: it has given its old link up, whatever this end still believes.
            hangUp(old, nil, now, &actions)
        }
        if coordinator(hello.node) == nil {
            guard coordinators.count < limits.coordinatorsMax else {
                return refuseLink(link, hello.node, .tooManyLinks, "this matchmaker takes no more coordinators", &actions)
            }
            coordinators.append(
                Coordinator(node: hello.node, incarnation: hello.incarnation, url: "", capacity: 0))
        }
        guard let index = coordinators.firstIndex(where: { $0.node == hello.node }) else { return }
        coordinators[index].incarnation = hello.incarnation
        coordinators[index].url = hello.publicURL
        coordinators[index].hearsExtensions = hello.versionMax >= ProtocolVersion.extended
        coordinators[index].capacity = Int(hello.capacity)
        coordinators[index].link = link
        coordinators[index].hasInventory = false
        coordinators[index].isDraining = false
        coordinators[index].isResting = false
        coordinators[index].owesReport = false
        coordinators[index].unsupportedScenes = []
        heard(index, now)
        forEachHandOff(at: hello.node) { handOff in handOff.isConfirmed = false }
        actions.append(
            .link(
                link, .welcome(Welcome(leaseGraceMs: limits.leaseGraceMs, pingIntervalMs: limits.pingIntervalMs))))
        actions.append(
            .notice(
                .coordinatorUp(hello.node, hello.incarnation, capacity: hello.capacity, url: hello.publicURL)))
    }

    private func refuseLink(
        _ link: LinkHandle, _ node: NodeID, _ code: RejectCode, _ detail: String,
        _ actions: inout [MatchmakerAction]
    ) {
        actions.append(.closeLink(link, Reject(code: code, detail: detail)))
        actions.append(.notice(.coordinatorRefused(node, code)))
    }

    private mutating func heard(_ index: Int, _ now: Moment) {
        coordinators[index].lostAtMs = now.bootMs + UInt64(limits.leaseGraceMs) + UInt64(limits.leaseMarginMs)
    }

    mutating func receive(
        _ message: Message, from link: LinkHandle, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        guard let index = index(of: link) else { return }
        let node = coordinators[index].node
        switch message {
        case .ping(let ping):
            heard(index, now)
            coordinators[index].isResting = false
            coordinators[index].players = Int(ping.players)
            actions.append(.link(link, .pong(sentAtMs: ping.sentAtMs)))
            matchAllFullRooms(now, &actions)
        case .drain:
            coordinators[index].isDraining = true
            actions.append(.notice(.coordinatorDraining(node)))
        case .accepted(let session, let attempt): accepted(session, attempt, by: node, link, now, &actions)
        case .refused(let session, let attempt, let reason):
            refused(session, attempt, reason, by: node, now, &actions)
        case .state(let session, let attempt, let state):
            if isCurrent(session, attempt, at: node) {
                mirror(session, state, now)
                if isDoubtful(session) {
                    prove(session, now, &actions)
                    if coordinators[index].isReady { resumeHandOff(session, now, &actions) }
                }
            } else if !proven(session, attempt, state, at: node, now, &actions) {
                actions.append(.notice(.stale(.state, session)))
            }
        case .ended(let outcome): ended(outcome, by: node, link, now, &actions)
        case .holding(let state, let assignment): holding(state, assignment, at: node, link, now, &actions)
        case .inventoryEnd where !coordinators[index].hasInventory: inventoryEnded(index, link, now, &actions)
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .endedAck, .cancel, .drop, .pong, .inventoryEnd,
            .journalMatched:
            let detail = "\(message.kind) does not come from a coordinator here"
            hangUp(link, Reject(code: .unexpected, detail: detail), now, &actions)
        }
    }

    /// Closes a link from this side and takes it as down.
    mutating func hangUp(
        _ link: LinkHandle, _ reject: Reject?, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        actions.append(.closeLink(link, reject))
        linkDown(link, now, &actions)
    }

    mutating func linkDown(_ link: LinkHandle, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        guard let index = index(of: link) else { return }
        let node = coordinators[index].node
        coordinators[index].link = nil
        coordinators[index].hasInventory = false
        // They are listed again.
        hold?.ends.removeAll { $0.node == node }
        actions.append(.notice(.coordinatorDown(node)))
        // No ticket of these has left, so they can be handed to another coordinator at once.
        for session in handOffs(at: node) where ledger.details(of: session)?.handOff?.phase == .offered {
            tryAgain(session, now, &actions)
        }
    }

    /// Presumes the sessions of coordinators lost that have not been heard for grace and margin.
    mutating func expireLeases(_ now: Moment, _ actions: inout [MatchmakerAction]) {
        while let index = coordinators.firstIndex(where: { ($0.lostAtMs ?? .max) <= now.bootMs }) {
            if let link = coordinators[index].link { hangUp(link, nil, now, &actions) }
            let node = coordinators[index].node
            var sessions: [SessionID] = []
            for session in handOffs(at: node) {
                if ledger.details(of: session)?.handOff?.phase == .accepted {
                    sessions.append(session)
                } else {
                    // Still being recorded: after this nothing names the coordinator any more.
                    tryAgain(session, now, &actions)
                }
            }
            coordinators[index].lostAtMs = nil
            forgetClaims(of: node)
            actions.append(.notice(.coordinatorLost(node, sessions: sessions.count)))
            for session in sessions { end(session, .coordinatorSilent, now, &actions) }
            coordinators.removeAll { $0.node == node && $0.link == nil && $0.lostAtMs == nil }
        }
    }

    // MARK: Inventory

    private mutating func holding(
        _ state: SessionState, _ assignment: Assignment, at node: NodeID, _ link: LinkHandle, _ now: Moment,
        _ actions: inout [MatchmakerAction]
    ) {
        let session = assignment.session
        retained.listed(session, at: node, on: link)
        if isCurrent(session, assignment.attempt, at: node) {
            _ = updateHandOff(session) { handOff in
                handOff.isConfirmed = true
                handOff.isRestored = false
            }
            if let mirrored = ledger.state(of: session), mirrored != state { mirror(session, state, now) }
            if noteLosses(assignment, now, &actions), let known = ledger.details(of: session)?.handOff?.assignment {
                _ = persist(.journalMatched(node, known), &actions)
            }
            dropClaims(of: session, below: assignment.attempt, &actions)
            if state != .matched { prove(session, now, &actions) }
            return
        }
        claimed(state, assignment, at: node, link, now, &actions)
    }

    private mutating func inventoryEnded(
        _ index: Int, _ link: LinkHandle, _ now: Moment, _ actions: inout [MatchmakerAction]
    ) {
        let node = coordinators[index].node
        coordinators[index].hasInventory = true
        for session in handOffs(at: node) {
            guard let handOff = ledger.details(of: session)?.handOff, handOff.phase == .accepted else { continue }
            if !handOff.isConfirmed {
                // A higher attempt may be reported yet, by a coordinator that is not linked yet.
                if isDoubtful(session), hold?.isAsking == false { continue }
                end(session, handOff.isRestored ? .bothRestarted : .coordinatorRestarted, now, &actions)
                continue
            }
            resumeHandOff(session, now, &actions)
        }
        retained.inventoryTaken(of: node, on: link)
        inventoryTaken(of: node, on: link, &actions)
        matchAllFullRooms(now, &actions)
    }

    // MARK: Hand-offs of one node

    func handOffs(at node: NodeID) -> [SessionID] {
        ledger.matchedSessions.filter { ledger.details(of: $0)?.handOff?.node == node }
    }

    private mutating func forEachHandOff(at node: NodeID, _ change: (inout HandOff) -> Void) {
        for session in handOffs(at: node) { _ = updateHandOff(session, change) }
    }

    func isCurrent(_ session: SessionID, _ attempt: Attempt, at node: NodeID) -> Bool {
        guard let handOff = ledger.details(of: session)?.handOff else { return false }
        return handOff.node == node && handOff.assignment.attempt == attempt && handOff.phase == .accepted
    }
}
