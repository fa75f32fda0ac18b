import SessionProtocol

/// All that a coordinator decides, as a value: one event and the time go in, actions come out. It reads no clock and no
/// random source, and does nothing itself.
///
/// Duties of the shell: call `advance` before the input of a turn; perform actions in order; make each `persist` action
/// durable and then say so; say `disconnected` for every connection that has gone.
public struct CoordinatorCore: Sendable {
    let limits: CoordinationLimits
    /// Every live session, with all that is known of it.
    var ledger: SessionLedger<SessionDetails>
    /// Where each connection sits; also while it waits to be told that its session has ended.
    var seats: [ConnectionHandle: Seat] = [:]
    var places = PlaceCache()
    /// Ended sessions whose outcome has not been acknowledged.
    var outbox = OrderedTable<SessionID, OutboxEntry>()
    /// When to tell players without an acknowledgement: set only while the link is down and someone waits.
    var tellings = DeadlineQueue<SessionID>()
    /// When clients are asked next what their clocks say.
    var clockAsks = DeadlineQueue<ConnectionHandle>()
    /// When each session has its next tick, by its place in the ledger.
    var tickQueue = SlotHeap()
    /// Outcomes on their way to the outbox file, in order of their numbers.
    var unpersisted: [(number: UInt64, session: SessionID)] = []
    var persistCount: UInt64 = 0
    var persistedUpTo: UInt64 = 0
    var link = LinkState.down(sinceMs: 0)
    /// Nil before the first link, and after it ran out.
    var lease: Lease?
    var isDraining = false
    /// The disk takes records. No new session is taken while it does not.
    var isStorageWorking = true

    /// `retained` are the outcomes of the outbox file that were not acknowledged before a restart: durable, and in the
    /// order of that file.
    public init(limits: CoordinationLimits = CoordinationLimits(), retained: [Outcome] = []) {
        self.limits = limits
        ledger = SessionLedger(limits: limits.ledger)
        for outcome in retained {
            outbox.remove(outcome.session)
            outbox.append(OutboxEntry(retained: outcome), for: outcome.session)
        }
    }

    /// Takes one event.
    public mutating func handle(_ event: CoordinatorEvent, now: Moment, actions: inout [CoordinatorAction]) {
        switch event {
        case .linkUp(let terms): linkCameUp(terms, now, &actions)
        case .linkDown: linkWentDown(now)
        case .link(let message): receive(message, now, &actions)
        case .enter(let connection, let session, let ticket, let received, let tick):
            enter(connection, session, ticket, Seen(messages: received, tick: tick), now, &actions)
        case .request(let connection, let request): perform(request, from: connection, now, &actions)
        case .disconnected(let connection): disconnected(connection, now, &actions)
        case .persisted(let number): persisted(upTo: number, now, &actions)
        case .storage(let isWorking): storage(isWorking: isWorking, now, &actions)
        case .cancel(let session): cancelHere(session, now, &actions)
        case .exclude(let session, let player, let reason):
            exclude(
                [Exclusion(player: player, reason: reason)], from: session, .excludedByAdministrator, by: .administrator, now,
                &actions)
        case .drain: drain(&actions)
        case .shutdown:
            drain(&actions)
            for session in ledger.sessions { end(session, .coordinatorShutdown, now, &actions) }
        }
        reportTransitions(&actions)
    }

    /// Handles all deadlines that are due, lease and pings included. To be called before the input of a turn, so that
    /// after a stall what was due comes first.
    public mutating func advance(now: Moment, actions: inout [CoordinatorAction]) {
        expireLease(now, &actions)
        while let due = ledger.popDue(nowMs: now.bootMs) {
            deadlinePassed(due.kind, slot: due.slot, of: due.session, now, &actions)
        }
        tellThoseDue(now, &actions)
        askClocksDue(now, &actions)
        sendPing(now, &actions)
        ledger.expire(nowMs: now.bootMs)
        reportTransitions(&actions)
    }

    /// When `advance` has something to do, in milliseconds of the boot clock.
    public var nextDeadlineMs: UInt64? {
        var nextMs = ledger.nextDeadlineMs ?? .max
        nextMs = min(nextMs, tellings.nextMs ?? .max)
        nextMs = min(nextMs, clockAsks.nextMs ?? .max)
        nextMs = min(nextMs, lease?.untilMs ?? .max)
        if case .up(let link) = link { nextMs = min(nextMs, link.nextPingMs) }
        return nextMs == .max ? nil : nextMs
    }

    /// No session lives, no outcome is unacknowledged, nobody is left to tell: a shutdown may go on.
    public var isQuiet: Bool { ledger.count == 0 && outbox.count == 0 && seats.isEmpty }

    /// A connection no longer sits anywhere.
    mutating func unseat(_ connection: ConnectionHandle) {
        seats[connection] = nil
        places.forget(connection)
        clockAsks.remove(connection)
    }

    private mutating func reportTransitions(_ actions: inout [CoordinatorAction]) {
        ledger.takeTransitions { actions.append(.transition($0)) }
    }

    private mutating func deadlinePassed(
        _ kind: DeadlineKind, slot: UInt32, of session: SessionID, _ now: Moment, _ actions: inout [CoordinatorAction]
    ) {
        switch kind {
        case .enter: enterDeadlinePassed(session, isLast: slot == GraceSlot.extended, now, &actions)
        case .validate: validationDeadlinePassed(session, isLast: slot == GraceSlot.extended, now, &actions)
        case .pairs: attemptsDue(session, now, &actions)
        case .reconnect: graceIsOver(session, now, slot: slot, &actions)
        case .barrier: barrierDeadlinePassed(session, slot: slot, now, &actions)
        case .episode: episodeDeadlinePassed(session, now, &actions)
        case .play: end(session, .timeLimit, now, &actions)
        case .watch: watch(session, now, &actions)
        case .wait, .confirm, .assign, .cancel: preconditionFailure("a coordinator sets no such deadline")
        }
    }
}

/// The deadlines of entering and of validation come a second time, one grace later, for those who were away at the first.
enum GraceSlot {
    static let ordinary: UInt32 = 0
    static let extended: UInt32 = 1
}

/// What a client has seen before it enters.
struct Seen: Sendable {
    /// Ordered messages.
    let messages: UInt64
    /// The number of its last bundle; 0 for none.
    let tick: UInt32
}

/// A connection's place.
struct Seat: Hashable, Sendable {
    let session: SessionID
    let player: PlayerIndex
}
