import SessionProtocol
import Testing

@testable import Coordination
@testable import Matchmaking

extension Walk {
    /// What players do.
    func playersDo() {
        switch cell.cause {
        case .completed:
            bring()
            if cell.state == .ended { return askInVain("ann", .finish(result: nil)) }
            concerned = []
            for name in members { world.ask(name, .finish(result: nil)) }
        case .left:
            bring()
            switch cell.state {
            case .waiting: leaveRoom()
            case .matched, .validating, .playing: world.ask("ann", .leave)
            case .ended: askInVain("ann", .leave)
            }
        case .lastLeft:
            bring()
            world.disconnect("bob")
            members = ["ann"]
            mark()
            concerned = []
            if variant == 0 { return world.leaveMatchmaker("ann") }
            world.disconnect("ann")
        case .movedAway:
            bring()
            world.disconnect("bob")
            (members, concerned) = (["ann"], [])
            mark()
            world.join("ann", "other")
        case .movedTogether: moveTogether()
        case .disconnected:
            bring()
            world.disconnect("ann")
            switch cell.state {
            case .waiting: #expect(heard("bob") == ["waiting 1/3"])
            case .matched, .validating, .playing: #expect(world.players["bob"]?.heard.last == "gone")
            case .ended:
                tellOver()
                #expect(heard("ann") == [])
                enterLate("ann")
            }
        case .returned:
            if cell.state == .ended { return comeLate() }
            bring()
            world.disconnect("ann")
            world.pass(9_000)
            world.enter("ann")
            #expect(world.players["bob"]?.heard.contains("back") == true)
        case .graceOver:
            bring()
            world.disconnect("ann")
            world.pass(10_000)
        case .reloaded: reload()
        case .excluded:
            bring()
            if cell.state == .ended { return askInVain("ann", .exclude(reason: "focus")) }
            world.ask("ann", .exclude(reason: "focus"))
        case .lost: lose()
        case .watchedOut:
            if cell.state == .validating {
                scene = "watched peers"
                validate()
            } else {
                scene = "watched"
                play()
            }
            world.ask("ann", .visibility(isHidden: true))
            world.pass(5_000)
        case .rejoined: rejoin()
        case .finishedGone:
            play()
            world.ask("ann", .finish(result: nil))
            if cell.state == .ended {
                leaveUntold()
                return askInVain("ann", .leave)
            }
            world.ask("bob", .finish(result: nil))
            world.ask("ann", .leave)
            world.disconnect("bob")
            world.pass(20_000)
            #expect(heard("cid") == [] && world.players["cid"]?.heard.last == "play relay")
        case .waitOver, .notConfirmed, .noShow, .neverTogether, .barrierOver, .timeLimit, .pairFailed, .pairFailedFinally, .unreachable, .unreachableFinally,
            .pairFailedRelayed, .silent, .silentFinally, .silentRelayed, .pairLost, .noCoordinatorYet, .noCoordinatorInTime,
            .leftAtMatchmaker, .goneAtMatchmaker, .refused, .unanswered, .linkLostInOffer, .noCoordinatorLeft,
            .staleMessage, .dropped, .cancelIgnored, .linkLostAndBack, .rejoinedOutOfReach, .leaseOver, .awokeLate,
            .coordinatorSilent, .ownerSpokeLate, .coordinatorRestarted, .matchmakerRestarted, .bothRestarted,
            .journalLost, .matchmakerDiskFails, .coordinatorDiskFails, .cancelled, .excludedByAdministrator, .matchmakerShutdown,
            .coordinatorShutdown, .sceneRemoved:
            isWalked = false
        }
    }

    private func leaveRoom() {
        world.leaveMatchmaker("ann")
        #expect(heard("ann") == ["ended player_left"])
        #expect(heard("bob") == ["waiting 1/3"])
    }

    /// A session that has ended answers nothing but `ended`, and that when it may be told.
    func askInVain(_ name: String, _ request: PlayerRequest) {
        let count = world.players[name]?.heard.count
        world.ask(name, request)
        #expect(world.players[name]?.heard.count == count)
        tellOver()
        #expect(heard(name) == ["ended player_left"])
    }

    /// The end is on disk now.
    func tellOver() {
        world.journal.isWorking = true
        world.pump()
    }

    func enterLate(_ name: String) {
        world.enter(name)
        #expect(heard(name).last == "ended player_left")
    }

    private func comeLate() {
        bring()
        tellOver()
        #expect(heard("ann") == ["ended player_left"])
        enterLate("ann")
        world.pass(61_000)
        world.enter("ann")
        #expect(heard("ann").last == "error session_ended", "the tombstone is gone")
    }

    private func reload() {
        if cell.state == .ended { return comeLate() }
        bring()
        concerned = ["ann"]
        switch cell.state {
        case .waiting:
            world.join("ann", scene)
            #expect(heard("ann") == ["ended superseded", "waiting 2/3"])
            #expect(world.matchmaker.ledger.session(of: .of("ann")) == session)
        case .matched, .validating, .playing:
            let before = world.marks
            world.enter("ann")
            #expect(world.players["ann"]?.heard.dropFirst(before["ann"] ?? 0).first == "replaced" || heard("ann") == [])
            #expect(world.players["ann"]?.heard.contains("replaced") == true)
        case .ended: break
        }
        let heard = world.players["bob"]?.heard.dropFirst(marks["bob"] ?? 0)
        // In VALIDATING it was connecting to a page that is no more.
        #expect(heard == (cell.state == .validating ? ["retry"] : []), "the others hear nothing else")
    }

    private func lose() {
        scene = "lossy"
        play()
        let reasons = ["player_left", "player_disconnected", "player_excluded", "barrier_timeout"]
        switch variant {
        case 0: world.ask("ann", .leave)
        case 1:
            world.disconnect("ann")
            world.pass(10_000)
        case 2: world.ask("ann", .exclude(reason: "focus"))
        default:
            for name in ["bob", "cid"] { world.ask(name, .ready(barrier: "late")) }
            for name in ["bob", "cid"] { world.ask(name, .ready(barrier: "half-time")) }
            world.pass(30_000)
        }
        #expect(world.players["bob"]?.heard.contains("lost \(reasons[variant])") == true)
        if variant != 1 { #expect(heard("ann") == ["ended \(reasons[variant])"]) }
        #expect(world.matchmaker.ledger.session(of: .of("ann")) == nil, "the matchmaker has heard of it")
        world.enter("ann")
        #expect(heard("ann").last == "ended \(reasons[variant])", "and so has whoever comes back")
        world.join("ann", scene)
        #expect(heard("ann").last == "waiting 1/3")
        // What comes behind this is told of a scene in which one who leaves ends the game.
        scene = "relay"
    }

    private func rejoin() {
        bring()
        let ticket = world.players["ann"]?.seat?.ticket
        switch cell.state {
        case .waiting:
            world.join("ann", "other")
            #expect(heard("ann") == ["ended superseded", "waiting 1/3"])
            #expect(heard("bob") == ["waiting 1/3"])
            world.leaveMatchmaker("ann")
        case .matched, .validating, .playing:
            world.join("ann", "other")
            #expect(heard("ann") == ["matched"])
            #expect(world.players["ann"]?.seat?.ticket == ticket && world.players["ann"]?.seat?.session == session)
        case .ended:
            tellOver()
            world.join("ann", scene)
            #expect(heard("ann") == ["ended player_left", "waiting 1/3"])
        }
    }

    /// Ann and bob cannot be together, so bob has a room of his own, until ann leaves and cid is moved there.
    private func moveTogether() {
        scene = "requeue"
        match()
        world.enter("cid")
        for (name, peer) in [("ann", 2), ("bob", 2), ("cid", 0), ("cid", 1)] as [(String, UInt8)] {
            world.ask(name, .validated(peer: PlayerIndex(peer), rttMs: nil))
        }
        for _ in 0..<3 { world.ask("ann", .validationFailed(peer: PlayerIndex(1), detail: "")) }
        world.ask("bob", .validated(peer: PlayerIndex(0), rttMs: nil))
        for name in ["ann", "cid", "bob"] { world.join(name, scene) }
        session = world.matchmaker.ledger.session(of: .of("bob")) ?? session
        #expect(world.matchmaker.count(in: .waiting) == 2)
        (members, concerned) = (["bob"], [])
        mark()
        world.leaveMatchmaker("ann")
        #expect(heard("bob") == ["waiting 2/3"] && heard("cid") == ["waiting 2/3"])
    }
}
