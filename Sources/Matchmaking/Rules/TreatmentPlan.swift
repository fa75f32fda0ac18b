/// Conditions of an experiment, given to sessions in balanced blocks: each block holds every treatment as often as its
/// weight says, in an order drawn from the plan's seed.
public struct TreatmentPlan: Hashable, Sendable {
    public struct Treatment: Hashable, Sendable {
        public var name: String
        /// How often it stands in a block; at least 1.
        public var weight: Int
        /// Sessions that get it at most; nil for any number.
        public var quota: Int?
        public init(name: String, weight: Int = 1, quota: Int? = nil) {
            self.name = name
            self.weight = weight
            self.quota = quota
        }
    }

    public var treatments: [Treatment]
    public var seed: UInt64
    /// Whether the scene closes when all quotas are full; otherwise sessions then have no treatment.
    public var closesWhenFull: Bool

    public init(treatments: [Treatment], seed: UInt64, closesWhenFull: Bool = true) {
        self.treatments = treatments
        self.seed = seed
        self.closesWhenFull = closesWhenFull
    }
}
