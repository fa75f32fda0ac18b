import Coordination
import SessionProtocol

/// What is told to everybody in a game, and when: pauses, barriers, the instant of the start. A second account of the rules, by
/// their words.
extension World {
    // MARK: Who is told

    /// All of these owe hearing this before the turn is over.
    func owe(_ word: Truth.Owed.Word, toAllOf copy: Truth.Copy, except player: Int? = nil, _ host: CoordinatorHost) {
        for (other, connection) in copy.connections.enumerated() where other != player && connection >= 0 {
            truth.coordinators[host.number - 1].owed.append(Truth.Owed(connection: connection, word: word))
        }
    }

    /// It has been said; false when nobody owed it.
    @discardableResult
    func settle(_ word: Truth.Owed.Word, on connection: Int, _ host: CoordinatorHost) -> Bool {
        let owed = Truth.Owed(connection: connection, word: word)
        guard let position = truth.coordinators[host.number - 1].owed.firstIndex(of: owed) else { return false }
        truth.coordinators[host.number - 1].owed.remove(at: position)
        return true
    }

    /// After every turn: whoever is still in a game has heard all that concerns it.
    func checkAllHeard(_ host: CoordinatorHost) {
        let index = host.number - 1
        if !truth.coordinators[index].owed.isEmpty {
            for owed in truth.coordinators[index].owed where seatedCopy(owed.connection, host) != nil {
                fail(.unheard, "n\(host.number) does not say to p\(connections[owed.connection].client): \(owed.word)")
            }
            truth.coordinators[index].owed.removeAll(keepingCapacity: true)
        }
        guard !truth.coordinators[index].mayResume.isEmpty else { return }
        for number in truth.coordinators[index].mayResume {
            guard let copy = truth.coordinators[index].copies[number], copy.pausedMs != nil, !copy.isSomebodyAway else { continue }
            fail(.rulesBroken, "\(truth[number].id.short) stands still, and nobody is away")
        }
        truth.coordinators[index].mayResume.removeAll(keepingCapacity: true)
    }

    // MARK: Coming and going

    /// A player's connection is gone.
    func playerGoes(_ player: Int, _ copy: Truth.Copy, _ host: CoordinatorHost) {
        if copy.plays(player) {
            owe(.gone(player), toAllOf: copy, host)
            if copy.state == .playing, copy.rules.absence?.pauses == true {
                owe(.paused(player), toAllOf: copy, host)
                pause(copy, host)
            }
        } else if copy.lostFor[player] != nil {
            owe(.lost(player), toAllOf: copy, host)
        }
        if copy.isNobodyThere { copy.episode?.isUnsure = true }
    }

    /// A coordinator closes a connection, which is forgotten then.
    func leavesSeat(_ connection: Int, isReplaced: Bool, _ host: CoordinatorHost) {
        guard let seat = truth.coordinators[host.number - 1].seats.removeValue(forKey: connection), let copy = seat.copy, !copy.isOver,
            copy.connections[seat.player] == connection
        else { return }
        copy.connections[seat.player] = -1
        if isReplaced { return }
        copy.isAway[seat.player] = true
        if copy.seatHolders[seat.player] != nil {
            copy.seatHolders[seat.player] = nil
            owe(.lost(seat.player), toAllOf: copy, host)
        }
        if copy.isNobodyThere { copy.episode?.isUnsure = true }
    }

    func judge(entered session: SessionID, _ index: PlayerIndex, missed: UInt64, on connection: Int, _ host: CoordinatorHost) {
        coverage.count(.entered)
        checkLeaseHeld(host)
        let (number, player) = (truth.number(of: session), Int(index.number))
        guard let entering = truth.entering, entering.connection == connection, entering.session == session,
            let copy = truth.coordinators[host.number - 1].copies[number],
            options.canary != .helpsStrangers || isRightTicket(connection, copy, index)
        else { return fail(.ticketNotNeeded, "connection \(connection) enters \(session.short) without its ticket") }
        if copy.lostFor[player] == nil {
            if copy.assignment.players[player].ticket != entering.ticket {
                fail(.ticketNotNeeded, "connection \(connection) enters \(session.short) without its ticket")
            }
        } else {
            judge(seatTaken: player, by: entering.ticket, copy)
        }
        if truth.enterable[connections[connection].client].count > 1 { entersOne(connections[connection].client, number, host.number) }
        if copy.isAway[player] {
            coverage.count(.returned, copy.state)
            owe(copy.lostFor[player] == nil ? .back(player) : .seated(player), toAllOf: copy, host)
            if copy.hasFinished[player], copy.lostFor[player] == nil { forget(.back(player), copy, host) }
        }
        truth.coordinators[host.number - 1].seats[connection] = Truth.Seat(session: number, player: player, copy: copy)
        copy.connections[player] = connection
        copy.isAway[player] = false
        clearDeadline(.reconnect, index.number, number, host)
        restartsPairs(of: player, copy)
        copy.relay.said[player] = min(Int(min(entering.received, 1 << 40) + missed), copy.relay.ordered[player].count)
        if missed > 0 { checkMissed(copy, host) }
        for barrier in copy.missedGo[player] {
            truth.coordinators[host.number - 1].owed.append(Truth.Owed(connection: connection, word: .go(barrier)))
        }
        copy.missedGo[player] = []
        if copy.pausedMs != nil { truth.coordinators[host.number - 1].mayResume.append(number) }
        truth.justEntered = (connection, copy.rules.relay)
    }

    /// Nobody misses one who has finished.
    private func forget(_ word: Truth.Owed.Word, _ copy: Truth.Copy, _ host: CoordinatorHost) {
        for connection in copy.connections { settle(word, on: connection, host) }
    }

    /// Behind `enter`: all that is kept has been replayed, and what may wait to be read is bounded.
    func checkCaughtUp(_ host: CoordinatorHost) {
        guard let (connection, rule) = truth.justEntered else { return }
        truth.justEntered = nil
        guard let seat = truth.coordinators[host.number - 1].seats[connection], let copy = seatedCopy(connection, host) else { return }
        if copy.state == .playing, copy.relay.said[seat.player] != copy.relay.ordered[seat.player].count {
            fail(.orderBroken, "p\(connections[connection].client) is not replayed all that it has missed")
        }
        if rule != nil { fail(.overLimit, "what waits to be read by p\(connections[connection].client) has no bound") }
    }

    func judge(backlog bytesMax: Int, dropsLatest: Bool, of connection: Int, _ host: CoordinatorHost) {
        guard let rule = truth.justEntered?.rule, truth.justEntered?.connection == connection, Int(rule.backlogBytesMax) == bytesMax,
            dropsLatest == (rule.slowReader == .dropLatest)
        else { return fail(.rulesBroken, "connection \(connection) is bounded to \(bytesMax) bytes, which no rule says") }
        truth.justEntered?.rule = nil
    }

    // MARK: The start, and standing still

    func beginsPlay(_ copy: Truth.Copy, _ host: CoordinatorHost) {
        copy.startMs = host.bootMs(nowUs) + UInt64(copy.rules.start?.countdownMs ?? 0)
        truth[copy.session].relay = copy.relay
        guard let rule = copy.rules.ticks else { return }
        copy.ticks = Truth.TickAccount(rule, players: copy.count, startMs: copy.startMs)
        setTickDeadline(copy, host)
    }

    func judge(
        play transport: Transport, _ seed: UInt64, _ instant: StartInstant, _ ticks: TickTerms?, on connection: Int,
        _ host: CoordinatorHost
    ) {
        guard let copy = seatedCopy(connection, host) else { return }
        if transport == .peer { copy.isDirect = true }
        if transport == .relay, copy.settings.validatesPeers {
            coverage.count(copy.wasLate ? .silentRelayed : .pairFailedRelayed, .validating)
        }
        check(instant, copy.startMs, stoodStillMs: copy.stoodStillMs(host.bootMs(nowUs)), on: connection, host)
        if seed != copy.assignment.seed & (1 << 53 - 1) { fail(.rulesBroken, "p\(connections[connection].client) is given another seed") }
        if ticks?.next != copy.ticks?.next { fail(.ticksBroken, "p\(connections[connection].client) is told of another next tick") }
    }

    /// An instant is the same for all, by each one's own clock.
    func check(
        _ instant: StartInstant, _ atMs: UInt64, stoodStillMs: UInt64? = nil, on connection: Int, _ host: CoordinatorHost
    ) {
        let (nowMs, client) = (host.bootMs(nowUs), connections[connection].client)
        if let stoodStillMs, instant.pausedMs != stoodStillMs {
            fail(.rulesBroken, "p\(client) is told of \(instant.pausedMs) ms that play has stood still, out of \(stoodStillMs)")
        }
        if instant.agoMs != nowMs - min(atMs, nowMs) { fail(.rulesBroken, "p\(client) is told of an instant \(instant.agoMs) ms ago") }
        if instant.inMs != atMs - min(atMs, nowMs) {
            return fail(.rulesBroken, "p\(client) is to begin in \(instant.inMs) ms, and the others in \(atMs - min(atMs, nowMs))")
        }
        guard let clientMs = instant.clientMs else { return }
        guard let bestMs = truth.connection(connection).evidence?.bestRoundTripMs else {
            return fail(.rulesBroken, "p\(client) is told a time of its clock, and has never said what that is")
        }
        let trueMs = Double(atMs) - Double(host.bootOffsetMs) + clockOffsetMs(client)
        // Clocks may drift by so much until there is a new sample.
        let toleranceMs = Double(bestMs) / 2 + 20
        if abs(Double(clientMs) - trueMs) > toleranceMs {
            fail(.rulesBroken, "p\(client) is told \(clientMs) of its clock, which is \(UInt64(trueMs)) then, give or take \(toleranceMs)")
        }
    }

    private func pause(_ copy: Truth.Copy, _ host: CoordinatorHost) {
        guard copy.pausedMs == nil else { return }
        let nowMs = host.bootMs(nowUs)
        copy.pausedMs = nowMs
        for index in copy.barriers.indices {
            copy.barriers[index].leftMs = copy.barriers[index].leftMs(nowMs)
            clearDeadline(.barrier, copy.barriers[index].slot, copy.session, host)
        }
        if copy.episode?.stage != .done, let leftMs = copy.episode?.leftMs(nowMs) {
            copy.episode?.leftMs = leftMs
            clearDeadline(.episode, 0, copy.session, host)
        }
        if copy.ticks != nil { clearDeadline(.tick, 0, copy.session, host) }
    }

    func judge(resumed instant: StartInstant, on connection: Int, _ host: CoordinatorHost) {
        coverage.count(.resumed)
        guard let seat = truth.coordinators[host.number - 1].seats[connection], let copy = seatedCopy(connection, host) else { return }
        guard let pausedMs = copy.pausedMs else {
            if !settle(.resumed, on: connection, host) { fail(.rulesBroken, "\(truth[copy.session].id.short) goes on, and did not stand still") }
            return
        }
        if copy.isSomebodyAway { fail(.rulesBroken, "\(truth[copy.session].id.short) goes on, and somebody is away") }
        let nowMs = host.bootMs(nowUs)
        let resumeMs = max(nowMs + UInt64(copy.rules.start?.countdownMs ?? 0), copy.startMs)
        copy.pausedMs = nil
        copy.pauses.append((pausedMs, resumeMs))
        check(instant, resumeMs, stoodStillMs: copy.stoodStillMs(nowMs), on: connection, host)
        owe(.resumed, toAllOf: copy, except: seat.player, host)
        for index in copy.barriers.indices {
            guard let leftMs = copy.barriers[index].leftMs else { continue }
            copy.barriers[index].leftMs = nil
            setBarrierDeadline(copy, index, atMs: resumeMs + leftMs, host)
        }
        if var episode = copy.episode, let leftMs = episode.leftMs {
            // What was left of a countdown is behind, since there is a new one.
            if episode.startMs > pausedMs { episode.startMs = resumeMs }
            episode.leftMs = nil
            copy.episode = episode
            let wholeMs = episode.stage == .resetting ? copy.rules.episodes?.resetTimeoutMs : copy.rules.episodes?.timeoutMs
            setEpisodeDeadline(copy, atMs: resumeMs + min(leftMs, UInt64(wholeMs ?? 0)), host)
        }
        if let originMs = copy.ticks?.originMs {
            copy.ticks?.originMs = pausedMs < copy.startMs ? resumeMs : originMs + resumeMs - pausedMs
            setTickDeadline(copy, host)
        }
    }

    // MARK: Barriers

    func setBarrierDeadline(_ copy: Truth.Copy, _ index: Int, atMs: UInt64, _ host: CoordinatorHost) {
        copy.barriers[index].untilMs = atMs
        let nowMs = host.bootMs(nowUs)
        setDeadline(.barrier, copy.barriers[index].slot, copy.session, host, afterMs: atMs - min(atMs, nowMs))
    }

    func reaches(_ name: String, _ player: Int, _ copy: Truth.Copy, _ host: CoordinatorHost) {
        if let index = copy.barriers.firstIndex(where: { $0.name == name }) {
            copy.barriers[index].isReady[player] = true
        } else {
            guard copy.lostFor[player] == nil, copy.barriers.count < host.limits.barriersOpenMax else { return }
            copy.barrierSlotNext &+= 1
            var barrier = Truth.BarrierAccount(
                name: name, slot: copy.barrierSlotNext, isReady: Array(repeating: false, count: copy.count), untilMs: 0)
            barrier.isReady[player] = true
            let timeoutMs = UInt64(copy.settings.barrierTimeoutMs)
            if copy.pausedMs != nil { barrier.leftMs = timeoutMs }
            copy.barriers.append(barrier)
            if copy.pausedMs == nil { setBarrierDeadline(copy, copy.barriers.count - 1, atMs: host.bootMs(nowUs) + timeoutMs, host) }
        }
        expectProgress(copy, host)
    }

    private func unready(_ barrier: Truth.BarrierAccount, _ copy: Truth.Copy) -> [Int] {
        barrier.isReady.indices.filter { copy.plays($0) && !barrier.isReady[$0] }
    }

    /// What all have reached opens in this turn.
    func expectProgress(_ copy: Truth.Copy, _ host: CoordinatorHost) {
        for barrier in copy.barriers where unready(barrier, copy).isEmpty {
            setDeadline(.barrier, barrier.slot, copy.session, host, afterMs: 0)
        }
        if let episode = copy.episode, !episode.isUnsure, !episode.isVague, isSaid(episode, copy) { setDeadline(.episode, 0, copy.session, host, afterMs: 0) }
    }

    func judge(go name: String, _ instant: StartInstant?, _ missing: [PlayerIndex], on connection: Int, _ host: CoordinatorHost) {
        if settle(.go(name), on: connection, host) { return }
        guard let seat = truth.coordinators[host.number - 1].seats[connection], let copy = seatedCopy(connection, host) else { return }
        let short = truth[copy.session].id.short
        guard let index = copy.barriers.firstIndex(where: { $0.name == name }) else {
            return fail(.rulesBroken, "\(short): a barrier opens that nobody has reached")
        }
        let barrier = copy.barriers.remove(at: index)
        clearDeadline(.barrier, barrier.slot, copy.session, host)
        coverage.count(.barrierOpened)
        let nowMs = host.bootMs(nowUs)
        let left = unready(barrier, copy).filter { player in !missing.contains { Int($0.number) == player } }
        if !left.isEmpty { fail(.rulesBroken, "\(short): a barrier opens, and \(left) have not reached it") }
        if !missing.isEmpty {
            coverage.count(.barrierOpenedWithout)
            if !barrier.isTimeUp(nowMs) { fail(.rulesBroken, "\(short): a barrier opens without \(missing) before its time is up") }
        }
        if let instant { check(instant, nowMs + UInt64(copy.rules.barriers?.countdownMs ?? 0), on: connection, host) }
        owe(.go(name), toAllOf: copy, except: seat.player, host)
        for player in 0..<copy.count where copy.connections[player] < 0 && copy.plays(player) { copy.missedGo[player].append(name) }
    }

    /// Those whose time is up at a barrier, or to get ready for an episode.
    func isLateAtBarrier(_ player: Int, _ copy: Truth.Copy, _ nowMs: UInt64) -> Bool {
        if copy.barriers.contains(where: { $0.isTimeUp(nowMs) && !$0.isReady[player] }) { return true }
        guard let episode = copy.episode else { return false }
        return episode.isUnsure || episode.isVague || episode.stage == .resetting && episode.isTimeUp(nowMs) && !episode.hasSaid[player]
    }
}
