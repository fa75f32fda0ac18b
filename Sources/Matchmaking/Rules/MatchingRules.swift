import SessionProtocol

/// Who may be put together in a scene. All rules that a scene has must hold at once; without any, first come first served.
/// Steps are in order of `afterMs`, which counts the time that a subject has waited; the first is at 0.
public struct MatchingRules: Hashable, Sendable {
    /// The least sizes that are accepted after a wait, each smaller than the one before; none at 0 ms.
    public var smallerGroups: [SmallerGroup] = []
    public var latency: LatencyRule?
    public var skill: SkillRule?
    public var attributes: [AttributeRule] = []
    public var roles: RoleRule?
    public var encounters: EncounterRule = .any
    /// Other scenes whose games count for `encounters` too, from when this one is configured.
    public var encountersIn: [SceneID] = []
    /// The most subjects that one party code holds together; 1 for no parties.
    public var partySizeMax = 1
    public var bots: BotRule?

    public init() {}
}

/// A group of `size` or more is accepted once its most senior member has waited for `afterMs`.
public struct SmallerGroup: Hashable, Sendable {
    public var afterMs: UInt64
    public var size: Int
    public init(afterMs: UInt64, size: Int) {
        self.afterMs = afterMs
        self.size = size
    }
}

/// Keeps those apart whose games would lag.
public struct LatencyRule: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public var afterMs: UInt64
        /// The longest round trip between two members; nil for any.
        public var capMs: UInt32?
        public init(afterMs: UInt64, capMs: UInt32?) {
            self.afterMs = afterMs
            self.capMs = capMs
        }
    }

    /// The round trip between players of two regions, or within one.
    public struct RegionPair: Hashable, Sendable {
        public var first: String
        public var second: String
        public var roundTripMs: UInt32
        public init(first: String, second: String, roundTripMs: UInt32) {
            self.first = first
            self.second = second
            self.roundTripMs = roundTripMs
        }
    }

    public var steps: [Step]
    /// The attribute that names a subject's region, if the scene has regions.
    public var regionAttribute: String?
    public var regions: [RegionPair]

    public init(steps: [Step], regionAttribute: String? = nil, regions: [RegionPair] = []) {
        self.steps = steps
        self.regionAttribute = regionAttribute
        self.regions = regions
    }
}

/// A numeric attribute that members of one group have alike. The window of the one who has waited longer counts.
public struct SkillRule: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public var afterMs: UInt64
        /// The greatest difference between two members; nil for any.
        public var width: Double?
        public init(afterMs: UInt64, width: Double?) {
            self.afterMs = afterMs
            self.width = width
        }
    }

    public var attribute: String
    public var steps: [Step]
    /// For those who do not say; nil refuses their join.
    public var fallback: Double?

    public init(attribute: String, steps: [Step], fallback: Double? = nil) {
        self.attribute = attribute
        self.steps = steps
        self.fallback = fallback
    }
}

/// What the members of a group have in common, or do not.
public enum AttributeRule: Hashable, Sendable {
    /// All have the same value; those without one are a kind of their own.
    case equal(String)
    /// No two have the same value; those without one differ from everybody.
    case different(String)
}

/// Seats that want a role each. A subject's role is its text attribute of this name, or one of several; one who says
/// nothing takes any seat.
public struct RoleRule: Hashable, Sendable {
    /// Different roles of one scene at most.
    public static let rolesMax = 32

    public struct Seats: Hashable, Sendable {
        public var role: String
        public var count: Int
        public init(role: String, count: Int) {
            self.role = role
            self.count = count
        }
    }

    public var attribute: String
    /// In order of `PlayerIndex`; they add up to the scene's group size.
    public var seats: [Seats]

    public init(attribute: String, seats: [Seats]) {
        self.attribute = attribute
        self.seats = seats
    }
}

/// What it means to have played together before, in this scene or one of `MatchingRules.encountersIn`.
public enum EncounterRule: Hashable, Sendable {
    case any
    /// Nobody meets the same partner twice.
    case never
    /// The group of the last game is put together again; one whose partners have not all come after `waitMs` is
    /// matched with others, or ends.
    case reunite(waitMs: UInt64, otherwise: Reunion)

    public enum Reunion: String, CaseIterable, Sendable {
        case others
        case end
    }
}

/// Subjects with the role `bot` wait apart, and fill the seats that are free when the most senior member of a group has
/// waited for `afterMs`, if at least `playersMin` others are in it.
public struct BotRule: Hashable, Sendable {
    public static let role = "bot"

    public var afterMs: UInt64
    public var playersMin: Int
    public init(afterMs: UInt64, playersMin: Int = 1) {
        self.afterMs = afterMs
        self.playersMin = playersMin
    }
}
