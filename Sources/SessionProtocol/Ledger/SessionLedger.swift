/// The live sessions of a process, and the one way to end them. Matchmaker and coordinators hold theirs here, with all
/// that they know of a session in its `Details`: whatever is not here does not exist, and what ends here is gone from
/// every index and timer at once.
public struct SessionLedger<Details: Sendable>: Sendable {
    /// One live session.
    public struct Entry: Sendable {
        public let id: SessionID
        public let scene: SceneID
        public fileprivate(set) var state: SessionState
        /// The subjects that this session holds, in order of seating.
        public fileprivate(set) var subjects: [SubjectID]
        public var details: Details
        var deadlines = SessionDeadlines()
    }

    /// What is left of a session for a while after its end.
    public struct Tombstone: Sendable {
        public let outcome: Outcome
        /// Present when the session was handed to a coordinator.
        public let assignment: Assignment?
    }

    @usableFromInline var entries = SlotTable<Entry>()
    @usableFromInline var slots: [SessionID: Int] = [:]
    private var subjects: [SubjectID: SessionID] = [:]
    private var deadlines = DeadlineQueue<SessionID>()
    private var tombstones: ExpiringTable<SessionID, Tombstone>
    private var transitions: [Transition] = []

    public init(limits: LedgerLimits = LedgerLimits()) {
        tombstones = ExpiringTable(lifetimeMs: limits.tombstoneLifetimeMs, countMax: limits.tombstonesMax)
    }

    // MARK: Reading

    public var count: Int { entries.count }
    public var subjectCount: Int { subjects.count }
    public var deadlineCount: Int { deadlines.count }
    public var tombstoneCount: Int { tombstones.count }
    /// When something here is next due, in milliseconds of the boot clock.
    public var nextDeadlineMs: UInt64? { deadlines.nextMs }

    public func contains(_ id: SessionID) -> Bool { slots[id] != nil }
    public func session(of subject: SubjectID) -> SessionID? { subjects[subject] }
    public func tombstone(_ id: SessionID) -> Tombstone? { tombstones[id] }

    public subscript(id: SessionID) -> Entry? {
        guard let slot = slots[id] else { return nil }
        return entries[slot]
    }

    /// All live sessions, in an order that depends on the events alone.
    /// Entries are not looked at, since to copy 100,000 of them takes a tenth of a second.
    public var sessions: [SessionID] {
        var ids = [SessionID?](repeating: nil, count: entries.indices.count)
        // Each goes to a place of its own, so that the order of the hash leaves no trace.
        for (id, slot) in slots { ids[slot] = id }
        return ids.compactMap { $0 }
    }

    /// How many live sessions are in a state.
    public func count(in state: SessionState) -> Int {
        entries.indices.reduce(0) { $0 + (entries.value(at: $1)?.state == state ? 1 : 0) }
    }

    /// Changes the details of a live session in place; nil when there is none. Inlinable, with what it stands on, so that
    /// a message on its way through a game is not handled by unspecialized code.
    @inlinable
    public mutating func withDetails<Result>(_ id: SessionID, _ change: (inout Details) -> Result) -> Result? {
        guard let slot = slots[id] else { return nil }
        return change(&entries[slot].details)
    }

    /// Where a live session has its details. The place is another session's some time after the end of this one: who
    /// keeps it makes sure by the details that they are still what it wants.
    public func place(of id: SessionID) -> Int? { slots[id] }

    /// Changes the details at a place without a look-up; nil when nothing is there.
    @inlinable
    public mutating func withDetails<Result>(at place: Int, _ change: (inout Details) -> Result) -> Result? {
        entries.update(place) { change(&$0.details) }
    }

    /// Hands over the changes of state since the last call, legal and refused, for the log.
    public mutating func takeTransitions(_ body: (Transition) -> Void) {
        for transition in transitions { body(transition) }
        transitions.removeAll(keepingCapacity: true)
    }

    // MARK: Living

    /// Opens a session in WAITING (a room) or MATCHED (an assignment, or one adopted from it and moved on at once).
    /// The subjects must be free, and the session neither live nor remembered as ended.
    /// - Parameter released: those of the subjects that the session holds no longer; wherever they are, they stay.
    public mutating func open(
        _ id: SessionID, scene: SceneID, state: SessionState, subjects seated: [SubjectID], released: Set<SubjectID> = [],
        details: Details
    ) {
        precondition(slots[id] == nil && tombstones[id] == nil, "a session is new for every game")
        precondition(state == .waiting || state == .matched, "a session begins by waiting, or matched")
        for subject in seated where !released.contains(subject) {
            precondition(subjects[subject] == nil, "one session per subject")
            subjects[subject] = id
        }
        slots[id] = entries.insert(Entry(id: id, scene: scene, state: state, subjects: seated, details: details))
    }

    /// Seats one more subject in a waiting room. The subject must be free.
    public mutating func seat(_ subject: SubjectID, in id: SessionID) {
        guard let slot = slots[id] else { preconditionFailure("only a live session seats anyone") }
        precondition(entries[slot].state == .waiting, "nobody joins a session that has been matched")
        precondition(subjects[subject] == nil, "one session per subject")
        entries[slot].subjects.append(subject)
        subjects[subject] = id
    }

    /// Takes a subject out of its live session, which goes on: one who leaves a room, or who holds a release.
    public mutating func unseat(_ subject: SubjectID, from id: SessionID) {
        guard let slot = slots[id], subjects[subject] == id else { return }
        subjects[subject] = nil
        if entries[slot].state == .waiting { entries[slot].subjects.removeAll { $0 == subject } }
    }

    /// Seats a subject again that was taken out of a session which was handed off. It must be free.
    public mutating func reseat(_ subject: SubjectID, in id: SessionID) {
        guard let slot = slots[id] else { preconditionFailure("only a live session seats anyone") }
        precondition(entries[slot].subjects.contains(subject) && subjects[subject] == nil, "one session per subject")
        subjects[subject] = id
    }

    /// The one change of state short of the end. An illegal one changes nothing and is reported as such.
    @discardableResult
    public mutating func transition(_ id: SessionID, to state: SessionState) -> Bool {
        precondition(state != .ended, "a session ends by `end`")
        guard let slot = slots[id] else { return false }
        let from = entries[slot].state
        let isLegal = from.allows(state)
        transitions.append(
            Transition(session: id, scene: entries[slot].scene, from: from, to: state, reason: nil, cause: nil, isLegal: isLegal))
        if isLegal { entries[slot].state = state }
        return isLegal
    }

    // MARK: Deadlines

    /// Sets a deadline of a live session; `slot` tells apart several of one kind, such as one for each player.
    public mutating func setDeadline(
        _ kind: DeadlineKind, slot deadlineSlot: UInt32 = 0, of id: SessionID, atMs: UInt64
    ) {
        guard let slot = slots[id] else { return }
        entries[slot].deadlines.set(kind, slot: deadlineSlot, atMs: atMs)
        schedule(slot)
    }

    public mutating func clearDeadline(_ kind: DeadlineKind, slot deadlineSlot: UInt32 = 0, of id: SessionID) {
        guard let slot = slots[id] else { return }
        entries[slot].deadlines.clear(kind, slot: deadlineSlot)
        schedule(slot)
    }

    /// When a deadline of a live session is due; nil when it has none of this kind.
    public func deadlineMs(_ kind: DeadlineKind, slot deadlineSlot: UInt32 = 0, of id: SessionID) -> UInt64? {
        guard let slot = slots[id] else { return nil }
        return entries[slot].deadlines.atMs(kind, slot: deadlineSlot)
    }

    /// Takes out the next deadline that is due.
    public mutating func popDue(nowMs: UInt64) -> (session: SessionID, kind: DeadlineKind, slot: UInt32)? {
        guard let id = deadlines.popDue(nowMs), let slot = slots[id],
            let due = entries[slot].deadlines.popFirst()
        else { return nil }
        schedule(slot)
        return (id, due.kind, due.slot)
    }

    private mutating func schedule(_ slot: Int) {
        let id = entries[slot].id
        if let nextMs = entries[slot].deadlines.nextMs {
            if deadlines.atMs(id) == nextMs { return }
            deadlines.set(id, atMs: nextMs)
        } else {
            deadlines.remove(id)
        }
    }

    /// Forgets tombstones whose time is over.
    public mutating func expire(nowMs: UInt64) { tombstones.expire(nowMs: nowMs) }

    // MARK: Ending

    /// Ends a session whose owner this process is. The outcome follows from the verdict by the table of exit paths. Returns nil
    /// when the session is not live: it has ended before, and nothing changes.
    public mutating func end(
        _ id: SessionID, _ verdict: Verdict, assignment: Assignment?, now: Moment
    ) -> (entry: Entry, outcome: Outcome)? {
        guard let entry = self[id] else { return nil }
        precondition(verdict.state == entry.state, "a verdict is about the session as it is")
        var outcome = verdict.outcome(
            session: id, scene: entry.scene, subjects: assignment?.players.map(\.subject) ?? entry.subjects,
            attempt: assignment?.attempt ?? .first, now: now)
        if let assignment { outcome.note(assignment) }
        return settle(outcome, verdict.cause, assignment: assignment, now: now).map { ($0, outcome) }
    }

    /// Removes a session that never was this process's to end: it leaves no outcome, no tombstone and no transition.
    /// Returns nil when it is not live.
    @discardableResult
    public mutating func forget(_ id: SessionID) -> Entry? {
        slots.removeValue(forKey: id).map { remove($0) }
    }

    private mutating func remove(_ slot: Int) -> Entry {
        let entry = entries.remove(slot)
        for subject in entry.subjects where subjects[subject] == entry.id { subjects[subject] = nil }
        deadlines.remove(entry.id)
        return entry
    }

    /// Ends a session as its owner said. Returns nil when it is not live; its outcome is remembered all the same, and
    /// takes the place of one that was only presumed, or that was a lower attempt's.
    public mutating func settle(_ outcome: Outcome, assignment: Assignment?, now: Moment) -> Entry? {
        settle(outcome, nil, assignment: assignment, now: now)
    }

    private mutating func settle(
        _ outcome: Outcome, _ cause: ExitCause?, assignment: Assignment?, now: Moment
    ) -> Entry? {
        guard let slot = slots.removeValue(forKey: outcome.session) else {
            let old = tombstones[outcome.session]
            if old.map({ $0.outcome.isPresumed && !outcome.isPresumed || $0.outcome.attempt < outcome.attempt }) ?? true {
                let tombstone = Tombstone(outcome: outcome, assignment: assignment ?? old?.assignment)
                tombstones.insert(tombstone, for: outcome.session, nowMs: now.bootMs)
            }
            return nil
        }
        let entry = remove(slot)
        let tombstone = Tombstone(outcome: outcome, assignment: assignment)
        tombstones.insert(tombstone, for: entry.id, nowMs: now.bootMs)
        transitions.append(
            Transition(
                session: entry.id, scene: entry.scene, from: entry.state, to: .ended, reason: outcome.reason,
                cause: cause, isLegal: true))
        return entry
    }
}

/// Bounds of a ledger's memory of what has ended.
public struct LedgerLimits: Sendable {
    /// How long an ended session is remembered.
    public var tombstoneLifetimeMs: UInt64
    /// How many ended sessions are remembered; the oldest go first.
    public var tombstonesMax: Int

    public init(tombstoneLifetimeMs: UInt64 = 60_000, tombstonesMax: Int = 10_000) {
        self.tombstoneLifetimeMs = tombstoneLifetimeMs
        self.tombstonesMax = tombstonesMax
    }
}
