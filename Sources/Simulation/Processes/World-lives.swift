import Coordination
import Digests
import Matchmaking
import SessionProtocol

/// How processes begin, stop and die.
extension World {
    static let resumeKey: [UInt8] = Array("the key of a simulated matchmaker".utf8)
    static let secret: [UInt8] = Array("the secret of a simulated deployment".utf8)

    func start(_ process: Int) {
        let host = host(process)
        guard host.phase == .down, !isOver else { return }
        if host.killsAtStart > 0 {
            // It read its journal, cut off a torn tail perhaps, and died before it said anything.
            host.killsAtStart -= 1
            _ = SimulatedJournal.open(&host.disk)
            coverage.count(.killedWhileStarting)
            queue.put(.start(process), atUs: nowUs + 20_000)
            return
        }
        if host.losesJournal {
            host.losesJournal = false
            host.doubt = nil
            host.disk.remove(SimulatedJournal.name)
            host.isJournalComplete = process != 0
            truth.loseJournal(of: process)
            coverage.count(process == 0 ? .journalWasMissing : .outboxWasMissing)
        }
        guard let records = openJournal(host) else { return }
        host.phase = .running
        host.journal = SimulatedJournal(rotateAtBytes: host.rotateAtBytes)
        host.isStopping = false
        host.acceptsClients = true
        host.storageIsWorking = true
        (host.dueMs, host.advancedMs, host.wakeUs) = (0, 0, .max)
        host.inbox = []
        note("\(name(process)) starts, life \(host.life), \(records.count) records")
        if process == 0 {
            startMatchmaker(records)
        } else {
            startCoordinator(coordinators[process - 1], records)
        }
    }

    /// Nil when it starts no more.
    private func openJournal(_ host: Host) -> [Message]? {
        let doubt = host.doubt
        host.doubt = nil
        let (records, tornBytes, error) = SimulatedJournal.open(&host.disk, acceptsDamage: doubt != nil)
        if tornBytes > 0 { coverage.count(.tornTail) }
        switch (doubt, error) {
        case (nil, nil), (.scattered, nil): return records
        case (nil, let error?):
            fail(.damagedByOwnWrites, "\(name(host.number)) finds its own journal damaged: \(error)")
            return nil
        case (.damaged, nil):
            fail(.damageUnseen, "\(name(host.number)) starts on a damaged journal as on a whole one")
            return nil
        case (.damaged, _?):
            coverage.count(host.number == 0 ? .damagedJournalAccepted : .damagedOutboxAccepted)
            truth.loseJournal(of: host.number)
        case (.scattered, _?):
            // All that was synced is still there.
            coverage.count(.scatteredJournalAccepted)
        }
        note("\(name(host.number)) starts on what can be read of its journal")
        if host.number == 0 { host.isJournalComplete = false }
        return records
    }

    private func startMatchmaker(_ records: [Message]) {
        let host = matchmaker
        var core = MatchmakerCore(
            scenes: configured, limits: plan.matchmaking, resumeKey: World.resumeKey,
            generator: SeededGenerator(number: host.random.next()))
        let now = host.moment(nowUs)
        let found = options.canary == .forgetsJournal ? [] : records
        core.restore(found, isComplete: host.isJournalComplete, now: now)
        host.core = core
        host.actions = []
        served = Set(configured.map(\.id))
        matchmakerStarted(records)
        turn(host, [])
    }

    private func startCoordinator(_ host: CoordinatorHost, _ records: [Message]) {
        var acknowledged: Set<SessionID> = []
        for case .endedAck(let session, _) in records { acknowledged.insert(session) }
        var outcomes: [Outcome] = []
        for case .ended(let outcome) in records where !acknowledged.contains(outcome.session) { outcomes.append(outcome) }
        if options.canary == .forgetsOutbox { outcomes = [] }
        host.core = CoordinatorCore(limits: host.limits, retained: outcomes)
        host.actions = []
        host.coreDueMs = host.nextDeadlineMs
        host.dialFailures = 0
        host.dial = .waiting(untilUs: nowUs)
        let incarnation = host.random.next()
        // A quarter of all lives is one of a program that knows no later version.
        let isOld = incarnation % 4 == 0
        host.hello = Hello(
            versionMin: ProtocolVersion.first, versionMax: isOld ? ProtocolVersion.first : ProtocolVersion.latest,
            node: host.node, incarnation: Incarnation(incarnation), nonce: [],
            capacity: UInt32(clamping: host.limits.sessionsMax),
            publicURL: "ws://n\(host.number)/v1/play")
        coordinatorStarted(host, records)
        turn(host, [])
    }

    /// The process is gone, at once. With its power the machine also loses what was not synced, and tells nobody.
    func die(_ host: Host, losesPower: Bool) {
        guard host.isRunning else { return }
        note("\(name(host.number)) dies\(losesPower ? " of power loss" : "")")
        host.phase = .down
        host.life += 1
        host.killAfter = nil
        host.inbox = []
        if losesPower {
            if host.doubt == .scattered { host.disk.losePowerScattered(&host.random) } else { host.disk.losePower(&host.random) }
        } else if host.doubt == .scattered {
            host.doubt = nil
        }
        if host.number == 0 {
            matchmaker.core = MatchmakerHost.none
            matchmaker.actions = []
            for link in matchmaker.links { processLeavesLink(link, atMatchmaker: true, silently: losesPower) }
            matchmaker.links = []
            matchmakerDied()
        } else {
            let coordinator = coordinators[host.number - 1]
            coordinator.core = CoordinatorHost.none
            coordinator.actions = []
            switch coordinator.dial {
            case .connecting(let link), .handshaking(let link, _), .up(let link):
                processLeavesLink(link, atMatchmaker: false, silently: losesPower)
            case .waiting, .stopped: break
            }
            coordinator.dial = .stopped
            coordinatorDied(coordinator)
        }
        host.dirtyLinks = []
        for connection in host.connections { serverCloses(connection, silently: losesPower) }
        host.connections = []
    }

    // MARK: Stopping in order

    static let stopTimeoutUs: UInt64 = 5_000_000

    /// Within a turn: the process has been asked to stop.
    func beginStopping(_ host: Host) {
        guard !host.isStopping else { return }
        host.isStopping = true
        host.acceptsClients = false
        queue.put(.exit(host.number, life: host.life), atUs: nowUs + World.stopTimeoutUs)
    }

    func exit(_ process: Int, _ life: UInt32) {
        let host = host(process)
        guard host.life == life, host.isRunning else { return }
        note("\(name(process)) has stopped")
        coverage.count(.stoppedInOrder)
        die(host, losesPower: false)
        queue.put(.start(process), atUs: nowUs + UInt64(host.random.between(50_000, 2_000_000)))
    }

    /// At the end of a turn: everything has been said, so the process may go.
    func exitIfDone(_ host: Host) {
        guard host.isStopping else { return }
        if host.number == 0 {
            guard matchmaker.core.isQuiet, !host.journal.hasPending else { return }
        } else {
            guard coordinators[host.number - 1].core.isQuiet, !host.journal.hasPending else { return }
        }
        checkNobodyUntold(host)
        queue.put(.exit(host.number, life: host.life), atUs: nowUs + 1)
    }

    // MARK: The disk

    /// - Parameter isRetry: a disk that has failed is tried again from time to time, and not by every turn.
    func commit(_ host: Host, isRetry: Bool = false) {
        guard host.isRunning, isRetry || !host.journal.hasFailed else { return }
        if isRetry, host.phase == .stalled {
            return queue.put(.retryCommit(host.number, life: host.life), atUs: max(nowUs, host.stalledUntilUs) + 1000)
        }
        if host.journal.beginCommit(&host.disk) {
            queue.put(.synced(host.number, life: host.life, .commit), atUs: nowUs + syncUs(host))
            storage(host, isWorking: true)
            // The moment for writes that are done in part: a batch of several sectors.
            if host.doubt == .scattered, host.disk.unsyncedBytes(of: SimulatedJournal.name) > 2 * VirtualDisk.sectorBytes {
                host.killAfter = min(host.killAfter ?? 0, 2)
            }
        } else if host.journal.hasFailed {
            storage(host, isWorking: false)
            queue.put(.retryCommit(host.number, life: host.life), atUs: nowUs + 200_000)
        }
    }

    private func storage(_ host: Host, isWorking: Bool) {
        guard host.storageIsWorking != isWorking else { return }
        host.storageIsWorking = isWorking
        coverage.count(isWorking ? .storageBack : .storageFailed)
        note("\(name(host.number)) storage \(isWorking ? "works again" : "fails")")
        queue.put(.input(host.number, life: host.life, .storage(isWorking: isWorking)), atUs: nowUs)
    }

    private func syncUs(_ host: Host) -> UInt64 {
        host.random.between(500, 8_000) + (host.syncIsSlowUntilUs > nowUs ? host.random.between(50_000, 1_500_000) : 0)
    }

    func synced(_ process: Int, _ life: UInt32, _ step: SimulatedJournal.Step) {
        let host = host(process)
        guard host.life == life else { return }
        func sync(_ step: SimulatedJournal.Step) {
            queue.put(.synced(process, life: life, step), atUs: nowUs + syncUs(host))
        }
        switch step {
        case .commit:
            for record in host.journal.endCommit(&host.disk) { becameDurable(record, at: process) }
            queue.put(.input(process, life: life, .recorded), atUs: nowUs)
            if host.journal.isCompactionDue(host.disk),
                host.journal.beginCompaction(&host.disk, keeping: sessionsToKeep(host))
            {
                sync(.compact)
            }
            if host.phase == .running { commit(host) }
        case .compact:
            if host.journal.continueCompaction(&host.disk) { sync(.rename) } else { sync(.compact) }
        case .rename:
            host.journal.renameCompacted(&host.disk)
            host.journal.endCompaction(&host.disk)
            coverage.count(.compaction)
            if host.phase == .running { commit(host) }
        }
    }

    func recordedUpTo(_ host: Host) -> UInt64 {
        options.canary == .persistsEarly ? host.journal.appended : host.journal.committed
    }

    private func sessionsToKeep(_ host: Host) -> [SessionID] {
        if host.number == 0 { return matchmaker.core.journalSessions }
        return coordinators[host.number - 1].core.journalSessions
    }
}
