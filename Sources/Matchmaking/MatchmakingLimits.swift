import SessionProtocol

/// Bounds and times of a matchmaker's core that hold for all scenes.
public struct MatchmakingLimits: Sendable {
    /// Coordinators linked at once, or awaited.
    public var coordinatorsMax: Int
    /// A coordinator that hears nothing for this long ends its sessions itself.
    public var leaseGraceMs: UInt32
    /// How much longer the matchmaker waits before it presumes them lost.
    public var leaseMarginMs: UInt32
    /// How often a coordinator pings.
    public var pingIntervalMs: UInt32
    /// How long a coordinator may take to answer `assign`.
    public var assignTimeoutMs: UInt64
    /// How long a coordinator may take to end a session when it is asked to, before its link is closed.
    public var cancelTimeoutMs: UInt64
    /// How long one who has been matched waits at most to be told what became of it.
    public var fateTimeoutMs: UInt64
    /// Hand-offs of one session before it ends as `no_coordinator`.
    public var attemptsMax: UInt32
    /// How long two who could not reach each other are kept apart.
    public var rejectionLifetimeMs: UInt64
    /// Pairs kept apart at once; the oldest go first.
    public var rejectionsMax: Int
    /// How long a signed place or release is good.
    public var resumeLifetimeMs: UInt64
    /// Subjects of whom it is remembered when they were last matched into a session that was played, so that no older
    /// place gives them waiting time; the oldest go first.
    public var playedSubjectsMax: Int
    /// For how long that is remembered: as long as a place is good.
    public var playedLifetimeMs: UInt64
    /// Subjects of whom it is remembered which place they last left, so that it is not given back; the oldest go first.
    public var placesLeftMax: Int
    /// Outcomes that wait for the journal at once, and hand-offs likewise; above it nobody is matched.
    public var unrecordedMax: Int
    /// Outcomes kept because a coordinator may report them once more. Above it coordinators are made to report anew; at
    /// twice as many the oldest go.
    public var outcomesRetainedMax: Int
    /// Groups of a scene that are shown with why they were put together.
    public var recentMatchesMax: Int
    /// Live copies of unknown sessions that are kept in mind after a start with a journal that has gaps. Their coordinators
    /// are made to report those above it anew, and nobody is matched until they have.
    public var copiesInDoubtMax: Int
    /// Of each scene's waiting pool.
    public var pool: PoolLimits
    /// Matched players of a scene whose waits are remembered for the estimate.
    public var waitsKeptMax: Int
    /// Fewer of them make no estimate.
    public var waitsKeptMin: Int
    /// How long they count.
    public var waitsKeptMs: UInt64
    public var ledger: LedgerLimits

    public init(
        coordinatorsMax: Int = 256, leaseGraceMs: UInt32 = 15_000, leaseMarginMs: UInt32 = 3_000,
        pingIntervalMs: UInt32 = 1_000, assignTimeoutMs: UInt64 = 5_000, cancelTimeoutMs: UInt64 = 5_000,
        fateTimeoutMs: UInt64 = 60_000, attemptsMax: UInt32 = 5,
        rejectionLifetimeMs: UInt64 = 60_000, rejectionsMax: Int = 100_000, resumeLifetimeMs: UInt64 = 86_400_000,
        playedSubjectsMax: Int = 100_000, playedLifetimeMs: UInt64 = 86_400_000,
        placesLeftMax: Int = 100_000,
        unrecordedMax: Int = 100_000, outcomesRetainedMax: Int = 20_000,
        recentMatchesMax: Int = 16, copiesInDoubtMax: Int = 20_000, pool: PoolLimits = PoolLimits(),
        waitsKeptMax: Int = 64, waitsKeptMin: Int = 6, waitsKeptMs: UInt64 = 900_000,
        ledger: LedgerLimits = LedgerLimits(tombstoneLifetimeMs: 600_000, tombstonesMax: 100_000)
    ) {
        self.coordinatorsMax = coordinatorsMax
        self.leaseGraceMs = leaseGraceMs
        self.leaseMarginMs = leaseMarginMs
        self.pingIntervalMs = pingIntervalMs
        self.assignTimeoutMs = assignTimeoutMs
        self.cancelTimeoutMs = cancelTimeoutMs
        self.fateTimeoutMs = fateTimeoutMs
        self.attemptsMax = attemptsMax
        self.rejectionLifetimeMs = rejectionLifetimeMs
        self.rejectionsMax = rejectionsMax
        self.resumeLifetimeMs = resumeLifetimeMs
        self.playedSubjectsMax = playedSubjectsMax
        self.playedLifetimeMs = playedLifetimeMs
        self.placesLeftMax = placesLeftMax
        self.unrecordedMax = unrecordedMax
        self.outcomesRetainedMax = outcomesRetainedMax
        self.recentMatchesMax = recentMatchesMax
        self.copiesInDoubtMax = copiesInDoubtMax
        self.pool = pool
        self.waitsKeptMax = waitsKeptMax
        self.waitsKeptMin = waitsKeptMin
        self.waitsKeptMs = waitsKeptMs
        self.ledger = ledger
    }

    /// What is done anew when its time has passed would be done for ever if that were no time at all.
    func check() {
        precondition(leaseGraceMs > pingIntervalMs && pingIntervalMs > 0, "a lease outlives a ping")
        precondition(assignTimeoutMs > 0 && cancelTimeoutMs > 0 && fateTimeoutMs > 0, "an answer takes time")
        precondition(coordinatorsMax > 0 && attemptsMax > 0 && unrecordedMax > 0, "a session can be handed off")
        precondition(playedSubjectsMax > 0 && placesLeftMax > 0 && copiesInDoubtMax > 0, "a table holds something")
    }
}
