import SessionProtocol

/// An ended session whose outcome the matchmaker has not acknowledged.
struct OutboxEntry: Sendable {
    let outcome: Outcome
    /// Nil for one that outlived a restart: its tickets are gone, and nobody can ask for it.
    let assignment: Assignment?
    /// The number of its `persist` action; 0 for one read from the file.
    let number: UInt64
    /// On the boot clock.
    let endedAtMs: UInt64
    /// Who waits to be told, by player.
    var waiting: [ConnectionHandle?]

    init(
        outcome: Outcome, assignment: Assignment, number: UInt64, endedAtMs: UInt64, waiting: [ConnectionHandle?]
    ) {
        self.outcome = outcome
        self.assignment = assignment
        self.number = number
        self.endedAtMs = endedAtMs
        self.waiting = waiting
    }

    init(retained outcome: Outcome) {
        self.outcome = outcome
        assignment = nil
        number = 0
        endedAtMs = 0
        waiting = []
    }

    var isAwaited: Bool { waiting.contains { $0 != nil } }
}

extension CoordinatorCore {
    func isDurable(_ entry: OutboxEntry) -> Bool { entry.number <= persistedUpTo }

    mutating func persist(_ message: Message, _ actions: inout [CoordinatorAction]) {
        persistCount += 1
        actions.append(.persist(message))
    }

    /// Reports an outcome, unless the link is down or its inventory still waits for this one to be durable.
    func sendEnded(_ entry: OutboxEntry, _ actions: inout [CoordinatorAction]) {
        guard case .up(let link) = link else { return }
        if let last = link.inventoryAfter, entry.number <= last, !isDurable(entry) { return }
        actions.append(.link(.ended(entry.outcome)))
    }
}
