/// Everything that can happen to a session and might end it. `path(in:)` is the one table of what comes of it, state by
/// state; every verdict of either process is made from it, and `proto/exit-paths.md` is printed from it.
public enum ExitCause: UInt8, CaseIterable, Sendable, CustomStringConvertible {
    // What players do.
    case completed
    case left
    case lastLeft
    case movedAway
    case movedTogether
    case disconnected
    case returned
    case graceOver
    case reloaded
    case excluded
    case lost
    case watchedOut
    case excludedByAdministrator
    case rejoined
    case finishedGone

    // Deadlines.
    case waitOver
    case notConfirmed
    case noShow
    case neverTogether
    case barrierOver
    case timeLimit

    // Validation.
    case pairFailed
    case pairFailedFinally
    case unreachable
    case unreachableFinally
    case pairFailedRelayed
    case silent
    case silentFinally
    case silentRelayed
    case pairLost

    // The hand-off.
    case noCoordinatorYet
    case noCoordinatorInTime
    case leftAtMatchmaker
    case goneAtMatchmaker
    case refused
    case unanswered
    case linkLostInOffer
    case noCoordinatorLeft
    case staleMessage
    case dropped
    case cancelIgnored

    // Failures of processes, links and disks.
    case linkLostAndBack
    case rejoinedOutOfReach
    case leaseOver
    case awokeLate
    case coordinatorSilent
    case ownerSpokeLate
    case coordinatorRestarted
    case matchmakerRestarted
    case bothRestarted
    case journalLost
    case matchmakerDiskFails
    case coordinatorDiskFails

    // Operators.
    case cancelled
    case matchmakerShutdown
    case coordinatorShutdown
    case sceneRemoved

    /// The name in logs and metrics.
    public var description: String {
        switch self {
        case .completed: "completed"
        case .left: "left"
        case .lastLeft: "last_left"
        case .movedAway: "moved_away"
        case .movedTogether: "moved_together"
        case .disconnected: "disconnected"
        case .returned: "returned"
        case .graceOver: "grace_over"
        case .reloaded: "reloaded"
        case .excluded: "excluded"
        case .lost: "lost"
        case .watchedOut: "watched_out"
        case .excludedByAdministrator: "excluded_by_administrator"
        case .rejoined: "rejoined"
        case .finishedGone: "finished_gone"
        case .waitOver: "wait_over"
        case .notConfirmed: "not_confirmed"
        case .noShow: "no_show"
        case .neverTogether: "never_together"
        case .barrierOver: "barrier_over"
        case .timeLimit: "time_limit"
        case .pairFailed: "pair_failed"
        case .pairFailedFinally: "pair_failed_finally"
        case .unreachable: "unreachable"
        case .unreachableFinally: "unreachable_finally"
        case .pairFailedRelayed: "pair_failed_relayed"
        case .silent: "silent"
        case .silentFinally: "silent_finally"
        case .silentRelayed: "silent_relayed"
        case .pairLost: "pair_lost"
        case .noCoordinatorYet: "no_coordinator_yet"
        case .noCoordinatorInTime: "no_coordinator_in_time"
        case .leftAtMatchmaker: "left_at_matchmaker"
        case .goneAtMatchmaker: "gone_at_matchmaker"
        case .refused: "refused"
        case .unanswered: "unanswered"
        case .linkLostInOffer: "link_lost_in_offer"
        case .noCoordinatorLeft: "no_coordinator_left"
        case .staleMessage: "stale_message"
        case .dropped: "dropped"
        case .cancelIgnored: "cancel_ignored"
        case .linkLostAndBack: "link_lost_and_back"
        case .rejoinedOutOfReach: "rejoined_out_of_reach"
        case .leaseOver: "lease_over"
        case .awokeLate: "awoke_late"
        case .coordinatorSilent: "coordinator_silent"
        case .ownerSpokeLate: "owner_spoke_late"
        case .coordinatorRestarted: "coordinator_restarted"
        case .matchmakerRestarted: "matchmaker_restarted"
        case .bothRestarted: "both_restarted"
        case .journalLost: "journal_lost"
        case .matchmakerDiskFails: "matchmaker_disk_fails"
        case .coordinatorDiskFails: "coordinator_disk_fails"
        case .cancelled: "cancelled"
        case .matchmakerShutdown: "matchmaker_shutdown"
        case .coordinatorShutdown: "coordinator_shutdown"
        case .sceneRemoved: "scene_removed"
        }
    }

    /// What a matchmaker's `cancel` with this reason tells a coordinator about. A reason that has no path in the session's
    /// state is no less a wish to end it: it counts as `cancelled`, and blames nobody.
    public init(cancelledFor reason: EndReason, in state: SessionState) {
        let cause: ExitCause =
            switch reason {
            case .playerLeft: .leftAtMatchmaker
            case .playerDisconnected: .goneAtMatchmaker
            case .completed, .playerExcluded, .validationFailed, .validationTimeout, .noShow, .waitTimeout, .allLeft,
                .notConfirmed, .barrierTimeout, .noCoordinator, .coordinatorLost, .cancelled, .superseded, .timeLimit,
                .shutdown:
                .cancelled
            }
        if case .ends = cause.path(in: state) { self = cause } else { self = .cancelled }
    }
}
