import Coordination
import Matchmaking
import SessionProtocol

/// Players whom their session goes on without.
extension World {
    /// A coordinator takes a player out of a session that lives on.
    func judge(lost session: SessionID, _ loss: PlayerLoss, _ host: CoordinatorHost) {
        let (number, index, player) = (truth.number(of: session), host.number - 1, Int(loss.player.number))
        coverage.count(.lost, .playing)
        guard let copy = truth.coordinators[index].copy(number), copy.state == .playing else {
            return fail(.mentionedAfterEnd, "n\(host.number) goes on with \(session.short), which does not play there")
        }
        if copy.hasFinished[player] || copy.lostFor[player] != nil {
            fail(.endedWithoutCause, "player \(player) of \(session.short) is lost, and had finished or was lost before")
        }
        let assignment = truth[number].handOffs[copy.handOff].assignment
        guard let rule = assignment.extensions.playRules.absence, rule.loss != .end else {
            return fail(.rulesBroken, "\(session.short) goes on without player \(player), which its scene does not allow")
        }
        checkReason(loss.reason, player, copy, host)
        copy.lostFor[player] = loss.reason
        copy.isAway[player] = true
        copy.missedGo[player] = []
        let left = copy.lostFor.count { $0 == nil }
        if left < max(1, Int(rule.playersMin)) { fail(.rulesBroken, "\(session.short) goes on with \(left) players") }
        clearDeadline(.reconnect, loss.player.number, number, host)
        owe(.lost(player), toAllOf: copy, except: player, host)
        isWaitedForNoMore(copy, host)
        mayGiveSeat(player, copy, host)
        guard let client = assignment.players[player].subject.clientIndex else { return }
        truth[number].lostClients[client] = loss.reason
    }

    /// Nobody is lost, or costs the others their game, without having gone, been late, or been excluded.
    private func checkReason(_ reason: EndReason, _ player: Int, _ copy: Truth.Copy, _ host: CoordinatorHost) {
        let nowMs = host.bootMs(nowUs)
        let isSo =
            switch reason {
            case .playerDisconnected: copy.isAway[player] && copy.awayUntilMs[player] <= nowMs
            case .playerLeft: asksToLeave(player, copy, host)
            case .playerExcluded: copy.isExcluded[player]
            case .barrierTimeout: isLateAtBarrier(player, copy, nowMs)
            case .completed, .validationFailed, .validationTimeout, .noShow, .waitTimeout, .allLeft, .notConfirmed, .noCoordinator,
                .coordinatorLost, .cancelled, .superseded, .timeLimit, .shutdown:
                false
            }
        if !isSo { fail(.endedWithoutCause, "player \(player) is out of \(truth[copy.session].id.short) as \(reason), which is not so") }
    }

    private func asksToLeave(_ player: Int, _ copy: Truth.Copy, _ host: CoordinatorHost) -> Bool {
        guard case .some((let connection, .leave)) = truth.asking else { return false }
        return copy.connections[player] == connection
    }

    /// A game that has begun ends for a reason that is there, and by those who are to blame for it.
    func checkCause(_ outcome: Outcome, _ copy: Truth.Copy, _ host: CoordinatorHost) {
        guard outcome.endedIn == .playing else { return }
        if let asked = truth.coordinators[host.number - 1].cancelling, asked == (copy.session, outcome.reason) { return }
        let blamed = outcome.players.indices.filter { outcome.players[$0].isBlamed && copy.lostFor[$0] == nil }
        switch outcome.reason {
        case .playerDisconnected, .playerLeft, .playerExcluded, .barrierTimeout:
            if blamed.isEmpty { fail(.endedWithoutCause, "\(outcome.session.short) ends as \(outcome.reason), and nobody is blamed") }
            for player in blamed { checkReason(outcome.reason, player, copy, host) }
            let concerned = (0..<copy.count).filter { copy.plays($0) && !blamed.contains($0) && isConcerned($0, by: outcome.reason, copy, host) }
            if !concerned.isEmpty { fail(.endedWithoutCause, "\(outcome.session.short) ends as \(outcome.reason), and \(concerned) are not blamed") }
        case .completed:
            let left = (0..<copy.count).filter(copy.plays)
            if !left.isEmpty { fail(.endedWithoutCause, "\(outcome.session.short) is completed, and \(left) still play") }
        case .timeLimit:
            if copy.phaseUntilMs > host.bootMs(nowUs) { fail(.endedWithoutCause, "\(outcome.session.short) has time left") }
        case .validationFailed, .validationTimeout, .noShow, .waitTimeout, .allLeft, .notConfirmed, .noCoordinator, .coordinatorLost,
            .cancelled, .superseded, .shutdown:
            break
        }
    }

    private func isConcerned(_ player: Int, by reason: EndReason, _ copy: Truth.Copy, _ host: CoordinatorHost) -> Bool {
        if reason == .playerDisconnected { return copy.isAway[player] && copy.awayUntilMs[player] <= host.bootMs(nowUs) }
        return reason == .playerExcluded && copy.isExcluded[player]
    }

    /// Whether a player hears of its own loss, and not of its session's end.
    func isLoss(_ number: Int, _ client: Int, _ host: CoordinatorHost) -> Bool {
        guard let copy = truth.coordinators[host.number - 1].copy(number) else { return false }
        let players = truth[number].handOffs[copy.handOff].assignment.players
        guard let player = players.firstIndex(where: { $0.subject == clients[client].subject }) else { return false }
        return copy.lostFor[player] != nil
    }

    /// Whether a player may be matched, since the session that it was in has gone on without it.
    func playsElsewhere(_ client: Int, lostTo number: Int) -> Bool {
        guard truth[number].lostClients[client] != nil else { return false }
        coverage.count(.lostPlaysElsewhere)
        return true
    }

    /// It is told what became of it, the same whenever it asks.
    func judge(toldLoss session: SessionID, _ reason: EndReason, _ requeued: Bool, on connection: Int) {
        let (number, client) = (truth.number(of: session), connections[connection].client)
        coverage.count(truth.entering?.connection == connection ? .lossToldAgain : .lossTold)
        if requeued { fail(.notRequeued, "p\(client) is lost to \(session.short), and put back all the same") }
        if truth[number].lostClients[client] != reason {
            fail(.toldAnother, "p\(client) is told \(reason), and was lost to \(session.short) for another reason")
        }
    }

    /// The outcome says of each who was lost, and why; of others only whose loss has ended it.
    func checkLosses(_ outcome: Outcome, _ copy: Truth.Copy) {
        for player in copy.lostFor.indices {
            let index = PlayerIndex(UInt8(player))
            let told = outcome.losses.first { $0.player == index }?.reason
            if let reason = copy.lostFor[player] {
                coverage.count(.lossInOutcome)
                if told != reason { fail(.outcomesDiffer, "the outcome of \(outcome.session.short) does not say that player \(player) was lost") }
                if outcome.players[player].hasFinished || outcome.players[player].isRequeued {
                    fail(.outcomesDiffer, "player \(player) of \(outcome.session.short) was lost, and finished or was put back")
                }
            } else if told != nil, told != outcome.reason || !outcome.players[player].isBlamed {
                fail(.outcomesDiffer, "the outcome of \(outcome.session.short) says that player \(player) was lost, which is there")
            }
        }
    }

    /// A coordinator says what it holds: with it, whom that has lost by now.
    func matchmakerReads(holding assignment: Assignment, at node: Int) {
        guard let number = truth.find(assignment.session), let handOff = truth[number].handOff(assignment.attempt) else { return }
        truth[number].handOffs[handOff].wasAccepted = true
        guard let current = truth.duties.current[number], current.attempt == assignment.attempt, current.node == node,
            truth[number].atMatchmaker == .live, !assignment.extensions.losses.isEmpty
        else { return }
        truth[number].lossesTold = assignment.extensions.losses
    }

    /// An end that the matchmaker states itself names all losses that it was told of, before a restart too.
    func checkLossesStated(_ outcome: Outcome) {
        let told = truth[truth.number(of: outcome.session)].lossesTold
        if told.isEmpty || truth.hasLostJournal || outcome.losses == told { return }
        fail(.outcomesDiffer, "\(outcome.session.short) ends as \(outcome.reason), and not all who were lost before are named")
    }

    /// Promises 1 and 2: whoever is lost to a session is free at its coordinator at once, and nobody else is.
    func sweepSeats(_ host: CoordinatorHost, _ tables: [(name: String, count: Int)]) {
        let copies = truth.coordinators[host.number - 1].copies
        let seated = copies.values.reduce(0) { sum, copy in sum + copy.lostFor.count { $0 == nil } }
        for table in tables where table.name == "subjects" && table.count != seated {
            fail(.tablesDisagree, "n\(host.number) has \(table.count) subjects, and \(seated) who are not lost")
        }
    }

    /// Episodes come one by one, for everybody.
    func hears(episode number: UInt16, _ client: Int) {
        let last = clients[client].episode
        // A new page, or one that was away, hears where the game is by then.
        if last > 0, number != last, number != last + 1 {
            fail(.orderBroken, "p\(client) hears episode \(number) behind \(last)")
        }
        if number != last { coverage.count(.episodeBegun) }
        clients[client].episode = number
    }

    /// In scenes that go on without them, players go more often.
    func mayGoAway(_ client: Int) {
        guard let session = clients[client].session, !isHealing,
            let rules = truth[truth.number(of: session)].handOffs.last?.assignment.extensions.playRules,
            let rule = rules.absence, rule.loss != .end, clients[client].random.perMille(300)
        else { return }
        let quirk = [Quirk.leave, .vanish, .vanishSilently, .exclude][clients[client].random.below(4)]
        later(client, .quirk(quirk), afterMs: 0...plan.playMs.upperBound)
    }
}
