import SessionProtocol

/// How each cause comes about.
extension Walk {
    /// Ways through one cell, where there are several.
    static func variants(of cell: Cell) -> Int {
        switch (cell.cause, cell.state) {
        case (.refused, .matched): RefusalReason.allCases.count
        case (.noCoordinatorLeft, .matched), (.cancelled, .matched): 3
        case (.lastLeft, .waiting), (.noShow, .matched): 2
        case (.lost, .playing): 4
        default: 1
        }
    }

    func happen() {
        switch cell.cause {
        case .completed, .left, .lastLeft, .movedAway, .movedTogether, .disconnected, .returned, .graceOver, .reloaded,
            .excluded, .lost, .watchedOut, .rejoined, .finishedGone:
            playersDo()
        case .waitOver, .notConfirmed, .noShow, .neverTogether, .barrierOver, .timeLimit, .pairFailed, .pairFailedFinally,
            .pairFailedRelayed, .unreachable, .unreachableFinally, .silent, .silentFinally, .silentRelayed, .pairLost:
            timePasses()
        case .noCoordinatorYet, .noCoordinatorInTime, .leftAtMatchmaker, .goneAtMatchmaker, .refused, .unanswered,
            .linkLostInOffer, .noCoordinatorLeft, .staleMessage, .dropped, .cancelIgnored:
            handOffGoesWrong()
        case .linkLostAndBack, .rejoinedOutOfReach, .leaseOver, .awokeLate, .coordinatorSilent, .ownerSpokeLate,
            .coordinatorRestarted, .matchmakerRestarted, .bothRestarted, .journalLost, .matchmakerDiskFails,
            .coordinatorDiskFails:
            somethingFails()
        case .cancelled, .excludedByAdministrator, .matchmakerShutdown, .coordinatorShutdown, .sceneRemoved: operatorsAct()
        }
        world.pump()
    }
}
