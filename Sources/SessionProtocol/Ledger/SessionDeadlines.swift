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
    /// The end of an episode, or of getting ready for one.
    case episode
    /// The end of play.
    case play
    /// The next look at the players of a session that is watched.
    case watch
}

/// The deadlines of one session. They are few, and go when it goes; two of them take no memory of their own.
struct SessionDeadlines: Sendable {
    struct Deadline: Sendable {
        var atMs: UInt64
        var slot: UInt32
        var kind: DeadlineKind
    }

    private var firstMs: UInt64 = 0
    private var secondMs: UInt64 = 0
    /// The next ones behind the first two, in the order of setting.
    private var others: [Deadline] = []
    private var firstSlot: UInt32 = 0
    private var secondSlot: UInt32 = 0
    private var firstKind: DeadlineKind?
    private var secondKind: DeadlineKind?

    /// Many sessions live: side by side the parts of two deadlines take less than the two of them.
    private var first: Deadline? {
        get { firstKind.map { Deadline(atMs: firstMs, slot: firstSlot, kind: $0) } }
        set { (firstMs, firstSlot, firstKind) = (newValue?.atMs ?? 0, newValue?.slot ?? 0, newValue?.kind) }
    }
    private var second: Deadline? {
        get { secondKind.map { Deadline(atMs: secondMs, slot: secondSlot, kind: $0) } }
        set { (secondMs, secondSlot, secondKind) = (newValue?.atMs ?? 0, newValue?.slot ?? 0, newValue?.kind) }
    }

    var nextMs: UInt64? {
        var nextMs = first?.atMs
        if let second, second.atMs < nextMs ?? .max { nextMs = second.atMs }
        for deadline in others where deadline.atMs < nextMs ?? .max { nextMs = deadline.atMs }
        return nextMs
    }

    func atMs(_ kind: DeadlineKind, slot: UInt32) -> UInt64? {
        if let first, first.kind == kind, first.slot == slot { return first.atMs }
        if let second, second.kind == kind, second.slot == slot { return second.atMs }
        return others.first { $0.kind == kind && $0.slot == slot }?.atMs
    }

    mutating func set(_ kind: DeadlineKind, slot: UInt32, atMs: UInt64) {
        clear(kind, slot: slot)
        let deadline = Deadline(atMs: atMs, slot: slot, kind: kind)
        if first == nil {
            first = deadline
        } else if second == nil {
            second = deadline
        } else {
            others.append(deadline)
        }
    }

    mutating func clear(_ kind: DeadlineKind, slot: UInt32) {
        if let first, first.kind == kind, first.slot == slot {
            removeFirst()
        } else if let second, second.kind == kind, second.slot == slot {
            removeSecond()
        } else if !others.isEmpty {
            others.removeAll { $0.kind == kind && $0.slot == slot }
        }
    }

    /// Takes out the earliest; of equal ones the one that was set first.
    mutating func popFirst() -> Deadline? {
        guard let earliestMs = nextMs else { return nil }
        if let first, first.atMs == earliestMs {
            removeFirst()
            return first
        }
        if let second, second.atMs == earliestMs {
            removeSecond()
            return second
        }
        return others.firstIndex { $0.atMs == earliestMs }.map { others.remove(at: $0) }
    }

    private mutating func removeFirst() {
        first = second
        removeSecond()
    }

    private mutating func removeSecond() { second = others.isEmpty ? nil : others.removeFirst() }
}
