import SessionProtocol

/// Those who wait in one scene: in the pool while their group is tentative, and then in groups that wait for a
/// coordinator, the most senior first. A group's seniority is that of its most senior member, by when that one first
/// joined, in milliseconds since 1970.
struct SceneQueue: Sendable {
    var pool: WaitingPool
    /// The waiting room of each of the pool's that there is, by its place in the ledger.
    private var places: [Int32] = []
    /// Groups that wait for a coordinator; without one they can be many.
    private var formed = DeadlineQueue<SessionID>()
    /// Groups that are asked whether all are still there.
    private var asked: Set<SessionID> = []
    /// How long those took who were matched last.
    var waits = RecentWaits()
    /// What the scene's sessions are given, where it has a plan.
    var treatments: TreatmentSequence?
    /// Subjects in all of them.
    var waiting = 0
    /// The want of a coordinator has been noticed since the last group found one.
    var isShortNoticed = false
    private(set) var recent: [RecentMatch] = []
    /// Sessions whose outcomes the scene goes by: who met whom, which treatments have been had, and what pairs have measured.
    /// The oldest first.
    private var games = RecentSessions()
    var remembered: [SessionID] { games.sessions }

    init(_ scene: Scene, _ limits: PoolLimits) {
        pool = WaitingPool(rules: scene.rules, groupSize: scene.groupSize, limits: limits)
        treatments = scene.treatments.map { TreatmentSequence($0) }
    }

    var openCount: Int { pool.rooms.count }
    var formedCount: Int { formed.count }
    var firstFormed: SessionID? { formed.nextKey }

    var askedCount: Int { asked.count }
    func isAsked(_ session: SessionID) -> Bool { asked.contains(session) }

    mutating func insert(_ session: SessionID, sinceUnixMs: UInt64) {
        if !asked.contains(session) { formed.set(session, atMs: sinceUnixMs) }
    }

    mutating func remove(_ session: SessionID) {
        formed.remove(session)
        asked.remove(session)
    }

    /// A group waits for its members' answers, and not for a coordinator.
    mutating func ask(_ session: SessionID) {
        formed.remove(session)
        asked.insert(session)
    }

    mutating func handOn(_ session: SessionID, sinceUnixMs: UInt64) {
        asked.remove(session)
        insert(session, sinceUnixMs: sinceUnixMs)
    }

    /// Where the ledger has a room's session.
    func place(of room: PoolRoom) -> Int {
        precondition(Int(room.number) < places.count, "a room of the pool has a session")
        return Int(places[Int(room.number)])
    }

    mutating func setPlace(_ place: Int, of room: PoolRoom) {
        // Those between have theirs set before anyone asks.
        while places.count <= Int(room.number) { places.appendToTable(-1) }
        places[Int(room.number)] = Int32(truncatingIfNeeded: place)
    }

    /// A unit may be taken out more than once, as each of its members goes.
    mutating func removeFromPool(_ unit: PoolUnit, _ pairs: inout PairBook) {
        if pool.contains(unit) { pool.remove(unit, &pairs) }
        if pool.unitCount == 0 { places = [] }
    }

    /// Another pool, once the old one is empty. What is remembered of games stays, as far as the rules ask for the same.
    mutating func changeRules(to scene: Scene, _ limits: PoolLimits, _ pairs: inout PairBook) {
        precondition(pool.unitCount == 0, "those who wait change pools by themselves")
        let old = pool
        pool = WaitingPool(rules: scene.rules, groupSize: scene.groupSize, limits: limits)
        if old.history.rule.isSameKind(as: scene.rules.encounters) {
            pool.history = old.history
        } else {
            var history = old.history
            history.removeAll(&pairs)
        }
        forgetNeedless()
    }

    /// What has been given counts by name under another plan. Without a plan it is forgotten.
    mutating func changeTreatments(to plan: TreatmentPlan?) {
        let given = treatments?.givenByName ?? [:]
        treatments = plan.map { TreatmentSequence($0, given: given) }
        forgetNeedless()
    }

    /// Games that no rule goes by any more need no longer be kept in the journal.
    private mutating func forgetNeedless() {
        if !pool.history.isKept, treatments == nil, !pool.hasZones { games = RecentSessions() }
    }

    mutating func forgetGames(_ pairs: inout PairBook) {
        pool.history.removeAll(&pairs)
        games = RecentSessions()
    }

    mutating func note(_ match: RecentMatch, max countMax: Int) {
        recent.append(match)
        if recent.count > countMax { recent.removeFirst(recent.count - countMax) }
    }

    /// Takes in what the scene goes by of a session that has ended: who has met, when it was played; and in a scene with a
    /// latency rule what pairs have measured, also when it came no further than that. False when nothing is known of its
    /// pairs that was not before.
    /// - Parameter ageMs: how long ago it ended.
    mutating func record(
        _ outcome: Outcome, _ limits: PoolLimits, _ pairs: inout PairBook, ageMs: UInt64, _ now: Moment
    ) -> Bool {
        let wasPlayed = outcome.endedIn == .playing
        let haveMet = wasPlayed && pool.history.isKept
        let hasMeasured = pool.hasZones && !outcome.roundTrips.isEmpty && ageMs < limits.measuredPairsLifetimeMs
        guard haveMet || hasMeasured || wasPlayed && treatments != nil && outcome.treatment != nil else { return false }
        games.insert(outcome.session, max: limits.encountersMax)
        if haveMet { pool.history.record(outcome.players.map(\.subject), &pairs) }
        if hasMeasured { pairs.setMeasured(outcome, nowMs: now.bootMs, ageMs: ageMs) }
        return haveMet || hasMeasured
    }

    /// The same of a session of another scene, whose games count here for who has met whom.
    mutating func recordElsewhere(_ outcome: Outcome, _ limits: PoolLimits, _ pairs: inout PairBook) -> Bool {
        guard outcome.endedIn == .playing, pool.history.isKept else { return false }
        games.insert(outcome.session, max: limits.encountersMax)
        pool.history.record(outcome.players.map(\.subject), &pairs)
        return true
    }
}

/// So many sessions, the oldest of which go first; each is in it once, at its first place.
struct RecentSessions: Sendable {
    private var queue: [SessionID] = []
    private var first = 0
    private var known: Set<SessionID> = []

    /// The oldest first.
    var sessions: [SessionID] { Array(queue[first...]) }

    mutating func insert(_ session: SessionID, max countMax: Int) {
        guard known.insert(session).inserted else { return }
        queue.append(session)
        while known.count > countMax {
            known.remove(queue[first])
            first += 1
        }
        // Swept out when they are the most, which costs each of them as much as it took to put it in.
        if first > 64, first * 2 > queue.count {
            queue.removeFirst(first)
            first = 0
        }
    }
}

/// A group that was put together, and why.
public struct RecentMatch: Hashable, Sendable {
    public let session: SessionID
    public let atUnixMs: UInt64
    public let reason: MatchReason
}
