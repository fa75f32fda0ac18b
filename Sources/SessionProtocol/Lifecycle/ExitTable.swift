extension ExitCause {
    /// What comes of this cause for a session in `state`: the whole table.
    public func path(in state: SessionState) -> ExitPath {
        let row = row
        return switch state {
        case .waiting: row.waiting
        case .matched: row.matched
        case .validating: row.validating
        case .playing: row.playing
        case .ended: row.ended
        }
    }

    /// What the cause is, in words.
    public var title: String { row.title }

    private var row: ExitRow {
        switch self {
        case .completed: .completed
        case .left: .left
        case .lastLeft: .lastLeft
        case .movedAway: .movedAway
        case .movedTogether: .movedTogether
        case .disconnected: .disconnected
        case .returned: .returned
        case .graceOver: .graceOver
        case .reloaded: .reloaded
        case .excluded: .excluded
        case .lost: .lost
        case .watchedOut: .watchedOut
        case .excludedByAdministrator: .excludedByAdministrator
        case .rejoined: .rejoined
        case .finishedGone: .finishedGone
        case .waitOver: .waitOver
        case .notConfirmed: .notConfirmed
        case .noShow: .noShow
        case .neverTogether: .neverTogether
        case .barrierOver: .barrierOver
        case .timeLimit: .timeLimit
        case .pairFailed: .pairFailed
        case .pairFailedFinally: .pairFailedFinally
        case .unreachable: .unreachable
        case .unreachableFinally: .unreachableFinally
        case .pairFailedRelayed: .pairFailedRelayed
        case .silent: .silent
        case .silentFinally: .silentFinally
        case .silentRelayed: .silentRelayed
        case .pairLost: .pairLost
        case .noCoordinatorYet: .noCoordinatorYet
        case .noCoordinatorInTime: .noCoordinatorInTime
        case .leftAtMatchmaker: .leftAtMatchmaker
        case .goneAtMatchmaker: .goneAtMatchmaker
        case .refused: .refused
        case .unanswered: .unanswered
        case .linkLostInOffer: .linkLostInOffer
        case .noCoordinatorLeft: .noCoordinatorLeft
        case .staleMessage: .staleMessage
        case .dropped: .dropped
        case .cancelIgnored: .cancelIgnored
        case .linkLostAndBack: .linkLostAndBack
        case .rejoinedOutOfReach: .rejoinedOutOfReach
        case .leaseOver: .leaseOver
        case .awokeLate: .awokeLate
        case .coordinatorSilent: .coordinatorSilent
        case .ownerSpokeLate: .ownerSpokeLate
        case .coordinatorRestarted: .coordinatorRestarted
        case .matchmakerRestarted: .matchmakerRestarted
        case .bothRestarted: .bothRestarted
        case .journalLost: .journalLost
        case .matchmakerDiskFails: .matchmakerDiskFails
        case .coordinatorDiskFails: .coordinatorDiskFails
        case .cancelled: .cancelled
        case .matchmakerShutdown: .matchmakerShutdown
        case .coordinatorShutdown: .coordinatorShutdown
        case .sceneRemoved: .sceneRemoved
        }
    }
}

/// One cause in all states.
struct ExitRow {
    let title: String
    let waiting: ExitPath
    let matched: ExitPath
    let validating: ExitPath
    let playing: ExitPath
    let ended: ExitPath

    init(
        _ title: String, waiting: ExitPath, matched: ExitPath, validating: ExitPath, playing: ExitPath, ended: ExitPath
    ) {
        self.title = title
        self.waiting = waiting
        self.matched = matched
        self.validating = validating
        self.playing = playing
        self.ended = ended
    }

    /// The same in MATCHED, VALIDATING and PLAYING.
    init(_ title: String, waiting: ExitPath, handedOff: ExitPath, ended: ExitPath) {
        self.init(
            title, waiting: waiting, matched: handedOff, validating: handedOff, playing: handedOff, ended: ended)
    }

    /// In one state alone.
    init(_ title: String, only state: SessionState, _ path: ExitPath, elsewhere: String, ended: ExitPath = .gone) {
        func cell(_ cell: SessionState) -> ExitPath { cell == state ? path : .impossible(elsewhere) }
        self.init(
            title, waiting: cell(.waiting), matched: cell(.matched), validating: cell(.validating),
            playing: cell(.playing), ended: ended)
    }
}

extension ExitPath {
    /// An end of a waiting room.
    static func roomEnds(_ reason: EndReason, othersHear: ExitEnding.Hearing = .ended) -> ExitPath {
        .ends(ExitEnding(.matchmaker, reason, in: .waiting, othersHear: othersHear))
    }

    /// An end by the coordinator: before play begins the blameless are put back.
    static func coordinatorEnds(
        _ reason: EndReason, in state: SessionState, blame: ExitEnding.Blame = .concerned,
        requeue: ExitEnding.Requeue? = nil, concernedHear: ExitEnding.Hearing = .nothing,
        othersHear: ExitEnding.Hearing? = nil
    ) -> ExitPath {
        let requeue = requeue ?? (state == .playing ? .nobody : .blameless)
        return .ends(
            ExitEnding(
                .coordinator, reason, in: state, blame: blame, requeue: requeue, concernedHear: concernedHear,
                othersHear: othersHear ?? (requeue == .blameless ? .endedRequeued : .ended)))
    }

    /// An end that the matchmaker states because the owner cannot.
    static func lost(in state: SessionState, isPresumed: Bool) -> ExitPath {
        .ends(
            ExitEnding(
                .matchmaker, .coordinatorLost, in: state, isPresumed: isPresumed,
                requeue: state == .playing ? .nobody : .blameless, othersHear: .silence))
    }

    /// Of causes that need what went with the session.
    static let gone = ExitPath.impossible("its deadlines and timers went with it")
    /// Of causes that need a coordinator.
    static let roomOnly = ExitPath.impossible("no coordinator knows of a room")
}
