/// The live sessions of a process, and the one way to end them. Matchmaker and coordinators hold theirs here, with all
/// that they know of a session in its `Details`: whatever is not here does not exist, and what ends here is gone from
/// every index and timer at once.
public struct SessionLedger<Details: Sendable>: Sendable {
    /// One live session.
    public struct Entry: Sendable {
        public let id: SessionID
        public let scene: SceneID
        public let state: SessionState
        public let details: Details
    }

    /// What every live session has beside its details, which are kept apart: who looks for one moves no other.
    @usableFromInline struct Record: Sendable {
        @usableFromInline let id: SessionID
        var deadlines = SessionDeadlines()
        var state: SessionState
        /// By number: many have the same.
        let scene: UInt32
        /// The seats of the subjects that this session holds, in order of seating: a list from the first to the last.
        var firstSeat: Int32 = -1
        var lastSeat: Int32 = -1
    }

    /// One subject in a live session.
    private struct Seat: Sendable {
        let subject: SubjectID
        private var place: Int32
        /// The next seat of the session.
        var next: Int32 = -1

        init(subject: SubjectID, session: Int) {
            self.subject = subject
            place = Int32(truncatingIfNeeded: session)
        }

        var session: Int { Int(place < 0 ? ~place : place) }
        /// The subject is not free. One who has left a session that was handed off keeps its seat, for the outcome.
        var isHeld: Bool {
            get { place >= 0 }
            set { if newValue != isHeld { place = ~place } }
        }
    }

    /// What is left of a session for a while after its end.
    public struct Tombstone: Sendable {
        public let outcome: Outcome
        /// Present when the session was handed to a coordinator.
        public let assignment: Assignment?
    }

    @usableFromInline var details = SlotTable<Details>()
    /// By the slots of the details; those of empty slots mean nothing.
    @usableFromInline var records: [Record] = []
    @usableFromInline var index = SlotIndex()
    private var seats: [Seat] = []
    private var seatsFree: [Int32] = []
    /// Of the seats that are held.
    private var subjects = SlotIndex()
    /// Those of live sessions.
    private var scenes = Interner<SceneID>()
    private var deadlines = SlotHeap()
    /// Equal deadlines fall due in the order of setting.
    private var deadlineOrderNext: UInt32 = 0
    private var tombstones: ExpiringTable<SessionID, Tombstone>
    private var transitions: [Transition] = []

    public init(limits: LedgerLimits = LedgerLimits()) {
        tombstones = ExpiringTable(lifetimeMs: limits.tombstoneLifetimeMs, countMax: limits.tombstonesMax)
    }

    // MARK: Reading

    public var count: Int { details.count }
    public var subjectCount: Int { subjects.count }
    public var deadlineCount: Int { deadlines.count }
    public var tombstoneCount: Int { tombstones.count }
    /// When something here is next due, in milliseconds of the boot clock.
    public var nextDeadlineMs: UInt64? { deadlines.nextMs }

    public func contains(_ id: SessionID) -> Bool { place(of: id) != nil }
    public func session(of subject: SubjectID) -> SessionID? {
        seat(of: subject).map { records[seats[$0].session].id }
    }
    public func tombstone(_ id: SessionID) -> Tombstone? { tombstones[id] }

    public subscript(id: SessionID) -> Entry? {
        place(of: id).map { entry(at: $0) }
    }

    private func entry(at place: Int) -> Entry {
        Entry(id: records[place].id, scene: scene(at: place), state: records[place].state, details: details[place])
    }

    private func scene(at place: Int) -> SceneID {
        guard let scene = scenes.value(of: records[place].scene) else { preconditionFailure("a live session has a scene") }
        return scene
    }

    /// Nil when the session is not live.
    public func details(of id: SessionID) -> Details? { place(of: id).map { details[$0] } }
    public func state(of id: SessionID) -> SessionState? { place(of: id).map { records[$0].state } }

    /// The subjects that a live session holds, in order of seating.
    public func subjects(of id: SessionID) -> [SubjectID] {
        place(of: id).map { subjects(in: records[$0].firstSeat) } ?? []
    }

    private func subjects(in firstSeat: Int32) -> [SubjectID] {
        var subjects: [SubjectID] = []
        var seat = firstSeat
        while seat >= 0 {
            subjects.append(seats[Int(seat)].subject)
            seat = seats[Int(seat)].next
        }
        return subjects
    }

    private func seat(of subject: SubjectID) -> Int? {
        subjects.count == 0 ? nil : subjects.slot(hash: subject.hashValue) { seats[$0].subject == subject }
    }

    /// All live sessions, in an order that depends on the events alone.
    public var sessions: [SessionID] {
        details.indices.compactMap { details.isTaken($0) ? records[$0].id : nil }
    }

    /// Those of them that have left WAITING, in the same order. Passes over all, but looks none up.
    public var matchedSessions: [SessionID] {
        details.indices.compactMap { details.isTaken($0) && records[$0].state != .waiting ? records[$0].id : nil }
    }

    /// How many live sessions are in a state.
    public func count(in state: SessionState) -> Int {
        details.indices.reduce(0) { $0 + (details.isTaken($1) && records[$1].state == state ? 1 : 0) }
    }

    /// Changes the details of a live session in place; nil when there is none. Inlinable, with what it stands on, so that
    /// a message on its way through a game is not handled by unspecialized code.
    @inlinable
    public mutating func withDetails<Result>(_ id: SessionID, _ change: (inout Details) -> Result) -> Result? {
        guard let place = place(of: id) else { return nil }
        return change(&details[place])
    }

    /// Where a live session has its details. The place is another session's some time after the end of this one: who
    /// keeps it makes sure by the details that they are still what it wants.
    @inlinable
    public func place(of id: SessionID) -> Int? {
        index.slot(hash: id.hashValue) { records[$0].id == id }
    }

    /// The session that has its details at a place; nil when none has.
    public func session(at place: Int) -> SessionID? {
        details.indices.contains(place) && details.isTaken(place) ? records[place].id : nil
    }

    /// Changes the details at a place without a look-up; nil when nothing is there.
    @inlinable
    public mutating func withDetails<Result>(at place: Int, _ change: (inout Details) -> Result) -> Result? {
        details.update(place, change)
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
        precondition(!contains(id) && tombstones[id] == nil, "a session is new for every game")
        precondition(state == .waiting || state == .matched, "a session begins by waiting, or matched")
        let place = self.details.insert(details)
        let record = Record(id: id, state: state, scene: scenes.hold(scene))
        if place == records.count { records.appendToTable(record) } else { records[place] = record }
        index.insert(place, hash: id.hashValue)
        for subject in seated { addSeat(subject, at: place, isHeld: !released.contains(subject)) }
    }

    /// Seats one more subject in a waiting room. The subject must be free.
    public mutating func seat(_ subject: SubjectID, in id: SessionID) {
        guard let place = place(of: id) else { preconditionFailure("only a live session seats anyone") }
        precondition(records[place].state == .waiting, "nobody joins a session that has been matched")
        addSeat(subject, at: place)
    }

    private mutating func addSeat(_ subject: SubjectID, at place: Int, isHeld: Bool = true) {
        let new = Seat(subject: subject, session: place)
        let seat = seatsFree.popLast().map { Int($0) } ?? seats.count
        if seat == seats.count { seats.appendToTable(new) } else { seats[seat] = new }
        if isHeld { hold(seat) } else { seats[seat].isHeld = false }
        let last = records[place].lastSeat
        if last < 0 {
            records[place].firstSeat = Int32(seat)
        } else {
            seats[Int(last)].next = Int32(seat)
        }
        records[place].lastSeat = Int32(seat)
    }

    private mutating func hold(_ seat: Int) {
        let subject = seats[seat].subject
        let hash = subject.hashValue
        precondition(subjects.slot(hash: hash) { seats[$0].subject == subject } == nil, "one session per subject")
        subjects.insert(seat, hash: hash)
        seats[seat].isHeld = true
    }

    private mutating func free(_ seat: Int) {
        subjects.remove(hash: seats[seat].subject.hashValue) { $0 == seat }
        seats[seat].isHeld = false
    }

    /// Takes a subject out of its live session, which goes on: one who leaves a room, or who holds a release.
    public mutating func unseat(_ subject: SubjectID, from id: SessionID) {
        guard let seat = seat(of: subject) else { return }
        let place = seats[seat].session
        guard records[place].id == id else { return }
        free(seat)
        if records[place].state == .waiting { removeSeat(seat, at: place) }
    }

    private mutating func removeSeat(_ seat: Int, at place: Int) {
        let next = seats[seat].next
        giveBack(seat)
        if records[place].firstSeat == seat {
            records[place].firstSeat = next
            if next < 0 { records[place].lastSeat = -1 }
            return
        }
        var before = Int(records[place].firstSeat)
        while seats[before].next != seat { before = Int(seats[before].next) }
        seats[before].next = next
        if next < 0 { records[place].lastSeat = Int32(before) }
    }

    private mutating func giveBack(_ seat: Int) {
        seatsFree.append(Int32(truncatingIfNeeded: seat))
        // With nobody left, nothing stays of the room that many took.
        if seatsFree.count == seats.count { (seats, seatsFree) = ([], []) }
    }

    /// Seats a subject again that was taken out of a session which was handed off. It must be free.
    public mutating func reseat(_ subject: SubjectID, in id: SessionID) {
        guard let place = place(of: id) else { preconditionFailure("only a live session seats anyone") }
        var seat = Int(records[place].firstSeat)
        while seat >= 0, seats[seat].subject != subject { seat = Int(seats[seat].next) }
        precondition(seat >= 0 && !seats[seat].isHeld, "who is seated again has had a seat")
        hold(seat)
    }

    /// The one change of state short of the end. An illegal one changes nothing and is reported as such.
    @discardableResult
    public mutating func transition(_ id: SessionID, to state: SessionState) -> Bool {
        precondition(state != .ended, "a session ends by `end`")
        guard let slot = place(of: id) else { return false }
        let from = records[slot].state
        let isLegal = from.allows(state)
        transitions.append(
            Transition(session: id, scene: scene(at: slot), from: from, to: state, reason: nil, cause: nil, isLegal: isLegal))
        if isLegal { records[slot].state = state }
        return isLegal
    }

    // MARK: Deadlines

    /// Sets a deadline of a live session; `slot` tells apart several of one kind, such as one for each player.
    public mutating func setDeadline(
        _ kind: DeadlineKind, slot deadlineSlot: UInt32 = 0, of id: SessionID, atMs: UInt64
    ) {
        guard let slot = place(of: id) else { return }
        records[slot].deadlines.set(kind, slot: deadlineSlot, atMs: atMs)
        schedule(slot)
    }

    public mutating func clearDeadline(_ kind: DeadlineKind, slot deadlineSlot: UInt32 = 0, of id: SessionID) {
        guard let slot = place(of: id) else { return }
        records[slot].deadlines.clear(kind, slot: deadlineSlot)
        schedule(slot)
    }

    /// When a deadline of a live session is due; nil when it has none of this kind.
    public func deadlineMs(_ kind: DeadlineKind, slot deadlineSlot: UInt32 = 0, of id: SessionID) -> UInt64? {
        guard let slot = place(of: id) else { return nil }
        return records[slot].deadlines.atMs(kind, slot: deadlineSlot)
    }

    /// Takes out the next deadline that is due.
    public mutating func popDue(nowMs: UInt64) -> (session: SessionID, kind: DeadlineKind, slot: UInt32)? {
        guard let slot = deadlines.popDue(nowMs), let due = records[slot].deadlines.popFirst() else { return nil }
        schedule(slot)
        return (records[slot].id, due.kind, due.slot)
    }

    private mutating func schedule(_ slot: Int) {
        if let nextMs = records[slot].deadlines.nextMs {
            if deadlines.atMs(slot) == nextMs { return }
            deadlines.set(slot, atMs: nextMs, order: deadlineOrderNext)
            deadlineOrderNext &+= 1
        } else {
            deadlines.remove(slot)
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
            session: id, scene: entry.scene, subjects: assignment?.players.map(\.subject) ?? subjects(of: id),
            attempt: assignment?.attempt ?? .first, now: now)
        if let assignment { outcome.note(assignment) }
        return settle(outcome, verdict.cause, assignment: assignment, now: now).map { ($0, outcome) }
    }

    /// Removes a session that never was this process's to end: it leaves no outcome, no tombstone and no transition.
    /// Returns nil when it is not live.
    @discardableResult
    public mutating func forget(_ id: SessionID) -> Entry? { remove(id) }

    private mutating func remove(_ id: SessionID) -> Entry? {
        guard let place = index.remove(hash: id.hashValue, { records[$0].id == id }) else { return nil }
        let entry = entry(at: place)
        scenes.release(records[place].scene)
        _ = details.remove(place)
        deadlines.remove(place)
        var seat = Int(records[place].firstSeat)
        while seat >= 0 {
            let next = Int(seats[seat].next)
            if seats[seat].isHeld { free(seat) }
            giveBack(seat)
            seat = next
        }
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
        guard let entry = remove(outcome.session) else {
            let old = tombstones[outcome.session]
            if old.map({ $0.outcome.isPresumed && !outcome.isPresumed || $0.outcome.attempt < outcome.attempt }) ?? true {
                let tombstone = Tombstone(outcome: outcome, assignment: assignment ?? old?.assignment)
                tombstones.insert(tombstone, for: outcome.session, nowMs: now.bootMs)
            }
            return nil
        }
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
