/// What comes of a cause in a state.
public enum ExitPath: Hashable, Sendable {
    /// The session ends, with one outcome.
    case ends(ExitEnding)
    /// The session lives. The text says what happens instead.
    case goesOn(String)
    /// The session goes without an outcome, because none was due: nobody was ever sent to it, or it is not this copy that
    /// lives. The text says who goes where.
    case vanishes(String)
    /// The session had ended before: nothing changes. The text says what whoever caused this meets with.
    case isOver(String)
    /// No event can bring this about. The text says why.
    case impossible(String)

    /// The end, if it is one.
    public var ending: ExitEnding? {
        if case .ends(let ending) = self { ending } else { nil }
    }
}

/// How a session ends: what its outcome says, and who hears what.
public struct ExitEnding: Hashable, Sendable {
    /// Who makes the verdict. The other side repeats it.
    public enum Decider: String, Sendable {
        case matchmaker
        case coordinator
        /// The matchmaker until a coordinator has accepted the session, the coordinator from then on.
        case owner
    }

    public enum Blame: String, Sendable {
        case nobody
        /// Those of whom the cause tells: who left, was silent, never came.
        case concerned
    }

    public enum Requeue: String, Sendable {
        case nobody
        /// All but those to blame go back to the front of the queue.
        case blameless
    }

    /// What a player who is connected hears; one who is not hears nothing.
    public enum Hearing: String, Sendable {
        /// There is no such player, or none that could be connected.
        case nothing
        /// `ended` with the reason.
        case ended
        /// `ended` with the reason and `requeued`, and a `resume` that restores the place.
        case endedRequeued = "ended, requeued"
        /// `waiting`, on the connection on which it waits at the matchmaker.
        case waiting
        /// `ended` as `player_left`, whatever the reason of the others: it has been asked for.
        case goodbye
        /// Nothing from the coordinator, which is out of reach or gone: the connection breaks. One who joins again waits
        /// until the fate of the session is known, and then hears `waiting` for a new one.
        case silence
    }

    public let decider: Decider
    public let reason: EndReason
    /// The owner is out of reach: its own outcome, if it still comes, takes the place of this one, once.
    public let isPresumed: Bool
    public let blame: Blame
    public let requeue: Requeue
    /// What those concerned hear.
    public let concernedHear: Hearing
    public let othersHear: Hearing
    /// The state in which the outcome says that it ended.
    public let endedIn: SessionState

    public init(
        _ decider: Decider, _ reason: EndReason, in endedIn: SessionState, isPresumed: Bool = false,
        blame: Blame = .nobody, requeue: Requeue = .nobody, concernedHear: Hearing = .nothing, othersHear: Hearing
    ) {
        self.decider = decider
        self.reason = reason
        self.isPresumed = isPresumed
        self.blame = blame
        self.requeue = requeue
        self.concernedHear = concernedHear
        self.othersHear = othersHear
        self.endedIn = endedIn
    }

    /// Of a session, everywhere and at once: see `Forgetting`.
    public var matchmakerForgets: Forgetting { endedIn == .waiting ? .room : .mirror }

    public var coordinatorForgets: Forgetting {
        if endedIn == .waiting { return .nothing }
        return decider == .matchmaker ? .copy : .session
    }

    /// What a process forgets at an end, and what it keeps for a while.
    public enum Forgetting: String, Sendable {
        /// It never knew the session.
        case nothing
        /// The room, its place in the queue, its members' seats and deadlines. A tombstone stays until it expires.
        case room
        /// The session, its subjects, the hand-off and its deadlines. The outcome is on disk, a tombstone stays until it
        /// expires, the outcome's entry until no coordinator could report it once more.
        case mirror
        /// The session, its subjects, seats, deadlines, barriers and the messages kept for those who return. The outcome
        /// stays in the outbox until it is acknowledged, a tombstone until it expires.
        case session
        /// What it still holds: it is gone with the process, ended by its own lease, or dropped when it is reported.
        case copy
    }
}

extension Outcome {
    /// Whether one who waits at the matchmaker is put back to wait when it hears of this end. Nobody knows what became of a
    /// session that was lost, so nobody is told that it was.
    public func putsBack(_ subject: SubjectID) -> Bool {
        reason == .coordinatorLost || players.contains { $0.subject == subject && $0.isRequeued }
    }
}
