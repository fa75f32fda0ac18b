/// Every deadline that a session can have, on either side.
public enum DeadlineKind: UInt8, Sendable, CaseIterable {
    /// One player's time in a waiting room.
    case wait
    /// All answers to "still there?" in a waiting room.
    case confirm
    /// A coordinator's answer to `assign`.
    case assign
    /// The end of a session that its coordinator was asked to end.
    case cancel
    /// Everyone's `enter`.
    case enter
    /// All pairs validated.
    case validate
    /// The attempt of a pair that is over first.
    case pairs
    /// One player's return.
    case reconnect
    /// The last `ready` of a barrier.
    case barrier
    /// The end of play.
    case play
}

/// The deadlines of one session. They are few, and go when it goes.
struct SessionDeadlines: Sendable {
    struct Deadline: Sendable {
        var kind: DeadlineKind
        var slot: UInt32
        var atMs: UInt64
    }

    private var deadlines: [Deadline] = []

    var nextMs: UInt64? {
        var nextMs: UInt64?
        for deadline in deadlines where deadline.atMs < nextMs ?? .max { nextMs = deadline.atMs }
        return nextMs
    }

    func atMs(_ kind: DeadlineKind, slot: UInt32) -> UInt64? {
        deadlines.first { $0.kind == kind && $0.slot == slot }?.atMs
    }

    mutating func set(_ kind: DeadlineKind, slot: UInt32, atMs: UInt64) {
        clear(kind, slot: slot)
        deadlines.append(Deadline(kind: kind, slot: slot, atMs: atMs))
    }

    mutating func clear(_ kind: DeadlineKind, slot: UInt32) {
        deadlines.removeAll { $0.kind == kind && $0.slot == slot }
    }

    /// Takes out the earliest; of equal ones the one that was set first.
    mutating func popFirst() -> Deadline? {
        var first: Int?
        for index in deadlines.indices {
            if let best = first, deadlines[index].atMs >= deadlines[best].atMs { continue }
            first = index
        }
        return first.map { deadlines.remove(at: $0) }
    }
}
