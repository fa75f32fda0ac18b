import SessionProtocol
import Testing

@testable import Coordination
@testable import Matchmaking

@Suite struct ImpossibleProbeTests {
    @Test("what the table calls impossible does not come about by what could come nearest", arguments: Cell.impossible)
    func probe(_ cell: Cell) {
        let walk = Walk(cell, variant: 0)
        if cell.cause == .watchedOut { walk.scene = "watched" }
        walk.bring()
        let isProbed = walk.comeNear()
        #expect(isProbed, "nothing comes near this cell")
        walk.checkAnswer()
        walk.checkUntouched()
    }
}

extension Cell {
    static let impossible = all.filter {
        if case .impossible = $0.path { true } else { false }
    }
}

extension Walk {
    /// Feeds what could come nearest; false when there is nothing for this cause.
    fileprivate func comeNear() -> Bool {
        switch cell.cause {
        case .completed: for name in members { request(name, .finish(result: nil)) }
        case .finishedGone:
            request("ann", .finish(result: nil))
            world.disconnect("ann")
        case .lastLeft, .goneAtMatchmaker:
            for name in members.dropFirst(cell.state == .waiting ? 1 : 0) { world.disconnect(name) }
        case .leftAtMatchmaker: world.leaveMatchmaker("ann")
        case .movedAway: world.join("ann", "other")
        case .movedTogether: shareAnotherRoom(["dan", "eve"])
        case .returned:
            world.disconnect("ann")
            world.join("ann", scene)
        case .graceOver:
            world.disconnect("ann")
            world.pass(10_000)
        case .watchedOut:
            request("ann", .visibility(isHidden: true))
            wait(for: .watch)
        case .excludedByAdministrator: world.tell("east", .exclude(session, PlayerIndex(0), reason: ""))
        case .excluded: request("ann", .exclude(reason: "focus"))
        case .lost:
            // Before play it would end for all: so far it can be away, and no more.
            if cell.state == .waiting || cell.state == .ended { return probeLeaving() }
            world.disconnect("ann")
            world.pass(9_000)
            world.enter("ann")
        case .notConfirmed: for name in members { confirm(name) }
        case .waitOver, .noCoordinatorInTime: wait(for: .wait)
        case .noShow: wait(for: .enter)
        case .neverTogether:
            world.disconnect("bob")
            wait(for: .enter, .validate)
        case .barrierOver:
            request("ann", .ready(barrier: "b"))
            wait(for: .barrier)
        case .timeLimit: wait(for: .play)
        case .pairFailed, .pairFailedFinally, .pairFailedRelayed, .unreachable, .unreachableFinally:
            request("ann", .validationFailed(peer: PlayerIndex(1), detail: ""))
            request("bob", .validationFailed(peer: PlayerIndex(0), detail: ""))
        case .silent, .silentFinally, .silentRelayed:
            request("ann", .validated(peer: PlayerIndex(1), rttMs: nil))
            wait(for: .validate, .pairs)
        case .pairLost: request("ann", .peerLost(peer: PlayerIndex(1)))
        case .noCoordinatorYet:
            say(.drain)
            shareAnotherRoom(["dan", "eve", "fay"])
        case .refused, .noCoordinatorLeft: for reason in RefusalReason.allCases { say(.refused(session, .first, reason)) }
        case .unanswered: wait(for: .assign)
        case .linkLostInOffer, .rejoinedOutOfReach:
            world.cut("east")
            if cell.cause == .rejoinedOutOfReach { world.join("ann", scene) }
            world.heal()
        case .dropped: world.tell("east", .link(.drop(session, cell.state == .waiting ? .first : Attempt(77))))
        case .cancelIgnored: world.tell("east", .link(.cancel(session, .first, .cancelled, blamed: [])))
        case .leaseOver, .awokeLate:
            if cell.cause == .leaseOver { world.cut("east") } else { world.stall("east") }
            world.pass(16_500)
            if cell.cause == .leaseOver { world.heal() } else { world.wake("east") }
        case .coordinatorSilent, .coordinatorRestarted:
            world.kill("east")
            if cell.cause == .coordinatorSilent { world.pass(18_500) }
            world.restart("east")
        case .ownerSpokeLate: say(.ended(foreignOutcome()))
        case .left, .disconnected, .reloaded, .rejoined, .staleMessage, .linkLostAndBack, .matchmakerRestarted,
            .bothRestarted, .journalLost, .matchmakerDiskFails, .coordinatorDiskFails, .cancelled, .matchmakerShutdown,
            .coordinatorShutdown, .sceneRemoved:
            return false
        }
        world.pump()
        return true
    }

    private func probeLeaving() -> Bool {
        request("ann", .leave)
        world.pump()
        return true
    }

    /// From where the player is, or from a connection that sits nowhere.
    private func request(_ name: String, _ request: PlayerRequest) {
        concerned.append(name)
        if world.players[name]?.node != nil { return world.ask(name, request) }
        let stray = ConnectionHandle(world.number())
        world.older[stray] = name
        world.tell("east", .request(stray, request))
    }

    private func confirm(_ name: String) {
        guard let connection = world.players[name]?.connection else { return }
        concerned.append(name)
        world.tell(.confirm(connection))
    }

    private func shareAnotherRoom(_ names: [String]) {
        for name in names { world.join(name, "other") }
        world.leaveMatchmaker(names[0])
    }

    /// There is no such deadline on either side, and time brings nothing of the kind.
    private func wait(for kinds: DeadlineKind...) {
        for kind in kinds {
            for slot in 0..<8 as Range<UInt32> {
                #expect(world.matchmaker.ledger.deadlineMs(kind, slot: slot, of: session) == nil)
                #expect(world.nodes["east"]?.core.ledger.deadlineMs(kind, slot: slot, of: session) == nil)
            }
        }
        world.pass(9_000)
    }

    /// Of an attempt that never was.
    private func foreignOutcome() -> Outcome {
        Outcome(
            session: session, attempt: Attempt(77), scene: .of(scene), reason: .completed, endedIn: .playing,
            endedAtUnixMs: 1, players: [PlayerOutcome(subject: .of("ann"))])
    }

    /// What the table says of the answer of a coordinator.
    fileprivate func checkAnswer() {
        guard case .impossible(let why) = cell.path, why.contains("`wrong_state`") else { return }
        #expect(!concerned.isEmpty)
        for name in concerned { #expect(heard(name).contains("error wrong_state"), "\(name)") }
    }

    fileprivate func checkUntouched() {
        #expect(!newTransitions.contains { $0.transition.cause == cell.cause })
        switch cell.state {
        case .waiting, .matched, .validating, .playing:
            checkLife()
            #expect(mirrored == cell.state)
        case .ended:
            tellOver()
            checkOver()
        }
        #expect(world.complaints == [])
    }
}
