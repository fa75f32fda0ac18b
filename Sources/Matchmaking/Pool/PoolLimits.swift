/// Bounds of one scene's waiting pool and of what is remembered of pairs.
public struct PoolLimits: Sendable {
    /// Units looked at in one search for a group; twice the group size, if that is more.
    public var candidatesMax: Int
    /// Pairs compared in one search for a group of more than two, and for a smaller one than a full one at most five times as
    /// many more; for groups so large that this would not do, as many as it takes to put one together.
    public var pairChecksMax: Int
    /// From which wait on a unit whose last step has passed goes before all that fit better, in milliseconds.
    public var overdueMs: UInt64
    /// Pairs whose round trip is remembered; the oldest go first.
    public var measuredPairsMax: Int
    /// For how long a measured round trip counts: players move, and their networks change.
    public var measuredPairsLifetimeMs: UInt64
    /// Pairs of one scene that are remembered to have played together, and groups likewise; the oldest go first.
    public var encountersMax: Int
    /// Sets of attributes, numbers aside, that are kept once for all who have them; more are kept by each one alone.
    public var attributeShapesMax: Int

    public init(
        candidatesMax: Int = 64, pairChecksMax: Int = 4096, overdueMs: UInt64 = 30_000, measuredPairsMax: Int = 100_000,
        measuredPairsLifetimeMs: UInt64 = 604_800_000,
        encountersMax: Int = 20_000, attributeShapesMax: Int = 4096
    ) {
        self.candidatesMax = candidatesMax
        self.pairChecksMax = pairChecksMax
        self.overdueMs = overdueMs
        self.measuredPairsMax = measuredPairsMax
        self.measuredPairsLifetimeMs = measuredPairsLifetimeMs
        self.encountersMax = encountersMax
        self.attributeShapesMax = attributeShapesMax
    }
}
