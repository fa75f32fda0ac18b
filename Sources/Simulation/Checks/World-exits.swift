import Coordination
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
        case .coordinatorUp(let node, _, _, _):
            let isBack = !truth.duties.known.insert(node.number).inserted
            if isBack, truth.roomCount > 0 { coverage.count(.linkLostAndBack, .waiting) }
        case .coordinatorDown, .coordinatorDraining, .coordinatorLost, .coordinatorRefused, .formed, .inventoryAsked,
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
            guard let number = truth.find(outcome.session) else { return }
            guard let known = truth[number].outcome else {
                if !truth[number].lostOutcomes.isEmpty { coverage.count(.journalLost, .ended) }
                return
            }
            let isLate = known.isPresumed && known.attempt == outcome.attempt
            coverage.count(isLate ? .ownerSpokeLate : whyRepeated(outcome, number, node), .ended)
            if !matchmaker.storageIsWorking { coverage.count(.matchmakerDiskFails, .ended) }
        case .hello, .challenge, .proof, .welcome, .reject, .assign, .accepted, .refused, .state, .endedAck, .cancel,
            .drop, .ping, .pong, .drain, .inventoryEnd, .journalMatched:
            break
        }
    }

    /// What has kept a coordinator from hearing that its outcome was acknowledged.
    private func whyRepeated(_ outcome: Outcome, _ number: Int, _ node: Int) -> ExitCause {
        let end = truth[number].ends.last { $0.node == node && $0.outcome.attempt == outcome.attempt }
        let isOwnerAnother = end.map { $0.life != coordinators[node - 1].life } ?? false
        let isMatchmakerAnother = truth[number].outcomeLife != matchmaker.life
        return switch (isMatchmakerAnother, isOwnerAnother) {
        case (true, true): .bothRestarted
        case (true, false): .matchmakerRestarted
        case (false, true): .coordinatorRestarted
        case (false, false): .linkLostAndBack
        }
    }

    /// A connection to the matchmaker breaks.
    func metLoss(of connection: Int) {
        guard let number = truth.waitsFor[connection] else { return }
        switch state(number) {
        case .waiting: coverage.count(.disconnected, .waiting)
        // It may end the session, and is counted with that.
        case .matched: break
        case .validating: coverage.count(.goneAtMatchmaker, .validating)
        case .playing: coverage.count(.goneAtMatchmaker, .playing)
        case .ended: coverage.count(.goneAtMatchmaker, .ended)
        }
    }

    /// A client says `leave` to the matchmaker.
    func metLeaving(on connection: Int) {
        if let number = truth.waitsFor[connection], state(number) == .ended { coverage.count(.leftAtMatchmaker, .ended) }
    }

    /// A player asks for something when its session has ended, and it has not been told so.
    func metUntold(_ request: PlayerRequest, _ seat: Truth.Seat) {
        switch request {
        case .finish: coverage.count(.completed, .ended)
        case .leave: coverage.count(seat.copy?.hasFinished[seat.player] == true ? .finishedGone : .left, .ended)
        case .exclude: coverage.count(.excluded, .ended)
        case .peerLost: coverage.count(.pairLost, .ended)
        case .validationFailed:
            guard let settings = seat.copy?.settings, settings.validatesPeers else { return }
            switch settings.onValidationFailure {
            case .requeue: coverage.count(.pairFailed, .ended)
            case .relay: coverage.count(.pairFailedRelayed, .ended)
            case .end: coverage.count(.pairFailedFinally, .ended)
            }
        case .signal, .clock, .validated, .ready, .episodeDone, .resetDone, .visibility: break
        }
    }

    /// Some wait at the matchmaker to be told of an end that is not on disk yet.
    func metUntold(_ cause: ExitCause, of isConcerned: (Truth.Session) -> Bool) {
        if truth.waitsFor.values.contains(where: { state($0) == .ended && isConcerned(truth[$0]) }) { coverage.count(cause, .ended) }
    }

    /// The matchmaker dies.
    func metDeath() {
        guard truth.roomCount > 0 else { return }
        coverage.count(.matchmakerRestarted, .waiting)
        if coordinators.contains(where: { $0.phase == .down && $0.life > 0 }) { coverage.count(.bothRestarted, .waiting) }
    }

    /// The matchmaker is about to die, and its journal with it.
    func metJournalLoss(_ host: Host) {
        if host.number == 0, truth.roomCount > 0 { coverage.count(.journalLost, .waiting) }
    }

    /// Something happens to a coordinator while people wait in rooms, or there to be told of an end.
    func metBeside(_ cause: ExitCause, at process: Int) {
        if truth.roomCount > 0 { coverage.count(cause, .waiting) }
        let seats = truth.coordinators[process - 1].seats.values
        if seats.contains(where: { $0.copy?.isOver ?? true }) { coverage.count(cause, .ended) }
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
            } else if let resume = joining.request.resume {
                coverage.count(isOutOfReach(resume) ? .rejoinedOutOfReach : .rejoined, .ended)
            }
        case .live: coverage.count(.rejoinedOutOfReach, truth[number].mirror)
        case .unknown, .ended: break
        }
    }

    /// The coordinator of the session that it was given for, which has ended, is not linked.
    private func isOutOfReach(_ resume: String) -> Bool {
        guard let claim = Resume(resume)?.claim, let number = truth.find(claim.session), truth[number].atMatchmaker == .ended,
            let node = truth.duties.current[number]?.node
        else { return false }
        return truth.duties.peers[node - 1].readyLink == nil
    }

    /// What processes are at when something happens to all of them.
    func metEverywhere(_ cause: ExitCause, at process: Int) {
        if process == 0 {
            if truth.roomCount > 0 { coverage.count(cause, .waiting) }
            guard truth.liveCount > 0 else { return }
            for session in truth.sessions where session.atMatchmaker == .live { coverage.count(cause, session.mirror) }
            return
        }
        metBeside(cause, at: process)
        for number in truth.coordinators[process - 1].copies.keys.sorted() {
            if let copy = truth.coordinators[process - 1].copies[number] { coverage.count(cause, copy.state) }
        }
    }
}

extension Coverage {
    /// Whether a run can see that it meets this cell, and a standard run must.
    public static func isSeen(_ cause: ExitCause, in state: SessionState) -> Bool {
        if case .impossible = cause.path(in: state) { return false }
        return !unseen(cause).contains(state)
    }

    private static func unseen(_ cause: ExitCause) -> Set<SessionState> {
        switch cause {
        // A restored session counts as matched until its coordinator has listed it, and is no longer restored then.
        case .bothRestarted: [.validating, .playing]
        // It is the same report that comes too late, whomever it would have blamed; and a page that is loaded anew comes as late
        // as one that returns.
        case .unreachable, .unreachableFinally, .reloaded: [.ended]
        // Nothing comes of it that could be seen.
        case .linkLostInOffer, .coordinatorSilent: [.ended]
        // No coordinator here speaks of a room, and no page reports a loss before it plays.
        case .staleMessage: [.waiting]
        case .pairLost: [.validating]
        // It takes a moment that is too rare to be asked of each standard run.
        case .pairFailedFinally, .pairFailedRelayed, .matchmakerShutdown, .sceneRemoved: [.ended]
        case .cancelIgnored, .goneAtMatchmaker: [.validating]
        case .completed, .left, .lastLeft, .movedAway, .movedTogether, .disconnected, .returned, .graceOver, .excluded,
            .lost, .watchedOut, .excludedByAdministrator, .rejoined, .finishedGone, .waitOver, .notConfirmed, .noShow, .neverTogether,
            .barrierOver, .timeLimit, .pairFailed, .silent, .silentFinally, .silentRelayed,
            .noCoordinatorYet, .noCoordinatorInTime, .leftAtMatchmaker, .refused, .unanswered,
            .noCoordinatorLeft, .dropped, .linkLostAndBack, .rejoinedOutOfReach, .leaseOver, .awokeLate,
            .ownerSpokeLate, .coordinatorRestarted, .matchmakerRestarted, .journalLost, .matchmakerDiskFails, .coordinatorDiskFails,
            .cancelled, .coordinatorShutdown:
            []
        }
    }
}
