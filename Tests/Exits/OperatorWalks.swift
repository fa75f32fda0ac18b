import SessionProtocol
import Testing

@testable import Coordination
@testable import Matchmaking

extension Walk {
    /// What administrators and supervisors do.
    func operatorsAct() {
        concerned = []
        switch cell.cause {
        case .cancelled:
            if cell.state == .matched, variant == 1 {
                gather(isRecorded: false)
                world.tell(.cancel(session))
                #expect(heard("ann") == [])
                return tellOver()
            }
            if cell.state == .matched, variant == 2 {
                // On offer: the coordinator may have it by now, and never answers.
                gather(isRecorded: false)
                world.stall("east")
                tellOver()
                world.tell(.cancel(session))
                #expect(isLive)
                return world.cut("east")
            }
            bring()
            if cell.state == .ended { tellOver() }
            world.tell(.cancel(session))
            #expect(cell.state != .ended || world.notices.last == .nothingToCancel(session))
        case .excludedByAdministrator:
            bring()
            concerned = cell.state == .ended ? ["cid"] : ["ann"]
            world.tell("east", .exclude(session, PlayerIndex(0), reason: "abusive"))
            if cell.state == .ended { tellOver() }
        case .matchmakerShutdown:
            if cell.state == .ended { return shutdownUntold() }
            bring()
            world.tell(.shutdown)
            #expect(mirrored == (cell.state == .waiting ? nil : cell.state))
        case .coordinatorShutdown:
            bring()
            world.tell("east", .shutdown)
            if cell.state == .ended {
                #expect(heard("ann") == [])
                tellOver()
                #expect(heard("ann") == ["ended player_left"])
            }
        case .sceneRemoved:
            if cell.state == .ended { return removeSceneUntold() }
            bring()
            world.tell(.reconfigure(World.scenes.filter { $0.id.name != scene }))
            #expect(mirrored == (cell.state == .waiting ? nil : cell.state))
            world.tell(.reconfigure(World.scenes))
        case .completed, .left, .lastLeft, .movedAway, .movedTogether, .disconnected, .returned, .graceOver, .reloaded,
            .excluded, .lost, .watchedOut, .rejoined, .finishedGone, .waitOver, .notConfirmed, .noShow, .neverTogether, .barrierOver,
            .timeLimit, .pairFailed, .pairFailedFinally, .unreachable, .unreachableFinally, .pairFailedRelayed, .silent, .silentFinally, .silentRelayed, .pairLost,
            .noCoordinatorYet, .noCoordinatorInTime, .leftAtMatchmaker, .goneAtMatchmaker, .refused, .unanswered,
            .linkLostInOffer, .noCoordinatorLeft, .staleMessage, .dropped, .cancelIgnored, .linkLostAndBack,
            .rejoinedOutOfReach, .leaseOver, .awokeLate, .coordinatorSilent, .ownerSpokeLate, .coordinatorRestarted,
            .matchmakerRestarted, .bothRestarted, .journalLost, .matchmakerDiskFails, .coordinatorDiskFails:
            isWalked = false
        }
    }

    /// Bob waits for an end that would put him back, and his scene goes before it is on disk.
    private func removeSceneUntold() {
        gather(isRecorded: false)
        world.leaveMatchmaker("ann")
        world.stall("east")
        tellOver()
        world.journal.isWorking = false
        world.wake("east")
        world.tell(.reconfigure(World.scenes.filter { $0.id.name != scene }))
        tellOver()
        #expect(heard("bob") == ["ended player_left"])
        world.tell(.reconfigure(World.scenes))
    }

    /// Ann has left before she was told, and bob waits for the end, which is not on disk when the matchmaker stops.
    private func shutdownUntold() {
        gather(isRecorded: false)
        world.leaveMatchmaker("ann")
        world.stall("east")
        tellOver()
        world.journal.isWorking = false
        world.wake("east")
        world.tell(.shutdown)
        tellOver()
        #expect(heard("bob") == ["ended player_left"])
    }
}
