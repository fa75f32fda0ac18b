import Coordination
import SessionProtocol

/// Pairs count as validated when both have said so, and blame goes by what was said and what was not.
extension World {
    private func key(_ player: Int, _ peer: Int) -> Int { player * 256 + peer }

    private func key(_ pair: PlayerPair) -> Int { key(Int(pair.lower.number), Int(pair.higher.number)) }

    private func key(ofPair player: Int, _ peer: Int) -> Int { key(min(player, peer), max(player, peer)) }

    func notePair(_ notice: CoordinatorNotice, _ host: CoordinatorHost) {
        func copy(_ session: SessionID) -> Truth.Copy? { truth.coordinators[host.number - 1].copy(truth.number(of: session)) }
        func say(_ session: SessionID, _ player: PlayerIndex, _ peer: PlayerIndex, _ isValid: Bool) {
            // Only what a client has just asked for can be taken.
            guard let copy = copy(session), let said = truth.asking?.request.attempt else {
                if truth.asking == nil { fail(.pairMisjudged, "a report in \(session.short) is taken that nobody made") }
                return
            }
            let (player, peer) = (Int(player.number), Int(peer.number))
            copy.pairWords[key(player, peer)] = isValid
            let attempt = copy.pairAttempts[key(ofPair: player, peer)]?.attempt ?? 1
            if let said, said != attempt { fail(.pairMisjudged, "a report of attempt \(said) counts for attempt \(attempt) in \(session.short)") }
        }
        switch notice {
        case .validated(let session, let player, let peer, _): say(session, player, peer, true)
        case .validationFailed(let session, let player, let peer, _): say(session, player, peer, false)
        case .retried(let session, let pair, let attempt):
            guard let copy = copy(session) else { return }
            let tries = (copy.pairAttempts[key(pair)]?.tries ?? 1) + 1
            copy.pairAttempts[key(pair)] = (attempt, tries)
            let most = Int(copy.rules.attempts?.attemptsMax ?? 3)
            if tries > most { fail(.rulesBroken, "\(session.short): a pair tries for the \(tries)th time, out of \(most)") }
        case .pairLost(let session, let pair, _):
            guard let copy = copy(session) else { return }
            coverage.count(.pairLost, copy.state)
            copy.lostPairExpected = nil
            forgetPair(Int(pair.lower.number), Int(pair.higher.number), copy)
        case .repaired(let session, let pair, _):
            guard let copy = copy(session), !isMutual(Int(pair.lower.number), Int(pair.higher.number), copy) else { return }
            fail(.pairMisjudged, "a pair of \(session.short) counts as repaired, and not both said so")
        case .fellBack(let session, _):
            guard let copy = copy(session) else { return }
            copy.isDirect = false
            owe(.relay, toAllOf: copy, host)
        case .unexpectedMessage, .discarded, .linkRejected, .unknownSession, .staleAttempt, .refused, .forgotten, .leaseExpired,
            .entryRefused, .replayIncomplete, .ticksMissed, .ticksSkipped, .measured, .stale, .excluded, .warned, .lost, .seatOffer:
            break
        }
    }

    /// Begins anew with a pair.
    private func forgetPair(_ player: Int, _ peer: Int, _ copy: Truth.Copy) {
        copy.pairWords[key(player, peer)] = nil
        copy.pairWords[key(peer, player)] = nil
        copy.pairAttempts[key(ofPair: player, peer)]?.tries = 0
    }

    /// One who is back begins anew with all whom it has not reached.
    func restartsPairs(of player: Int, _ copy: Truth.Copy) {
        for peer in 0..<copy.count where peer != player && !isMutual(player, peer, copy) {
            let known = copy.pairAttempts[key(ofPair: player, peer)]?.attempt ?? 1
            copy.pairAttempts[key(ofPair: player, peer)] = (known, 0)
        }
    }

    /// A player says that it has lost a peer: that is taken when the two had reached each other.
    func losesPeer(_ peer: PlayerIndex, _ attempt: UInt32?, _ player: Int, _ copy: Truth.Copy) {
        let peer = Int(peer.number)
        guard copy.isDirect, peer < copy.count, peer != player, copy.plays(player), copy.plays(peer), isMutual(player, peer, copy) else { return }
        if let attempt, attempt != copy.pairAttempts[key(ofPair: player, peer)]?.attempt ?? 1 { return }
        copy.lostPairExpected = key(ofPair: player, peer)
    }

    /// Behind what a player has asked for.
    func checkLossTaken(_ connection: Int, _ host: CoordinatorHost) {
        guard let copy = seatedCopy(connection, host), copy.lostPairExpected != nil else { return }
        copy.lostPairExpected = nil
        fail(.rulesBroken, "p\(connections[connection].client) has lost a peer, and nothing comes of it")
    }

    func notePair(_ reply: PlayerReply, on connection: Int, _ host: CoordinatorHost) {
        if case .validate(let task) = reply {
            guard let (player, copy) = seated(connection, host) else { return }
            for peer in task.peers where !task.validated.contains(peer) {
                let peer = Int(peer.number)
                copy.pairWords[key(player, peer)] = nil
                let known = copy.pairAttempts[key(ofPair: player, peer)] ?? (1, 1)
                copy.pairAttempts[key(ofPair: player, peer)] = (max(known.attempt, task.attempt), known.tries)
            }
        } else if case .retry(let peer, _, _, _, _) = reply {
            guard let (player, copy) = seated(connection, host) else { return }
            copy.pairWords[key(player, Int(peer.number))] = nil
            copy.pairWords[key(Int(peer.number), player)] = nil
        } else if case .play(.peer, _, _, _) = reply {
            guard let (_, copy) = seated(connection, host), !copy.hasPlayed else { return }
            copy.hasPlayed = true
            for player in 0..<copy.count {
                for peer in player + 1..<max(copy.count, player + 1) where !isMutual(player, peer, copy) {
                    fail(.pairMisjudged, "play is direct, and \(player) and \(peer) have not both said that they reach each other")
                }
            }
        }
    }

    private func seated(_ connection: Int, _ host: CoordinatorHost) -> (player: Int, copy: Truth.Copy)? {
        guard let seat = truth.coordinators[host.number - 1].seats[connection], let copy = seat.copy, !copy.isOver else { return nil }
        return (seat.player, copy)
    }

    private func isMutual(_ player: Int, _ peer: Int, _ copy: Truth.Copy) -> Bool {
        copy.pairWords[key(player, peer)] == true && copy.pairWords[key(peer, player)] == true
    }

    /// Who is blamed was silent about somebody, or reached nobody where all others did.
    func checkBlame(_ outcome: Outcome, _ copy: Truth.Copy) {
        guard outcome.endedIn == .validating, outcome.reason == .validationFailed || outcome.reason == .validationTimeout else { return }
        let players = Array(outcome.players.indices)
        func reaches(_ player: Int) -> Bool { players.contains { $0 != player && isMutual(player, $0, copy) } }
        for player in players where outcome.players[player].isBlamed {
            let isSilent = players.contains { $0 != player && copy.pairWords[key(player, $0)] == nil }
            let isAlone = !reaches(player) && players.allSatisfy { $0 == player || reaches($0) }
            let isProved = outcome.reason == .validationTimeout ? isSilent || isAlone : isAlone
            if !isProved { fail(.pairMisjudged, "\(outcome.session.short) blames \(player) without evidence") }
        }
        if outcome.reason == .validationTimeout, !outcome.players.contains(where: \.isBlamed) {
            fail(.pairMisjudged, "\(outcome.session.short) is over because of silence, and nobody is blamed")
        }
    }
}

extension PlayerRequest {
    /// The number of the attempt that it speaks of, if it names one; nil for what is no report.
    fileprivate var attempt: UInt32?? {
        switch self {
        case .validated(_, _, let attempt): .some(attempt)
        case .validationFailed(_, _, let attempt): .some(attempt)
        case .signal, .peerLost, .clock, .ready, .episodeDone, .resetDone, .finish, .leave, .visibility, .exclude: nil
        }
    }
}
