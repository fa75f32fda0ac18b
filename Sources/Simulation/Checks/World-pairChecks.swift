import Coordination
import SessionProtocol

/// Pairs count as validated when both have said so, and blame goes by what was said and what was not.
extension World {
    private func key(_ player: Int, _ peer: Int) -> Int { player * 256 + peer }

    func notePair(_ notice: CoordinatorNotice, _ host: CoordinatorHost) {
        func say(_ session: SessionID, _ player: PlayerIndex, _ peer: PlayerIndex, _ isValid: Bool) {
            // Only what a client has just asked for can be taken.
            if truth.asking == nil { fail(.pairMisjudged, "a report in \(session.short) is taken that nobody made") }
            let number = truth.number(of: session)
            truth.coordinators[host.number - 1].copies[number]?.pairWords[key(Int(player.number), Int(peer.number))] = isValid
        }
        if case .validated(let session, let player, let peer, _) = notice { say(session, player, peer, true) }
        if case .validationFailed(let session, let player, let peer, _) = notice { say(session, player, peer, false) }
        if case .pairLost = notice { coverage.count(.pairLost, .playing) }
        if case .repaired(let session, let pair, _) = notice,
            let copy = truth.coordinators[host.number - 1].copies[truth.number(of: session)],
            !isMutual(Int(pair.lower.number), Int(pair.higher.number), copy)
        {
            fail(.pairMisjudged, "a pair of \(session.short) counts as repaired, and not both said so")
        }
    }

    func notePair(_ reply: PlayerReply, on connection: Int, _ host: CoordinatorHost) {
        let index = host.number - 1
        guard let seat = truth.coordinators[index].seats[connection] else { return }
        if case .validate(let task) = reply {
            for peer in task.peers where !task.validated.contains(peer) {
                truth.coordinators[index].copies[seat.session]?.pairWords[key(seat.player, Int(peer.number))] = nil
            }
        } else if case .retry(let peer, _, _, _, _) = reply {
            truth.coordinators[index].copies[seat.session]?.pairWords[key(seat.player, Int(peer.number))] = nil
            truth.coordinators[index].copies[seat.session]?.pairWords[key(Int(peer.number), seat.player)] = nil
        } else if case .play(.peer, _, _, _) = reply {
            guard let copy = truth.coordinators[index].copies[seat.session], !copy.hasPlayed else { return }
            truth.coordinators[index].copies[seat.session]?.hasPlayed = true
            let count = copy.isAway.count
            for player in 0..<count {
                for peer in player + 1..<max(count, player + 1) where !isMutual(player, peer, copy) {
                    fail(.pairMisjudged, "play is direct, and \(player) and \(peer) have not both said that they reach each other")
                }
            }
        }
    }

    private func isMutual(_ player: Int, _ peer: Int, _ copy: Truth.Copy) -> Bool {
        copy.pairWords[key(player, peer)] == true && copy.pairWords[key(peer, player)] == true
    }

    /// Who is blamed was silent about somebody, or reached nobody where all others did.
    func checkBlame(_ outcome: Outcome, _ host: CoordinatorHost) {
        guard outcome.endedIn == .validating, outcome.reason == .validationFailed || outcome.reason == .validationTimeout,
            let copy = truth.coordinators[host.number - 1].copies[truth.number(of: outcome.session)]
        else { return }
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
