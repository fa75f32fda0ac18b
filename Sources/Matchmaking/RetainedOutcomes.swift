import SessionProtocol

/// Outcomes that a coordinator may report once more, however old they are: rule 5 of a hand-off. An entry goes when every
/// coordinator that was ever offered the session has given an inventory that does not list it, since what an inventory
/// leaves out never comes again.
struct RetainedOutcomes: Sendable {
    struct Entry: Sendable {
        var attempt: Attempt
        /// The owner's own outcome may still take its place.
        var isPresumed: Bool
        /// Coordinators that may still report it.
        var awaited: Int
        /// When the session was matched, by this server's clock; nil when its record is lost.
        var matchedUnixMs: UInt64?
    }

    private var entries = OrderedTable<SessionID, Entry>()
    /// What each coordinator may still report, with the link on which it was last listed. They are few, and come in the order
    /// of their first. Nil stands for one that the journal does not name.
    private var nodes: [(node: NodeID?, awaited: OrderedTable<SessionID, LinkHandle?>)] = []

    var count: Int { entries.count }
    var sessions: [SessionID] { entries.keys }
    func count(at node: NodeID?) -> Int { index(of: node).map { nodes[$0].awaited.count } ?? 0 }
    subscript(session: SessionID) -> Entry? { entries[session] }

    private func index(of node: NodeID?) -> Int? { nodes.firstIndex { $0.node == node } }

    /// Keeps an outcome until all of these coordinators have shown that they do not hold it. Without any it is not kept.
    mutating func insert(_ outcome: Outcome, nodes offered: [NodeID?]) {
        if entries[outcome.session] == nil {
            guard !offered.isEmpty else { return }
            let entry = Entry(attempt: outcome.attempt, isPresumed: outcome.isPresumed, awaited: 0)
            entries.append(entry, for: outcome.session)
        } else if !outcome.isPresumed {
            _ = entries.update(outcome.session) { ($0.attempt, $0.isPresumed) = (outcome.attempt, false) }
        }
        for node in offered { expect(outcome.session, at: node) }
    }

    mutating func note(matchedUnixMs: UInt64, of session: SessionID) {
        _ = entries.update(session) { $0.matchedUnixMs = matchedUnixMs }
    }

    private mutating func expect(_ session: SessionID, at node: NodeID?) {
        let index = index(of: node) ?? nodes.count
        if index == nodes.count { nodes.append((node, OrderedTable())) }
        guard nodes[index].awaited[session] == nil else { return }
        nodes[index].awaited.append(nil, for: session)
        _ = entries.update(session) { $0.awaited += 1 }
    }

    /// A coordinator has named the session on this link, so it may name it again on the next.
    mutating func listed(_ session: SessionID, at node: NodeID, on link: LinkHandle) {
        guard entries[session] != nil else { return }
        expect(session, at: node)
        if let index = index(of: node) { _ = nodes[index].awaited.update(session) { $0 = link } }
        if let unnamed = index(of: nil), nodes[unnamed].awaited[session] != nil { release(session, from: nil) }
    }

    /// The inventory on this link is at its end: what it did not list cannot be reported again by this coordinator.
    mutating func inventoryTaken(of node: NodeID, on link: LinkHandle) {
        guard let awaited = index(of: node).map({ nodes[$0].awaited }) else { return }
        for session in awaited.keys where awaited[session] != .some(link) { release(session, from: node) }
    }

    private mutating func release(_ session: SessionID, from node: NodeID?) {
        if let index = index(of: node) {
            nodes[index].awaited.remove(session)
            if nodes[index].awaited.count == 0 { nodes.remove(at: index) }
        }
        let awaited = entries.update(session) { entry in
            entry.awaited -= 1
            return entry.awaited
        }
        if awaited == 0 { entries.remove(session) }
    }

    /// Of the coordinators with the most entries, the one that has had some for longest.
    var busiestNode: NodeID?? {
        var busiest: (node: NodeID?, count: Int)?
        for (node, awaited) in nodes where awaited.count > busiest?.count ?? 0 { busiest = (node, awaited.count) }
        return busiest?.node
    }

    /// Forgets what a coordinator could report, the oldest first.
    mutating func dropOldest(at node: NodeID?) -> SessionID? {
        guard let session = index(of: node).flatMap({ nodes[$0].awaited.first }) else { return nil }
        release(session, from: node)
        return session
    }
}

extension MatchmakerCore {
    /// Keeps within the bounds of what waits for coordinators and for the disk. To be called behind every event.
    mutating func keepBounds(_ now: Moment, _ actions: inout [MatchmakerAction]) {
        if isReportOwed, unrecorded.count < limits.unrecordedMax {
            isReportOwed = false
            for link in coordinators.filter(\.owesReport).compactMap(\.link) { hangUp(link, nil, now, &actions) }
        }
        while retained.count > limits.outcomesRetainedMax, let node = retained.busiestNode {
            if let node, let coordinator = coordinator(node), retained.count <= 2 * limits.outcomesRetainedMax {
                // This version of the protocol has no receipt for an acknowledgement: only an inventory says what
                // cannot come again. One whose link is down or new is about to give one.
                guard coordinator.isReady, let link = coordinator.link else { return }
                // What it has reported is acknowledged first: it would be listed again and again otherwise.
                guard !unrecorded.contains(where: { $0.node == node }) else { return }
                actions.append(.notice(.inventoryAsked(node, outcomes: retained.count(at: node))))
                hangUp(link, nil, now, &actions)
            } else if let session = retained.dropOldest(at: node) {
                actions.append(.notice(.outcomeReleased(session, node)))
            }
        }
    }
}
