import Matchmaking
import SessionProtocol

/// Which cells of the table of exit paths a run has met, beside those that end a session: these come with its transition.
extension World {
    /// What a session is at, as the matchmaker sees it.
    func state(_ number: Int) -> SessionState {
        switch truth[number].atMatchmaker {
        case .waiting: .waiting
        case .live: truth[number].mirror
        case .unknown, .ended: .ended
        }
    }

    func met(_ notice: MatchmakerNotice) {
        switch notice {
        case .noCoordinator: coverage.count(.noCoordinatorYet, .waiting)
        case .sessionRefused(let session, _, _): truth[truth.number(of: session)].retriesFor = .refused
        case .assignTimedOut(let session, _): truth[truth.number(of: session)].retriesFor = .unanswered
        case .cancelIgnored(let session, _): coverage.count(.cancelIgnored, state(truth.number(of: session)))
        case .nothingToCancel: coverage.count(.cancelled, .ended)
        case .stale(let kind, let session):
            let state = truth.find(session).map { self.state($0) } ?? SessionState.ended
            coverage.count(kind == .refused && state == .ended ? .refused : .staleMessage, state)
        case .doubted: coverage.count(.journalLost, .matched)
        case .adopted(let session, _): coverage.count(.journalLost, truth[truth.number(of: session)].mirror)
        case .coordinatorUp, .coordinatorDown, .coordinatorDraining, .coordinatorLost, .coordinatorRefused, .formed, .inventoryAsked,
            .outcomeReleased, .outcome, .fate, .treated:
            break
        }
    }

    /// A session that was handed off is handed off anew.
    func metNewAttempt(_ number: Int) {
        guard truth[number].atMatchmaker == .live, !truth[number].handOffs.isEmpty else { return }
        coverage.count(truth[number].retriesFor ?? .linkLostInOffer, .matched)
        truth[number].retriesFor = nil
    }

    func met(_ message: Message, _ node: Int) {
        switch message {
        case .holding(let state, let assignment):
            guard let number = truth.find(assignment.session), truth[number].atMatchmaker == .live else { return }
            guard truth[number].handOffs.last?.attempt == assignment.attempt else { return }
            coverage.count(truth[number].wasRestored ? .matchmakerRestarted : .linkLostAndBack, state)
            truth[number].wasRestored = false
        case .ended(let outcome):
            guard let number = truth.find(outcome.session), let known = truth[number].outcome else { return }
            let isLate = known.isPresumed && known.attempt == outcome.attempt
            coverage.count(isLate ? .ownerSpokeLate : .linkLostAndBack, .ended)
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .endedAck, .cancel,
            .drop, .ping, .pong, .drain, .inventoryEnd, .journalMatched:
            break
        }
    }

    /// A connection is told to wait for a session.
    func waits(_ number: Int, on connection: Int) {
        guard let joining = truth.joining, joining.connection == connection else { return }
        switch truth[number].atMatchmaker {
        case .waiting:
            if joining.room == number {
                coverage.count(.reloaded, .waiting)
            } else if joining.room != nil {
                coverage.count(.rejoined, .waiting)
            } else if joining.request.resume != nil {
                coverage.count(.rejoined, .ended)
            }
        case .live: coverage.count(.rejoinedOutOfReach, truth[number].mirror)
        case .unknown, .ended: break
        }
    }

    /// What processes are at when something happens to all of them.
    func metEverywhere(_ cause: ExitCause, at process: Int) {
        if process == 0 {
            if truth.roomCount > 0 { coverage.count(cause, .waiting) }
            guard truth.liveCount > 0 else { return }
            for session in truth.sessions where session.atMatchmaker == .live { coverage.count(cause, session.mirror) }
            return
        }
        for number in truth.coordinators[process - 1].copies.keys.sorted() {
            if let copy = truth.coordinators[process - 1].copies[number] { coverage.count(cause, copy.state) }
        }
    }
}

extension Coverage {
    /// Whether a run can see that it meets this cell.
    public static func isSeen(_ cause: ExitCause, in state: SessionState) -> Bool {
        switch cause.path(in: state) {
        case .impossible: false
        // A restored session counts as matched until its coordinator has listed it, and is no longer restored then.
        case .ends: cause != .bothRestarted || state == .matched
        case .goesOn, .vanishes, .isOver: seen(cause).contains(state)
        }
    }

    private static let handedOff: Set<SessionState> = [.matched, .validating, .playing]

    private static func seen(_ cause: ExitCause) -> Set<SessionState> {
        switch cause {
        case .left: [.waiting]
        case .disconnected: handedOff.union([.waiting])
        case .returned, .linkLostAndBack: handedOff.union([.ended])
        case .reloaded: handedOff.union([.waiting])
        case .rejoined: handedOff.union([.waiting, .ended])
        case .finishedGone, .lost: [.playing]
        case .pairFailedRelayed, .silentRelayed: [.validating]
        case .pairLost: [.playing]
        case .noCoordinatorYet: [.waiting]
        case .refused, .unanswered, .linkLostInOffer: [.matched]
        case .staleMessage: [.matched, .ended]
        case .dropped: [.matched, .ended]
        case .cancelIgnored: [.matched]
        case .rejoinedOutOfReach: handedOff
        case .ownerSpokeLate, .cancelled: [.ended]
        case .matchmakerRestarted: handedOff.union([.waiting])
        case .journalLost: handedOff
        case .matchmakerDiskFails, .matchmakerShutdown: handedOff.union([.waiting])
        case .coordinatorDiskFails, .sceneRemoved: handedOff
        case .completed, .lastLeft, .movedAway, .movedTogether, .graceOver, .excluded, .watchedOut, .excludedByAdministrator, .waitOver, .notConfirmed, .noShow,
            .neverTogether, .barrierOver, .timeLimit, .pairFailed, .pairFailedFinally, .unreachable, .unreachableFinally, .silent, .silentFinally,
            .noCoordinatorInTime, .leftAtMatchmaker, .goneAtMatchmaker, .noCoordinatorLeft, .leaseOver, .awokeLate,
            .coordinatorSilent, .coordinatorRestarted, .bothRestarted, .coordinatorShutdown:
            []
        }
    }
}
