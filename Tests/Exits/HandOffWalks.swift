import SessionProtocol
import Testing

@testable import Coordination
@testable import Matchmaking

extension Walk {
    /// The way to a coordinator.
    func handOffGoesWrong() {
        switch cell.cause {
        case .noCoordinatorYet:
            joinAll(["ann", "bob", "cid"])
            #expect(world.notices.last == .noCoordinator(.of(scene)))
        case .noCoordinatorInTime:
            joinAll(["ann", "bob", "cid"])
            concerned = []
            world.pass(38_000)
        case .leftAtMatchmaker: goFromMatchmaker(leaving: true)
        case .goneAtMatchmaker: goFromMatchmaker(leaving: false)
        case .refused: refuse(isLast: false)
        case .noCoordinatorLeft: refuse(isLast: true)
        case .unanswered: leaveUnanswered(.stall)
        case .dropped: drop()
        case .linkLostInOffer: leaveUnanswered(.cut)
        case .staleMessage: sayStale()
        case .cancelIgnored: ignoreCancel()
        case .completed, .left, .lastLeft, .movedAway, .movedTogether, .disconnected, .returned, .graceOver, .reloaded,
            .excluded, .lost, .watchedOut, .excludedByAdministrator, .rejoined, .finishedGone, .waitOver, .notConfirmed, .noShow, .neverTogether, .barrierOver,
            .timeLimit, .pairFailed, .pairFailedFinally, .unreachable, .unreachableFinally,
            .pairFailedRelayed, .silent, .silentFinally, .silentRelayed, .pairLost,
            .linkLostAndBack, .rejoinedOutOfReach, .leaseOver, .awokeLate, .coordinatorSilent, .ownerSpokeLate,
            .coordinatorRestarted, .matchmakerRestarted, .bothRestarted, .journalLost, .matchmakerDiskFails,
            .coordinatorDiskFails, .cancelled, .matchmakerShutdown, .coordinatorShutdown,
            .sceneRemoved:
            isWalked = false
        }
    }

    private func goFromMatchmaker(leaving: Bool) {
        func go(_ name: String) { if leaving { world.leaveMatchmaker(name) } else { world.disconnect(name) } }
        switch cell.state {
        case .waiting: isWalked = false
        case .matched:
            gather(isRecorded: false)
            go("ann")
            #expect(heard("bob") == [] && isLive)
            tellOver()
        case .validating, .playing:
            bring()
            world.disconnect("ann")
            world.cut("east")
            world.join("ann", scene)
            #expect(heard("ann") == ["waiting 3/3"])
            mark()
            go("ann")
            world.heal()
        case .ended:
            // Ended by one who goes before it is told; while the disk has not recorded that, another goes too.
            gather(isRecorded: false)
            go("ann")
            world.stall("east")
            tellOver()
            world.journal.isWorking = false
            world.wake("east")
            #expect(!isLive && heard("bob") == [])
            go("bob")
            tellOver()
            #expect(heard("bob") == (leaving ? ["ended player_left"] : []))
            #expect(heard("cid") == ["waiting 1/3"])
        }
    }

    /// By the coordinator's own reasons, each as it comes about.
    private func refuse(isLast: Bool) {
        concerned = []
        if cell.state == .ended {
            endUntold()
            tellOver()
            return say(.refused(session, .first, .full))
        }
        if isLast, variant > 0 { return leaveUnanswered(variant == 1 ? .stall : .cut, isLast: true) }
        var limits = CoordinationLimits()
        let reason = isLast ? .full : RefusalReason.allCases[variant]
        if reason == .full { limits.sessionsMax = 0 }
        if reason == .unsupported {
            limits.validatedPlayersMax = 2
            scene = "requeue"
        }
        gather(isRecorded: false, limits)
        if reason == .draining { world.tell("east", .drain) }
        if reason == .busy { occupy() }
        if !isLast { world.start("west") }
        tellOver()
        #expect(
            world.notices.contains {
                if case .sessionRefused(session, .of("east"), reason) = $0 { true } else { false }
            })
        if !isLast { checkSecondAttempt() }
        if reason == .busy { world.tell("east", .link(.drop(SessionID(high: 7, low: 7), .first))) }
    }

    /// East holds another session of ann's, of which the matchmaker does not know.
    private func occupy() {
        guard var assignment = world.matchmaker.ledger[session]?.details.handOff?.assignment else { return }
        assignment.session = SessionID(high: 7, low: 7)
        assignment.players = [assignment.players[0]]
        var actions: [CoordinatorAction] = []
        world.nodes["east"]?.core.handle(.link(.assign(assignment)), now: world.now, actions: &actions)
    }

    private enum Silence { case stall, cut }

    private func leaveUnanswered(_ silence: Silence, isLast: Bool = false) {
        concerned = []
        if cell.state == .ended {
            endUntold()
            tellOver()
            world.cut("east")
            return world.heal()
        }
        gather(isRecorded: false)
        world.stall("east")
        if !isLast { world.start("west") }
        tellOver()
        switch silence {
        case .stall: world.pass(5_000)
        case .cut: world.cut("east")
        }
        if !isLast { checkSecondAttempt() }
    }

    private func checkSecondAttempt() {
        #expect(held(at: "west") == .matched)
        #expect(members.allSatisfy { heard($0) == ["matched"] })
        #expect(world.matchmaker.ledger[session]?.details.handOff?.assignment.attempt == Attempt(2))
    }

    /// East takes the first attempt when the second has been made.
    private func drop() {
        concerned = []
        if cell.state == .ended {
            endUntold()
            tellOver()
            world.tell("east", .link(.drop(session, .first)))
            return
        }
        leaveUnanswered(.stall)
        world.wake("east")
        #expect(world.coordinatorNotices.contains(.forgotten(session, .first)))
        #expect(world.nodes["east"]?.core.ledger.tombstone(session) == nil)
        #expect(world.reported == [] && isLive && held(at: "west") == .matched)
    }

    /// As if a coordinator had said it.
    func say(_ message: Message, at node: String = "east") {
        guard let link = world.nodes[node]?.link else { return }
        world.packets.append(.toMatchmaker(link, message))
        world.pump()
    }

    /// What the matchmaker says to a coordinator at once when that says this.
    private func answers(_ message: Message, at node: String) -> [Message] {
        let before = world.said.count
        say(message, at: node)
        return world.said.dropFirst(before).filter { $0.node == node }.map(\.message)
    }

    private func sayStale() {
        bring()
        concerned = []
        if cell.state == .ended { tellOver() }
        world.start("west")
        let before = world.matchmaker.ledger.tombstone(session)?.outcome
        // An attempt that never was; and, at a coordinator that was never offered it, the one that is.
        for (node, attempt) in [("east", Attempt(77)), ("west", .first)] {
            guard var assignment = knownAssignment else {
                Issue.record("the session has no assignment")
                return
            }
            assignment.session = session
            assignment.attempt = attempt
            let players = assignment.players.map { PlayerOutcome(subject: $0.subject) }
            let outcome = Outcome(
                session: session, attempt: cell.state == .ended ? .first : attempt, scene: .of(scene), reason: .completed,
                endedIn: .playing, endedAtUnixMs: 1, players: players)
            #expect(answers(.accepted(session, attempt), at: node) == [.drop(session, attempt)])
            #expect(answers(.state(session, attempt, .playing), at: node) == [])
            #expect(answers(.holding(.playing, assignment), at: node) == [.drop(session, attempt)])
            #expect(answers(.ended(outcome), at: node) == [.endedAck(session, outcome.attempt)])
        }
        #expect(world.matchmaker.ledger.tombstone(session)?.outcome == before)
        #expect(world.notices.count { if case .stale = $0 { true } else { false } } >= 2)
    }

    /// That of the newest hand-off, or of one that there might have been.
    private var knownAssignment: Assignment? {
        guard let record = world.journal.asked.last(where: { $0.kind == .journalMatched }) else {
            return Walk.assignment(session, scene)
        }
        guard case .journalMatched(_, let assignment) = record else { return nil }
        return assignment
    }

    private static func assignment(_ session: SessionID, _ scene: String) -> Assignment {
        let player = AssignedPlayer(
            subject: .of("ann"), ticket: Ticket(high: 1, low: 1), sinceUnixMs: 1,
            placeSignature: ResumeSignature(high: 1, low: 1), releaseSignature: ResumeSignature(high: 1, low: 1))
        return Assignment(
            session: session, attempt: .first, scene: .of(scene), settings: SessionSettings(validatesPeers: false),
            seed: 1, resumeExpiresUnixMs: 1, players: [player])
    }

    private func ignoreCancel() {
        if cell.state == .ended {
            endUntold()
            tellOver()
            return world.tell("east", .link(.cancel(session, .first, .cancelled, blamed: [])))
        }
        bring()
        concerned = []
        world.nodes["east"]?.ignoresCancel = true
        let link = world.nodes["east"]?.link
        world.tell(.cancel(session))
        world.pass(4_999)
        #expect(world.nodes["east"]?.link == link)
        world.pass(1)
        let next = world.nodes["east"]?.link
        #expect(next != link, "its link is closed once")
        world.pass(5_000)
        #expect(world.nodes["east"]?.link == next)
        #expect(world.notices.filter { $0 == .cancelIgnored(session, .of("east")) }.count == 2)
    }
}
