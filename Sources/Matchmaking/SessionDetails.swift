import SessionProtocol

/// All that the matchmaker knows of a live session beside what its ledger keeps.
enum SessionDetails: Sendable {
    /// WAITING
    case room(Room)
    /// MATCHED and later. Held apart: a hand-off is several times as large as a room, and rooms are the many.
    case handOff(Boxed<HandOff>)

    var room: Room? {
        if case .room(let room) = self { room } else { nil }
    }
    var handOff: Boxed<HandOff>? {
        if case .handOff(let handOff) = self { handOff } else { nil }
    }
}

/// A waiting room: one scene's next session.
struct Room: Sendable {
    /// Below 0 where they are a group.
    private var sceneNumber: Int32
    var slotNext: UInt32 = 0
    /// Once a group has been formed, in order of `PlayerIndex`.
    var members = JoinNumbers()
    /// One, of a room that is not only filled and handed on.
    private var occasions: [Occasion] = []

    private struct Occasion: Sendable {
        var confirmedUntilMs: UInt64?
        var gathers: JoinRequest.Party?
    }

    init(sceneIndex: Int) { sceneNumber = Int32(sceneIndex) }

    var sceneIndex: Int { Int(sceneNumber < 0 ? ~sceneNumber : sceneNumber) }

    /// They are a group and out of the pool, and only wait for a coordinator. Until then the pool may take anybody out.
    var isFormed: Bool {
        get { sceneNumber < 0 }
        set { if newValue != isFormed { sceneNumber = ~sceneNumber } }
    }

    /// All have said that they are still there, which counts until then; on the boot clock.
    var confirmedUntilMs: UInt64? {
        get { occasions.first?.confirmedUntilMs }
        set { setOccasion(newValue, gathers) }
    }

    /// A party gathers here, and is not in the pool yet.
    var gathers: JoinRequest.Party? {
        get { occasions.first?.gathers }
        set { setOccasion(confirmedUntilMs, newValue) }
    }

    private mutating func setOccasion(_ confirmedUntilMs: UInt64?, _ gathers: JoinRequest.Party?) {
        occasions =
            confirmedUntilMs == nil && gathers == nil
            ? [] : [Occasion(confirmedUntilMs: confirmedUntilMs, gathers: gathers)]
    }
}

/// Why an owner is asked to end a session, and because of whom.
struct Cancel: Sendable {
    let reason: EndReason
    let blamed: [PlayerIndex]
    /// Its link has been closed once because it did not.
    var hasHungUp = false
}

/// A session on its way to a coordinator, or there.
struct HandOff: Sendable {
    enum Phase: Hashable, Sendable {
        /// The record with this number must be on disk first. → offered
        case recording(UInt64)
        /// `assign` was sent; no ticket has left. → accepted, or recording again with the next attempt
        case offered
        /// The coordinator owns it; tickets may have left.
        case accepted
    }

    /// Nil when its scene is configured no longer.
    var sceneIndex: Int?
    var assignment: Assignment
    var node: NodeID
    var phase: Phase
    /// Coordinators that may have been offered it, by this attempt or an earlier one.
    var offered: [NodeID] = []
    /// In order of `PlayerIndex`. A connection is here only until `matched` has been said on it.
    var members: [Member]
    /// The owner has been asked to end it; nobody is sent there any more.
    var cancel: Cancel?
    /// Known from the journal alone, and not yet from its coordinator.
    var isRestored = false
    /// Found in the coordinator's inventory since its link came up.
    var isConfirmed = true
}
