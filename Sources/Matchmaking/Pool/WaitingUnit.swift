import SessionProtocol

/// A unit of one scene's pool: one subject, or a complete party. The number is used again after `remove`.
struct PoolUnit: Hashable, Sendable {
    let slot: Int32
}

/// A tentative group of one scene's pool, by a number that is used again once the room is empty.
struct PoolRoom: Hashable, Sendable {
    let number: Int32
}

/// One of a unit's members, as it comes to the pool.
struct PoolMember: Sendable {
    var join: JoinNumber
    var subject: SubjectID
    var attributes: Attributes
    /// The least round trip between the subject and this server; nil while it is not known.
    var pingMs: UInt32?

    init(_ join: JoinNumber, _ subject: SubjectID, _ attributes: Attributes = .none, pingMs: UInt32? = nil) {
        self.join = join
        self.subject = subject
        self.attributes = attributes
        self.pingMs = pingMs
    }
}

/// What the pool keeps of one member beside its number; the first one of a unit keeps what the unit has.
struct WaitingEntry: Sendable {
    struct Marks: OptionSet, Sendable {
        let rawValue: UInt8
        static let bot = Marks(rawValue: 1)
        /// Its step has passed, and it has not been searched around since.
        static let ready = Marks(rawValue: 2)
        /// Its last group has not come in time, and nothing else is left to wait for.
        static let givenUp = Marks(rawValue: 4)
        /// It waits for its last group, by the number in `WaitingPool.reunionOf`.
        static let reunites = Marks(rawValue: 8)
    }

    var skill: Double = 0
    /// When the unit began to wait, on the boot clock; before the boot for one whose place is older.
    var sinceMs: Int64 = 0
    var roles: UInt32 = RoleSeats.anyRole
    /// In the book of pairs; 0 when nothing is known there.
    var person: UInt32 = 0
    var nextMember: Int32 = -1
    var bucket: Int32 = -1
    var room: Int32 = -1
    var nextInRoom: Int32 = -1
    var region: UInt16 = 0
    var pingMs: UInt16 = LatencyZones.unknownMs
    var stage: UInt8 = 0
    /// Members of the unit.
    var size: UInt8 = 1
    var marks: Marks = []

    var isBot: Bool { marks.contains(.bot) }
    var place: (region: UInt16, pingMs: UInt16) { (region, pingMs) }
}

/// Units that a search finds, or leaves out, all at once.
struct PoolBucket: Sendable {
    struct Key: Hashable, Sendable {
        enum Side: UInt8, Sendable {
            case players
            case bots
            /// Those who wait for their last group; nobody else's search finds them.
            case reunions
        }
        var kind: UInt32
        var side: Side
        var level: UInt8
        var zone: UInt16
        var size: UInt8
        /// Values of attributes that must differ, in a few classes, so that one value cannot hide the others.
        var shade: UInt8
        var roles: UInt32

        /// In two words rather than seven.
        func hash(into hasher: inout Hasher) {
            hasher.combine(UInt64(kind) << 32 | UInt64(roles))
            hasher.combine(
                UInt64(side.rawValue) << 40 | UInt64(level) << 32 | UInt64(zone) << 16 | UInt64(size) << 8 | UInt64(shade))
        }
    }

    /// What its own shelf has for a unit of this bucket.
    struct Wants: Sendable {
        /// Of the shelf, when this was learnt; 0 for never.
        var version: UInt64 = 0
        /// The buckets in which somebody can fit, by their tags, and how many there are.
        var tags: UInt64 = 0
        var buckets: Int32 = 0
        /// As far as any of them may be.
        var reach = 0.0
    }

    let key: Key
    /// Where its units stand, and by which tag; −1 for those who wait for their last group.
    var shelf: Int32 = -1
    var tag: UInt8 = 0
    /// Units that have it for theirs; without any it goes.
    var units: Int32 = 0
    /// Buckets of the same shelf make a list.
    var next: Int32 = -1
    /// Units of it looked at in a search, and in which.
    var looked: Int32 = 0
    var search: UInt64 = 0
    var wants = Wants()
}

/// Buckets whose units stand together in one tree, each bucket's with its own tag, so that one walk finds those of many.
struct PoolShelf: Sendable {
    /// Those of the overdue, where seniority is not the order itself, are ranked: their most senior units are asked for.
    var tree: SkillIndex.Tree
    /// Tags that its buckets have.
    var tags: UInt64 = 0
    /// The first of its buckets.
    var bucket: Int32 = -1
    /// Shelves of the same kind of subjects make a list.
    var next: Int32 = -1
    /// Another whenever a bucket comes or goes.
    var version: UInt64 = 1
}

/// Those who agree in all that must be equal.
struct PoolKind: Sendable {
    /// The first of its shelves.
    var shelf: Int32 = -1
    /// Subjects in them.
    var members: Int32 = 0
}
