import SessionProtocol
import Testing

@testable import Coordination
@testable import Matchmaking

extension Walk {
    /// Failures of processes, links and disks.
    func somethingFails() {
        concerned = []
        bring()
        switch cell.cause {
        case .linkLostAndBack:
            world.cut("east")
            if cell.state == .ended { tellOver() }
            world.pass(9_000)
            world.heal()
        case .rejoinedOutOfReach: rejoinOutOfReach()
        case .leaseOver:
            world.cut("east")
            world.pass(15_500)
            world.heal()
        case .awokeLate:
            world.stall("east")
            world.pass(16_500)
            #expect(isLive)
            world.wake("east")
        case .coordinatorSilent:
            if cell.state == .ended { tellOver() }
            world.kill("east")
            if cell.state != .ended { waitForFate("ann") }
            world.pass(18_000)
            if cell.state != .ended { #expect(heard("ann") == ["waiting 3/3", "waiting 1/3"]) }
        case .ownerSpokeLate: speakLate()
        case .coordinatorRestarted:
            if cell.state != .ended { world.kill("east") } else { loseAck { self.world.kill("east") } }
            if cell.state != .ended { waitForFate("ann") }
            world.restart("east")
            if cell.state != .ended { #expect(heard("ann") == ["waiting 3/3", "waiting 1/3"]) }
        case .matchmakerRestarted: restartMatchmaker()
        case .bothRestarted:
            if cell.state == .ended { loseAck { self.world.cut("east") } }
            world.kill("east")
            world.restartMatchmaker()
            if cell.state != .waiting, cell.state != .ended { waitForFate("ann") }
            world.restart("east")
        case .journalLost: loseJournal()
        case .matchmakerDiskFails: failDisk()
        case .coordinatorDiskFails: failOutbox()
        case .completed, .left, .lastLeft, .movedAway, .movedTogether, .disconnected, .returned, .graceOver, .reloaded,
            .excluded, .lost, .watchedOut, .excludedByAdministrator, .rejoined, .finishedGone, .waitOver, .notConfirmed, .noShow, .neverTogether, .barrierOver,
            .timeLimit, .pairFailed, .pairFailedFinally, .unreachable, .unreachableFinally,
            .pairFailedRelayed, .silent, .silentFinally, .silentRelayed, .pairLost,
            .noCoordinatorYet, .noCoordinatorInTime, .leftAtMatchmaker, .goneAtMatchmaker, .refused, .unanswered,
            .linkLostInOffer, .noCoordinatorLeft, .staleMessage, .dropped, .cancelIgnored, .cancelled,
            .matchmakerShutdown, .coordinatorShutdown,
            .sceneRemoved:
            isWalked = false
        }
    }

    /// One who joins again while nobody knows what became of its session.
    private func waitForFate(_ name: String) {
        world.join(name, scene)
        #expect(heard(name) == ["waiting 3/3"])
        #expect(isLive)
    }

    private func rejoinOutOfReach() {
        world.cut("east")
        if cell.state == .ended {
            tellOver()
            world.join("ann", scene)
            #expect(heard("ann").last == "waiting 1/3")
            return world.heal()
        }
        let ticket = world.players["ann"]?.seat?.ticket
        waitForFate("ann")
        world.pass(9_000)
        world.heal()
        #expect(heard("ann") == ["waiting 3/3", "matched"])
        #expect(world.players["ann"]?.seat?.ticket == ticket)
    }

    private func speakLate() {
        tellOver()
        // Another session, since this one has ended already: its coordinator is cut off, and plays on for its lease.
        for name in ["ann", "bob", "cid"] { world.join(name, scene) }
        session = world.matchmaker.ledger.session(of: .of("ann")) ?? session
        for name in ["ann", "bob", "cid"] { world.enter(name) }
        mark()
        world.cut("east")
        world.ask("bob", .leave)
        #expect(heard("ann") == [])
        world.pass(2_999)
        #expect(heard("ann") == [])
        world.pass(1)
        #expect(heard("ann") == ["ended player_left"], "durable in the outbox is enough when the link is down for long")
        world.pass(16_000)
        let presumed = world.outcomes.filter { $0.session == session }
        #expect(presumed.map(\.reason) == [.coordinatorLost] && presumed.allSatisfy(\.isPresumed))
        world.heal()
        #expect(world.outcomes.filter { $0.session == session }.map(\.reason) == [.coordinatorLost, .playerLeft])
        world.cut("east")
        world.heal()
        #expect(heard("ann") == ["ended player_left"], "and nobody is told again")
    }

    /// The matchmaker has recorded the end, but its acknowledgement does not arrive.
    private func loseAck(_ fault: () -> Void) {
        fault()
        tellOver()
        #expect(world.outcomes.count == 1)
    }

    private func restartMatchmaker() {
        if cell.state == .ended { loseAck { self.world.cut("east") } }
        world.restartMatchmaker()
        switch cell.state {
        case .waiting:
            #expect(world.matchmaker.ledger.count == 0)
            for name in members {
                world.join(name, scene)
                #expect(waited(name) == 2_000)
            }
        case .matched, .validating, .playing:
            #expect(mirrored == cell.state && held(at: "east") == cell.state)
            #expect(world.players["bob"]?.heard.count == marks["bob"], "players notice nothing")
        case .ended:
            world.heal()
            #expect(world.nodes["east"]?.core.outbox.count == 0, "reported again, and acknowledged")
        }
    }

    private func waited(_ name: String) -> UInt64? {
        guard let session = world.matchmaker.ledger.session(of: .of(name)),
            let room = world.matchmaker.ledger[session]?.details.room
        else { return nil }
        return world.matchmaker.members(room).first { $0.subject.name == name }.map { world.now.unixMs - $0.sinceUnixMs }
    }

    private func loseJournal() {
        if cell.state == .ended { loseAck { self.world.cut("east") } }
        world.restartMatchmaker(keepingJournal: false)
        world.heal()
        for name in ["dan", "eve", "fay"] { world.join(name, "other") }
        #expect(world.players["dan"]?.heard.last == "waiting 3/3", "nobody is matched until all is known")
        // A session that is entered or validated has less time than that.
        world.pass(cell.state == .matched || cell.state == .validating ? 9_000 : 17_999)
        #expect(world.players["dan"]?.heard.last == "waiting 3/3")
        for name in ["dan", "eve", "fay"] { world.disconnect(name) }
        if cell.state == .ended { #expect(world.outcomes.count == 2 && Set(world.outcomes).count == 1) }
        if cell.state == .matched {
            #expect(mirrored == nil && world.notices.contains(.doubted(session, .of("east"))))
            world.enter("cid")
        }
        if cell.state != .waiting, cell.state != .ended {
            #expect(mirrored == held(at: "east"))
            #expect(world.notices.contains(.adopted(session, .of("east"))))
        }
    }

    private func failDisk() {
        world.journal.isWorking = false
        world.tell(.storage(isWorking: false))
        switch cell.state {
        case .waiting:
            world.join("cid", scene)
            #expect(mirrored == .waiting)
            #expect(world.players["cid"]?.heard.last == "waiting 3/3")
            world.disconnect("cid")
        case .matched, .validating, .playing: world.pass(9_000)
        case .ended:
            world.pass(9_000)
            #expect(heard("ann") == [])
            tellOver()
        }
    }

    private func failOutbox() {
        world.nodes["east"]?.disk.isWorking = false
        world.tell("east", .storage(isWorking: false))
        world.pump()
        switch cell.state {
        case .waiting:
            world.join("cid", scene)
            #expect(mirrored == .waiting)
            world.disconnect("cid")
        case .matched, .validating, .playing: world.pass(9_000)
        case .ended:
            tellOver()
            #expect(heard("ann") == ["ended player_left"])
        }
    }
}
