import SessionProtocol
import Testing

@testable import Coordination
@testable import Matchmaking

extension Walk {
    /// Deadlines, and validation.
    func timePasses() {
        switch cell.cause {
        case .waitOver:
            bring()
            world.disconnect("bob")
            (members, concerned) = (["ann"], [])
            mark()
            world.pass(38_000)
        case .notConfirmed:
            scene = "asked"
            world.answersConfirm = false
            joinAll(["ann", "bob", "cid"])
            world.start("east")
            concerned = []
            mark()
            world.pass(10_000)
            world.answersConfirm = true
        case .noShow:
            // Only some enter, or nobody.
            if variant == 0 { bring() } else { gather() }
            concerned = variant == 0 ? ["cid"] : members
            world.pass(15_000)
        case .neverTogether: comeAndGo()
        case .barrierOver:
            bring()
            concerned = ["bob", "cid"]
            world.ask("ann", .ready(barrier: "b"))
            world.pass(30_000)
        case .timeLimit:
            bring()
            concerned = []
            world.pass(90_000)
        case .pairFailed: failPair("requeue")
        case .pairFailedFinally: failPair("finally")
        case .unreachable: failAlone("requeue")
        case .unreachableFinally: failAlone("finally")
        case .pairFailedRelayed: failPair("relayed")
        case .silent: keepSilent("requeue")
        case .silentFinally: keepSilent("finally")
        case .silentRelayed: keepSilent("relayed")
        case .pairLost: losePair()
        case .completed, .left, .lastLeft, .movedAway, .movedTogether, .disconnected, .returned, .graceOver,
            .reloaded, .excluded, .lost, .watchedOut, .excludedByAdministrator, .rejoined, .finishedGone, .noCoordinatorYet, .noCoordinatorInTime, .leftAtMatchmaker,
            .goneAtMatchmaker, .refused, .unanswered, .linkLostInOffer, .noCoordinatorLeft, .staleMessage, .dropped,
            .cancelIgnored, .linkLostAndBack, .rejoinedOutOfReach, .leaseOver, .awokeLate, .coordinatorSilent,
            .ownerSpokeLate, .coordinatorRestarted, .matchmakerRestarted, .bothRestarted, .journalLost,
            .matchmakerDiskFails, .coordinatorDiskFails, .cancelled, .matchmakerShutdown, .coordinatorShutdown,
            .sceneRemoved:
            isWalked = false
        }
    }

    /// Ann and bob are away in turns, each within its grace, and never there at once.
    private func comeAndGo() {
        concerned = ["bob"]
        bring()
        world.pass(2_000)
        world.disconnect("bob")
        if cell.state == .matched { world.enter("cid") }
        world.pass(6_000)
        world.disconnect("ann")
        world.pass(1_000)
        world.enter("bob")
        world.pass(7_000)
        world.disconnect("bob")
        world.pass(1_000)
        world.enter("ann")
        #expect(isLive)
        mark()
        world.pass(9_000)
    }

    private func report(_ name: String, _ isValid: (String) -> Bool) {
        for (peer, other) in ["ann", "bob", "cid"].enumerated() where other != name {
            let peer = PlayerIndex(UInt8(peer))
            world.ask(name, isValid(other) ? .validated(peer: peer, rttMs: nil) : .validationFailed(peer: peer, detail: ""))
        }
    }

    private func failPair(_ name: String) {
        scene = name
        concerned = []
        if cell.state == .ended {
            validate()
            leaveUntold()
            return askInVainRequeued("ann", .validationFailed(peer: PlayerIndex(1), detail: ""))
        }
        bring()
        report("cid") { _ in true }
        report("ann") { $0 != "bob" }
        report("bob") { $0 != "ann" }
        // Two attempts are left by now, and one of the two says that they fail too.
        world.ask("ann", .validationFailed(peer: PlayerIndex(1), detail: ""))
        #expect(isLive)
        world.ask("ann", .validationFailed(peer: PlayerIndex(1), detail: ""))
        #expect(isLive, "the other is heard too")
        world.ask("bob", .validated(peer: PlayerIndex(0), rttMs: nil))
        if name == "relayed" { #expect(world.players["cid"]?.heard.last == "play relay") }
    }

    /// Cid reaches nobody, whatever it says itself.
    private func failAlone(_ name: String) {
        scene = name
        concerned = ["cid"]
        if cell.state == .ended {
            validate()
            leaveUntold()
            return askInVainRequeued("ann", .validationFailed(peer: PlayerIndex(2), detail: ""))
        }
        bring()
        report("ann") { $0 != "cid" }
        report("bob") { $0 != "cid" }
        for _ in 0..<2 {
            for player in ["ann", "bob"] { world.ask(player, .validationFailed(peer: PlayerIndex(2), detail: "")) }
        }
        #expect(isLive)
        report("cid") { _ in true }
    }

    private func losePair() {
        if cell.state == .ended {
            scene = "requeue"
            validate()
            leaveUntold()
            return askInVainRequeued("ann", .peerLost(peer: PlayerIndex(1)))
        }
        scene = "requeue"
        validate()
        if cell.state == .validating {
            world.ask("ann", .validated(peer: PlayerIndex(1), rttMs: nil))
            world.ask("bob", .validated(peer: PlayerIndex(0), rttMs: nil))
        } else {
            for player in ["ann", "bob", "cid"] { report(player) { _ in true } }
            #expect(world.players["ann"]?.heard.last == "play peer")
        }
        mark()
        world.ask("ann", .peerLost(peer: PlayerIndex(1)))
        world.ask("bob", .peerLost(peer: PlayerIndex(0)))
        for player in ["ann", "bob"] { #expect(world.players[player]?.heard.last == "retry") }
        guard cell.state == .playing else { return }
        world.pass(15_000)
        #expect(world.players["cid"]?.heard.last == "transport relay")
    }

    private func keepSilent(_ name: String) {
        scene = name
        bring()
        report("bob") { _ in true }
        report("cid") { _ in true }
        world.pass(15_000)
        if name == "relayed" { #expect(world.players["cid"]?.heard.last == "play relay") }
    }

    private func askInVainRequeued(_ name: String, _ request: PlayerRequest) {
        let count = world.players[name]?.heard.count
        world.ask(name, request)
        #expect(world.players[name]?.heard.count == count)
        tellOver()
        #expect(heard(name) == ["ended player_left requeued"])
    }
}
