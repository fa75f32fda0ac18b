import Digests
import SessionProtocol

/// The matchmaker: waiting rooms, the step to MATCHED, and the mirror of what its coordinators own.
/// A value without clock, socket, file or chance: the same events, times and seed give the same actions.
public struct MatchmakerCore: Sendable {
    let limits: MatchmakingLimits
    let signer: ResumeSigner
    var generator: SeededGenerator

    var scenes: [Scene]
    var sceneIndices: [SceneID: Int] = [:]
    var queues: [SceneQueue]

    var ledger: SessionLedger<SessionDetails>
    /// Who is on a connection that has joined, until its fate is known.
    var joined = JoinBook()
    /// When those who have been matched must have been told what became of it.
    var fates = DeadlineQueue<ConnectionHandle>()
    /// Who is still connected though the session has ended, until that is durable and told.
    var untold: [SubjectID: Untold] = [:]
    var parties = PartyBook()
    /// Outcomes that may be reported once more.
    var retained = RetainedOutcomes()
    var releases = Releases()
    /// When those who have played were matched into their last game, in milliseconds since 1970.
    var played: ExpiringTable<SubjectID, UInt64>
    /// Since when those had waited who last left before play, in milliseconds since 1970.
    var left: ExpiringTable<SubjectID, UInt64>
    /// What is known of pairs: who could not reach each other lately, and what the pools remember of them.
    var pairs: PairBook
    /// What the attributes of those who wait have in common.
    var shapes: AttributeShapes
    /// Who has joined so far: the order of those who have waited equally long.
    var arrivals: UInt64 = 0

    var coordinators: [Coordinator] = []
    /// Ends that wait to be durable, oldest first.
    var unrecorded: [PendingEnd] = []
    /// An outcome was not taken because too many wait to be durable.
    var isReportOwed = false
    /// Hand-offs that wait to be durable, oldest first.
    var recording: [RecordingHandOff] = []
    var recordsAsked: UInt64 = 0
    var recordsDurable: UInt64 = 0

    /// The disk takes records. Nobody is matched while it does not.
    var isStorageWorking = true
    /// Nobody is matched while the journal does not say who may be in a live session.
    var hold: Hold?
    /// Records that had been asked for when the hold was over.
    var holdRecords: UInt64 = 0
    /// No new joins.
    var isDraining = false
    /// Nor does anyone go on waiting.
    var isShuttingDown = false

    /// - Parameters:
    ///   - resumeKey: signs places; the same key after a restart keeps them good.
    ///   - generator: seeded by the shell; draws session ids, tickets and seeds.
    public init(
        scenes: [Scene], limits: MatchmakingLimits = MatchmakingLimits(), resumeKey: [UInt8],
        generator: SeededGenerator
    ) {
        limits.check()
        self.limits = limits
        self.scenes = scenes
        self.generator = generator
        signer = ResumeSigner(key: resumeKey)
        queues = scenes.map { SceneQueue($0, limits.pool) }
        ledger = SessionLedger(limits: limits.ledger)
        played = ExpiringTable(lifetimeMs: limits.playedLifetimeMs, countMax: limits.playedSubjectsMax)
        left = ExpiringTable(lifetimeMs: limits.resumeLifetimeMs, countMax: limits.placesLeftMax)
        pairs = PairBook(
            apartLifetimeMs: limits.rejectionLifetimeMs, apartMax: limits.rejectionsMax,
            measuredLifetimeMs: limits.pool.measuredPairsLifetimeMs, measuredMax: limits.pool.measuredPairsMax)
        shapes = AttributeShapes(countMax: limits.pool.attributeShapesMax)
        for (index, scene) in scenes.enumerated() {
            precondition(sceneIndices[scene.id] == nil, "each scene stands once in a configuration")
            sceneIndices[scene.id] = index
        }
    }

    /// Takes one event. Call `advance` with the same time first: deadlines go before input.
    public mutating func handle(_ event: MatchmakerEvent, now: Moment, actions: inout [MatchmakerAction]) {
        switch event {
        case .join(let connection, let request): join(connection, request, now, &actions)
        case .leave(let connection): leave(connection, now, &actions)
        case .confirm(let connection): confirm(connection, now, &actions)
        case .roundTrip(let connection, let ms): measured(connection, ms, now, &actions)
        case .disconnected(let connection): disconnected(connection, now, &actions)
        case .linkProven(let link, let hello): linkProven(link, hello, now, &actions)
        case .link(let link, let message): receive(message, from: link, now, &actions)
        case .linkDown(let link): linkDown(link, now, &actions)
        case .persisted(let number): persisted(upTo: number, now, &actions)
        case .storage(let isWorking): storage(isWorking: isWorking, now, &actions)
        case .cancel(let session): cancelSession(session, now, &actions)
        case .reconfigure(let scenes): reconfigure(scenes, now, &actions)
        case .drain: isDraining = true
        case .shutdown: shutdown(now, &actions)
        }
        settleHold(now, &actions)
        keepBounds(now, &actions)
        report(&actions)
    }

    /// Does what has fallen due.
    public mutating func advance(now: Moment, actions: inout [MatchmakerAction]) {
        expireLeases(now, &actions)
        endHold(now, &actions)
        // Who can play from this moment on does so, also when it is the last of the wait.
        shareOutDue(now, &actions)
        while let due = ledger.popDue(nowMs: now.bootMs) {
            switch due.kind {
            case .wait: waitIsOver(due.session, slot: due.slot, now, &actions)
            case .confirm: confirmingIsOver(due.session, now, &actions)
            case .assign: assignTimedOut(due.session, now, &actions)
            case .cancel: cancelTimedOut(due.session, now, &actions)
            case .enter, .validate, .pairs, .reconnect, .barrier, .episode, .play, .watch:
                preconditionFailure("a deadline of the coordinator's")
            }
        }
        while let connection = fates.popDue(now.bootMs) { fateStaysUnknown(connection, now, &actions) }
        ledger.expire(nowMs: now.bootMs)
        played.expire(nowMs: now.bootMs)
        left.expire(nowMs: now.bootMs)
        while let (first, second) = pairs.popExpired(nowMs: now.bootMs) {
            for subject in [first, second] { searchAgain(around: subject) }
        }
        shareOutDue(now, &actions)
        settleHold(now, &actions)
        keepBounds(now, &actions)
        report(&actions)
    }

    private mutating func shareOutDue(_ now: Moment, _ actions: inout [MatchmakerAction]) {
        for sceneIndex in scenes.indices where queues[sceneIndex].pool.hasDue(nowMs: now.bootMs) {
            shareOut(sceneIndex, changed: [], now, &actions)
        }
    }

    /// When `advance` must be called next, in milliseconds of the boot clock.
    public var nextDeadlineMs: UInt64? {
        let leases = coordinators.compactMap(\.lostAtMs).min()
        let steps = queues.lazy.compactMap(\.pool.nextDueMs).min()
        return [ledger.nextDeadlineMs, leases, pairs.nextMs, fates.nextMs, hold?.untilMs, steps].compactMap { $0 }.min()
    }

    /// Every waiting room has ended and everything asked for is durable.
    public var isQuiet: Bool { ledger.count(in: .waiting) == 0 && unrecorded.isEmpty && recording.isEmpty }

    private mutating func report(_ actions: inout [MatchmakerAction]) {
        ledger.takeTransitions { actions.append(.transition($0)) }
    }

    /// Asks for a record; returns its number.
    mutating func persist(_ message: Message, _ actions: inout [MatchmakerAction]) -> UInt64 {
        recordsAsked += 1
        actions.append(.persist(message))
        return recordsAsked
    }

    private mutating func persisted(upTo number: UInt64, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        precondition(number <= recordsAsked, "only what was asked for is durable")
        recordsDurable = max(recordsDurable, number)
        offerRecorded(now, &actions)
        tellRecorded(now, &actions)
    }

    private mutating func storage(isWorking: Bool, _ now: Moment, _ actions: inout [MatchmakerAction]) {
        isStorageWorking = isWorking
        if isWorking { matchAllFullRooms(now, &actions) }
    }

    /// A session id that nothing here knows, even when a generator is seeded as it was before a restart.
    mutating func drawSessionID() -> SessionID {
        var id: SessionID
        repeat {
            id = SessionID(high: generator.next(), low: generator.next())
        } while ledger.contains(id) || ledger.tombstone(id) != nil || retained[id] != nil
        return id
    }
}
