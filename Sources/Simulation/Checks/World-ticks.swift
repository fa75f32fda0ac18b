import Coordination
import Matchmaking
import SessionProtocol

/// Scenes in lockstep: a bundle is the same for all and in all replays, numbers have no gaps but those that are told, inputs
/// come in the order of their sending, and nobody outside hears.
extension SceneCatalog {
    /// In some runs one scene more, from a stream of its own, so that the other runs stay as they are.
    static func drawTicking(_ settings: SessionSettings, _ waitTimeoutMs: UInt64, root: UInt64) -> [Scene] {
        var random = SmallGenerator(root: root, stream: 9_600)
        guard random.perMille(300), let id = try? SceneID("lockstep") else { return [] }
        var settings = settings
        settings.validatesPeers = false
        let ticks = TickRule(
            intervalMs: UInt16(random.between(20, 300)), inputBytesMax: 8, ticksKept: random.pick([0, 3, 600]) ?? 600,
            missingInput: random.perMille(500) ? .empty : .repeat, lateInput: random.perMille(500) ? .next : .drop)
        let start = random.perMille(500) ? StartRule(countdownMs: UInt32(random.between(0, 800))) : nil
        let relay = random.perMille(300)
            ? RelayRule(messagesPerSecond: UInt32(random.between(1, 20)), bytesPerSecond: 1024, backlogBytesMax: 65_536) : nil
        let size = random.between(2, 5)
        // In some they stand still for one who is away, and go on without one who is lost.
        let loss: AbsenceRule.Loss = random.perMille(300) ? .end : random.perMille(500) ? .empty : .bot
        let absence = random.perMille(600) ? AbsenceRule(pauses: random.perMille(600), loss: loss) : nil
        return [
            Scene(
                id: id, groupSize: size, settings: settings,
                playRules: PlayRules(start: start, relay: relay, ticks: ticks, absence: absence), waitTimeoutMs: waitTimeoutMs)
        ]
    }
}

extension Truth {
    /// What is known of a bundle: enough to tell another from it.
    static func digest(_ bundle: [UInt8]) -> UInt64 {
        bundle.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension World {
    func setTickDeadline(_ copy: Truth.Copy, _ host: CoordinatorHost) {
        guard let dueMs = copy.ticks?.dueMs else { return }
        setDeadline(.tick, 0, copy.session, host, afterMs: dueMs - min(dueMs, host.bootMs(nowUs)))
    }

    /// A coordinator has made a bundle, for these connections: the next one, in time, of what its players have sent, and for all.
    func bundleMade(_ bytes: [UInt8], _ notices: ArraySlice<CoordinatorAction>, _ host: CoordinatorHost) {
        coverage.count(.ticked)
        guard let first = host.targets.count > 0 ? Int(host.targets[0].number) : nil else { return bundleUnheard(notices, host) }
        guard let copy = seatedCopy(first, host), copy.ticks != nil, let bundle = Bundle(bytes) else {
            return fail(.strangerHeard, "n\(host.number) sends a tick to a connection that has no seat, or one that cannot be read")
        }
        let (nowMs, short) = (host.bootMs(nowUs), truth[copy.session].id.short)
        let there = copy.connections.filter { $0 >= 0 }
        if there != (0..<host.targets.count).map({ Int(host.targets[$0].number) }) {
            fail(.ticksBroken, "tick \(bundle.tick) of \(short) is not for all who are there, and no others")
        }
        skipped(notices, copy, nowMs, host)
        guard let ticks = copy.ticks, bundle.tick == ticks.next else {
            return fail(.ticksBroken, "tick \(bundle.tick) of \(short) comes out of turn")
        }
        if copy.pausedMs != nil { fail(.ticksBroken, "tick \(bundle.tick) of \(short) comes while play stands still") }
        if nowMs < ticks.dueMs { fail(.ticksBroken, "tick \(bundle.tick) of \(short) is due in \(ticks.dueMs - nowMs) ms") }
        // A coordinator whose clock stands still knows nothing of the time.
        if nowMs > ticks.dueMs, host.stalledUntilUs <= host.virtualUs(ticks.dueMs), options.canary != .keepsAfterLease {
            fail(.ticksBroken, "tick \(bundle.tick) of \(short) comes \(nowMs - ticks.dueMs) ms late")
        }
        let expected = ticks.bundle
        if bundle.inputs != expected { fail(.ticksBroken, "tick \(bundle.tick) of \(short) holds \(bundle.inputs), and not \(expected)") }
        endTick(copy, host)
    }

    /// Nobody is there to say whose it is: it is that of one of the sessions in which it is due, with these inputs.
    private func bundleUnheard(_ notices: ArraySlice<CoordinatorAction>, _ host: CoordinatorHost) {
        guard let bundle = Bundle(host.bundle) else { return fail(.ticksBroken, "n\(host.number) makes a tick that cannot be read") }
        let nowMs = host.bootMs(nowUs)
        let copies = truth.coordinators[host.number - 1].copies.values.filter { $0.ticks != nil && $0.isNobodyThere && $0.pausedMs == nil }
        for copy in copies { skipped(notices, copy, nowMs, host) }
        let found = copies.first { copy in
            copy.ticks.map { $0.next == bundle.tick && $0.dueMs <= nowMs && $0.bundle == bundle.inputs } ?? false
        }
        guard let found else { return fail(.ticksBroken, "n\(host.number) makes tick \(bundle.tick) of no session in which it is due") }
        endTick(found, host)
    }

    private func endTick(_ copy: Truth.Copy, _ host: CoordinatorHost) {
        note(host.bundle, copy.ticks?.next ?? 0, of: copy.session, "n\(host.number) makes")
        copy.ticks?.endTick()
        setTickDeadline(copy, host)
    }

    /// After a stall some time is left out: as much as makes the bundles at once as many as there may be.
    private func skipped(_ notices: ArraySlice<CoordinatorAction>, _ copy: Truth.Copy, _ nowMs: UInt64, _ host: CoordinatorHost) {
        for case .notice(.ticksSkipped(let session, let ms)) in notices where session == truth[copy.session].id {
            guard let ticks = copy.ticks else { return }
            let due = (nowMs - min(nowMs, ticks.dueMs)) / UInt64(ticks.rule.intervalMs) + 1
            let left = due - min(due, ms / UInt64(ticks.rule.intervalMs))
            if left != UInt64(host.limits.ticksAtOnceMax) { fail(.ticksBroken, "\(ms) ms are left out, and \(left) ticks come at once") }
            copy.ticks?.originMs += ms
        }
    }

    private func note(_ bundle: [UInt8], _ tick: UInt32, of session: Int, _ what: @autoclosure () -> String) {
        let digest = Truth.digest(bundle)
        let position = Int(tick) - 1
        if position == truth[session].bundles.count {
            truth[session].bundles.append(digest)
        } else if !truth[session].bundles.indices.contains(position) || truth[session].bundles[position] != digest {
            fail(.ticksBroken, "\(what()) another tick \(tick)")
        }
    }

    /// A coordinator has said what becomes of an input.
    func judge(input number: UInt32, for tick: UInt32, from connection: Int, _ result: InputResult, _ host: CoordinatorHost) {
        guard let seat = truth.coordinators[host.number - 1].seats[connection], let copy = seat.copy, !copy.isOver, copy.ticks != nil else {
            if result == .taken { fail(.ticksBroken, "an input of p\(connections[connection].client) is taken, where there are no ticks") }
            return
        }
        let due = copy.ticks?.take(number, from: seat.player, for: tick, aheadMax: host.limits.inputsAheadMax)
        let isDue =
            switch result {
            case .taken: due == .taken
            case .dropped: due == .late || due == .full
            case .refused(let error): due == .full && error == .rateLimited
            }
        if !isDue { fail(.ticksBroken, "input \(number) for tick \(tick) is \(result)") }
    }

    func sendInput(_ client: Int) {
        guard clients[client].hasTicks else { return }
        clients[client].inputNext &+= 1
        // Now and then one that is late, or for some tick to come.
        let isOff = clients[client].random.perMille(plan.quirkPerMille)
        let tick = isOff ? clients[client].lastTick &+ UInt32(clients[client].inputNext % 5) : 0
        send(.input(tick: tick, number: clients[client].inputNext), on: clients[client].connection)
    }

    func hear(bundle bytes: [UInt8], _ client: Int) {
        guard let session = clients[client].session, let bundle = Bundle(bytes) else {
            return fail(.ticksBroken, "p\(client) hears a tick that cannot be read")
        }
        let (tick, last) = (bundle.tick, clients[client].lastTick)
        guard tick == last &+ 1 else { return fail(.ticksBroken, "p\(client) hears tick \(tick) behind tick \(last)") }
        clients[client].lastTick = tick
        guard bundle.inputs.count == clients[client].players else {
            return fail(.ticksBroken, "p\(client) hears tick \(tick) of \(bundle.inputs.count) players")
        }
        note(bytes, tick, of: truth.number(of: session), "p\(client) hears")
        if let own = bundle.inputs[Int(clients[client].player)], !own.isRepeated { coverage.count(.inputHeard) }
    }
}
