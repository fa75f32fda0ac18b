import SessionProtocol

/// What the pairs show of who is to blame, when not all of them are validated. Nobody is blamed because of what another
/// says: two who accuse each other, or one who accuses all, prove nothing.
struct PairEvidence: Equatable {
    /// Those who have said of no attempt how it went where the other has, and those who have said nothing at all.
    var silent: [PlayerIndex] = []
    /// Those who failed with all others, each of whom reached somebody else.
    var unreachable: [PlayerIndex] = []
    /// Pairs that have shown that they cannot reach each other: they are kept apart.
    var failedPairs: [PlayerPair] = []

    init(_ table: PairTable, players: [PlayerIndex]) {
        var hasSpoken = players.map { _ in false }
        var hasReached = hasSpoken, isSilent = hasSpoken
        for pair in table.pairs {
            for player in [pair.players.lower, pair.players.higher] {
                if pair.hasEverSpoken(player) { hasSpoken[Int(player.number)] = true }
                if pair.isValidated { hasReached[Int(player.number)] = true }
            }
        }
        for pair in table.pairs where !pair.isValidated {
            let (lower, higher) = (pair.players.lower, pair.players.higher)
            switch (pair.hasEverSpoken(lower), pair.hasEverSpoken(higher)) {
            case (true, true): failedPairs.append(pair.players)
            case (true, false): isSilent[Int(higher.number)] = true
            case (false, true): isSilent[Int(lower.number)] = true
            case (false, false):
                // One who speaks of others is there; that it has nothing to say of one who never speaks is no fault.
                let mute = [lower, higher].filter { !hasSpoken[Int($0.number)] }
                if mute.isEmpty { failedPairs.append(pair.players) }
                for player in mute { isSilent[Int(player.number)] = true }
            }
        }
        silent = players.filter { isSilent[Int($0.number)] }
        unreachable = players.filter { player in
            let others = players.filter { $0 != player }
            return others.allSatisfy { other in
                hasReached[Int(other.number)] && failedPairs.contains { $0.has(player) && $0.has(other) }
            }
        }
    }
}

extension ValidationFailureAction {
    /// What it is, in such a scene, when the pairs have been decided like this.
    func cause(of evidence: PairEvidence) -> ExitCause {
        switch self {
        case .requeue: evidence.silent.isEmpty ? evidence.unreachable.isEmpty ? .pairFailed : .unreachable : .silent
        case .end:
            evidence.silent.isEmpty
                ? evidence.unreachable.isEmpty ? .pairFailedFinally : .unreachableFinally : .silentFinally
        case .relay: evidence.silent.isEmpty ? .pairFailedRelayed : .silentRelayed
        }
    }
}
