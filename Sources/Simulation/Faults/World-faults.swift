/// What goes wrong from outside, and how it ends.
extension World {
    func begin(_ fault: Fault) {
        guard !isHealing else { return }
        let host = host(min(fault.process, coordinators.count))
        guard fault.process <= coordinators.count else { return }
        if fault.kind == .staleJournal { return overtake(fault) }
        if fault.kind == .lostJournal, fault.amount & 2 != 0, isBetterLater(fault) { return }
        note(fault.text)
        let untilUs = nowUs + fault.durationUs
        var isApplied = host.isRunning
        switch fault.kind {
        case .linkCut:
            guard let link = currentLink(coordinators[fault.process - 1]) else { return }
            breakLink(link, noticeUs: (fault.amount, fault.amount))
            loseTickets(coordinators[fault.process - 1], fault)
            // Pages that are loaded anew just then find the session's fate unknown.
            guard plan.quirkPerMille > 0, misbehaves(.reload) else { break }
            for connection in host.connections where random.perMille(200) {
                let client = connections[connection].client
                if clients[client].connection == connection { be(client, .reload) }
            }
        case .oneWay:
            if fault.amount == 0 {
                paths[fault.process - 1].toMatchmakerBlockedUntilUs = untilUs
            } else {
                paths[fault.process - 1].toCoordinatorBlockedUntilUs = untilUs
            }
        case .partition:
            paths[fault.process - 1].toMatchmakerBlockedUntilUs = untilUs
            paths[fault.process - 1].toCoordinatorBlockedUntilUs = untilUs
        case .delay:
            paths[fault.process - 1].delayUntilUs = untilUs
            paths[fault.process - 1].delayUs = fault.durationUs / 4
        case .corrupt:
            guard let link = currentLink(coordinators[fault.process - 1]) else { return }
            links[link].corruption = (fault.amount & 1 == 0, fault.amount >> 1)
        case .staleJournal: return
        case .stall: stall(host, untilUs)
        case .oversleep:
            guard let host = busiestCoordinator else { return }
            isApplied = host.phase == .running
            let graceMs = UInt64(plan.matchmaking.leaseGraceMs) + UInt64(plan.matchmaking.leaseMarginMs)
            stall(host, untilUs + graceMs * 1000)
        case .kill: kill(host, fault, losesPower: false)
        case .powerLoss: kill(host, fault, losesPower: true)
        case .killTwice:
            host.killsAtStart = 1 + Int(fault.amount % 2)
            kill(host, fault, losesPower: fault.amount & 1 == 1)
        case .slowDisk:
            host.syncIsSlowUntilUs = untilUs
            isApplied = true
        case .fullDisk:
            host.disk.freeBytes = Int(fault.amount) * 40
            queue.put(.diskHeals(host.number, number: fault.index), atUs: untilUs)
            isApplied = true
        case .lostJournal, .lostOutbox: isApplied = loseJournal(host, fault)
        case .scatteredWrites:
            guard host.isRunning else { return }
            host.doubt = .scattered
            // Much has gathered that is not synced.
            host.syncIsSlowUntilUs = untilUs
            kill(host, fault, losesPower: true)
        case .damagedJournal: isApplied = damageJournal(host, fault)
        case .clockJump:
            let size = Int64(fault.amount >> 8 % 7_200_000)
            host.unixOffsetMs += fault.amount & 1 == 0 ? size : -size
            isApplied = true
        case .cancel:
            guard matchmaker.isRunning else { return }
            for choice in 0...fault.amount >> 32 % 8 {
                guard let session = truth.pickLive(fault.amount &+ choice * 5) else { continue }
                queue.put(.input(0, life: matchmaker.life, .cancel(session)), atUs: nowUs + choice * 100_000)
            }
        case .drain:
            if host.isRunning { queue.put(.input(host.number, life: host.life, .drain), atUs: nowUs) }
            if host.isRunning { queue.put(.input(host.number, life: host.life, .shutdown), atUs: untilUs) }
        case .shutdown:
            if host.isRunning { queue.put(.input(host.number, life: host.life, .shutdown), atUs: nowUs) }
        case .clientStorm:
            for connection in host.connections where random.perMille(Int(fault.amount)) {
                breakConnection(connection)
            }
        }
        if isApplied { coverage.count(fault) }
    }

    /// In games that go on without those who are lost, some pages are loaded anew just then and know nothing more of their game;
    /// and the link is back when their grace is over. So it is from the matchmaker that they hear what became of it.
    private func loseTickets(_ host: CoordinatorHost, _ fault: Fault) {
        var random = SmallGenerator(root: plan.root, stream: 20_000 + UInt64(fault.index))
        guard fault.amount < 1_000_000, plan.quirkPerMille > 0, misbehaves(.reload), random.perMille(800) else { return }
        let copies = truth.coordinators[host.number - 1].copies
        for number in copies.keys.sorted() {
            guard let copy = copies[number], copy.state == .playing, copy.rules.absence.map({ $0.loss != .end }) == true,
                let connection = copy.connections.first(where: { $0 >= 0 && !isBot(connections[$0].client) }),
                clients[connections[connection].client].connection == connection
            else { continue }
            let client = connections[connection].client
            note("p\(client) knows nothing more of its game")
            hangUp(connection)
            clients[client].connection = -1
            enterStage(client, .lobby)
            later(client, .join, afterMs: 0...100)
            host.dialsFromUs = max(host.dialsFromUs, nowUs + (UInt64(copy.settings.reconnectGraceMs) + 100) * 1000)
        }
    }

    /// The running coordinator with the most games, if another one could take over their players.
    private var busiestCoordinator: Host? {
        let running = coordinators.indices.filter { coordinators[$0].phase == .running }
        guard running.count > 1 else { return nil }
        let games = { (index: Int) in self.truth.coordinators[index].copies.count }
        return running.filter { games($0) > 0 }.max { games($0) < games($1) }.map { coordinators[$0] }
    }

    private func stall(_ host: Host, _ untilUs: UInt64) {
        guard host.phase == .running else { return }
        host.phase = .stalled
        host.stalledUntilUs = untilUs
        queue.put(.resume(host.number, life: host.life), atUs: untilUs)
    }

    private func kill(_ host: Host, _ fault: Fault, losesPower: Bool) {
        guard host.isRunning else { return }
        host.killIsPowerLoss = losesPower
        host.downUs = fault.durationUs
        if fault.amount == 0 || host.phase == .stalled {
            die(host, losesPower: losesPower)
            queue.put(.start(host.number), atUs: nowUs + host.downUs)
        } else {
            host.killAfter = Int(fault.amount)
        }
    }

    /// A journal is missed most while a session has a stale copy somewhere, or an outcome of one. That is rare: such a fault
    /// waits for it, for a while.
    private func isBetterLater(_ fault: Fault) -> Bool {
        guard nowUs < fault.atUs + 20_000_000, let position = plan.faults.firstIndex(where: { $0.index == fault.index }) else {
            return false
        }
        let isBad = coordinators.indices.contains { index in
            truth.coordinators[index].copies.contains { number, copy in
                truth[number].atMatchmaker == .live && copy.handOff < truth[number].handOffs.count - 1
            }
        }
        if isBad || truth.hasOldEnd { return false }
        queue.put(.fault(position), atUs: nowUs + 10_000)
        return true
    }

    /// The machine with the journal is gone for good; another one takes its place.
    private func loseJournal(_ host: Host, _ fault: Fault) -> Bool {
        guard host.isRunning else { return false }
        metJournalLoss(host)
        die(host, losesPower: true)
        host.losesJournal = true
        queue.put(.start(host.number), atUs: nowUs + fault.durationUs)
        return true
    }

    /// One bit of a file that a killed process has left whole: that is always found. Two in the last record may look like a
    /// write that was torn.
    private func damageJournal(_ host: Host, _ fault: Fault) -> Bool {
        guard host.isRunning, host.disk.byteCount(of: SimulatedJournal.name) > 0 else { return false }
        metJournalLoss(host)
        die(host, losesPower: false)
        host.doubt = .damaged
        host.disk.flip(fault.amount, of: SimulatedJournal.name)
        queue.put(.start(host.number), atUs: nowUs + fault.durationUs)
        return true
    }

    /// Both ends of a client's connection learn that it is broken.
    private func breakConnection(_ connection: Int) {
        guard connections[connection].isOpenAtServer, connections[connection].isOpenAtClient else { return }
        queue.put(.toServer(connection, .hangUp), atUs: nowUs + random.between(0, 100_000))
        queue.put(.toClient(connection, .closed), atUs: nowUs + random.between(0, 100_000))
        connections[connection].isSilent = true
    }

    // MARK: The end of all faults

    /// Faults are over: everything runs, everything gets through, and everyone behaves.
    func heal() {
        note("faults are over")
        isHealing = true
        for index in paths.indices { paths[index] = Path() }
        for number in 0...coordinators.count {
            let host = host(number)
            (host.killAfter, host.killsAtStart, host.syncIsSlowUntilUs, host.disk.freeBytes) = (nil, 0, 0, nil)
            if host.phase == .stalled {
                host.stalledUntilUs = nowUs
                queue.put(.resume(number, life: host.life), atUs: nowUs)
            }
            if host.phase == .down { queue.put(.start(number), atUs: nowUs + 10_000) }
        }
        for index in clients.indices { clients[index].isSlowUntilUs = 0 }
        queue.put(.closeAll, atUs: nowUs + settleUs)
    }

    /// Within this time after the faults nobody waits, enters or plays any more, whatever the state they were left in.
    var settleUs: UInt64 {
        let limits = plan.matchmaking
        var longestMs: UInt64 = 0
        for scene in plan.scenes {
            let settings = scene.settings
            let inside =
                UInt64(settings.enterTimeoutMs) + UInt64(settings.validationTimeoutMs) + UInt64(settings.playTimeoutMs)
                + 2 * UInt64(settings.reconnectGraceMs)
            longestMs = max(longestMs, scene.waitTimeoutMs + inside)
        }
        let leaseMs = UInt64(limits.leaseGraceMs) + UInt64(limits.leaseMarginMs)
        // Connections that broke silently are noticed within fifteen seconds, and a process that stops has five.
        return (2 * longestMs + 2 * leaseMs + UInt64(limits.attemptsMax) * limits.assignTimeoutMs + 30_000) * 1000
    }

    func closeAll() {
        note("everyone goes")
        isClosed = true
        for client in clients.indices {
            if clients[client].stage != .away {
                fail(.stranded, "p\(client) is still \(clients[client].stage) long after the faults were over: \(strandedDetail(client))")
            }
            hangUp(clients[client].connection)
        }
        for connection in connections.indices where connections[connection].isOpenAtServer && connections[connection].isOpenAtClient {
            hangUp(connection)
        }
        let leaseMs = UInt64(plan.matchmaking.leaseGraceMs) + UInt64(plan.matchmaking.leaseMarginMs)
        let graceMs = plan.scenes.map { UInt64($0.settings.reconnectGraceMs) }.max() ?? 0
        queue.put(.over, atUs: nowUs + (leaseMs + 2 * graceMs + 10_000) * 1000)
    }

    private func strandedDetail(_ client: Int) -> String {
        let connection = clients[client].connection
        guard connection >= 0 else { return "no connection" }
        let socket = connections[connection]
        return "connection \(connection) to \(name(socket.server)), open here \(socket.isOpenAtClient), there \(socket.isOpenAtServer)"
    }
}
